//! A table (RFC 4180): one line a moment, with everything an editor sorts by.

use rushes_plan::time::AssetTimecode;

use crate::export::{Clip, ExportedFile};

/// The names of the columns, in order.
pub const COLUMNS: [&str; 19] = [
    "number",
    "asset_id",
    "movie_id",
    "series",
    "season",
    "episode",
    "title",
    "timecode_in",
    "timecode_out",
    "start_seconds",
    "end_seconds",
    "duration_seconds",
    "frame_rate",
    "reel",
    "score",
    "labels",
    "dialogue",
    "start_ns",
    "end_ns",
];

/// Writes a table with a head, lines ended by CR LF, text in UTF-8.
///
/// Labels, titles and dialogue are untrusted: text that a spreadsheet would take for a formula is preceded by an
/// apostrophe, which spreadsheets take for "this is text"; what controls a terminal is written out. Numbers and timecode
/// are our own and stay as they are.
#[must_use]
pub fn csv(clips: &[Clip<'_>]) -> ExportedFile {
    let mut text = COLUMNS.join(",");
    text.push_str("\r\n");
    for (number, clip) in (1_usize..).zip(clips) {
        let fields: Vec<String> = fields(number, clip).iter().map(|field| quoted(field)).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    ExportedFile { text, written: clips.len(), left_out: Vec::new() }
}

fn fields(number: usize, clip: &Clip<'_>) -> [String; COLUMNS.len()] {
    let asset = clip.asset;
    let text = |value: &Option<String>| value.as_deref().map(harmless).unwrap_or_default();
    let integer = |value: Option<i64>| value.map(|n| n.to_string()).unwrap_or_default();
    let timecode = AssetTimecode::of(asset).map(|tc| tc.span(clip.start_ns, clip.end_ns));
    let (timecode_in, timecode_out) = timecode.unwrap_or_default();
    [
        number.to_string(),
        harmless(asset.id.as_str()),
        harmless(asset.movie.as_str()),
        text(&asset.series),
        integer(asset.season),
        integer(asset.episode),
        text(&asset.title),
        timecode_in,
        timecode_out,
        seconds(clip.start_ns),
        seconds(clip.end_ns),
        seconds(clip.end_ns.saturating_sub(clip.start_ns)),
        asset.frame_rate.map(|rate| rate.to_string()).unwrap_or_default(),
        text(&asset.reel),
        format!("{:.6}", clip.score),
        harmless(&clip.labels.join("; ")),
        harmless(&clip.lines.join(" / ")),
        clip.start_ns.to_string(),
        clip.end_ns.to_string(),
    ]
}

/// Nanoseconds as seconds with nine decimals: exact.
fn seconds(ns: i64) -> String {
    let (sign, ns) = if ns < 0 { ("-", ns.unsigned_abs()) } else { ("", ns.unsigned_abs()) };
    format!("{sign}{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

/// Text that no spreadsheet takes for a formula, and no terminal for an order.
fn harmless(text: &str) -> String {
    let orders = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    let text: String = text
        .chars()
        .flat_map(|c| {
            let escaped = orders(c).then(|| c.escape_unicode());
            let plain = escaped.is_none().then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect();
    let risky = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if text.trim_start_matches([' ', '"']).starts_with(risky) { format!("'{text}") } else { text }
}

/// A field as RFC 4180 writes it.
fn quoted(field: &str) -> String {
    let plain = |c: char| !matches!(c, '"' | ',' | '\r' | '\n' | ';');
    if field.chars().all(plain) && field == field.trim() {
        field.to_owned()
    } else {
        format!("\"{}\"", field.replace('"', "\"\""))
    }
}
