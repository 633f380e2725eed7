//! `rushes token`: access tokens.

use axum::http::Method;
use serde_json::{Value, json};

use crate::args::{RightArg, TokenCommand};
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::Outcome;
use crate::output;

/// Runs the command.
pub fn run(config: &Config, command: &TokenCommand, json_output: bool) -> Outcome {
    match command {
        TokenCommand::Create { name, rights, movies } => {
            let right = |r: &RightArg| match r {
                RightArg::Read => "read",
                RightArg::Ingest => "ingest",
                RightArg::Admin => "admin",
            };
            let rights: Vec<&str> = rights.iter().map(right).collect();
            let movies = (!movies.is_empty()).then_some(movies);
            let token = json!({"name": name, "movies": movies, "rights": rights});
            let made = Client::writer(config)?.post("/v1/tokens", Payload::Json(token))?;
            if json_output {
                return output::json(&made);
            }
            output::warn(&format!("token `{name}`; its secret is shown this once:"));
            output::line(made.get("secret").and_then(Value::as_str).unwrap_or(""));
            Ok(())
        }
        TokenCommand::List => {
            let found = Client::reader(config)?.get("/v1/tokens")?;
            let tokens = found.get("tokens").and_then(Value::as_array).cloned().unwrap_or_default();
            if json_output {
                return output::json(&Value::Array(tokens));
            }
            let none = "there is no token: who reaches the server on this machine may do everything";
            super::registry::list(&tokens, &["name", "rights", "movies"], none);
            Ok(())
        }
        TokenCommand::Revoke { name } => {
            let path = format!("/v1/tokens/{}", encode(name));
            let revoked = Client::reader(config)?.send(Method::DELETE, &path, Payload::Empty)?.json()?;
            if json_output {
                return output::json(&revoked);
            }
            output::line(&format!("token `{name}` is revoked"));
            Ok(())
        }
    }
}
