//! Opening a folder of tables, writing to it, and making writes durable.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fjall::config::CompressionPolicy;
use fjall::{
    AbstractTree, CompressionType, Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions,
    PersistMode, Snapshot,
};
use rushes_types::{Error, ErrorKind, Result};

use crate::batch::Batch;
use crate::chain::{Chain, NextChange};
use crate::error::{opening_error, storage_error, without_panic};
use crate::faults::{FaultPoint, Faults};
use crate::group::{Group, Ticket, WriterGuard};
use crate::journal;
use crate::manifests;
use crate::settle::settle;
use crate::stamp::STAMP_KEY;

/// A table of a folder.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name in the folder.
    pub name: &'static str,
    /// Are its values compressed by their owner, so that compressing them again is wasted work?
    pub compressed_already: bool,
    /// Values of at least this many bytes are stored outside the tree, so that compactions do not move them.
    pub separated_from: Option<u32>,
}

impl Table {
    /// A table whose values are compressed and stay in the tree.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, compressed_already: false, separated_from: None }
    }
}

/// What a folder holds.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// What the folder is, for messages: "the annotation store".
    pub what: &'static str,
    /// Version of what is written into the tables.
    pub format: u32,
    /// Its tables.
    pub tables: &'static [Table],
    /// Memory for cached blocks, in bytes.
    pub cache_bytes: u64,
}

/// The table that holds the folder's format version, and what purging writes.
const FOLDER_TABLE: &str = "folder";
const FORMAT_KEY: &[u8] = b"format";
/// The file that the library writes last when it makes a database.
pub(crate) const VERSION_FILE: &str = "version";
/// What mends a folder that lacks what was acknowledged.
pub(crate) const DOCTOR: &str = "`rushes doctor` shows the ways out";
/// Threads that flush and compact, of each folder.
const WORKERS: usize = 2;
/// Memory for writes not flushed to a table's files yet, in bytes.
const MEMTABLE_BYTES: u64 = 32 << 20;
/// Size of the journals above which tables are flushed so that the oldest journal can be dropped, in bytes. Bounds what
/// opening replays after a crash.
const JOURNAL_BYTES_MAX: u64 = 128 << 20;

/// Memtables of a table that wait to be flushed, at which a change waits: one less than the library's, for one may come meanwhile.
const SEALED_MAX: usize = 3;
/// Runs of a table's first level at which a change waits: less than the 30 at which the library does, as flushes go on.
const FIRST_LEVEL_MAX: usize = 24;
const ROOM_POLL: Duration = Duration::from_millis(5);

/// An open folder of tables.
pub struct Folder {
    pub(crate) db: Database,
    pub(crate) tables: Vec<Keyspace>,
    pub(crate) own: Keyspace,
    pub(crate) group: Group,
    /// What was acknowledged, where that is guarded.
    pub(crate) chain: Option<Chain>,
    /// What the folder lacks, where it is open all the same.
    pub(crate) damage: Option<String>,
    /// The highest mark that was acknowledged before the folder was taken as it is.
    pub(crate) taken_over: Option<u64>,
    layout: Layout,
    path: PathBuf,
    faults: Option<Faults>,
}

impl Folder {
    /// Opens the folder, making it where it is not there.
    ///
    /// # Errors
    /// Busy where another process has it open; Unsupported where its format is another; else the disk's error.
    pub fn open(path: &Path, layout: Layout, faults: Option<Faults>) -> Result<Self> {
        let what = format!("cannot open {} in `{}`", layout.what, path.display());
        without_panic(&what, || Self::open_tables(path, layout, faults, &what))
    }

    fn open_tables(path: &Path, layout: Layout, faults: Option<Faults>, what: &str) -> Result<Self> {
        if path.join(VERSION_FILE).exists() {
            journal::ensure(path)?;
            manifests::check(path, what)?;
        }
        let db = Database::builder(path)
            // Batches are synced in groups, and their owners compress what is worth it.
            .manual_journal_persist(true)
            .journal_compression(CompressionType::None)
            .cache_size(layout.cache_bytes)
            .worker_threads(WORKERS)
            .max_journaling_size(JOURNAL_BYTES_MAX)
            .open()
            .map_err(|e| opening_error(what, e))?;
        // The library meets some damage with an assertion, and with a second one where its database goes while that unwinds.
        let (own, tables) = match without_panic(what, || tables_of(&db, &layout, path, what)) {
            Ok(tables) => tables,
            Err(error) => {
                let _ = without_panic(what, || {
                    drop(db);
                    Ok(())
                });
                return Err(error);
            }
        };
        Ok(Self {
            db,
            tables,
            own,
            group: Group::default(),
            chain: None,
            damage: None,
            taken_over: None,
            layout,
            path: path.to_owned(),
            faults,
        })
    }

    /// A table, by its place in the layout.
    ///
    /// # Panics
    /// Where the layout has no such table: a mistake of the caller, seen by its first test.
    #[must_use]
    pub fn table(&self, place: usize) -> &Keyspace {
        &self.tables[place]
    }

    /// An empty batch.
    #[must_use]
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(self)
    }

    /// A view of all tables at one moment: whole batches only.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.db.snapshot()
    }

    /// Announces a write; keep the guard until [`Folder::write`] has returned.
    #[must_use]
    pub fn enter(&self) -> WriterGuard<'_> {
        self.group.enter()
    }

    /// Refuses once a write or sync has failed.
    ///
    /// # Errors
    /// Storage or StorageFull, naming the first failure and the mend.
    pub fn check(&self) -> Result<()> {
        self.group.check()
    }

    /// Writes a batch whole; it is visible at once and durable after [`Folder::sync`]. `mark` is the highest
    /// number the batch brings (0: none); see [`Folder::durable_mark`].
    ///
    /// # Errors
    /// What the disk says; later writes are refused then.
    pub fn write(&self, batch: Batch<'_>, mark: u64) -> Result<Ticket> {
        self.check()?;
        match self.fault(FaultPoint::Write).and_then(|()| self.commit(batch, mark)) {
            Ok(ticket) => Ok(ticket),
            Err(error) => {
                self.group.poison(&error);
                Err(error)
            }
        }
    }

    fn commit(&self, mut batch: Batch<'_>, mark: u64) -> Result<Ticket> {
        let (content, touched, note) = batch.finished();
        let Some(chain) = &self.chain else {
            batch.inner.commit().map_err(|e| self.error("cannot write", e))?;
            return Ok(self.group.wrote(mark));
        };
        let next = self.next_change(chain, touched);
        let (stamp, record) = next.describe(content, touched, mark.max(self.group.written_mark()), note);
        let (key, value) = stamp.link_row();
        batch.inner.insert(&self.own, STAMP_KEY, stamp.encode());
        batch.inner.insert(&self.own, key, value);
        for (place, table) in self.tables.iter().enumerate() {
            if touched >> place & 1 != 0 {
                batch.inner.insert(table, STAMP_KEY, stamp.sequence.to_le_bytes());
            }
        }
        batch.inner.commit().map_err(|e| self.error("cannot write", e))?;
        // The ticket is given before the next change begins, so that tickets are in the order of changes.
        let ticket = self.group.wrote(mark);
        next.written(stamp, record);
        Ok(ticket)
    }

    /// Begins a change once the tables that it touches have room: the library waits for that while a change is under way, and whoever
    /// writes to other tables or syncs would wait too. Here nothing is held meanwhile.
    fn next_change<'a>(&self, chain: &'a Chain, touched: u64) -> NextChange<'a> {
        loop {
            let next = chain.next();
            let mut touched = self.tables.iter().enumerate().filter(|(place, _)| touched >> place & 1 != 0);
            let is_behind = touched.any(|(_, table)| {
                table.sealed_memtable_count() >= SEALED_MAX || table.tree.l0_run_count() >= FIRST_LEVEL_MAX
            });
            // Workers that have stopped make no room: the write is refused then.
            if !is_behind || self.db.persist(PersistMode::Buffer).is_err() {
                return next;
            }
            drop(next);
            std::thread::sleep(ROOM_POLL);
        }
    }

    /// The ticket of the last batch: waiting for it makes durable all that was read so far.
    #[must_use]
    pub fn last_ticket(&self) -> Ticket {
        self.group.last()
    }

    /// Returns when the ticket's batch, and all before it, are durable. Concurrent calls share one fsync.
    ///
    /// # Errors
    /// What the disk says; later writes are refused then.
    pub fn sync(&self, ticket: Ticket) -> Result<()> {
        self.group.wait(ticket, || {
            self.fault(FaultPoint::Sync)?;
            self.persist()
        })
    }

    /// Makes all that is written durable, and then known as acknowledged.
    fn persist(&self) -> Result<()> {
        let records = self.chain.as_ref().map(Chain::take_pending);
        self.db.persist(PersistMode::SyncData).map_err(|e| self.error("cannot sync", e))?;
        match (&self.chain, records) {
            (Some(chain), Some(records)) => chain.append(&records),
            _ => Ok(()),
        }
    }

    /// What was acknowledged and is missing, where the folder is open for reading all the same.
    #[must_use]
    pub fn damage(&self) -> Option<Error> {
        let message = self.damage.clone()?;
        Some(Error::new(ErrorKind::Corrupt, message).mend(DOCTOR))
    }

    /// The highest mark that was acknowledged, where the folder lacked something and was taken as it is, and no change was made
    /// since. No number up to it may be given again, nor any other that was given and may be in a part of the tables.
    #[must_use]
    pub const fn taken_over(&self) -> Option<u64> {
        self.taken_over
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn what(&self) -> &'static str {
        self.layout.what
    }

    pub(crate) fn table_name(&self, place: usize) -> &'static str {
        self.layout.tables.get(place).map_or("?", |table| table.name)
    }

    /// What it means that the folder's files are not what was written.
    pub(crate) fn corrupt(&self, why: &str) -> Error {
        let message = format!("{} in `{}` is damaged: {why}", self.layout.what, self.path.display());
        Error::new(ErrorKind::Corrupt, message).mend(DOCTOR)
    }

    /// Sets the highest mark found on opening.
    pub fn recovered(&self, mark: u64) {
        self.group.recovered(mark);
    }

    /// The highest mark up to which everything is known to be durable.
    #[must_use]
    pub fn durable_mark(&self) -> u64 {
        self.group.durable_mark()
    }

    /// Fsyncs so far, to show that they are shared.
    #[must_use]
    pub fn fsyncs(&self) -> u64 {
        self.group.fsyncs()
    }

    /// Bytes on disk.
    ///
    /// # Errors
    /// What the disk says.
    pub fn bytes(&self) -> Result<u64> {
        self.db.disk_space().map_err(|e| self.error("cannot measure", e))
    }

    /// An error of the library, with what was being done to this folder.
    #[must_use]
    pub fn error(&self, doing: &str, error: fjall::Error) -> Error {
        storage_error(&format!("{doing} {} in `{}`", self.layout.what, self.path.display()), error)
    }

    fn fault(&self, point: FaultPoint) -> Result<()> {
        match &self.faults {
            Some(faults) => faults(point).map_err(|e| {
                Error::io(&format!("cannot write {} in `{}`", self.layout.what, self.path.display()), e)
            }),
            None => Ok(()),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.check().is_ok() {
            // Changes that nobody waited for: without their records the next opening finds the tables ahead.
            if self.chain.as_ref().is_some_and(Chain::has_pending)
                && let Err(error) = self.persist()
            {
                tracing::warn!(%error, "the last changes of {} are not on disk yet", self.layout.what);
            }
            settle(&self.db, &self.tables.iter().chain([&self.own]).collect::<Vec<_>>());
        }
    }
}

/// The folder's own table, and those of its layout.
fn tables_of(db: &Database, layout: &Layout, path: &Path, what: &str) -> Result<(Keyspace, Vec<Keyspace>)> {
    let failed = |e| opening_error(what, e);
    let own = db.keyspace(FOLDER_TABLE, KeyspaceCreateOptions::default).map_err(failed)?;
    check_format(db, &own, layout, path)?;
    let tables = layout.tables.iter().map(|table| db.keyspace(table.name, || options(table)).map_err(failed));
    Ok((own, tables.collect::<Result<_>>()?))
}

fn options(table: &Table) -> KeyspaceCreateOptions {
    let separated = table.separated_from.map(|n| KvSeparationOptions::default().separation_threshold(n));
    let options =
        KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES).with_kv_separation(separated);
    if table.compressed_already {
        options.data_block_compression_policy(CompressionPolicy::disabled())
    } else {
        options.data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4))
    }
}

fn check_format(db: &Database, own: &Keyspace, layout: &Layout, path: &Path) -> Result<()> {
    let failed = |e| storage_error(&format!("cannot open {} in `{}`", layout.what, path.display()), e);
    let wanted = layout.format.to_be_bytes();
    match own.get(FORMAT_KEY).map_err(failed)? {
        Some(found) if *found == wanted => Ok(()),
        Some(found) => {
            let version: Option<[u8; 4]> = (*found).try_into().ok();
            let version = version.map_or_else(|| "?".to_owned(), |v| u32::from_be_bytes(v).to_string());
            Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "{} in `{}` has the format `{version}`, and this program knows `{}`",
                    layout.what,
                    path.display(),
                    layout.format
                ),
            )
            .mend("open it with the program that wrote it, or migrate it"))
        }
        None => {
            own.insert(FORMAT_KEY, wanted).map_err(failed)?;
            db.persist(PersistMode::SyncAll).map_err(failed)
        }
    }
}
