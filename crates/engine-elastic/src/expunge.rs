//! The bytes of what was erased.
//!
//! An erased document is replaced or deleted at once; its bytes go when the segment that holds them is written anew. The
//! cluster keeps deleted documents a while longer, so that a copy of a shard that was away can catch up: from the operation
//! on that leases retain, which move on every half a minute. So a purge has two steps: it remembers the last operation of
//! each shard, and merges once the leases are past it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rushes_types::{Error, Result};
use serde_json::Value;

use crate::backend::ElasticIndex;
use crate::client::Ask;
use crate::meta::Made;

/// How long a merge may take.
pub(crate) const MERGE_TIME: Duration = Duration::from_secs(1_800);
/// How long a purge waits for a moment in which everything is published.
const QUIET_MAX: Duration = Duration::from_secs(10);
/// Merges in one call, where the engine's own ones were in the way.
const MERGES_MAX: usize = 3;

/// A purge under way.
#[derive(Debug, Default)]
pub(crate) struct Purging {
    /// When it was asked for first.
    since: Option<Instant>,
    /// The erasures that it is for.
    erased: u64,
    /// By index and shard, the last operation when it began.
    upto: BTreeMap<String, i64>,
}

/// What a copy of a shard says.
struct ShardCopy {
    /// Its index and its number.
    shard: String,
    /// Its last operation.
    last: i64,
    /// The first operation that it keeps though it was deleted.
    retained: i64,
    /// Merges under way.
    merges: i64,
}

fn copies(stats: &Value) -> Result<Vec<ShardCopy>> {
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
    /// Is every copy past what was erased?
    fn is_past(&mut self, copies: &[ShardCopy]) -> bool {
        // A shard that was not there then is looked at from now on.
        copies.iter().fold(true, |past, copy| {
            let upto = *self.upto.entry(copy.shard.clone()).or_insert(copy.last);
            past && copy.retained > upto
        })
    }
}

impl ElasticIndex {
    /// Something was erased, whose bytes are to be rewritten away.
    pub(crate) fn note_erasure(&self) -> Result<()> {
        self.meta.change_made(&|made| {
            made.erased += 1;
            Ok(())
        })
    }

    /// Rewrites every segment that holds something erased, if anything was erased since the last time. `false` where that
    /// cannot be done yet: it is to be called again in a while.
    pub(crate) fn expunge(&self) -> Result<bool> {
        self.finish_erasing()?;
        let made = self.meta.made()?;
        if made.purged >= made.erased {
            *self.purging() = Purging::default();
            return Ok(true);
        }
        // A merge shows what is written: between an `apply` and its `publish` an erasure is seen a little too early. Where
        // somebody writes without a pause that matters less than the bytes.
        let since = *self.purging().since.get_or_insert_with(Instant::now);
        if self.unpublished.load(Ordering::SeqCst) && since.elapsed() < QUIET_MAX {
            return Ok(false);
        }
        // Its point in time keeps files.
        self.forget();
        let mut purged = None;
        self.to_all(&made, &mut |filling| {
            let all: Vec<&str> = self.names.all().into_iter().chain(filling).collect();
            purged = self.try_to_expunge(&all.join(","), &made)?;
            Ok(())
        })?;
        let Some(purged) = purged else { return Ok(false) };
        self.meta.change_made(&|made| {
            made.purged = made.purged.max(purged).min(made.erased);
            Ok(())
        })?;
        Ok(purged >= made.erased)
    }

    /// The erasures whose bytes are gone; `None` while the cluster keeps them.
    fn try_to_expunge(&self, names: &str, made: &Made) -> Result<Option<u64>> {
        let mut kept = self.purging();
        if kept.erased <= made.purged || kept.erased > made.erased {
            *kept = Purging { erased: made.erased, upto: BTreeMap::new(), ..*kept };
        }
        // Twice with what follows: a commit counts once there is a later one.
        self.flush(names)?;
        if !kept.is_past(&self.copies(names)?) {
            return Ok(None);
        }
        for _ in 0..MERGES_MAX {
            self.flush(names)?;
            // What the engine was merging before carries over what was deleted meanwhile.
            let merges: i64 = self.copies(names)?.iter().map(|copy| copy.merges).sum();
            self.merge(names, "only_expunge_deletes=true")?;
            if merges == 0 {
                self.flush(names)?;
                return Ok(Some(std::mem::take(&mut *kept).erased));
            }
        }
        Ok(None)
    }

    fn purging(&self) -> MutexGuard<'_, Purging> {
        self.purging.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flush(&self, names: &str) -> Result<()> {
        let flush = Ask::post(format!("/{names}/_flush?force=true&wait_if_ongoing=true"));
        Ok(self.client.json(&flush.within(MERGE_TIME)).map(drop)?)
    }

    fn copies(&self, names: &str) -> Result<Vec<ShardCopy>> {
        let of = "indices.*.shards.*";
        let shown = format!("{of}.seq_no.max_seq_no,{of}.retention_leases.leases,{of}.merges.current");
        let path = format!("/{names}/_stats?level=shards&filter_path={shown}");
        copies(&self.client.json(&Ask::get(path))?)
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
