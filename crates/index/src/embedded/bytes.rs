//! Reading and writing of our own bytes: every read is checked, a broken file is an error and never a panic.

use rushes_types::{Error, ErrorKind, Result};

/// What a broken file is: which one, and how to mend it.
pub(crate) fn corrupt(file: &str, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Corrupt, format!("`{file}` is not what was written ({what})"))
        .mend("run `rushes rebuild` to make the index anew")
}

/// Writes a number in 7-bit groups, the lowest first.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Writes a length and the bytes.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads forward; `None` where the bytes end early.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    #[inline]
    pub fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        let mut shift = 0_u32;
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    pub fn varint_u32(&mut self) -> Option<u32> {
        u32::try_from(self.varint()?).ok()
    }

    pub fn length(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?).ok()
    }

    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

/// The number at a place of a list of `u32`.
pub(crate) fn u32_at(list: &[u8], at: usize) -> Option<u32> {
    let from = at.checked_mul(4)?;
    list.get(from..)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))
}

/// The number at a place of a list of `u64`.
pub(crate) fn u64_at(list: &[u8], at: usize) -> Option<u64> {
    let from = at.checked_mul(8)?;
    list.get(from..)?.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes))
}

/// A position in memory from a position in a file.
pub(crate) fn index(value: u64) -> Option<usize> {
    usize::try_from(value).ok()
}

/// A number that fits 32 bits by the limits of a segment.
///
/// # Errors
/// A mistake of ours where it does not.
pub(crate) fn small(value: usize) -> Result<u32> {
    u32::try_from(value)
        .map_err(|_| Error::bug(format!("`{value}` things in one segment")).mend("it holds fewer"))
}
