//! The chain of changes: what was acknowledged, known outside of the tables that may be damaged.
//!
//! A log-structured store that finds its journal cut short opens with what is left, and nobody is told. So every batch carries a
//! *stamp* (its number, a link, and in each table it touches the number again), and once the batch is durable a record with
//! the same number and link is appended to a file beside the folder, durably, before the batch is acknowledged. Each link is
//! a checksum of the record and of the link before, so a record says all that came before it. On opening the two are
//! compared, which takes one look at either end, however long they are:
//!
//! * The tables hold more than the chain: a crash came before the last records. Nothing was acknowledged, nothing is wrong; if
//!   they went on from the chain's last record, which the links of late changes show, kept in the tables.
//! * The tables hold less, or something else: what was acknowledged is missing. The folder is put back as it was found
//!   (the store below shortens journals as it opens them), and opening fails, unless told otherwise.
//!
//! The order matters: a record that came before its batch was durable would call every crash damage.

mod file;
mod judge;
mod record;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rushes_types::Result;

pub(crate) use self::file::{ChainFile, ChainState, each_record, first_broken_link};
pub(crate) use self::judge::{Damage, HeldLink, Stamp, Verdict, judge};
pub use self::record::{ChainRecord, NOTE_BYTES_MAX, RecordKind};

/// What is done with a folder that lacks what was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDamage {
    /// It is left as it is, and not opened.
    #[default]
    Refuse,
    /// It is opened for reading, and left as it is.
    ReadOnly,
    /// It is taken as it is, and goes on from there; the files as they were found are kept beside it.
    Accept,
}

/// How a folder's changes are guarded.
#[derive(Clone)]
pub struct Guard {
    /// The file of the chain, beside the folder.
    pub path: PathBuf,
    /// Whose folder this is: another one's is refused.
    pub identity: u128,
    /// Says the time in milliseconds since 1970.
    pub now_ms: fn() -> u64,
    /// Shows such a time to people.
    pub show_time: fn(u64) -> String,
    /// Says in words what a record's note means.
    pub describe: fn(&[u8]) -> String,
    /// What is done with damage.
    pub on_damage: OnDamage,
    /// Are the files held while it is opened, so that a damaged folder stays as it was found? Of no use where all can be made
    /// again.
    pub holds_files: bool,
}

/// The changes of an open folder.
pub(crate) struct Chain {
    pub guard: Guard,
    state: Mutex<State>,
    file: Mutex<ChainFile>,
}

struct State {
    stamp: Stamp,
    /// Written, and not known to be durable.
    pending: Vec<ChainRecord>,
}

impl Chain {
    pub(crate) fn new(guard: Guard, stamp: Stamp, file: ChainFile) -> Self {
        Self { guard, state: Mutex::new(State { stamp, pending: Vec::new() }), file: Mutex::new(file) }
    }

    /// Begins a change. Changes are numbered in the order in which they are begun, so only one is under way at a time.
    pub(crate) fn next(&self) -> NextChange<'_> {
        // A change that broke off has altered nothing: see `NextChange::written`.
        NextChange { chain: self, state: self.state.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Takes the records of all changes that are written.
    pub(crate) fn take_pending(&self) -> Vec<ChainRecord> {
        std::mem::take(&mut self.next().state.pending)
    }

    /// Is a change written whose record is not?
    pub(crate) fn has_pending(&self) -> bool {
        !self.next().state.pending.is_empty()
    }

    /// Records durable changes as acknowledged.
    pub(crate) fn append(&self, records: &[ChainRecord]) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.append(records)?;
        let Some(last) = records.last().filter(|_| file.is_full()) else { return Ok(()) };
        let base =
            ChainRecord { kind: RecordKind::Base, mark: 0, content: 0, note: Vec::new(), ..last.clone() };
        *file = ChainFile::begin(&self.guard.path, self.guard.identity, &[base])?;
        Ok(())
    }
}

/// A change that is being written.
pub(crate) struct NextChange<'a> {
    chain: &'a Chain,
    state: MutexGuard<'a, State>,
}

impl NextChange<'_> {
    /// The stamp of the change, and its record. `touched` has one bit for each table.
    pub(crate) fn describe(
        &self,
        content: u128,
        touched: u64,
        mark: u64,
        note: Vec<u8>,
    ) -> (Stamp, ChainRecord) {
        let before = &self.state.stamp;
        let mut note = note;
        note.truncate(NOTE_BYTES_MAX);
        let mut record = ChainRecord {
            kind: RecordKind::Change,
            sequence: before.sequence.saturating_add(1),
            at_ms: (self.chain.guard.now_ms)(),
            mark,
            content,
            link: 0,
            note,
        };
        record.link = record.link_after(before.link);
        let mut stamp = Stamp { sequence: record.sequence, link: record.link, ..before.clone() };
        for (place, table) in stamp.tables.iter_mut().enumerate() {
            if touched >> place & 1 != 0 {
                *table = record.sequence;
            }
        }
        (stamp, record)
    }

    /// The change is in the journal.
    pub(crate) fn written(mut self, stamp: Stamp, record: ChainRecord) {
        self.state.stamp = stamp;
        self.state.pending.push(record);
    }
}
