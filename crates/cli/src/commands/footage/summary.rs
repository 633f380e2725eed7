//! The outcome of ingesting footage: counts, and names of what is missing.

use std::path::PathBuf;

use rushes_footage::Skipped;
use serde_json::{Value, json};

use crate::output::{self, count, plural};

/// Names that one sentence of the summary shows.
const NAMES_SHOWN: usize = 5;

/// The outcome for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Its asset is new.
    New,
    /// Its asset was there.
    Changed,
    /// Nothing had to be done.
    Unchanged,
}

/// The sums over all folders.
#[derive(Debug, Default)]
pub struct FootageSummary {
    /// Folders and files that were named.
    pub folders: u64,
    /// Files with annotation lines that lay there, too.
    pub lines: Vec<PathBuf>,
    new: u64,
    changed: u64,
    unchanged: u64,
    dialogue: u64,
    shots: u64,
    without_subtitles: Vec<String>,
    without_media: Vec<String>,
    skipped: Vec<(String, String)>,
    notes: Vec<(String, String)>,
    usual: u64,
    /// What to do so that it can be played, where it cannot yet.
    pub to_play: Vec<String>,
}

impl FootageSummary {
    /// What a scan left out.
    pub fn skipped(&mut self, skipped: &[Skipped]) {
        for one in skipped {
            if one.is_usual {
                self.usual += 1;
            } else {
                self.skip(&one.what, &one.why);
            }
        }
    }

    /// Something is left out; printed at once, since it may be long until the end.
    pub fn skip(&mut self, what: &str, why: &str) {
        output::warn(&format!("{what}: skipped: {why}"));
        self.skipped.push((what.to_owned(), why.to_owned()));
    }

    /// Something to know.
    pub fn note(&mut self, what: &str, text: &str) {
        output::warn(&format!("{what}: {text}"));
        self.notes.push((what.to_owned(), text.to_owned()));
    }

    /// A file is done.
    pub fn count(&mut self, change: Change) {
        match change {
            Change::New => self.new += 1,
            Change::Changed => self.changed += 1,
            Change::Unchanged => self.unchanged += 1,
        }
    }

    /// What was ingested of a file.
    pub fn took(&mut self, what: &str, has_media: bool, dialogue: u64, shots: u64) {
        self.dialogue += dialogue;
        self.shots += shots;
        if dialogue == 0 {
            self.without_subtitles.push(what.to_owned());
        }
        if !has_media {
            self.without_media.push(what.to_owned());
        }
    }

    /// Prints it for a person.
    pub fn print(&self) {
        if self.folders == 0 {
            return;
        }
        let (new, changed, unchanged) = (count(self.new), count(self.changed), count(self.unchanged));
        output::line(&format!(
            "footage: {new} new, {changed} changed, {unchanged} as they were; {}, {}",
            plural(self.dialogue, "dialogue line"),
            plural(self.shots, "shot")
        ));
        let missing = |what: &str, names: &[String]| {
            if !names.is_empty() {
                output::line(&format!("{what}: {}", shown(names)));
            }
        };
        missing("no subtitles", &self.without_subtitles);
        missing("no media file", &self.without_media);
        missing("skipped", &self.skipped.iter().map(|s| s.0.clone()).collect::<Vec<_>>());
        if self.usual > 0 {
            output::line(&format!("passed over as usual: {}", plural(self.usual, "hidden or other file")));
        }
        self.to_play.iter().for_each(|text| output::line(text));
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let named = |list: &[(String, String)]| -> Vec<Value> {
            list.iter().map(|(what, why)| json!({"file": what, "why": why})).collect()
        };
        json!({
            "new": self.new, "changed": self.changed, "unchanged": self.unchanged,
            "dialogue": self.dialogue, "shots": self.shots,
            "without_subtitles": self.without_subtitles, "without_media": self.without_media,
            "skipped": named(&self.skipped), "notes": named(&self.notes), "passed_over": self.usual,
        })
    }
}

fn shown(names: &[String]) -> String {
    let first: Vec<String> = names.iter().take(NAMES_SHOWN).map(|n| format!("`{n}`")).collect();
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {} more", first.join(", "), count(more as u64)),
    }
}
