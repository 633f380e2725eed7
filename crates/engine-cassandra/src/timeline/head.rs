//! An asset's head: which of its updates are complete. No I/O.

use rushes_types::Commit;

/// An asset's row of `fused_heads`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The commit that the asset is fused up to.
    pub progress: Commit,
    /// The epoch of the last completed update; 0 before the first.
    pub epoch: i64,
    /// The epoch that a worker is writing; 0 where none is.
    pub claim: i64,
    /// That worker.
    pub owner: i64,
    /// The owner's heartbeat counter.
    pub beat: i32,
    /// Rows of `fused_changes` that are valid.
    pub log: i64,
    /// Is the last update not settled yet?
    pub unsettled: bool,
    /// Aborted epochs: their rows are ignored. Ascending.
    pub aborted: Vec<i64>,
}

/// A row as Cassandra gives it; a column that was never written is absent.
pub(crate) type HeadRow = (
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i32>,
    Option<i64>,
    Option<bool>,
    Option<Vec<i64>>,
);

impl From<HeadRow> for Head {
    fn from(row: HeadRow) -> Self {
        let (progress, epoch, claim, owner, beat, log, unsettled, aborted) = row;
        Self {
            progress: Commit(progress.unwrap_or(0).max(0).unsigned_abs()),
            epoch: epoch.unwrap_or(0),
            claim: claim.unwrap_or(0),
            owner: owner.unwrap_or(0),
            beat: beat.unwrap_or(0),
            log: log.unwrap_or(0),
            unsettled: unsettled.unwrap_or(false),
            aborted: aborted.unwrap_or_default(),
        }
    }
}

impl Head {
    /// Does a row of this epoch belong to a completed update?
    pub fn sees(&self, epoch: i64) -> bool {
        epoch <= self.epoch && self.aborted.binary_search(&epoch).is_err()
    }

    /// Was nothing ever fused?
    pub fn is_fresh(&self) -> bool {
        self.epoch == 0
    }

    /// The epoch of an update that ends at `upto`, and the aborted epochs after that claim. Epochs are the timestamps
    /// of all plain writes: each is above all that were claimed before, and not below its commit.
    pub fn claimed(&self, upto: Commit) -> (i64, Vec<i64>) {
        let mut aborted = self.aborted.clone();
        if self.claim != 0 {
            aborted.push(self.claim);
            aborted.sort_unstable();
            aborted.dedup();
        }
        let before = aborted.last().copied().unwrap_or(0).max(self.epoch).max(self.claim);
        (before.saturating_add(1).max(i64::try_from(upto.0).unwrap_or(i64::MAX)), aborted)
    }
}

/// A version of a row, valid from an update on; without a body if the row was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version<K> {
    pub key: K,
    pub epoch: i64,
    pub body: Option<Vec<u8>>,
}

/// Picks, from versions sorted by key and age (oldest first), the newest of each key that belongs to a completed
/// update.
#[derive(Debug)]
pub(crate) struct Newest<K> {
    found: Option<Version<K>>,
}

impl<K: Copy + Eq> Newest<K> {
    pub const fn new() -> Self {
        Self { found: None }
    }

    /// Takes the next version; returns the previous row once its last version has come.
    pub fn take(&mut self, head: &Head, next: Version<K>) -> Option<(K, Vec<u8>)> {
        if !head.sees(next.epoch) {
            return None;
        }
        let before = self.found.replace(next)?;
        let same = self.found.as_ref().is_some_and(|now| now.key == before.key);
        if same { None } else { before.body.map(|body| (before.key, body)) }
    }

    /// The last row.
    pub fn end(self) -> Option<(K, Vec<u8>)> {
        let last = self.found?;
        last.body.map(|body| (last.key, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_key_the_newest_whole_version_counts() {
        let head = Head { epoch: 9, claim: 12, aborted: vec![7], ..Head::default() };
        let versions = [
            (1, 3, Some("a")),
            (1, 5, Some("b")),
            (1, 7, Some("aborted")),
            (1, 12, Some("not yet")),
            (2, 4, Some("was")),
            (2, 9, None),
            (3, 7, Some("aborted")),
            (4, 9, Some("d")),
        ];
        let mut newest = Newest::new();
        let mut got = Vec::new();
        for (key, epoch, body) in versions {
            let body = body.map(|b| b.as_bytes().to_vec());
            got.extend(newest.take(&head, Version { key, epoch, body }));
        }
        got.extend(newest.end());
        assert_eq!(got, [(1, b"b".to_vec()), (4, b"d".to_vec())]);
    }

    #[test]
    fn an_epoch_is_above_all_before_and_not_below_its_commit() {
        let head = Head { epoch: 9, claim: 12, aborted: vec![7], ..Head::default() };
        assert_eq!(head.claimed(Commit(4)), (13, vec![7, 12]));
        assert_eq!(head.claimed(Commit(99)), (99, vec![7, 12]));
        assert_eq!(Head::default().claimed(Commit(1)), (1, vec![]));
        let late = Head { epoch: 3, aborted: vec![40], ..Head::default() };
        assert_eq!(late.claimed(Commit(4)).0, 41);
    }
}
