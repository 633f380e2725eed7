//! Long work: verify, rebuild, purge. Its progress is shown while it is done.

use anyhow::Context;
use axum::http::Method;
use rushes_archive::Rebuild;
use rushes_types::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::client::{Client, Payload};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output::{self, count, plural};
use crate::problem;
use crate::progress::Bar;

/// `rushes verify`
pub fn verify(config: &Config, quick: bool, json_output: bool, quiet: bool) -> Outcome {
    let client = Client::reader(config)?;
    super::wait::before_reading(&client, quiet)?;
    let path = if quick { "/v1/verify?quick=true" } else { "/v1/verify" };
    let report = follow(&client, path, Payload::Empty, quiet)?;
    let number = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or(0);
    let problems = number("problem_count");
    if json_output {
        output::json(&report)?;
    } else {
        let (assets, annotations) =
            (plural(number("assets"), "asset"), plural(number("annotations"), "annotation"));
        for problem in report.get("problems").and_then(Value::as_array).into_iter().flatten() {
            output::line(problem.as_str().unwrap_or("?"));
        }
        match problems {
            0 if quick => output::line(
                "nothing is wrong that shows at once; `rushes verify` reads and compares all of it",
            ),
            n if quick => output::line(&format!("{}; `rushes verify` says more", plural(n, "problem"))),
            0 => output::line(&format!("all is well: {annotations} of {assets} are the same in every stage")),
            n => output::line(&format!(
                "{} in {annotations} of {assets}; `rushes rebuild` rebuilds derived data",
                plural(n, "problem")
            )),
        }
        if report.get("catching_up").and_then(Value::as_bool) == Some(true) {
            output::line(
                "what is not fused and indexed yet was left out; verify again when `rushes status` is done",
            );
        }
        if report.get("unpurged_for_s").is_some_and(|age| !age.is_null()) {
            output::line(
                "bytes of what was erased are still on disk; they go within a day, or by `rushes purge`",
            );
        }
    }
    if problems > 0 { Err(Failure::Reported) } else { Ok(()) }
}

/// `rushes rebuild`
pub fn rebuild(config: &Config, index_only: bool, json_output: bool, quiet: bool) -> Outcome {
    let client = match Client::reader(config) {
        // A problem that prevents opening the index is what this command repairs.
        Err(Failure::Failed(error)) if is_of_derived_data(&error) => {
            let rebuild = Some(if index_only { Rebuild::Index } else { Rebuild::All });
            Client::reader(&Config { rebuild, ..config.clone() })?
        }
        opened => opened?,
    };
    let what = if index_only { "index" } else { "all" };
    let done = follow(&client, "/v1/rebuild", Payload::Json(json!({"what": what})), quiet)?;
    if json_output {
        return output::json(&done);
    }
    let upto = done.get("read_point").and_then(Value::as_u64).unwrap_or(0);
    output::line(&format!("rebuilt; all up to commit {} can be searched", count(upto)));
    Ok(())
}

/// `rushes rebuild --index --online`
pub fn reindex(config: &Config, json_output: bool, quiet: bool) -> Outcome {
    let client = Client::reader(config)?;
    let what = Payload::Json(json!({"what": "index", "online": true}));
    let done = follow(&client, "/v1/rebuild", what, quiet)?;
    if json_output {
        return output::json(&done);
    }
    let copied = done.get("copied").and_then(Value::as_u64).unwrap_or(0);
    output::line(&format!("rebuilt; {} copied, and searchable all the time", plural(copied, "document")));
    Ok(())
}

fn is_of_derived_data(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Error>().is_some_and(|error| {
        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::Corrupt)
    })
}

/// `rushes purge`
pub fn purge(config: &Config, json_output: bool, quiet: bool) -> Outcome {
    let client = Client::reader(config)?;
    super::wait::before_reading(&client, quiet)?;
    let done = follow(&client, "/v1/purge", Payload::Empty, quiet)?;
    if json_output {
        return output::json(&done);
    }
    output::line("the bytes of all that was erased are gone; `rushes verify` proves it");
    Ok(())
}

/// Follows a stream of progress to its result.
pub fn follow(client: &Client, path: &str, payload: Payload, quiet: bool) -> Outcome<Value> {
    let bar = Bar::steps(Some(0), quiet);
    let mut lines = Lines::default();
    let mut result = None;
    client.stream(Method::POST, path, payload, &mut |piece| {
        for line in lines.take(piece) {
            let line: Value = serde_json::from_slice(&line).context("a line of progress is no JSON")?;
            if let Some(progress) = line.get("progress") {
                bar.say(progress.get("what").and_then(Value::as_str).unwrap_or(""));
                let number = |name: &str| progress.get(name).and_then(Value::as_u64);
                bar.set(number("done").unwrap_or(0), number("total"));
            } else if let Some(failed) = line.get("problem") {
                return Err(Failure::because(problem::message(failed)));
            } else {
                result = line.get("result").cloned();
            }
        }
        Ok(())
    })?;
    bar.finish();
    result.ok_or_else(|| Failure::because("the server ended the work without a result; its log says why"))
}

/// Pieces of a stream, cut into lines.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    fn take(&mut self, piece: &[u8]) -> Vec<Vec<u8>> {
        self.rest.extend_from_slice(piece);
        let Some(end) = self.rest.iter().rposition(|b| *b == b'\n') else { return Vec::new() };
        let rest = self.rest.split_off(end + 1);
        let whole = std::mem::replace(&mut self.rest, rest);
        whole.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn lines_are_put_together_from_pieces() {
        let mut lines = Lines::default();
        assert!(lines.take(b"{\"a\"").is_empty());
        assert_eq!(lines.take(b":1}\n{}\n{"), [b"{\"a\":1}".to_vec(), b"{}".to_vec()]);
        assert_eq!(lines.take(b"}\n"), [b"{}".to_vec()]);
    }
}
