//! `rushes feedback`: what people did with answers.

use axum::http::Method;
use serde_json::{Value, json};

use crate::args::{FeedbackCommand, FeedbackFilterArgs};
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::Outcome;
use crate::output::{self, plural};

/// Runs the command.
pub fn run(config: &Config, command: &FeedbackCommand, json_output: bool) -> Outcome {
    match command {
        FeedbackCommand::Export(filter) => {
            let path = format!("/v1/feedback{}", query(filter));
            Client::reader(config)?.stream(Method::GET, &path, Payload::Empty, &mut output::bytes)?;
            Ok(())
        }
        FeedbackCommand::Erase(filter) => {
            let named = json!({"asset_id": filter.asset, "team": filter.team, "who": filter.who});
            erased(&Client::reader(config)?.post("/v1/feedback/erase", Payload::Json(named))?, json_output)
        }
        FeedbackCommand::Expire => erased(
            &Client::reader(config)?.post("/v1/feedback/expire", Payload::Json(json!({})))?,
            json_output,
        ),
    }
}

fn erased(done: &Value, json_output: bool) -> Outcome {
    if json_output {
        return output::json(done);
    }
    let count = done.get("erased").and_then(Value::as_u64).unwrap_or(0);
    output::line(&format!("{} erased", plural(count, "event")));
    Ok(())
}

fn query(filter: &FeedbackFilterArgs) -> String {
    let named = [("asset", &filter.asset), ("team", &filter.team), ("who", &filter.who)];
    let parts: Vec<String> = named
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", encode(value.as_ref()?))))
        .collect();
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}
