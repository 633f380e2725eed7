//! `rushes chat`: a search by conversation. The turns are kept here; the server is sent what it needs of them.

use std::io::{BufRead, Read};

use anyhow::Context;
use axum::http::Method;
use serde_json::{Value, json};

use crate::client::{Client, Payload};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::output::{self, faint, plural};
use crate::show;

/// Turns that go along with what is said next: what "go back" and "I meant" look at.
const TURNS_SENT: usize = 20;
/// Longest line that is read, in bytes; what is said may be shorter, and the server says so.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// A conversation.
#[derive(Default)]
struct Talk {
    /// Its turns as the server takes them, the undone ones at the end.
    turns: Vec<Value>,
    /// How many count.
    at: usize,
    /// The moments that were shown last.
    shown: Vec<Value>,
    /// The other way to read what was said last, with the words.
    other: Option<(String, Value)>,
}

impl Talk {
    fn plan(&self) -> Option<&Value> {
        self.turns.get(self.at.checked_sub(1)?)?.get("plan").filter(|plan| plan.is_object())
    }

    /// What the server is asked. Of a long conversation only the last turns go along.
    fn request(&self, say: &str) -> Value {
        let from = self.at.saturating_sub(TURNS_SENT);
        let to = (self.at + 1).min(self.turns.len());
        json!({"say": say, "turns": self.turns.get(from..to), "at": self.at - from, "shown": self.shown})
    }

    /// Takes in what became of what was said. Tells whether the plan changed.
    fn take(&mut self, say: &str, turned: &Value) -> bool {
        self.other = turned
            .get("alternative")
            .filter(|other| other.is_object())
            .map(|other| (say.to_owned(), other.clone()));
        match turned.get("step").and_then(Value::as_str).unwrap_or_default() {
            "back" => self.at = self.at.saturating_sub(1),
            "forward" => self.at = (self.at + 1).min(self.turns.len()),
            "stays" => return false,
            _ => {
                self.turns.truncate(self.at);
                self.turns.push(
                    json!({"say": say, "plan": turned.get("plan"), "spoken_of": turned.get("spoken_of")}),
                );
                self.at = self.turns.len();
            }
        }
        true
    }

    /// Reads what was said last the other way.
    fn turn_over(&mut self) -> bool {
        let Some((say, other)) = self.other.take() else { return false };
        self.turns.truncate(self.at);
        // What stood there was the first way to read it.
        if self.turns.last().and_then(|turn| turn.get("say")).and_then(Value::as_str) == Some(say.as_str()) {
            self.turns.pop();
        }
        self.turns.push(json!({"say": say, "plan": other.get("plan")}));
        self.at = self.turns.len();
        true
    }
}

/// Runs the command.
pub fn run(config: &Config, said: &[String], limit: usize, json_output: bool, quiet: bool) -> Outcome {
    let client = Client::reader(config)?;
    super::wait::before_reading(&client, quiet)?;
    let mut talk = Talk::default();
    if !said.is_empty() {
        return said.iter().try_for_each(|say| one(&client, &mut talk, say, limit, json_output).map(|_| ()));
    }
    if !json_output {
        output::line(&faint("Say what you look for; then what to change. :plan, :other, :end"));
    }
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        let n = input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        if n.context("reading standard input")? == 0 {
            return Ok(());
        }
        if interrupt::is_asked() {
            return Err(Failure::Interrupted);
        }
        let say = String::from_utf8_lossy(&line).trim().to_owned();
        if say.is_empty() {
            continue;
        }
        if !one(&client, &mut talk, &say, limit, json_output)? {
            return Ok(());
        }
    }
}

/// One thing that is said; false where it ends the conversation.
fn one(client: &Client, talk: &mut Talk, say: &str, limit: usize, json_output: bool) -> Outcome<bool> {
    match say {
        ":end" | ":quit" => return Ok(false),
        ":plan" => {
            output::json(talk.plan().unwrap_or(&Value::Null))?;
            return Ok(true);
        }
        ":other" => {
            if talk.turn_over() {
                show_moments(client, talk, limit, json_output, &Value::Null)?;
            } else {
                output::warn("note: there is no other way to read what was said last");
            }
            return Ok(true);
        }
        _ => {}
    }
    let Some(turned) = asked(client, "/v1/converse", talk.request(say))? else { return Ok(true) };
    let changed = talk.take(say, &turned);
    if !json_output {
        print_turn(say, &turned);
    }
    if changed || json_output {
        show_moments(client, talk, limit, json_output, &turned)?;
    }
    Ok(true)
}

/// What a route answers; what it refuses is said, and ends no conversation.
fn asked(client: &Client, path: &str, request: Value) -> Outcome<Option<Value>> {
    let reply = client.send(Method::POST, path, Payload::Json(request))?;
    match reply.json() {
        Ok(answer) => Ok(Some(answer)),
        Err(refused) => {
            output::warn(&format!("note: {refused}"));
            Ok(None)
        }
    }
}

/// What a turn did, and what changed.
fn print_turn(say: &str, turned: &Value) {
    let text = |name: &str| turned.get(name).and_then(Value::as_str).unwrap_or_default();
    output::line("");
    output::line(&format!("> {say}"));
    output::line(&faint(&format!("{}: {}", text("step"), text("why"))));
    for operation in turned.get("patch").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
        let sign = match text("op") {
            "add" => '+',
            "remove" => '-',
            _ => '~',
        };
        let value = operation.get("value").map(Value::to_string).unwrap_or_default();
        output::line(&faint(&format!("  {sign} {} {value}", text("path"))));
    }
    for warning in turned.get("warnings").and_then(Value::as_array).into_iter().flatten() {
        output::warn(&format!(
            "note: {}",
            warning.get("message").and_then(Value::as_str).unwrap_or_default()
        ));
    }
}

/// Searches by the plan that counts, shows what is found, and keeps it as what was shown.
fn show_moments(
    client: &Client,
    talk: &mut Talk,
    limit: usize,
    json_output: bool,
    turned: &Value,
) -> Outcome {
    let answer = match talk.plan() {
        Some(plan) => {
            let mut request = plan.clone();
            if request.get("limit").is_none() {
                request["limit"] = json!(limit);
            }
            let Some(answer) = asked(client, "/v1/search", request)? else { return Ok(()) };
            answer
        }
        None => Value::Null,
    };
    let moments = answer.get("moments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let stretch = |moment: &Value| {
        let field = |name: &str| moment.get(name).cloned().unwrap_or_default();
        json!({"asset_id": field("asset_id"), "start_ns": field("start_ns"), "end_ns": field("end_ns")})
    };
    talk.shown = moments.iter().map(stretch).collect();
    if json_output {
        return output::json(&json!({"turned": turned, "answer": answer}));
    }
    let Some(plan) = talk.plan() else {
        output::line("nothing is asked");
        return Ok(());
    };
    let total = answer.get("total").and_then(Value::as_u64).unwrap_or(0);
    output::line(&format!("{} for {}", plural(total, "moment"), show::plan_in_short(plan)));
    super::search::print_moments(&answer, limit, "");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: &str, plan: &Value) -> Value {
        json!({"step": step, "plan": plan, "alternative": {"step": "anew", "plan": {"all": [3]}}})
    }

    #[test]
    fn what_is_undone_goes_along_until_something_else_is_said() {
        let mut talk = Talk::default();
        assert!(
            talk.take("a", &step("anew", &json!({"all": [1]})))
                && talk.take("b", &step("refines", &json!({"all": [2]})))
        );
        assert!(
            talk.take("go back", &step("back", &Value::Null))
                && !talk.take("?", &step("stays", &Value::Null))
        );
        assert_eq!(
            (talk.request("c")["turns"].as_array().unwrap().len(), talk.request("c")["at"].as_u64()),
            (2, Some(1))
        );
        assert!(talk.take("c", &step("refines", &json!({"all": [2]}))) && talk.turn_over());
        assert_eq!((talk.turns.len(), talk.plan()), (2, Some(&json!({"all": [3]}))));
        assert!(!talk.turn_over(), "there is one other way");
    }

    #[test]
    fn of_a_long_conversation_the_last_turns_go_along() {
        let mut talk = Talk::default();
        for n in 0..1_000 {
            talk.take("say", &step("refines", &json!({"all": [n]})));
        }
        let request = talk.request("next");
        assert_eq!(
            (request["turns"].as_array().unwrap().len(), request["at"].as_u64()),
            (TURNS_SENT, Some(20))
        );
        assert_eq!(talk.turns.len(), 1_000);
    }
}
