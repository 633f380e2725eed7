//! What an update writes to which partition. No I/O.

use std::collections::{BTreeMap, BTreeSet};

use rushes_timeline::TimelineUpdate;
use rushes_types::{Change, Commit, FusedKey};

use crate::timeline::notes::{self, Note};
use crate::timeline::partitions::{Chunk, Directory, bucket_chunk, chunk_of};

/// Did an annotation have rows before the update?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    No,
    /// It is new in this update, but a loose line of the same id may have been erased in the same update.
    Perhaps,
    Yes,
}

/// An annotation to write.
pub(crate) struct PlannedRow<'u> {
    pub chunk: i64,
    pub part: i32,
    pub key: FusedKey,
    pub change: &'u Change,
}

/// An update, assigned to partitions.
pub(crate) struct Plan<'u> {
    pub update: &'u TimelineUpdate,
    pub epoch: i64,
    /// Sorted by partition.
    pub rows: Vec<PlannedRow<'u>>,
    /// All keys, ascending.
    pub keys: Vec<FusedKey>,
    /// Annotation chunks after the update.
    pub chunks: BTreeMap<i64, Chunk>,
    /// New bucket chunks.
    pub bucket_chunks: BTreeSet<i64>,
    /// Annotations that have older versions.
    pub superseded: Vec<FusedKey>,
    /// Annotations that may have older versions: to be looked up.
    pub perhaps: Vec<FusedKey>,
    /// Annotations whose every version must be deleted.
    pub erased: Vec<FusedKey>,
    /// Buckets that may have older versions.
    pub buckets: Vec<u64>,
    /// Is this the asset's first update?
    pub is_fresh: bool,
    /// Did the asset have no annotation before, and so no counted word?
    is_bare: bool,
}

fn key_of(change: &Change) -> FusedKey {
    match change {
        Change::Put(fused) => fused.fused_key(),
        Change::Erased(key) => *key,
    }
}

/// A run is committed once and its id is in the key: only a loose line can be erased and sent again in one update.
fn before(change: &Change, after: Commit, is_bare: bool) -> Before {
    match change {
        _ if is_bare => Before::No,
        Change::Erased(_) => Before::Yes,
        Change::Put(fused) if fused.validities.first().is_none_or(|l| l.born <= after) => Before::Yes,
        Change::Put(fused) if fused.annotation.run.is_loose() => Before::Perhaps,
        Change::Put(_) => Before::No,
    }
}

impl<'u> Plan<'u> {
    /// Assigns an update to partitions, given those that the asset has already.
    pub fn new(update: &'u TimelineUpdate, epoch: i64, directory: &Directory, is_fresh: bool) -> Self {
        // Of several changes of one key, the last counts.
        let mut changes: Vec<(FusedKey, &Change)> =
            update.step.changes.iter().map(|c| (key_of(c), c)).collect();
        changes.sort_by_key(|(key, _)| *key);
        changes.reverse();
        changes.dedup_by_key(|(key, _)| *key);
        changes.reverse();
        let mut plan = Self {
            update,
            epoch,
            rows: Vec::with_capacity(changes.len()),
            keys: changes.iter().map(|(key, _)| *key).collect(),
            chunks: BTreeMap::new(),
            bucket_chunks: BTreeSet::new(),
            superseded: Vec::new(),
            perhaps: Vec::new(),
            erased: Vec::new(),
            buckets: Vec::new(),
            is_fresh,
            is_bare: is_fresh || directory.is_bare(),
        };
        let mut born: BTreeMap<i64, u64> = BTreeMap::new();
        for (key, change) in &changes {
            let before = before(change, update.step.after, plan.is_bare);
            *born.entry(chunk_of(key.start_ns)).or_default() += u64::from(before != Before::Yes);
            match (change, before) {
                (Change::Erased(_), Before::Yes) => plan.erased.push(*key),
                (Change::Put(_), Before::Yes) => plan.superseded.push(*key),
                (_, Before::Perhaps) => plan.perhaps.push(*key),
                _ => {}
            }
        }
        plan.chunks = born.into_iter().map(|(no, more)| (no, directory.chunk(no).grown(more))).collect();
        for (key, change) in changes {
            let chunk = chunk_of(key.start_ns);
            let part = plan.chunks.get(&chunk).copied().unwrap_or_default().part(key.key);
            plan.rows.push(PlannedRow { chunk, part, key, change });
        }
        plan.rows.sort_by_key(|row| (row.chunk, row.part));
        for bucket in &update.step.buckets {
            let chunk = bucket_chunk(bucket.no.0);
            if directory.buckets.contains(&chunk) {
                plan.buckets.push(bucket.no.0);
            } else {
                plan.bucket_chunks.insert(chunk);
            }
        }
        plan
    }

    /// The work that is left once the update is complete.
    pub fn notes(&self) -> impl Iterator<Item = Note> {
        let update = self.update;
        let counts = update.annotation_count != 0 || update.word_counts.iter().any(|(_, by)| *by != 0);
        let keys = self.superseded.chunks(notes::KEYS).map(|keys| Note::Superseded(keys.to_vec()));
        notes::of_words(&update.word_counts, self.is_bare)
            .chain(counts.then_some(Note::Count(update.annotation_count)))
            .chain(keys)
            .chain(self.erased.chunks(notes::KEYS).map(|keys| Note::Erased(keys.to_vec())))
            .chain(self.buckets.chunks(notes::BUCKETS).map(|numbers| Note::Buckets(numbers.to_vec())))
    }

    /// Is any work left? Even without a note, the older document must be deleted.
    pub fn leaves_work(&self) -> bool {
        !self.is_fresh || self.notes().next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rushes_testkit::timeline_suite::{annotation, update};
    use rushes_types::{RunId, Validity};

    #[test]
    fn only_what_may_have_been_there_is_cleared_away() {
        let old = annotation("a", "old", 5, "l");
        let mut new = annotation("a", "new", 6, "l");
        new.validities = vec![Validity::from(Commit(9))];
        let mut of_run = annotation("a", "run", 7, "l");
        of_run.validities = vec![Validity::from(Commit(9))];
        of_run.annotation.run = RunId::new("r1").unwrap();
        let gone = annotation("a", "gone", 8, "l").fused_key();
        let mut all = update("a", 3, 9, &[old.clone(), new.clone(), of_run.clone()]);
        all.step.changes.push(Change::Erased(gone));
        let some = Directory { annotations: BTreeMap::from([(7, Chunk::default())]), ..Directory::default() };
        let plan = Plan::new(&all, 9, &some, false);
        assert_eq!(plan.superseded, [old.fused_key()]);
        assert_eq!(plan.perhaps, [new.fused_key()]);
        assert_eq!(plan.erased, [gone]);
        assert_eq!((plan.rows.len(), plan.chunks[&0].rows), (4, 2));
        let bare = Plan::new(&all, 9, &Directory::default(), false);
        assert!(bare.superseded.is_empty() && bare.perhaps.is_empty() && bare.leaves_work());
        let fresh = Plan::new(&all, 9, &Directory::default(), true);
        assert!(fresh.superseded.is_empty() && fresh.perhaps.is_empty() && fresh.erased.is_empty());
        assert!(!fresh.leaves_work() && plan.leaves_work());
    }

    #[test]
    fn of_several_changes_of_one_key_the_last_counts() {
        let x = annotation("a", "x", 5, "first");
        let mut all = update("a", 3, 9, std::slice::from_ref(&x));
        all.step.changes.push(Change::Erased(x.fused_key()));
        let plan = Plan::new(&all, 9, &Directory::default(), false);
        assert!(matches!(plan.rows.as_slice(), [PlannedRow { change: Change::Erased(_), .. }]));
        assert_eq!(plan.keys, [x.fused_key()]);
    }
}
