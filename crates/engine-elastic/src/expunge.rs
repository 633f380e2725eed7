//! Rewrites the segments that hold what was erased.
//!
//! An erased document is replaced or deleted at once; its bytes go when the segment that holds them is rewritten. The
//! cluster keeps deleted documents a while longer, so that a copy of a shard that was away can catch up: from the operation
//! on that leases retain, which move on every half a minute. So a purge has two steps: it remembers the last operation of
//! each shard, and merges once the leases are past it.

use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rushes_types::Result;

use crate::backend::ElasticIndex;
use crate::client::ApiRequest;
use crate::meta::IndexInfo;
use crate::purging::{Purging, ShardCopy, copies};

/// How long a merge may take.
pub(crate) const MERGE_TIME: Duration = Duration::from_secs(1_800);
/// How long a purge waits for a moment in which everything is published.
const QUIET_MAX: Duration = Duration::from_secs(10);
/// Merges in one call, where the engine's own ones were in the way.
const MERGES_MAX: usize = 3;

impl ElasticIndex {
    /// Something was erased, whose bytes are to be rewritten away.
    pub(crate) fn note_erasure(&self) -> Result<()> {
        self.meta.update_info(&|made| {
            made.erased += 1;
            Ok(())
        })
    }

    /// Rewrites every segment that holds something erased, if anything was erased since the last time. `false` where that
    /// cannot be done yet: it is to be called again in a while.
    pub(crate) fn expunge(&self) -> Result<bool> {
        self.finish_erasing()?;
        let made = self.meta.info()?;
        if made.purged >= made.erased {
            *self.purging() = Purging::default();
            return Ok(true);
        }
        // A merge shows what is written: between an `apply` and its `publish` an erasure is seen a little too early. Where
        // a client writes without a pause that matters less than the bytes.
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
        self.meta.update_info(&|made| {
            made.purged = made.purged.max(purged).min(made.erased);
            Ok(())
        })?;
        Ok(purged >= made.erased)
    }

    /// The erasures whose bytes are gone; `None` while the cluster keeps them.
    fn try_to_expunge(&self, names: &str, made: &IndexInfo) -> Result<Option<u64>> {
        let mut kept = self.purging();
        if kept.erased <= made.purged || kept.erased > made.erased {
            *kept = kept.begun_for(made.erased);
        }
        // Twice with what follows: a commit counts once there is a later one.
        self.flush(names)?;
        if !kept.is_past(&self.copies(names)?) {
            return Ok(None);
        }
        for _ in 0..MERGES_MAX {
            self.flush(names)?;
            // What the engine was merging before carries over what was deleted during the merge.
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
        let flush = ApiRequest::post(format!("/{names}/_flush?force=true&wait_if_ongoing=true"));
        Ok(self.client.json(&flush.within(MERGE_TIME)).map(drop)?)
    }

    fn copies(&self, names: &str) -> Result<Vec<ShardCopy>> {
        let of = "indices.*.shards.*";
        let shown = format!("{of}.seq_no.max_seq_no,{of}.retention_leases.leases,{of}.merges.current");
        let path = format!("/{names}/_stats?level=shards&filter_path={shown}");
        copies(&self.client.json(&ApiRequest::get(path))?)
    }
}
