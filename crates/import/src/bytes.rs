//! From the bytes of a file to UTF-8 text: gzip is unpacked, byte order marks are taken off, UTF-16 is decoded.
//!
//! What a file is, is read from its first bytes and not from its name: no text begins with the mark of gzip. UTF-8
//! is not checked here but row by row, so that one bad byte costs one row.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

const GZIP_MARK: [u8; 2] = [0x1f, 0x8b];
const UTF8_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const UTF16_LITTLE_MARK: [u8; 2] = [0xff, 0xfe];
const UTF16_BIG_MARK: [u8; 2] = [0xfe, 0xff];
/// UTF-16 is decoded in pieces of this many bytes.
const PIECE_BYTES: usize = 16 * 1024;

/// Bytes handed out since a row began; a reader stops when they pass `limit`.
#[derive(Debug, Clone)]
pub(crate) struct RowMeter {
    since: Rc<Cell<u64>>,
    limit: u64,
}

impl RowMeter {
    pub(crate) fn new(limit: u64) -> RowMeter {
        RowMeter { since: Rc::new(Cell::new(0)), limit }
    }

    /// A row has been read whole.
    pub(crate) fn row_done(&self) {
        self.since.set(0);
    }
}

/// Hands bytes on until a row or the file is too long, and counts the double quotes that pass.
pub(crate) struct Metered<R> {
    inner: R,
    meter: RowMeter,
    quotes: Rc<Cell<u64>>,
}

impl<R: Read> Metered<R> {
    pub(crate) fn new(inner: R, meter: RowMeter, quotes: Rc<Cell<u64>>) -> Metered<R> {
        Metered { inner, meter, quotes }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.meter.since.get() > self.meter.limit {
            return Err(io::Error::other(format!("a row is longer than {} bytes", self.meter.limit)));
        }
        let count = self.inner.read(out)?;
        self.meter.since.set(self.meter.since.get() + count as u64);
        let quotes = out[..count].iter().filter(|byte| **byte == b'"').count();
        self.quotes.set(self.quotes.get() + quotes as u64);
        Ok(count)
    }
}

/// The text of a file, at most `file_bytes` of it; more is an error.
pub(crate) fn open<'r>(reader: impl Read + 'r, file_bytes: u64) -> io::Result<Box<dyn BufRead + 'r>> {
    let (head, reader) = peek(reader)?;
    if head.starts_with(&GZIP_MARK) {
        let unpacked = flate2::read::MultiGzDecoder::new(reader);
        let (head, unpacked) = peek(Capped { inner: unpacked, left: file_bytes, limit: file_bytes })?;
        return Ok(decode(&head, unpacked));
    }
    let capped = Capped { inner: reader, left: file_bytes, limit: file_bytes };
    Ok(decode(&head, capped))
}

fn decode<'r>(head: &[u8], reader: impl Read + 'r) -> Box<dyn BufRead + 'r> {
    if head.starts_with(&UTF8_MARK) {
        return Box::new(BufReader::new(Skip { inner: reader, left: UTF8_MARK.len() }));
    }
    let big_endian = head.starts_with(&UTF16_BIG_MARK);
    if big_endian || head.starts_with(&UTF16_LITTLE_MARK) {
        let inner = Skip { inner: reader, left: UTF16_BIG_MARK.len() };
        return Box::new(BufReader::new(Utf16 {
            inner,
            big_endian,
            odd_byte: None,
            high: None,
            text: Cursor::new(Vec::new()),
        }));
    }
    Box::new(BufReader::new(reader))
}

/// The first bytes of a reader, and the reader as it was.
fn peek<R: Read>(mut reader: R) -> io::Result<(Vec<u8>, io::Chain<Cursor<Vec<u8>>, R>)> {
    let mut head = Vec::new();
    reader.by_ref().take(UTF8_MARK.len() as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(reader)))
}

/// Leaves out the first bytes.
struct Skip<R> {
    inner: R,
    left: usize,
}

impl<R: Read> Read for Skip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.left > 0 {
            let mut mark = [0; UTF8_MARK.len()];
            let count = self.inner.read(&mut mark[..self.left])?;
            if count == 0 {
                return Ok(0);
            }
            self.left -= count;
        }
        self.inner.read(out)
    }
}

/// Ends with an error, not silently, where there is more than is allowed.
struct Capped<R> {
    inner: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::other(format!("the file is longer than {} bytes once unpacked", self.limit))
        })?;
        Ok(count)
    }
}

/// UTF-16 as UTF-8. Half a character is an error: putting a mark in its place would change what was said.
struct Utf16<R> {
    inner: R,
    big_endian: bool,
    odd_byte: Option<u8>,
    high: Option<u16>,
    text: Cursor<Vec<u8>>,
}

impl<R: Read> Utf16<R> {
    /// Decodes the next piece; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        let invalid = || io::Error::new(io::ErrorKind::InvalidData, "the text is not valid UTF-16");
        let mut piece = [0; PIECE_BYTES];
        let count = self.inner.read(&mut piece)?;
        if count == 0 {
            return if self.odd_byte.is_some() || self.high.is_some() { Err(invalid()) } else { Ok(false) };
        }
        let mut bytes: Vec<u8> = self.odd_byte.take().into_iter().collect();
        bytes.extend_from_slice(&piece[..count]);
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        let pairs = bytes.chunks_exact(2);
        self.odd_byte = pairs.remainder().first().copied();
        units.extend(pairs.map(|pair| {
            let pair = [pair[0], pair[1]];
            if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        }));
        if units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            self.high = units.pop();
        }
        let text: Result<String, _> = char::decode_utf16(units).collect();
        self.text = Cursor::new(text.map_err(|_| invalid())?.into_bytes());
        Ok(true)
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let count = self.text.read(out)?;
            if count > 0 || !self.fill()? {
                return Ok(count);
            }
        }
    }
}
