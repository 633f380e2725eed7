//! `rushes token`: access tokens.

use axum::http::Method;
use serde_json::{Value, json};

use crate::args::{GrantArg, TokenCommand};
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::Outcome;
use crate::output;

/// Seconds of an hour.
const HOUR_S: u64 = 3_600;
/// Seconds of a day.
const DAY_S: u64 = 24 * HOUR_S;

/// Prints the secret of a token.
fn show_secret(name: &str, made: &Value, json_output: bool) -> Outcome {
    if json_output {
        return output::json(made);
    }
    output::warn(&format!("token `{name}`; its secret is shown this once:"));
    output::line(made.get("secret").and_then(Value::as_str).unwrap_or(""));
    Ok(())
}

/// Runs the command.
pub fn run(config: &Config, command: &TokenCommand, json_output: bool) -> Outcome {
    match command {
        TokenCommand::Create { name, rights, movies, collections, grants, days } => {
            let rights: Vec<&str> = rights.iter().map(|right| right.as_str()).collect();
            let grant = |grant: &GrantArg| {
                let rights: Vec<&str> = grant.rights.iter().map(|right| right.as_str()).collect();
                json!({"rights": rights, grant.of: [grant.name]})
            };
            let token = json!({
                "name": name,
                "rights": rights,
                "movies": (!movies.is_empty()).then_some(movies),
                "collections": collections,
                "grants": grants.iter().map(grant).collect::<Vec<_>>(),
                "expires_in_s": days.map(|days| days.saturating_mul(DAY_S)),
            });
            let made = Client::writer(config)?.post("/v1/tokens", Payload::Json(token))?;
            show_secret(name, &made, json_output)
        }
        TokenCommand::Rotate { name, keep_hours } => {
            let path = format!("/v1/tokens/{}/rotate", encode(name));
            let keep = json!({"keep_s": keep_hours.saturating_mul(HOUR_S)});
            let made = Client::reader(config)?.post(&path, Payload::Json(keep))?;
            show_secret(name, &made, json_output)
        }
        TokenCommand::RotateLinks { keep_hours } => {
            let keep = json!({"keep_s": keep_hours.saturating_mul(HOUR_S)});
            let done = Client::reader(config)?.post("/v1/links/rotate", Payload::Json(keep))?;
            if json_output {
                return output::json(&done);
            }
            let end = done.get("earlier_links_end").and_then(Value::as_str).unwrap_or("now");
            output::line(&format!("links that were signed so far end at {end}"));
            Ok(())
        }
        TokenCommand::List => {
            let found = Client::reader(config)?.get("/v1/tokens")?;
            let tokens = found.get("tokens").and_then(Value::as_array).cloned().unwrap_or_default();
            if json_output {
                return output::json(&Value::Array(tokens));
            }
            let none = "there is no token: who reaches the server on this machine may do everything";
            super::registry::list(
                &tokens,
                &["name", "rights", "movies", "collections", "grants", "expires"],
                none,
            );
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
