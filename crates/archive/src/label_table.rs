//! What labels are registered, by each of their names.

use std::collections::BTreeMap;

use rushes_index::{Budget, IndexReader};
use rushes_plan::{Clause, Filter, Test};
use rushes_store::LabelAliases;
use rushes_text::normalise_label;
use rushes_types::Result;

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

    /// Those of them that `label` names, of a type or of any.
    pub(crate) fn meant<'a>(
        &'a self,
        kind: Option<&'a str>,
        label: &str,
    ) -> impl Iterator<Item = &'a LabelAliases> {
        self.named(label).filter(move |entry| kind.is_none_or(|kind| entry.kind.as_str() == kind))
    }
}

/// Does an annotation within the filter carry the label, by any of its names?
pub(crate) fn is_carried(
    reader: &dyn IndexReader,
    filter: &Filter,
    entry: &LabelAliases,
    budget: &Budget,
) -> Result<bool> {
    let names = std::iter::once(&entry.label).chain(&entry.aliases);
    let test = Test::Label(names.map(|name| normalise_label(name)).collect());
    let clause = Clause { test, ..Clause::any(Some(entry.kind.clone())) };
    Ok(reader.count(&clause, filter, budget)? > 0)
}
