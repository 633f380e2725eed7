//! `rushes status`: commits, lag of the stages, sizes, and what is failing.

use serde_json::Value;

use crate::client::Client;
use crate::config::Config;
use crate::exit::Outcome;
use crate::output::{self, count, plural, size};

/// Runs the command.
pub fn run(config: &Config, json_output: bool) -> Outcome {
    let client = Client::reader(config)?;
    let status = client.get("/v1/status")?;
    if json_output {
        return output::json(&status);
    }
    let number = |pointer: &str| status.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let text = |pointer: &str| status.pointer(pointer).and_then(Value::as_str).unwrap_or("").to_owned();
    match client.server() {
        Some(url) => {
            output::line(&format!(
                "archive {} behind {url} (version {})",
                text("/archive"),
                text("/version")
            ));
        }
        None => output::line(&format!("archive {} in `{}`", text("/archive"), config.dir.display())),
    }
    let state = match (number("/last_commit"), status.get("catching_up").and_then(Value::as_bool)) {
        (0, _) => "nothing was ingested yet; `rushes ingest` or `rushes demo` begins".to_owned(),
        (n, Some(true)) => {
            format!("commit {}; searchable up to {}, catching up", count(n), count(number("/read_point")))
        }
        (n, _) => format!("commit {}; all of it can be searched", count(n)),
    };
    output::line(&state);
    if status.get("index").is_some_and(Value::is_null) {
        output::line(&format!(
            "your token is for some titles: {} annotations of {} assets",
            count(number("/store/annotations")),
            count(number("/store/assets"))
        ));
        return Ok(());
    }
    output::line("");
    output::table(&[
        row(&["", "holds", "on disk"]),
        row(&[
            "store",
            &format!(
                "{} annotations of {} assets",
                count(number("/store/annotations")),
                count(number("/store/assets"))
            ),
            &size(number("/store/bytes")),
        ]),
        row(&["buckets", "", &size(number("/fused_bytes"))]),
        row(&[
            "index",
            &format!(
                "{} entries, {} vectors",
                count(number("/index/entries")),
                count(number("/index/vectors"))
            ),
            &size(number("/index/bytes")),
        ]),
    ]);
    output::line("");
    let mut rows = vec![row(&["stage", "", "events behind", "error"])];
    rows.extend(stages(&status));
    output::table(&rows);
    let backups = status.get("backups").filter(|backups| backups.is_object()).map(backups_line);
    for line in backups.into_iter().chain(status.get("verify").and_then(verify_line)) {
        output::line("");
        output::line(&line);
    }
    Ok(())
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|c| (*c).to_owned()).collect()
}

/// A row for each worker with the lag of its consumer; consumers without a worker of that name come behind.
fn stages(status: &Value) -> Vec<Vec<String>> {
    let list = |name: &str| status.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let mut lags: Vec<(String, u64)> = Vec::new();
    for lag in list("lag") {
        lags.push((text(&lag, "consumer"), lag.get("behind").and_then(Value::as_u64).unwrap_or(0)));
    }
    let mut rows = Vec::new();
    for worker in list("workers") {
        let stage = text(&worker, "stage");
        let behind: Vec<String> =
            lags.extract_if(.., |(consumer, _)| *consumer == stage).map(|(_, n)| count(n)).collect();
        let running = worker.get("running").and_then(Value::as_bool) == Some(true);
        let state = if running { "runs" } else { "stopped" };
        rows.push(vec![stage, state.to_owned(), behind.join(" + "), text(&worker, "error")]);
    }
    rows.extend(lags.into_iter().map(|(consumer, n)| vec![consumer, String::new(), count(n), String::new()]));
    rows
}

/// How the backups that are made by themselves fare.
fn backups_line(backups: &Value) -> String {
    let number = |pointer: &str| backups.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let place = backups.get("to").and_then(Value::as_str).map(|to| format!(" in `{to}`")).unwrap_or_default();
    let last = match backups.get("last").filter(|last| last.is_object()) {
        Some(_) => format!(
            "the last backup{place} is {} old and ends with commit {}",
            age(number("/last/age_s")),
            count(number("/last/commit"))
        ),
        None => format!("there is no backup{place} yet"),
    };
    let now =
        match (backups.get("running").and_then(Value::as_bool), backups.get("error").and_then(Value::as_str))
        {
            (Some(true), _) => "; one is being made".to_owned(),
            (_, Some(error)) => format!("; the next one failed: {error}"),
            _ => String::new(),
        };
    last + &now
}

/// What checks of the archive found; `None` where there was none and none is made by itself.
fn verify_line(verify: &Value) -> Option<String> {
    let number = |pointer: &str| verify.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let ago = || age(number("/last/age_s"));
    let last = match (verify.get("last").is_some_and(Value::is_object), number("/last/problem_count")) {
        (true, 0) => format!("verified {} ago: all was well", ago()),
        (true, n) => {
            let first = verify.pointer("/last/problems/0").and_then(Value::as_str);
            let first = first.map(|first| format!(", the first: {first}")).unwrap_or_default();
            format!("PROBLEMS: verified {} ago, {} found{first}", ago(), plural(n, "problem"))
        }
        (false, _) if verify.get("every_s").is_some_and(Value::is_u64) => "not verified yet".to_owned(),
        (false, _) if verify.get("running").is_some_and(Value::is_object) => "not verified yet".to_owned(),
        (false, _) => return None,
    };
    let now = match (verify.pointer("/running/what").and_then(Value::as_str), verify.get("error")) {
        (Some(what), _) => format!("; now {what}: {}", count(number("/running/done"))),
        (None, Some(Value::String(error))) => format!("; the next one failed: {error}"),
        _ => String::new(),
    };
    Some(last + &now)
}

fn age(seconds: u64) -> String {
    match seconds {
        0..120 => plural(seconds, "second"),
        120..7_200 => plural(seconds / 60, "minute"),
        7_200..172_800 => plural(seconds / 3_600, "hour"),
        _ => plural(seconds / 86_400, "day"),
    }
}

/// Why a stage is failing, if one is.
#[must_use]
pub fn stuck_worker(status: &Value) -> Option<String> {
    let workers = status.get("workers").and_then(Value::as_array)?;
    workers.iter().find_map(|worker| {
        let error = worker.get("error").and_then(Value::as_str)?;
        let stage = worker.get("stage").and_then(Value::as_str).unwrap_or("?");
        Some(format!("the stage `{stage}` is failing: {error}; what was acknowledged is kept"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn backups_say_their_age_and_what_failed() {
        let last = json!({"made": "2026-11-29T20:00:00.000Z", "age_s": 7_300, "commit": 1_200, "bytes": 1});
        let line =
            |last: &Value, error: &Value| backups_line(&json!({"to": "/b", "last": last, "error": error}));
        assert_eq!(
            line(&last, &Value::Null),
            "the last backup in `/b` is 2 hours old and ends with commit 1,200"
        );
        assert_eq!(
            line(&Value::Null, &json!("disk")),
            "there is no backup in `/b` yet; the next one failed: disk"
        );
    }

    #[test]
    fn what_verifying_found_is_said_with_its_age() {
        assert_eq!(verify_line(&json!({"last": null, "every_s": null})), None);
        assert_eq!(verify_line(&json!({"last": null, "every_s": 60})).unwrap(), "not verified yet");
        let last = json!({"age_s": 7_300, "problem_count": 2, "problems": ["a is lost"]});
        assert_eq!(
            verify_line(&json!({"last": last, "running": {"what": "bytes read", "done": 1_000}})).unwrap(),
            "PROBLEMS: verified 2 hours ago, 2 problems found, the first: a is lost; now bytes read: 1,000"
        );
        let last = json!({"age_s": 60, "problem_count": 0, "problems": []});
        assert_eq!(verify_line(&json!({"last": last})).unwrap(), "verified 60 seconds ago: all was well");
    }

    #[test]
    fn stages_show_lag_and_error() {
        let status = json!({
            "lag": [{"consumer": "fuse", "behind": 1200}, {"consumer": "mirror", "behind": 3}],
            "workers": [{"stage": "fuse", "running": true, "error": null}, {"stage": "index", "running": false, "error": "disk"}],
        });
        assert_eq!(
            stages(&status),
            [
                row(&["fuse", "runs", "1,200", ""]),
                row(&["index", "stopped", "", "disk"]),
                row(&["mirror", "", "3", ""])
            ]
        );
        assert!(stuck_worker(&status).unwrap().contains("`index`"));
    }
}
