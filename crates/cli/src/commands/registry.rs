//! `rushes asset`, `rushes model`, `rushes label`: what can be registered before any annotation.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::Context;
use rushes_import::formats::Item;
use serde_json::Value;

use crate::args::{AssetCommand, LabelCommand, ModelCommand};
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output::{self, plural};

/// Bytes at the start of a file that are examined to recognise a catalogue.
const CATALOGUE_HEAD_BYTES: u64 = 4 << 10;

/// `rushes asset …`
pub fn assets(config: &Config, command: &AssetCommand, json_output: bool) -> Outcome {
    match command {
        AssetCommand::Import { file } => match catalogue(file)? {
            Some(made) => {
                let lines = made.lines.join("\n").into_bytes();
                send(config, "/v1/assets", &made, lines, "asset", json_output)
            }
            None => import(config, "/v1/assets", file, "asset", json_output),
        },
        AssetCommand::List => {
            let assets = every(&Client::reader(config)?, "/v1/assets", "assets")?;
            if json_output {
                return output::json(&Value::Array(assets));
            }
            let columns = ["asset_id", "movie_id", "season", "episode", "title", "frame_rate", "duration_ns"];
            list(
                &assets,
                &columns,
                "no asset is registered; `rushes asset import` or an annotation does that",
            );
            Ok(())
        }
        AssetCommand::Show { asset } => {
            let found = Client::reader(config)?.get(&format!("/v1/assets/{}", encode(asset)))?;
            if json_output {
                return output::json(&found);
            }
            for (name, value) in found.as_object().into_iter().flatten() {
                output::line(&format!("{name:16} {}", cell(name, value)));
            }
            Ok(())
        }
    }
}

/// `rushes model …`
pub fn models(config: &Config, command: &ModelCommand, json_output: bool) -> Outcome {
    match command {
        ModelCommand::Import { file } => import(config, "/v1/models", file, "model", json_output),
        ModelCommand::List => {
            let found = Client::reader(config)?.get("/v1/models")?;
            let models = array(&found, "models");
            if json_output {
                return output::json(&Value::Array(models));
            }
            list(
                &models,
                &["model", "types", "language", "space"],
                "no model is registered; its first line does that",
            );
            Ok(())
        }
    }
}

/// `rushes label …`
pub fn labels(config: &Config, command: &LabelCommand, json_output: bool) -> Outcome {
    match command {
        LabelCommand::Import { file } => import(config, "/v1/labels", file, "label", json_output),
        LabelCommand::List => {
            let found = Client::reader(config)?.get("/v1/labels")?;
            let labels = array(&found, "labels");
            if json_output {
                return output::json(&Value::Array(labels));
            }
            list(
                &labels,
                &["type", "label", "aliases"],
                "no label has aliases; `rushes label import` gives them some",
            );
            Ok(())
        }
    }
}

/// Lines that were made of a catalogue, and the warnings on the way.
struct CatalogueLines {
    /// The file that error messages name.
    name: String,
    lines: Vec<String>,
    rejected: u64,
}

/// The asset lines of a CSV, TSV or ALE file; `None` where the file is none.
fn catalogue(file: &Path) -> Outcome<Option<CatalogueLines>> {
    if file == Path::new("-") {
        return Ok(None);
    }
    let name = file.display().to_string();
    let mut opened = std::fs::File::open(file).with_context(|| format!("`{name}` cannot be read"))?;
    let mut head = Vec::new();
    opened.by_ref().take(CATALOGUE_HEAD_BYTES).read_to_end(&mut head)?;
    if !rushes_import::formats::is_catalogue(&name, &head) {
        return Ok(None);
    }
    let mut lines = Vec::new();
    let counts = rushes_import::formats::catalogue(&name, head.as_slice().chain(opened), &mut |item| {
        match item {
            Item::Asset(line) | Item::Annotation(line) => lines.push(line),
            Item::Problem(problem) => output::warn(&problem.to_string()),
            Item::Note(note) => output::warn(&note.to_string()),
        }
        ControlFlow::Continue(())
    });
    Ok(Some(CatalogueLines {
        name: format!("{name} (asset lines made of it)"),
        lines,
        rejected: counts.problems,
    }))
}

/// Sends the lines of a file.
fn import(config: &Config, route: &str, file: &Path, what: &str, json_output: bool) -> Outcome {
    let name = file.display().to_string();
    let mut lines = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut lines).context("reading standard input")?;
    } else {
        lines = std::fs::read(file).with_context(|| format!("`{name}` cannot be read"))?;
    }
    let made = CatalogueLines { name, lines: Vec::new(), rejected: 0 };
    send(config, route, &made, lines, what, json_output)
}

fn send(
    config: &Config,
    route: &str,
    made: &CatalogueLines,
    lines: Vec<u8>,
    what: &str,
    json_output: bool,
) -> Outcome {
    let name = &made.name;
    let mut answer = Client::writer(config)?.post(route, Payload::Lines(lines))?;
    let number = |answer: &Value, field: &str| answer.get(field).and_then(Value::as_u64).unwrap_or(0);
    for error in array(&answer, "errors") {
        let text = |field: &str| error.get(field).and_then(Value::as_str).unwrap_or("");
        let field =
            if text("pointer").is_empty() { String::new() } else { format!(" `{}`:", text("pointer")) };
        let line = error.get("line").and_then(Value::as_u64).unwrap_or(0);
        output::warn(&format!("{name}:{line}:{field} {}", text("detail")));
    }
    let rejected = number(&answer, "rejected") + made.rejected;
    answer["rejected"] = rejected.into();
    if json_output {
        output::json(&answer)?;
    } else {
        output::line(&format!(
            "{} registered, {} refused",
            plural(number(&answer, "accepted"), what),
            output::count(rejected)
        ));
    }
    if rejected > 0 { Err(Failure::Reported) } else { Ok(()) }
}

fn array(value: &Value, name: &str) -> Vec<Value> {
    value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// All entries of a listing that comes in pages. `path` may carry a query.
pub fn every(client: &Client, path: &str, name: &str) -> Outcome<Vec<Value>> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let glue = if path.contains('?') { '&' } else { '?' };
        let after_part = after.as_deref().map(|a| format!("&after={}", encode(a))).unwrap_or_default();
        let page = client.get(&format!("{path}{glue}limit=1000{after_part}"))?;
        found.extend(array(&page, name));
        match page.get("next").and_then(Value::as_str) {
            Some(next) => after = Some(next.to_owned()),
            None => return Ok(found),
        }
    }
}

/// A table of entries; columns that none of them fills are left out.
pub fn list(entries: &[Value], columns: &[&str], none: &str) {
    if entries.is_empty() {
        output::line(none);
        return;
    }
    let filled = |c: &&&str| entries.iter().any(|e| e.get(**c).is_some_and(|v| !cell(c, v).is_empty()));
    let columns: Vec<&str> = columns.iter().filter(filled).copied().collect();
    let mut rows =
        vec![columns.iter().map(|c| c.trim_end_matches("_ns").replace('_', " ")).collect::<Vec<_>>()];
    for entry in entries {
        rows.push(columns.iter().map(|c| cell(c, entry.get(*c).unwrap_or(&Value::Null))).collect());
    }
    output::table(&rows);
}

fn cell(name: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(n) if name.ends_with("_ns") => n.as_i64().map_or_else(|| n.to_string(), output::clock),
        Value::Array(items) => items.iter().map(|i| cell("", i)).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| format!("{k} {}", cell(k, v)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}
