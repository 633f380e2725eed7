//! The file of a chain: appended to, and read from its end.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rushes_types::{Error, Result};
use xxhash_rust::xxh3::xxh3_64;

use super::record::{ChainRecord, RECORD_BYTES_MAX, RecordKind};
use crate::paths::{beside, sync_parent};
use crate::there::if_there;

const MAGIC: &[u8; 8] = b"RUSHCHN1";
const HEADER_BYTES: usize = 32;
/// A chain longer than this, in bytes, goes on in a new file; the one before is kept beside it.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Bytes read at once.
const READ_BYTES: u64 = 1 << 20;

/// What a chain's file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChainState {
    /// There is none.
    Missing,
    /// There is one that cannot be a chain.
    Unreadable,
    /// A chain.
    Read {
        /// Whose it is.
        identity: u128,
        /// The last whole record.
        last: Option<ChainRecord>,
        /// Where whole records end.
        end: u64,
        /// Bytes after them: more than one record cut short means damage.
        after: u64,
    },
}

/// A chain that is appended to.
#[derive(Debug)]
pub(crate) struct ChainFile {
    file: File,
    path: PathBuf,
    length: u64,
}

fn failed(doing: &str, path: &Path, e: std::io::Error) -> Error {
    Error::io(&format!("cannot {doing} the chain of changes `{}`", path.display()), e)
}

fn header(identity: u128) -> Vec<u8> {
    let mut bytes = [MAGIC.as_slice(), &identity.to_le_bytes()].concat();
    let sum = xxh3_64(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

fn identity_of(bytes: &[u8]) -> Option<u128> {
    let (magic, rest) = bytes.split_first_chunk::<8>()?;
    let (identity, sum) = rest.split_first_chunk::<16>()?;
    let sum = u64::from_le_bytes(*sum.first_chunk::<8>()?);
    let is_whole = magic == MAGIC && sum == xxh3_64(bytes.get(..24)?);
    is_whole.then(|| u128::from_le_bytes(*identity))
}

impl ChainFile {
    /// Reads the end of a chain; all of it only where its end is not whole.
    pub(crate) fn state(path: &Path) -> Result<ChainState> {
        let failed = |e| failed("read", path, e);
        let Some(mut file) = if_there(File::open(path)).map_err(failed)? else {
            return Ok(ChainState::Missing);
        };
        let length = file.metadata().map_err(failed)?.len();
        let mut head = Vec::new();
        Read::by_ref(&mut file).take(HEADER_BYTES as u64).read_to_end(&mut head).map_err(failed)?;
        let Some(identity) = identity_of(&head) else { return Ok(ChainState::Unreadable) };
        let from = length.saturating_sub(RECORD_BYTES_MAX as u64).max(HEADER_BYTES as u64);
        file.seek(SeekFrom::Start(from)).map_err(failed)?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail).map_err(failed)?;
        if let Some(last) = ChainRecord::decode_last(&tail) {
            return Ok(ChainState::Read { identity, last: Some(last), end: length, after: 0 });
        }
        let mut last = None;
        let end = each_record(path, &mut |record| last = Some(record))?;
        Ok(ChainState::Read { identity, last, end, after: length.saturating_sub(end) })
    }

    /// Goes on after the whole records of a chain; what a crash cut short is dropped.
    pub(crate) fn resume(path: &Path, end: u64) -> Result<Self> {
        let failed = |e| failed("open", path, e);
        let mut file = OpenOptions::new().write(true).open(path).map_err(failed)?;
        file.set_len(end).map_err(failed)?;
        file.seek(SeekFrom::Start(end)).map_err(failed)?;
        Ok(Self { file, path: path.to_owned(), length: end })
    }

    /// Begins a chain with some records; what lies there is kept under another name. Whoever is cut off leaves the one chain or the
    /// other, whole.
    pub(crate) fn begin(path: &Path, identity: u128, records: &[ChainRecord]) -> Result<Self> {
        let failed = |e| failed("begin", path, e);
        let (new, earlier) = (beside(path, ".new"), beside(path, ".earlier"));
        if_there(fs::remove_file(&new)).map_err(failed)?;
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&new).map_err(failed)?;
        let mut bytes = header(identity);
        bytes.extend(records.iter().flat_map(ChainRecord::encode));
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        if path.exists() {
            if_there(fs::remove_file(&earlier)).map_err(failed)?;
            // Not every file system has hard links.
            fs::hard_link(path, &earlier).or_else(|_| fs::copy(path, &earlier).map(drop)).map_err(failed)?;
        }
        fs::rename(&new, path).map_err(failed)?;
        sync_parent(path).map_err(failed)?;
        Ok(Self { file, path: path.to_owned(), length: bytes.len() as u64 })
    }

    /// Is it so long that it should go on in a new file?
    pub(crate) const fn is_full(&self) -> bool {
        self.length > FILE_BYTES_MAX
    }

    /// Appends records, durably.
    pub(crate) fn append(&mut self, records: &[ChainRecord]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let bytes: Vec<u8> = records.iter().flat_map(ChainRecord::encode).collect();
        self.file
            .write_all(&bytes)
            .and_then(|()| self.file.sync_data())
            .map_err(|e| failed("write", &self.path, e))?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

/// Gives every whole record up to the first that is not; returns where they end.
pub(crate) fn each_record(path: &Path, each: &mut dyn FnMut(ChainRecord)) -> Result<u64> {
    let failed = |e| failed("read", path, e);
    let mut file = File::open(path).map_err(failed)?;
    file.seek(SeekFrom::Start(HEADER_BYTES as u64)).map_err(failed)?;
    let (mut bytes, mut at, mut end) = (Vec::new(), 0, HEADER_BYTES as u64);
    loop {
        while let Some((record, length)) = bytes.get(at..).and_then(ChainRecord::decode) {
            each(record);
            at += length;
            end += length as u64;
        }
        bytes.drain(..at);
        at = 0;
        let read = Read::by_ref(&mut file).take(READ_BYTES).read_to_end(&mut bytes).map_err(failed)?;
        // More than the longest record, and none is whole: the rest is damaged.
        if read == 0 || bytes.len() > RECORD_BYTES_MAX + READ_BYTES as usize {
            return Ok(end);
        }
    }
}

/// Is every record's link that of its content and of the record before? Gives the number of the first change of which that
/// is not true.
pub(crate) fn first_broken_link(path: &Path) -> Result<Option<u64>> {
    let mut before: Option<ChainRecord> = None;
    let mut broken = None;
    let ends_whole = matches!(ChainFile::state(path)?, ChainState::Read { after: 0, .. });
    let length = fs::metadata(path).map_err(|e| failed("read", path, e))?.len();
    let end = each_record(path, &mut |record| {
        let follows = match (&before, record.kind) {
            (_, RecordKind::Base) => true,
            (Some(before), RecordKind::Change) => {
                record.sequence == before.sequence.saturating_add(1)
                    && record.link == record.link_after(before.link)
            }
            (None, RecordKind::Change) => record.sequence == 1 && record.link == record.link_after(0),
        };
        if !follows {
            broken.get_or_insert(record.sequence);
        }
        before = Some(record);
    })?;
    if ends_whole && end < length {
        // A record in the middle cannot be read, for the last one can.
        broken.get_or_insert(before.as_ref().map_or(1, |last| last.sequence.saturating_add(1)));
    }
    Ok(broken)
}
