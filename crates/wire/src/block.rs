//! Stored blocks: back to annotations, and without what is erased.

use std::collections::BTreeSet;

use rushes_types::limits::Limits;
use rushes_types::{
    Annotation, AnnotationHeader, AssetId, BlockFormat, Error, ErrorKind, ModelRef, Result, RunId,
};

use crate::arrow;
use crate::line::{LineError, ParsedLine, read_line};

/// Whose annotations a block holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockContext {
    /// The asset.
    pub asset: AssetId,
    /// The model.
    pub model: ModelRef,
    /// The run.
    pub run: RunId,
}

/// Limits for reading stored blocks: what was accepted once must be readable under any later limits.
pub(crate) fn stored_limits() -> Limits {
    Limits {
        line_bytes_max: usize::MAX,
        dimensions_max: usize::MAX,
        request_bytes_max: usize::MAX,
        span_ns_max: i64::MAX,
        label_bytes_max: usize::MAX,
        ..Limits::default()
    }
}

fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("a stored block is damaged: {what}"))
}

/// The annotations of a stored block at `positions` (ascending), in that order.
///
/// # Errors
/// [`ErrorKind::Corrupt`] where a position is missing or does not read as it did when it was accepted.
pub fn decode_block(
    format: BlockFormat,
    bytes: &[u8],
    positions: &[u32],
    context: &BlockContext,
) -> Result<Vec<Annotation>> {
    match format {
        BlockFormat::Lines => decode_lines(bytes, positions, context),
        BlockFormat::Arrow => arrow::decode(bytes, positions, context),
    }
}

fn decode_lines(bytes: &[u8], positions: &[u32], context: &BlockContext) -> Result<Vec<Annotation>> {
    let mut out = Vec::with_capacity(positions.len());
    each_line(bytes, positions, &mut |_, line| {
        out.push(line.into_annotation(context.asset.clone(), context.model.clone(), context.run.clone())?);
        Ok(())
    })?;
    Ok(out)
}

/// Reads the lines at `positions` (ascending); an error names the line.
fn each_line<'a>(
    bytes: &'a [u8],
    positions: &[u32],
    each: &mut dyn FnMut(u32, ParsedLine<'a>) -> Result<(), LineError>,
) -> Result<()> {
    let limits = stored_limits();
    let mut lines = (0u32..).zip(bytes.split(|b| *b == b'\n'));
    for position in positions {
        let line = lines.find(|(n, _)| n == position).map(|(_, line)| line);
        let line = line.ok_or_else(|| corrupt(&format!("line {position} is not there")))?;
        read_line(line, &limits)
            .and_then(|line| each(*position, line))
            .map_err(|e| corrupt(&format!("line {position}: {e}")))?;
    }
    Ok(())
}

/// The headers of the annotations of a stored block at `positions` (ascending), in that order: as they were when the
/// block was accepted. [`AnnotationHeader::source`] is the position, from 1.
///
/// # Errors
/// [`ErrorKind::Corrupt`] where a position is missing, does not read as it did when it was accepted, or is of another
/// asset or model.
pub fn headers_of_block(
    format: BlockFormat,
    bytes: &[u8],
    positions: &[u32],
    context: &BlockContext,
) -> Result<Vec<AnnotationHeader>> {
    match format {
        BlockFormat::Lines => {
            let mut rows = Vec::with_capacity(positions.len());
            each_line(bytes, positions, &mut |position, line| {
                rows.push(header_of(position, &line, context)?);
                Ok(())
            })?;
            Ok(rows)
        }
        BlockFormat::Arrow => arrow::headers_at(bytes, positions, context),
    }
}

/// The header of one annotation, where it belongs to the asset and model of its block.
pub(crate) fn header_of(
    position: u32,
    line: &ParsedLine<'_>,
    context: &BlockContext,
) -> Result<AnnotationHeader, LineError> {
    if line.asset != context.asset.as_str() {
        return Err(LineError::new("/asset_id", format!("it is of asset `{}`", line.asset)));
    }
    let model = ModelRef::parse(&line.model).map_err(|e| LineError::id("/model", &e))?;
    if model != context.model {
        return Err(LineError::new("/model", format!("it is of model `{model}`")));
    }
    let digest = line.digest();
    Ok(AnnotationHeader {
        id: line.annotation_id(digest)?,
        start_ns: line.range.start_ns(),
        digest,
        position,
        source: u64::from(position).saturating_add(1),
    })
}

/// The block without the annotations at `positions`: a line becomes empty, a row of a record batch is
/// blanked; all others keep their position.
///
/// # Errors
/// [`ErrorKind::Corrupt`] where an Arrow block does not read.
pub fn redact(format: BlockFormat, bytes: &[u8], positions: &BTreeSet<u32>) -> Result<Vec<u8>> {
    match format {
        BlockFormat::Lines => {
            let mut out = Vec::with_capacity(bytes.len());
            let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
            for (n, line) in (0u32..).zip(body.split(|b| *b == b'\n')) {
                if !positions.contains(&n) {
                    out.extend_from_slice(line);
                }
                out.push(b'\n');
            }
            Ok(out)
        }
        BlockFormat::Arrow => arrow::redact(bytes, positions),
    }
}

/// The block with every annotation not in `keep` (ascending) blanked, the others where they were; `None` where
/// `keep` holds all, so that the bytes stay as they were sent.
///
/// # Errors
/// [`ErrorKind::Corrupt`] where an Arrow block does not read.
pub fn keep_only(format: BlockFormat, bytes: &[u8], keep: &[u32]) -> Result<Option<Vec<u8>>> {
    match format {
        BlockFormat::Lines => {
            let lines = bytes.split_inclusive(|b| *b == b'\n').count();
            let blank: BTreeSet<u32> =
                (0u32..).take(lines).filter(|line| keep.binary_search(line).is_err()).collect();
            if blank.is_empty() { Ok(None) } else { redact(format, bytes, &blank).map(Some) }
        }
        BlockFormat::Arrow => arrow::keep(bytes, keep),
    }
}
