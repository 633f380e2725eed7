//! Lines on their way into an archive: where each came from, and which run it belongs to.
//!
//! Loose lines are sent as they come. Lines that replace what a model said before go through runs, one for each asset
//! and model, whatever number of files and requests they come in, and the runs are committed at the end: so what was
//! there is replaced by all of the new or by none of it.

use std::collections::BTreeMap;

use rushes_types::RunMode;
use serde::Deserialize;
use serde_json::{Value, json};

use axum::http::{Method, StatusCode};

use crate::client::{Client, Payload, Reply, encode};
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::problem;
pub use crate::totals::Totals;

/// Bytes of lines sent in one request: well below the server's limit, large enough for one fsync to be cheap.
pub const REQUEST_BYTES: usize = 8 << 20;
/// Refused lines that are printed, and listed with `--json`, for each command.
pub(crate) const PROBLEMS_SHOWN: usize = 100;

/// How lines are sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// All lines or none.
    pub strict: bool,
    /// Only check.
    pub dry_run: bool,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    file: usize,
    line: u64,
}

/// Lines with where they come from.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    origins: Vec<Origin>,
}

impl Batch {
    fn push(&mut self, origin: Origin, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        if line.last() != Some(&b'\n') {
            self.bytes.push(b'\n');
        }
        self.origins.push(origin);
    }
}

/// A run that takes lines.
struct OpenRun {
    /// Its id once it is open.
    id: Option<String>,
    lines: Batch,
}

/// Which run a line belongs to. Appending ones sort behind replacing ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RunKey {
    asset: String,
    model: String,
    append: bool,
    movie: Option<String>,
}

/// What decides the run of a line.
#[derive(Deserialize)]
struct Head {
    asset_id: String,
    model: String,
    movie_id: Option<String>,
}

/// Sends lines and collects what became of them.
pub struct Sender<'a> {
    client: &'a Client,
    how: How,
    /// All lines go into this run, which somebody else commits.
    into: Option<String>,
    files: Vec<String>,
    loose: Batch,
    runs: BTreeMap<RunKey, OpenRun>,
    held: usize,
    /// What became of everything sent so far.
    pub totals: Totals,
}

impl<'a> Sender<'a> {
    /// Nothing sent yet.
    pub fn new(client: &'a Client, how: How) -> Self {
        let (files, loose, runs) = (Vec::new(), Batch::default(), BTreeMap::new());
        Self { client, how, into: None, files, loose, runs, held: 0, totals: Totals::default() }
    }

    /// All lines go into an open run, which is not committed here.
    pub fn into_run(client: &'a Client, run: &str, how: How) -> Self {
        Self { into: Some(run.to_owned()), ..Self::new(client, how) }
    }

    /// A file's name.
    pub fn file_name(&self, file: usize) -> &str {
        self.files.get(file).map_or("", String::as_str)
    }

    /// A file begins: its number, for the lines of it.
    pub fn file(&mut self, name: &str) -> usize {
        self.files.push(name.to_owned());
        self.files.len() - 1
    }

    /// Sends asset lines of a file.
    pub fn assets(&mut self, file: usize, lines: Vec<u8>) -> Outcome {
        if self.how.dry_run || lines.is_empty() {
            return Ok(());
        }
        let answer = self.client.post("/v1/assets", Payload::Lines(lines))?;
        self.totals.assets += number(&answer, "accepted");
        self.totals.rejected += number(&answer, "rejected");
        self.say_errors(&answer, &[Origin { file, line: 0 }]);
        Ok(())
    }

    /// Takes a line; sends what has come together when that is enough for a request.
    pub fn line(&mut self, file: usize, line: u64, bytes: &[u8], run: Option<RunMode>) -> Outcome {
        if bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        let origin = Origin { file, line };
        self.held += bytes.len();
        match run {
            Some(mode) if !self.how.dry_run => match serde_json::from_slice::<Head>(bytes) {
                Ok(head) => self.run_of(head, mode).lines.push(origin, bytes),
                // It has no asset or no model: sent on its own, only for the reason to be named.
                Err(_) => self.check_one(origin, bytes)?,
            },
            _ => self.loose.push(origin, bytes),
        }
        // With --strict a file is taken whole or not at all: then it is one request.
        let whole = self.how.strict && self.runs.is_empty();
        if self.held >= REQUEST_BYTES && !whole { self.flush() } else { Ok(()) }
    }

    /// A file ends.
    pub fn end_file(&mut self) -> Outcome {
        if self.how.strict { self.flush_loose() } else { Ok(()) }
    }

    /// Sends an Arrow IPC stream.
    pub fn arrow(&mut self, file: usize, bytes: Vec<u8>, replace: bool) -> Outcome {
        let mode = if replace { "replace" } else { "loose" };
        let path = self.annotations_path(mode, self.how.dry_run);
        let reply = self.client.send(Method::POST, &path, Payload::Arrow(bytes))?;
        self.take(reply, &[Origin { file, line: 0 }])
    }

    /// A problem that was found before anything was sent.
    pub fn refuse(&mut self, place: &str, line: u64, pointer: &str, detail: &str) {
        self.totals.rejected += 1;
        self.say(place, line, pointer, detail);
    }

    /// Something to know; nothing is refused for it.
    pub fn note(&mut self, text: String) {
        output::warn(&text);
        if self.totals.notes.len() < PROBLEMS_SHOWN {
            self.totals.notes.push(text);
        }
    }

    /// Sends what is left and makes the runs visible; with `strict` and a refused line, gives them up.
    pub fn finish(&mut self) -> Outcome {
        self.flush()?;
        if self.how.strict && self.totals.rejected > 0 && !self.runs.is_empty() {
            self.abort();
            self.totals.accepted = 0;
            output::warn("nothing was replaced: some lines are refused, and it was all or nothing");
            return Ok(());
        }
        for run in std::mem::take(&mut self.runs).into_values() {
            let Some(id) = run.id else { continue };
            let answer = self.client.post(&format!("/v1/runs/{}/commit", encode(&id)), Payload::Empty)?;
            self.totals.commit = self.totals.commit.max(answer.get("commit").and_then(Value::as_u64));
            self.totals.runs += 1;
        }
        Ok(())
    }

    /// Gives the open runs up, as far as that is possible.
    pub fn abort(&mut self) {
        for run in std::mem::take(&mut self.runs).into_values() {
            if let Some(id) = run.id {
                self.client.abort_run(&id);
            }
        }
    }

    fn run_of(&mut self, head: Head, mode: RunMode) -> &mut OpenRun {
        let (asset, model, movie) = (head.asset_id, head.model, head.movie_id);
        let key = RunKey { asset, model, append: mode == RunMode::Append, movie: None };
        let known = self.runs.range(key.clone()..).next().map(|(k, _)| k.clone());
        let key = match known {
            Some(k) if k.asset == key.asset && k.model == key.model && k.append == key.append => k,
            _ => RunKey { movie, ..key },
        };
        self.runs.entry(key).or_insert_with(|| OpenRun { id: None, lines: Batch::default() })
    }

    fn annotations_path(&self, mode: &str, dry_run: bool) -> String {
        format!("/v1/annotations?mode={mode}&strict={}&dry_run={dry_run}", self.how.strict)
    }

    fn check_one(&mut self, origin: Origin, bytes: &[u8]) -> Outcome {
        let path = self.annotations_path("loose", true);
        let reply = self.client.send(Method::POST, &path, Payload::Lines(bytes.to_vec()))?;
        let before = self.totals.accepted;
        let rejected = self.totals.rejected;
        self.take(reply, &[origin])?;
        self.totals.accepted = before;
        if self.totals.rejected == rejected {
            let place = self.file_name(origin.file).to_owned();
            self.refuse(&place, origin.line, "", "`asset_id` and `model` must be texts; write both");
        }
        Ok(())
    }

    fn flush(&mut self) -> Outcome {
        self.held = 0;
        self.flush_loose()?;
        let mut runs = std::mem::take(&mut self.runs);
        let mut sent = Ok(());
        for (key, run) in &mut runs {
            if run.lines.origins.is_empty() {
                continue;
            }
            sent = self.append(key, run);
            if sent.is_err() {
                break;
            }
        }
        self.runs = runs;
        sent
    }

    fn flush_loose(&mut self) -> Outcome {
        let batch = std::mem::take(&mut self.loose);
        if batch.origins.is_empty() {
            return Ok(());
        }
        let path = match &self.into {
            Some(run) => format!("/v1/runs/{}/annotations?strict={}", encode(run), self.how.strict),
            None => self.annotations_path("loose", self.how.dry_run),
        };
        let reply = self.client.send(Method::POST, &path, Payload::Lines(batch.bytes))?;
        self.take(reply, &batch.origins)
    }

    fn append(&mut self, key: &RunKey, run: &mut OpenRun) -> Outcome {
        let batch = std::mem::take(&mut run.lines);
        let id = match &run.id {
            Some(id) => id.clone(),
            None => match self.open(key) {
                Ok(id) => run.id.insert(id).clone(),
                // The run's names are at fault (a model without version, most often): say so at its first line.
                Err(Failure::Failed(e)) => {
                    let first = batch.origins.first().copied().unwrap_or(Origin { file: 0, line: 0 });
                    let place = self.file_name(first.file).to_owned();
                    self.totals.rejected += batch.origins.len() as u64;
                    self.say(
                        &place,
                        first.line,
                        "",
                        &format!("{e:#} (and {} lines like it)", batch.origins.len()),
                    );
                    return Ok(());
                }
                Err(other) => return Err(other),
            },
        };
        let path = format!("/v1/runs/{}/annotations?strict={}", encode(&id), self.how.strict);
        let reply = self.client.send(Method::POST, &path, Payload::Lines(batch.bytes))?;
        self.take(reply, &batch.origins)
    }

    /// Opens a run; its asset is registered first where it is not known.
    fn open(&mut self, key: &RunKey) -> Outcome<String> {
        let asset =
            self.client.send(Method::GET, &format!("/v1/assets/{}", encode(&key.asset)), Payload::Empty)?;
        if asset.status == StatusCode::NOT_FOUND {
            let mut line = json!({"asset_id": key.asset});
            if let Some(movie) = &key.movie {
                line["movie_id"] = json!(movie);
            }
            let answer = self.client.post("/v1/assets", Payload::Json(line))?;
            if let Some(error) = answer.pointer("/errors/0/detail").and_then(Value::as_str) {
                return Err(Failure::because(error.to_owned()));
            }
            self.totals.assets += number(&answer, "accepted");
        }
        let mode = if key.append { "append" } else { "replace" };
        let run = json!({"asset_id": key.asset, "model": key.model, "mode": mode});
        let answer = self.client.post("/v1/runs", Payload::Json(run))?;
        let id = answer.get("run").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| Failure::because("the server named no run"))
    }

    /// Takes an answer in. One origin for all lines of a stream without lines of its own: then the answer's own
    /// numbers are printed.
    fn take(&mut self, reply: Reply, origins: &[Origin]) -> Outcome {
        if reply.status == StatusCode::UNPROCESSABLE_ENTITY {
            let problem: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
            let errors = problem.get("errors").and_then(Value::as_array).map_or(0, Vec::len);
            if errors > 0 {
                self.totals.rejected += errors as u64;
                self.say_errors(&problem, origins);
                output::warn(&problem::message(&problem));
                return Ok(());
            }
        }
        let answer = reply.json()?;
        self.totals.accepted += number(&answer, "accepted");
        self.totals.duplicates += number(&answer, "duplicates");
        self.totals.rejected += number(&answer, "rejected");
        self.totals.assets +=
            answer.get("registered_assets").and_then(Value::as_array).map_or(0, |a| a.len() as u64);
        self.totals.commit = self.totals.commit.max(answer.get("commit").and_then(Value::as_u64));
        self.say_errors(&answer, origins);
        Ok(())
    }

    fn say_errors(&mut self, answer: &Value, origins: &[Origin]) {
        for error in answer.get("errors").and_then(Value::as_array).into_iter().flatten() {
            let text = |field: &str| error.get(field).and_then(Value::as_str).unwrap_or("");
            let line = number(error, "line");
            let index = usize::try_from(line).unwrap_or(usize::MAX).wrapping_sub(1);
            let (file, line) = match (origins, origins.get(index)) {
                ([only], _) if only.line == 0 => (only.file, line),
                (_, Some(origin)) => (origin.file, origin.line),
                _ => (0, line),
            };
            let place = self.file_name(file).to_owned();
            self.say(&place, line, text("pointer"), text("detail"));
        }
    }

    fn say(&mut self, place: &str, line: u64, pointer: &str, detail: &str) {
        if self.totals.errors.len() >= PROBLEMS_SHOWN {
            return;
        }
        let field = if pointer.is_empty() { String::new() } else { format!(" `{pointer}`:") };
        let at = if line == 0 { String::new() } else { format!("{line}:") };
        output::warn(&format!("{place}:{at}{field} {detail}"));
        self.totals.errors.push(json!({"file": place, "line": line, "pointer": pointer, "detail": detail}));
    }

    /// How many refused lines were not printed.
    pub fn unsaid(&self) -> u64 {
        self.totals.rejected.saturating_sub(self.totals.errors.len() as u64)
    }
}

fn number(answer: &Value, field: &str) -> u64 {
    answer.get(field).and_then(Value::as_u64).unwrap_or(0)
}
