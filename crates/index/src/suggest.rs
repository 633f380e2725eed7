//! Labels for typing ahead: what is suggested, and in which order.

use std::collections::BTreeMap;

use rushes_types::AnnotationType;

use crate::seam::Suggestion;

/// How often each spelling of a label occurs.
#[derive(Debug, Clone, Default)]
pub struct LabelCounts(BTreeMap<String, u64>);

impl LabelCounts {
    /// Counts a spelling.
    pub fn add(&mut self, written: &str, count: u64) {
        match self.0.get_mut(written) {
            Some(known) => *known += count,
            None => {
                self.0.insert(written.to_owned(), count);
            }
        }
    }

    /// How often in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The most frequent spelling; ties go to the first in the order of text.
    fn usual(self) -> Option<String> {
        let most = self.0.values().copied().max()?;
        self.0.into_iter().find(|(_, count)| *count == most).map(|(written, _)| written)
    }
}

/// Does a word of the normalised label, or the label itself, begin with what was typed (normalised)?
#[must_use]
pub fn begins_word(label: &str, typed: &str) -> bool {
    word_starts(label).any(|rest| rest.starts_with(typed))
}

/// The label from each of its words on.
pub fn word_starts(label: &str) -> impl Iterator<Item = &str> {
    let mut previous = None;
    label.char_indices().filter_map(move |(at, c)| {
        let starts = c.is_alphanumeric() && !previous.is_some_and(char::is_alphanumeric) || at == 0;
        previous = Some(c);
        if starts { label.get(at..) } else { None }
    })
}

/// The most frequent labels; ties by text and type.
#[must_use]
pub fn best(counts: BTreeMap<(String, AnnotationType), LabelCounts>, limit: usize) -> Vec<Suggestion> {
    let suggestion = |((_, kind), counts): ((String, AnnotationType), LabelCounts)| {
        let count = counts.total();
        (count > 0).then(|| counts.usual().map(|text| Suggestion { text, kind, count })).flatten()
    };
    let mut all: Vec<Suggestion> = counts.into_iter().filter_map(suggestion).collect();
    all.sort_by(|a, b| (b.count, &a.text, &a.kind).cmp(&(a.count, &b.text, &b.kind)));
    all.truncate(limit);
    all
}
