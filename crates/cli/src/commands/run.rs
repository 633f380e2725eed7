//! `rushes run`: a model's passes over an asset.

use std::io::BufReader;
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use crate::args::RunCommand;
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::progress::Bar;
use crate::reading;
use crate::sender::{SendOptions, Sender};

/// Runs the command.
pub fn run(config: &Config, command: &RunCommand, json_output: bool) -> Outcome {
    match command {
        RunCommand::List { asset } => {
            let path = match asset {
                Some(asset) => format!("/v1/runs?asset={}", encode(asset)),
                None => "/v1/runs".to_owned(),
            };
            let runs = super::registry::every(&Client::reader(config)?, &path, "runs")?;
            if json_output {
                return output::json(&Value::Array(runs));
            }
            let columns = [
                "run",
                "asset_id",
                "model",
                "mode",
                "coverage",
                "state",
                "visibility",
                "committed",
                "annotations",
            ];
            super::registry::list(&runs, &columns, "there is no run; `rushes run open` begins one");
            Ok(())
        }
        RunCommand::Open { asset, model, append, coverage, id } => {
            let mode = if *append { "append" } else { "replace" };
            let coverage = coverage.as_deref().map(coverage_of).transpose()?;
            let spec =
                json!({"run": id, "asset_id": asset, "model": model, "mode": mode, "coverage": coverage});
            let run = Client::writer(config)?.post("/v1/runs", Payload::Json(spec))?;
            if json_output {
                return output::json(&run);
            }
            output::value(run.get("run").and_then(Value::as_str).unwrap_or(""));
            Ok(())
        }
        RunCommand::Append { run, files } => append(&Client::reader(config)?, run, files, json_output),
        RunCommand::Commit { run } => {
            change(config, run, "commit", Payload::Empty, "is committed", json_output)
        }
        RunCommand::Abort { run } => change(config, run, "abort", Payload::Empty, "is given up", json_output),
        RunCommand::Restore { run } => {
            change(config, run, "restore", Payload::Empty, "is current again", json_output)
        }
        RunCommand::Keep { run } => {
            let kept = Payload::Json(json!({"visibility": "kept"}));
            change(config, run, "visibility", kept, "is kept: a query can pin it", json_output)
        }
        RunCommand::Archive { run } => {
            let archived = Payload::Json(json!({"visibility": "archived"}));
            change(config, run, "visibility", archived, "is archived: it can still be restored", json_output)
        }
    }
}

fn change(
    config: &Config,
    run: &str,
    what: &str,
    payload: Payload,
    done: &str,
    json_output: bool,
) -> Outcome {
    let answer = Client::reader(config)?.post(&format!("/v1/runs/{}/{what}", encode(run)), payload)?;
    if json_output {
        return output::json(&answer);
    }
    let commit = match answer.get("commit").and_then(Value::as_u64) {
        Some(commit) => format!(" (commit {})", output::count(commit)),
        None => String::new(),
    };
    output::line(&format!("run `{run}` {done}{commit}"));
    Ok(())
}

fn append(client: &Client, run: &str, files: &[std::path::PathBuf], json_output: bool) -> Outcome {
    let mut sender = Sender::into_run(client, run, SendOptions::default());
    for path in files {
        let name = path.display().to_string();
        let file = sender.tally.file(&name);
        let bar = Bar::steps(None, true);
        if path == Path::new("-") {
            reading::send(&mut sender, file, BufReader::new(std::io::stdin()), None, &bar)?;
        } else {
            let opened = std::fs::File::open(path).with_context(|| format!("`{name}` cannot be read"))?;
            reading::send(&mut sender, file, BufReader::with_capacity(1 << 20, opened), None, &bar)?;
        }
    }
    sender.finish()?;
    let totals = sender.totals();
    if json_output {
        output::json(&json!({
            "accepted": totals.accepted, "duplicates": totals.duplicates, "rejected": totals.rejected,
            "errors": totals.errors,
        }))?;
    } else {
        output::line(&format!(
            "{} accepted, {} there already, {} refused; seen when the run is committed",
            output::count(totals.accepted),
            output::count(totals.duplicates),
            output::count(totals.rejected)
        ));
    }
    if totals.rejected > 0 { Err(Failure::Reported) } else { Ok(()) }
}

/// `FROM-TO` in seconds, as a time range in nanoseconds.
fn coverage_of(text: &str) -> Outcome<Value> {
    let wrong =
        || Failure::Usage(format!("`{text}` is no coverage; write FROM-TO in seconds, such as 0-120.5"));
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    let (start, end) = (nanos(from).ok_or_else(wrong)?, nanos(to).ok_or_else(wrong)?);
    if start > end {
        return Err(wrong());
    }
    Ok(json!({"start_time_ns": start, "end_time_ns": end}))
}

/// Seconds with up to nine decimals, exactly.
fn nanos(text: &str) -> Option<i64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<9}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(1_000_000_000)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_is_read_exactly() {
        let range = coverage_of("0-120.5").ok().unwrap();
        assert_eq!(range, json!({"start_time_ns": 0, "end_time_ns": 120_500_000_000_i64}));
        for wrong in ["", "5", "5-", "-5", "5-4", "a-b", "1-2.0000000001", "0-99999999999999999999", "1-2-3"]
        {
            assert!(coverage_of(wrong).is_err(), "{wrong}");
        }
    }
}
