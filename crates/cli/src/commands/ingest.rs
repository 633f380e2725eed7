//! `rushes ingest`: files to requests, requests to the archive, problems to the person.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use flate2::bufread::MultiGzDecoder;
use rushes_import::formats::Format;
use rushes_import::formats::limits::HEAD_BYTES;
use rushes_types::RunMode;
use serde_json::json;

use super::footage::Seen;
use crate::args::Ingest;
use crate::client::Client;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::lines::{How, Sender};
use crate::output;
use crate::progress::Bar;
use crate::reading;

/// Endings of the files that are taken from a folder.
const ENDINGS: [&str; 6] = [".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".arrow", ".arrows"];

/// Runs the command.
pub fn run(config: &Config, args: &Ingest, json_output: bool, quiet: bool) -> Outcome {
    let format = super::foreign::asked_format(args)?;
    let plain = args.mapping.is_some() || format.is_some();
    let (footage, others): (Vec<_>, Vec<_>) =
        args.inputs.iter().cloned().partition(|input| !plain && super::footage::is_footage(input));
    let inputs = if args.mapping.is_some() { others } else { files(&others)? };
    let client = Client::connect(config, true)?;
    let how = How { strict: args.strict, dry_run: args.dry_run };
    let mut intake = Intake { sender: Sender::new(&client, how), args, quiet, files: 0 };
    let seen = super::footage::run(config, &client, &mut intake, &footage);
    let sent = seen.and_then(|seen| {
        let lines = &seen.lines;
        match &args.mapping {
            Some(mapping) => super::mapping::run(&mut intake, mapping, &inputs)?,
            None => {
                lines.iter().chain(&inputs).try_for_each(|input| intake.send_file(&client, format, input))?;
            }
        }
        intake.sender.finish()?;
        Ok(seen)
    });
    if sent.is_err() {
        intake.sender.abort();
    }
    let seen = sent?;
    let caught_up =
        if args.wait && !args.dry_run { Some(super::wait::until_searchable(&client, quiet)?) } else { None };
    if !json_output {
        seen.say();
    }
    report(&intake, &seen, caught_up, client.archive().is_some(), json_output)?;
    if intake.sender.totals.rejected > 0 { Err(Failure::Said) } else { Ok(()) }
}

/// Reads inputs and hands their lines on.
pub struct Intake<'a> {
    /// Where the lines go.
    pub sender: Sender<'a>,
    /// How it was asked for.
    pub args: &'a Ingest,
    /// Say less.
    pub quiet: bool,
    /// Files read.
    pub files: u64,
}

impl Intake<'_> {
    pub(super) fn send_file(&mut self, client: &Client, format: Option<Format>, input: &Path) -> Outcome {
        self.files += 1;
        if input == Path::new("-") {
            let mut reader = BufReader::with_capacity(HEAD_BYTES, std::io::stdin());
            let head = reader.fill_buf().context("reading standard input")?;
            if let Some(format) = format.or_else(|| rushes_import::formats::sniff("-", head)) {
                return super::foreign::send(self, client, format, "-", reader);
            }
            return self.send_reader("-", Box::new(reader), &Bar::steps(None, self.quiet));
        }
        let name = input.display().to_string();
        let file = std::fs::File::open(input).with_context(|| format!("`{name}` cannot be read"))?;
        if let Some(format) =
            format.or_else(|| if holds_lines(&name) { None } else { super::foreign::format_of(input) })
        {
            return super::foreign::send(self, client, format, &name, file);
        }
        let bar = Bar::bytes(file.metadata().map_or(0, |m| m.len()), self.quiet);
        bar.say(&input.file_name().unwrap_or_default().to_string_lossy());
        self.send_reader(&name, Box::new(BufReader::with_capacity(1 << 20, file)), &bar)
    }

    fn send_reader(&mut self, name: &str, mut reader: Box<dyn BufRead>, bar: &Bar) -> Outcome {
        let start = reader.fill_buf().with_context(|| format!("reading `{name}`"))?;
        let (gzip, arrow) = (start.starts_with(&[0x1f, 0x8b]), looks_like_arrow(start));
        let file = self.sender.file(name);
        let run = self.args.replace.then_some(RunMode::Replace);
        if gzip {
            let mut unpacked = BufReader::with_capacity(1 << 20, MultiGzDecoder::new(reader));
            return reading::send(&mut self.sender, file, &mut unpacked, run, &Bar::steps(None, self.quiet));
        }
        if arrow {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).with_context(|| format!("reading `{name}`"))?;
            bar.add(bytes.len() as u64);
            return self.sender.arrow(file, bytes, self.args.replace);
        }
        reading::send(&mut self.sender, file, &mut *reader, run, bar)
    }
}

/// An Arrow IPC stream begins with a continuation marker; JSON never does.
fn looks_like_arrow(start: &[u8]) -> bool {
    start.starts_with(&[0xff, 0xff, 0xff, 0xff])
}

/// Is it a file of annotation lines, by its name?
fn holds_lines(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The files to read: folders are looked through for [`ENDINGS`] and for files of other tools, sorted.
pub fn files(inputs: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for input in inputs {
        if input != Path::new("-") && input.is_dir() {
            let before = found.len();
            walk(input, &mut found)?;
            if found.len() == before {
                output::warn(&format!(
                    "`{}` holds no annotation lines and no file of a format that is read; for tables give a mapping \
                     file with --mapping",
                    input.display()
                ));
            }
        } else {
            found.push(input.clone());
        }
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Outcome {
    let mut folders = vec![folder.to_owned()];
    let mut names = Vec::new();
    let mut skipped = Vec::new();
    // Links to folders are not followed, so this ends.
    while let Some(folder) = folders.pop() {
        let read = std::fs::read_dir(&folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        for entry in read.with_context(|| format!("`{}` cannot be read", folder.display()))? {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if path.is_file() {
                let is_read = entry.file_name().to_str().is_some_and(holds_lines)
                    || super::foreign::format_of(&path).is_some();
                if is_read { names.push(path) } else { skipped.push(path) }
            }
        }
    }
    names.sort();
    skipped.sort();
    super::foreign::say_skipped(&skipped);
    found.append(&mut names);
    Ok(())
}

fn report(
    intake: &Intake<'_>,
    seen: &Seen,
    caught_up: Option<bool>,
    is_local: bool,
    json_output: bool,
) -> Outcome {
    let (totals, dry_run) = (&intake.sender.totals, intake.args.dry_run);
    if json_output {
        let mut answer = json!({
            "accepted": totals.accepted, "duplicates": totals.duplicates, "rejected": totals.rejected,
            "errors": totals.errors, "notes": totals.notes, "assets": totals.assets, "runs": totals.runs, "files": intake.files,
            "commit": totals.commit, "searchable": caught_up, "dry_run": dry_run,
        });
        if seen.folders > 0 {
            answer["footage"] = seen.json();
        }
        return output::json(&answer);
    }
    let n = output::count;
    if intake.sender.unsaid() > 0 {
        output::warn(&format!("{} more lines are refused", n(intake.sender.unsaid())));
    }
    let (verb, files) =
        (if dry_run { "would be accepted" } else { "accepted" }, output::plural(intake.files, "file"));
    let assets = output::plural(totals.assets, "asset");
    output::line(&format!(
        "{} {verb}, {} there already, {} refused ({files}, {assets} registered)",
        n(totals.accepted),
        n(totals.duplicates),
        n(totals.rejected),
    ));
    match caught_up {
        Some(true) => output::line("all of it can be searched"),
        Some(false) => output::line("fusing and indexing go on; `rushes status` tells how far they are"),
        None if is_local && !dry_run && totals.accepted > 0 && !intake.quiet => {
            output::warn(
                "it is searchable once it is fused and indexed: the next command or server does that",
            );
        }
        None => {}
    }
    Ok(())
}
