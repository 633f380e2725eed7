//! `rushes ingest FOLDER` where the folder holds footage: media with their subtitles, and where shots begin.
//!
//! Each media file is one asset, ingested by itself from its facts to its shots; only then its state is written. So
//! after Ctrl-C, or a power cut, the same command resumes: what is whole is skipped, the one that was
//! under way begins again, and everything goes in by runs that replace, so nothing is there twice.

mod dialogue;
mod one;
mod roots;
mod summary;

use std::path::{Path, PathBuf};

use rushes_footage::{Kind, Tools, holds_media, kind_of, pair, scan};

pub use summary::FootageSummary;

use super::intake::Intake;
use crate::client::Client;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::interrupt::{self, InterruptGuard};
use crate::output;
use crate::progress::Bar;

/// Is it a media file, or a folder that holds one?
pub fn is_footage(input: &Path) -> bool {
    if input.is_dir() { holds_media(input) } else { kind_of(input) == Some(Kind::Media) }
}

/// Takes footage in.
pub fn run(
    config: &Config,
    client: &Client,
    intake: &mut Intake<'_>,
    inputs: &[PathBuf],
) -> Outcome<FootageSummary> {
    let mut summary = FootageSummary::default();
    if inputs.is_empty() {
        return Ok(summary);
    }
    let _interrupt_guard = InterruptGuard::begin();
    let tools = Tools::find();
    say_missing(&tools, intake.options.footage.no_shots);
    for input in inputs {
        folder(client, intake, &tools, input, &mut summary)?;
        roots::consider(config, client, intake.options, input, &mut summary)?;
    }
    Ok(summary)
}

/// Warns once of what is missing without the tools.
fn say_missing(tools: &Tools, no_shots: bool) {
    if let Err(error) = tools.ffprobe() {
        output::warn(&format!(
            "{error}. Dialogue is ingested without it; rates, lengths and start timecodes stay unknown, and so do shots"
        ));
    } else if let (Err(error), false) = (tools.ffmpeg(), no_shots) {
        output::warn(&format!(
            "{error}. Without it there are no shots, and no subtitles from inside of media files"
        ));
    }
}

fn folder(
    client: &Client,
    intake: &mut Intake<'_>,
    tools: &Tools,
    input: &Path,
    summary: &mut FootageSummary,
) -> Outcome {
    let found = scan(input, &interrupt::is_asked)?;
    summary.folders += 1;
    summary.skipped(&found.skipped);
    summary.lines.extend(found.files.iter().filter(|f| f.kind == Kind::Lines).map(|f| f.path.clone()));
    let groups = pair(&found.files);
    if intake.options.source.asset.is_some() && groups.len() > 1 {
        let (n, input) = (groups.len(), input.display());
        return Err(Failure::Usage(format!("`{input}` holds {n} assets; `--asset` can name only one")));
    }
    let folder = found.root.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bar = Bar::steps(Some(groups.len() as u64), intake.quiet);
    for group in &groups {
        if interrupt::is_asked() {
            return Err(Failure::Interrupted);
        }
        bar.say(&one::shortened(group));
        let task = one::Task { client, options: intake.options, tools, group, folder: &folder, bar: &bar };
        let totals = task.run(summary)?;
        intake.files += group.companions.len() as u64 + u64::from(group.media.is_some());
        intake.sender.tally.totals.add(totals);
        bar.add(1);
    }
    Ok(())
}
