//! What a caller is told of that which all titles share: models, labels, and the state of the archive. One who may see
//! some titles only is told what is true of these.

use std::collections::BTreeSet;
use std::sync::Arc;

use rushes_index::{Budget, IndexReader};
use rushes_query::Access;
use rushes_store::LabelAliases;
use rushes_text::normalise_label;
use rushes_types::{AnnotationType, Commit, Model, ModelRef, Result};

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::facade::require_any;
use crate::label_table::is_carried;
use crate::status::Status;
use crate::word_tally::seen_filter;

/// The state of an archive, as far as a caller may know it.
#[derive(Debug, Clone, PartialEq)]
pub enum SeenStatus {
    /// All of it.
    Whole(Box<Status>),
    /// What a caller is told who may see some titles only.
    Part(PartStatus),
}

/// The state of an archive for a caller who may see some titles only. Commits are numbered over all titles: their
/// numbers tell that something is written somewhere, not what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartStatus {
    /// The archive's id.
    pub archive: String,
    /// The last durable commit.
    pub last_commit: Commit,
    /// The commit up to which everything can be searched.
    pub read_point: Commit,
    /// Is something committed that cannot be searched yet?
    pub catching_up: bool,
    /// Assets that the caller may see.
    pub assets: u64,
    /// Current annotations on them.
    pub annotations: u64,
}

impl Archive {
    /// The models; for a caller who may see some titles only, those that wrote on them.
    ///
    /// # Errors
    /// What the store and the index answer.
    pub fn models(&self, caller: &Caller) -> Result<Vec<Model>> {
        require_any(caller, Right::Read)?;
        let mut models = self.engines.store.models()?;
        let access = caller.access(Right::Read);
        if access != Access::All {
            let reader = self.engines.index.reader(None)?;
            let documents = reader.assets().iter().filter(|document| access.allows(&document.asset));
            let seen: BTreeSet<&ModelRef> = documents.flat_map(|d| &d.models).map(|m| &m.model).collect();
            models.retain(|model| seen.contains(&model.model));
        }
        Ok(models)
    }

    /// The labels that have aliases; for a caller who may see some titles only, those that annotations on them carry,
    /// by any of their names.
    ///
    /// # Errors
    /// What the store and the index answer.
    pub fn labels(&self, caller: &Caller) -> Result<Vec<LabelAliases>> {
        require_any(caller, Right::Read)?;
        let labels = self.engines.store.labels()?;
        let access = caller.access(Right::Read);
        if access == Access::All {
            return Ok(labels);
        }
        let reader = self.engines.index.reader(None)?;
        self.within_budget(caller, &Arc::default(), |budget| {
            carried(reader.as_ref(), &access, labels, budget)
        })
    }

    /// The state of the archive, as far as the caller may know it.
    ///
    /// # Errors
    /// Where a store or the index fails.
    pub fn seen_status(&self, caller: &Caller) -> Result<SeenStatus> {
        if !caller.is_limited() {
            return Ok(SeenStatus::Whole(Box::new(self.status()?)));
        }
        let last_commit = self.engines.store.last_commit()?;
        let reader = self.engines.index.reader(None)?;
        let access = caller.access(Right::Read);
        let read_point = reader.read_point().upto;
        let annotations = self.within_budget(caller, &Arc::default(), |budget| {
            self.seen_annotations(reader.as_ref(), &access, budget)
        })?;
        Ok(SeenStatus::Part(PartStatus {
            archive: self.manifest.id.clone(),
            last_commit,
            read_point,
            catching_up: read_point < last_commit,
            assets: reader.assets().iter().filter(|document| access.allows(&document.asset)).count() as u64,
            annotations,
        }))
    }
}

/// Those of the labels that some annotation carries which the caller may see.
fn carried(
    reader: &dyn IndexReader,
    access: &Access,
    mut labels: Vec<LabelAliases>,
    budget: &Budget,
) -> Result<Vec<LabelAliases>> {
    let filter = seen_filter(reader, access);
    let all = reader.labels(&filter, budget)?;
    let known: BTreeSet<(AnnotationType, String)> =
        all.into_iter().map(|label| (label.kind, normalise_label(&label.text))).collect();
    let mut failed = None;
    labels.retain(|entry| {
        // Labels of dialogue are not listed: there are too many.
        if entry.kind.is_dialogue() {
            return is_carried(reader, &filter, entry, budget).unwrap_or_else(|error| {
                failed = Some(error);
                false
            });
        }
        let mut names = std::iter::once(&entry.label).chain(&entry.aliases);
        names.any(|name| known.contains(&(entry.kind.clone(), normalise_label(name))))
    });
    failed.map_or(Ok(labels), Err)
}
