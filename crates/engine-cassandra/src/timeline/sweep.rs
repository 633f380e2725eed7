//! Removes what dead workers left.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::client::{Outcome, Write};
use rushes_types::{AssetId, Error, ErrorKind, Result};

use crate::batches::grouped;
use crate::slices::merged;
use crate::timeline::db::Db;
use crate::timeline::head::Head;
use crate::timeline::partitions::{Directory, slices};

/// Asset names read at once, per slice.
const NAMES_AT_ONCE: usize = 256;

impl Db {
    /// Assets that an update was ever begun for, in the order of their ids, after `after`.
    pub async fn names(&self, after: &str, limit: usize) -> Result<Vec<AssetId>> {
        let names = merged::<_, (String,), _>(
            &self.cluster,
            &self.cql.assets,
            slices(),
            after,
            limit,
            |(name,)| name,
            |(name,)| Some(name),
        )
        .await?;
        let id = |name: String| {
            AssetId::new(&name)
                .map_err(|e| crate::timeline::notes::corrupt("a row names no asset").because(e))
        };
        names.into_iter().map(id).collect()
    }

    /// Settles the updates of every asset, and sweeps the rows of aborted updates.
    pub async fn purge(&self) -> Result<()> {
        let mut after = String::new();
        loop {
            let names = self.names(&after, NAMES_AT_ONCE).await?;
            let Some(last) = names.last() else { return Ok(()) };
            last.as_str().clone_into(&mut after);
            let keys = names.iter().map(|asset| (asset.as_str(),));
            let heads: Vec<Vec<crate::timeline::head::HeadRow>> =
                self.cluster.rows_of_each(&self.cql.head, keys).await?;
            for (asset, head) in names.iter().zip(heads) {
                let head = head.into_iter().next().map_or_else(Head::default, Head::from);
                if head.unsettled {
                    self.settle(asset, head.epoch).await?;
                }
                if !head.aborted.is_empty() {
                    self.sweep_old(asset, &head).await?;
                }
            }
        }
    }

    /// Deletes the rows of aborted epochs, and forgets the epochs, once none of their writes can still be in flight.
    /// Returns whether that is done.
    pub async fn sweep_old(&self, asset: &AssetId, head: &Head) -> Result<bool> {
        if !self.is_old(asset).await? {
            return Ok(false);
        }
        self.sweep(asset, head).await?;
        let swept = Write::new(&self.cql.head_swept, (asset.as_str(), &head.aborted));
        match self.cluster.conditional(&[swept]).await {
            Ok(outcome) => Ok(outcome == Outcome::Applied),
            // If this write failed, it is swept once more.
            Err(e) if e.kind() == ErrorKind::OutcomeUnknown => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Was the last update aborted so long ago that none of its writes can still be in flight?
    async fn is_old(&self, asset: &AssetId) -> Result<bool> {
        let at: Option<(Option<i64>,)> =
            self.cluster.first(&self.cql.head_aborted_at, (asset.as_str(),)).await?;
        // Conditional writes carry the server's clock, in microseconds.
        let micros = at.and_then(|(at,)| at).unwrap_or(0).max(0).unsigned_abs();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(now.saturating_sub(Duration::from_micros(micros)) >= self.settings.keep_aborted)
    }

    async fn sweep(&self, asset: &AssetId, head: &Head) -> Result<()> {
        let name = asset.as_str();
        let directory = self.read_directory(asset).await?;
        self.sweep_annotations(name, head, &directory).await?;
        for chunk in &directory.buckets {
            let mut gone = Vec::new();
            let each = |(no, epoch): (i64, i64)| {
                if head.aborted.binary_search(&epoch).is_ok() {
                    gone.push((epoch, name, *chunk, no, epoch));
                }
                Ok(true)
            };
            self.cluster.each(&self.cql.bucket_epochs, (name, *chunk), each).await?;
            gone.dedup();
            let gone = grouped(gone.into_iter(), |_| 0, |_| 128);
            self.cluster.write_groups(&self.cql.bucket_drop, gone).await?;
        }
        let gone = head.aborted.iter().map(|epoch| (*epoch, name, *epoch));
        self.cluster.write_many(&self.cql.document_drop, gone).await
    }

    async fn sweep_annotations(&self, name: &str, head: &Head, directory: &Directory) -> Result<()> {
        let parts =
            directory.annotations.iter().flat_map(|(no, chunk)| chunk.parts().map(|part| (*no, part)));
        for (chunk, part) in parts {
            let mut gone = Vec::new();
            let each = |(start_ns, key, epoch): (i64, Vec<u8>, i64)| {
                if head.aborted.binary_search(&epoch).is_ok() {
                    gone.push((epoch, name, chunk, part, start_ns, key, epoch));
                }
                Ok(true)
            };
            self.cluster.each(&self.cql.annotation_epochs, (name, chunk, part), each).await?;
            let gone = grouped(gone.into_iter(), |_| 0, |_| 128);
            self.cluster.write_groups(&self.cql.annotation_drop, gone).await?;
        }
        Ok(())
    }

    /// Bytes of the store's tables on the disk of the node that answers.
    pub async fn bytes(&self) -> Result<u64> {
        let rows: Result<Vec<(String, Option<i64>)>> = self.cluster.rows(&self.cql.bytes, ()).await;
        match rows {
            Ok(rows) => Ok(rows
                .into_iter()
                .filter(|(table, _)| table.starts_with("fused_"))
                .map(|(_, mebibytes)| mebibytes.unwrap_or(0).max(0).unsigned_abs() << 20)
                .sum()),
            Err(e) if e.kind() == ErrorKind::Unavailable => Err(e),
            Err(e) => Err(Error::new(
                ErrorKind::Unsupported,
                "this Cassandra does not show how much it keeps on disk",
            )
            .mend("ask `nodetool tablestats`")
            .because(e)),
        }
    }
}
