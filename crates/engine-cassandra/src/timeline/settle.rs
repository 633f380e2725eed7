//! The work after an update is complete: words are counted, and superseded or erased versions are deleted.
//!
//! All of it may be done twice, concurrently, and late: a deletion covers only versions before its epoch and carries
//! the epoch as its timestamp, and so does a count.

use crate::client::Write;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use rushes_types::{AssetId, ErrorKind, FusedKey, Result};

use crate::batches::grouped;
use crate::timeline::db::Db;
use crate::timeline::notes::Note;
use crate::timeline::partitions::{Directory, bucket_chunk, chunk_of};
use crate::timeline::plan::Plan;

/// Notes that are read at once.
const NOTES_AT_ONCE: i32 = 16;

impl Db {
    /// Does the work in the notes of an update.
    pub async fn settle(&self, asset: &AssetId, epoch: i64) -> Result<()> {
        let directory = self.read_directory(asset).await?;
        let mut from = 0i32;
        loop {
            let values = (asset.as_str(), epoch, from, NOTES_AT_ONCE);
            let notes: Vec<(i32, Vec<u8>)> = self.cluster.rows(&self.cql.notes, values).await?;
            let Some((last, _)) = notes.last() else { break };
            from = last.saturating_add(1);
            let is_last = notes.len() < NOTES_AT_ONCE as usize;
            let notes = notes.iter().map(|(_, body)| Note::unpack(body)).collect::<Result<Vec<Note>>>()?;
            self.settle_notes(asset, epoch, &directory, notes).await?;
            if is_last {
                break;
            }
        }
        self.settled(asset, epoch).await
    }

    /// The same for the worker that wrote the notes.
    pub async fn settle_own(&self, plan: &Plan<'_>, directory: Directory) -> Result<()> {
        let asset = &plan.update.step.asset;
        let directory = directory.with(&plan.chunks);
        self.settle_notes(asset, plan.epoch, &directory, plan.notes().collect()).await?;
        self.settled(asset, plan.epoch).await
    }

    /// Nothing is left to do.
    async fn settled(&self, asset: &AssetId, epoch: i64) -> Result<()> {
        let name = asset.as_str();
        let document = self.cluster.write(&self.cql.document_supersede, (epoch, name, epoch));
        let notes = self.cluster.write(&self.cql.notes_drop, (epoch, name, epoch));
        tokio::try_join!(document, notes)?;
        match self.cluster.conditional(&[Write::new(&self.cql.head_settled, (name, epoch))]).await {
            // If this write failed, the next worker does all of it once more.
            Err(e) if e.kind() != ErrorKind::OutcomeUnknown => Err(e),
            _ => Ok(()),
        }
    }

    /// Notes may be done in any order: no two concern the same row.
    async fn settle_notes(
        &self,
        asset: &AssetId,
        epoch: i64,
        directory: &Directory,
        notes: Vec<Note>,
    ) -> Result<()> {
        stream::iter(notes)
            .map(|note| self.settle_note(asset, epoch, directory, note))
            .buffer_unordered(NOTES_AT_ONCE as usize)
            .try_collect::<()>()
            .await
    }

    async fn settle_note(
        &self,
        asset: &AssetId,
        epoch: i64,
        directory: &Directory,
        note: Note,
    ) -> Result<()> {
        match note {
            Note::Count(by) => self.count_annotations(asset, epoch, by).await,
            Note::Words { fresh, words } => self.count_words(asset, epoch, fresh, words).await,
            Note::Superseded(keys) => {
                let gone = places(directory, &keys).into_iter().map(|(chunk, part, start_ns, key)| {
                    (epoch, asset.as_str(), chunk, part, start_ns, key, epoch)
                });
                let gone = grouped(gone, |row| (row.2, row.3), |_| 128);
                self.cluster.write_groups(&self.cql.annotation_supersede, gone).await
            }
            Note::Erased(keys) => {
                let gone = places(directory, &keys).into_iter();
                let gone = gone
                    .map(|(chunk, part, start_ns, key)| (epoch, asset.as_str(), chunk, part, start_ns, key));
                let gone = grouped(gone, |row| (row.2, row.3), |_| 128);
                self.cluster.write_groups(&self.cql.annotation_erase, gone).await
            }
            Note::Buckets(numbers) => {
                let gone = numbers
                    .into_iter()
                    .map(|no| (epoch, asset.as_str(), bucket_chunk(no), no.cast_signed(), epoch));
                self.cluster
                    .write_groups(&self.cql.bucket_supersede, grouped(gone, |row| row.2, |_| 128))
                    .await
            }
        }
    }
}

/// Where versions of these annotations may lie, sorted by partition.
fn places(directory: &Directory, keys: &[FusedKey]) -> Vec<(i64, i32, i64, Vec<u8>)> {
    let mut out: Vec<_> = keys
        .iter()
        .flat_map(|key| {
            let chunk = chunk_of(key.start_ns);
            let parts = directory.chunk(chunk).parts_of(key.key);
            parts.map(move |part| (chunk, part, key.start_ns, key.key.to_bytes().to_vec()))
        })
        .collect();
    out.sort_unstable();
    out
}
