//! A guarded folder in a place of its own.

use std::fs;
use std::path::{Path, PathBuf};

use rushes_kv::{Folder, Guard, Layout, OnDamage, Table};
use rushes_types::Result;
use tempfile::TempDir;

const TABLES: &[Table] = &[Table::new("rows"), Table::new("others")];
const LAYOUT: Layout = Layout { what: "a test", format: 1, tables: TABLES, cache_bytes: 1 << 20 };

pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        // In memory where there is room for that: every opening makes files durable.
        Self(TempDir::new_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap())
    }

    pub fn folder(&self) -> PathBuf {
        self.0.path().join("store")
    }

    pub fn beside(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn chain(&self) -> PathBuf {
        self.beside("store.chain")
    }

    pub fn open_as(&self, on_damage: OnDamage) -> Result<Folder> {
        let guard = Guard {
            path: self.chain(),
            identity: 7,
            now_ms: || 1_790_000_000_000,
            show_time: |ms| format!("<{ms}>"),
            describe: |note| String::from_utf8_lossy(note).into_owned(),
            on_damage,
            holds_files: true,
        };
        Folder::open_guarded(&self.folder(), LAYOUT, None, guard)
    }

    pub fn open(&self) -> Result<Folder> {
        self.open_as(OnDamage::Refuse)
    }

    /// A place with the same files.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        copy_folder(self.0.path(), copy.0.path());
        copy
    }

    /// The journals with their bytes, without the hole at their ends.
    pub fn journals(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found: Vec<(u64, PathBuf)> = fs::read_dir(self.folder())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "jnl"))
            .map(|path| (path.file_stem().unwrap().to_str().unwrap().parse().unwrap(), path))
            .collect();
        found.sort();
        let read = |path: PathBuf| {
            let mut bytes = fs::read(&path).unwrap();
            bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1));
            (path, bytes)
        };
        found.into_iter().map(|(_, path)| read(path)).collect()
    }
}

pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            let length = fs::metadata(&path).unwrap().len();
            let mut file = fs::File::create(target).unwrap();
            rushes_kv::copy_range(&fs::File::open(&path).unwrap(), &mut file, 0, length).unwrap();
        }
    }
}

/// Writes a change of one row in each table; not durable yet.
pub fn write(folder: &Folder, key: &str, bytes: usize) {
    let mut batch = folder.batch();
    let value: Vec<u8> = (0..bytes).map(|n| (n % 251) as u8 + 1).collect();
    batch.insert(0, key, value);
    batch.insert(1, key, "other");
    batch.note(key.as_bytes().to_vec());
    folder.write(batch, 0).unwrap();
}

pub fn sync(folder: &Folder) {
    folder.sync(folder.last_ticket()).unwrap();
}

/// The keys of the first table, but for the folder's own.
pub fn keys(folder: &Folder) -> Vec<String> {
    let keys = folder.table(0).iter().map(|guard| guard.key().unwrap());
    keys.filter(|key| **key != *rushes_kv::STAMP_KEY)
        .map(|key| String::from_utf8(key.to_vec()).unwrap())
        .collect()
}
