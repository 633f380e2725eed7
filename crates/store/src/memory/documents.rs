//! Documents in memory.

use rushes_types::Result;

use super::MemoryStore;
use crate::documents::{Documents, KeptDocument, check_document, check_version};

impl Documents for MemoryStore {
    fn each_document(&self, kind: &str, each: &mut dyn FnMut(KeptDocument) -> Result<()>) -> Result<()> {
        let kept: Vec<KeptDocument> = self
            .state()
            .documents
            .values()
            .filter(|d| d.kind == kind && !d.bytes.is_empty())
            .cloned()
            .collect();
        kept.into_iter().try_for_each(each)
    }

    fn document(&self, kind: &str, id: &str) -> Result<Option<KeptDocument>> {
        Ok(self.state().documents.get(&(kind.to_owned(), id.to_owned())).cloned())
    }

    fn put_document(&self, document: &KeptDocument) -> Result<()> {
        check_document(document)?;
        let mut state = self.state();
        let key = (document.kind.clone(), document.id.clone());
        check_version(document, state.documents.get(&key).map_or(0, |there| there.version))?;
        state.documents.insert(key, document.clone());
        Ok(())
    }

    fn import_document(&self, document: &KeptDocument) -> Result<()> {
        check_document(document)?;
        let key = (document.kind.clone(), document.id.clone());
        self.state().documents.insert(key, document.clone());
        Ok(())
    }
}
