//! Reading a format.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use super::{BoolTags, ByteOrder, Bytes, Format};
use crate::error::Result;
use crate::value::{Attributes, Value};

/// Reads the parts of a format from the front of bytes. Every call answers [`Format::corrupt`] where the bytes end early
/// or are not what it reads.
#[derive(Debug)]
pub struct Reader<'a, F>(Bytes<'a>, PhantomData<F>);

const CUT_SHORT: &str = "it is cut short";

impl<'a, F: Format> Reader<'a, F> {
    /// Reads these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(Bytes(bytes), PhantomData)
    }

    /// What is left.
    #[must_use]
    pub const fn rest(self) -> &'a [u8] {
        self.0.0
    }

    /// Is nothing left?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// [`Format::corrupt`] where something is.
    pub fn end(self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(F::corrupt("something follows its end")) }
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// [`Format::corrupt`] where there are fewer.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        self.0.take(n).ok_or_else(|| F::corrupt(CUT_SHORT))
    }

    /// The next bytes.
    ///
    /// # Errors
    /// [`Format::corrupt`] where there are fewer.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.0.array().ok_or_else(|| F::corrupt(CUT_SHORT))
    }

    /// A byte.
    ///
    /// # Errors
    /// [`Format::corrupt`] where there is none.
    pub fn u8(&mut self) -> Result<u8> {
        self.0.u8().ok_or_else(|| F::corrupt(CUT_SHORT))
    }

    /// Yes or no.
    ///
    /// # Errors
    /// [`Format::corrupt`] where it is neither.
    pub fn bool(&mut self) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(F::corrupt("a flag is neither 0 nor 1")),
        }
    }

    /// A number.
    ///
    /// # Errors
    /// [`Format::corrupt`] where it is cut short or does not fit 64 bits.
    pub fn uint(&mut self) -> Result<u64> {
        self.0.varint().ok_or_else(|| F::corrupt("a number is cut short or too large"))
    }

    /// A number that fits 32 bits.
    ///
    /// # Errors
    /// [`Format::corrupt`] where it does not.
    pub fn uint32(&mut self) -> Result<u32> {
        u32::try_from(self.uint()?).map_err(|_| F::corrupt("a number is too large"))
    }

    /// A number with a sign.
    ///
    /// # Errors
    /// [`Format::corrupt`] where it is cut short or does not fit 64 bits.
    pub fn int(&mut self) -> Result<i64> {
        let n = self.uint()?;
        Ok((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }

    /// A number of eight bytes, little endian.
    ///
    /// # Errors
    /// [`Format::corrupt`] where it is cut short.
    pub fn u64_le(&mut self) -> Result<u64> {
        self.0.u64().ok_or_else(|| F::corrupt(CUT_SHORT))
    }

    /// A number of sixteen bytes, big endian.
    ///
    /// # Errors
    /// [`Format::corrupt`] where it is cut short.
    pub fn u128(&mut self) -> Result<u128> {
        Ok(u128::from_be_bytes(self.array()?))
    }

    /// A floating-point number, in the byte order of the format.
    ///
    /// # Errors
    /// [`Format::corrupt`] where it is cut short.
    pub fn float(&mut self) -> Result<f64> {
        let bytes = self.array()?;
        Ok(f64::from_bits(match F::FLOATS {
            ByteOrder::Big => u64::from_be_bytes(bytes),
            ByteOrder::Little => u64::from_le_bytes(bytes),
        }))
    }

    /// A count of things that take at least `each` bytes: never more than the bytes left allow.
    ///
    /// # Errors
    /// [`Format::corrupt`] where it is more.
    pub fn count(&mut self, each: usize) -> Result<usize> {
        let n = usize::try_from(self.uint()?).map_err(|_| F::corrupt("a count is too large"))?;
        if n.checked_mul(each).is_none_or(|bytes| bytes > self.0.0.len()) {
            return Err(F::corrupt("a count is larger than what is there"));
        }
        Ok(n)
    }

    /// Text.
    ///
    /// # Errors
    /// [`Format::corrupt`] where it is cut short or no UTF-8.
    pub fn text(&mut self) -> Result<&'a str> {
        let n = self.count(1)?;
        std::str::from_utf8(self.take(n)?).map_err(|_| F::corrupt("a text is no UTF-8"))
    }

    /// A value that may be missing.
    ///
    /// # Errors
    /// [`Format::corrupt`] where it cannot be read.
    pub fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if self.bool()? { read(self).map(Some) } else { Ok(None) }
    }

    /// Text that may be missing.
    ///
    /// # Errors
    /// As [`Reader::text`].
    pub fn opt_text(&mut self) -> Result<Option<&'a str>> {
        self.option(Self::text)
    }

    /// Text that may be missing, as a string of its own.
    ///
    /// # Errors
    /// As [`Reader::text`].
    pub fn opt_string(&mut self) -> Result<Option<String>> {
        Ok(self.opt_text()?.map(str::to_owned))
    }

    /// A number with a sign that may be missing.
    ///
    /// # Errors
    /// As [`Reader::int`].
    pub fn opt_int(&mut self) -> Result<Option<i64>> {
        self.option(Self::int)
    }

    /// A floating-point number that may be missing.
    ///
    /// # Errors
    /// As [`Reader::float`].
    pub fn opt_float(&mut self) -> Result<Option<f64>> {
        self.option(Self::float)
    }

    /// Attributes.
    ///
    /// # Errors
    /// [`Format::corrupt`] where one is damaged, of an unknown kind or nested too deep.
    pub fn attributes(&mut self) -> Result<Attributes> {
        self.map(1)
    }

    /// An object whose values are on level `depth`.
    fn map(&mut self, depth: usize) -> Result<Attributes> {
        let mut map = BTreeMap::new();
        for _ in 0..self.count(2)? {
            let name = self.text()?.to_owned();
            map.insert(name, self.value(depth)?);
        }
        Ok(map)
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        if depth > F::DEPTH_MAX {
            return Err(F::corrupt("attributes are nested too deep"));
        }
        let tags = F::VALUES;
        let tag = self.u8()?;
        if let BoolTags::ByTag { no, yes } = tags.bool
            && (tag == no || tag == yes)
        {
            return Ok(Value::Bool(tag == yes));
        }
        if tags.bool == BoolTags::ByByte(tag) {
            return Ok(Value::Bool(self.bool()?));
        }
        Ok(match tag {
            _ if tag == tags.null => Value::Null,
            _ if tag == tags.int => Value::Int(self.int()?),
            _ if tag == tags.float => Value::Float(self.float()?),
            _ if tag == tags.text => Value::Text(self.text()?.to_owned()),
            _ if tag == tags.list => {
                let n = self.count(1)?;
                Value::List((0..n).map(|_| self.value(depth + 1)).collect::<Result<_>>()?)
            }
            _ if tag == tags.map => Value::Map(self.map(depth + 1)?),
            _ => return Err(F::corrupt("an attribute is of an unknown kind")),
        })
    }
}
