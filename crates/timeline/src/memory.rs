//! Tables in memory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use rushes_types::Result;

use crate::kv::{Kv, RowCallback, Table, View, Write};

type Tables = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// Tables in memory. A view shares them; they are copied only when written while a view is held.
#[derive(Default)]
pub struct MemoryKv {
    tables: RwLock<Arc<Tables>>,
}

struct MemoryView(Arc<Tables>);

impl View for MemoryView {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, from: &[u8], to: Option<&[u8]>, each: RowCallback<'_>) -> Result<()> {
        let from = (table, from.to_vec());
        let to = to.map(|to| (table, to.to_vec()));
        if to.as_ref().is_some_and(|to| *to <= from) {
            return Ok(());
        }
        let to = to.map_or(Bound::Unbounded, Bound::Excluded);
        for ((found, key), value) in self.0.range((Bound::Included(from), to)) {
            if *found != table || !each(key, value)? {
                break;
            }
        }
        Ok(())
    }
}

impl Kv for MemoryKv {
    fn view(&self) -> Result<Box<dyn View + '_>> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        Ok(Box::new(MemoryView(Arc::clone(&tables))))
    }

    fn write(&self, rows: Vec<Write>, _durable: bool) -> Result<()> {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        let tables = Arc::make_mut(&mut tables);
        for (table, key, value) in rows {
            match value {
                Some(value) => tables.insert((table, key), value),
                None => tables.remove(&(table, key)),
            };
        }
        Ok(())
    }

    fn rewrite(&self) -> Result<()> {
        Ok(())
    }

    fn clear(&self) -> Result<()> {
        *self.tables.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        Ok(())
    }

    fn bytes(&self) -> Result<u64> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        Ok(tables.iter().map(|((_, key), value)| (key.len() + value.len()) as u64).sum())
    }
}
