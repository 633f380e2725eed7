//! `rushes ranking`: what was learned of feedback.

use std::collections::BTreeMap;

use anyhow::Context;
use rushes_learn::simulate::{SimulationOptions, simulate};
use serde_json::{Value, json};

use crate::args::RankingCommand;
use crate::client::{Client, Payload};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output::{self, plural};

/// Learns from simulated people.
pub fn run_simulation(
    options: SimulationOptions,
    picture: Option<&std::path::Path>,
    json_output: bool,
) -> Outcome {
    let report = simulate(options);
    if let Some(file) = picture {
        std::fs::write(file, report.picture()).with_context(|| format!("writing `{}`", file.display()))?;
    }
    if json_output {
        return output::json(&serde_json::to_value(&report)?);
    }
    output::lines(&report.to_string());
    Ok(())
}

/// Runs a command on an archive.
pub fn run(config: &Config, command: &RankingCommand, json_output: bool) -> Outcome {
    let client = Client::reader(config)?;
    match command {
        RankingCommand::Fit => {
            let made = client.post("/v1/ranking/fit", Payload::Json(json!({})))?;
            if json_output {
                return output::json(&made);
            }
            let events = made["events"].as_u64().unwrap_or(0);
            output::line(&format!("version {} from {}", made["version"], plural(events, "event")));
            models(&made);
            Ok(())
        }
        RankingCommand::Show { version: None, .. } => {
            let found = client.get("/v1/ranking")?;
            if json_output {
                return output::json(&found);
            }
            versions(&found);
            Ok(())
        }
        RankingCommand::Show { version: Some(number), team } => {
            let found = client.get("/v1/ranking")?;
            let of = model_of(&found, *number, team.as_deref())?;
            if json_output {
                return output::json(of);
            }
            coefficients(&BTreeMap::from([("coefficient".to_owned(), of)]));
            Ok(())
        }
        RankingCommand::Compare { from, to, team } => {
            let found = client.get("/v1/ranking")?;
            let (a, b) = (model_of(&found, *from, team.as_deref())?, model_of(&found, *to, team.as_deref())?);
            if json_output {
                return output::json(&json!({"from": a, "to": b}));
            }
            coefficients(&BTreeMap::from([(format!("version {from}"), a), (format!("version {to}"), b)]));
            Ok(())
        }
        RankingCommand::Use { version } => {
            let found = client.post("/v1/ranking/use", Payload::Json(json!({"version": version})))?;
            if json_output {
                return output::json(&found);
            }
            versions(&found);
            Ok(())
        }
        RankingCommand::Report => report(&client.get("/v1/ranking/report")?, json_output),
        // Done without an archive.
        RankingCommand::Simulate { .. } => Ok(()),
    }
}

fn model_of<'v>(found: &'v Value, number: u64, team: Option<&str>) -> Outcome<&'v Value> {
    let version = found["versions"].as_array().into_iter().flatten().find(|v| v["version"] == number);
    let version = version.ok_or_else(|| {
        Failure::Usage(format!(
            "there is no version {number}; `rushes ranking show` lists those that are there"
        ))
    })?;
    match team {
        None => Ok(&version["pooled"]),
        Some(team) => version["teams"].get(team).ok_or_else(|| {
            let teams: Vec<&String> =
                version["teams"].as_object().into_iter().flat_map(|t| t.keys()).collect();
            Failure::Usage(format!("version {number} has no team `{team}`; it has {teams:?}"))
        }),
    }
}

fn versions(found: &Value) {
    let list = found["versions"].as_array().map_or(&[][..], Vec::as_slice);
    if list.is_empty() {
        output::line("nothing was learned yet: `rushes ranking fit` learns from feedback");
        return;
    }
    let mut rows = vec![["version", "events", "teams", "in use"].map(str::to_owned).to_vec()];
    rows.extend(list.iter().map(|version| {
        let teams: Vec<&str> =
            version["teams"].as_object().into_iter().flat_map(|t| t.keys().map(String::as_str)).collect();
        let used = if found["in_use"] == version["version"] { "yes" } else { "" };
        vec![version["version"].to_string(), version["events"].to_string(), teams.join(", "), used.to_owned()]
    }));
    output::table(&rows);
}

/// What came of each team.
fn models(version: &Value) {
    let mut rows =
        vec![["team", "impressions", "gain on held-out choices", "used"].map(str::to_owned).to_vec()];
    let teams = version["teams"].as_object().into_iter().flatten().map(|(team, of)| (team.as_str(), of));
    for (team, of) in teams.chain([("(all together)", &version["pooled"])]) {
        let model = &of["model"];
        let used = if of["used"] == true { "yes" } else { "no: not better beyond chance" };
        rows.push(vec![
            team.to_owned(),
            model["impressions"].to_string(),
            interval(&model["trial"]["gain"]),
            used.to_owned(),
        ]);
    }
    output::table(&rows);
}

fn coefficients(columns: &BTreeMap<String, &Value>) {
    let value = |of: &Value, feature: &str| of["model"]["coefficients"][feature].as_f64().unwrap_or(0.0);
    let mut features: Vec<&String> = columns
        .values()
        .flat_map(|of| of["model"]["coefficients"].as_object().into_iter().flat_map(|c| c.keys()))
        .collect();
    features.sort();
    features.dedup();
    let most = |feature: &str| columns.values().map(|of| value(of, feature).abs()).fold(0.0, f64::max);
    features.sort_by(|a, b| most(b).total_cmp(&most(a)));
    let mut rows =
        vec![std::iter::once("feature".to_owned()).chain(columns.keys().cloned()).collect::<Vec<_>>()];
    for feature in features {
        let cells = columns.values().map(|of| format!("{:+.3}", value(of, feature)));
        rows.push(std::iter::once(feature.clone()).chain(cells).collect());
    }
    output::table(&rows);
}

fn report(found: &Value, json_output: bool) -> Outcome {
    if json_output {
        return output::json(found);
    }
    let teams = found["teams"].as_object().cloned().unwrap_or_default();
    if teams.is_empty() {
        output::line("no feedback has come yet");
        return Ok(());
    }
    let head = [
        "team",
        "impressions",
        "learned wins",
        "loses",
        "ties",
        "share of wins (95 %)",
        "estimated gain (95 %)",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (team, of) in &teams {
        let preference = &of["preference"];
        rows.push(vec![
            team.clone(),
            of["impressions"].to_string(),
            preference["wins"].to_string(),
            preference["losses"].to_string(),
            preference["ties"].to_string(),
            interval(&preference["share"]),
            interval(&of["estimate"]["difference"]),
        ]);
    }
    output::table(&rows);
    Ok(())
}

fn interval(of: &Value) -> String {
    let number = |name: &str| of[name].as_f64();
    match (number("mean"), number("low"), number("high")) {
        (Some(mean), Some(low), Some(high)) => format!("{mean:.3} ({low:.3} to {high:.3})"),
        (Some(mean), ..) => format!("{mean:.3} (too few to say)"),
        _ => "-".to_owned(),
    }
}
