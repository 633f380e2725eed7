//! Models and labels: few, and read whole.

use std::collections::BTreeMap;

use rushes_store::{AnnotationStore, LabelAliases};
use rushes_types::{AnnotationType, Model, Result};

use crate::migrate::digest::ContentHasher;

/// Models and labels of a store.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Registry {
    models: Vec<Model>,
    labels: Vec<LabelAliases>,
}

impl Registry {
    pub(crate) fn read(store: &dyn AnnotationStore) -> Result<Self> {
        let (mut models, mut labels) = (store.models()?, store.labels()?);
        models.sort_by(|a, b| a.model.cmp(&b.model));
        labels.sort();
        Ok(Self { models, labels })
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
        Ok(true)
    }

    pub(crate) fn sum(&self) -> u128 {
        let mut sum = ContentHasher::new();
        sum.number(self.models.len() as u64);
        self.models.iter().for_each(|model| sum.model(model));
        sum.number(self.labels.len() as u64);
        self.labels.iter().for_each(|label| sum.label(label));
        sum.done()
    }
}
