//! Chapters as YouTube takes them from a description: a line each, `0:00 Title`.
//!
//! Source: YouTube's help: the first begins at 0:00, there are at least three, each lasts ten seconds or more, in the order
//! of their times. What would break that is left out and said.

use rushes_types::{NS_PER_SECOND, Result};

use crate::captions::cues;
use crate::clip::Clip;
use crate::export::Exported;
use crate::left_out::leave_out;
use crate::options::{Options, Place};
use crate::text::one_line;

/// The shortest chapter, in seconds.
const SECONDS_MIN: i64 = 10;
/// Fewer chapters than these are shown as none.
const CHAPTERS_MIN: usize = 3;
/// Longest title, in characters.
const TITLE_CHARS_MAX: usize = 100;

/// Writes chapters.
pub(crate) fn list(clips: &[Clip<'_>], options: &Options, place: Place) -> Result<Exported> {
    let (cues, mut left_out, mut notes) = cues(clips, options, place)?;
    let mut chapters: Vec<(i64, String)> = Vec::new();
    let mut written = 0;
    for cue in &cues {
        let at = cue.start_ns.max(0) / NS_PER_SECOND;
        if chapters.is_empty() && at >= SECONDS_MIN {
            chapters.push((0, one_line(&options.title, TITLE_CHARS_MAX)));
        }
        let first = chapters.is_empty();
        if chapters.last().is_some_and(|(before, _)| at - before < SECONDS_MIN) {
            let why = format!("a chapter lasts {SECONDS_MIN} seconds or more");
            leave_out(&mut left_out, &why, cue.clip.asset.id.as_str());
            continue;
        }
        chapters.push((if first { 0 } else { at }, one_line(&cue.clip.name(), TITLE_CHARS_MAX)));
        written += 1;
    }
    if (1..CHAPTERS_MIN).contains(&chapters.len()) {
        notes.push(format!("YouTube shows no chapters where there are fewer than {CHAPTERS_MIN}"));
    }
    let lines: Vec<String> = chapters.iter().map(|(at, title)| format!("{} {title}\n", clock(*at))).collect();
    Ok(Exported { bytes: lines.concat().into_bytes(), written, left_out, notes, ..Exported::default() })
}

fn clock(seconds: i64) -> String {
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}
