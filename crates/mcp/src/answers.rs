//! How answers are told: short, and without what only machines need.

use serde_json::{Map, Value, json};

use crate::limits::{EVIDENCE_MAX, TEXT_CHARS_MAX};
use crate::{Ask, Asking};

/// What a tool tells.
pub(crate) struct Told {
    /// The answer as JSON.
    pub json: Value,
    /// Pictures as JPEG, in Base64.
    pub pictures: Vec<String>,
}

impl From<Value> for Told {
    fn from(json: Value) -> Self {
        Self { json, pictures: Vec::new() }
    }
}

/// Calls a route; what it refuses becomes one sentence with the mend.
///
/// # Errors
/// That sentence.
pub(crate) async fn json_of(asking: &dyn Asking, ask: Ask) -> Result<Value, String> {
    let path = ask.path.clone();
    let answered = asking.ask(ask).await;
    let json: Option<Value> = serde_json::from_slice(&answered.body).ok();
    if (200..300).contains(&answered.status) {
        return json.ok_or_else(|| format!("`{path}` answered what is no JSON"));
    }
    Err(refusal(answered.status, json.as_ref()))
}

/// A problem document as a sentence.
pub(crate) fn refusal(status: u16, problem: Option<&Value>) -> String {
    let text = |name: &str| problem.and_then(|p| p.get(name)).and_then(Value::as_str).unwrap_or_default();
    let parts = [text("detail"), text("mend")].map(str::to_owned);
    let place = match text("pointer") {
        "" => String::new(),
        pointer => format!(" (at {pointer})"),
    };
    match parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("; ") {
        said if said.is_empty() => format!("refused with status {status}"),
        said => said + &place,
    }
}

/// A plan without what resolution filled in: the same words find it again.
pub(crate) fn bare(plan: &Value) -> Value {
    match plan {
        Value::Object(fields) => {
            let filled = |name: &str| {
                matches!(name, "labels" | "vectors" | "cursor")
                    || (name == "words" && fields.get(name).is_some_and(Value::is_array))
            };
            let kept = fields.iter().filter(|(name, _)| !filled(name));
            Value::Object(kept.map(|(name, value)| (name.clone(), bare(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(bare).collect()),
        other => other.clone(),
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The fields of an object that are named and not null.
pub(crate) fn picked(of: &Value, names: &[&str]) -> Map<String, Value> {
    let field =
        |name: &&str| Some(((*name).to_owned(), of.get(*name).filter(|value| !value.is_null())?.clone()));
    names.iter().filter_map(field).collect()
}

/// A moment, numbered as an agent may speak of it.
pub(crate) fn moment(number: usize, moment: &Value) -> Value {
    let names = [
        "asset_id",
        "movie_id",
        "title",
        "series",
        "season",
        "episode",
        "start_ns",
        "end_ns",
        "timecode_in",
        "timecode_out",
        "score",
    ];
    let mut told = picked(moment, &names);
    told.insert("number".to_owned(), json!(number));
    let evidence = moment.get("evidence").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let piece = |piece: &Value| {
        let mut told =
            picked(piece, &["type", "label", "model", "confidence", "start_ns", "end_ns", "similarity"]);
        if let Some(text) = piece.get("text").and_then(Value::as_str) {
            told.insert("text".to_owned(), json!(short(text)));
        }
        Value::Object(told)
    };
    told.insert("evidence".to_owned(), evidence.iter().take(EVIDENCE_MAX).map(piece).collect());
    Value::Object(told)
}

/// The answer of a search.
pub(crate) fn search(answer: &Value) -> Map<String, Value> {
    let moments = answer.get("moments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut told = picked(answer, &["total", "warnings", "next_cursor", "read_point"]);
    told.insert("moments".to_owned(), moments.iter().enumerate().map(|(i, m)| moment(i + 1, m)).collect());
    told.insert("plan".to_owned(), bare(answer.get("plan").unwrap_or(&Value::Null)));
    if let Some(remedies) = answer.get("remedies").and_then(Value::as_array) {
        let remedy = |remedy: &Value| Value::Object(picked(remedy, &["message", "total", "plan"]));
        told.insert("would_find".to_owned(), remedies.iter().map(remedy).collect());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_resolution_filled_in_is_not_told() {
        let plan = json!({"all": [{"label": "Mara", "labels": ["mara"]}, {"vector": {"text": "sea", "words": "sea", "vectors": [1]}},
                                  {"text": "salt", "words": [{"text": "salt", "weight": 1}]}], "mode": "union"});
        assert_eq!(
            bare(&plan),
            json!({"all": [{"label": "Mara"}, {"vector": {"text": "sea", "words": "sea"}}, {"text": "salt"}], "mode": "union"})
        );
    }

    #[test]
    fn a_refusal_says_what_to_mend() {
        let problem = json!({"detail": "the limit is too large", "mend": "at most 50", "pointer": "/limit"});
        assert_eq!(refusal(400, Some(&problem)), "the limit is too large; at most 50 (at /limit)");
        assert_eq!(refusal(503, None), "refused with status 503");
    }

    #[test]
    fn long_texts_end_at_a_character() {
        let moment =
            moment(3, &json!({"asset_id": "a", "evidence": [{"text": "é".repeat(500), "label": null}]}));
        let told = moment["evidence"][0]["text"].as_str().unwrap();
        assert_eq!((told.chars().count(), moment["number"].as_u64()), (TEXT_CHARS_MAX + 1, Some(3)));
        assert!(moment["evidence"][0].get("label").is_none());
    }
}
