//! Digests of an annotation's content.
//!
//! Typed fields in a fixed order, each with a tag and its length, so that two different annotations never
//! give the same bytes. Independent of field order, white space, escapes and of how a number is written:
//! a line and an Arrow row that say the same have the same digest.

use rushes_types::{Attributes, Value};
use xxhash_rust::xxh3::Xxh3;

use crate::line::ParsedLine;

/// The id of an annotation that was sent without one.
pub(crate) fn derived_id(digest: u128) -> String {
    format!("{digest:032x}")
}

/// Bytes that are hashed when complete: short lines are hashed in one go, which is several times faster
/// than feeding the streaming hasher field by field.
struct Sink(Vec<u8>);

impl Sink {
    fn text(&mut self, tag: u8, text: &str) {
        self.0.push(tag);
        self.0.extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, tag: u8, bits: u64) {
        self.0.push(tag);
        self.0.extend_from_slice(&bits.to_le_bytes());
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.push(0),
            Value::Bool(b) => self.0.extend_from_slice(&[1, u8::from(*b)]),
            Value::Int(i) => self.number(2, i.cast_unsigned()),
            Value::Float(x) => self.number(3, x.to_bits()),
            Value::Text(t) => self.text(4, t),
            Value::List(list) => {
                self.number(5, list.len() as u64);
                for item in list {
                    self.value(item);
                }
            }
            Value::Map(map) => self.map(map),
        }
    }

    fn map(&mut self, map: &Attributes) {
        self.number(6, map.len() as u64);
        for (name, value) in map {
            self.text(7, name);
            self.value(value);
        }
    }
}

/// The digest of all a line says but its id.
pub(crate) fn of_line(line: &ParsedLine<'_>) -> u128 {
    let vector_bytes = line.vector.as_ref().map_or(0, |v| v.len() * 4);
    let mut sink = Sink(Vec::with_capacity(192 + vector_bytes));
    sink.text(b'a', &line.asset);
    // A model without a version is its version 1.
    let version: &[u8] = if line.model.contains('@') { b"" } else { b"@1" };
    sink.number(b'm', (line.model.len() + version.len()) as u64);
    sink.0.extend_from_slice(line.model.as_bytes());
    sink.0.extend_from_slice(version);
    sink.text(b'k', &line.kind);
    sink.number(b's', line.range.start_ns().cast_unsigned());
    sink.number(b'e', line.range.end_ns().cast_unsigned());
    for (tag, text) in [(b'l', &line.label), (b't', &line.text), (b'g', &line.language)] {
        if let Some(text) = text {
            sink.text(tag, text);
        }
    }
    for word in &line.words {
        sink.text(b'w', &word.text);
        sink.number(b's', word.range.start_ns().cast_unsigned());
        sink.number(b'e', word.range.end_ns().cast_unsigned());
        if let Some(confidence) = word.confidence {
            sink.number(b'c', confidence.to_bits());
        }
    }
    if let Some(confidence) = line.confidence {
        sink.number(b'C', confidence.to_bits());
    }
    if let Some(vector) = &line.vector {
        sink.number(b'v', vector.len() as u64);
        for x in vector {
            sink.0.extend_from_slice(&x.to_le_bytes());
        }
    }
    if !line.attributes.is_empty() {
        sink.map(&line.attributes);
    }
    if line.unknown != 0 {
        sink.0.push(b'u');
        sink.0.extend_from_slice(&line.unknown.to_le_bytes());
    }
    xxhash_rust::xxh3::xxh3_128(&sink.0)
}

/// The digest of one unknown field.
pub(crate) fn of_field(name: &str, value: &Value) -> u128 {
    let mut sink = Sink(Vec::with_capacity(64));
    sink.text(b'f', name);
    sink.value(value);
    let mut hash = Xxh3::new();
    hash.update(&sink.0);
    hash.digest128().max(1)
}
