//! The form of conversations.

use rushes_converse::{SHOWN_MAX, TURNS_MAX};
use rushes_plan::form::{list, or_null, reference};
use rushes_types::limits::QUERY_BYTES_MAX;
use serde_json::{Map, Value, json};

use super::bodies::body;

pub(super) fn schemas() -> Map<String, Value> {
    let said = || json!({"type": "string", "maxLength": QUERY_BYTES_MAX, "x-max-bytes": QUERY_BYTES_MAX});
    let mut say = said();
    say["x-rules"] = json!(["says something that can be asked, or goes on from the turns before it"]);
    let at = json!({"type": ["integer", "null"], "minimum": 0, "maximum": TURNS_MAX});
    let mut request = body(
        &["say"],
        json!({"say": say, "turns": list(reference("TurnDocument"), TURNS_MAX), "at": at,
               "shown": list(reference("Stretch"), SHOWN_MAX)}),
    );
    request["x-rules"] = json!(["`at` is at most the number of `turns`"]);
    let turn = body(
        &[],
        json!({"say": said(), "plan": or_null(reference("Plan")), "spoken_of": or_null(reference("Stretch"))}),
    );
    let mut all = Map::new();
    all.insert("ConverseDocument".to_owned(), request);
    all.insert("TurnDocument".to_owned(), turn);
    all
}
