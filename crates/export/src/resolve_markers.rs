//! An edit list of timeline markers, as DaVinci Resolve imports them ("Timeline Markers from EDL").
//!
//! Source: what Resolve exports: an event of one frame, whose record timecode is the marker's, and below it a line
//! `note |C:ResolveColorBlue |M:Name |D:frames`. Resolve keeps one marker a frame, so moments that begin together are one.

use std::fmt::Write;

use rushes_types::Result;

use crate::avid_markers::{says, title};
use crate::clip::Clip;
use crate::colour::resolve;
use crate::edl::{EVENTS_MAX, event_line, heading, remarks};
use crate::export::Exported;
use crate::left_out::leave_out;
use crate::marks::{Mark, Marks};
use crate::options::{Options, Place};
use crate::text::name;

/// Writes markers.
pub(crate) fn list(clips: &[Clip<'_>], options: &Options, place: Place) -> Result<Exported> {
    let mut marks = Marks::of(clips, options, place)?;
    let frames: Vec<Vec<Mark<'_>>> =
        marks.marks.chunk_by(|one, next| one.at == next.at).map(<[Mark<'_>]>::to_vec).collect();
    let mut text = heading(&options.title, marks.drop_frame);
    let (mut merged, mut beyond) = (0, 0);
    for (number, here) in (1..).zip(&frames) {
        let Some(first) = here.first() else { continue };
        if number > EVENTS_MAX {
            for mark in here {
                let why = format!("a list has at most {EVENTS_MAX} events");
                leave_out(&mut marks.left_out, &why, mark.clip.asset.id.as_str());
            }
            beyond += here.len();
            continue;
        }
        let at = (marks.write(first.at), marks.write(first.at.saturating_add(1)));
        text.push_str(&event_line(number, "001", "V", &at, &at));
        let join = |texts: Vec<String>| {
            let mut seen = std::collections::BTreeSet::new();
            let once: Vec<String> = texts.into_iter().filter(|text| seen.insert(text.clone())).collect();
            // A bar ends a field.
            name(&once.join(" / ")).replace('|', "/")
        };
        let (notes, names) = (join(here.iter().map(says).collect()), join(here.iter().map(title).collect()));
        let colour = resolve(here.iter().find_map(|mark| mark.clip.colour).unwrap_or_default());
        let length = here.iter().map(|mark| mark.length).max().unwrap_or(1);
        let _ = write!(text, "{notes} |C:ResolveColor{colour} |M:{names} |D:{length}\r\n\r\n");
        merged += here.len() - 1;
    }
    text.push_str(&remarks(&marks.left_out));
    if merged > 0 {
        marks.notes.push(format!("{merged} markers stand on a frame with another: they are one marker"));
    }
    let mut out = Exported::of_marks(text, marks);
    out.written = out.written.saturating_sub(beyond);
    Ok(out)
}
