//! Documents: rows like any other, written in the store's atomic batches.

use rushes_types::Result;

use super::EmbeddedStore;
use super::keys;
use super::tables;
use crate::documents::{
    Documents, KeptDocument, check_document, check_version, decode_document, encode_document,
};

/// Documents that are read at once.
const PAGE: usize = 16;

impl Documents for EmbeddedStore {
    fn each_document(&self, kind: &str, each: &mut dyn FnMut(KeptDocument) -> Result<()>) -> Result<()> {
        let prefix = keys::documents(kind);
        let mut from = prefix.clone();
        let mut end = prefix.clone();
        // Ids hold no control characters: none of this kind begins after it.
        if let Some(last) = end.last_mut() {
            *last = 1;
        }
        loop {
            let page = tables::page(&self.folder, from.clone(), end.clone(), PAGE, |key, value| {
                let id = keys::text_after(key, &prefix).unwrap_or_default();
                decode_document(kind, id, value)
            })?;
            let Some(last) = page.last() else { return Ok(()) };
            from = keys::after(keys::document(kind, &last.id));
            page.into_iter().filter(|document| !document.bytes.is_empty()).try_for_each(&mut *each)?;
        }
    }

    fn document(&self, kind: &str, id: &str) -> Result<Option<KeptDocument>> {
        let value = tables::get_row(&self.folder, &keys::document(kind, id))?;
        value.map(|value| decode_document(kind, id, &value)).transpose()
    }

    fn put_document(&self, document: &KeptDocument) -> Result<()> {
        check_document(document)?;
        self.change(|tx| {
            let key = keys::document(&document.kind, &document.id);
            let there = match tx.get(&key)? {
                Some(value) => decode_document(&document.kind, &document.id, &value)?.version,
                None => 0,
            };
            check_version(document, there)?;
            tx.put(key, encode_document(document));
            Ok(())
        })
    }

    fn import_document(&self, document: &KeptDocument) -> Result<()> {
        check_document(document)?;
        self.change(|tx| {
            tx.put(keys::document(&document.kind, &document.id), encode_document(document));
            Ok(())
        })
    }
}
