//! A table (RFC 4180): one line a moment, with everything an editor sorts by.

use rushes_types::AssetTimecode;

use crate::clip::Clip;
use crate::export::{Exported, seconds, widened};
use crate::options::Options;

/// The names of the columns, in order.
pub const COLUMNS: [&str; 20] = [
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
    "note",
    "start_ns",
    "end_ns",
];

/// Writes a table with a head, lines ended by CR LF, text in UTF-8.
///
/// Labels, titles and dialogue are untrusted: text that a spreadsheet would take for a formula is preceded by an
/// apostrophe, which spreadsheets take for "this is text"; what controls a terminal is written out. Numbers and timecode
/// are our own and stay as they are.
pub(crate) fn table(clips: &[Clip<'_>], options: &Options) -> Exported {
    let mut text = COLUMNS.join(",");
    text.push_str("\r\n");
    for (number, clip) in (1_usize..).zip(clips) {
        let fields: Vec<String> = fields(number, clip, options).iter().map(|field| quoted(field)).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    Exported { bytes: text.into_bytes(), written: clips.len(), ..Exported::default() }
}

fn fields(number: usize, clip: &Clip<'_>, options: &Options) -> [String; COLUMNS.len()] {
    let asset = clip.asset;
    let (start_ns, end_ns) = widened(clip, options);
    let text = |value: &Option<String>| value.as_deref().map(harmless).unwrap_or_default();
    let integer = |value: Option<i64>| value.map(|n| n.to_string()).unwrap_or_default();
    let timecode = AssetTimecode::of(asset).map(|tc| tc.span(start_ns, end_ns));
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
        seconds(start_ns),
        seconds(end_ns),
        seconds(end_ns.saturating_sub(start_ns)),
        asset.frame_rate.map(|rate| rate.to_string()).unwrap_or_default(),
        text(&asset.reel),
        format!("{:.6}", clip.score),
        harmless(&clip.labels.join("; ")),
        harmless(&clip.lines.join(" / ")),
        harmless(clip.note),
        start_ns.to_string(),
        end_ns.to_string(),
    ]
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
