//! Where the next page begins, of which plan and at which read point.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rushes_plan::ResolvedPlan;
use rushes_types::{Commit, Error, ReadPoint, Result};
use serde_json::{Value as Json, json};

use crate::learned::Ranking;

/// A place in the answer to a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// A digest of the resolved plan.
    pub plan: String,
    /// The read point that the answer is made at.
    pub read_point: ReadPoint,
    /// How many moments come before.
    pub offset: usize,
    /// The word weights of the plan, so that later pages are of the same plan.
    pub word_weights: Vec<f64>,
}

/// The digest that ties a cursor to its resolved plan, and to how it was ranked; it excludes page options and cursor.
#[must_use]
pub(crate) fn digest(plan: &ResolvedPlan, ranking: Option<&Ranking>) -> String {
    let plan = ResolvedPlan { cursor: None, limit: None, explain: false, ..plan.clone() };
    let ranking = ranking.filter(|ranking| !ranking.is_idle()).map_or_else(String::new, Ranking::digest);
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(format!("{}{ranking}", plan.to_json()).as_bytes()))
}

impl Cursor {
    /// Writes the cursor as an opaque text.
    #[must_use]
    pub fn write(&self) -> String {
        let json = json!({
            "v": 1, "p": self.plan, "r": self.read_point.to_string(), "o": self.offset, "w": self.word_weights,
        });
        URL_SAFE_NO_PAD.encode(json.to_string())
    }

    /// Reads what [`Cursor::write`] wrote. Open a reader at its read point; when that is gone the index says so.
    ///
    /// # Errors
    /// Where it is not one that this program wrote.
    pub fn read(text: &str) -> Result<Self> {
        let bad = || {
            Error::invalid("the cursor is none of ours")
                .mend("send `next_cursor` of an answer, or none")
                .at("/cursor")
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
        let json: Json = serde_json::from_slice(&bytes).map_err(|_| bad())?;
        if json.get("v") != Some(&json!(1)) {
            return Err(bad());
        }
        let number = |text: &str| text.parse().map(Commit).map_err(|_| bad());
        let mut commits = json.get("r").and_then(Json::as_str).ok_or_else(bad)?.split('-');
        let upto = number(commits.next().unwrap_or_default())?;
        let in_flight = commits.map(number).collect::<Result<Vec<_>>>()?;
        let weights = json.get("w").and_then(Json::as_array).ok_or_else(bad)?;
        Ok(Self {
            plan: json.get("p").and_then(Json::as_str).ok_or_else(bad)?.to_owned(),
            read_point: ReadPoint { upto, in_flight },
            offset: json.get("o").and_then(Json::as_u64).and_then(|o| o.try_into().ok()).ok_or_else(bad)?,
            word_weights: weights
                .iter()
                .map(|w| w.as_f64().filter(|w| *w > 0.0).ok_or_else(bad))
                .collect::<Result<_>>()?,
        })
    }

    /// Is this the digest of the plan that the cursor was made for, at its read point?
    pub(crate) fn check(&self, digest: &str, read_point: &ReadPoint) -> Result<()> {
        if self.plan != digest {
            return Err(Error::invalid(
                "the cursor belongs to another plan, or names or the ranking have changed since",
            )
            .mend("search again without it")
            .at("/cursor"));
        }
        if self.read_point != *read_point {
            return Err(Error::bug(format!(
                "the cursor is of read point `{}`, the reader is at `{read_point}`",
                self.read_point
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_back_as_written_and_nonsense_is_refused() {
        let cursor = Cursor {
            plan: "ab".into(),
            read_point: ReadPoint { upto: Commit(9), in_flight: vec![Commit(3), Commit(7)] },
            offset: 40,
            word_weights: vec![1.25, 0.1],
        };
        assert_eq!(Cursor::read(&cursor.write()).unwrap(), cursor);
        for text in ["", "abc", "e30", "!", "bnVsbA"] {
            assert!(Cursor::read(text).is_err(), "{text}");
        }
    }
}
