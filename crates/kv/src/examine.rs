//! Examining an open folder: all of it, or what can be told in seconds.

use std::path::Path;

use rushes_types::{Error, Result};

use crate::chain::{ChainFile, Verdict, first_broken_link, judge};
use crate::error::storage_error;
use crate::folder::Folder;
use crate::there::if_there;

/// Bytes read between two reports of progress.
const PROGRESS_BYTES: u64 = 8 << 20;
/// Looks at the files of a table before they count as too few: files come and go while it is compacted.
const LOOKS: usize = 3;

impl Folder {
    /// Is what was acknowledged known apart from the tables?
    #[must_use]
    pub const fn is_guarded(&self) -> bool {
        self.chain.is_some()
    }

    /// Goes through all that the folder holds: every block of every table is read and its checksum tried; the chain, link by
    /// link. Gives what is wrong, in words; `progress` hears how many bytes were read and may break off.
    ///
    /// # Errors
    /// Those of `progress`.
    pub fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        let mut wrong: Vec<String> = self.damage.clone().into_iter().collect();
        let mut read = 0;
        for (place, table) in self.tables.iter().enumerate() {
            for guard in table.iter() {
                match guard.into_inner() {
                    Ok((key, value)) => read += (key.len() + value.len()) as u64,
                    Err(e) => {
                        let error = storage_error(&format!("table `{}`", self.table_name(place)), e);
                        wrong.push(error.message().to_owned());
                        break;
                    }
                }
                if read > PROGRESS_BYTES {
                    progress(std::mem::take(&mut read))?;
                }
            }
        }
        progress(read)?;
        if let Some(chain) = &self.chain {
            let broken = first_broken_link(&chain.guard.path)?;
            wrong.extend(
                broken.map(|n| format!("the chain of changes of {} is broken at change {n}", self.what())),
            );
        }
        Ok(wrong)
    }

    /// What can be told in seconds, whatever the size: whether the end of the chain fits the tables, whether the files are as long
    /// as the tables say, and whether the first and the last row of each table can be read. Gives what is wrong, in words.
    ///
    /// # Errors
    /// Where the disk cannot be read.
    pub fn examine_quickly(&self) -> Result<Vec<String>> {
        let mut wrong: Vec<String> = self.damage.clone().into_iter().collect();
        if let Some(chain) = &self.chain {
            // Read first: the tables are never behind what was acknowledged before.
            let state = ChainFile::state(&chain.guard.path)?;
            let (stamp, tables) = self.stamps()?;
            let held = self.held_link(&state)?;
            match judge(stamp.as_ref(), &tables, &state, held, chain.guard.identity) {
                Verdict::Damaged(damage) => wrong.push(self.say(&damage, &chain.guard)?),
                Verdict::ChainLost => wrong.push(format!("the chain of changes of {} is lost", self.what())),
                Verdict::Same { .. } | Verdict::New | Verdict::Ahead { .. } => {}
            }
        }
        for (place, table) in self.tables.iter().enumerate() {
            let name = self.table_name(place);
            for row in table.first_key_value().into_iter().chain(table.last_key_value()) {
                if let Err(e) = row.into_inner() {
                    wrong.push(storage_error(&format!("table `{name}`"), e).message().to_owned());
                }
            }
            let mut lost = 0;
            for _ in 0..LOOKS {
                let wanted = table.disk_space();
                lost = wanted.saturating_sub(bytes_in(table.path())?);
                if lost == 0 {
                    break;
                }
            }
            if lost > 0 {
                wrong.push(format!("{lost} bytes of the files of table `{name}` are missing"));
            }
        }
        Ok(wrong)
    }
}

/// The length of all files in a folder and the folders in it; those that go meanwhile are not counted.
fn bytes_in(folder: &Path) -> Result<u64> {
    let failed = |e| Error::io(&format!("reading `{}`", folder.display()), e);
    let Some(entries) = if_there(std::fs::read_dir(folder)).map_err(failed)? else { return Ok(0) };
    let mut bytes = 0_u64;
    for entry in entries {
        let entry = entry.map_err(failed)?;
        bytes = bytes.saturating_add(match if_there(entry.metadata()).map_err(failed)? {
            Some(meta) if meta.is_dir() => bytes_in(&entry.path())?,
            meta => meta.map_or(0, |meta| meta.len()),
        });
    }
    Ok(bytes)
}
