//! For benchmarks: records the bulk requests that were sent, to replay them through the bare bulk API and so measure
//! the upper bound of its throughput on the same documents.
//!
//! Client and index are unchanged: a layer of the HTTP agent records the requests.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rushes_index::space_of;
use rushes_types::{Error, ErrorKind, Metric, ModelRef, Result};
use serde_json::{Value, json};
use ureq::http::header::CONTENT_LENGTH;
use ureq::http::{Request, Response};
use ureq::middleware::{Middleware, MiddlewareNext};
use ureq::{Body, SendBody};

use crate::backend::{ElasticIndex, ElasticOptions};
use crate::client::{ApiRequest, Client, agent};
use crate::config::ElasticConfig;
use crate::meta::VectorField;
use crate::names::{Names, vector_field};
use crate::schema;
use crate::startup::{delete_all, look_up, make_version};

/// Where bulk requests go.
const BULK: &str = "/_bulk";

/// Bulk requests as they were sent, in a file.
#[derive(Debug)]
pub struct BulkRecording {
    on: AtomicBool,
    file: Mutex<RecordingFile>,
}

#[derive(Debug)]
struct RecordingFile {
    file: File,
    requests: u64,
    operations: u64,
    bytes: u64,
    failed: bool,
}

/// The result of replaying bulk requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replayed {
    /// Documents.
    pub documents: u64,
    /// Bytes of the requests.
    pub bytes: u64,
    /// How long it took, including the final refresh.
    pub took: Duration,
}

/// Operations of a bulk body: each begins with an action line, which no document looks like.
fn operations(body: &[u8]) -> usize {
    let begins = |line: &&[u8]| {
        line.starts_with(b"{\"index\":{\"_index\"") || line.starts_with(b"{\"delete\":{\"_index\"")
    };
    body.split(|byte| *byte == b'\n').filter(begins).count()
}

impl BulkRecording {
    /// Records into `file`, which must be empty and open for reading and writing; starts with [`BulkRecording::begin`].
    #[must_use]
    pub const fn new(file: File) -> Self {
        let file = RecordingFile { file, requests: 0, operations: 0, bytes: 0, failed: false };
        Self { on: AtomicBool::new(false), file: Mutex::new(file) }
    }

    /// Starts recording.
    pub fn begin(&self) {
        self.on.store(true, Ordering::SeqCst);
    }

    /// Stops recording.
    pub fn end(&self) {
        self.on.store(false, Ordering::SeqCst);
    }

    fn keep(&self, body: &[u8]) {
        let mut kept = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let length = (body.len() as u64).to_le_bytes();
        if kept.file.write_all(&length).and_then(|()| kept.file.write_all(body)).is_err() {
            kept.failed = true;
            return;
        }
        kept.requests += 1;
        kept.operations += operations(body) as u64;
        kept.bytes += body.len() as u64;
    }
}

/// Keeps bulk requests that the cluster took on their way out.
struct BulkRecorder(Arc<BulkRecording>);

impl Middleware for BulkRecorder {
    fn handle(
        &self,
        request: Request<SendBody<'_>>,
        next: MiddlewareNext<'_>,
    ) -> Result<Response<Body>, ureq::Error> {
        if !self.0.on.load(Ordering::SeqCst) || request.uri().path() != BULK {
            return next.handle(request);
        }
        let (mut parts, body) = request.into_parts();
        let mut bytes = Vec::new();
        body.into_reader().read_to_end(&mut bytes)?;
        parts.headers.insert(CONTENT_LENGTH, bytes.len().into());
        let response =
            next.handle(Request::from_parts(parts, SendBody::from_reader(&mut bytes.as_slice())))?;
        if response.status().is_success() {
            self.0.keep(&bytes);
        }
        Ok(response)
    }
}

/// Requests read from a file, one at a time, with the index names replaced.
struct Requests {
    file: BufReader<File>,
    left: u64,
    names: (String, String),
}

impl Requests {
    fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let fail = |e| Error::io("reading recorded requests", e);
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut length = [0; 8];
        self.file.read_exact(&mut length).map_err(fail)?;
        let mut body = String::new();
        let length = u64::from_le_bytes(length);
        (&mut self.file).take(length).read_to_string(&mut body).map_err(fail)?;
        Ok(Some(body.replace(&self.names.0, &self.names.1).into_bytes()))
    }
}

/// Requests read ahead.
const READY: usize = 4;

impl ElasticIndex {
    /// As [`ElasticIndex::open`]; bulk requests are recorded while `recording` is on.
    ///
    /// # Errors
    /// As [`ElasticIndex::open`].
    pub fn open_recorded(
        config: ElasticConfig,
        options: ElasticOptions,
        recording: Arc<BulkRecording>,
    ) -> Result<Self> {
        let agent = agent(&config)?.middleware(BulkRecorder(recording)).build();
        let client = Client::over(&config, agent.into())?;
        Self::open_with(client, config, options)
    }

    /// Replays recorded requests, with the usual concurrency, to indices of the same mapping that are removed
    /// afterwards.
    ///
    /// # Errors
    /// Those of the cluster; of the file where it could not be written or read.
    pub fn replay(&self, recording: &BulkRecording) -> Result<Replayed> {
        recording.end();
        let kept = recording.file.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.failed {
            return Err(
                Error::new(ErrorKind::Storage, "requests could not be recorded").mend("is the disk full")
            );
        }
        let mut file = kept.file.try_clone().map_err(|e| Error::io("reading recorded requests", e))?;
        std::io::Seek::rewind(&mut file).map_err(|e| Error::io("reading recorded requests", e))?;
        let bare = Names::new(&format!("{}-bare", self.config.prefix));
        let action = |prefix: &str| format!("\":{{\"_index\":\"{prefix}-");
        let names = (action(&self.config.prefix), action(&format!("{}-bare", self.config.prefix)));
        let requests = Requests { file: BufReader::new(file), left: kept.requests, names };
        let sent = self.make_bare(&bare).and_then(|()| self.send_bare(requests, &bare));
        let removed = delete_all(&self.client, &bare);
        let took = sent?;
        removed?;
        Ok(Replayed { documents: kept.operations, bytes: kept.bytes, took })
    }

    /// Lists the space of a model's vectors, and ends there, as a process does that is killed before it creates the field.
    ///
    /// # Errors
    /// Those of the cluster.
    pub fn list_space(&self, model: &ModelRef, dimensions: usize) -> Result<()> {
        let space = space_of(None, model)?;
        let field = vector_field(&space, dimensions);
        let listed = VectorField { space, dimensions, metric: Metric::Cosine };
        self.meta.add_spaces(&BTreeMap::from([(field, listed)])).map(drop)
    }

    /// Indices as ours now are, with the fields of all spaces.
    fn make_bare(&self, bare: &Names) -> Result<()> {
        let (large, small) = (schema::settings(&self.config), schema::small_settings(&self.config));
        for (ours, theirs, settings) in [
            (&self.names.annotations, &bare.annotations, &large),
            (&self.names.buckets, &bare.buckets, &large),
            (&self.names.assets, &bare.assets, &small),
        ] {
            let found = look_up(&self.client, ours)?;
            let mappings = found.and_then(|(_, state)| state.get("mappings").cloned()).unwrap_or(json!({}));
            make_version(&self.client, (theirs, 1), &mappings, settings, theirs)?;
        }
        Ok(())
    }

    fn send_bare(&self, mut requests: Requests, bare: &Names) -> Result<Duration> {
        let (full, bodies) = sync_channel::<Vec<u8>>(READY);
        let bodies = Mutex::new(bodies);
        let failed = AtomicUsize::new(0);
        let begun = Instant::now();
        let read: Result<()> = std::thread::scope(|scope| {
            for _ in 0..self.config.in_flight {
                scope.spawn(|| self.send_each(&bodies, &failed));
            }
            let full = full;
            while let Some(body) = requests.next()? {
                if full.send(body).is_err() {
                    break;
                }
            }
            Ok(())
        });
        read?;
        if failed.load(Ordering::SeqCst) > 0 {
            return Err(Error::new(ErrorKind::Unavailable, "elasticsearch did not take a recorded request"));
        }
        let all = [&bare.annotations, &bare.buckets, &bare.assets].map(String::as_str).join(",");
        self.client.on_all_shards(&all, ApiRequest::post(format!("/{all}/_refresh")))?;
        Ok(begun.elapsed())
    }

    fn send_each(&self, bodies: &Mutex<Receiver<Vec<u8>>>, failed: &AtomicUsize) {
        loop {
            let next = bodies.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(body) = next else { return };
            let ask = ApiRequest::post(format!("{BULK}?filter_path=errors")).with_lines(&body);
            let answer = self.client.once(&ask).ok();
            let answer = answer.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
            if answer.is_none_or(|answer| answer["errors"] != json!(false)) {
                failed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::scripted;

    #[test]
    fn bulk_requests_that_are_taken_are_kept_while_it_is_on() {
        let taken = (200, json!({"errors": false}));
        let (url, given) = scripted(vec![taken.clone(), (503, json!({})), taken]);
        let recording = Arc::new(BulkRecording::new(tempfile()));
        let config = ElasticConfig::at(&url);
        let agent = agent(&config).unwrap().middleware(BulkRecorder(recording.clone())).build();
        let client = Client::over(&config, agent.into()).unwrap();
        let body = b"{\"index\":{\"_index\":\"a-x\"}}\n{\"index\":1}\n{\"delete\":{\"_index\":\"a-x\"}}\n";
        let send = || client.bytes(&ApiRequest::post("/_bulk?filter_path=errors").with_lines(body)).unwrap();
        send();
        recording.begin();
        // The first try is refused.
        send();
        client.bytes(&ApiRequest::get("/")).unwrap();
        recording.end();
        send();
        assert_eq!(*given.lock().unwrap(), 5);
        let mut kept = recording.file.lock().unwrap();
        assert_eq!((kept.requests, kept.operations, kept.bytes), (1, 2, body.len() as u64));
        let mut bytes = Vec::new();
        std::io::Seek::rewind(&mut kept.file).unwrap();
        kept.file.read_to_end(&mut bytes).unwrap();
        assert_eq!(&bytes[8..], body);
    }

    /// An empty file that can be read and written and has no name.
    fn tempfile() -> File {
        let name = format!("rushes-bulk-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let file = File::options().create(true).truncate(true).read(true).write(true).open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        file
    }
}
