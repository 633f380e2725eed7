//! From the bytes of a file to UTF-8 text: gzip is unpacked, byte order marks are removed, UTF-16 is decoded, with its
//! mark or without.
//!
//! A file's encoding is detected from its first bytes, not from its name: no text begins with gzip's magic number.
//! UTF-8 is checked later, row by row, so that one bad byte costs one row.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

const GZIP_MARK: [u8; 2] = [0x1f, 0x8b];
const UTF8_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const UTF16_LITTLE_MARK: [u8; 2] = [0xff, 0xfe];
const UTF16_BIG_MARK: [u8; 2] = [0xfe, 0xff];
/// UTF-16 is decoded in pieces of this many bytes.
const PIECE_BYTES: usize = 16 * 1024;

/// Bytes before the current row are dropped once there are this many of them.
const WINDOW_BYTES: usize = 256 * 1024;

/// What is observed of the bytes that the table reader consumes.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    since_row: Cell<u64>,
    quotes: Cell<u64>,
    window: RefCell<Window>,
}

/// The most recent bytes.
#[derive(Debug, Default)]
struct Window {
    first: u64,
    bytes: Vec<u8>,
}

impl Tap {
    /// A row has been read whole.
    pub(crate) fn row_done(&self) {
        self.since_row.set(0);
    }

    /// True where an odd number of double quotes was read.
    pub(crate) fn quotes_are_odd(&self) -> bool {
        self.quotes.get() % 2 == 1
    }

    /// The line ends directly before the first byte of a row: the reader skips blank lines, and the second half of a
    /// `\r\n`, only when it reads on.
    pub(crate) fn newlines_at(&self, place: u64) -> u64 {
        let mut window = self.window.borrow_mut();
        let place = usize::try_from(place.saturating_sub(window.first)).unwrap_or(usize::MAX);
        let place = place.min(window.bytes.len());
        let blank = window.bytes[place..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let newlines = blank.filter(|byte| **byte == b'\n').count() as u64;
        if place > WINDOW_BYTES {
            window.bytes.drain(..place);
            window.first += place as u64;
        }
        newlines
    }
}

/// Passes bytes on until a row is too long, and records them in the tap.
pub(crate) struct Tapped<R> {
    pub inner: R,
    pub tap: Rc<Tap>,
    pub row_bytes: u64,
}

impl<R: Read> Read for Tapped<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.tap.since_row.get() > self.row_bytes {
            return Err(io::Error::other(format!("a row is longer than {} bytes", self.row_bytes)));
        }
        let count = self.inner.read(out)?;
        let quotes = out[..count].iter().filter(|byte| **byte == b'"').count();
        self.tap.since_row.set(self.tap.since_row.get() + count as u64);
        self.tap.quotes.set(self.tap.quotes.get() + quotes as u64);
        self.tap.window.borrow_mut().bytes.extend_from_slice(&out[..count]);
        Ok(count)
    }
}

/// The text of a file, at most `file_bytes` of it; more is an error.
///
/// # Errors
/// Where the first bytes cannot be read.
pub fn open<'r>(reader: impl Read + 'r, file_bytes: u64) -> io::Result<Box<dyn BufRead + 'r>> {
    let (head, reader) = peek(reader)?;
    if head.starts_with(&GZIP_MARK) {
        let unpacked = flate2::read::MultiGzDecoder::new(reader);
        let (head, unpacked) = peek(Capped { inner: unpacked, left: file_bytes, limit: file_bytes })?;
        return Ok(decode(&head, unpacked));
    }
    let capped = Capped { inner: reader, left: file_bytes, limit: file_bytes };
    Ok(decode(&head, capped))
}

/// The bytes of a file in whatever encoding it has: only gzip is unpacked.
///
/// # Errors
/// Where the first bytes cannot be read.
pub fn unpacked<'r>(reader: impl Read + 'r, file_bytes: u64) -> io::Result<Box<dyn BufRead + 'r>> {
    let (head, reader) = peek(reader)?;
    if head.starts_with(&GZIP_MARK) {
        let inner = flate2::read::MultiGzDecoder::new(reader);
        return Ok(Box::new(BufReader::new(Capped { inner, left: file_bytes, limit: file_bytes })));
    }
    Ok(Box::new(BufReader::new(Capped { inner: reader, left: file_bytes, limit: file_bytes })))
}

fn decode<'r>(head: &[u8], reader: impl Read + 'r) -> Box<dyn BufRead + 'r> {
    if head.starts_with(&UTF8_MARK) {
        return Box::new(BufReader::new(Skip { inner: reader, left: UTF8_MARK.len() }));
    }
    let marked = head.starts_with(&UTF16_BIG_MARK) || head.starts_with(&UTF16_LITTLE_MARK);
    // Without its mark UTF-16 shows by the empty half of a first Latin letter; no text has such a byte.
    let (big_bare, little_bare) = match head {
        [first, second, ..] => (*first == 0 && *second != 0, *first != 0 && *second == 0),
        _ => (false, false),
    };
    if marked || big_bare || little_bare {
        let big_endian = head.starts_with(&UTF16_BIG_MARK) || big_bare;
        let inner = Skip { inner: reader, left: if marked { UTF16_BIG_MARK.len() } else { 0 } };
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

/// A reader whose first bytes were peeked at.
type Peeked<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// The first bytes of a reader, and the reader as it was.
fn peek<R: Read>(mut reader: R) -> io::Result<(Vec<u8>, Peeked<R>)> {
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

/// Fails, instead of ending silently, where the input is longer than allowed.
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

/// UTF-16 as UTF-8. Half a surrogate pair is an error: a replacement character would change the text.
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
