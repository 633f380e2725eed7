//! Memos in memory.

use rushes_types::Result;

use super::MemoryStore;
use crate::memo::{self, Memo, Memos};

impl Memos for MemoryStore {
    fn put_memos(&self, shelf: &str, memos: &[Memo], replace: bool) -> Result<usize> {
        memo::check_shelf(shelf)?;
        memos.iter().try_for_each(memo::check_memo)?;
        let mut state = self.state();
        let mut written = 0;
        for memo in memos {
            let key = (shelf.to_owned(), memo.key.clone());
            let known = state.memos.get(&key);
            if known == Some(&memo.value) || (known.is_some() && !replace) {
                continue;
            }
            state.memos.insert(key, memo.value.clone());
            written += 1;
        }
        Ok(written)
    }

    fn memos(&self, shelf: &str, after: Option<&str>, limit: usize) -> Result<Vec<Memo>> {
        memo::check_shelf(shelf)?;
        let state = self.state();
        let later =
            state.memos.iter().filter(|((of, key), _)| of == shelf && after.is_none_or(|a| key.as_str() > a));
        Ok(later
            .take(limit)
            .map(|((_, key), value)| Memo { key: key.clone(), value: value.clone() })
            .collect())
    }

    fn remove_memos(&self, shelf: &str, keys: &[String]) -> Result<usize> {
        memo::check_shelf(shelf)?;
        let mut state = self.state();
        Ok(keys
            .iter()
            .filter(|key| state.memos.remove(&(shelf.to_owned(), (*key).clone())).is_some())
            .count())
    }
}
