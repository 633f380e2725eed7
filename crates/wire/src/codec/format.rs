//! What the encodings of this crate share: one [`Format`] of the parts in [`rushes_types::codec`].

use rushes_types::codec::{self, BoolTags, ByteOrder, Format, ValueTags};
use rushes_types::limits::JSON_DEPTH_MAX;
use rushes_types::{Attributes, Error, ErrorKind, Result, TimeRange};

/// How rows of the timeline are written. Part of the format: never change a tag.
#[derive(Debug)]
pub(super) struct TimelineFormat;

impl Format for TimelineFormat {
    const FLOATS: ByteOrder = ByteOrder::Little;
    const VALUES: ValueTags =
        ValueTags { null: 0, bool: BoolTags::ByByte(1), int: 2, float: 3, text: 4, list: 5, map: 6 };
    const DEPTH_MAX: usize = JSON_DEPTH_MAX;

    fn corrupt(what: &str) -> Error {
        corrupt(what)
    }
}

pub(super) type Reader<'a> = codec::Reader<'a, TimelineFormat>;
pub(super) type Writer<'a> = codec::Writer<TimelineFormat, &'a mut Vec<u8>>;

/// A damaged row.
pub(super) fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("a stored row is damaged: {what}; rebuild what is derived"))
}

/// A time range as its start and its length.
pub(super) fn put_range(w: &mut Writer<'_>, range: TimeRange) {
    w.uint(range.start_ns().unsigned_abs());
    w.uint(range.duration_ns().unsigned_abs());
}

pub(super) fn read_range(r: &mut Reader<'_>) -> Result<TimeRange> {
    let part = |n: u64| i64::try_from(n).map_err(|_| corrupt("a time is too large"));
    let start = part(r.uint()?)?;
    let end = start.checked_add(part(r.uint()?)?).ok_or_else(|| corrupt("a time is too large"))?;
    TimeRange::new(start, end).map_err(|e| corrupt(&e.to_string()))
}

/// Adds encoded attributes to `out`.
pub fn encode_attributes(attributes: &Attributes, out: &mut Vec<u8>) {
    Writer::onto(out).attributes(attributes);
}

/// Decodes attributes.
///
/// # Errors
/// [`rushes_types::ErrorKind::Corrupt`] where the bytes are damaged.
pub fn decode_attributes(bytes: &[u8]) -> Result<Attributes> {
    let mut r = Reader::new(bytes);
    let attributes = r.attributes()?;
    r.end()?;
    Ok(attributes)
}
