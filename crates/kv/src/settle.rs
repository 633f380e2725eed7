//! Closing: flushes the tables, so that the next opening has no journal to replay.

use std::time::{Duration, Instant};

use fjall::{AbstractTree, Database, Keyspace};

/// Unflushed writes that are cheaper to replay than to flush, in bytes. Commands that write a line must not leave a
/// table file each.
const SETTLE_BYTES_MIN: u64 = 4 << 20;
/// How long closing may take: what is not flushed by then is replayed, and nothing is lost.
const SETTLE_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(2);

/// Flushes the tables of a database that is about to be closed, where that is worth it. Failures are left to the
/// next opening: the journal holds everything.
pub(crate) fn settle(db: &Database, tables: &[&Keyspace]) {
    let unflushed: u64 = tables.iter().map(|table| table.tree.active_memtable().size()).sum();
    if unflushed < SETTLE_BYTES_MIN {
        return;
    }
    let until = Instant::now() + SETTLE_MAX;
    let rotated = tables.iter().all(|table| table.rotate_memtable().is_ok());
    let pending = || db.outstanding_flushes() > 0 || tables.iter().any(|t| t.sealed_memtable_count() > 0);
    while rotated && pending() && Instant::now() < until {
        std::thread::sleep(POLL);
    }
}
