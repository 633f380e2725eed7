//! `rushes encode`: encodes dialogue as vectors, so that it can be found by meaning.
//!
//! An asset is one run in replace mode, named by a digest of its windows and the encoder: where that run is the last
//! one already, nothing changed and nothing is written. A run that was interrupted is resumed under its name.

use std::collections::BTreeMap;
use std::io::BufRead;

use anyhow::Context;
use axum::http::{Method, StatusCode};
use rushes_encode::{BUILT_IN, Encoder, Line, Window, checked, digest, windows};
use rushes_types::known_types;
use serde_json::{Value, json};

use crate::args::Encode;
use crate::client::{Client, Payload, encode as escaped};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::output;
use crate::progress::Bar;
use crate::sender::{SendOptions, Sender};

/// The model that writes what the built-in encoder makes. Another table or another rule of windows is another version.
const MODEL: &str = "meaning@1";
/// Windows that are encoded in one call.
const BATCH: usize = 64;
/// Names that are tried for a run whose name an aborted one has.
const RUN_NAMES_MAX: u32 = 100;

/// The outcome for an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeOutcome {
    /// Its dialogue has not changed.
    Unchanged,
    /// This many vectors were written; 0 where it has no dialogue any more.
    Written(u64),
}

/// Runs the command.
pub fn run(config: &Config, args: &Encode, json_output: bool, quiet: bool) -> Outcome {
    let registry = &config.encoders.0;
    let name = args.encoder.as_deref().unwrap_or(BUILT_IN);
    let encoder = registry.get(name).ok_or_else(|| {
        let known: Vec<&str> = registry.names().collect();
        Failure::Usage(format!("there is no encoder `{name}`; known are {}", known.join(", ")))
    })?;
    if args.lines {
        return print_lines(encoder.as_ref());
    }
    let client = Client::reader(config)?;
    super::wait::before_reading(&client, quiet)?;
    let assets = match args.assets.as_slice() {
        [] => ids(&super::registry::every(&client, "/v1/assets", "assets")?),
        named => named.to_vec(),
    };
    let bar = Bar::steps(Some(assets.len() as u64), quiet || json_output);
    let (mut written, mut unchanged, mut report) = (0, 0, Vec::new());
    for asset in &assets {
        if interrupt::is_asked() {
            return Err(Failure::Interrupted);
        }
        bar.say(asset);
        let done = encode_asset(&client, encoder.as_ref(), asset)?;
        match done {
            EncodeOutcome::Unchanged => unchanged += 1,
            EncodeOutcome::Written(vectors) => written += vectors,
        }
        let (vectors, changed) = match done {
            EncodeOutcome::Unchanged => (Value::Null, false),
            EncodeOutcome::Written(vectors) => (json!(vectors), true),
        };
        report.push(json!({"asset_id": asset, "vectors": vectors, "changed": changed}));
        bar.add(1);
    }
    drop(bar);
    if args.wait && written > 0 {
        super::wait::until_searchable(&client, quiet)?;
    }
    if json_output {
        return output::json(&Value::Array(report));
    }
    let changed = assets.len() as u64 - unchanged;
    output::line(&format!(
        "{} written for {} by encoder `{name}`; {} unchanged",
        output::plural(written, "vector"),
        output::plural(changed, "asset"),
        output::count(unchanged)
    ));
    Ok(())
}

/// Turns the current dialogue of an asset into vectors, where it changed since that was done last.
///
/// # Errors
/// Where the archive, or an outside encoder, does not answer; what was written until then stays invisible.
pub fn encode_asset(client: &Client, encoder: &dyn Encoder, asset: &str) -> Outcome<EncodeOutcome> {
    let found = windows(&dialogue(client, encoder, asset)?);
    let model = model_of(encoder.name());
    let last = last_run(client, asset, &model)?;
    let name = format!("meaning-{}", digest(encoder.name(), asset, &found));
    let is_last = |run: &str| run == name || run.starts_with(&format!("{name}-"));
    match &last {
        None if found.is_empty() => return Ok(EncodeOutcome::Unchanged),
        Some(run) if is_last(run) => return Ok(EncodeOutcome::Unchanged),
        _ => {}
    }
    let vectors = vectors(encoder, &found)?;
    if let Some((_, Some(vector))) = vectors.iter().find(|(_, v)| v.is_some()) {
        register(client, encoder, &model, vector.len())?;
    }
    let run = open(client, asset, &model, &name)?;
    // If this fails, the run stays open: it is never visible, and resumed the next time.
    let written = send(client, asset, &model, &run, &vectors)?;
    client.post(&format!("/v1/runs/{}/commit", escaped(&run)), Payload::Empty)?;
    Ok(EncodeOutcome::Written(written))
}

/// The model that writes an encoder's vectors: a space belongs to one encoder.
fn model_of(encoder: &str) -> String {
    if encoder == BUILT_IN {
        return MODEL.to_owned();
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    format!("meaning-{}@1", encoder.chars().map(plain).collect::<String>())
}

fn ids(assets: &[Value]) -> Vec<String> {
    assets.iter().filter_map(|a| a.get("asset_id")?.as_str().map(str::to_owned)).collect()
}

/// The current lines of dialogue, each once, without those of a language that the encoder does not know.
fn dialogue(client: &Client, encoder: &dyn Encoder, asset: &str) -> Outcome<Vec<Line>> {
    let mut lines = BTreeMap::new();
    super::buckets::each_page(client, asset, "?limit=3600&vectors=false".to_owned(), &mut |page| {
        for bucket in page {
            for annotation in bucket.get("source_annotations").and_then(Value::as_array).into_iter().flatten()
            {
                if let Some((id, line)) = line_of(annotation, encoder.language()) {
                    lines.insert(id, line);
                }
            }
        }
    })?;
    Ok(lines.into_values().collect())
}

/// What tells one line from another: model, run, id.
type LineId = (String, String, String);

fn line_of(annotation: &Value, known: Option<&str>) -> Option<(LineId, Line)> {
    let text = |field: &str| annotation.get(field).and_then(Value::as_str).unwrap_or("");
    if text("annotation_type") != known_types::DIALOGUE {
        return None;
    }
    let language = text("language");
    let primary = language.split(['-', '_']).next().unwrap_or("");
    if known.is_some_and(|known| !primary.is_empty() && !primary.eq_ignore_ascii_case(known)) {
        return None;
    }
    let said = if text("text").is_empty() { text("label") } else { text("text") };
    let time = |end: &str| annotation.pointer(&format!("/time_range/{end}"))?.as_i64();
    let line = Line {
        start_ns: time("start_time_ns")?,
        end_ns: time("end_time_ns")?,
        stream: format!("{} {language}", text("model")),
        text: said.to_owned(),
    };
    Some(((text("model").to_owned(), text("run").to_owned(), text("annotation_id").to_owned()), line))
}

/// The run of the model that was committed last on this asset.
fn last_run(client: &Client, asset: &str, model: &str) -> Outcome<Option<String>> {
    let runs = super::registry::every(client, &format!("/v1/runs?asset={}", escaped(asset)), "runs")?;
    let ours = runs.iter().filter(|r| r.get("model").and_then(Value::as_str) == Some(model));
    let committed = ours.filter_map(|r| Some((r.get("committed")?.as_u64()?, r.get("run")?.as_str()?)));
    Ok(committed.max().map(|(_, run)| run.to_owned()))
}

type Vectors<'w> = Vec<(&'w Window, Option<Vec<f32>>)>;

fn vectors<'w>(encoder: &dyn Encoder, found: &'w [Window]) -> Outcome<Vectors<'w>> {
    let mut made = Vec::with_capacity(found.len());
    for batch in found.chunks(BATCH) {
        if interrupt::is_asked() {
            return Err(Failure::Interrupted);
        }
        let texts: Vec<&str> = batch.iter().map(|w| w.text.as_str()).collect();
        let vectors = encoder.encode_texts(&texts)?;
        let dimensions = vectors.iter().flatten().next().map_or(0, Vec::len);
        for (window, vector) in batch.iter().zip(vectors) {
            made.push((window, vector.map(|v| checked(encoder.name(), v, dimensions)).transpose()?));
        }
    }
    Ok(made)
}

/// Registers the model with its space before its first line does, so that the space knows its encoder.
fn register(client: &Client, encoder: &dyn Encoder, model: &str, dimensions: usize) -> Outcome {
    let space =
        json!({"dimensions": dimensions, "metric": encoder.metric().as_str(), "encoder": encoder.name()});
    let line = json!({"model": model, "types": [known_types::MEANING], "space": space});
    let answer = client.post("/v1/models", Payload::Json(line))?;
    match answer.pointer("/errors/0/detail").and_then(Value::as_str) {
        Some(detail) => Err(Failure::because(format!("model `{model}` cannot be registered: {detail}"))),
        None => Ok(()),
    }
}

/// Opens the run of this name, or, where that was aborted or committed, the first free numbered name after it.
fn open(client: &Client, asset: &str, model: &str, name: &str) -> Outcome<String> {
    for n in 1..=RUN_NAMES_MAX {
        let run = if n == 1 { name.to_owned() } else { format!("{name}-{n}") };
        let reply = client.send(Method::GET, &format!("/v1/runs/{}", escaped(&run)), Payload::Empty)?;
        if reply.status != StatusCode::NOT_FOUND {
            let found = reply.json()?;
            if found.get("state").and_then(Value::as_str) != Some("open") {
                continue;
            }
        }
        let spec = json!({"run": run, "asset_id": asset, "model": model, "mode": "replace"});
        client.post("/v1/runs", Payload::Json(spec))?;
        return Ok(run);
    }
    Err(Failure::because(format!("the runs of `{asset}` named `{name}` are all given up; erase one of them")))
}

fn send(client: &Client, asset: &str, model: &str, run: &str, vectors: &Vectors<'_>) -> Outcome<u64> {
    let mut sender = Sender::into_run(client, run, SendOptions { strict: true, dry_run: false });
    let file = sender.tally.file(&format!("{asset} (vectors)"));
    let mut written = 0;
    for (number, (window, vector)) in (1..).zip(vectors) {
        let Some(vector) = vector else { continue };
        let line = json!({
            "asset_id": asset, "model": model, "type": known_types::MEANING,
            "time_range": {"start_time_ns": window.start_ns, "end_time_ns": window.end_ns},
            "embedding_vector": vector, "attributes": {"lines": window.lines},
        });
        sender.line(file, number, line.to_string().as_bytes(), None)?;
        written += 1;
    }
    sender.finish()?;
    if sender.totals().rejected > 0 {
        return Err(Failure::because(format!("vectors of `{asset}` are refused; none of them is seen")));
    }
    Ok(written)
}

/// The vector of each line of standard input.
fn print_lines(encoder: &dyn Encoder) -> Outcome {
    for line in std::io::stdin().lock().lines() {
        let line = line.context("reading standard input")?;
        let vector = encoder.encode_texts(&[line.as_str()])?.pop().flatten();
        output::line(&json!(vector).to_string());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_another_language_is_left_out_by_an_encoder_of_one() {
        let line = |language: Option<&str>| {
            json!({"annotation_type": "DIALOGUE_SEARCH", "text": "hello", "language": language, "model": "s@1",
                "annotation_id": "a", "time_range": {"start_time_ns": 1, "end_time_ns": 2}})
        };
        for (language, known, taken) in [
            (None, Some("en"), true),
            (Some("en-GB"), Some("en"), true),
            (Some("es"), Some("en"), false),
            (Some("es"), None, true),
        ] {
            assert_eq!(line_of(&line(language), known).is_some(), taken, "{language:?} {known:?}");
        }
        assert!(line_of(&json!({"annotation_type": "SHOT"}), None).is_none());
    }

    #[test]
    fn every_encoder_has_a_model_of_its_own() {
        assert_eq!(model_of(BUILT_IN), MODEL);
        assert_eq!(model_of("studio"), "meaning-studio@1");
        assert_eq!(model_of("a b@2"), "meaning-a-b-2@1");
    }
}
