//! Memos in the table of rows.

use rushes_types::Result;

use super::EmbeddedStore;
use super::keys;
use super::tables;
use super::tx::Tx;
use crate::memo::{Memo, Memos, check_memo, check_shelf};

impl Memos for EmbeddedStore {
    fn put_memos(&self, shelf: &str, memos: &[Memo], replace: bool) -> Result<usize> {
        check_shelf(shelf)?;
        memos.iter().try_for_each(check_memo)?;
        self.change(|tx| tx.put_memos(shelf, memos, replace))
    }

    fn memos(&self, shelf: &str, after: Option<&str>, limit: usize) -> Result<Vec<Memo>> {
        check_shelf(shelf)?;
        let prefix = keys::memos_of(shelf);
        let from = after.map_or_else(|| prefix.clone(), |key| keys::after(keys::memo(shelf, key)));
        tables::page(&self.folder, from, keys::end_of(&prefix), limit, |key, value| {
            let name = keys::text_after(key, &prefix).unwrap_or_default();
            Ok(Memo { key: name.to_owned(), value: value.to_vec() })
        })
    }

    fn remove_memos(&self, shelf: &str, keys: &[String]) -> Result<usize> {
        check_shelf(shelf)?;
        self.change(|tx| tx.remove_memos(shelf, keys))
    }
}

impl Tx<'_> {
    fn put_memos(&mut self, shelf: &str, memos: &[Memo], replace: bool) -> Result<usize> {
        let mut written = 0;
        for memo in memos {
            let key = keys::memo(shelf, &memo.key);
            let known = self.get(&key)?;
            if known.as_ref() == Some(&memo.value) || (known.is_some() && !replace) {
                continue;
            }
            self.put(key, memo.value.clone());
            written += 1;
        }
        Ok(written)
    }

    fn remove_memos(&mut self, shelf: &str, keys: &[String]) -> Result<usize> {
        let mut removed = 0;
        for key in keys {
            let key = keys::memo(shelf, key);
            if self.get(&key)?.is_some() {
                self.remove(key);
                removed += 1;
            }
        }
        Ok(removed)
    }
}
