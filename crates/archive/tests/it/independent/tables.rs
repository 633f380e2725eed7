//! Tables of fjall, as docs/formats.md says which there are.

use std::collections::BTreeSet;
use std::path::Path;

use fjall::{Database, KeyspaceCreateOptions};

pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// The row that says which change touched a table last.
const STAMP: &[u8] = b"\0change";

/// Links of as many late changes are kept.
const LINKS: u64 = 4096;

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

    /// All rows of a table, ascending by key, but for its stamp.
    pub fn rows(&self, name: &str) -> Rows {
        let pair = |guard: fjall::Guard| guard.into_inner().unwrap();
        let rows = self.table(name).iter().map(pair).map(|(key, value)| (key.to_vec(), value.to_vec()));
        rows.filter(|(key, _)| key != STAMP).collect()
    }

    /// The stamp of the last change: identity, number, link; each table's own row must have the number that the stamp gives it.
    pub fn stamp(&self, tables: &[&str]) -> (u128, u64, u128) {
        let own = self.table("folder").get(STAMP).unwrap().expect("the table `folder` has no stamp");
        assert_eq!(own.len(), 40 + 8 * tables.len());
        for (name, number) in tables.iter().zip(own[40..].chunks(8)) {
            let row = self.table(name).get(STAMP).unwrap();
            let row = row.map_or(0, |row| u64::from_le_bytes((*row).try_into().unwrap()));
            assert_eq!(row, u64::from_le_bytes(number.try_into().unwrap()), "{name}");
        }
        let number = |range: std::ops::Range<usize>| u128::from_le_bytes(own[range].try_into().unwrap());
        (number(0..16), u64::from_le_bytes(own[16..24].try_into().unwrap()), number(24..40))
    }

    pub fn put(&self, table: &str, key: &[u8], value: &[u8]) {
        self.table(table).insert(key, value).unwrap();
        self.0.persist(fjall::PersistMode::SyncAll).unwrap();
    }

    /// The format in the table `folder`; its other rows are padding, the stamp, and the links of late changes.
    pub fn format(&self) -> u32 {
        let mut format = None;
        for (key, value) in self.rows("folder") {
            match key.as_slice() {
                b"format" => format = Some(u32::from_be_bytes(value.try_into().unwrap())),
                b"padding" => assert!(value.iter().all(|byte| *byte == 0)),
                [0, b'l', b'i', b'n', b'k', place @ ..] => {
                    let number = u64::from_le_bytes(value[..8].try_into().unwrap());
                    assert_eq!((place, value.len()), (&(number % LINKS).to_be_bytes()[..], 24));
                }
                other => panic!("the table `folder` has a row {other:?}"),
            }
        }
        format.expect("the table `folder` has no row `format`")
    }
}
