//! An edit decision list (CMX 3600): one event a moment, cut after cut, to be conformed in an editing program.
//!
//! Such a list does not state its rate, so a list has one rate; moments of other rates are left out and named. Source
//! timecode is the asset's; record timecode begins at one hour and runs on. Source: the layout that editing programs
//! write and read: number, reel, channels, transition, source in and out, record in and out, with exclusive outs.

use std::fmt::Write;

use rushes_types::Result;

use crate::clip::{asset_name, file_name};
use crate::export::Exported;
use crate::layout::{Mixing, Sequence, Shot};
use crate::left_out::{LeftOut, leave_out};
use crate::options::{Options, Tracks};
use crate::reels::ReelTable;
use crate::text::{name, one_line};

/// Most events of a list: the format counts them in three digits.
pub const EVENTS_MAX: usize = 999;
/// Most characters of a list's title.
const TITLE_CHARS_MAX: usize = 70;
/// What `* LOC:` pads colours to.
const COLOUR_WIDTH: usize = 7;

/// Writes a list.
pub(crate) fn write(sequence: &Sequence<'_>, options: &Options) -> Exported {
    let mut out = Exported {
        notes: sequence.notes.clone(),
        left_out: sequence.left_out.clone(),
        ..Exported::default()
    };
    let mut reels = ReelTable::new(options.reels);
    let mut text = heading(&options.title, sequence.drop_frame);
    let mut now = sequence.drop_frame;
    for (number, shot) in (1..).zip(&sequence.shots) {
        if out.written == EVENTS_MAX {
            let why = format!("a list has at most {EVENTS_MAX} events");
            leave_out(&mut out.left_out, &why, shot.clip.asset.id.as_str());
            continue;
        }
        if shot.timecode.drop_frame() != now {
            now = shot.timecode.drop_frame();
            // Writing to a string cannot fail, here and below.
            let _ = write!(text, "FCM: {}\r\n", mode(now));
        }
        event(&mut text, number, &reels.of(shot.clip.asset), shot, sequence, options);
        out.written += 1;
    }
    text.push_str(&remarks(&out.left_out));
    out.renamed = reels.renamed();
    for (reel, was) in &out.renamed {
        let _ = write!(text, "* REEL {reel} IS {}\r\n", name(was));
    }
    out.bytes = text.into_bytes();
    out
}

/// Title and mode of a list.
pub(crate) fn heading(title: &str, drop_frame: bool) -> String {
    format!("TITLE: {}\r\nFCM: {}\r\n\r\n", one_line(title, TITLE_CHARS_MAX), mode(drop_frame))
}

const fn mode(drop_frame: bool) -> &'static str {
    if drop_frame { "DROP FRAME" } else { "NON-DROP FRAME" }
}

/// What is not in a list, as its remarks.
pub(crate) fn remarks(left_out: &[LeftOut]) -> String {
    let line = |reason: &LeftOut| {
        let why = format!("{}: {}", reason.why, reason.assets.join(", "));
        format!("* {} LEFT OUT: {}\r\n", reason.count, name(&why))
    };
    left_out.iter().map(line).collect()
}

/// The line of an event.
pub(crate) fn event_line(
    number: usize,
    reel: &str,
    channels: &str,
    source: &(String, String),
    record: &(String, String),
) -> String {
    let (from, to) = source;
    let (record_in, record_out) = record;
    format!("{number:03}  {reel:<8} {channels:<5} {:<8} {from} {to} {record_in} {record_out}\r\n", "C")
}

fn event(
    text: &mut String,
    number: usize,
    reel: &str,
    shot: &Shot<'_>,
    sequence: &Sequence<'_>,
    options: &Options,
) {
    let channels = match options.tracks {
        Tracks::Both => "AA/V",
        Tracks::Video => "V",
        Tracks::Audio => "AA",
    };
    let record = (sequence.write(shot.record), sequence.write(shot.record.saturating_add(shot.length)));
    text.push_str(&event_line(number, reel, channels, &shot.source(), &record));
    let _ = write!(text, "* FROM CLIP NAME: {}\r\n", name(&file_name(shot.clip.asset)));
    let called = asset_name(shot.clip.asset);
    let says: Vec<&str> = std::iter::once(called.as_str()).chain(shot.clip.says()).collect();
    let _ = write!(text, "* COMMENT: {}\r\n", name(&says.join(" | ")));
    if options.notes {
        let (at, _) = sequence.marked(shot);
        let colour = shot.clip.colour.unwrap_or_default().as_str().to_uppercase();
        let says: Vec<&str> = shot.clip.says().collect();
        let says = if says.is_empty() { called } else { says.join(" | ") };
        let _ = write!(text, "* LOC: {} {colour:<COLOUR_WIDTH$} {}\r\n", sequence.write(at), name(&says));
    }
}

/// Lays out for one rate, and writes.
pub(crate) fn list(clips: &[crate::Clip<'_>], options: &Options) -> Result<Exported> {
    Ok(write(&Sequence::of(clips, options, Mixing::LeaveOut)?, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_locators_are_padded() {
        assert_eq!(format!("{:<COLOUR_WIDTH$}|", "RED"), "RED    |");
        let line = event_line(7, "A", "V", &("a".into(), "b".into()), &("c".into(), "d".into()));
        assert_eq!(line, "007  A        V     C        a b c d\r\n");
    }
}
