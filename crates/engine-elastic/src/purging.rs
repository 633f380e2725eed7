//! Whether the copies of each shard no longer retain what was erased. No I/O.

use std::collections::BTreeMap;
use std::time::Instant;

use rushes_types::{Error, Result};
use serde_json::Value;

/// A purge under way.
#[derive(Debug, Default)]
pub(crate) struct Purging {
    /// When it was first requested.
    pub since: Option<Instant>,
    /// The number of erasures that it covers.
    pub erased: u64,
    /// The last operation when it began, by index and shard.
    upto: BTreeMap<String, i64>,
}

/// The state of a copy of a shard.
pub(crate) struct ShardCopy {
    /// Its index and its number.
    shard: String,
    /// Its last operation.
    last: i64,
    /// The first operation that it retains, deleted documents included.
    retained: i64,
    /// Merges under way.
    pub merges: i64,
}

/// Reads the shard copies from statistics by shard.
pub(crate) fn copies(stats: &Value) -> Result<Vec<ShardCopy>> {
    let mut copies = Vec::new();
    for (index, state) in stats.get("indices").and_then(Value::as_object).into_iter().flatten() {
        for (no, shard) in state.get("shards").and_then(Value::as_object).into_iter().flatten() {
            for copy in shard.as_array().into_iter().flatten() {
                let number = |at: &str| copy.pointer(at).and_then(Value::as_i64);
                let leases = copy.pointer("/retention_leases/leases").and_then(Value::as_array);
                let retained =
                    leases.into_iter().flatten().filter_map(|l| l.get("retaining_seq_no")?.as_i64());
                let silent =
                    || Error::bug(format!("shard {no} of `{index}` does not say its last operation"));
                copies.push(ShardCopy {
                    shard: format!("{index}/{no}"),
                    last: number("/seq_no/max_seq_no").ok_or_else(silent)?,
                    retained: retained.min().unwrap_or(i64::MAX),
                    merges: number("/merges/current").unwrap_or_default(),
                });
            }
        }
    }
    Ok(copies)
}

impl Purging {
    /// The same purge, with its age, restarted for this number of erasures.
    pub fn begun_for(&self, erased: u64) -> Self {
        Self { erased, upto: BTreeMap::new(), since: self.since }
    }

    /// Is every copy past what was erased?
    pub fn is_past(&mut self, copies: &[ShardCopy]) -> bool {
        // A shard that is new is checked from now on.
        copies.iter().fold(true, |past, copy| {
            let upto = *self.upto.entry(copy.shard.clone()).or_insert(copy.last);
            past && copy.retained > upto
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_purge_waits_for_the_slowest_copy_of_what_was_there_when_it_began() {
        let said = |last: i64, retained: [i64; 2]| {
            let leases: Vec<Value> = retained.iter().map(|no| json!({"retaining_seq_no": no})).collect();
            let copy = json!({"seq_no": {"max_seq_no": last}, "retention_leases": {"leases": leases}});
            copies(&json!({"indices": {"a-v1": {"shards": {"0": [copy]}}}})).unwrap()
        };
        let mut purging = Purging::default();
        assert!(!purging.is_past(&said(7, [0, 8])));
        assert!(!purging.is_past(&said(90, [7, 60])), "7 is not past yet");
        assert!(purging.is_past(&said(95, [8, 60])), "what came later is another purge's");
        assert!(copies(&json!({"indices": {"a-v1": {"shards": {"0": [{}]}}}})).is_err());
    }
}
