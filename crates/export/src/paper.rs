//! A paper edit: the moments in order, to be read, with timecode, notes and lines.

use std::fmt::Write;

use rushes_types::{AssetTimecode, NS_PER_SECOND};

use crate::clip::{Clip, asset_name};
use crate::export::{Exported, widened};
use crate::options::Options;
use crate::text::name;

/// Writes the moments as text.
pub(crate) fn paper(clips: &[Clip<'_>], options: &Options) -> Exported {
    let spans: Vec<(i64, i64)> = clips.iter().map(|clip| widened(clip, options)).collect();
    let total = spans.iter().fold(0_i64, |sum, (from, to)| sum.saturating_add(to - from));
    let moments = if clips.len() == 1 { "moment" } else { "moments" };
    let mut text = format!("{}\n{} {moments}, {}\n", name(&options.title), clips.len(), clock(total));
    for (number, (clip, (from, to))) in (1..).zip(clips.iter().zip(&spans)) {
        let timecode = AssetTimecode::of(clip.asset).map(|tc| tc.span(*from, *to));
        let (start, end) = timecode.unwrap_or_else(|| (clock(*from), clock(*to)));
        let length = clock(to - from);
        // Writing to a string cannot fail, here and below.
        let _ =
            write!(text, "\n{number:>3}  {start} - {end}  ({length})  {}\n", name(&asset_name(clip.asset)));
        let labels: Vec<&str> = clip.labels.iter().map(String::as_str).collect();
        for said in [clip.note.to_owned(), labels.join(", ")].iter().filter(|said| !said.is_empty()) {
            let _ = write!(text, "     {}\n", name(said));
        }
        for line in clip.lines {
            let _ = write!(text, "     \"{}\"\n", name(line));
        }
    }
    Exported { bytes: text.into_bytes(), written: clips.len(), ..Exported::default() }
}

/// Tenths of seconds are enough to read.
fn clock(ns: i64) -> String {
    let (seconds, tenths) = (ns / NS_PER_SECOND, ns % NS_PER_SECOND / (NS_PER_SECOND / 10));
    format!("{}:{:02}:{:02}.{tenths}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
