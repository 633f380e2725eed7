//! Questions in words: what reading them must know of the archive, and the names in it, kept as long as they hold.

use std::sync::{Arc, Mutex, PoisonError};

use rushes_ask::{Asked, Lexicon, Names, ask};
use rushes_index::IndexReader;
use rushes_plan::{Filter, Plan, Resolver};
use rushes_query::scope::visible_assets;
use rushes_query::{Access, ReaderResolver};
use rushes_types::{ReadPoint, Result};

use crate::search::LabelTable;

/// Sets of names that are kept: one for everybody, and those of a few callers who see less.
const SETS_MAX: usize = 4;

/// Names that were gathered, by read point and by what the caller may see.
#[derive(Debug, Default)]
pub(crate) struct NameCache(Mutex<Vec<Kept>>);

#[derive(Debug)]
struct Kept {
    at: ReadPoint,
    access: Access,
    names: Arc<Names>,
}

impl NameCache {
    /// Forgets all: labels got other aliases.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The names that a caller may see at a read point.
    pub fn names(
        &self,
        reader: &dyn IndexReader,
        labels: &LabelTable,
        access: &Access,
    ) -> Result<Arc<Names>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.iter().position(|k| k.at == *reader.read_point() && k.access == *access) {
            let found = kept.remove(at);
            let names = Arc::clone(&found.names);
            kept.push(found);
            return Ok(names);
        }
        let names = Arc::new(gather(reader, labels, access)?);
        let at = reader.read_point().clone();
        // An older read point of the same caller is rarely asked again.
        kept.retain(|k| k.access != *access);
        if kept.len() >= SETS_MAX {
            kept.remove(0);
        }
        kept.push(Kept { at, access: access.clone(), names: Arc::clone(&names) });
        Ok(names)
    }
}

/// The names of labels with their aliases, and of titles.
fn gather(reader: &dyn IndexReader, labels: &LabelTable, access: &Access) -> Result<Names> {
    let filter = Filter { assets: visible_assets(reader, access), ..Filter::default() };
    let mut names = Names::new();
    let mut seen = std::collections::BTreeSet::new();
    for label in reader.labels(&filter)? {
        let registered = labels.named(&label.text).find(|known| known.kind == label.kind);
        let aliases = registered.map_or(&[][..], |known| known.aliases.as_slice());
        seen.extend(registered.map(|known| (known.kind.clone(), known.label.clone())));
        names.add_label(label.kind.as_str(), &label.text, aliases, label.count);
    }
    if *access == Access::All {
        // A registered label that nothing carries yet is a name too.
        for known in labels.iter().filter(|known| !seen.contains(&(known.kind.clone(), known.label.clone())))
        {
            names.add_label(known.kind.as_str(), &known.label, &known.aliases, 0);
        }
    }
    for document in reader.assets().iter().filter(|document| access.allows(&document.asset)) {
        names.add_asset(&document.asset);
    }
    Ok(names)
}

/// What reading a question is told of an archive.
struct ArchiveLexicon<'a> {
    names: &'a Names,
    resolver: &'a ReaderResolver<'a>,
}

impl Lexicon for ArchiveLexicon<'_> {
    fn names(&self) -> &Names {
        self.names
    }

    fn knows_word(&self, folded: &str) -> bool {
        // Where the table cannot be read, no word is put right.
        let counted = self.resolver.word_counts(&[folded.to_owned()]);
        counted.map_or(true, |c| c.counts.first().is_some_and(|n| *n > 0))
    }

    fn has_encoder(&self) -> bool {
        let spaces = self.resolver.spaces().unwrap_or_default();
        spaces.iter().any(|space| matches!(self.resolver.encode_text(space, "a"), Ok(Some(_))))
    }
}

/// Adds to a plan what a question asks.
pub(crate) fn plan_of(
    words: &str,
    plan: &Plan,
    names: &Names,
    resolver: &ReaderResolver<'_>,
) -> Result<Asked> {
    ask(words, plan, &ArchiveLexicon { names, resolver })
}
