//! Annotations as Arrow record batches (IPC stream).
//!
//! Columns: `asset_id`, `model`, `type`, `start_time_ns`, `end_time_ns`; and, where present, `movie_id`,
//! `annotation_id`, `label`, `text`, `language` (text: utf8, large utf8, utf8 view, or a dictionary of these),
//! `confidence_score` (f32, f64), `attributes` (text: a JSON object), `embedding_vector` (a fixed size or variable list
//! of f32 or f16). Other columns are kept in the stored bytes and not read.
//!
//! A batch of one asset and one model is stored with its bytes as sent: the schema message, the dictionary messages
//! before it, its own message, and an end mark, each copied verbatim. A batch that mixes assets or models is rewritten,
//! one batch for each: were the bytes shared, erasing one asset would leave its rows in the blocks of the others.
//!
//! Malformed input: messages are framed and verified here (flatbuffer verifier, every buffer inside its
//! body, no more rows than bytes), unknown columns are not decoded, compressed bodies are refused, and arrow's
//! validating reader checks offsets and UTF-8. What still makes arrow panic is caught as a last resort.

mod columns;
mod frames;
mod parts;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;
use rushes_types::limits::Limits;
use rushes_types::{
    Annotation, AnnotationHeader, AssetId, BlockFormat, Error, ErrorKind, ModelRef, MovieId, Result,
};

use crate::batch::{GroupedBlock, NamedMovie, Request, RowError, Spaces, SplitOptions, check_row};
use crate::block::{BlockContext, header_of};
use crate::line::{LineError, ParsedLine};
use columns::Columns;
pub use parts::{MESSAGE_BYTES_MAX, Part, PartOptions, PartRun, Parts, stream_of};

/// Splits an Arrow IPC stream, checks each row, and groups what is accepted. Rows are numbered from 1 over
/// the whole stream in [`RowError::line`].
///
/// # Errors
/// [`ErrorKind::TooLarge`] for a body above the limit, [`ErrorKind::Invalid`] where the stream is malformed.
pub fn split_arrow(body: &[u8], options: &SplitOptions<'_>) -> Result<Request> {
    if body.len() > options.limits.request_bytes_max {
        let max = options.limits.request_bytes_max;
        return Err(Error::new(ErrorKind::TooLarge, format!("the request has {} bytes", body.len()))
            .mend(format!("at most {max} are accepted: send it in parts")));
    }
    let frames = frames::frames(body)?;
    let mut out = Request::default();
    let mut spaces = Spaces::new(options.space_of);
    for stream in frames::batches(&frames) {
        let batch = frames::read_batch(&stream, frames::ColumnChoice::Known)?;
        split_batch(&stream, &batch, options.limits, &mut spaces, &mut out)?;
    }
    Ok(out)
}

fn split_batch(
    stream: &[u8],
    batch: &RecordBatch,
    limits: &Limits,
    spaces: &mut Spaces<'_>,
    out: &mut Request,
) -> Result<()> {
    let columns = Columns::of(batch)?;
    let mut groups: BTreeMap<(AssetId, ModelRef), GroupedBlock> = BTreeMap::new();
    let mut order = Vec::new();
    for row in 0..batch.num_rows() {
        out.sent += 1;
        let source = out.sent;
        match accept_row(&columns, row, limits, spaces) {
            Err(error) => out.errors.push(RowError::of(source, error)),
            Ok(accepted) => {
                let key = (accepted.asset.clone(), accepted.model.clone());
                let block = groups.entry(key.clone()).or_insert_with(|| {
                    order.push(key);
                    GroupedBlock {
                        asset: accepted.asset,
                        model: accepted.model,
                        movie: None,
                        dimensions: None,
                        format: BlockFormat::Arrow,
                        rows: Vec::new(),
                        bytes: Vec::new(),
                    }
                });
                block.movie = block.movie.take().or(accepted.movie.map(|id| NamedMovie { source, id }));
                block.dimensions = block.dimensions.or(accepted.dimensions);
                block.rows.push(AnnotationHeader { source, ..accepted.header });
            }
        }
    }
    // Rows that were refused may be of another asset: only a batch of one asset and model as a whole keeps
    // its bytes.
    let shared = groups.len() > 1 || columns.mixes_names(batch.num_rows());
    for key in order {
        let Some(mut block) = groups.remove(&key) else { continue };
        if shared {
            let full = frames::read_batch(stream, frames::ColumnChoice::All)?;
            let kept: Vec<usize> = block.rows.iter().map(|r| r.position as usize).collect();
            block.bytes = rows::write(&rows::only(&full, &kept)?)?;
            for (n, row) in (0u32..).zip(&mut block.rows) {
                row.position = n;
            }
        } else {
            block.bytes = stream.to_vec();
        }
        out.blocks.push(block);
    }
    Ok(())
}

/// An accepted row.
struct AcceptedRow {
    asset: AssetId,
    model: ModelRef,
    movie: Option<MovieId>,
    dimensions: Option<usize>,
    header: AnnotationHeader,
}

fn accept_row(
    columns: &Columns<'_>,
    row: usize,
    limits: &Limits,
    spaces: &mut Spaces<'_>,
) -> Result<AcceptedRow, LineError> {
    let line = columns.row(row, limits)?;
    check_row(&line, limits)?;
    let digest = line.digest();
    let model = ModelRef::parse(&line.model).map_err(|e| LineError::id("/model", &e))?;
    if let Some(vector) = &line.vector {
        spaces.check(&model, vector.len(), vector.iter().all(|x| *x == 0.0))?;
    }
    let position = u32::try_from(row).map_err(|_| LineError::new("", "the record batch is too long"))?;
    Ok(AcceptedRow {
        asset: AssetId::new(&line.asset).map_err(|e| LineError::id("/asset_id", &e))?,
        model,
        movie: line.movie_id()?,
        dimensions: line.vector.as_ref().map(Vec::len),
        header: AnnotationHeader {
            id: line.annotation_id(digest)?,
            start_ns: line.range.start_ns(),
            digest,
            position,
            source: 0,
        },
    })
}

/// The annotations of a stored batch at `positions`.
pub(crate) fn decode(bytes: &[u8], positions: &[u32], context: &BlockContext) -> Result<Vec<Annotation>> {
    let mut out = Vec::with_capacity(positions.len());
    each_row(bytes, positions, &mut |_, line| {
        out.push(line.into_annotation(context.asset.clone(), context.model.clone(), context.run.clone())?);
        Ok(())
    })?;
    Ok(out)
}

/// The headers of the rows of a stored batch at `positions`.
pub(crate) fn headers_at(
    bytes: &[u8],
    positions: &[u32],
    context: &BlockContext,
) -> Result<Vec<AnnotationHeader>> {
    let mut rows = Vec::with_capacity(positions.len());
    each_row(bytes, positions, &mut |position, line| {
        rows.push(header_of(position, &line, context)?);
        Ok(())
    })?;
    Ok(rows)
}

/// Reads the rows at `positions` of a stored batch; an error names the row.
fn each_row(
    bytes: &[u8],
    positions: &[u32],
    each: &mut dyn FnMut(u32, ParsedLine<'_>) -> Result<(), LineError>,
) -> Result<()> {
    let corrupt = |why: &str| Error::new(ErrorKind::Corrupt, format!("a stored block is damaged: {why}"));
    let batch = frames::read_batch(bytes, frames::ColumnChoice::Known).map_err(|e| corrupt(e.message()))?;
    let columns = Columns::of(&batch).map_err(|e| corrupt(e.message()))?;
    let limits = crate::block::stored_limits();
    for position in positions {
        let row = *position as usize;
        if row >= batch.num_rows() {
            return Err(corrupt(&format!("row {row} is not there")));
        }
        columns
            .row(row, &limits)
            .and_then(|line| each(*position, line))
            .map_err(|e| corrupt(&format!("row {row}: {e}")))?;
    }
    Ok(())
}

/// The batch with the rows at `positions` blanked. It is rewritten: dictionaries become plain columns, as
/// they hold content of erased rows; a column that nests a dictionary deeper goes as a whole.
pub(crate) fn redact(bytes: &[u8], positions: &BTreeSet<u32>) -> Result<Vec<u8>> {
    let corrupt = |e: Error| Error::new(ErrorKind::Corrupt, format!("a stored block is damaged: {e}"));
    let batch = frames::read_batch(bytes, frames::ColumnChoice::All).map_err(corrupt)?;
    rows::write(&rows::blanked(&batch, positions)?)
}

/// The batch with every row not in `keep` (ascending) blanked; `None` where `keep` holds all of its rows.
pub(crate) fn keep(bytes: &[u8], keep: &[u32]) -> Result<Option<Vec<u8>>> {
    let corrupt = |e: Error| Error::new(ErrorKind::Corrupt, format!("a stored block is damaged: {e}"));
    let batch = frames::read_batch(bytes, frames::ColumnChoice::All).map_err(corrupt)?;
    let rows = u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
    let blank: BTreeSet<u32> = (0..rows).filter(|row| keep.binary_search(row).is_err()).collect();
    if blank.is_empty() {
        return Ok(None);
    }
    rows::write(&rows::blanked(&batch, &blank)?).map(Some)
}
