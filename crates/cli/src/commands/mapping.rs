//! `rushes ingest --mapping`: tables and other models' files, through the importer, as annotation lines.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rushes_import::formats::{self, limits::HEAD_BYTES};
use rushes_import::{Mapping, RunMode as SourceRun};
use rushes_types::RunMode;

use super::intake::{Intake, ItemSender, read_until_failure, reject};
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::progress::Bar;

/// `rushes mapping suggest`: prints a mapping to begin with.
pub fn suggest(file: &Path) -> Outcome {
    let name = file.display().to_string();
    let opened = std::fs::File::open(file).with_context(|| format!("`{name}` cannot be read"))?;
    let mut head = Vec::new();
    opened
        .take(HEAD_BYTES as u64)
        .read_to_end(&mut head)
        .with_context(|| format!("`{name}` cannot be read"))?;
    if let Some(format) = formats::sniff(&name, &head) {
        output::warn(&format!("`{name}` is read as it is: it is `{}`", format.name()));
    }
    match formats::suggest(&name, &head) {
        Some(mapping) => {
            output::line(mapping.trim_end());
            Ok(())
        }
        None => {
            Err(Failure::Usage(format!("`{name}`: no rows are seen in it, so there is nothing to suggest")))
        }
    }
}

/// Reads the folders by the mapping and sends what comes out.
pub fn run(intake: &mut Intake<'_>, mapping: &Path, folders: &[PathBuf]) -> Outcome {
    let name = mapping.display().to_string();
    let text = std::fs::read_to_string(mapping).with_context(|| format!("`{name}` cannot be read"))?;
    let mapping = Mapping::parse(&text).map_err(|e| Failure::Usage(format!("{name}: {e}")))?;
    for folder in folders {
        if !folder.exists() {
            return Err(Failure::Usage(format!("`{}` is not there", folder.display())));
        }
        read(intake, &mapping, folder)?;
    }
    Ok(())
}

fn read(intake: &mut Intake<'_>, mapping: &Mapping, folder: &Path) -> Outcome {
    let sources = mapping.sources_in(folder);
    for problem in &sources.problems {
        reject(&mut intake.sender, problem);
    }
    let bar = Bar::steps(Some(sources.files.len() as u64), intake.quiet);
    bar.say("files read");
    let mut import = mapping.import();
    for file in &sources.files {
        let opened =
            std::fs::File::open(&file.path).with_context(|| format!("`{}` cannot be read", file.name))?;
        let run = intake.options.run.or(match file.run {
            Some(SourceRun::Replace) => Some(RunMode::Replace),
            Some(SourceRun::Append) => Some(RunMode::Append),
            None => None,
        });
        // The lines come from the mapping, not from the file, and are numbered in the mapping's order.
        let label = format!("{} (made by the mapping)", file.name);
        let mut items = ItemSender::new(&mut intake.sender, run, &label);
        let _: ControlFlow<()> =
            read_until_failure(|item| items.send(item), |sink| import.read(file, opened, sink))?;
        items.end()?;
        intake.files += 1;
        bar.add(1);
    }
    Ok(())
}
