//! Purging: rewriting files until no deleted byte is left in any.
//!
//! A log-structured store deletes by writing a marker; the old bytes stay in the journal and in table
//! files until both are rewritten. Table files are rewritten by a full compaction. The journal is only
//! exchanged for a new one when it has grown past a threshold, so padding is written until it has.

use std::time::{Duration, Instant};

use rushes_types::{Error, ErrorKind, Result};

use crate::folder::Folder;
use crate::held;

/// The journal is exchanged at the first flush after it has grown past 64 MB.
const JOURNAL_BYTES: usize = 66 << 20;
const PADDING_BYTES: usize = 1 << 20;
const PADDING_KEY: &[u8] = b"padding";
/// How long to wait until old journals are deleted.
const JOURNALS_GONE_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

impl Folder {
    /// Rewrites the files until no deleted or overwritten byte is left in any. Reads all that is stored;
    /// writers go on, and what they delete is left to the next call.
    ///
    /// # Errors
    /// What the disk says, or Busy where old journals are still needed after a minute.
    pub fn purge(&self) -> Result<()> {
        held::remove_torn(self.path())?;
        self.exchange_journal()?;
        self.flush_all()?;
        for table in self.tables.iter().chain([&self.own]) {
            table.major_compact().map_err(|e| self.error("cannot purge", e))?;
        }
        self.flush_all()?;
        self.wait_for_journals()
    }

    fn exchange_journal(&self) -> Result<()> {
        let padding = vec![0u8; PADDING_BYTES];
        for _ in 0..JOURNAL_BYTES / PADDING_BYTES {
            self.check()?;
            self.own.insert(PADDING_KEY, padding.as_slice()).map_err(|e| self.error("cannot purge", e))?;
        }
        self.own.remove(PADDING_KEY).map_err(|e| self.error("cannot purge", e))?;
        // The flush of any table now exchanges the journal.
        self.flush(&self.own)
    }

    fn flush_all(&self) -> Result<()> {
        for table in self.tables.iter().chain([&self.own]) {
            self.flush(table)?;
        }
        Ok(())
    }

    fn flush(&self, table: &fjall::Keyspace) -> Result<()> {
        // The wait inside never ends once the workers have stopped after a failure.
        self.check()?;
        table.rotate_memtable_and_wait().map_err(|e| self.error("cannot purge", e))
    }

    fn wait_for_journals(&self) -> Result<()> {
        let until = Instant::now() + JOURNALS_GONE_MAX;
        while self.db.journal_count() > 1 {
            if Instant::now() > until {
                return Err(Error::new(
                    ErrorKind::Busy,
                    "old journals are still in use, so erased bytes are left in them",
                )
                .mend("purge again later"));
            }
            std::thread::sleep(POLL);
            // An old journal is dropped once every table has been flushed up to its last row there. Compaction may
            // have taken that very row out again (a removal has nothing left to remove), and then the table looks
            // unflushed until it gets a newer one: so each gets the removal of a row that does not exist.
            for table in self.tables.iter().chain([&self.own]) {
                table.remove(PADDING_KEY).map_err(|e| self.error("cannot purge", e))?;
            }
            self.flush_all()?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Layout, Table};

    #[test]
    fn a_journal_goes_also_where_compaction_took_a_tables_last_row_out_again() {
        const TABLES: &[Table] = &[Table::new("rows"), Table::new("others")];
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout { what: "a test", format: 1, tables: TABLES, cache_bytes: 1 << 20 };
        let folder = Folder::open(dir.path(), layout, None).unwrap();
        let rows = folder.table(0);
        folder.table(1).insert("k", "stays").unwrap();
        rows.insert("k", "secret").unwrap();
        rows.remove("k").unwrap();
        for _ in 0..JOURNAL_BYTES / PADDING_BYTES {
            folder.own.insert(PADDING_KEY, vec![0; PADDING_BYTES]).unwrap();
        }
        // The journal is exchanged and waits for the other table, which then has no row left that says how far it is.
        folder.flush(rows).unwrap();
        rows.major_compact().unwrap();
        assert_eq!(folder.db.journal_count(), 2);
        folder.purge().unwrap();
        assert_eq!(folder.db.journal_count(), 1);
        assert!(rows.is_empty().unwrap());
    }
}
