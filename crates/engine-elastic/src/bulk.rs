//! Bulk requests: bounded in bytes and in number, sent concurrently. Only the operations that the cluster rejects for
//! the moment are sent again.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use rushes_types::{Commit, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::{ApiRequest, Client, backoff};
use crate::config::ElasticConfig;
use crate::document::commit_number;
use crate::errors::{Failure, Refusal};

/// Operations with their bytes.
#[derive(Debug, Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// Where each operation begins.
    starts: Vec<usize>,
}

impl Chunk {
    fn operation(&self, no: usize) -> &[u8] {
        let from = self.starts.get(no).copied().unwrap_or(self.bytes.len());
        let to = self.starts.get(no + 1).copied().unwrap_or(self.bytes.len());
        self.bytes.get(from..to).unwrap_or_default()
    }

    fn only(&self, operations: impl IntoIterator<Item = usize>) -> Self {
        let mut some = Self::default();
        for no in operations {
            some.starts.push(some.bytes.len());
            some.bytes.extend_from_slice(self.operation(no));
        }
        some
    }
}

/// What an operation is and where it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'t> {
    /// An alias: writing to a deleted name must not create an index.
    pub index: &'t str,
    pub id: &'t str,
    /// The commit: a lower one loses, the same one changes nothing.
    pub version: Commit,
    /// Should a write of the same commit win?
    pub again: bool,
}

#[derive(Serialize)]
struct Action<'t> {
    _index: &'t str,
    _id: &'t str,
    version: i64,
    version_type: &'static str,
    require_alias: bool,
}

impl<'t> From<Target<'t>> for Action<'t> {
    fn from(target: Target<'t>) -> Self {
        Self {
            _index: target.index,
            _id: target.id,
            version: commit_number(target.version),
            version_type: if target.again { "external_gte" } else { "external" },
            require_alias: true,
        }
    }
}

/// Collects operations.
pub(crate) struct Sink<'s> {
    chunk: Chunk,
    bytes_max: usize,
    full: SyncSender<Chunk>,
    failed: &'s Mutex<Option<Error>>,
}

/// The error when the senders have stopped; the cause is reported separately.
fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "a bulk request failed")
}

impl Sink<'_> {
    /// Writes a document.
    pub fn index(&mut self, target: Target<'_>, document: &impl Serialize) -> Result<()> {
        self.begin("index", target)?;
        serde_json::to_writer(&mut self.chunk.bytes, document).map_err(|e| Error::bug(e.to_string()))?;
        self.chunk.bytes.push(b'\n');
        self.end()
    }

    /// Removes a document.
    pub fn delete(&mut self, target: Target<'_>) -> Result<()> {
        self.begin("delete", target)?;
        self.end()
    }

    fn begin(&mut self, operation: &str, target: Target<'_>) -> Result<()> {
        self.chunk.starts.push(self.chunk.bytes.len());
        let bytes = &mut self.chunk.bytes;
        bytes.extend_from_slice(b"{\"");
        bytes.extend_from_slice(operation.as_bytes());
        bytes.extend_from_slice(b"\":");
        serde_json::to_writer(&mut *bytes, &Action::from(target)).map_err(|e| Error::bug(e.to_string()))?;
        bytes.extend_from_slice(b"}\n");
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if self.chunk.bytes.len() < self.bytes_max {
            return Ok(());
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        if self.failed.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Err(stopped());
        }
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.starts.is_empty() {
            return Ok(());
        }
        self.full.send(chunk).map_err(|_| stopped())
    }
}

/// Sends what `fill` puts into the sink; all of it is durable on return. Waits while the cluster is busy.
pub(crate) fn send(
    client: &Client,
    config: &ElasticConfig,
    fill: impl FnOnce(&mut Sink<'_>) -> Result<()>,
) -> Result<()> {
    let failed = Mutex::new(None);
    let (full, chunks) = sync_channel::<Chunk>(1);
    let chunks = Mutex::new(chunks);
    let filled = std::thread::scope(|scope| {
        for _ in 0..config.in_flight {
            scope.spawn(|| work(client, &chunks, &failed));
        }
        let mut sink = Sink { chunk: Chunk::default(), bytes_max: config.bulk_bytes, full, failed: &failed };
        fill(&mut sink).and_then(|()| sink.flush())
        // Dropping the sink closes the channel, which ends the senders.
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => filled,
    }
}

fn work(client: &Client, chunks: &Mutex<Receiver<Chunk>>, failed: &Mutex<Option<Error>>) {
    let failed = || failed.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let next = chunks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(chunk) = next else { return };
        // After a failure the rest is only drained from the channel: the caller retries everything.
        if failed().is_none()
            && let Err(error) = send_chunk(client, chunk)
        {
            failed().get_or_insert(error);
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    errors: bool,
    #[serde(default)]
    items: Vec<std::collections::BTreeMap<String, Item>>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "_id", default)]
    id: String,
    #[serde(rename = "_index", default)]
    index: String,
    status: u16,
    #[serde(default)]
    error: Value,
}

/// The outcome of a bulk request.
#[derive(Debug, PartialEq)]
enum Outcome {
    Done,
    /// These operations were rejected for now, the last of them for this reason.
    Retry(Vec<usize>, Refusal),
    /// One operation can never succeed.
    Permanent {
        document: String,
        refusal: Refusal,
    },
}

/// The outcome of a request of so many operations: an answer that lacks some says nothing of them.
fn outcome(answer: &[u8], operations: usize) -> Result<Outcome, Failure> {
    let answer: Answer = serde_json::from_slice(answer).map_err(|e| Failure::Malformed(e.to_string()))?;
    if answer.items.len() != operations {
        let why = format!("it says of {} operations what became of {operations}", answer.items.len());
        return Err(Failure::Malformed(why));
    }
    if !answer.errors {
        return Ok(Outcome::Done);
    }
    let mut again = Vec::new();
    let mut why = Refusal::default();
    for (no, item) in
        answer.items.iter().enumerate().filter_map(|(no, item)| Some((no, item.values().next()?)))
    {
        // A missing document need not be deleted.
        if (200..=299).contains(&item.status) || item.status == 404 && item.error.is_null() {
            continue;
        }
        let refusal = Refusal::of(item.status, &item.error);
        // An equally new or newer document is there.
        if refusal.is_conflict() {
            continue;
        }
        if !refusal.may_pass() {
            return Ok(Outcome::Permanent { document: format!("{}/{}", item.index, item.id), refusal });
        }
        again.push(no);
        why = refusal;
    }
    Ok(if again.is_empty() { Outcome::Done } else { Outcome::Retry(again, why) })
}

const PATH: &str = "/_bulk?filter_path=errors,items.*._id,items.*._index,items.*.status,items.*.error";

/// The first attempt whose failure is logged; earlier failures are common.
const WARN_TRY: u32 = 4;

fn send_chunk(client: &Client, mut chunk: Chunk) -> Result<()> {
    let begun = Instant::now();
    let mut backoff = backoff(chunk.operation(0));
    loop {
        let answered = client.once(&ApiRequest::post(PATH).with_lines(&chunk.bytes));
        let failure = match answered.and_then(|answer| outcome(&answer, chunk.starts.len())) {
            Ok(Outcome::Done) => return Ok(()),
            Ok(Outcome::Permanent { document, refusal }) => {
                return Err(Error::from(refusal).while_doing(&format!("document `{document}`")));
            }
            Ok(Outcome::Retry(operations, refusal)) => {
                chunk = chunk.only(operations);
                Failure::Refused(refusal)
            }
            Err(Failure::Refused(refusal)) if refusal.status == 413 && chunk.starts.len() > 1 => {
                let half = chunk.starts.len() / 2;
                send_chunk(client, chunk.only(0..half))?;
                chunk = chunk.only(half..chunk.starts.len());
                continue;
            }
            Err(failure) if failure.may_pass() => failure,
            Err(failure) => return Err(failure.into()),
        };
        let wait = backoff.next_wait();
        if begun.elapsed() + wait >= client.patience() {
            return Err(failure.into());
        }
        if backoff.tries() == WARN_TRY {
            tracing::warn!(%failure, operations = chunk.starts.len(), "elasticsearch takes no writes; trying on");
        }
        std::thread::sleep(wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_sent_again() {
        let item = |status: u16, kind: &str| {
            let error =
                if status < 300 { Value::Null } else { serde_json::json!({"type": kind, "reason": "r"}) };
            serde_json::json!({"index": {"_id": "x", "_index": "i", "status": status, "error": error}})
        };
        let of = |items: Vec<Value>| {
            let operations = items.len();
            let answer = serde_json::json!({"errors": true, "items": items}).to_string();
            outcome(answer.as_bytes(), operations).unwrap()
        };
        let busy = || item(429, "es_rejected_execution_exception");
        let stale = || item(409, "version_conflict_engine_exception");
        assert_eq!(of(vec![item(201, ""), stale()]), Outcome::Done);
        assert!(
            matches!(of(vec![item(201, ""), busy(), stale(), busy()]), Outcome::Retry(a, _) if a == [1, 3])
        );
        // A shard that starts says so item by item, with the statuses of what is missing or in conflict.
        let starting = || item(404, "illegal_index_shard_state_exception");
        let unallocated = || item(409, "index_primary_shard_not_allocated_exception");
        assert!(
            matches!(of(vec![starting(), item(201, ""), unallocated()]), Outcome::Retry(a, _) if a == [0, 2])
        );
        let broken = of(vec![busy(), item(400, "document_parsing_exception")]);
        assert!(matches!(broken, Outcome::Permanent { document, .. } if document == "i/x"));
    }

    #[test]
    fn an_answer_that_says_nothing_of_some_operations_is_none() {
        for answer in
            [r#"{"errors":false}"#, r#"{"errors":true,"items":[]}"#, r#"{"errors":false,"items":[]}"#]
        {
            assert!(matches!(outcome(answer.as_bytes(), 1), Err(Failure::Malformed(_))), "{answer}");
        }
    }

    #[test]
    fn operations_are_told_apart() {
        let chunk = Chunk { bytes: b"a\nbb\nc\n".to_vec(), starts: vec![0, 2, 5] };
        assert_eq!(chunk.only([0, 2]).bytes, b"a\nc\n");
        assert_eq!(chunk.only(1..3).operation(0), b"bb\n");
    }
}
