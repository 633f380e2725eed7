//! Tables in a folder, kept by fjall.
//!
//! The folder holds `CURRENT`, a small file that names the database folder beside it. To erase for good, the remaining
//! rows are copied into a new database, `CURRENT` is switched, and the old folder is deleted: in an LSM tree,
//! compactions and journals offer no moment at which a removed row is known to be gone from every file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use fjall::{
    Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode, Readable, Snapshot,
};
use rushes_kv::{JOURNAL_BYTES_MAX, settle};
use rushes_types::{Error, ErrorKind, Result};

use crate::kv::{Kv, RowCallback, Table, View, Write};

/// Values of at least this many bytes are stored outside the tree, so that compactions do not move vectors.
const SEPARATED_BYTES_MIN: u32 = 1024;
/// Block cache, in bytes.
const CACHE_BYTES: u64 = 64 << 20;
/// Rows copied by one write while rewriting, in bytes.
const COPY_BYTES: usize = 8 << 20;
/// How long a rewrite waits for readers of the old database.
const READERS_WAIT: Duration = Duration::from_secs(30);

/// Tables in a folder.
pub struct EmbeddedKv {
    folder: PathBuf,
    db: RwLock<Arc<Db>>,
}

struct Db {
    number: u64,
    database: Database,
    tables: Vec<Keyspace>,
}

fn failed(source: fjall::Error) -> Error {
    let kind = match &source {
        fjall::Error::Locked => ErrorKind::Conflict,
        fjall::Error::Io(e) => return Error::io("fused store", std::io::Error::new(e.kind(), e.to_string())),
        fjall::Error::Poisoned => {
            let why = "an earlier write failed, so writes have stopped; make room where the disk is full, and open \
                       the archive again";
            return Error::new(ErrorKind::Storage, format!("fused store: {why}"));
        }
        fjall::Error::Storage(lsm_tree_error) => {
            return Error::new(ErrorKind::Storage, format!("fused store: {lsm_tree_error}")).because(source);
        }
        _ => ErrorKind::Corrupt,
    };
    Error::new(kind, format!("fused store: {source}")).because(source)
}

impl Db {
    fn open(folder: &Path, number: u64) -> Result<Self> {
        let path = folder.join(format!("db-{number}"));
        let database = Database::builder(&path)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES_MAX)
            .open()
            .map_err(failed)?;
        let mut tables = Vec::with_capacity(Table::ALL.len());
        for table in Table::ALL {
            let options = || {
                let separated = (table == Table::Annotations)
                    .then(|| KvSeparationOptions::default().separation_threshold(SEPARATED_BYTES_MIN));
                KeyspaceCreateOptions::default().with_kv_separation(separated)
            };
            tables.push(database.keyspace(table.as_str(), options).map_err(failed)?);
        }
        Ok(Self { number, database, tables })
    }

    fn keyspace(&self, table: Table) -> Result<&Keyspace> {
        self.tables.get(table as usize).ok_or_else(|| Error::bug("a table has no keyspace"))
    }

    fn write(&self, rows: Vec<Write>, durable: bool) -> Result<()> {
        let mut batch = self.database.batch().durability(durable.then_some(PersistMode::SyncData));
        for (table, key, value) in rows {
            let keyspace = self.keyspace(table)?;
            match value {
                Some(value) => batch.insert(keyspace, key, value),
                None => batch.remove(keyspace, key),
            }
        }
        batch.commit().map_err(failed)
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        settle(&self.database, &self.tables.iter().collect::<Vec<_>>());
    }
}

struct EmbeddedView {
    db: Arc<Db>,
    snapshot: Snapshot,
}

impl View for EmbeddedView {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let row = self.snapshot.get(self.db.keyspace(table)?, key).map_err(failed)?;
        Ok(row.map(|value| value.to_vec()))
    }

    fn scan(&self, table: Table, from: &[u8], to: Option<&[u8]>, each: RowCallback<'_>) -> Result<()> {
        if to.is_some_and(|to| to <= from) {
            return Ok(());
        }
        let keyspace = self.db.keyspace(table)?;
        let rows = match to {
            Some(to) => self.snapshot.range(keyspace, from..to),
            None => self.snapshot.range(keyspace, from..),
        };
        for row in rows {
            let (key, value) = row.into_inner().map_err(failed)?;
            if !each(&key, &value)? {
                break;
            }
        }
        Ok(())
    }
}

impl EmbeddedKv {
    /// Opens the tables of a folder, or makes them.
    ///
    /// # Errors
    /// Where the folder cannot be read or written, or another process has it open.
    pub fn open(folder: &Path) -> Result<Self> {
        let what = "open the fused store";
        fs::create_dir_all(folder).map_err(|e| Error::io(what, e))?;
        let number = match fs::read_to_string(folder.join("CURRENT")) {
            Ok(text) => text.trim().parse().map_err(|_| {
                Error::new(ErrorKind::Corrupt, "the fused store's `CURRENT` is damaged").mend("rebuild it")
            })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => 0,
            Err(e) => return Err(Error::io(what, e)),
        };
        let db = Db::open(folder, number)?;
        if number == 0 {
            switch(folder, 0)?;
        }
        remove_others(folder, number)?;
        Ok(Self { folder: folder.to_owned(), db: RwLock::new(Arc::new(db)) })
    }

    fn db(&self) -> Arc<Db> {
        Arc::clone(&self.db.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes `fresh` the database and deletes the old one.
    fn replace(&self, fresh: Db) -> Result<()> {
        fresh.database.persist(PersistMode::SyncAll).map_err(failed)?;
        let number = fresh.number;
        switch(&self.folder, number)?;
        let mut old = {
            let mut current = self.db.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, Arc::new(fresh))
        };
        let since = Instant::now();
        loop {
            match Arc::try_unwrap(old) {
                Ok(unused) => {
                    drop(unused);
                    return remove_others(&self.folder, number);
                }
                Err(_) if since.elapsed() > READERS_WAIT => {
                    let message = "a reader still holds the old files of the fused store; purge again later";
                    return Err(Error::new(ErrorKind::Busy, message));
                }
                Err(shared) => {
                    old = shared;
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }
}

/// Names the current database, durably.
fn switch(folder: &Path, number: u64) -> Result<()> {
    let what = "switch the fused store to its new files";
    let new = folder.join("CURRENT.new");
    fs::write(&new, format!("{number}\n")).map_err(|e| Error::io(what, e))?;
    fs::File::open(&new).and_then(|f| f.sync_all()).map_err(|e| Error::io(what, e))?;
    fs::rename(&new, folder.join("CURRENT")).map_err(|e| Error::io(what, e))?;
    fs::File::open(folder).and_then(|f| f.sync_all()).map_err(|e| Error::io(what, e))
}

/// Deletes databases that are not current: left by a rewrite that finished, or was interrupted.
fn remove_others(folder: &Path, number: u64) -> Result<()> {
    let what = "delete the old files of the fused store";
    let keep = format!("db-{number}");
    for entry in fs::read_dir(folder).map_err(|e| Error::io(what, e))? {
        let entry = entry.map_err(|e| Error::io(what, e))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("db-") && name != keep {
            fs::remove_dir_all(entry.path()).map_err(|e| Error::io(what, e))?;
        }
    }
    Ok(())
}

impl Kv for EmbeddedKv {
    fn view(&self) -> Result<Box<dyn View + '_>> {
        let db = self.db();
        let snapshot = db.database.snapshot();
        Ok(Box::new(EmbeddedView { db, snapshot }))
    }

    fn write(&self, rows: Vec<Write>, durable: bool) -> Result<()> {
        self.db().write(rows, durable)
    }

    fn rewrite(&self) -> Result<()> {
        let view = self.view()?;
        let number = self.db().number.saturating_add(1);
        remove_others(&self.folder, number.saturating_sub(1))?;
        let fresh = Db::open(&self.folder, number)?;
        for table in Table::ALL {
            let mut rows = Vec::new();
            let mut bytes = 0;
            view.scan(table, &[], None, &mut |key, value| {
                bytes += key.len() + value.len();
                rows.push((table, key.to_vec(), Some(value.to_vec())));
                if bytes >= COPY_BYTES {
                    bytes = 0;
                    fresh.write(std::mem::take(&mut rows), false)?;
                }
                Ok(true)
            })?;
            fresh.write(rows, false)?;
        }
        drop(view);
        self.replace(fresh)
    }

    fn clear(&self) -> Result<()> {
        let number = self.db().number.saturating_add(1);
        remove_others(&self.folder, number.saturating_sub(1))?;
        let fresh = Db::open(&self.folder, number)?;
        self.replace(fresh)
    }

    fn bytes(&self) -> Result<u64> {
        self.db().database.disk_space().map_err(failed)
    }
}
