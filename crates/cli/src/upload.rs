//! What one request carries: annotation lines, or rows of record batches, each with the place it comes from.

use std::sync::Arc;

use rushes_wire::arrow::{Part, stream_of};

use crate::client::Payload;

/// The place of a line or row in its file.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// The file's number.
    pub file: usize,
    /// Its line or row, from 1; 0 where the numbers of an answer are the file's own.
    pub line: u64,
}

/// Lines, or record batches of one schema, for one request.
#[derive(Default)]
pub struct Upload {
    /// The head of the Arrow stream; `None` for lines.
    head: Option<Arc<[u8]>>,
    bytes: Vec<u8>,
    origins: Vec<Origin>,
}

impl Upload {
    /// Does it carry nothing yet?
    pub fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }

    /// How many lines or rows it carries.
    pub fn len(&self) -> u64 {
        self.origins.len() as u64
    }

    /// The place of the first line or row.
    pub fn first(&self) -> Origin {
        self.origins.first().copied().unwrap_or(Origin { file: 0, line: 0 })
    }

    /// Can lines be added?
    pub fn takes_lines(&self) -> bool {
        self.is_empty() || self.head.is_none()
    }

    /// Can rows be added? A stream has one schema.
    pub fn takes_rows(&self, part: &Part) -> bool {
        self.is_empty() || self.head.as_ref().is_some_and(|head| *head == part.head)
    }

    /// Adds a line.
    pub fn push_line(&mut self, origin: Origin, line: &[u8]) {
        self.head = None;
        self.bytes.extend_from_slice(line);
        if line.last() != Some(&b'\n') {
            self.bytes.push(b'\n');
        }
        self.origins.push(origin);
    }

    /// Adds the rows of a record batch.
    pub fn push_rows(&mut self, file: usize, part: Part) {
        self.origins.extend(part.rows.iter().map(|line| Origin { file, line: *line }));
        if self.bytes.is_empty() {
            self.bytes = part.batch;
        } else {
            self.bytes.extend(part.batch);
        }
        self.head = Some(part.head);
    }

    /// The body of the request, and the place of each of its lines or rows.
    pub fn into_payload(self) -> (Payload, Vec<Origin>) {
        let payload = match self.head {
            Some(head) => Payload::Arrow(stream_of(&head, &self.bytes)),
            None => Payload::Lines(self.bytes),
        };
        (payload, self.origins)
    }
}
