//! A hash of answers, to detect a faster search that finds something else.

use serde_json::Value;
use xxhash_rust::xxh3::Xxh3;

/// Scores are compared with a precision of 2^-20, as in sorting.
const SCORE_UNIT: f64 = 1_048_576.0;

/// The hash of all answers so far, in order.
#[derive(Default)]
pub struct AnswerHash {
    hash: Xxh3,
    moments: u64,
}

impl std::fmt::Debug for AnswerHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AnswerHash({}, {} moments)", self.hex(), self.moments)
    }
}

impl AnswerHash {
    /// Adds an answer of `/v1/search`: its total, its moments and those of its groups, in order.
    pub fn add(&mut self, answer: &Value) {
        let total = answer.get("total").and_then(Value::as_u64).unwrap_or(u64::MAX);
        self.hash.update(&total.to_le_bytes());
        for field in ["moments", "groups"] {
            if let Some(inner) = answer.get(field) {
                self.add_moments(inner);
            }
        }
    }

    /// Adds an answer that is text.
    pub fn add_text(&mut self, text: &str) {
        self.hash.update(&(text.len() as u64).to_le_bytes());
        self.hash.update(text.as_bytes());
    }

    /// Adds every moment object, in the order of the document. Groups nest as deep as in the plan, which is bounded.
    fn add_moments(&mut self, value: &Value) {
        match value {
            Value::Array(list) => list.iter().for_each(|v| self.add_moments(v)),
            Value::Object(fields) if fields.contains_key("start_ns") && fields.contains_key("end_ns") => {
                self.moments += 1;
                let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
                let number = |name: &str| fields.get(name).and_then(Value::as_i64).unwrap_or(-1);
                let score = fields.get("score").and_then(Value::as_f64).unwrap_or(-1.0);
                self.hash.update(text("asset_id").as_bytes());
                self.hash.update(&number("start_ns").to_le_bytes());
                self.hash.update(&number("end_ns").to_le_bytes());
                #[allow(clippy::cast_possible_truncation)] // scores lie in 0 … 1
                let rounded = (score * SCORE_UNIT).round() as i64;
                self.hash.update(&rounded.to_le_bytes());
            }
            Value::Object(fields) => {
                for name in ["moments", "groups"] {
                    if let Some(inner) = fields.get(name) {
                        self.add_moments(inner);
                    }
                }
            }
            _ => {}
        }
    }

    /// Moments so far.
    #[must_use]
    pub const fn moments(&self) -> u64 {
        self.moments
    }

    /// The hash in hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        format!("{:016x}", self.hash.digest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hash(answer: &Value) -> String {
        let mut hash = AnswerHash::default();
        hash.add(answer);
        hash.hex()
    }

    fn answer(score: f64, end_ns: i64) -> Value {
        let moment =
            json!({"asset_id": "a", "start_ns": 1, "end_ns": end_ns, "score": score, "evidence": [1]});
        json!({"moments": [moment], "total": 1, "took_ms": score})
    }

    #[test]
    fn what_counts_changes_it_and_what_does_not_count_does_not() {
        let base = hash(&answer(0.5, 9));
        assert_eq!(base, hash(&answer(0.5 + 1e-8, 9)));
        assert_ne!(base, hash(&answer(0.5001, 9)));
        assert_ne!(base, hash(&answer(0.5, 10)));
        assert_ne!(base, hash(&json!({"moments": [], "total": 1})));
    }

    #[test]
    fn moments_of_groups_count_too() {
        let grouped = |end: i64| {
            let moment = json!({"asset_id": "a", "start_ns": 1, "end_ns": end, "score": 0.5});
            json!({"total": 1, "groups": [{"key": "x", "groups": [{"moments": [moment]}]}]})
        };
        assert_ne!(hash(&grouped(1)), hash(&grouped(2)));
    }
}
