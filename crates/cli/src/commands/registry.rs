//! `rushes asset`, `rushes model`, `rushes label`: what is known before anything is said.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use crate::args::{AssetCommand, LabelCommand, ModelCommand};
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output::{self, plural};

/// `rushes asset …`
pub fn assets(config: &Config, command: &AssetCommand, json_output: bool) -> Outcome {
    match command {
        AssetCommand::Import { file } => import(config, "/v1/assets", file, "asset", json_output),
        AssetCommand::List => {
            let assets = every(&super::reader(config)?, "/v1/assets", "assets")?;
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
            let found = super::reader(config)?.get(&format!("/v1/assets/{}", encode(asset)))?;
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
            let found = super::reader(config)?.get("/v1/models")?;
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
            let found = super::reader(config)?.get("/v1/labels")?;
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

/// Sends the lines of a file.
fn import(config: &Config, route: &str, file: &Path, what: &str, json_output: bool) -> Outcome {
    let name = file.display().to_string();
    let mut lines = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut lines).context("reading standard input")?;
    } else {
        lines = std::fs::read(file).with_context(|| format!("`{name}` cannot be read"))?;
    }
    let answer = super::writer(config)?.post(route, Payload::Lines(lines))?;
    let number = |field: &str| answer.get(field).and_then(Value::as_u64).unwrap_or(0);
    for error in array(&answer, "errors") {
        let text = |field: &str| error.get(field).and_then(Value::as_str).unwrap_or("");
        let field =
            if text("pointer").is_empty() { String::new() } else { format!(" `{}`:", text("pointer")) };
        let line = error.get("line").and_then(Value::as_u64).unwrap_or(0);
        output::warn(&format!("{name}:{line}:{field} {}", text("detail")));
    }
    if json_output {
        output::json(&answer)?;
    } else {
        let refused = number("rejected");
        output::line(&format!(
            "{} registered, {} refused",
            plural(number("accepted"), what),
            output::count(refused)
        ));
    }
    if number("rejected") > 0 { Err(Failure::Said) } else { Ok(()) }
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
