//! Files for other programs: the parameters that all routes which write them take, and their answers.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use rushes_export::{Exported, Format, LeftOut, Options};
use rushes_types::limits::QUERY_BYTES_MAX;
use rushes_types::{Error, Result};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::{Problem, Reply};

/// How many moments are in the file.
const WRITTEN: HeaderName = HeaderName::from_static("x-rushes-written");
/// How many of the moments are not in the file.
const LEFT_OUT: HeaderName = HeaderName::from_static("x-rushes-left-out");
/// Why, in words.
const LEFT_OUT_WHY: HeaderName = HeaderName::from_static("x-rushes-left-out-why");
/// What else is to be known of the file, in words.
const NOTES: HeaderName = HeaderName::from_static("x-rushes-notes");
/// How many reels of an edit list have other names than they had; its remarks say which.
const RENAMED: HeaderName = HeaderName::from_static("x-rushes-reels-renamed");
/// Most characters of a header.
const HEADER_CHARS_MAX: usize = 2_000;

/// What kind of file, and how it is written. Each format takes what it has a place for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportParams {
    /// The format.
    format: String,
    /// The name of the list or timeline; the question in words where there is none.
    title: Option<String>,
    /// Added before and after each moment, as far as there are media: frames (`12f`) or seconds (`0.5`).
    handles: Option<String>,
    /// Left empty between two moments of a timeline: frames or seconds.
    gap: Option<String>,
    /// What is said of moments becomes markers, too: `true` or `false`.
    notes: Option<String>,
    /// The timecode at which the timeline begins; one hour by default.
    start: Option<String>,
    /// The rate of the timeline, such as 24000/1001; `each` is a file for each rate; by default that of most moments.
    rate: Option<String>,
    /// Does the timeline's timecode drop frames? By default as that of the first moment.
    drop_frame: Option<String>,
    /// What a clip brings: `both` (by default), `video` or `audio`.
    tracks: Option<String>,
    /// Names of reels in an edit list: `eight` characters (by default), or the whole name of the `file`.
    reels: Option<String>,
    /// What markers and captions are placed on: the `sequence` that the moments make, or the `source`, one file for each
    /// asset. By default the source where all moments are of one asset.
    place: Option<String>,
}

impl ExportParams {
    /// The format and the options, with a title where none is named.
    ///
    /// # Errors
    /// The parameter that is none.
    pub(super) fn read(self, title: &str) -> Reply<(Format, Options)> {
        let format = Format::parse(&self.format).ok_or_else(|| {
            let what = format!("there is no format `{}`", self.format);
            let mend = format!("name one of {}", Format::names().join(", "));
            Problem::from(Error::invalid(what).mend(mend)).parameter("format")
        })?;
        if self.title.as_ref().is_some_and(|title| title.len() > QUERY_BYTES_MAX) {
            let what = format!("the title is longer than {QUERY_BYTES_MAX} bytes");
            return Err(Problem::from(Error::invalid(what).mend("shorten it")).parameter("title"));
        }
        let mut options = Options::titled(self.title.as_deref().unwrap_or(title));
        let named = [
            ("handles", self.handles),
            ("gap", self.gap),
            ("notes", self.notes),
            ("start", self.start),
            ("rate", self.rate),
            ("drop_frame", self.drop_frame),
            ("tracks", self.tracks),
            ("reels", self.reels),
            ("place", self.place),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                options.set(name, &value).map_err(|error| parameter(error.into()))?;
            }
        }
        Ok((format, options))
    }
}

/// An error that names an option names a parameter of the address.
pub(super) fn parameter(mut problem: Problem) -> Problem {
    match problem.pointer.take() {
        Some(name) if !name.starts_with('/') => problem.parameter(name),
        pointer => {
            problem.pointer = pointer;
            problem
        }
    }
}

/// Adds moments that were not even read.
pub(super) fn beyond(file: &mut Exported, count: usize, most: usize) {
    if count > 0 {
        let why = format!("a file holds at most {most} moments");
        file.left_out.push(LeftOut { why, count, assets: Vec::new() });
    }
}

/// The file as an answer.
///
/// # Errors
/// None in practice: what is made here are valid headers.
pub(super) fn answer(file: Exported) -> Result<Response> {
    let wrong = |_| Error::bug("a header of an export");
    let left_out = file.left_out_count();
    let why: Vec<String> = file.left_out.iter().map(LeftOut::sentence).collect();
    let mut response = Response::new(file.bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&file.content_type).map_err(wrong)?);
    headers.insert(WRITTEN, HeaderValue::from(file.written));
    headers.insert(LEFT_OUT, HeaderValue::from(left_out));
    headers.insert(RENAMED, HeaderValue::from(file.renamed.len()));
    for (name, texts) in [(LEFT_OUT_WHY, why), (NOTES, file.notes)] {
        if !texts.is_empty() {
            headers.insert(name, HeaderValue::from_str(&ascii(&texts.join("; "))).map_err(wrong)?);
        }
    }
    let disposition = format!("attachment; filename=\"{}\"", file.name);
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(wrong)?);
    Ok(response)
}

/// What a header may hold: other letters are written out.
fn ascii(text: &str) -> String {
    let plain = |c: char| matches!(c, ' '..='~');
    let shown: String =
        text.chars().map(|c| if plain(c) { c.to_string() } else { c.escape_unicode().to_string() }).collect();
    shown.chars().take(HEADER_CHARS_MAX).collect()
}
