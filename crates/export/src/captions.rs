//! Captions: WebVTT and SubRip, one cue a moment.
//!
//! Source: W3C WebVTT; SubRip as players read it. Times are milliseconds: a start is rounded down, an end up. Moments with
//! the same times are one cue.

use rushes_types::Result;

use crate::clip::{Clip, asset_name};
use crate::export::{Exported, widened};
use crate::layout::{Mixing, Sequence};
use crate::left_out::LeftOut;
use crate::options::{Options, Place};
use crate::text::name;

const NS_PER_MS: i64 = 1_000_000;

/// A moment as a caption.
pub(crate) struct Cue<'a> {
    pub clip: Clip<'a>,
    pub start_ns: i64,
    pub end_ns: i64,
}

/// Captions in the order of their times, and what is left out.
pub(crate) fn cues<'a>(
    clips: &[Clip<'a>],
    options: &Options,
    place: Place,
) -> Result<(Vec<Cue<'a>>, Vec<LeftOut>, Vec<String>)> {
    let (mut cues, left_out, notes) = match place {
        Place::Source => {
            let cue = |clip: &Clip<'a>| {
                let (start_ns, end_ns) = widened(clip, options);
                Cue { clip: *clip, start_ns, end_ns }
            };
            (clips.iter().map(cue).collect::<Vec<_>>(), Vec::new(), Vec::new())
        }
        Place::Sequence => {
            let sequence = Sequence::of(clips, options, Mixing::Conform)?;
            let time = |frame| sequence.rate.start_of(frame);
            let cues = sequence.shots.iter().map(|shot| {
                let end = shot.record.saturating_add(shot.length);
                Cue { clip: shot.clip, start_ns: time(shot.record), end_ns: time(end) }
            });
            (cues.collect(), sequence.left_out, sequence.notes)
        }
    };
    cues.sort_by_key(|cue| (cue.start_ns, cue.end_ns));
    Ok((cues, left_out, notes))
}

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Webvtt,
    Srt,
}

/// Writes captions.
pub(crate) fn captions(clips: &[Clip<'_>], options: &Options, place: Place, kind: Kind) -> Result<Exported> {
    let (cues, left_out, notes) = cues(clips, options, place)?;
    let written = cues.len();
    let mut merged: Vec<((i64, i64), Vec<String>)> = Vec::new();
    for cue in &cues {
        let from = cue.start_ns.max(0) / NS_PER_MS;
        let to = cue.end_ns.saturating_add(NS_PER_MS - 1) / NS_PER_MS;
        let times = (from, to.max(from + 1));
        match merged.last_mut().filter(|(known, _)| *known == times) {
            Some((_, lines)) => lines
                .extend(lines_of(&cue.clip).into_iter().filter(|l| !lines.contains(l)).collect::<Vec<_>>()),
            None => merged.push((times, lines_of(&cue.clip))),
        }
    }
    let (head, point) = if kind == Kind::Webvtt { ("WEBVTT\n\n", '.') } else { ("", ',') };
    let mut text = head.to_owned();
    for (number, ((from, to), lines)) in (1..).zip(&merged) {
        let lines: Vec<String> = lines.iter().map(|line| shown(line, kind)).collect();
        text.push_str(&format!(
            "{number}\n{} --> {}\n{}\n\n",
            clock(*from, point),
            clock(*to, point),
            lines.join("\n")
        ));
    }
    Ok(Exported { bytes: text.into_bytes(), written, left_out, notes, ..Exported::default() })
}

/// The lines of a moment; else its note and labels; else what its asset is called.
fn lines_of(clip: &Clip<'_>) -> Vec<String> {
    let lines: Vec<String> =
        clip.lines.iter().map(|line| name(line)).filter(|line| !line.is_empty()).collect();
    if !lines.is_empty() {
        return lines;
    }
    let says: Vec<&str> = clip.says().collect();
    vec![if says.is_empty() { name(&asset_name(clip.asset)) } else { name(&says.join(", ")) }]
}

/// A line that is neither a time nor markup.
fn shown(line: &str, kind: Kind) -> String {
    match kind {
        Kind::Webvtt => line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        Kind::Srt => line.replace("-->", "→"),
    }
}

fn clock(ms: i64, point: char) -> String {
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}{point}{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
