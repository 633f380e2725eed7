//! Ingests files of other tools: determines their asset, and sends their items.

use std::io::Read;

use axum::http::{Method, StatusCode};
use rushes_import::formats::{Format, Item, Settings, split_stem};
use rushes_types::{FrameRate, Timecode};
use serde_json::Value;

use super::ingest_options::SourceOptions;
use super::intake::{Intake, ItemSender, read_until_failure, reject};
use crate::client::{Client, Payload, encode};
use crate::exit::{Failure, Outcome};
use crate::output;

/// Reads one file and sends what comes out.
pub fn send(
    intake: &mut Intake<'_>,
    client: &Client,
    format: Format,
    name: &str,
    reader: impl Read,
) -> Outcome {
    let (settings, is_new) = settings(client, &intake.options.source, name)?;
    let strict = intake.options.send.strict;
    let asset = if is_new { settings.asset_line().map(Item::Asset) } else { None };
    let label = format!("{name} (as {})", format.name());
    let mut items = ItemSender::new(&mut intake.sender, intake.options.run, &label);
    if !strict {
        asset.into_iter().try_for_each(|asset| items.send(asset))?;
        read_until_failure(
            |item| items.send(item),
            |sink| rushes_import::formats::read(format, name, reader, &settings, sink),
        )?;
        return items.end();
    }
    let mut held = Vec::new();
    let counts = read_until_failure(
        |item| {
            held.push(item);
            Ok(())
        },
        |sink| rushes_import::formats::read(format, name, reader, &settings, sink),
    )?;
    // All or nothing: with a problem, only the problems are printed.
    if counts.problems > 0 {
        for item in held {
            if let Item::Problem(problem) = item {
                reject(&mut intake.sender, &problem);
            }
        }
        output::warn(&format!("{name}: nothing of it is accepted, because of `--strict`"));
        return Ok(());
    }
    asset.into_iter().chain(held).try_for_each(|item| items.send(item))?;
    items.end()
}

/// What was asked for, else what the file's name says, else what the archive knows of the asset; and whether the asset
/// is new to the archive.
fn settings(client: &Client, options: &SourceOptions, name: &str) -> Outcome<(Settings, bool)> {
    let (stem, language) = split_stem(name);
    let asset = match (&options.asset, name) {
        (Some(asset), _) => asset.clone(),
        (None, "-") => return Err(Failure::Usage("standard input has no name; give `--asset`".to_owned())),
        (None, _) => stem,
    };
    let reply = client.send(Method::GET, &format!("/v1/assets/{}", encode(&asset)), Payload::Empty)?;
    let is_new = reply.status == StatusCode::NOT_FOUND;
    let registered = if is_new { Value::Null } else { reply.json()? };
    let text = |field: &str| registered.get(field).and_then(Value::as_str).map(str::to_owned);
    let mut settings = options.settings(&asset);
    settings.language = settings.language.or(language);
    settings.frame_rate =
        settings.frame_rate.or_else(|| text("frame_rate").and_then(|rate| FrameRate::parse(&rate).ok()));
    if let (Some(timecode), Some(rate)) = (&options.start_timecode, settings.frame_rate) {
        Timecode::parse(timecode, rate)
            .map_err(|error| Failure::Usage(format!("`--start-timecode`: {error}")))?;
    }
    settings.start_timecode = settings.start_timecode.or_else(|| text("start_timecode"));
    Ok((settings, is_new))
}
