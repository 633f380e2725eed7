//! Moments as files for other programs: a table ([`csv`]), an edit decision list ([`edl`]).
//!
//! Pure: moments and their assets in; text out, with what could not be written. What a format cannot express is left
//! out and counted, never guessed: a moment without a frame rate has no timecode, so it is in no edit list.

mod csv;
mod edl;

pub use csv::{COLUMNS, csv};
pub use edl::{EVENTS_MAX, edl};

use rushes_types::Asset;

/// A moment to be written, with its asset.
#[derive(Debug, Clone, Copy)]
pub struct Clip<'a> {
    /// The asset.
    pub asset: &'a Asset,
    /// First instant, in nanoseconds from the start of the media.
    pub start_ns: i64,
    /// End, exclusive, in nanoseconds.
    pub end_ns: i64,
    /// What it is worth, 0 … 1.
    pub score: f64,
    /// The labels that were found in it, each once.
    pub labels: &'a [String],
    /// The lines of dialogue that were found in it.
    pub lines: &'a [String],
}

/// An exported file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportedFile {
    /// The file's content.
    pub text: String,
    /// Moments in it.
    pub written: usize,
    /// Reasons for leaving moments out, with counts.
    pub left_out: Vec<(String, usize)>,
}

impl ExportedFile {
    /// How many moments are not in it.
    #[must_use]
    pub fn left_out_count(&self) -> usize {
        self.left_out.iter().map(|(_, count)| count).sum()
    }
}

/// What people call an asset: series, season and episode, title; else its id.
fn name_of(asset: &Asset) -> String {
    let mut code = String::new();
    code.extend(asset.season.map(|n| format!("S{n:02}")));
    code.extend(asset.episode.map(|n| format!("E{n:02}")));
    let parts: Vec<&str> = [asset.series.as_deref(), Some(code.as_str()), asset.title.as_deref()]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() { asset.id.to_string() } else { parts.join(" ") }
}
