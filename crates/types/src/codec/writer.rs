//! Writing a format.

use std::marker::PhantomData;

use super::{BoolTags, ByteOrder, Format, put_bytes, put_varint};
use crate::value::{Attributes, Value};

/// Appends the parts of a format to a buffer: an owned or a borrowed one.
#[derive(Debug)]
pub struct Writer<F, B = Vec<u8>>(B, PhantomData<F>);

impl<F> Default for Writer<F> {
    fn default() -> Self {
        Self(Vec::new(), PhantomData)
    }
}

impl<F> Writer<F> {
    /// What was written.
    #[must_use]
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

impl<'b, F> Writer<F, &'b mut Vec<u8>> {
    /// Writes to the end of `out`.
    pub const fn onto(out: &'b mut Vec<u8>) -> Self {
        Self(out, PhantomData)
    }
}

impl<F: Format, B: AsMut<Vec<u8>>> Writer<F, B> {
    fn out(&mut self) -> &mut Vec<u8> {
        self.0.as_mut()
    }

    /// A byte.
    pub fn u8(&mut self, n: u8) {
        self.out().push(n);
    }

    /// Yes or no.
    pub fn bool(&mut self, b: bool) {
        self.u8(u8::from(b));
    }

    /// A number, in as few bytes as it needs.
    pub fn uint(&mut self, n: u64) {
        put_varint(self.out(), n);
    }

    /// A number with a sign, zigzag, so that small negative ones stay short.
    pub fn int(&mut self, n: i64) {
        self.uint((n.cast_unsigned() << 1) ^ (n >> 63).cast_unsigned());
    }

    /// A number of eight bytes, little endian.
    pub fn u64_le(&mut self, n: u64) {
        self.bytes(&n.to_le_bytes());
    }

    /// A number of sixteen bytes, big endian.
    pub fn u128(&mut self, n: u128) {
        self.bytes(&n.to_be_bytes());
    }

    /// A floating-point number, in the byte order of the format.
    pub fn float(&mut self, x: f64) {
        let bytes = match F::FLOATS {
            ByteOrder::Big => x.to_bits().to_be_bytes(),
            ByteOrder::Little => x.to_bits().to_le_bytes(),
        };
        self.bytes(&bytes);
    }

    /// Bytes as they are; the reader must know how many.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out().extend_from_slice(bytes);
    }

    /// Text, its length in front.
    pub fn text(&mut self, text: &str) {
        put_bytes(self.out(), text.as_bytes());
    }

    /// A value that may be missing.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// Text that may be missing.
    pub fn opt_text(&mut self, text: Option<&str>) {
        self.option(text, Self::text);
    }

    /// A number with a sign that may be missing.
    pub fn opt_int(&mut self, n: Option<i64>) {
        self.option(n, Self::int);
    }

    /// A floating-point number that may be missing.
    pub fn opt_float(&mut self, x: Option<f64>) {
        self.option(x, Self::float);
    }

    /// Attributes. A reader refuses those nested deeper than [`Format::DEPTH_MAX`]: see [`super::depth`].
    pub fn attributes(&mut self, attributes: &Attributes) {
        self.uint(attributes.len() as u64);
        for (name, value) in attributes {
            self.text(name);
            self.value(value);
        }
    }

    fn value(&mut self, value: &Value) {
        let tags = F::VALUES;
        match value {
            Value::Null => self.u8(tags.null),
            Value::Bool(b) => match tags.bool {
                BoolTags::ByTag { no, yes } => self.u8(if *b { yes } else { no }),
                BoolTags::ByByte(tag) => self.bytes(&[tag, u8::from(*b)]),
            },
            Value::Int(n) => {
                self.u8(tags.int);
                self.int(*n);
            }
            Value::Float(x) => {
                self.u8(tags.float);
                self.float(*x);
            }
            Value::Text(text) => {
                self.u8(tags.text);
                self.text(text);
            }
            Value::List(list) => {
                self.u8(tags.list);
                self.uint(list.len() as u64);
                list.iter().for_each(|item| self.value(item));
            }
            Value::Map(map) => {
                self.u8(tags.map);
                self.attributes(map);
            }
        }
    }
}
