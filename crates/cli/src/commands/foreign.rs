//! Files of other tools on their way in: which format, whose asset, and what becomes of the items.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context;
use axum::http::{Method, StatusCode};
use rushes_import::formats::limits::HEAD_BYTES;
use rushes_import::formats::{Format, Item, Settings, sniff, split_stem};
use rushes_import::parts::{Decimal, clock_ns};
use rushes_types::{FrameRate, RunMode, Timecode};
use serde_json::Value;

use super::ingest::Intake;
use super::mapping::{Taker, refuse};
use crate::args::Ingest;
use crate::client::{Client, Payload, encode};
use crate::exit::{Failure, Outcome};
use crate::output;

/// Names of files that are passed over in a folder, as far as they are said.
const SKIPPED_SHOWN: usize = 5;

/// The format that was asked for.
pub fn asked_format(args: &Ingest) -> Outcome<Option<Format>> {
    let Some(name) = &args.foreign.format else { return Ok(None) };
    let known = || Format::ALL.map(Format::name).join(", ");
    let wrong = || Failure::Usage(format!("`--format {name}` is not known; write one of {}", known()));
    Format::from_name(name).map(Some).ok_or_else(wrong)
}

/// The format of a file that holds no annotation lines; `None` where it is of none.
pub fn format_of(path: &Path) -> Option<Format> {
    let mut head = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(HEAD_BYTES as u64).read_to_end(&mut head).ok()?;
    sniff(&file_name(path), &head)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Says which files of a folder were passed over.
pub fn say_skipped(skipped: &[PathBuf]) {
    if skipped.is_empty() {
        return;
    }
    let names: Vec<String> =
        skipped.iter().take(SKIPPED_SHOWN).map(|path| format!("`{}`", path.display())).collect();
    let more = match skipped.len().saturating_sub(names.len()) {
        0 => String::new(),
        n => format!(" and {} more", output::count(n as u64)),
    };
    let text =
        format!("passed over, of no kind that is read: {}{more}; `--format` forces one", names.join(", "));
    output::warn(&text);
}

/// Reads one file and sends what comes out.
pub fn send(
    intake: &mut Intake<'_>,
    client: &Client,
    format: Format,
    name: &str,
    reader: impl Read,
) -> Outcome {
    let settings = settings(client, intake.args, name)?;
    let run = intake.args.replace.then_some(RunMode::Replace);
    let strict = intake.args.strict;
    let asset = if settings.is_new { settings.settings.asset_line() } else { None };
    let mut held = Vec::new();
    let mut failure = None;
    let mut taker = Taker::new(&mut intake.sender, run, &format!("{name} (as {})", format.name()));
    if let Some(line) = asset.filter(|_| !strict) {
        taker.take(Item::Asset(line))?;
    }
    let counts = rushes_import::formats::read(format, name, reader, &settings.settings, &mut |item| {
        if strict {
            held.push(item);
            return ControlFlow::Continue(());
        }
        match taker.take(item) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    if !strict {
        return taker.end();
    }
    // All or nothing: with a problem, only the problems are told.
    if counts.problems > 0 {
        for item in held {
            if let Item::Problem(problem) = item {
                refuse(&mut intake.sender, &problem);
            }
        }
        output::warn(&format!("{name}: nothing of it is taken, because of `--strict`"));
        return Ok(());
    }
    let known = settings.settings.asset_line().filter(|_| settings.is_new).map(Item::Asset);
    known.into_iter().chain(held).try_for_each(|item| taker.take(item))?;
    taker.end()
}

struct Known {
    settings: Settings,
    /// The archive does not know the asset yet.
    is_new: bool,
}

/// What was asked for, else what the file's name says, else what the archive knows of the asset.
fn settings(client: &Client, args: &Ingest, name: &str) -> Outcome<Known> {
    let foreign = &args.foreign;
    let (stem, language) = split_stem(name);
    let asset = match (&foreign.asset, name) {
        (Some(asset), _) => asset.clone(),
        (None, "-") => return Err(Failure::Usage("standard input has no name; give `--asset`".to_owned())),
        (None, _) => stem,
    };
    let reply = client.send(Method::GET, &format!("/v1/assets/{}", encode(&asset)), Payload::Empty)?;
    let is_new = reply.status == StatusCode::NOT_FOUND;
    let known = if is_new { Value::Null } else { reply.json()? };
    let text = |field: &str| known.get(field).and_then(Value::as_str).map(str::to_owned);
    let rate = match &foreign.fps {
        Some(fps) => {
            Some(FrameRate::parse(fps).map_err(|error| Failure::Usage(format!("`--fps`: {error}")))?)
        }
        None => text("frame_rate").and_then(|rate| FrameRate::parse(&rate).ok()),
    };
    if let (Some(timecode), Some(rate)) = (&foreign.start_timecode, rate) {
        let checked = Timecode::parse(timecode, rate);
        checked.map_err(|error| Failure::Usage(format!("`--start-timecode`: {error}")))?;
    }
    let settings = Settings {
        movie: foreign.movie.clone(),
        model: foreign.model.clone(),
        kind: foreign.kind.clone(),
        language: foreign.language.clone().or(language),
        frame_rate: rate,
        start_timecode: foreign.start_timecode.clone().or_else(|| text("start_timecode")),
        offset_ns: foreign.offset.as_deref().map_or(Ok(0), |text| duration_ns("--offset", text))?,
        step_ns: foreign.step.as_deref().map(|text| duration_ns("--step", text)).transpose()?,
        characters: foreign.characters,
        ..Settings::new(&asset)
    };
    if settings.step_ns.is_some_and(|step| step <= 0) {
        return Err(Failure::Usage("`--step` is not above zero; give seconds such as `0.5`".to_owned()));
    }
    Ok(Known { settings, is_new })
}

/// Seconds or a clock, with a sign, as nanoseconds.
pub(super) fn duration_ns(flag: &str, text: &str) -> Outcome<i64> {
    let (sign, bare) = match text.strip_prefix('-') {
        Some(bare) => (-1, bare),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let ns = if bare.contains(':') {
        clock_ns(bare).ok()
    } else {
        Decimal::parse(bare).filter(|number| !number.is_negative()).and_then(|number| number.scaled(9))
    };
    let ns = ns.and_then(|ns| i64::try_from(ns).ok()).map(|ns| sign * ns);
    let wrong = format!("`{flag} {text}` is no length of time; write seconds such as `-2.5`, or `1:02:03.5`");
    ns.context(wrong).map_err(|error| Failure::Usage(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::duration_ns;

    #[test]
    fn lengths_of_time_have_a_sign() {
        for (text, expect) in [
            ("-2.5", Some(-2_500_000_000)),
            ("+1", Some(1_000_000_000)),
            ("-1:00:00", Some(-3_600_000_000_000)),
            ("--1", None),
            ("x", None),
            ("1e30", None),
        ] {
            assert_eq!(duration_ns("--offset", text).ok(), expect, "{text}");
        }
    }
}
