//! `rushes profile`: how teams ask.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use axum::http::Method;
use rushes_profile::Profile;
use serde_json::{Value, json};

use crate::args::ProfileCommand;
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output;

/// Runs the command.
pub fn run(config: &Config, command: &ProfileCommand, json_output: bool) -> Outcome {
    match command {
        ProfileCommand::List => list(config, json_output),
        ProfileCommand::Show { name, version } => show(config, name, *version, json_output),
        ProfileCommand::Put { file } => {
            let profile = Profile::read_toml(&text_of(file)?).map_err(|e| Failure::Usage(e.to_string()))?;
            let done = Client::writer(config)?.post("/v1/profiles", Payload::Json(profile.to_json()))?;
            said(&done, json_output, || format!("profile `{}`, version {}", profile.name, done["version"]))
        }
        ProfileCommand::Remove { name } => {
            let path = format!("/v1/profiles/{}", encode(name));
            let done = Client::reader(config)?.send(Method::DELETE, &path, Payload::Empty)?.json()?;
            said(&done, json_output, || format!("profile `{name}` is removed"))
        }
        ProfileCommand::Assign { name, token, .. } => {
            let client = Client::writer(config)?;
            let mut assigned = client.get("/v1/profile-assignments")?;
            match token {
                None => assigned["default"] = json!(name),
                Some(token) => {
                    let tokens = assigned["tokens"].as_object_mut().context("reading the assignments")?;
                    tokens.remove(token);
                    tokens.extend(name.as_ref().map(|name| (token.clone(), json!(name))));
                }
            }
            let done = client.post("/v1/profile-assignments", Payload::Json(assigned))?;
            let whom = token.as_ref().map_or("everybody else".to_owned(), |token| format!("token `{token}`"));
            said(&done, json_output, || match name {
                Some(name) => format!("profile `{name}` counts for {whom}"),
                None => format!("no profile counts for {whom}"),
            })
        }
        ProfileCommand::Preview { left, right, words } => {
            let asked = json!({"request": {"q": words.join(" ")}, "profiles": [left, right]});
            let found = Client::reader(config)?.post("/v1/profiles/preview", Payload::Json(asked))?;
            if json_output {
                return output::json(&found);
            }
            preview(&found, left, right);
            Ok(())
        }
    }
}

fn said(done: &Value, json_output: bool, words: impl FnOnce() -> String) -> Outcome {
    if json_output {
        return output::json(done);
    }
    output::line(&words());
    Ok(())
}

fn text_of(file: &Path) -> Outcome<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("reading standard input")?;
        return Ok(text);
    }
    Ok(std::fs::read_to_string(file).with_context(|| format!("`{}` cannot be read", file.display()))?)
}

fn list(config: &Config, json_output: bool) -> Outcome {
    let client = Client::reader(config)?;
    let found = client.get("/v1/profiles")?;
    if json_output {
        return output::json(&found["profiles"]);
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut rows = vec![["name", "version", "inherits", "for"].map(str::to_owned).to_vec()];
    for of in found["profiles"].as_array().into_iter().flatten() {
        let profile = &of["profile"];
        let version = if of["version"] == 0 { "built in".to_owned() } else { of["version"].to_string() };
        rows.push(vec![text(&profile["name"]), version, text(&profile["inherits"]), text(&profile["says"])]);
    }
    output::table(&rows);
    Ok(())
}

fn show(config: &Config, name: &str, version: Option<u64>, json_output: bool) -> Outcome {
    let found = Client::reader(config)?.get(&format!("/v1/profiles/{}", encode(name)))?;
    let all = found["profiles"].as_array().map_or(&[][..], Vec::as_slice);
    let of = match version {
        Some(version) => all.iter().find(|of| of["version"] == version),
        None => all.last(),
    };
    let of = of.filter(|of| !of["profile"].is_null());
    let of = of.ok_or_else(|| Failure::Usage(format!("profile `{name}` has no such version")))?;
    if json_output {
        return output::json(of);
    }
    let profile = Profile::read(&of["profile"]).map_err(|e| Failure::Usage(e.to_string()))?;
    output::lines(&profile.to_toml().map_err(|e| Failure::Usage(e.to_string()))?);
    Ok(())
}

fn preview(found: &Value, left: &str, right: &str) {
    let moments =
        |i: usize| found["columns"][i]["answer"]["moments"].as_array().map_or(&[][..], Vec::as_slice);
    let place = |moment: Option<&Value>| {
        let Some(moment) = moment else { return String::new() };
        let start = moment["start_ns"].as_i64().unwrap_or(0);
        format!("{} {}", moment["asset_id"].as_str().unwrap_or_default(), output::clock(start))
    };
    let mut rows = vec![vec!["rank".to_owned(), left.to_owned(), right.to_owned()]];
    for rank in 0..moments(0).len().max(moments(1).len()) {
        rows.push(vec![(rank + 1).to_string(), place(moments(0).get(rank)), place(moments(1).get(rank))]);
    }
    output::table(&rows);
    for (i, name) in [left, right].iter().enumerate() {
        let filled = found["columns"][i]["answer"]["profile"]["filled"].as_array();
        let filled: Vec<String> = filled
            .into_iter()
            .flatten()
            .map(|field| format!("{} = {}", field["pointer"].as_str().unwrap_or_default(), field["value"]))
            .collect();
        if !filled.is_empty() {
            output::line(&format!("{name}: {}", filled.join(", ")));
        }
    }
}
