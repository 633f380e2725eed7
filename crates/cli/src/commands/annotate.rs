//! `rushes annotate`: any program, run once for each asset; what it prints is committed as one run when it succeeds.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::Context;
use serde_json::{Value, json};

use crate::args::Annotate;
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::lines::{How, Sender};
use crate::output;

/// Runs the command.
pub fn run(config: &Config, args: &Annotate, json_output: bool, quiet: bool) -> Outcome {
    let client = super::reader(config)?;
    let assets = match args.assets.as_slice() {
        [] => super::registry::every(&client, "/v1/assets", "assets")?,
        named => {
            named.iter().map(|a| client.get(&format!("/v1/assets/{}", encode(a)))).collect::<Outcome<_>>()?
        }
    };
    let mut done = Vec::new();
    for asset in &assets {
        let id = asset.get("asset_id").and_then(Value::as_str).unwrap_or("");
        let Some(path) = asset.get("path").and_then(Value::as_str) else {
            if !args.assets.is_empty() {
                return Err(Failure::because(format!(
                    "asset `{id}` has no path; set it with `rushes asset import`"
                )));
            }
            continue;
        };
        match one(&client, args, id, path) {
            Ok((accepted, rejected)) => {
                done.push(json!({"asset_id": id, "accepted": accepted, "rejected": rejected, "error": null}));
            }
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
            Err(failure) => {
                output::warn(&format!("{id}: {failure}"));
                done.push(
                    json!({"asset_id": id, "accepted": 0, "rejected": 0, "error": failure.to_string()}),
                );
            }
        }
        if !quiet && !json_output {
            output::warn(&format!("{id}: done"));
        }
    }
    let failed = done.iter().any(|d| !d["error"].is_null() || d["rejected"] != json!(0));
    if json_output {
        output::json(&Value::Array(done))?;
    } else if done.is_empty() {
        output::line("no asset has a path; set it with `rushes asset import`");
    } else {
        let columns = ["asset_id", "accepted", "rejected", "error"];
        super::registry::list(&done, &columns, "");
    }
    if failed { Err(Failure::Said) } else { Ok(()) }
}

/// One asset: a run, the program, its lines, commit or abort.
fn one(client: &Client, args: &Annotate, asset: &str, path: &str) -> Outcome<(u64, u64)> {
    let mode = if args.append { "append" } else { "replace" };
    let spec = json!({"asset_id": asset, "model": args.model, "mode": mode});
    let opened = client.post("/v1/runs", Payload::Json(spec))?;
    let run = opened.get("run").and_then(Value::as_str).unwrap_or("").to_owned();
    let end = |what: &str| client.post(&format!("/v1/runs/{}/{what}", encode(&run)), Payload::Empty);
    match program(client, args, asset, path, &run) {
        Ok(counts) => end("commit").map(|_| counts),
        Err(failure) => {
            // The run stays open and unseen where even this fails; the first failure is the one to tell.
            let _ = end("abort");
            Err(failure)
        }
    }
}

fn program(client: &Client, args: &Annotate, asset: &str, path: &str, run: &str) -> Outcome<(u64, u64)> {
    let fill = |text: &String| text.replace("{media}", path).replace("{asset}", asset);
    let (Some(name), rest) = (args.program.first(), args.program.get(1..).unwrap_or(&[])) else {
        return Err(Failure::Usage("name a program behind --".to_owned()));
    };
    let mut child = Command::new(fill(name))
        .args(rest.iter().map(fill))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{name}` cannot be started"))?;
    let sent = read(client, args, asset, run, &mut child);
    if sent.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().with_context(|| format!("waiting for `{name}`"))?;
    let counts = sent?;
    if interrupt::is_asked() {
        return Err(Failure::Interrupted);
    }
    if !status.success() {
        return Err(Failure::because(format!("`{name}` ended with {status}; none of its lines were kept")));
    }
    Ok(counts)
}

fn read(client: &Client, args: &Annotate, asset: &str, run: &str, child: &mut Child) -> Outcome<(u64, u64)> {
    let Some(stdout) = child.stdout.take() else { return Ok((0, 0)) };
    let mut sender = Sender::into_run(client, run, How::default());
    let file = sender.file(&format!("{asset} (printed by the program)"));
    for (number, line) in (1..).zip(BufReader::new(stdout).split(b'\n')) {
        let line = line.context("reading what the program prints")?;
        sender.line(file, number, &complete(&line, asset, &args.model), None)?;
    }
    sender.finish()?;
    Ok((sender.totals.accepted, sender.totals.rejected))
}

/// The line with asset and model, where the program left them out; others stay as they are, byte for byte.
fn complete(line: &[u8], asset: &str, model: &str) -> Vec<u8> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice::<Value>(line) else { return line.to_vec() };
    if fields.contains_key("asset_id") && fields.contains_key("model") {
        return line.to_vec();
    }
    fields.entry("asset_id").or_insert_with(|| json!(asset));
    fields.entry("model").or_insert_with(|| json!(model));
    serde_json::to_vec(&Value::Object(fields)).unwrap_or_else(|_| line.to_vec())
}
