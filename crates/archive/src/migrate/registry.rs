//! Models, labels and documents: few, and read whole.

use std::collections::BTreeMap;

use rushes_bins::KIND;
use rushes_store::documents::KeptDocument;
use rushes_store::{AnnotationStore, LabelAliases};
use rushes_types::{AnnotationType, Model, Result};

use crate::migrate::digest::ContentHasher;

/// Models, labels and documents of a store.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Registry {
    models: Vec<Model>,
    labels: Vec<LabelAliases>,
    documents: Vec<KeptDocument>,
}

impl Registry {
    pub(crate) fn read(store: &dyn AnnotationStore) -> Result<Self> {
        let (mut models, mut labels) = (store.models()?, store.labels()?);
        models.sort_by(|a, b| a.model.cmp(&b.model));
        labels.sort();
        let documents = kept_documents(store)?;
        Ok(Self { models, labels, documents })
    }

    /// The label changes that turn `there` into these: labels that exist only there lose their aliases.
    fn labels_over(&self, there: &[LabelAliases]) -> Vec<LabelAliases> {
        let mut wanted: BTreeMap<(&AnnotationType, &str), LabelAliases> = BTreeMap::new();
        for label in there {
            wanted.insert((&label.kind, &label.label), LabelAliases { aliases: Vec::new(), ..label.clone() });
        }
        for label in &self.labels {
            wanted.insert((&label.kind, &label.label), label.clone());
        }
        wanted.into_values().filter(|label| !there.contains(label)).collect()
    }

    /// Brings the target up to the source; `true` where that changed something.
    pub(crate) fn bring(from: &dyn AnnotationStore, to: &dyn AnnotationStore) -> Result<bool> {
        let (wanted, there) = (Self::read(from)?, Self::read(to)?);
        if wanted == there {
            return Ok(false);
        }
        let models: Vec<Model> =
            wanted.models.iter().filter(|model| !there.models.contains(model)).cloned().collect();
        to.import_models(&models)?;
        let labels = wanted.labels_over(&there.labels);
        if !labels.is_empty() {
            to.put_labels(&labels)?;
        }
        for document in wanted.documents.iter().filter(|document| !there.documents.contains(document)) {
            to.import_document(document)?;
        }
        for gone in &there.documents {
            // What was removed meanwhile is removed there, too.
            let same = |document: &&KeptDocument| document.kind == gone.kind && document.id == gone.id;
            if !wanted.documents.iter().any(|document| same(&document)) {
                to.import_document(&KeptDocument {
                    bytes: Vec::new(),
                    version: gone.version + 1,
                    ..gone.clone()
                })?;
            }
        }
        Ok(true)
    }

    pub(crate) fn sum(&self) -> u128 {
        let mut sum = ContentHasher::new();
        sum.number(self.models.len() as u64);
        self.models.iter().for_each(|model| sum.model(model));
        sum.number(self.labels.len() as u64);
        self.labels.iter().for_each(|label| sum.label(label));
        // An archive without documents has the sum that it had before there were any.
        self.documents.iter().for_each(|document| sum.document(document));
        sum.done()
    }
}

/// All documents of a store: bins.
pub(crate) fn kept_documents(store: &dyn AnnotationStore) -> Result<Vec<KeptDocument>> {
    let mut documents = Vec::new();
    store.each_document(KIND, &mut |document| {
        documents.push(document);
        Ok(())
    })?;
    documents.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(documents)
}
