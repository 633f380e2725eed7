//! `rushes erase`: what is erased, asked for once more, and done.

use std::io::{BufRead, IsTerminal};

use serde_json::{Value, json};

use crate::args::Erase;
use crate::client::{Client, Payload};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output;

/// Runs the command.
pub fn run(config: &Config, args: &Erase, json_output: bool) -> Outcome {
    let (target, words) = target(args)?;
    if !args.yes {
        confirm(&words)?;
    }
    let client = Client::reader(config)?;
    let answer = client.post("/v1/erase", Payload::Json(target))?;
    if json_output {
        return output::json(&answer);
    }
    match answer.get("commit").and_then(Value::as_u64) {
        Some(commit) => output::line(&format!(
            "erased {words} with commit {}; `rushes purge` rewrites the files that held it",
            output::count(commit)
        )),
        None => output::line(&format!("there was nothing to erase: {words} is not there")),
    }
    Ok(())
}

/// The request, and what is erased in words.
fn target(args: &Erase) -> Outcome<(Value, String)> {
    let stray =
        |flag: &str| Failure::Usage(format!("{flag} goes with --annotation, and --of also with --model"));
    if args.of.is_some() && args.model.is_none() && args.annotation.is_none() {
        return Err(stray("--of"));
    }
    if args.by.is_some() && args.annotation.is_none() {
        return Err(stray("--by"));
    }
    if let Some(asset) = &args.asset {
        return Ok((json!({"target": "asset", "asset_id": asset}), format!("asset `{asset}`")));
    }
    if let Some(movie) = &args.movie {
        return Ok((json!({"target": "movie", "movie_id": movie}), format!("all assets of movie `{movie}`")));
    }
    if let Some(model) = &args.model {
        let on = args.of.as_ref().map(|a| format!(" on asset `{a}`")).unwrap_or_default();
        let target = json!({"target": "model", "model": model, "asset_id": args.of});
        return Ok((target, format!("all that model `{model}` wrote{on}")));
    }
    if let Some(run) = &args.run {
        return Ok((json!({"target": "run", "run": run}), format!("run `{run}`")));
    }
    let (Some(id), Some(asset), Some(model)) = (&args.annotation, &args.of, &args.by) else {
        return Err(Failure::Usage("say what to erase: `rushes help erase`".to_owned()));
    };
    let run = (args.in_run != "-").then_some(&args.in_run);
    let target =
        json!({"target": "annotation", "asset_id": asset, "model": model, "run": run, "annotation_id": id});
    Ok((target, format!("annotation `{id}` of model `{model}` on asset `{asset}`")))
}

/// Asks the person; without a terminal, erasing needs `--yes`.
fn confirm(words: &str) -> Outcome {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Failure::Usage(format!("this would erase {words} for good; say so with --yes")));
    }
    output::warn(&format!("Erase {words} for good? Type yes to do it:"));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim().eq_ignore_ascii_case("yes") {
        Ok(())
    } else {
        Err(Failure::because("nothing was erased"))
    }
}
