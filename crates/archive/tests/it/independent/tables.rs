//! Tables of fjall, as docs/formats.md says which there are.

use std::collections::BTreeSet;
use std::path::Path;

use fjall::{Database, KeyspaceCreateOptions};

pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

pub struct Tables(Database);

impl Tables {
    /// Opens a database that has these tables and no other.
    pub fn open(folder: &Path, tables: &[&str]) -> Self {
        let database = Database::builder(folder).open().unwrap();
        let names: BTreeSet<String> = database.list_keyspace_names().iter().map(|n| n.to_string()).collect();
        assert_eq!(names, tables.iter().map(|name| (*name).to_owned()).collect(), "{}", folder.display());
        Self(database)
    }

    fn table(&self, name: &str) -> fjall::Keyspace {
        self.0.keyspace(name, KeyspaceCreateOptions::default).unwrap()
    }

    /// All rows of a table, ascending by key.
    pub fn rows(&self, name: &str) -> Rows {
        let pair = |guard: fjall::Guard| guard.into_inner().unwrap();
        self.table(name).iter().map(pair).map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
    }

    pub fn put(&self, table: &str, key: &[u8], value: &[u8]) {
        self.table(table).insert(key, value).unwrap();
        self.0.persist(fjall::PersistMode::SyncAll).unwrap();
    }

    /// The format in the table `folder`; its other rows are padding.
    pub fn format(&self) -> u32 {
        let mut format = None;
        for (key, value) in self.rows("folder") {
            match key.as_slice() {
                b"format" => format = Some(u32::from_be_bytes(value.try_into().unwrap())),
                b"padding" => assert!(value.iter().all(|byte| *byte == 0)),
                other => panic!("the table `folder` has a row {other:?}"),
            }
        }
        format.expect("the table `folder` has no row `format`")
    }
}
