//! The journals of the store below, read before it opens them.
//!
//! That store (fjall 3.1) keeps its batches in files `N.jnl`, of which only the one with the highest number is written to.
//! A batch is a start (tag 1, `u32` count, `u64` number), items (tag 2: one row; tag 4: a table emptied), and an end (tag 3,
//! the `u64` XXH3-64 of its items, four bytes); numbers are little endian. On opening it drops a last batch whose end is not
//! there, and refuses one whose checksum is another. But a power cut can leave a later page of a batch written and an
//! earlier one not. If nobody was told of that batch, this is no damage. So a journal is cut here at its last whole batch;
//! the chain of changes says afterwards whether anything acknowledged was cut.
//!
//! A journal that is full was made durable as a whole before the next one was begun. Where one of those is torn, or a change
//! is missing between two others, bytes were lost that had been on disk. The store below would go on with the next journal,
//! and its last change would be the one that was acknowledged: nobody would be told.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use rushes_types::{Error, Result};
use xxhash_rust::xxh3::Xxh3;

use crate::sparse::end_of_data_from;
use crate::stamp::{STAMP_BYTES_MAX, STAMP_KEY, sequence_of};
use crate::there::if_there;

/// How the names of journals end.
const JOURNAL_ENDING: &str = "jnl";
const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
/// What a batch ends with.
const MAGIC: [u8; 4] = [b'F', b'J', b'L', 3];
/// Of an item: kind, compression, table, lengths of the key, of the value, and of the value as it stands there.
const ITEM_HEAD_BYTES: usize = 1 + 1 + 8 + 2 + 4 + 4;
const BUFFER_BYTES: usize = 1 << 18;

/// Where the whole batches of the journals end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JournalsState {
    /// Where they should.
    Whole,
    /// The last journal has something behind its last whole batch.
    Torn(TornTail),
    /// Bytes are missing that had been on disk.
    Broken {
        /// The journal up to which batches are whole.
        journal: PathBuf,
        /// Where they end in it.
        end: u64,
        /// What is wrong.
        why: String,
    },
}

/// What follows the last whole batch of the last journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TornTail {
    /// The journal.
    pub journal: PathBuf,
    /// Where whole batches end.
    pub begin: u64,
    /// Where only zeros follow.
    pub end: u64,
}

fn failed(path: &Path, e: std::io::Error) -> Error {
    Error::io(&format!("cannot read the journal `{}`", path.display()), e)
}

/// The journals of a folder, in the order in which they were written. Files of that ending whose name is no number are not
/// among them.
fn journals(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = if_there(std::fs::read_dir(folder)).map_err(|e| failed(folder, e))?;
    let Some(entries) = entries else { return Ok(Vec::new()) };
    let mut found: Vec<(u64, PathBuf)> = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| failed(folder, e))?.path();
        let is_journal = path.extension().is_some_and(|ending| ending == JOURNAL_ENDING) && path.is_file();
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        found.extend(number.filter(|_| is_journal).map(|number| (number, path)));
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Reads all journals of a folder.
pub(crate) fn examine(folder: &Path) -> Result<JournalsState> {
    let journals = journals(folder)?;
    let mut last = None;
    for (place, path) in journals.iter().enumerate() {
        let file = File::open(path).map_err(|e| failed(path, e))?;
        let (begin, missing) = whole_batches(&file, &mut last).map_err(|e| failed(path, e))?;
        let broken = |why: String| JournalsState::Broken { journal: path.clone(), end: begin, why };
        if let Some((before, after)) = missing {
            return Ok(broken(format!("change {after} follows change {before}")));
        }
        let end = end_of_data_from(&file, begin).map_err(|e| failed(path, e))?;
        if end == begin {
            continue;
        }
        let name = path.file_name().unwrap_or_default().display();
        if place + 1 < journals.len() {
            return Ok(broken(format!("`{name}` is full and ends within a batch")));
        }
        return Ok(JournalsState::Torn(TornTail { journal: path.clone(), begin, end }));
    }
    Ok(JournalsState::Whole)
}

/// Shortens a journal, durably.
pub(crate) fn cut(journal: &Path, end: u64) -> Result<()> {
    let failed = |e| Error::io(&format!("cannot cut the journal `{}`", journal.display()), e);
    let file = OpenOptions::new().write(true).open(journal).map_err(failed)?;
    file.set_len(end).and_then(|()| file.sync_all()).map_err(failed)
}

/// Leaves of the journals what is whole: cuts one, and removes those that follow it.
pub(crate) fn cut_from(folder: &Path, journal: &Path, end: u64) -> Result<()> {
    for later in journals(folder)?.iter().rev().take_while(|path| *path != journal) {
        std::fs::remove_file(later).map_err(|e| failed(later, e))?;
    }
    cut(journal, end)
}

/// Makes an empty journal in a database that has none. The library goes on counting its batches only where it finds a journal:
/// without one new batches would get numbers that old ones had, and count as older.
pub(crate) fn ensure(folder: &Path) -> Result<()> {
    if !journals(folder)?.is_empty() {
        return Ok(());
    }
    let path = folder.join(format!("0.{JOURNAL_ENDING}"));
    File::create_new(&path).and_then(|file| file.sync_all()).map_err(|e| failed(&path, e))
}

/// Removes all journals.
pub(crate) fn remove_all(folder: &Path) -> Result<()> {
    journals(folder)?.iter().try_for_each(|path| std::fs::remove_file(path).map_err(|e| failed(path, e)))
}

/// What is known of a batch.
struct BatchSeen {
    items: u32,
    /// The change that its stamp names.
    change: Option<u64>,
}

/// Where the whole batches of a journal end, and the changes between which one is missing, if so; the batch after the gap does
/// not count. `last` is the last change seen, in this journal or in one before.
fn whole_batches(file: &File, last: &mut Option<u64>) -> std::io::Result<(u64, Option<(u64, u64)>)> {
    let left = file.metadata()?.len();
    let mut pieces =
        Pieces { file: BufReader::with_capacity(BUFFER_BYTES, file), at: 0, left, buffer: Vec::new() };
    let mut end = 0;
    while let Some(batch) = pieces.batch()? {
        if let Some(change) = batch.change {
            // One that is nothing but a stamp is no change: it says where a folder goes on that was taken as it is.
            let follows = last.is_none_or(|last| change == last.saturating_add(1)) || batch.items == 1;
            if !follows {
                return Ok((end, Some((last.unwrap_or(0), change))));
            }
            *last = Some(change);
        }
        end = pieces.at;
    }
    Ok((end, None))
}

/// A journal, read piece by piece. What cannot be a part of a batch is `None`; errors are those of the disk.
struct Pieces<'a> {
    file: BufReader<&'a File>,
    at: u64,
    left: u64,
    buffer: Vec<u8>,
}

impl Pieces<'_> {
    fn batch(&mut self) -> std::io::Result<Option<BatchSeen>> {
        if self.array::<1>()? != Some([START]) {
            return Ok(None);
        }
        let (Some(items), Some(_)) = (self.array::<4>()?, self.array::<8>()?) else { return Ok(None) };
        let items = u32::from_le_bytes(items);
        let mut sum = Xxh3::new();
        let mut change = None;
        for _ in 0..items {
            match self.item(&mut sum)? {
                Some(found) => change = found.or(change),
                None => return Ok(None),
            }
        }
        let is_end = self.array::<1>()? == Some([END]);
        let (wanted, magic) = (self.array::<8>()?, self.array::<4>()?);
        let is_whole = is_end && wanted == Some(sum.digest().to_le_bytes()) && magic == Some(MAGIC);
        Ok(is_whole.then_some(BatchSeen { items, change }))
    }

    /// One row; where it is the folder's stamp, the change that it names.
    fn item(&mut self, sum: &mut Xxh3) -> std::io::Result<Option<Option<u64>>> {
        let Some([tag]) = self.array::<1>()? else { return Ok(None) };
        sum.update(&[tag]);
        if tag == CLEAR {
            let Some(table) = self.array::<8>()? else { return Ok(None) };
            sum.update(&table);
            return Ok(Some(None));
        }
        let Some(head) = self.array::<ITEM_HEAD_BYTES>()?.filter(|_| tag == ITEM) else { return Ok(None) };
        sum.update(&head);
        let number = |at: usize, bytes: usize| {
            head.iter().skip(at).take(bytes).rev().fold(0u64, |n, byte| n << 8 | u64::from(*byte))
        };
        let (key, written) = (number(10, 2), number(16, 4));
        let is_stamp = key == STAMP_KEY.len() as u64 && written <= STAMP_BYTES_MAX as u64;
        if !is_stamp {
            return Ok(self.hash(key + written, sum)?.then_some(None));
        }
        let length = usize::try_from(key + written).unwrap_or(STAMP_BYTES_MAX);
        let mut row = vec![0; length];
        if !self.fill(&mut row)? {
            return Ok(None);
        }
        sum.update(&row);
        Ok(Some(row.strip_prefix(STAMP_KEY).and_then(sequence_of)))
    }

    fn array<const N: usize>(&mut self) -> std::io::Result<Option<[u8; N]>> {
        let mut bytes = [0; N];
        Ok(self.fill(&mut bytes)?.then_some(bytes))
    }

    /// Fills a piece; `false` where the journal ends before.
    fn fill(&mut self, piece: &mut [u8]) -> std::io::Result<bool> {
        let length = piece.len() as u64;
        if length > self.left {
            return Ok(false);
        }
        self.file.read_exact(piece)?;
        self.at += length;
        self.left -= length;
        Ok(true)
    }

    fn hash(&mut self, length: u64, sum: &mut Xxh3) -> std::io::Result<bool> {
        if length > self.left {
            return Ok(false);
        }
        let mut rest = length;
        let mut buffer = std::mem::take(&mut self.buffer);
        while rest > 0 {
            let piece = usize::try_from(rest).unwrap_or(BUFFER_BYTES).min(BUFFER_BYTES);
            buffer.resize(piece, 0);
            self.fill(&mut buffer)?;
            sum.update(&buffer);
            rest -= piece as u64;
        }
        self.buffer = buffer;
        Ok(true)
    }
}
