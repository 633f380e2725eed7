//! Memos: in slices, each a partition in the order of the names.
//!
//! No conditional write is needed: a memo that must not change is named by what it holds, so that two processes that write
//! it at once write the same; of two that replace one, the later wins. A call that fails may have written some: again, it
//! writes the rest.

use std::collections::BTreeMap;

use rushes_store::engine::{check_memo, check_shelf};
use rushes_store::{Memo, Memos};
use rushes_types::Result;

use crate::store::CassandraStore;
use crate::store::schema::{slice, slices};

const FIND: &str = "SELECT value FROM memos WHERE shelf = ? AND slice = ? AND name = ?";
const READ: &str = "SELECT name, value FROM memos WHERE shelf = ? AND slice = ? AND name > ? LIMIT ?";
const PUT: &str = "INSERT INTO memos (shelf, slice, name, value) VALUES (?, ?, ?, ?)";
const REMOVE: &str = "DELETE FROM memos WHERE shelf = ? AND slice = ? AND name = ?";

impl CassandraStore {
    /// What is kept under each name.
    async fn known_memos(&self, shelf: &str, names: &[&str]) -> Result<Vec<Option<Vec<u8>>>> {
        let keys = names.iter().map(|name| (shelf, slice(name), *name));
        let rows = self.cluster.rows_of_each::<(Option<Vec<u8>>,), _>(FIND, keys).await?;
        // An empty blob may come back as null.
        Ok(rows
            .into_iter()
            .map(|rows| rows.into_iter().next().map(|(value,)| value.unwrap_or_default()))
            .collect())
    }
}

impl Memos for CassandraStore {
    fn put_memos(&self, shelf: &str, memos: &[Memo], replace: bool) -> Result<usize> {
        check_shelf(shelf)?;
        memos.iter().try_for_each(check_memo)?;
        // Of a name that comes twice the first counts, or with `replace` the last.
        let mut wanted: BTreeMap<&str, &[u8]> = BTreeMap::new();
        for memo in memos {
            let value = wanted.entry(&memo.key).or_insert(&memo.value);
            if replace {
                *value = &memo.value;
            }
        }
        self.cluster.block_on(async {
            let names: Vec<&str> = wanted.keys().copied().collect();
            let known = self.known_memos(shelf, &names).await?;
            let is_new = |known: &Option<Vec<u8>>, value: &[u8]| match known {
                None => true,
                Some(known) => replace && known != value,
            };
            let rows: Vec<_> =
                wanted.iter().zip(&known).filter(|((_, value), known)| is_new(known, value)).collect();
            let written = rows.len();
            let rows = rows.into_iter().map(|((name, value), _)| (shelf, slice(name), *name, *value));
            self.cluster.write_many(PUT, rows).await?;
            Ok(written)
        })
    }

    fn memos(&self, shelf: &str, after: Option<&str>, limit: usize) -> Result<Vec<Memo>> {
        check_shelf(shelf)?;
        // An empty name sorts before all others.
        let most = i32::try_from(limit).unwrap_or(i32::MAX);
        let keys = slices().map(|slice| (shelf, slice, after.unwrap_or_default(), most));
        let found =
            self.cluster.block_on(self.cluster.rows_of_each::<(String, Option<Vec<u8>>), _>(READ, keys))?;
        let memo = |(key, value): (String, Option<Vec<u8>>)| Memo { key, value: value.unwrap_or_default() };
        let mut memos: Vec<Memo> = found.into_iter().flatten().map(memo).collect();
        memos.sort_by(|a, b| a.key.cmp(&b.key));
        memos.truncate(limit);
        Ok(memos)
    }

    fn remove_memos(&self, shelf: &str, keys: &[String]) -> Result<usize> {
        check_shelf(shelf)?;
        self.cluster.block_on(async {
            let names: Vec<&str> = keys.iter().map(String::as_str).collect();
            let known = self.known_memos(shelf, &names).await?;
            let there: Vec<&str> = names
                .iter()
                .zip(&known)
                .filter(|(_, known)| known.is_some())
                .map(|(name, _)| *name)
                .collect();
            self.cluster.write_many(REMOVE, there.iter().map(|name| (shelf, slice(name), *name))).await?;
            Ok(there.len())
        })
    }
}
