//! How many entries of a segment carry each label, by source and validity: counted once per segment, so that readers
//! need not walk the entries.

use std::collections::HashMap;

use super::entry::{Entries, NONE};

/// How many entries of a source and a validity carry a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LabelTally {
    pub label: u32,
    pub source: u32,
    pub validity: u32,
    pub count: u32,
}

/// Counts the labels of a segment's entries; ascending.
pub(super) fn tally_labels(entries: Entries<'_>) -> Vec<LabelTally> {
    let mut counts: HashMap<(u32, u32, u32), u32> = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.label() != NONE) {
        *counts.entry((entry.label(), entry.source(), entry.validity())).or_default() += 1;
    }
    let tally = |((label, source, validity), count)| LabelTally { label, source, validity, count };
    let mut tallies: Vec<LabelTally> = counts.into_iter().map(tally).collect();
    tallies.sort_unstable();
    tallies
}
