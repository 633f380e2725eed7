//! Rewrites the segments that still contain erased documents.
//!
//! An erased document is replaced or deleted at once; its bytes go when its segment is rewritten. The cluster retains
//! deleted documents for a while, so that a shard copy that was offline can catch up: retention leases keep the
//! operations from some point on, and advance every half minute. So a purge has two steps: it remembers the last
//! operation of each shard, and merges once the leases are past it.

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
/// How long a purge waits until everything is published.
const QUIET_MAX: Duration = Duration::from_secs(10);
/// Most merges in one call, if the engine's own merges interfered.
const MERGES_MAX: usize = 3;

impl ElasticIndex {
    /// Records that something was erased and its bytes must be removed.
    pub(crate) fn note_erasure(&self) -> Result<()> {
        self.meta.update_info(&|made| {
            made.erased += 1;
            Ok(())
        })
    }

    /// Rewrites every segment that contains erased documents, if anything was erased since the last time. `false` if
    /// that cannot be done yet: call it again later.
    pub(crate) fn expunge(&self) -> Result<bool> {
        self.finish_erasing()?;
        let made = self.meta.info()?;
        if made.purged >= made.erased {
            *self.purging() = Purging::default();
            return Ok(true);
        }
        // A merge makes written documents visible: between an `apply` and its `publish` an erasure is seen a little too
        // early. With a client that never pauses, removing the bytes matters more.
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

    /// The number of erasures whose bytes are gone; `None` while the cluster retains them.
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
            // A merge that was running before carries over what was deleted during it.
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
        Ok(self.client.on_all_shards(names, flush.within(MERGE_TIME)).map(drop)?)
    }

    fn copies(&self, names: &str) -> Result<Vec<ShardCopy>> {
        let of = "indices.*.shards.*";
        let shown = format!("{of}.seq_no.max_seq_no,{of}.retention_leases.leases,{of}.merges.current");
        let path = format!("/{names}/_stats?level=shards&filter_path=_shards,{shown}");
        copies(&self.client.on_all_shards(names, ApiRequest::get(path))?)
    }
}
