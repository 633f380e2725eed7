//! An IPC stream from a reader, batch by batch, in parts that fit a request.
//!
//! A client that sends a file of any size holds one record batch of it at a time. Batches go as they are where that is
//! possible, so that what is stored are the bytes that a model wrote.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use arrow_ipc::{MessageHeader, root_as_message};
use rushes_types::{Error, ErrorKind, Result};

use super::columns::Columns;
use super::frames::{CONTINUATION, ColumnChoice, END, check_message, frames, malformed, read_batch};
use super::rows;

/// Longest message that is read: a record batch is held in memory whole.
pub const MESSAGE_BYTES_MAX: u64 = 2 << 30;

/// How a stream is cut into parts.
#[derive(Debug, Clone, Copy)]
pub struct PartOptions {
    /// Rows of different assets or models go into different parts.
    pub by_run: bool,
    /// About the most bytes of a part; a single row may be longer.
    pub bytes_max: usize,
}

/// Rows of one record batch. Parts with the same head can share a stream: see [`stream_of`].
#[derive(Debug, Clone)]
pub struct Part {
    /// Asset and model of the rows, where the stream is cut by run and the rows name them.
    pub run: Option<PartRun>,
    /// The schema, and the dictionaries that the batch refers to.
    pub head: Arc<[u8]>,
    /// The record batch message.
    pub batch: Vec<u8>,
    /// The rows' numbers in the stream, from 1.
    pub rows: Vec<u64>,
}

/// The asset and the model of a part, as the rows write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRun {
    /// The asset.
    pub asset: String,
    /// The model.
    pub model: String,
    /// The movie, where a row names one.
    pub movie: Option<String>,
}

/// A whole stream: a head, the batches that follow it, and the end mark.
#[must_use]
pub fn stream_of(head: &[u8], batches: &[u8]) -> Vec<u8> {
    [head, batches, &END].concat()
}

/// Reads a stream in parts.
pub struct Parts<R> {
    reader: R,
    cut: PartOptions,
    head: Arc<[u8]>,
    rows: u64,
}

/// A message with its prefix and its body.
struct Message {
    kind: MessageHeader,
    bytes: Vec<u8>,
    rows: u64,
}

impl<R: Read> Parts<R> {
    /// Nothing is read yet.
    pub fn new(reader: R, cut: PartOptions) -> Self {
        Self { reader, cut, head: Arc::from([]), rows: 0 }
    }

    /// The parts of the next record batch, in the order of their first rows; `None` at the end of the stream.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the stream is malformed or lacks a column, [`ErrorKind::TooLarge`] for a batch above
    /// [`MESSAGE_BYTES_MAX`], [`ErrorKind::Storage`] where reading fails.
    pub fn next_batch(&mut self) -> Result<Option<Vec<Part>>> {
        while let Some(message) = self.message()? {
            match message.kind {
                MessageHeader::Schema if self.head.is_empty() => self.head = message.bytes.into(),
                MessageHeader::DictionaryBatch if !self.head.is_empty() => {
                    self.head = [&self.head[..], &message.bytes].concat().into();
                }
                MessageHeader::RecordBatch if !self.head.is_empty() => return self.parts(message).map(Some),
                _ => return Err(malformed("messages come in a wrong order")),
            }
        }
        if self.head.is_empty() { Err(malformed("it holds no schema")) } else { Ok(None) }
    }

    fn parts(&mut self, message: Message) -> Result<Vec<Part>> {
        let first = self.rows + 1;
        self.rows = self.rows.saturating_add(message.rows);
        let fits = self.head.len().saturating_add(message.bytes.len()) <= self.cut.bytes_max;
        if fits && !self.cut.by_run {
            let rows = (first..=self.rows).collect();
            return Ok(vec![Part { run: None, head: Arc::clone(&self.head), batch: message.bytes, rows }]);
        }
        let stream = stream_of(&self.head, &message.bytes);
        let groups = if self.cut.by_run { groups(&stream)? } else { vec![(None, all_rows(message.rows))] };
        if let ([(run, kept)], true) = (&groups[..], fits) {
            let rows = kept.iter().map(|row| first + *row as u64).collect();
            let (run, head) = (run.clone(), Arc::clone(&self.head));
            return Ok(vec![Part { run, head, batch: message.bytes, rows }]);
        }
        drop(message.bytes);
        let full = read_batch(&stream, ColumnChoice::All)?;
        // Rows of about that many bytes are written at once; a part that still becomes too long is halved.
        let row_bytes = (stream.len() / full.num_rows().max(1)).max(1);
        let rows_max = (self.cut.bytes_max / row_bytes).max(1);
        let mut parts = Vec::new();
        for (run, kept) in groups {
            let mut left: Vec<&[usize]> = kept.chunks(rows_max).rev().collect();
            while let Some(piece) = left.pop() {
                let written = rows::write(&rows::only(&full, piece)?)?;
                if written.len() > self.cut.bytes_max && piece.len() > 1 {
                    let (before, after) = piece.split_at(piece.len() / 2);
                    left.extend([after, before]);
                    continue;
                }
                let rows = piece.iter().map(|row| first + *row as u64).collect();
                let (head, batch) = parted(&written)?;
                parts.push(Part { run: run.clone(), head, batch, rows });
            }
        }
        Ok(parts)
    }

    /// The next message, checked; `None` at the end of the stream.
    fn message(&mut self) -> Result<Option<Message>> {
        let cut_off = || malformed("a message is cut off");
        let mut bytes = Vec::new();
        self.read(4, &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let mut prefix = 4;
        if bytes == CONTINUATION {
            self.read(4, &mut bytes)?;
            prefix = 8;
        }
        let length = bytes.get(prefix - 4..prefix).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
        let length = length.ok_or_else(cut_off)? as usize;
        if length == 0 {
            return Ok(None);
        }
        self.read(length as u64, &mut bytes)?;
        let meta = bytes.get(prefix..).filter(|meta| meta.len() == length).ok_or_else(cut_off)?;
        let (kind, body) = check_message(meta)?;
        let rows = rows_in(meta)?;
        if body as u64 > MESSAGE_BYTES_MAX {
            return Err(Error::new(ErrorKind::TooLarge, format!("a record batch has {body} bytes"))
                .mend(format!("at most {MESSAGE_BYTES_MAX} are read: write batches of fewer rows")));
        }
        let whole = bytes.len() + body;
        self.read(body as u64, &mut bytes)?;
        if bytes.len() != whole {
            return Err(malformed("a message body is cut off"));
        }
        Ok(Some(Message { kind, bytes, rows }))
    }

    /// Appends `bytes` bytes, fewer where the stream ends. Memory grows with what is read, not with what a length field
    /// claims.
    fn read(&mut self, bytes: u64, into: &mut Vec<u8>) -> Result<()> {
        let read = self.reader.by_ref().take(bytes).read_to_end(into);
        read.map(|_| ()).map_err(|e| Error::io("reading the Arrow stream", e))
    }
}

/// How many rows a checked message has; 0 where it is no record batch.
fn rows_in(meta: &[u8]) -> Result<u64> {
    let message = root_as_message(meta).map_err(|e| malformed(&e.to_string()))?;
    let rows = message.header_as_record_batch().map_or(0, |batch| batch.length());
    u64::try_from(rows).map_err(|_| malformed("a row count is negative"))
}

fn all_rows(rows: u64) -> Vec<usize> {
    (0..usize::try_from(rows).unwrap_or(0)).collect()
}

/// The rows of each asset and model, in the order of their first rows; those that lack a name are together.
fn groups(stream: &[u8]) -> Result<Vec<(Option<PartRun>, Vec<usize>)>> {
    let batch = read_batch(stream, ColumnChoice::Known)?;
    let columns = Columns::of(&batch)?;
    let mut groups: Vec<(Option<PartRun>, Vec<usize>)> = Vec::new();
    let mut numbers: BTreeMap<Option<(&str, &str)>, usize> = BTreeMap::new();
    for row in 0..batch.num_rows() {
        let (names, movie) = columns.names(row);
        let number = *numbers.entry(names).or_insert_with(|| {
            let run = names.map(|(asset, model)| PartRun {
                asset: asset.to_owned(),
                model: model.to_owned(),
                movie: None,
            });
            groups.push((run, Vec::new()));
            groups.len() - 1
        });
        let Some((run, rows)) = groups.get_mut(number) else { continue };
        if let Some(run) = run.as_mut().filter(|run| run.movie.is_none()) {
            run.movie = movie.map(str::to_owned);
        }
        rows.push(row);
    }
    Ok(groups)
}

/// A stream of one batch without dictionaries, as head and batch.
fn parted(stream: &[u8]) -> Result<(Arc<[u8]>, Vec<u8>)> {
    let frames = frames(stream)?;
    match &frames[..] {
        [schema, batch] => Ok((Arc::from(schema.bytes), batch.bytes.to_vec())),
        _ => Err(Error::bug("a rewritten record batch is not one schema and one batch")),
    }
}
