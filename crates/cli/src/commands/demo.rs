//! `rushes demo`: a small archive of our own show, asked a handful of telling questions, then served.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use rushes_archive::{Archive, OpenOptions};
use rushes_encode::BUILT_IN;
use rushes_serve::ServeConfig;
use rushes_show::FILMS;
use rushes_show::lines::{Lines, lines};
use serde_json::{Value, json};

use super::demo_questions::{Question, questions};
use crate::args::Demo;
use crate::client::Client;
use crate::encoders::ConfiguredEncoders;
use crate::exit::{Failure, Outcome};
use crate::interrupt::{self, InterruptGuard};
use crate::output::{self, bold, faint, plural};
use crate::progress::Bar;
use crate::sender::{SendOptions, Sender};
use crate::show;

/// Moments that are printed for each question.
const SHOWN: usize = 5;

/// Where the demo makes what it needs.
struct DemoFolders {
    archive: PathBuf,
    films: PathBuf,
    /// Does it stay at the end?
    kept: bool,
}

impl DemoFolders {
    fn within(folder: &Path, kept: bool) -> Self {
        Self { archive: folder.join("archive"), films: folder.join("films"), kept }
    }
}

/// Runs the command.
pub fn run(args: &Demo, json_output: bool, quiet: bool) -> Outcome {
    let interrupt_guard = InterruptGuard::begin();
    if let Some(folder) = &args.keep {
        let folder = empty_folder(folder)?;
        return in_place(&DemoFolders::within(&folder, true), args, json_output, quiet);
    }
    let folder =
        tempfile::Builder::new().prefix("rushes-demo-").tempdir().context("making a temporary folder")?;
    crate::exit::remove_at_end(folder.path());
    let done = in_place(&DemoFolders::within(folder.path(), false), args, json_output, quiet);
    crate::exit::keep_at_end();
    folder.close().context("removing the temporary folder")?;
    drop(interrupt_guard);
    done
}

/// The folder to keep things in, made where it is not there: absolute, since the films are found by it.
fn empty_folder(folder: &Path) -> Outcome<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| format!("making the folder `{}`", folder.display()))?;
    let folder = std::fs::canonicalize(folder).context("finding the folder")?;
    let mut inside = std::fs::read_dir(&folder).context("looking into the folder")?;
    if inside.next().is_some() {
        return Err(Failure::Usage(format!(
            "`{}` is not empty; name a new folder with --keep, or serve what is there: {}",
            folder.display(),
            serve_command(&DemoFolders::within(&folder, true))
        )));
    }
    Ok(folder)
}

/// How what was kept is served again.
fn serve_command(place: &DemoFolders) -> String {
    format!("rushes serve --archive '{}' --media-root '{}'", place.archive.display(), place.films.display())
}

fn in_place(place: &DemoFolders, args: &Demo, json_output: bool, quiet: bool) -> Outcome {
    std::fs::create_dir_all(&place.films).context("making the folder of the films")?;
    let known = Arc::new(ConfiguredEncoders::built_in()?);
    let options = OpenOptions {
        media_roots: vec![place.films.clone()],
        encoders: Arc::clone(&known) as Arc<_>,
        ..OpenOptions::default()
    };
    let archive = Archive::open(&place.archive, options)?;
    let client = Client::of(Arc::clone(&archive))?;
    let show = lines(Some(&place.films));
    if !json_output {
        output::line(&bold("The Night Ferry, five short episodes of our own"));
        output::line(&format!(
            "{} as models would write them: faces, places, props, shots, captions, speech, scene vectors",
            plural(show.annotations.len() as u64, "annotation")
        ));
    }
    write_films(&place.films, quiet)?;
    take_in(&client, &show, quiet)?;
    encode(&client, &known, &show, quiet)?;
    let mut answers = Vec::new();
    for question in questions() {
        stop_if_asked()?;
        let answer = super::search::ask(&client, question.request.clone())?;
        if json_output {
            answers.push(json!({"question": question.words, "request": question.request, "answer": answer}));
        } else {
            print(&question, &answer);
        }
    }
    if json_output {
        output::json(&Value::Array(answers))?;
    }
    if !args.no_open {
        serve(&archive, place, quiet)?;
    } else if place.kept && !json_output {
        output::line("");
        output::line(&format!("to see it: {}", serve_command(place)));
    }
    Ok(())
}

fn stop_if_asked() -> Outcome {
    if interrupt::is_asked() { Err(Failure::Interrupted) } else { Ok(()) }
}

/// The films, where the assets say that they are.
fn write_films(folder: &Path, quiet: bool) -> Outcome {
    let bar = Bar::bytes(FILMS.iter().map(|f| f.bytes.len() as u64).sum(), quiet);
    bar.say("films");
    for film in FILMS {
        stop_if_asked()?;
        let path = folder.join(film.file_name());
        std::fs::write(&path, film.bytes).with_context(|| format!("writing `{}`", path.display()))?;
        bar.add(film.bytes.len() as u64);
    }
    Ok(())
}

/// Through all three stages, each with its bar.
fn take_in(client: &Client, show: &Lines, quiet: bool) -> Outcome {
    let mut sender = Sender::new(client, SendOptions { strict: true, dry_run: false });
    let file = sender.tally.file("the demo's screenplay");
    sender.assets(file, json_lines(&show.assets))?;
    let bar = Bar::steps(Some(show.annotations.len() as u64), quiet);
    bar.say("store");
    for (number, line) in (1..).zip(&show.annotations) {
        stop_if_asked()?;
        sender.line(file, number, line.to_string().as_bytes(), None)?;
        bar.add(1);
    }
    sender.finish()?;
    drop(bar);
    if !super::wait::until_searchable(client, quiet)? {
        output::warn("the later stages are still at work");
    }
    Ok(())
}

/// What is said becomes vectors, as `rushes encode` does it.
fn encode(client: &Client, known: &ConfiguredEncoders, show: &Lines, quiet: bool) -> Outcome {
    let Some(encoder) = known.0.get(BUILT_IN) else { return Ok(()) };
    let bar = Bar::steps(Some(show.assets.len() as u64), quiet);
    bar.say("meaning");
    for asset in show.assets.iter().filter_map(|a| a.get("asset_id")?.as_str()) {
        stop_if_asked()?;
        super::encode::encode_asset(client, encoder.as_ref(), asset)?;
        bar.add(1);
    }
    drop(bar);
    super::wait::until_searchable(client, quiet)?;
    Ok(())
}

fn json_lines(values: &[Value]) -> Vec<u8> {
    values.iter().flat_map(|v| format!("{v}\n").into_bytes()).collect()
}

fn print(question: &Question, answer: &Value) {
    let plan = answer.get("plan").unwrap_or(&Value::Null);
    output::line("");
    output::line(&bold(question.words));
    output::line(&faint(&format!("  {}", show::plan_in_short(plan))));
    let moments = answer.get("moments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    super::search::print_moments(answer, SHOWN, "  ");
    let total = answer.get("total").and_then(Value::as_u64).unwrap_or(0);
    let shown = moments.len().min(SHOWN) as u64;
    if total == 0 {
        output::line("  no moments");
    } else if shown < total {
        output::line(&format!("  {} in all", plural(total, "moment")));
    }
}

/// Serves until Ctrl-C, at the usual address or, where another program is, at a free one.
fn serve(archive: &Arc<Archive>, place: &DemoFolders, quiet: bool) -> Outcome {
    let mut config = ServeConfig { media_roots: vec![place.films.clone()], ..ServeConfig::default() };
    if !super::serve::is_free(config.listen) {
        config.listen.set_port(0);
    }
    output::line("");
    let folder = place.archive.display();
    if place.kept {
        output::line(&format!("the archive stays in `{folder}`; later: {}", serve_command(place)));
    } else {
        output::line(&format!("the archive is in `{folder}` until the demo ends; --keep DIR keeps it"));
    }
    super::serve::until_asked(archive, config, false, quiet)
}
