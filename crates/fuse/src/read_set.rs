//! What must be read before commits can be folded.

use std::collections::BTreeSet;

use rushes_store::{CommitRecord, Effect, Erased, RunSegment};
use rushes_types::{AnnotationId, AnnotationKey, FusedKey, ModelRef, RunId, RunMode, TimeRange};

/// Which fused rows must be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowSelection {
    /// All of the asset.
    Whole,
    /// Those that start within one of these (a start at a range's end need not be read), and these keys.
    Some {
        /// Apart, ascending.
        starts: Vec<TimeRange>,
        /// Ascending.
        keys: Vec<FusedKey>,
    },
}

/// What must be read to fold some commits.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSet {
    /// Segments whose annotations must be read, each once.
    pub segments: Vec<RunSegment>,
    /// Of these segments (by id), annotations may have been fused before, so their rows must be looked up by key.
    pub may_be_known: BTreeSet<u64>,
    /// Fused rows that must be read.
    pub rows: RowSelection,
}

/// Says what must be read to fold `records`. `is_fresh`: nothing of the asset was fused yet, so there are no
/// rows to read.
#[must_use]
pub fn read_set(is_fresh: bool, records: &[CommitRecord]) -> ReadSet {
    let mut out = ReadSet {
        segments: Vec::new(),
        may_be_known: BTreeSet::new(),
        rows: RowSelection::Some { starts: Vec::new(), keys: Vec::new() },
    };
    let mut whole = false;
    let mut starts = Vec::new();
    let mut keys = Vec::new();
    for record in records {
        match &record.effect {
            Effect::Registered => {}
            Effect::Segment(segment) | Effect::Restored(segment) => {
                if !out.segments.iter().any(|s| s.id == segment.id) {
                    out.segments.push(segment.clone());
                }
                // A run is committed once and its id is in the key: only loose lines and restored runs can
                // meet a row of their own.
                if segment.run.is_loose() || matches!(record.effect, Effect::Restored(_)) {
                    out.may_be_known.insert(segment.id);
                }
                match segment.coverage {
                    _ if segment.mode != RunMode::Replace => {}
                    Some(range) => starts.push((range.start_ns(), range.end_ns())),
                    None => whole = true,
                }
            }
            // The rows of a run may lie anywhere.
            Effect::Visibility(..) => whole = true,
            Effect::Erased(Erased::Annotation { model, run, id, start_ns }) if !run.is_loose() => {
                keys.push(key_of(model, run, id, *start_ns));
            }
            // A loose id may have been given again, at another start, after it was superseded.
            Effect::Erased(_) => whole = true,
        }
    }
    if is_fresh {
        out.may_be_known.clear();
    } else if whole {
        out.rows = RowSelection::Whole;
    } else {
        keys.sort_unstable();
        out.rows = RowSelection::Some { starts: joined(starts), keys };
    }
    out
}

fn key_of(model: &ModelRef, run: &RunId, id: &AnnotationId, start_ns: i64) -> FusedKey {
    FusedKey { start_ns, key: AnnotationKey::of(model, run, id) }
}

fn joined(mut ranges: Vec<(i64, i64)>) -> Vec<TimeRange> {
    ranges.sort_unstable();
    let mut out: Vec<(i64, i64)> = Vec::new();
    for (start, end) in ranges {
        match out.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => out.push((start, end)),
        }
    }
    out.into_iter().filter_map(|(start, end)| TimeRange::new(start, end).ok()).collect()
}
