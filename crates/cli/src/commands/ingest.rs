//! `rushes ingest`: files to requests, requests to the archive, problems to the person.

use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use rushes_import::formats::limits::HEAD_BYTES;
use rushes_import::formats::sniff;
use serde_json::json;

use super::footage::FootageSummary;
use super::ingest_options::IngestOptions;
use super::inputs::{files, format_of, holds_lines, unknown_format};
use super::intake::Intake;
use crate::args::Ingest;
use crate::client::Client;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::progress::Bar;
use crate::reading;
use crate::sender::Sender;

/// Runs the command.
pub fn run(config: &Config, args: Ingest, json_output: bool, quiet: bool) -> Outcome {
    let options = IngestOptions::from_args(args)?;
    let plain = options.mapping.is_some() || options.format.is_some();
    let (footage, others): (Vec<_>, Vec<_>) =
        options.inputs.iter().cloned().partition(|input| !plain && super::footage::is_footage(input));
    let inputs = if options.mapping.is_some() { others } else { files(&others)? };
    let client = Client::connect(config, true)?;
    let sender = Sender::new(&client, options.send);
    let mut intake = Intake { sender, options: &options, quiet, files: 0 };
    let summary = super::footage::run(config, &client, &mut intake, &footage);
    let sent = summary.and_then(|summary| {
        match &options.mapping {
            Some(mapping) => super::mapping::run(&mut intake, mapping, &inputs)?,
            None => {
                let mut inputs = summary.lines.iter().chain(&inputs);
                inputs.try_for_each(|input| send_file(&mut intake, &client, input))?;
            }
        }
        intake.sender.finish()?;
        Ok(summary)
    });
    if sent.is_err() {
        intake.sender.abort();
    }
    let summary = sent?;
    let caught_up = if options.wait && !options.send.dry_run {
        Some(super::wait::until_searchable(&client, quiet)?)
    } else {
        None
    };
    if !json_output {
        summary.print();
    }
    report(&intake, &summary, caught_up, client.archive().is_some(), json_output)?;
    if intake.sender.totals().rejected > 0 { Err(Failure::Reported) } else { Ok(()) }
}

fn send_file(intake: &mut Intake<'_>, client: &Client, input: &Path) -> Outcome {
    intake.files += 1;
    let format = intake.options.format;
    if input == Path::new("-") {
        let mut reader = BufReader::with_capacity(HEAD_BYTES, std::io::stdin());
        let head = reader.fill_buf().context("reading standard input")?;
        if let Some(format) = format.or_else(|| sniff("-", head)) {
            return super::foreign::send(intake, client, format, "-", reader);
        }
        return send_lines(intake, "-", reader, &Bar::steps(None, intake.quiet));
    }
    let name = input.display().to_string();
    let file = std::fs::File::open(input).with_context(|| format!("`{name}` cannot be read"))?;
    if let Some(format) = format.or_else(|| if holds_lines(&name) { None } else { format_of(input) }) {
        return super::foreign::send(intake, client, format, &name, file);
    }
    if !holds_lines(&name)
        && let Some(why) = unknown_format(input)
    {
        let mend =
            format!("`rushes mapping suggest {name}` writes a mapping for it, `--format` forces a format");
        intake.sender.tally.reject_in(&name, 0, "", &format!("{why}; {mend}"));
        return Ok(());
    }
    let bar = Bar::bytes(file.metadata().map_or(0, |m| m.len()), intake.quiet);
    bar.say(&input.file_name().unwrap_or_default().to_string_lossy());
    send_lines(intake, &name, BufReader::with_capacity(1 << 20, file), &bar)
}

fn send_lines(intake: &mut Intake<'_>, name: &str, reader: impl BufRead, bar: &Bar) -> Outcome {
    let file = intake.sender.tally.file(name);
    reading::send(&mut intake.sender, file, reader, intake.options.run, bar)
}

fn report(
    intake: &Intake<'_>,
    summary: &FootageSummary,
    caught_up: Option<bool>,
    is_local: bool,
    json_output: bool,
) -> Outcome {
    let (totals, dry_run) = (intake.sender.totals(), intake.options.send.dry_run);
    if json_output {
        let mut answer = json!({
            "accepted": totals.accepted, "duplicates": totals.duplicates, "rejected": totals.rejected,
            "errors": totals.errors, "notes": totals.notes, "assets": totals.assets, "runs": totals.runs, "files": intake.files,
            "commit": totals.commit, "searchable": caught_up, "dry_run": dry_run,
        });
        if summary.folders > 0 {
            answer["footage"] = summary.json();
        }
        return output::json(&answer);
    }
    let n = output::count;
    if totals.not_shown() > 0 {
        output::warn(&format!("{} more lines are refused", n(totals.not_shown())));
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
        Some(false) => output::line("fusing and indexing go on; `rushes status` shows how far they are"),
        None if is_local && !dry_run && totals.accepted > 0 && !intake.quiet => {
            output::warn(
                "it is searchable once it is fused and indexed: the next command or server does that",
            );
        }
        None => {}
    }
    Ok(())
}
