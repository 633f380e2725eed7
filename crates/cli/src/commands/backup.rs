//! `rushes backup` and `rushes restore`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use rushes_archive::{RestoreReport, RestoreRequest};
use serde_json::{Value, json};

use super::long::follow;
use crate::args::{Backup, Restore};
use crate::client::{Client, Payload};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output::{self, count, plural, size};
use crate::progress::Watch;

/// `rushes backup`
pub fn backup(config: &Config, args: &Backup, json_output: bool, quiet: bool) -> Outcome {
    if let Some(of) = &args.verify {
        return verify(config, of, json_output, quiet);
    }
    if args.keep.is_some() && args.set.is_none() {
        return Err(Failure::Usage("`--keep` is about a set: give `--set DIR`, or leave it away".to_owned()));
    }
    let to = args.set.as_ref().or(args.to.as_ref());
    let to = to.ok_or_else(|| Failure::Usage("name the folder to make, or a set".to_owned()))?;
    let client = Client::reader(config)?;
    let request = json!({
        "to": absolute(to)?,
        "set": args.set.is_some(),
        "keep": args.keep,
        "with_tokens": args.with_tokens,
        "with_config": args.with_config,
    });
    let done = follow(&client, "/v1/backup", Payload::Json(request), quiet)?;
    if json_output {
        return output::json(&done);
    }
    let number = |name: &str| done.get(name).and_then(Value::as_u64).unwrap_or(0);
    output::line(&format!(
        "`{}` holds all up to commit {} ({}, {}), read back and whole",
        done.get("path").and_then(Value::as_str).unwrap_or("?"),
        count(number("commit")),
        plural(number("files"), "file"),
        size(number("bytes"))
    ));
    if args.set.is_some() {
        output::line(&format!(
            "{} written; {} as in the backup before; writers waited {} ms",
            size(number("written_bytes")),
            plural(number("linked"), "file"),
            count(number("frozen_ms"))
        ));
    }
    for removed in done.get("removed").and_then(Value::as_array).into_iter().flatten() {
        output::line(&format!("removed `{}`", removed.as_str().unwrap_or("?")));
    }
    Ok(())
}

/// A server on another machine has no use for a relative path.
fn absolute(path: &Path) -> Outcome<PathBuf> {
    Ok(std::path::absolute(path).with_context(|| format!("`{}` is no path", path.display()))?)
}

/// `rushes backup --verify`: here, or where the named server runs. No archive is needed for it.
fn verify(config: &Config, of: &Path, json_output: bool, quiet: bool) -> Outcome {
    let found = if config.server.is_some() {
        let request = json!({"backup": absolute(of)?});
        follow(&Client::reader(config)?, "/v1/backup/verify", Payload::Json(request), quiet)?
    } else {
        let watch = Watch::begin(quiet);
        rushes_serve::checked_backups(rushes_archive::verify_backups(of, &watch)?)?
    };
    let problems = found.get("problem_count").and_then(Value::as_u64).unwrap_or(0);
    if json_output {
        output::json(&found)?;
    } else {
        for backup in found.get("backups").and_then(Value::as_array).into_iter().flatten() {
            say_checked(backup);
        }
    }
    if problems > 0 { Err(Failure::Reported) } else { Ok(()) }
}

fn say_checked(backup: &Value) {
    let number = |name: &str| backup.get(name).and_then(Value::as_u64).unwrap_or(0);
    let texts = |name: &str| {
        let list = backup.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        list.into_iter().filter_map(|text| Some(text.as_str()?.to_owned())).collect::<Vec<_>>()
    };
    let path = backup.get("path").and_then(Value::as_str).unwrap_or("?");
    match number("problem_count") {
        0 => output::line(&format!(
            "`{path}` is whole: commit {} ({}, {})",
            count(number("commit")),
            plural(number("files"), "file"),
            size(number("bytes"))
        )),
        n => output::line(&format!("`{path}` is not whole: {}", plural(n, "problem"))),
    }
    for line in texts("problems").into_iter().chain(texts("warnings")) {
        output::line(&format!("  {line}"));
    }
}

/// `rushes restore`: from a backup to a folder that holds no archive yet. No archive is open for it, so it goes
/// through no route.
pub fn restore(config: &Config, args: &Restore, json_output: bool, quiet: bool) -> Outcome {
    if config.server.is_some() && args.to.is_none() {
        return Err(Failure::Usage("name the folder to make; a server does not restore archives".to_owned()));
    }
    let request = RestoreRequest {
        from: args.from.clone(),
        to: args.to.clone().unwrap_or_else(|| config.dir.clone()),
        at: args.at,
        with_tokens: args.with_tokens,
        with_config: args.with_config,
    };
    let watch = Watch::begin(quiet);
    let report = rushes_archive::restore(&request, &watch)?;
    drop(watch);
    say_restored(&request, &report, json_output)
}

fn say_restored(request: &RestoreRequest, report: &RestoreReport, json_output: bool) -> Outcome {
    let content = &report.content;
    if json_output {
        return output::json(&json!({
            "archive": request.to,
            "backup": report.from,
            "commit": content.commit,
            "assets": content.assets,
            "annotations": content.annotations,
            "warnings": report.warnings,
        }));
    }
    for warning in &report.warnings {
        output::warn(warning);
    }
    output::line(&format!(
        "`{}` is an archive as of commit {}: {} of {}; the next command on it makes buckets and index",
        request.to.display(),
        count(content.commit),
        plural(content.annotations.unwrap_or(0), "annotation"),
        plural(content.assets.unwrap_or(0), "asset")
    ));
    Ok(())
}
