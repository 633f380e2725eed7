//! Tests of the readers, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers are tests too: they fail, and say what they skip"
)]

mod annotators;
mod catalogues;
mod detections;
mod differential;
mod hostile;
mod losses;
mod real;
mod seeds;
mod services;
mod sniffing;
mod subtitles;
mod suggesting;
mod titles;
mod transcripts;

use std::ops::ControlFlow;

use rushes_import::formats::{Counts, Format, Item, Settings, read};
use serde_json::Value;

/// All that a reader hands out.
#[derive(Debug, Default)]
struct Got {
    annotations: Vec<Value>,
    problems: Vec<String>,
    notes: Vec<String>,
    counts: Counts,
}

impl Got {
    /// `TYPE start-end label or text`, times in milliseconds.
    fn lines(&self) -> Vec<String> {
        let ms = |value: &Value| value.as_i64().unwrap() as f64 / 1e6;
        let line = |a: &Value| {
            let range = &a["time_range"];
            let said = a["label"].as_str().or(a["text"].as_str()).unwrap_or("-");
            let (start, end) = (ms(&range["start_time_ns"]), ms(&range["end_time_ns"]));
            format!("{} {start}-{end} {said}", a["type"].as_str().unwrap())
        };
        self.annotations.iter().map(line).collect()
    }

    /// Nothing was refused.
    #[track_caller]
    fn clean(self) -> Self {
        assert_eq!(self.problems, [""; 0], "{self:?}");
        self
    }

    /// The only annotations are these.
    #[track_caller]
    fn says(self, lines: &[&str]) -> Self {
        assert_eq!(self.lines(), lines, "{self:#?}");
        self
    }

    /// One of the problems holds this.
    #[track_caller]
    fn refuses(self, part: &str) -> Self {
        assert!(
            self.problems.iter().any(|problem| problem.contains(part)),
            "`{part}` not in {:?}",
            self.problems
        );
        self
    }

    /// One of the notes holds this.
    #[track_caller]
    fn notes(self, part: &str) -> Self {
        assert!(self.notes.iter().any(|note| note.contains(part)), "`{part}` not in {:?}", self.notes);
        self
    }
}

fn got(format: Format, file: &str, bytes: &[u8], settings: &Settings) -> Got {
    let mut got = Got::default();
    got.counts = read(format, file, bytes, settings, &mut |item| {
        match item {
            Item::Annotation(line) => got.annotations.push(serde_json::from_str(&line).unwrap()),
            Item::Asset(line) => panic!("an asset line: {line}"),
            Item::Problem(problem) => got.problems.push(problem.to_string()),
            Item::Note(note) => got.notes.push(note.to_string()),
        }
        ControlFlow::Continue(())
    });
    assert_eq!(got.counts.annotations, got.annotations.len() as u64);
    assert_eq!(got.counts.problems, got.problems.len() as u64);
    got
}

/// A file of an asset of which nothing is known.
fn plain(format: Format, text: &str) -> Got {
    got(format, "x", text.as_bytes(), &Settings::new("a"))
}

fn with_rate(rate: &str) -> Settings {
    Settings { frame_rate: Some(rushes_types::FrameRate::parse(rate).unwrap()), ..Settings::new("a") }
}
