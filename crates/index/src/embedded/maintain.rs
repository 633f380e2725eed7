//! Merges segments while writing goes on: the long part runs without the writer's lock, the exchange under it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rushes_types::{Commit, Error, ErrorKind, Result};

use super::EmbeddedIndex;
use super::entry::NONE;
use super::manifest::segment_path;
use super::merge::{self, EntryMap, MergePart};
use super::segment::Segment;
use super::snapshot::Snapshot;
use super::snapshot_segment::SnapshotSegment;
use super::tombstones::Tombstones;
use super::validities::EntryValidity;
use super::writer::Writer;
use super::writer_segment::WriterSegment;

/// How often a segment is rewritten for a purge while what overtakes it is not published, and the pause between two tries.
const OVERTAKEN_MAX: u32 = 200;
const OVERTAKEN_PAUSE: Duration = Duration::from_millis(50);

/// The outcome of a merge.
enum MergeOutcome {
    Done,
    /// An entry that was left out as dead came back to life during the merge: try again later.
    Overtaken,
}

impl EmbeddedIndex {
    pub(super) fn maintain_step(&self) -> Result<bool> {
        let _one_at_a_time = self.maintenance();
        self.writer().check()?;
        let snapshot = self.published();
        let oldest = snapshot.read_points.oldest_readable(self.clock.seconds());
        let choose = |snapshot: &Snapshot| {
            let sizes: Vec<_> = snapshot.segments.iter().map(|part| merge::size(part, oldest)).collect();
            merge::choose(&sizes)
        };
        let chosen = choose(&snapshot);
        if chosen.is_empty() {
            return Ok(false);
        }
        let parts: Vec<SnapshotSegment> = chosen.iter().map(|at| snapshot.segments[*at].clone()).collect();
        drop(snapshot);
        match self.replace(&parts, oldest)? {
            MergeOutcome::Done => Ok(!choose(&self.published()).is_empty()),
            // The next step tries again, and keeps the entry.
            MergeOutcome::Overtaken => Ok(false),
        }
    }

    /// Rewrites one by one the segments that hold erased bytes.
    pub(super) fn purge_all(&self) -> Result<()> {
        let _one_at_a_time = self.maintenance();
        self.writer().check()?;
        self.forget_documents();
        let snapshot = self.published();
        let oldest = snapshot.read_points.oldest_readable(self.clock.seconds());
        for part in snapshot.segments.clone() {
            let erased = part.tombstones.iter().any(|(_, validity)| validity.erased);
            let stale = part.segment.documents()?.iter().any(|record| !snapshot.assets.wants(record));
            if erased || stale {
                self.rewrite(&part, oldest)?;
            }
        }
        Ok(())
    }

    /// Rewrites a segment. One that was overtaken is rewritten with what came back to life, which is not erased.
    fn rewrite(&self, part: &SnapshotSegment, oldest: Commit) -> Result<()> {
        for _ in 0..OVERTAKEN_MAX {
            if matches!(self.replace(&[self.current(part)], oldest)?, MergeOutcome::Done) {
                return Ok(());
            }
            std::thread::sleep(OVERTAKEN_PAUSE);
        }
        Err(Error::new(ErrorKind::Busy, "the index holds changes that are not published yet")
            .mend("purge again when the stages have caught up"))
    }

    /// The part as it is published now.
    fn current(&self, part: &SnapshotSegment) -> SnapshotSegment {
        let snapshot = self.published();
        let same = snapshot.segments.iter().find(|p| p.segment.id == part.segment.id);
        same.unwrap_or(part).clone()
    }

    /// Forgets asset documents that no reader can want any more.
    fn forget_documents(&self) {
        let mut writer = self.writer();
        let snapshot = self.published();
        let oldest = snapshot.read_points.oldest_generation(self.clock.seconds());
        let mut assets = snapshot.assets.clone();
        assets.forget(oldest);
        writer.assets.forget(oldest);
        self.set_published(writer.snapshot(assets));
    }

    /// Replaces segments by one without their dead entries.
    fn replace(&self, parts: &[SnapshotSegment], oldest: Commit) -> Result<MergeOutcome> {
        let (id, path, assets, merged) = {
            let mut writer = self.writer();
            let id = writer.new_file();
            let merged: Vec<_> = parts.iter().map(|part| to_merge(&writer, part, oldest)).collect();
            (id, segment_path(&writer.folder, id), self.published().assets.clone(), merged)
        };
        let numbers = merge::merge(&path, &self.analyzer, &merged, &assets, oldest)?;
        let segment = Arc::new(Segment::open(&path, id)?);
        let mut writer = self.writer();
        let exchanged = writer.writing(|writer| exchange(writer, parts, &numbers, oldest, &segment))?;
        match exchanged {
            None => {
                segment.delete_on_drop();
                Ok(MergeOutcome::Overtaken)
            }
            Some(stale) => {
                let assets = self.published().assets.clone();
                self.set_published(writer.snapshot(assets));
                writer.remove_tombstones(&stale);
                drop(writer);
                parts.iter().for_each(|part| part.segment.delete_on_drop());
                Ok(MergeOutcome::Done)
            }
        }
    }
}

/// The part with those of its entries that what is not published yet lets live.
fn to_merge(writer: &Writer, part: &SnapshotSegment, oldest: Commit) -> MergePart {
    let member = writer.segments.iter().find(|member| member.segment.id == part.segment.id);
    let pending = member.into_iter().flat_map(|member| &member.pending);
    let alive = pending.filter(|(_, validity)| !validity.is_dead(oldest));
    MergePart { published: part.clone(), alive_unpublished: alive.map(|(no, _)| *no).collect() }
}

/// Names the new segment in the manifest, with the tombstones that the old ones got while it was written. Returns the
/// tombstone files that are no longer needed; `None` where an entry that was left out is alive again.
fn exchange(
    writer: &mut Writer,
    parts: &[SnapshotSegment],
    numbers: &EntryMap,
    oldest: Commit,
    segment: &Arc<Segment>,
) -> Result<Option<Vec<u64>>> {
    let mut published = HashMap::new();
    let mut pending = HashMap::new();
    let mut stale = Vec::new();
    for (part, numbers) in parts.iter().zip(numbers) {
        let Some(member) = writer.segments.iter().find(|member| member.segment.id == part.segment.id) else {
            return Ok(None);
        };
        let changed = member
            .tombstones
            .iter()
            .filter(|(no, validity)| part.tombstones.validity(*no) != Some(*validity));
        let moved = renumber(changed, numbers, oldest);
        let moved_pending =
            renumber(member.pending.iter().map(|(no, validity)| (*no, validity)), numbers, oldest);
        let (Some(moved), Some(moved_pending)) = (moved, moved_pending) else { return Ok(None) };
        published.extend(moved);
        pending.extend(moved_pending);
        stale.extend((member.tombstones_file != 0).then_some(member.tombstones_file));
    }
    writer.segments.retain(|member| !parts.iter().any(|part| part.segment.id == member.segment.id));
    writer.segments.push(WriterSegment { pending, published: true, ..WriterSegment::new(segment.clone()) });
    if !published.is_empty() {
        let at = writer.segments.len() - 1;
        writer.write_tombstones(at, Tombstones::default().with(&published)?)?;
    }
    writer.write_manifest()?;
    Ok(Some(stale))
}

/// The validities under the new numbers of their entries; `None` where an entry that was left out is not dead.
fn renumber<'l>(
    validities: impl Iterator<Item = (u32, &'l EntryValidity)>,
    numbers: &[u32],
    oldest: Commit,
) -> Option<Vec<(u32, EntryValidity)>> {
    let mut moved = Vec::new();
    for (no, validity) in validities {
        match numbers.get(no as usize).copied().unwrap_or(NONE) {
            NONE if validity.is_dead(oldest) => {}
            NONE => return None,
            number => moved.push((number, validity.clone())),
        }
    }
    Some(moved)
}
