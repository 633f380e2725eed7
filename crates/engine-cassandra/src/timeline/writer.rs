//! Applying an update: claim, write, complete, settle.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use rushes_timeline::TimelineUpdate;
use rushes_types::{Change, Commit, Error, Result, Watermark};
use rushes_wire::codec::{encode_annotation, encode_bucket, encode_document};

use crate::batches::grouped;
use crate::columns::commit_column;
use crate::timeline::claim::is_needed;
use crate::timeline::db::{Db, KIND_ANNOTATIONS, KIND_BUCKETS};
use crate::timeline::halt::HaltPoint;
use crate::timeline::head::Head;
use crate::timeline::notes::{KEYS, pack_keys};
use crate::timeline::partitions::slice_of;
use crate::timeline::plan::Plan;
use crate::timeline::timings::Timings;

/// Assets that one call writes at once.
const ASSETS_AT_ONCE: usize = 8;
/// Bytes of a bucket in one row; larger ones go in pieces.
const PIECE_BYTES: usize = 1 << 20;
/// Rows of one partition of the list of changes: 16 MiB at most.
pub(crate) const LOG_PART: i64 = 256;

/// Microseconds since 1970, by this machine's clock: distinguishes successive watermarks.
fn micros_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

impl Db {
    /// Applies updates; see [`rushes_timeline::TimelineStore::apply`].
    pub async fn apply(&self, updates: &[TimelineUpdate], watermarks: &[Watermark]) -> Result<()> {
        let mut seen = std::collections::HashSet::new();
        if let Some(twice) = updates.iter().find(|update| !seen.insert(&update.step.asset)) {
            return Err(Error::bug(format!("one step updates asset `{}` twice", twice.step.asset)));
        }
        // One bad update fails the step before anything is written.
        let heads: Vec<Head> = stream::iter(updates)
            .map(|update| self.head(&update.step.asset))
            .buffered(self.cluster.config().max_in_flight)
            .try_collect()
            .await?;
        let all = updates.iter().zip(heads);
        let all = all.map(|(update, head)| Ok(is_needed(&head, update)?.then_some((update, head))));
        let needed = all.filter_map(Result::transpose).collect::<Result<Vec<_>>>()?;
        let done = stream::iter(needed)
            .map(|(update, head)| self.apply_one(update, head))
            .buffer_unordered(ASSETS_AT_ONCE)
            .collect::<Vec<Result<()>>>()
            .await;
        done.into_iter().collect::<Result<()>>()?;
        for watermark in watermarks.iter().filter(|w| w.upto != Commit::NONE) {
            let upto = commit_column(watermark.upto)?;
            let values = (watermark.partition.cast_signed(), upto, upto);
            self.cluster.write(&self.cql.watermark_add, values).await?;
            // The same watermark is handed out again: after a rebuild of the index, for instance.
            let stamp = (micros_now(), watermark.partition.cast_signed());
            self.cluster.write(&self.cql.watermark_stamp, stamp).await?;
        }
        Ok(())
    }

    /// `head` was read a moment ago.
    async fn apply_one(&self, update: &TimelineUpdate, head: Head) -> Result<()> {
        let asset = &update.step.asset;
        let mut timings = Timings::begin();
        let Some(claim) = self.claim(update, head).await? else { return Ok(()) };
        timings.lap("claim");
        self.reaches(HaltPoint::Claimed)?;
        let directory = self.read_directory(asset).await?;
        let mut plan = Plan::new(update, claim.epoch, &directory, claim.before.is_fresh());
        let existing = self.existing(asset, &directory, &std::mem::take(&mut plan.perhaps)).await?;
        plan.superseded.extend(existing);
        plan.superseded.sort_unstable();
        plan.superseded.dedup();
        timings.lap("plan");
        let work = Box::pin(self.write_rows(&plan, claim.before.log));
        let log = self.with_heartbeat(asset, &claim, work).await?;
        timings.lap("rows");
        self.reaches(HaltPoint::Written)?;
        let noted = (slice_of(asset), asset.as_str(), claim.epoch, claim.epoch);
        self.cluster.write(&self.cql.pending_add, noted).await?;
        self.reaches(HaltPoint::Noted)?;
        if !self.complete(update, &claim, log, plan.leaves_work()).await? {
            return Ok(());
        }
        self.reaches(HaltPoint::Completed)?;
        timings.lap("complete");
        if plan.leaves_work() {
            self.settle_own(&plan, directory).await?;
        }
        timings.lap("settle");
        tracing::debug!(%asset, rows = plan.rows.len(), buckets = update.step.buckets.len(), took = ?timings.laps, "fused");
        Ok(())
    }

    /// Puts an asset that is new among the others, before it has anything that counts.
    async fn begin(&self, update: &TimelineUpdate, is_fresh: bool) -> Result<()> {
        if !is_fresh {
            return Ok(());
        }
        let asset = &update.step.asset;
        self.cluster.write(&self.cql.asset_add, (slice_of(asset), asset.as_str())).await
    }

    /// Writes all rows of an update, in any order: none counts yet. Answers where the list of changes ends.
    async fn write_rows(&self, plan: &Plan<'_>, log: i64) -> Result<i64> {
        let (update, epoch) = (plan.update, plan.epoch);
        let asset = update.step.asset.as_str();
        let chunks = plan.chunks.iter().map(|(no, c)| {
            let rows = i64::try_from(c.rows).unwrap_or(i64::MAX);
            (asset, KIND_ANNOTATIONS, *no, c.levels.cast_signed(), rows, epoch)
        });
        let chunks =
            chunks.chain(plan.bucket_chunks.iter().map(|no| (asset, KIND_BUCKETS, *no, 0, 0, epoch)));
        let chunks = grouped(chunks, |_| 0, |_| 64);
        let chunks = self.cluster.write_groups(&self.cql.chunk_add, chunks);

        let rows = plan.rows.iter().map(|row| {
            let body = match row.change {
                Change::Put(fused) => {
                    let mut body = Vec::with_capacity(256);
                    encode_annotation(fused, &mut body);
                    Some(body)
                }
                Change::Erased(_) => None,
            };
            let key = row.key.key.to_bytes().to_vec();
            (asset, row.chunk, row.part, row.key.start_ns, key, epoch, body, epoch)
        });
        let size = |row: &(_, _, _, _, _, _, Option<Vec<u8>>, _)| 64 + row.6.as_ref().map_or(0, Vec::len);
        let rows = grouped(rows, |row| (row.1, i64::from(row.2)), size);
        let rows = self.cluster.write_groups(&self.cql.annotation_add, rows);

        let buckets = update.step.buckets.iter().flat_map(|bucket| {
            let mut body = Vec::new();
            encode_bucket(bucket, &mut body);
            let pieces: Vec<Vec<u8>> = body.chunks(PIECE_BYTES).map(<[u8]>::to_vec).collect();
            let (chunk, no) =
                (crate::timeline::partitions::bucket_chunk(bucket.no.0), bucket.no.0.cast_signed());
            let piece = move |(n, body)| (asset, chunk, no, epoch, n, body, epoch);
            (0i32..).zip(pieces).map(piece)
        });
        let buckets = grouped(buckets, |row| row.1, |row| 64 + row.5.len());
        let buckets = self.cluster.write_groups(&self.cql.bucket_add, buckets);

        let first = log;
        let lists = (first..).zip(plan.keys.chunks(KEYS));
        let upto = commit_column(update.step.upto)?;
        let lists = lists.map(|(n, keys)| (asset, n / LOG_PART, n, upto, pack_keys(keys), epoch));
        let lists = self.cluster.write_many(&self.cql.change_add, lists);
        let more = i64::try_from(plan.keys.len().div_ceil(KEYS)).unwrap_or(i64::MAX);

        let mut document = None;
        if let Some(known) = &update.step.document {
            encode_document(known, document.insert(Vec::new()));
        }
        let document = self.cluster.write(&self.cql.document_add, (asset, epoch, document, epoch));
        let notes = (0i32..).zip(plan.notes()).map(|(n, note)| (asset, epoch, n, note.pack(), epoch));
        let notes = self.cluster.write_many(&self.cql.note_add, notes);
        // Side by side: each waits for the server's disk.
        let begun = self.begin(update, plan.is_fresh);
        tokio::try_join!(chunks, rows, buckets, lists, document, notes, begun)?;
        Ok(first.saturating_add(more))
    }
}
