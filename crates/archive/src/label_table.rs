//! What labels are registered, by each of their names.

use std::collections::BTreeMap;

use rushes_store::LabelAliases;
use rushes_text::normalise_label;

/// The registered labels with their aliases.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct LabelTable {
    entries: Vec<LabelAliases>,
    /// By each normalised name the entries that have it.
    by_name: BTreeMap<String, Vec<usize>>,
}

impl LabelTable {
    pub(crate) fn new(entries: Vec<LabelAliases>) -> Self {
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (no, entry) in entries.iter().enumerate() {
            for name in std::iter::once(&entry.label).chain(&entry.aliases) {
                let numbers = by_name.entry(normalise_label(name)).or_default();
                if numbers.last() != Some(&no) {
                    numbers.push(no);
                }
            }
        }
        Self { entries, by_name }
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &LabelAliases> {
        self.entries.iter()
    }

    /// Labels that `name` is the label or an alias of, with their types.
    pub(crate) fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a LabelAliases> {
        let numbers = self.by_name.get(&normalise_label(name)).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|no| self.entries.get(*no))
    }

    /// Every label that `label` stands for: those it is an alias of, and their other aliases.
    pub(crate) fn aliases(&self, kind: Option<&str>, label: &str) -> Vec<String> {
        let of_kind = |entry: &&LabelAliases| kind.is_none_or(|kind| entry.kind.as_str() == kind);
        let named = self.named(label).filter(of_kind);
        named.flat_map(|entry| std::iter::once(&entry.label).chain(&entry.aliases)).cloned().collect()
    }
}
