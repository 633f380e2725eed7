//! `rushes annotate`: any program, run once for each asset; what it prints is committed as one run when it succeeds.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use serde_json::{Value, json};

use crate::args::Annotate;
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::output;
use crate::sender::{SendOptions, Sender};

/// How long a program has to end by itself at Ctrl-C.
const GRACE: Duration = Duration::from_secs(2);
/// How often it checks whether it should end.
const LOOK_EVERY: Duration = Duration::from_millis(30);

/// Runs the command.
pub fn run(config: &Config, args: &Annotate, json_output: bool, quiet: bool) -> Outcome {
    let client = Client::reader(config)?;
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
            // An error here would occur for every asset.
            Err(failure @ (Failure::Interrupted | Failure::Usage(_))) => return Err(failure),
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
    if failed { Err(Failure::Reported) } else { Ok(()) }
}

/// One asset: a run, the program, its lines, commit or abort.
fn one(client: &Client, args: &Annotate, asset: &str, path: &str) -> Outcome<(u64, u64)> {
    let mode = if args.append { "append" } else { "replace" };
    let spec = json!({"asset_id": asset, "model": args.model, "mode": mode});
    let opened = client.post("/v1/runs", Payload::Json(spec))?;
    let run = opened.get("run").and_then(Value::as_str).unwrap_or("").to_owned();
    match program(client, args, asset, path, &run) {
        Ok(counts) => {
            client.post(&format!("/v1/runs/{}/commit", encode(&run)), Payload::Empty)?;
            Ok(counts)
        }
        Err(failure) => {
            client.abort_run(&run);
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
        // Its own process group, so that its children end with it.
        .process_group(0)
        .spawn()
        .map_err(|e| Failure::Usage(format!("`{name}` cannot be started: {e}; write a program behind --")))?;
    let over = AtomicBool::new(false);
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (sent, status) = std::thread::scope(|scope| {
        scope.spawn(|| end_when_asked(group, &over));
        let sent = read(client, args, asset, run, &mut child);
        if sent.is_err() {
            signal(group, Signal::KILL);
        }
        // Waited for without reaping, so that its process id is not reused while it may be signalled.
        if let Some(id) = group {
            let _ = waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        }
        over.store(true, Ordering::Release);
        (sent, child.wait())
    });
    if interrupt::is_asked() {
        return Err(Failure::Interrupted);
    }
    let status = status.with_context(|| format!("waiting for `{name}`"))?;
    let counts = sent?;
    if !status.success() {
        return Err(Failure::because(format!("`{name}` ended with {status}; none of its lines were kept")));
    }
    Ok(counts)
}

/// At Ctrl-C asks the program to end, and ends it where it does not.
fn end_when_asked(group: Option<Pid>, over: &AtomicBool) {
    let mut asked: Option<Instant> = None;
    while !over.load(Ordering::Acquire) {
        match asked {
            None if interrupt::is_asked() => {
                signal(group, Signal::TERM);
                asked = Some(Instant::now());
            }
            Some(since) if since.elapsed() > GRACE => signal(group, Signal::KILL),
            _ => {}
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // It may have ended by itself.
        let _ = kill_process_group(group, signal);
    }
}

fn read(client: &Client, args: &Annotate, asset: &str, run: &str, child: &mut Child) -> Outcome<(u64, u64)> {
    let Some(stdout) = child.stdout.take() else { return Ok((0, 0)) };
    let mut sender = Sender::into_run(client, run, SendOptions::default());
    let file = sender.tally.file(&format!("{asset} (printed by the program)"));
    for (number, line) in (1..).zip(BufReader::new(stdout).split(b'\n')) {
        let line = line.context("reading what the program prints")?;
        sender.line(file, number, &complete(&line, asset, &args.model), None)?;
    }
    sender.finish()?;
    Ok((sender.totals().accepted, sender.totals().rejected))
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
