//! Framing of an IPC stream: which bytes are which message.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::{MessageHeader, root_as_message};
use rushes_types::{Error, Result};

use super::columns::KNOWN;

/// Marks the start of a message.
pub(super) const CONTINUATION: [u8; 4] = [0xff; 4];
/// Ends a stream: a message of length 0.
pub(super) const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// A message with its prefix and body, verbatim.
pub(super) struct Frame<'a> {
    kind: MessageHeader,
    pub(super) bytes: &'a [u8],
}

/// Which columns are decoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnChoice {
    /// Those with a meaning.
    Known,
    /// All: to rewrite a batch.
    All,
}

pub(super) fn malformed(why: &str) -> Error {
    Error::invalid(format!("the Arrow stream is malformed: {why}"))
        .mend("send an IPC stream without compression")
}

/// Cuts a stream into messages and checks that each lies within it.
pub(super) fn frames(stream: &[u8]) -> Result<Vec<Frame<'_>>> {
    let mut out: Vec<Frame<'_>> = Vec::new();
    let mut at = 0usize;
    while at < stream.len() {
        let rest = stream.get(at..).unwrap_or_default();
        let prefix = if rest.starts_with(&CONTINUATION) { 8 } else { 4 };
        let length = rest.get(prefix - 4..prefix).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
        let length = length.ok_or_else(|| malformed("a message is cut off"))? as usize;
        if length == 0 {
            break;
        }
        let meta_end = prefix.checked_add(length).ok_or_else(|| malformed("a length overflows"))?;
        let meta = rest.get(prefix..meta_end).ok_or_else(|| malformed("a message is cut off"))?;
        let (kind, body_len) = check_message(meta)?;
        let end = meta_end.checked_add(body_len).ok_or_else(|| malformed("a length overflows"))?;
        let bytes = rest.get(..end).ok_or_else(|| malformed("a message body is cut off"))?;
        match kind {
            MessageHeader::Schema if out.is_empty() => {}
            MessageHeader::RecordBatch | MessageHeader::DictionaryBatch if !out.is_empty() => {}
            _ => return Err(malformed("messages come in a wrong order")),
        }
        out.push(Frame { kind, bytes });
        at = at.checked_add(end).ok_or_else(|| malformed("a length overflows"))?;
    }
    if out.is_empty() {
        return Err(malformed("it holds no schema"));
    }
    Ok(out)
}

/// Verifies a message's metadata; the kind and the length of its body.
pub(super) fn check_message(meta: &[u8]) -> Result<(MessageHeader, usize)> {
    let message = root_as_message(meta).map_err(|e| malformed(&e.to_string()))?;
    let body = usize::try_from(message.bodyLength()).map_err(|_| malformed("a body length is negative"))?;
    let batch = match message.header_type() {
        MessageHeader::RecordBatch => message.header_as_record_batch(),
        MessageHeader::DictionaryBatch => message.header_as_dictionary_batch().and_then(|d| d.data()),
        kind => return Ok((kind, body)),
    };
    let batch = batch.ok_or_else(|| malformed("a batch has no data"))?;
    let rows = usize::try_from(batch.length()).map_err(|_| malformed("a row count is negative"))?;
    // A row holds two times of eight bytes, a dictionary entry an offset of four: a batch of columns
    // without bytes cannot claim endless rows.
    if rows > body {
        return Err(malformed("a batch claims more rows than it has bytes"));
    }
    for node in batch.nodes().iter().flatten() {
        if node.length() < 0 || node.null_count() < 0 || node.null_count() > node.length() {
            return Err(malformed("a column's length is negative"));
        }
    }
    for buffer in batch.buffers().iter().flatten() {
        let offset = usize::try_from(buffer.offset()).ok();
        let length = usize::try_from(buffer.length()).ok();
        let end = offset.zip(length).and_then(|(o, l)| o.checked_add(l));
        if end.is_none_or(|end| end > body) {
            return Err(malformed("a buffer lies outside its message"));
        }
    }
    if batch.compression().is_some() {
        return Err(malformed("its bodies are compressed"));
    }
    Ok((message.header_type(), body))
}

/// For each record batch, a stream of its own: schema, the dictionaries so far, the batch, the end mark.
pub(super) fn batches<'f>(frames: &'f [Frame<'_>]) -> impl Iterator<Item = Vec<u8>> + 'f {
    let is_batch = |f: &Frame<'_>| f.kind == MessageHeader::RecordBatch;
    frames.iter().enumerate().filter(move |(_, f)| is_batch(f)).map(move |(n, batch)| {
        let before = frames.iter().take(n).filter(|f| !is_batch(f));
        let mut out = Vec::with_capacity(batch.bytes.len() + 1024);
        for frame in before {
            out.extend_from_slice(frame.bytes);
        }
        out.extend_from_slice(batch.bytes);
        out.extend_from_slice(&END);
        out
    })
}

/// Decodes a stream of one batch with arrow's validating reader.
pub(super) fn read_batch(stream: &[u8], which: ColumnChoice) -> Result<RecordBatch> {
    frames(stream)?;
    // Everything that is known to make the reader panic is refused above. The reader is not written to be
    // panic-free on hostile input, though, and a request must never end the process.
    catch_unwind(AssertUnwindSafe(|| read_unguarded(stream, which)))
        .unwrap_or_else(|_| Err(malformed("the reader gave up on it")))
}

fn read_unguarded(stream: &[u8], which: ColumnChoice) -> Result<RecordBatch> {
    let open = |projection| StreamReader::try_new(stream, projection).map_err(|e| malformed(&e.to_string()));
    let mut reader = open(None)?;
    if which == ColumnChoice::Known {
        let schema = reader.schema();
        let known = (0..schema.fields().len()).filter(|i| KNOWN.contains(&schema.field(*i).name().as_str()));
        reader = open(Some(known.collect()))?;
    }
    match reader.next() {
        Some(Ok(batch)) => Ok(batch),
        Some(Err(e)) => Err(malformed(&e.to_string())),
        None => Err(malformed("it holds no record batch")),
    }
}
