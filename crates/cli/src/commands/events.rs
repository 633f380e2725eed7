//! `rushes events`: dead letters, events that a stage could not handle.

use serde_json::{Value, json};

use crate::args::EventsCommand;
use crate::client::{Client, Payload};
use crate::config::Config;
use crate::exit::Outcome;
use crate::output::{self, plural};

/// Runs the command.
pub fn run(config: &Config, command: &EventsCommand, json_output: bool) -> Outcome {
    match command {
        EventsCommand::List => {
            let found = Client::reader(config)?.get("/v1/events")?;
            let letters = found.get("dead_letters").and_then(Value::as_array).cloned().unwrap_or_default();
            if json_output {
                return output::json(&Value::Array(letters));
            }
            let none = "no event was set aside: every stage handled all its events";
            super::registry::list(&letters, &["consumer", "asset_id", "commit", "reason"], none);
            Ok(())
        }
        EventsCommand::Replay { limit } => {
            let asked = limit.map_or_else(|| json!({}), |limit| json!({"limit": limit}));
            let done = Client::writer(config)?.post("/v1/events/replay", Payload::Json(asked))?;
            if json_output {
                return output::json(&done);
            }
            let count = done.get("replayed").and_then(Value::as_u64).unwrap_or(0);
            output::line(&format!("{} replayed", plural(count, "event")));
            Ok(())
        }
    }
}
