//! The parts that all encodings are made of.

use std::collections::BTreeMap;

use rushes_types::limits::JSON_DEPTH_MAX;
use rushes_types::{Attributes, Error, ErrorKind, Result, TimeRange, Value};

/// A damaged row.
pub(super) fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("a stored row is damaged: {what}")).mend("rebuild what is derived")
}

/// Writes parts to the end of a buffer.
pub(super) struct Writer<'a>(pub &'a mut Vec<u8>);

impl Writer<'_> {
    pub fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub fn varint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push((n & 0x7f) as u8 | 0x80);
            n >>= 7;
        }
        self.0.push((n & 0x7f) as u8);
    }

    pub fn signed(&mut self, n: i64) {
        self.varint((n.cast_unsigned() << 1) ^ (n >> 63).cast_unsigned());
    }

    pub fn fixed(&mut self, n: u64) {
        self.0.extend_from_slice(&n.to_le_bytes());
    }

    pub fn float(&mut self, x: f64) {
        self.fixed(x.to_bits());
    }

    pub fn text(&mut self, text: &str) {
        self.varint(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub fn maybe_text(&mut self, text: Option<&str>) {
        self.byte(u8::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    pub fn maybe_signed(&mut self, n: Option<i64>) {
        self.byte(u8::from(n.is_some()));
        if let Some(n) = n {
            self.signed(n);
        }
    }

    pub fn maybe_float(&mut self, x: Option<f64>) {
        self.byte(u8::from(x.is_some()));
        if let Some(x) = x {
            self.float(x);
        }
    }

    pub fn range(&mut self, range: TimeRange) {
        self.varint(range.start_ns().unsigned_abs());
        self.varint(range.duration_ns().unsigned_abs());
    }

    pub fn attributes(&mut self, map: &Attributes) {
        self.varint(map.len() as u64);
        for (name, value) in map {
            self.text(name);
            self.value(value);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.byte(0),
            Value::Bool(b) => self.bytes(&[1, u8::from(*b)]),
            Value::Int(i) => {
                self.byte(2);
                self.signed(*i);
            }
            Value::Float(x) => {
                self.byte(3);
                self.float(*x);
            }
            Value::Text(t) => {
                self.byte(4);
                self.text(t);
            }
            Value::List(list) => {
                self.byte(5);
                self.varint(list.len() as u64);
                for item in list {
                    self.value(item);
                }
            }
            Value::Map(map) => {
                self.byte(6);
                self.attributes(map);
            }
        }
    }
}

/// Adds encoded attributes to `out`.
pub fn encode_attributes(attributes: &Attributes, out: &mut Vec<u8>) {
    Writer(out).attributes(attributes);
}

/// Decodes attributes.
///
/// # Errors
/// [`rushes_types::ErrorKind::Corrupt`] where the bytes are damaged.
pub fn decode_attributes(bytes: &[u8]) -> Result<Attributes> {
    let mut r = Reader(bytes);
    let attributes = r.attributes()?;
    r.end()?;
    Ok(attributes)
}

/// Reads parts from the front of a buffer.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n).ok_or_else(|| corrupt("it is cut off"))?;
        self.0 = tail;
        Ok(head)
    }

    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub fn flag(&mut self) -> Result<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(corrupt("a flag is neither 0 nor 1")),
        }
    }

    pub fn varint(&mut self) -> Result<u64> {
        let mut out = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                break;
            }
            out |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(out);
            }
        }
        Err(corrupt("a number is too long"))
    }

    pub fn signed(&mut self) -> Result<i64> {
        let n = self.varint()?;
        Ok((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| corrupt("it is cut off"))
    }

    pub fn fixed(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn float(&mut self) -> Result<f64> {
        Ok(f64::from_bits(self.fixed()?))
    }

    /// A count of things that take at least `each` bytes: never more than the bytes left allow.
    pub fn count(&mut self, each: usize) -> Result<usize> {
        let n = usize::try_from(self.varint()?).map_err(|_| corrupt("a count is too large"))?;
        if n.checked_mul(each).is_none_or(|bytes| bytes > self.0.len()) {
            return Err(corrupt("a count is larger than what is there"));
        }
        Ok(n)
    }

    pub fn text(&mut self) -> Result<&'a str> {
        let n = self.count(1)?;
        std::str::from_utf8(self.take(n)?).map_err(|_| corrupt("text is no UTF-8"))
    }

    pub fn maybe_text(&mut self) -> Result<Option<&'a str>> {
        if self.flag()? { self.text().map(Some) } else { Ok(None) }
    }

    pub fn maybe_string(&mut self) -> Result<Option<String>> {
        Ok(self.maybe_text()?.map(str::to_owned))
    }

    pub fn maybe_signed(&mut self) -> Result<Option<i64>> {
        if self.flag()? { self.signed().map(Some) } else { Ok(None) }
    }

    pub fn maybe_float(&mut self) -> Result<Option<f64>> {
        if self.flag()? { self.float().map(Some) } else { Ok(None) }
    }

    pub fn range(&mut self) -> Result<TimeRange> {
        let part = |n: u64| i64::try_from(n).map_err(|_| corrupt("a time is too large"));
        let start = part(self.varint()?)?;
        let end = start.checked_add(part(self.varint()?)?).ok_or_else(|| corrupt("a time is too large"))?;
        TimeRange::new(start, end).map_err(|e| corrupt(&e.to_string()))
    }

    pub fn attributes(&mut self) -> Result<Attributes> {
        self.attributes_at(0)
    }

    fn attributes_at(&mut self, depth: usize) -> Result<Attributes> {
        let mut out = BTreeMap::new();
        for _ in 0..self.count(2)? {
            let name = self.text()?.to_owned();
            let value = self.value(depth + 1)?;
            out.insert(name, value);
        }
        Ok(out)
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        if depth > JSON_DEPTH_MAX {
            return Err(corrupt("attributes are nested too deep"));
        }
        Ok(match self.byte()? {
            0 => Value::Null,
            1 => Value::Bool(self.flag()?),
            2 => Value::Int(self.signed()?),
            3 => Value::Float(self.float()?),
            4 => Value::Text(self.text()?.to_owned()),
            5 => {
                let n = self.count(1)?;
                Value::List((0..n).map(|_| self.value(depth + 1)).collect::<Result<_>>()?)
            }
            6 => Value::Map(self.attributes_at(depth)?),
            _ => return Err(corrupt("an attribute is of an unknown kind")),
        })
    }

    /// Nothing may follow.
    pub fn end(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(corrupt("something follows its end")) }
    }
}
