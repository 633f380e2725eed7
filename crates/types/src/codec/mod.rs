//! The building blocks of all our binary formats: numbers, texts, lists, attributes.
//!
//! Whole numbers are LEB128 (seven bits a byte, the lowest first, the high bit set on all but the last byte), signed
//! ones zigzag before that; texts and lists carry their length in front. [`Bytes`] and the `put_` functions are those
//! parts and nothing else. [`Reader`] and [`Writer`] add what differs between two formats, which each declares as a
//! [`Format`]: the byte order of its floats, the tags of its attribute values, how deep those nest, and the error for
//! damaged bytes.
//!
//! Reading never panics, never trusts a length, and allocates no more than the input could fill. A number that does not
//! fit 64 bits is damage: no writer makes one.

mod bytes;
mod reader;
mod writer;

pub use bytes::{Bytes, put_bytes, put_varint};
pub use reader::Reader;
pub use writer::Writer;

use crate::error::Error;
use crate::value::{Attributes, Value};

/// What differs between formats.
pub trait Format {
    /// The byte order of floating-point numbers.
    const FLOATS: ByteOrder;
    /// The tags of attribute values.
    const VALUES: ValueTags;
    /// How deep values may nest: a value of the attributes themselves is on level 1.
    const DEPTH_MAX: usize;

    /// The error for bytes that are not what was written.
    fn corrupt(what: &str) -> Error;
}

/// The order of the bytes of a number of fixed width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    /// The highest byte first.
    Big,
    /// The lowest byte first.
    Little,
}

/// The byte in front of an attribute value, by its kind. Part of a format: it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueTags {
    /// `null`.
    pub null: u8,
    /// `true` and `false`.
    pub bool: BoolTags,
    /// A whole number, zigzag.
    pub int: u8,
    /// Any other number, eight bytes.
    pub float: u8,
    /// A text.
    pub text: u8,
    /// A list.
    pub list: u8,
    /// An object.
    pub map: u8,
}

/// How `true` and `false` are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoolTags {
    /// By their tags.
    ByTag {
        /// `false`.
        no: u8,
        /// `true`.
        yes: u8,
    },
    /// By a byte, 0 or 1, after one tag.
    ByByte(u8),
}

/// How many levels of values there are: 0 without any, 1 where none is a list or an object that holds some.
#[must_use]
pub fn depth(attributes: &Attributes) -> usize {
    attributes.values().map(depth_of).max().unwrap_or(0)
}

fn depth_of(value: &Value) -> usize {
    match value {
        Value::Map(map) => 1 + depth(map),
        Value::List(list) => 1 + list.iter().map(depth_of).max().unwrap_or(0),
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
