//! The bytes of stored records: numbers as LEB128, text and lists with their length in front.
//!
//! Written by hand, so that what lies on disk is fixed by this file and [`super::records`], and not by the
//! shape of a Rust type. Reading never panics and never trusts a length.

use std::collections::BTreeMap;

use rushes_types::{Attributes, Error, ErrorKind, Result, Value, limits::JSON_DEPTH_MAX};

/// Deepest nesting of an attribute that is written.
const DEPTH_MAX: usize = 2 * JSON_DEPTH_MAX;

/// Writes a record.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

/// Reads a record.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

/// Stored bytes are not what was written.
pub fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("a record of the annotation store is damaged ({what})"))
        .mend("restore a backup")
}

impl Writer {
    /// The bytes.
    pub fn done(self) -> Vec<u8> {
        self.0
    }

    /// A byte.
    pub fn u8(&mut self, n: u8) {
        self.0.push(n);
    }

    /// Yes or no.
    pub fn bool(&mut self, b: bool) {
        self.u8(u8::from(b));
    }

    /// A number, in as few bytes as it needs.
    pub fn uint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push((n as u8 & 0x7f) | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    /// Zigzag, so that small negative numbers stay short.
    pub fn int(&mut self, n: i64) {
        self.uint((n.wrapping_shl(1) ^ (n >> 63)).cast_unsigned());
    }

    /// A number of 128 bits.
    pub fn u128(&mut self, n: u128) {
        self.0.extend_from_slice(&n.to_be_bytes());
    }

    /// Bytes as they are; whoever reads must know how many.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Text, its length in front.
    pub fn text(&mut self, text: &str) {
        self.uint(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    /// A value that may be missing.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// Text that may be missing.
    pub fn opt_text(&mut self, text: Option<&String>) {
        self.option(text, |w, t| w.text(t));
    }

    /// A number that may be missing.
    pub fn opt_int(&mut self, n: Option<i64>) {
        self.option(n, Self::int);
    }

    /// Attributes.
    ///
    /// # Errors
    /// Invalid where they are nested too deep.
    pub fn attributes(&mut self, attributes: &Attributes) -> Result<()> {
        self.map(attributes, 0)
    }

    fn map(&mut self, map: &Attributes, depth: usize) -> Result<()> {
        self.uint(map.len() as u64);
        for (name, value) in map {
            self.text(name);
            self.value(value, depth)?;
        }
        Ok(())
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<()> {
        if depth > DEPTH_MAX {
            return Err(
                Error::invalid(format!("attributes are nested deeper than {DEPTH_MAX}")).mend("flatten them")
            );
        }
        match value {
            Value::Null => self.u8(0),
            Value::Bool(b) => self.u8(1 + u8::from(*b)),
            Value::Int(n) => {
                self.u8(3);
                self.int(*n);
            }
            Value::Float(x) => {
                self.u8(4);
                self.bytes(&x.to_bits().to_be_bytes());
            }
            Value::Text(t) => {
                self.u8(5);
                self.text(t);
            }
            Value::List(list) => {
                self.u8(6);
                self.uint(list.len() as u64);
                for value in list {
                    self.value(value, depth + 1)?;
                }
            }
            Value::Map(map) => {
                self.u8(7);
                self.map(map, depth + 1)?;
            }
        }
        Ok(())
    }
}

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What is left.
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(corrupt("too long")) }
    }

    /// Is nothing left?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// Corrupt where there are fewer; so with all that read.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or_else(|| corrupt("cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| corrupt("cut short"))
    }

    /// A byte.
    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// Yes or no.
    pub fn bool(&mut self) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(corrupt("neither yes nor no")),
        }
    }

    /// A number.
    pub fn uint(&mut self) -> Result<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(corrupt("a number too long"))
    }

    /// A number of 32 bits.
    pub fn uint32(&mut self) -> Result<u32> {
        u32::try_from(self.uint()?).map_err(|_| corrupt("a number too large"))
    }

    /// A number with a sign.
    pub fn int(&mut self) -> Result<i64> {
        let n = self.uint()?;
        Ok((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }

    /// A number of 128 bits.
    pub fn u128(&mut self) -> Result<u128> {
        Ok(u128::from_be_bytes(self.array()?))
    }

    /// Text.
    pub fn text(&mut self) -> Result<&'a str> {
        let length = usize::try_from(self.uint()?).map_err(|_| corrupt("a text too long"))?;
        std::str::from_utf8(self.take(length)?).map_err(|_| corrupt("text that is none"))
    }

    /// A value that may be missing.
    pub fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if self.bool()? { Ok(Some(read(self)?)) } else { Ok(None) }
    }

    /// Text that may be missing.
    pub fn opt_text(&mut self) -> Result<Option<String>> {
        self.option(|r| Ok(r.text()?.to_owned()))
    }

    /// A number that may be missing.
    pub fn opt_int(&mut self) -> Result<Option<i64>> {
        self.option(Self::int)
    }

    /// Attributes.
    pub fn attributes(&mut self) -> Result<Attributes> {
        self.map(0)
    }

    fn map(&mut self, depth: usize) -> Result<Attributes> {
        let mut map = BTreeMap::new();
        for _ in 0..self.uint()? {
            let name = self.text()?.to_owned();
            map.insert(name, self.value(depth)?);
        }
        Ok(map)
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        if depth > DEPTH_MAX {
            return Err(corrupt("attributes nested too deep"));
        }
        Ok(match self.u8()? {
            0 => Value::Null,
            1 => Value::Bool(false),
            2 => Value::Bool(true),
            3 => Value::Int(self.int()?),
            4 => Value::Float(f64::from_bits(u64::from_be_bytes(self.array()?))),
            5 => Value::Text(self.text()?.to_owned()),
            6 => {
                let mut list = Vec::new();
                for _ in 0..self.uint()? {
                    list.push(self.value(depth + 1)?);
                }
                Value::List(list)
            }
            7 => Value::Map(self.map(depth + 1)?),
            _ => return Err(corrupt("an attribute of no known kind")),
        })
    }
}
