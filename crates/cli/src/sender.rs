//! Sends annotations: decides which request they go in, and which run they belong to.
//!
//! Loose lines are sent as they come. Lines that supersede earlier annotations of a model go through runs, one for each
//! asset and model over all files and requests, and the runs are committed at the end: so the old annotations are
//! replaced by all of the new ones or by none. Rows of Arrow record batches go the same way.
//!
//! A dry run sends every request to the server as a check, in the same order, and opens no runs. So it misses an id
//! that occurs twice in different requests.

use std::collections::BTreeMap;
use std::io::Read;

use axum::http::{Method, StatusCode};
use rushes_types::{ModelRef, RunMode};
use rushes_wire::arrow::{Part, PartOptions, Parts};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Client, Payload, encode};
use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::output;
use crate::progress::Bar;
use crate::tally::{Tally, Totals, number};
use crate::upload::{Origin, Upload};

/// Bytes sent in one request: well below the server's limit, large enough for one fsync to be cheap.
const REQUEST_BYTES: usize = 8 << 20;
/// Bytes of a record batch that is sent as it is; from a longer one, requests of this length are made.
const BATCH_BYTES: usize = 32 << 20;

/// How annotations are sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct SendOptions {
    /// All lines or none.
    pub strict: bool,
    /// Only check.
    pub dry_run: bool,
}

/// A run that takes lines.
#[derive(Default)]
struct OpenRun {
    /// Its id once it is open.
    id: Option<String>,
    pending: Upload,
}

/// Which run a line belongs to. Appending ones sort behind replacing ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RunKey {
    asset: String,
    model: String,
    append: bool,
}

/// What decides the run of a line.
#[derive(Deserialize)]
struct Head {
    asset_id: String,
    model: String,
    movie_id: Option<String>,
}

/// Sends annotations and collects the outcomes.
pub struct Sender<'a> {
    client: &'a Client,
    options: SendOptions,
    /// All lines go into this run, which the caller commits.
    into: Option<String>,
    loose: Upload,
    runs: BTreeMap<RunKey, OpenRun>,
    /// The movie of an asset, from the first line of a run that names one.
    movies: BTreeMap<String, String>,
    pending_bytes: usize,
    /// The outcome of everything sent so far.
    pub tally: Tally,
}

impl<'a> Sender<'a> {
    /// Nothing sent yet.
    pub fn new(client: &'a Client, options: SendOptions) -> Self {
        Self {
            client,
            options,
            into: None,
            loose: Upload::default(),
            runs: BTreeMap::new(),
            movies: BTreeMap::new(),
            pending_bytes: 0,
            tally: Tally::default(),
        }
    }

    /// All lines go into an open run, which is not committed here.
    pub fn into_run(client: &'a Client, run: &str, options: SendOptions) -> Self {
        Self { into: Some(run.to_owned()), ..Self::new(client, options) }
    }

    /// The sums so far.
    pub fn totals(&self) -> &Totals {
        &self.tally.totals
    }

    /// Sends asset lines of a file.
    pub fn assets(&mut self, file: usize, lines: Vec<u8>) -> Outcome {
        if self.options.dry_run || lines.is_empty() {
            return Ok(());
        }
        let answer = self.client.post("/v1/assets", Payload::Lines(lines))?;
        self.tally.take_assets(&answer, file);
        Ok(())
    }

    /// Takes a line; sends what has come together when that is enough for a request.
    pub fn line(&mut self, file: usize, line: u64, bytes: &[u8], run: Option<RunMode>) -> Outcome {
        if bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        let origin = Origin { file, line };
        let Some(mode) = run else {
            if !self.loose.takes_lines() {
                self.flush_loose()?;
            }
            self.loose.push_line(origin, bytes);
            return self.added(bytes.len());
        };
        let key = match serde_json::from_slice::<Head>(bytes) {
            Ok(head) => self.key_of(head.asset_id, &head.model, head.movie_id, mode),
            Err(_) => None,
        };
        let Some(key) = key else {
            let mut upload = Upload::default();
            upload.push_line(origin, bytes);
            return self.reject_nameless(upload);
        };
        self.run_with_room(&key, Upload::takes_lines)?.pending.push_line(origin, bytes);
        self.added(bytes.len())
    }

    /// Takes an Arrow IPC stream, batch by batch.
    pub fn arrow(&mut self, file: usize, stream: impl Read, run: Option<RunMode>, bar: &Bar) -> Outcome {
        let mut parts = Parts::new(stream, PartOptions { by_run: run.is_some(), bytes_max: BATCH_BYTES });
        loop {
            let batch = parts.next_batch().map_err(|error| {
                Failure::Failed(anyhow::Error::new(error).context(self.tally.file_name(file).to_owned()))
            })?;
            let Some(batch) = batch else { return self.end_file() };
            for part in batch {
                if interrupt::is_asked() {
                    return Err(Failure::Interrupted);
                }
                bar.add(part.batch.len() as u64);
                self.rows(file, part, run)?;
            }
        }
    }

    fn rows(&mut self, file: usize, part: Part, run: Option<RunMode>) -> Outcome {
        let bytes = part.batch.len();
        let Some(mode) = run else {
            if !self.loose.takes_rows(&part) {
                self.flush_loose()?;
            }
            self.loose.push_rows(file, part);
            return self.added(bytes);
        };
        let names = part.run.clone();
        let Some(key) = names.and_then(|names| self.key_of(names.asset, &names.model, names.movie, mode))
        else {
            let mut upload = Upload::default();
            upload.push_rows(file, part);
            return self.reject_nameless(upload);
        };
        self.run_with_room(&key, |pending| pending.takes_rows(&part))?.pending.push_rows(file, part);
        self.added(bytes)
    }

    fn added(&mut self, bytes: usize) -> Outcome {
        self.pending_bytes += bytes;
        // With --strict a file is accepted whole or not at all: then it is one request.
        let is_whole = self.options.strict && self.runs.is_empty();
        if self.pending_bytes >= REQUEST_BYTES && !is_whole { self.flush() } else { Ok(()) }
    }

    /// A file ends.
    pub fn end_file(&mut self) -> Outcome {
        if self.options.strict { self.flush_loose() } else { Ok(()) }
    }

    /// Sends what is left and commits the runs; with `strict` and a rejected line, aborts them.
    pub fn finish(&mut self) -> Outcome {
        self.flush()?;
        if self.options.strict && self.totals().rejected > 0 && !self.runs.is_empty() {
            self.abort();
            self.tally.totals.accepted = 0;
            output::warn("nothing was replaced: some lines are refused, and it was all or nothing");
            return Ok(());
        }
        for run in std::mem::take(&mut self.runs).into_values() {
            let Some(id) = run.id else { continue };
            let answer = self.client.post(&format!("/v1/runs/{}/commit", encode(&id)), Payload::Empty)?;
            let totals = &mut self.tally.totals;
            totals.commit = totals.commit.max(answer.get("commit").and_then(Value::as_u64));
            totals.runs += 1;
        }
        Ok(())
    }

    /// Aborts the open runs, as far as possible.
    pub fn abort(&mut self) {
        for run in std::mem::take(&mut self.runs).into_values() {
            if let Some(id) = run.id {
                self.client.abort_run(&id);
            }
        }
    }

    /// The run of what a line names; `None` where that is no model. Two spellings of one model are one run.
    fn key_of(&mut self, asset: String, model: &str, movie: Option<String>, mode: RunMode) -> Option<RunKey> {
        let model = ModelRef::parse(model).ok()?.as_str().to_owned();
        if let Some(movie) = movie
            && !self.movies.contains_key(&asset)
        {
            self.movies.insert(asset.clone(), movie);
        }
        Some(RunKey { asset, model, append: mode == RunMode::Append })
    }

    /// The run of a key; its pending upload is sent first where nothing can be added to it.
    fn run_with_room(&mut self, key: &RunKey, has_room: impl Fn(&Upload) -> bool) -> Outcome<&mut OpenRun> {
        if let Some(run) = self.runs.get_mut(key)
            && !has_room(&run.pending)
        {
            let mut run = std::mem::take(run);
            let sent = self.append(key, &mut run);
            self.runs.insert(key.clone(), run);
            sent?;
        }
        Ok(self.runs.entry(key.clone()).or_default())
    }

    fn annotations_path(&self, mode: &str, dry_run: bool) -> String {
        format!("/v1/annotations?mode={mode}&strict={}&dry_run={dry_run}", self.options.strict)
    }

    /// Lines that name no asset or no model belong to no run: they are sent by themselves, only to get the reason of
    /// the rejection.
    fn reject_nameless(&mut self, upload: Upload) -> Outcome {
        let (first, count) = (upload.first(), upload.len());
        let path = self.annotations_path("loose", true);
        let (accepted, rejected) = (self.totals().accepted, self.totals().rejected);
        self.post_annotations(&path, upload)?;
        self.tally.totals.accepted = accepted;
        if self.totals().rejected == rejected {
            self.tally.reject(count, first, "", "`asset_id` and `model` must be texts; write both");
        }
        Ok(())
    }

    fn flush(&mut self) -> Outcome {
        self.pending_bytes = 0;
        self.flush_loose()?;
        let mut runs = std::mem::take(&mut self.runs);
        let sent = runs
            .iter_mut()
            .filter(|(_, run)| !run.pending.is_empty())
            .try_for_each(|(key, run)| self.append(key, run));
        self.runs = runs;
        sent
    }

    fn flush_loose(&mut self) -> Outcome {
        let upload = std::mem::take(&mut self.loose);
        if upload.is_empty() {
            return Ok(());
        }
        let path = match &self.into {
            Some(run) => format!("/v1/runs/{}/annotations?strict={}", encode(run), self.options.strict),
            None => self.annotations_path("loose", self.options.dry_run),
        };
        self.post_annotations(&path, upload)
    }

    fn post_annotations(&mut self, path: &str, upload: Upload) -> Outcome {
        let (payload, origins) = upload.into_payload();
        let reply = self.client.send(Method::POST, path, payload)?;
        self.tally.take(reply, &origins)
    }

    fn append(&mut self, key: &RunKey, run: &mut OpenRun) -> Outcome {
        let upload = std::mem::take(&mut run.pending);
        if self.options.dry_run {
            // Whether it replaces or appends, a run begins empty: that is what `replace` checks.
            return self.post_annotations(&self.annotations_path("replace", true), upload);
        }
        let id = match &run.id {
            Some(id) => id.clone(),
            None => match self.open(key) {
                Ok(id) => run.id.insert(id).clone(),
                // The run's names are at fault: say so at its first line.
                Err(Failure::Failed(e)) => {
                    let detail = format!("{e:#} (and {} lines like it)", upload.len());
                    self.tally.reject(upload.len(), upload.first(), "", &detail);
                    return Ok(());
                }
                Err(other) => return Err(other),
            },
        };
        let path = format!("/v1/runs/{}/annotations?strict={}", encode(&id), self.options.strict);
        self.post_annotations(&path, upload)
    }

    /// Opens a run; its asset is registered first where it is not known.
    fn open(&mut self, key: &RunKey) -> Outcome<String> {
        let asset =
            self.client.send(Method::GET, &format!("/v1/assets/{}", encode(&key.asset)), Payload::Empty)?;
        if asset.status == StatusCode::NOT_FOUND {
            let mut line = json!({"asset_id": key.asset});
            if let Some(movie) = self.movies.get(&key.asset) {
                line["movie_id"] = json!(movie);
            }
            let answer = self.client.post("/v1/assets", Payload::Json(line))?;
            if let Some(error) = answer.pointer("/errors/0/detail").and_then(Value::as_str) {
                return Err(Failure::because(error.to_owned()));
            }
            self.tally.totals.assets += number(&answer, "accepted");
        }
        let mode = if key.append { "append" } else { "replace" };
        let run = json!({"asset_id": key.asset, "model": key.model, "mode": mode});
        let answer = self.client.post("/v1/runs", Payload::Json(run))?;
        let id = answer.get("run").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| Failure::because("the server named no run"))
    }
}
