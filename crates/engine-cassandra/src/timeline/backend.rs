//! The [`TimelineStore`] on Cassandra.

use std::sync::{Arc, Mutex};

use crate::client::{Cluster, Lease};
use rushes_timeline::{TimelineCapabilities, TimelineOutboxRow, TimelineStore, TimelineUpdate, WordCounts};
use rushes_types::{
    AssetDocument, AssetId, Bucket, BucketNo, Change, Commit, FusedAnnotation, FusedKey, Result, TimeRange,
    Watermark,
};

use crate::timeline::config::TimelineOptions;
use crate::timeline::db::{Db, lock};
use crate::timeline::head::{Head, HeadRow};
use crate::timeline::outbox::Relay;
use crate::timeline::schema::{SCHEMA, TABLES};

/// Calls of `apply` that may write concurrently: while one waits for its conditional writes, others write rows.
const CALLS_AT_ONCE: usize = 3;
/// Attempts to empty a table.
const EMPTYING_TRIES: u32 = 6;

/// Stage 2's store on Apache Cassandra.
pub struct CassandraTimeline {
    pub(crate) db: Db,
    pub(crate) lease: Lease,
    pub(crate) relay: Mutex<Relay>,
}

impl CassandraTimeline {
    /// Opens the store in the connection's keyspace; creates missing tables.
    ///
    /// # Errors
    /// Unsupported where a newer version made the tables; Unavailable where the nodes do not answer.
    pub fn open(cluster: Arc<Cluster>, settings: TimelineOptions) -> Result<Self> {
        SCHEMA.apply(&cluster)?;
        let lease = Lease::new("fused-relay", settings.lease);
        let db = Db::new(cluster, settings);
        Ok(Self { db, lease, relay: Mutex::default() })
    }

    /// Empties a table. The nodes flush the table before they drop its data, which can take longer than one request
    /// may.
    async fn empty(&self, table: &str) -> Result<()> {
        let statement = format!("TRUNCATE TABLE {}", self.db.cluster.table(table));
        for _ in 1..EMPTYING_TRIES {
            match self.db.cluster.define(&statement).await {
                Err(e) if e.kind().is_retryable() => tracing::debug!(error = %e, table, "emptying it again"),
                done => return done,
            }
        }
        self.db.cluster.define(&statement).await
    }

    async fn list(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<(AssetId, Commit)>> {
        let mut after = after.map_or("", AssetId::as_str).to_owned();
        let mut out = Vec::new();
        // Assets that were begun but never completed do not count, so it may have to read more names than requested.
        while out.len() < limit {
            let asked = (limit - out.len()).min(1_000);
            let names = self.db.names(&after, asked).await?;
            let Some(last) = names.last() else { break };
            last.as_str().clone_into(&mut after);
            let keys = names.iter().map(|name| (name.as_str(),));
            let heads: Vec<Vec<HeadRow>> = self.db.cluster.rows_of_each(&self.db.cql.head, keys).await?;
            for (name, head) in names.into_iter().zip(heads) {
                let head = head.into_iter().next().map_or_else(Head::default, Head::from);
                if !head.is_fresh() {
                    out.push((name, head.progress));
                }
            }
        }
        Ok(out)
    }
}

impl TimelineStore for CassandraTimeline {
    fn apply(&self, updates: &[TimelineUpdate], watermarks: &[Watermark]) -> Result<()> {
        self.db.cluster.block_on(self.db.apply(updates, watermarks))
    }

    fn capabilities(&self) -> TimelineCapabilities {
        TimelineCapabilities { shared: true, applies_at_once: CALLS_AT_ONCE }
    }

    fn progress(&self, asset: &AssetId) -> Result<Commit> {
        self.db.cluster.block_on(self.db.head(asset)).map(|head| head.progress)
    }

    fn document(&self, asset: &AssetId) -> Result<Option<AssetDocument>> {
        self.db.cluster.block_on(self.db.document(asset))
    }

    fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<(AssetId, Commit)>> {
        self.db.cluster.block_on(self.list(after, limit))
    }

    fn annotations(
        &self,
        asset: &AssetId,
        range: TimeRange,
        after: Option<FusedKey>,
        limit: usize,
    ) -> Result<Vec<FusedAnnotation>> {
        self.db.cluster.block_on(self.db.annotations(asset, range, after, limit))
    }

    fn get(&self, asset: &AssetId, keys: &[FusedKey]) -> Result<Vec<Option<FusedAnnotation>>> {
        self.db.cluster.block_on(self.db.get(asset, keys))
    }

    fn buckets(&self, asset: &AssetId, from: BucketNo, to: BucketNo, limit: usize) -> Result<Vec<Bucket>> {
        self.db.cluster.block_on(self.db.buckets(asset, from, to, limit))
    }

    fn changes(
        &self,
        asset: &AssetId,
        after: Commit,
        each: &mut dyn FnMut(Change) -> Result<()>,
    ) -> Result<()> {
        self.db.changes(asset, after, each)
    }

    fn word_counts(&self, words: &[String]) -> Result<WordCounts> {
        self.db.cluster.block_on(self.db.word_counts(words))
    }

    fn outbox(&self, after: u64, limit: usize) -> Result<Vec<TimelineOutboxRow>> {
        let mut relay = lock(&self.relay);
        self.db.cluster.block_on(self.db.outbox(&mut relay, &self.lease, after, limit))
    }

    fn trim_outbox(&self, upto: u64) -> Result<()> {
        let mut relay = lock(&self.relay);
        self.db.cluster.block_on(self.db.trim_outbox(&mut relay, upto))
    }

    fn content_digest(&self, asset: &AssetId) -> Result<u128> {
        self.db.cluster.block_on(self.db.digest(asset))
    }

    fn bytes(&self) -> Result<u64> {
        self.db.cluster.block_on(self.db.bytes())
    }

    fn purge(&self) -> Result<()> {
        self.db.cluster.block_on(self.db.purge())
    }

    fn clear(&self) -> Result<()> {
        let mut relay = lock(&self.relay);
        for table in TABLES {
            self.db.cluster.block_on(self.empty(table))?;
        }
        relay.forget();
        self.db.forget();
        Ok(())
    }
}
