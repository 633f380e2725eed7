//! Which annotations are current: a pure fold over an asset's history.
//!
//! A segment in replace mode supersedes, inside its coverage, earlier annotations of models of the same *name* (any
//! version). Coverage is `[start, end)`; an annotation is inside if its start is. A segment in append mode adds. A
//! restored segment acts as if it was committed at that moment.
//!
//! The fold keeps two short lists instead of a set of annotations: which segments entered when, and
//! which stretches were claimed when. Whether one annotation is current follows from its segment and start,
//! so neither the store nor fusion has to hold annotations in memory to answer it.

use rushes_types::{Commit, ModelRef, RunMode, TimeRange, Validity};

use crate::history::{CommitRecord, Effect, Erased, RunSegment};

/// Does the coverage contain an annotation that starts here? No coverage means the whole asset.
#[must_use]
pub fn covers(coverage: Option<TimeRange>, start_ns: i64) -> bool {
    coverage.is_none_or(|range| range.start_ns() <= start_ns && start_ns < range.end_ns())
}

/// Does a segment, committed later, supersede earlier annotations of `model` at `start_ns`?
#[must_use]
pub fn supersedes(later: &RunSegment, model: &ModelRef, start_ns: i64) -> bool {
    later.mode == RunMode::Replace && later.model.name() == model.name() && covers(later.coverage, start_ns)
}

/// A segment that may still have current annotations.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveSegment {
    /// The segment.
    pub segment: RunSegment,
    /// The commit that made it current: its own, or the last that restored it.
    pub since: Commit,
}

/// A stretch claimed by a segment in replace mode.
#[derive(Debug, Clone, PartialEq)]
struct Claim {
    commit: Commit,
    name: String,
    coverage: Option<TimeRange>,
}

/// What is current on an asset after a prefix of its history.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Current {
    segments: Vec<LiveSegment>,
    claims: Vec<Claim>,
}

impl Current {
    /// What is current after all of `history`, which begins with the asset's first commit.
    #[must_use]
    pub fn of(history: &[CommitRecord]) -> Self {
        let mut current = Self::default();
        for record in history {
            current.apply(record);
        }
        current
    }

    /// Takes the next commit of the asset.
    pub fn apply(&mut self, record: &CommitRecord) {
        match &record.effect {
            Effect::Registered | Effect::Visibility(..) | Effect::Erased(Erased::Annotation { .. }) => {}
            Effect::Segment(segment) | Effect::Restored(segment) => self.enter(segment, record.commit),
            Effect::Erased(Erased::Asset) => *self = Self::default(),
            Effect::Erased(Erased::Model(model)) => self.segments.retain(|l| l.segment.model != *model),
            Effect::Erased(Erased::Run(run)) => self.segments.retain(|l| l.segment.run != *run),
        }
    }

    /// Takes the next commit, but keeps no list of loose segments: enough for [`Current::superseded`], and
    /// small where an asset has many loose commits.
    pub fn apply_runs_only(&mut self, record: &CommitRecord) {
        if let Effect::Segment(segment) = &record.effect
            && segment.run.is_loose()
        {
            return;
        }
        self.apply(record);
    }

    fn enter(&mut self, segment: &RunSegment, commit: Commit) {
        self.segments.retain(|l| l.segment.id != segment.id);
        if segment.mode == RunMode::Replace {
            let name = segment.model.name();
            if segment.coverage.is_none() {
                // No earlier annotation survives, so what earlier claims did no longer matters.
                self.segments.retain(|l| l.segment.model.name() != name);
                self.claims.retain(|c| c.name != name);
            }
            self.claims.push(Claim { commit, name: name.to_owned(), coverage: segment.coverage });
        }
        self.segments.push(LiveSegment { segment: segment.clone(), since: commit });
    }

    /// The segments that may still have current annotations, in the order in which they became current.
    #[must_use]
    pub fn segments(&self) -> &[LiveSegment] {
        &self.segments
    }

    /// Was an annotation of `model` at `start_ns` superseded by a commit after `since`?
    #[must_use]
    pub fn superseded(&self, model: &ModelRef, since: Commit, start_ns: i64) -> bool {
        self.claims.iter().any(|c| c.commit > since && c.name == model.name() && covers(c.coverage, start_ns))
    }

    /// Is the annotation of this segment that starts at `start_ns` current?
    #[must_use]
    pub fn is_current(&self, segment: u64, start_ns: i64) -> bool {
        self.segments
            .iter()
            .find(|l| l.segment.id == segment)
            .is_some_and(|l| !self.superseded(&l.segment.model, l.since, start_ns))
    }

    /// Would restoring the segment now change nothing? So it is when nothing that could have touched it, or
    /// that it would supersede, came after it.
    #[must_use]
    pub fn is_latest(&self, segment: &RunSegment) -> bool {
        let name = segment.model.name();
        let Some(own) = self.segments.iter().find(|l| l.segment.id == segment.id) else { return false };
        let claimed = self.claims.iter().any(|c| c.commit > own.since && c.name == name);
        let followed = segment.mode == RunMode::Replace
            && self.segments.iter().any(|l| l.since > own.since && l.segment.model.name() == name);
        !claimed && !followed
    }
}

/// Is the annotation of `segment` that starts at `start_ns` current after all of `history`?
#[must_use]
pub fn is_current(history: &[CommitRecord], segment: u64, start_ns: i64) -> bool {
    Current::of(history).is_current(segment, start_ns)
}

/// When the annotation of `segment` that starts at `start_ns` was current, ascending and apart. A segment
/// restored while it is current goes on without a break.
#[must_use]
pub fn validities(history: &[CommitRecord], segment: u64, start_ns: i64) -> Vec<Validity> {
    let mut validities: Vec<Validity> = Vec::new();
    let mut current = Current::default();
    let mut was = false;
    for record in history {
        current.apply(record);
        let is = current.is_current(segment, start_ns);
        match (was, is) {
            (false, true) => validities.push(Validity::from(record.commit)),
            (true, false) => {
                if let Some(last) = validities.last_mut() {
                    last.died = record.commit;
                }
            }
            _ => {}
        }
        was = is;
    }
    validities
}
