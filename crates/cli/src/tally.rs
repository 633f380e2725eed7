//! The outcomes of sent annotations: totals for the end of a command, and problems as they occur.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::client::Reply;
use crate::exit::Outcome;
use crate::output;
use crate::problem;
use crate::upload::Origin;

/// How many rejected lines a command prints, and lists with `--json`.
pub const PROBLEMS_SHOWN: usize = 100;

/// The sums that a command ends with.
#[derive(Debug, Default)]
pub struct Totals {
    /// Newly kept.
    pub accepted: u64,
    /// There already.
    pub duplicates: u64,
    /// Rejected.
    pub rejected: u64,
    /// Assets registered by a line, or by the mapping.
    pub assets: u64,
    /// Runs committed.
    pub runs: u64,
    /// The last commit.
    pub commit: Option<u64>,
    /// The first rejected lines.
    pub errors: Vec<Value>,
    /// The first notes of importers.
    pub notes: Vec<String>,
}

impl Totals {
    /// Adds other totals.
    pub fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
        self.assets += other.assets;
        self.runs += other.runs;
        self.commit = self.commit.max(other.commit);
        let room = PROBLEMS_SHOWN.saturating_sub(self.errors.len());
        self.errors.extend(other.errors.into_iter().take(room));
    }

    /// How many rejected lines were not printed.
    pub fn not_shown(&self) -> u64 {
        self.rejected.saturating_sub(self.errors.len() as u64)
    }
}

/// Adds up answers, and prints each problem with its file and line.
#[derive(Default)]
pub struct Tally {
    files: Vec<String>,
    /// The sums so far.
    pub totals: Totals,
}

impl Tally {
    /// Starts a file; returns its number, for its results.
    pub fn file(&mut self, name: &str) -> usize {
        self.files.push(name.to_owned());
        self.files.len() - 1
    }

    /// A file's name.
    pub fn file_name(&self, file: usize) -> &str {
        self.files.get(file).map_or("", String::as_str)
    }

    /// Takes the answer to annotations in. One origin of line 0 for all of them: the answer's own numbers are printed.
    pub fn take(&mut self, reply: Reply, origins: &[Origin]) -> Outcome {
        if reply.status == StatusCode::UNPROCESSABLE_ENTITY {
            let problem: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
            let errors = problem.get("errors").and_then(Value::as_array).map_or(0, Vec::len);
            if errors > 0 {
                self.totals.rejected += errors as u64;
                self.show_errors(&problem, origins);
                output::warn(&problem::message(&problem));
                return Ok(());
            }
        }
        let answer = reply.json()?;
        let totals = &mut self.totals;
        totals.accepted += number(&answer, "accepted");
        totals.duplicates += number(&answer, "duplicates");
        totals.rejected += number(&answer, "rejected");
        totals.assets +=
            answer.get("registered_assets").and_then(Value::as_array).map_or(0, |a| a.len() as u64);
        totals.commit = totals.commit.max(answer.get("commit").and_then(Value::as_u64));
        self.show_errors(&answer, origins);
        Ok(())
    }

    /// Takes the answer to asset lines of a file in.
    pub fn take_assets(&mut self, answer: &Value, file: usize) {
        self.totals.assets += number(answer, "accepted");
        self.totals.rejected += number(answer, "rejected");
        self.show_errors(answer, &[Origin { file, line: 0 }]);
    }

    /// Counts lines as rejected for one reason, which is printed for the first of them.
    pub fn reject(&mut self, count: u64, first: Origin, pointer: &str, detail: &str) {
        let file = self.file_name(first.file).to_owned();
        self.totals.rejected += count;
        self.show(&file, first.line, pointer, detail);
    }

    /// Counts a problem of a file that was found before anything was sent.
    pub fn reject_in(&mut self, file: &str, line: u64, pointer: &str, detail: &str) {
        self.totals.rejected += 1;
        self.show(file, line, pointer, detail);
    }

    /// A note; nothing is rejected.
    pub fn note(&mut self, text: String) {
        output::warn(&text);
        if self.totals.notes.len() < PROBLEMS_SHOWN {
            self.totals.notes.push(text);
        }
    }

    fn show_errors(&mut self, answer: &Value, origins: &[Origin]) {
        for error in answer.get("errors").and_then(Value::as_array).into_iter().flatten() {
            let text = |field: &str| error.get(field).and_then(Value::as_str).unwrap_or("");
            let line = number(error, "line");
            let index = usize::try_from(line).unwrap_or(usize::MAX).wrapping_sub(1);
            let (file, line) = match (origins, origins.get(index)) {
                ([only], _) if only.line == 0 => (only.file, line),
                (_, Some(origin)) => (origin.file, origin.line),
                _ => (0, line),
            };
            let file = self.file_name(file).to_owned();
            self.show(&file, line, text("pointer"), text("detail"));
        }
    }

    fn show(&mut self, file: &str, line: u64, pointer: &str, detail: &str) {
        if self.totals.errors.len() >= PROBLEMS_SHOWN {
            return;
        }
        let field = if pointer.is_empty() { String::new() } else { format!(" `{pointer}`:") };
        let at = if line == 0 { String::new() } else { format!("{line}:") };
        output::warn(&format!("{file}:{at}{field} {detail}"));
        self.totals.errors.push(json!({"file": file, "line": line, "pointer": pointer, "detail": detail}));
    }
}

/// A count in an answer; 0 where it holds none.
pub fn number(answer: &Value, field: &str) -> u64 {
    answer.get(field).and_then(Value::as_u64).unwrap_or(0)
}
