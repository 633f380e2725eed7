//! Tables in a folder, kept by fjall.
//!
//! The folder holds `CURRENT`, a small file that names the database folder beside it. To erase for good, the remaining
//! rows are copied into a new database, `CURRENT` is switched, and the old folder is deleted: in an LSM tree,
//! compactions and journals offer no moment at which a removed row is known to be gone from every file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use fjall::{Readable, Snapshot};
use rushes_kv::{Folder, Guard, Layout, STAMP_KEY};
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
/// The file that names the database.
const CURRENT: &str = "CURRENT";

const fn table(of: Table) -> rushes_kv::Table {
    let table = rushes_kv::Table::new(of.as_str());
    match of {
        Table::Annotations => rushes_kv::Table { separated_from: Some(SEPARATED_BYTES_MIN), ..table },
        _ => table,
    }
}

/// In the order of [`Table::ALL`].
const LAYOUT: Layout = Layout {
    what: "the fused store",
    format: 1,
    tables: &[
        table(Table::Annotations),
        table(Table::Buckets),
        table(Table::Documents),
        table(Table::Changes),
        table(Table::Words),
        table(Table::Outbox),
        table(Table::Meta),
    ],
    cache_bytes: CACHE_BYTES,
};

/// Tables in a folder.
pub struct EmbeddedKv {
    folder: PathBuf,
    guard: Option<Guard>,
    db: RwLock<Arc<Db>>,
}

struct Db {
    number: u64,
    folder: Folder,
}

impl Db {
    /// Opens a database, or makes it. The chain of its changes lies beside it.
    fn open(folder: &Path, number: u64, guard: Option<&Guard>) -> Result<Self> {
        let path = folder.join(name(number));
        let folder = match guard {
            Some(guard) => {
                let guard = Guard { path: folder.join(chain_name(number)), ..guard.clone() };
                Folder::open_guarded(&path, LAYOUT, None, guard)?
            }
            None => Folder::open(&path, LAYOUT, None)?,
        };
        Ok(Self { number, folder })
    }

    fn write(&self, rows: Vec<Write>, durable: bool) -> Result<()> {
        let mut batch = self.folder.batch();
        for (table, key, value) in rows {
            match value {
                Some(value) => batch.insert(table as usize, key, value),
                None => batch.remove(table as usize, key),
            }
        }
        let ticket = self.folder.write(batch, 0)?;
        if durable { self.folder.sync(ticket) } else { Ok(()) }
    }
}

fn name(number: u64) -> String {
    format!("db-{number}")
}

fn chain_name(number: u64) -> String {
    format!("db-{number}.chain")
}

struct EmbeddedView {
    db: Arc<Db>,
    snapshot: Snapshot,
}

impl View for EmbeddedView {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let folder = &self.db.folder;
        let row = self.snapshot.get(folder.table(table as usize), key);
        Ok(row.map_err(|e| folder.error("cannot read", e))?.map(|value| value.to_vec()))
    }

    fn scan(&self, table: Table, from: &[u8], to: Option<&[u8]>, each: RowCallback<'_>) -> Result<()> {
        if to.is_some_and(|to| to <= from) {
            return Ok(());
        }
        let folder = &self.db.folder;
        let keyspace = folder.table(table as usize);
        let rows = match to {
            Some(to) => self.snapshot.range(keyspace, from..to),
            None => self.snapshot.range(keyspace, from..),
        };
        for row in rows {
            let (key, value) = row.into_inner().map_err(|e| folder.error("cannot read", e))?;
            if *key != *STAMP_KEY && !each(&key, &value)? {
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
    pub fn open(folder: &Path, guard: Option<Guard>) -> Result<Self> {
        let what = "open the fused store";
        fs::create_dir_all(folder).map_err(|e| Error::io(what, e))?;
        let number = current(folder)?;
        let is_new = number.is_none();
        let number = number.unwrap_or(0);
        let db = Db::open(folder, number, guard.as_ref())?;
        if is_new {
            switch(folder, number)?;
        }
        remove_others(folder, number)?;
        Ok(Self { folder: folder.to_owned(), guard, db: RwLock::new(Arc::new(db)) })
    }

    fn db(&self) -> Arc<Db> {
        Arc::clone(&self.db.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes `fresh` the database and deletes the old one.
    fn replace(&self, fresh: Db) -> Result<()> {
        fresh.folder.sync(fresh.folder.last_ticket())?;
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

/// The number of the current database; `None` where there is none yet.
fn current(folder: &Path) -> Result<Option<u64>> {
    let damaged = |why: &str| {
        let message = format!("the fused store in `{}` is damaged: {why}", folder.display());
        Err(Error::new(ErrorKind::Corrupt, message).mend("`rushes rebuild` makes it again"))
    };
    let text = match fs::read(folder.join(CURRENT)) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let entries = fs::read_dir(folder).map_err(|e| Error::io("open the fused store", e))?;
            let mut names = entries.flatten().map(|entry| entry.file_name());
            // One that was being made has no chain of its own yet, or an empty one.
            return match names.any(|name| {
                name.to_string_lossy().starts_with("db-") && name != *"db-0" && name != *"db-0.chain"
            }) {
                true => damaged("`CURRENT` is missing"),
                false => Ok(None),
            };
        }
        Err(e) => return Err(Error::io("open the fused store", e)),
    };
    match text.trim().parse() {
        Ok(number) if folder.join(name(number)).is_dir() => Ok(Some(number)),
        Ok(number) => damaged(&format!("`CURRENT` names database {number}, which is not there")),
        Err(_) => damaged("`CURRENT` names no database"),
    }
}

/// Names the current database, durably.
fn switch(folder: &Path, number: u64) -> Result<()> {
    let what = "switch the fused store to its new files";
    let new = folder.join("CURRENT.new");
    fs::write(&new, format!("{number}\n")).map_err(|e| Error::io(what, e))?;
    fs::File::open(&new).and_then(|f| f.sync_all()).map_err(|e| Error::io(what, e))?;
    fs::rename(&new, folder.join(CURRENT)).map_err(|e| Error::io(what, e))?;
    fs::File::open(folder).and_then(|f| f.sync_all()).map_err(|e| Error::io(what, e))
}

/// Deletes databases that are not current: left by a rewrite that finished, or was interrupted.
fn remove_others(folder: &Path, number: u64) -> Result<()> {
    let what = "delete the old files of the fused store";
    let keep = [name(number), chain_name(number)];
    for entry in fs::read_dir(folder).map_err(|e| Error::io(what, e))? {
        let entry = entry.map_err(|e| Error::io(what, e))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with("db-") || keep.iter().any(|kept| *kept == *name) {
            continue;
        }
        let is_folder = entry.file_type().map_err(|e| Error::io(what, e))?.is_dir();
        let removed =
            if is_folder { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        removed.map_err(|e| Error::io(what, e))?;
    }
    Ok(())
}

impl Kv for EmbeddedKv {
    fn view(&self) -> Result<Box<dyn View + '_>> {
        let db = self.db();
        let snapshot = db.folder.snapshot();
        Ok(Box::new(EmbeddedView { db, snapshot }))
    }

    fn write(&self, rows: Vec<Write>, durable: bool) -> Result<()> {
        self.db().write(rows, durable)
    }

    fn rewrite(&self) -> Result<()> {
        let view = self.view()?;
        let number = self.db().number.saturating_add(1);
        remove_others(&self.folder, number.saturating_sub(1))?;
        let fresh = Db::open(&self.folder, number, self.guard.as_ref())?;
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
        let fresh = Db::open(&self.folder, number, self.guard.as_ref())?;
        self.replace(fresh)
    }

    fn bytes(&self) -> Result<u64> {
        self.db().folder.bytes()
    }

    fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        self.db().folder.examine(progress)
    }

    fn examine_quickly(&self) -> Result<Vec<String>> {
        self.db().folder.examine_quickly()
    }
}
