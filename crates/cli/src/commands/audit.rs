//! `rushes audit`: the audit log, and whether it is whole.

use axum::http::Method;
use serde_json::Value;

use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output;

/// Lines that are asked for at once.
const LINES: usize = 10_000;

/// The number of a line.
fn number(line: &[u8]) -> Option<u64> {
    serde_json::from_slice::<Value>(line).ok()?.get("no")?.as_u64()
}

/// Prints the lines of a time, or all.
pub fn print(config: &Config, from: Option<&str>, to: Option<&str>) -> Outcome {
    let client = Client::reader(config)?;
    let bounds = [("from", from), ("to", to)];
    let bounds = bounds.into_iter().filter_map(|(name, time)| Some(format!("&{name}={}", encode(time?))));
    let bounds: String = bounds.collect();
    let mut after = 0;
    loop {
        let path = format!("/v1/audit?after={after}&limit={LINES}{bounds}");
        let mut page = Vec::new();
        client.stream(Method::GET, &path, Payload::Empty, &mut |bytes: &[u8]| {
            page.extend_from_slice(bytes);
            Ok(())
        })?;
        output::bytes(&page)?;
        let lines = || page.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        // Reading is noted in the log, too: what is asked for must not run after its own end.
        match lines().next_back().and_then(number) {
            Some(last) if lines().count() == LINES && last > after => after = last,
            _ => return Ok(()),
        }
    }
}

/// Says whether the log is whole.
pub fn verify(config: &Config, json_output: bool) -> Outcome {
    let found = Client::reader(config)?.post("/v1/audit/verify", Payload::Empty)?;
    let number = |name: &str| found.get(name).and_then(Value::as_u64).unwrap_or_default();
    if json_output {
        output::json(&found)?;
    } else {
        let sum = found.get("sum").and_then(Value::as_str).unwrap_or_default();
        let (first, last) = (number("first"), number("last"));
        output::line(&format!("{}, numbers {first} to {last}", output::plural(number("lines"), "line")));
        if !sum.is_empty() {
            output::line(&format!("checksum of number {last}: {sum}"));
        }
        if number("unchained") > 0 {
            let what = output::plural(number("unchained"), "line");
            output::line(&format!("{what} of an earlier version before them, without checksums"));
        }
        for problem in found.get("problems").and_then(Value::as_array).into_iter().flatten() {
            output::warn(problem.as_str().unwrap_or_default());
        }
    }
    match number("problem_count") {
        0 => Ok(()),
        _ if json_output => Err(Failure::Reported),
        n => Err(Failure::because(format!("{} with the audit log", output::plural(n, "problem")))),
    }
}
