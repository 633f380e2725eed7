//! Import: taking over assets of another store with their commit numbers. The decisions, as pure functions.

mod read;

use std::collections::{HashMap, HashSet};

use rushes_types::{
    AnnotationHeader, Asset, AssetId, Commit, Error, ErrorKind, Result, Run, RunId, RunState,
};

use crate::block::Block;
use crate::history::{CommitRecord, Effect, Erased, RunSegment};

/// The highest commit number that can be imported: JSON numbers represent it exactly.
pub const COMMIT_MAX: u64 = (1 << 53) - 1;

/// An asset as another store keeps it, without its content.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetImport {
    /// The asset.
    pub asset: AssetId,
    /// Its document; `None` where it is erased and only its tombstone is left.
    pub document: Option<Asset>,
    /// Its runs, except open ones: what is not committed is not imported.
    pub runs: Vec<Run>,
    /// Its history, whole.
    pub history: Vec<CommitRecord>,
}

/// A block of a segment, with the headers of its annotations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportBlock {
    /// The block, unchanged.
    pub block: Block,
    /// A header for each of the block's positions, in that order.
    pub rows: Vec<AnnotationHeader>,
}

/// Passes the blocks of a segment, in order, to the given function. The segment is one of [`AssetImport::history`].
pub type SegmentReader<'a> =
    dyn FnMut(&RunSegment, &mut dyn FnMut(ImportBlock) -> Result<()>) -> Result<()> + 'a;

/// The outcome of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// Nothing: it was there with the same history.
    Unchanged,
    /// What was missing was added.
    Added,
    /// Something was erased in the source since the last import: the old content was dropped and everything imported
    /// again.
    Replaced,
}

/// The work needed to import an asset.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportPlan {
    /// Must the existing content be dropped first?
    pub replaces: bool,
    /// The first record of the history that is new.
    pub from: usize,
    /// The runs to be written.
    pub runs: Vec<Run>,
}

/// The asset changed while it was imported.
#[must_use]
pub fn changed_during_import(asset: &AssetId) -> Error {
    Error::new(ErrorKind::Busy, format!("asset `{asset}` was written to while it was imported"))
        .mend("stop all writers to it, and run it again")
}

/// The run's id is taken by one of another asset.
#[must_use]
pub fn run_is_elsewhere(run: &Run, asset: &AssetId) -> Error {
    conflict(&run.asset, &format!("its run `{}` is one of asset `{asset}` here", run.id))
}

/// The block's rows must be those of its positions.
///
/// # Errors
/// A bug where they are not.
pub fn check_import_block(import: &ImportBlock) -> Result<()> {
    let (positions, rows) = (&import.block.positions, &import.rows);
    let same = positions.len() == rows.len() && positions.iter().zip(rows).all(|(p, row)| row.position == *p);
    if same && positions.is_sorted_by(|a, b| a < b) {
        return Ok(());
    }
    Err(Error::bug("rows of a block to be imported are not those of its positions"))
}

/// A segment must hold as many annotations as its history says.
///
/// # Errors
/// [`ErrorKind::Corrupt`] where it does not.
pub fn check_content(asset: &AssetId, segment: &RunSegment, found: u64) -> Result<()> {
    if found == segment.annotations {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Corrupt,
        format!(
            "asset `{asset}`: {found} of {} annotations were found in what run `{}` of model `{}` wrote",
            segment.annotations, segment.run, segment.model
        ),
    )
    .mend("run `rushes verify` where they come from"))
}

fn conflict(asset: &AssetId, why: &str) -> Error {
    Error::new(ErrorKind::Conflict, format!("asset `{asset}` cannot be imported: {why}"))
        .mend("take it over into an empty archive")
}

impl AssetImport {
    /// The last commit.
    #[must_use]
    pub fn last(&self) -> Commit {
        self.history.last().map_or(Commit::NONE, |record| record.commit)
    }

    /// Is it valid?
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] says what is wrong with it.
    pub fn check(&self) -> Result<()> {
        let wrong = |what: &str| {
            Error::invalid(format!("asset `{}` cannot be imported: {what}", self.asset))
                .mend("run `rushes verify`")
        };
        let ascending = self.history.windows(2).all(|w| matches!(w, [a, b] if a.commit < b.commit));
        let first = self.history.first().map_or(Commit::NONE, |record| record.commit);
        if !ascending || first == Commit::NONE {
            return Err(wrong("its commits do not ascend"));
        }
        if self.last().0 > COMMIT_MAX {
            return Err(wrong(&format!("its commit {} is above {COMMIT_MAX}", self.last())));
        }
        let erased = |r: &CommitRecord| matches!(r.effect, Effect::Erased(Erased::Asset));
        match &self.document {
            Some(document) if document.id != self.asset => {
                return Err(wrong("its document is of another asset"));
            }
            None if !self.history.iter().all(erased) || !self.runs.is_empty() => {
                return Err(wrong("it is erased, and more than a tombstone is left"));
            }
            _ => {}
        }
        for run in &self.runs {
            if run.asset != self.asset || run.id.is_loose() {
                return Err(wrong(&format!("run `{}` is none of its own", run.id)));
            }
            match run.state {
                RunState::Open => {
                    return Err(wrong(&format!("run `{}` is open; commit or abort it first", run.id)));
                }
                RunState::Committed if self.segment_of(&run.id).is_none() => {
                    return Err(wrong(&format!("run `{}` is committed, but not in its history", run.id)));
                }
                RunState::Committed | RunState::Aborted => {}
            }
        }
        Ok(())
    }

    /// The segment of a committed run: the last with this id, because an erased run may have had the same id.
    #[must_use]
    pub fn segment_of(&self, run: &RunId) -> Option<&RunSegment> {
        self.history.iter().rev().find_map(|record| match &record.effect {
            Effect::Segment(segment) if segment.run == *run => Some(segment),
            _ => None,
        })
    }

    /// The work needed where `have` and `runs` are already stored; `None` where there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where this history could not have come from that one.
    pub fn plan(&self, have: &[CommitRecord], runs: &[Run]) -> Result<Option<ImportPlan>> {
        if let Some(open) = runs.iter().find(|run| run.state == RunState::Open) {
            return Err(conflict(&self.asset, &format!("run `{}` is open here", open.id)));
        }
        let same = have.iter().zip(&self.history).take_while(|(a, b)| is_same(a, b)).count();
        let known = runs.iter().all(|here| self.runs.iter().any(|run| run.id == here.id));
        if same < have.len() || !known {
            if !self.came_from(have) {
                return Err(conflict(&self.asset, "its history is another one here"));
            }
            return Ok(Some(ImportPlan { replaces: true, from: 0, runs: self.runs.clone() }));
        }
        let missing: Vec<Run> = self.runs.iter().filter(|run| !runs.contains(run)).cloned().collect();
        if same == self.history.len() && missing.is_empty() {
            return Ok(None);
        }
        Ok(Some(ImportPlan { replaces: false, from: same, runs: missing }))
    }

    /// Could erasing have made this history of `have`?
    fn came_from(&self, have: &[CommitRecord]) -> bool {
        let Some(until) = have.last().map(|record| record.commit) else { return true };
        let erased = self.history.iter().any(|r| r.commit > until && matches!(r.effect, Effect::Erased(_)));
        let known: HashMap<Commit, &CommitRecord> = have.iter().map(|r| (r.commit, r)).collect();
        erased
            && self
                .history
                .iter()
                .filter(|record| record.commit <= until)
                .all(|record| known.get(&record.commit).is_some_and(|before| shrank(before, record)))
    }

    /// The segments whose content is new: each once, in the order of their commits.
    #[must_use]
    pub fn new_segments(&self, plan: &ImportPlan) -> Vec<&RunSegment> {
        let mut seen: HashSet<u64> = HashSet::new();
        let news = self.history.iter().skip(plan.from).filter_map(|record| match &record.effect {
            Effect::Segment(segment) => Some(segment),
            _ => None,
        });
        news.filter(|segment| segment.annotations > 0 && seen.insert(segment.id)).collect()
    }

    /// The number in `have` of each segment that is already stored, by its number in this history.
    #[must_use]
    pub fn known_segments(&self, plan: &ImportPlan, have: &[CommitRecord]) -> HashMap<u64, u64> {
        let both = self.history.iter().zip(have).take(plan.from);
        both.filter_map(|(ours, theirs)| Some((ours.effect.segment()?.id, theirs.effect.segment()?.id)))
            .collect()
    }
}

/// The effect with another number for its segment; `None` where there is no number for it.
#[must_use]
pub fn renumbered(effect: &Effect, numbers: &HashMap<u64, u64>) -> Option<Effect> {
    let with = |segment: &RunSegment| Some(RunSegment { id: *numbers.get(&segment.id)?, ..segment.clone() });
    Some(match effect {
        Effect::Segment(segment) => Effect::Segment(with(segment)?),
        Effect::Restored(segment) => Effect::Restored(with(segment)?),
        other => other.clone(),
    })
}

/// Are both the same, apart from segment numbers?
fn is_same(a: &CommitRecord, b: &CommitRecord) -> bool {
    let plain = |segment: &RunSegment| RunSegment { id: 0, ..segment.clone() };
    a.commit == b.commit
        && match (&a.effect, &b.effect) {
            (Effect::Segment(a), Effect::Segment(b)) | (Effect::Restored(a), Effect::Restored(b)) => {
                plain(a) == plain(b)
            }
            (a, b) => a == b,
        }
}

/// Is `now` what erasing may have left of `before`?
fn shrank(before: &CommitRecord, now: &CommitRecord) -> bool {
    let mut before = before.clone();
    if let (Effect::Segment(was) | Effect::Restored(was), Some(is)) =
        (&mut before.effect, now.effect.segment())
        && is.annotations <= was.annotations
    {
        was.annotations = is.annotations;
    }
    is_same(&before, now)
}
