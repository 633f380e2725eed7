//! SubViewer as YouTube exports it (`.sbv`).
//!
//! Source: blocks of a line of two clocks with a comma between them, `0:00:01.000,0:00:03.500`, lines of text, and a blank
//! line. Times are exact; the end is exclusive. `[br]` is a line break. `>>` before a name stays in the text.

use std::io::Read;

use crate::problem::Fault;
use crate::time::clock_ns;

use crate::formats::cue::{CueText, Cues, end as end_of_cues};
use crate::formats::out::{Flow, FormatOutput};
use crate::formats::rolling::RawCue;
use crate::formats::text::Lines;

/// The two times of a line; `None` where it is none of times.
fn times(line: &str) -> Option<Result<(i128, i128), String>> {
    let (start, end) = line.trim().split_once(',')?;
    let is_clock = |text: &str| {
        text.matches(':').count() == 2
            && text.bytes().all(|byte| byte.is_ascii_digit() || b":.".contains(&byte))
    };
    if !is_clock(start) || !is_clock(end) {
        return None;
    }
    Some(clock_ns(start).and_then(|start_ns| Ok((start_ns, clock_ns(end)?))))
}

/// Is it a line of times?
pub(crate) fn is_timing(line: &str) -> bool {
    times(line).is_some_and(|times| times.is_ok())
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let mut lines = Lines::open(reader, out)?;
    let (mut cues, mut found) = (Cues::by_clock(out), Vec::new());
    let mut open: Option<(RawCue, CueText)> = None;
    let fault = loop {
        let line = match lines.next_or_fault() {
            Ok(Some(line)) => line,
            Ok(None) => break None,
            Err(fault) => break Some(fault),
        };
        match times(&line) {
            Some(Ok((start_ns, end_ns))) => {
                found.extend(open.take().map(done));
                let cue = RawCue { line: lines.number, start_ns, end_ns, ..RawCue::default() };
                open = Some((cue, CueText::default()));
            }
            Some(Err(why)) => {
                found.extend(open.take().map(done));
                let mend = "write times as `0:00:01.000,0:00:03.500`";
                found.push(RawCue::refused(lines.number, Fault::new("time", why, mend)));
            }
            None if line.trim().is_empty() => {}
            None => match &mut open {
                Some((_, text)) => text.push(&line.replace("[br]", "\n")),
                None => out.tally(lines.number, "lines of no cue are left out"),
            },
        }
    };
    found.extend(open.map(done));
    cues.all(out, found, None)?;
    match fault {
        Some(fault) => out.stop(lines.number, fault),
        None => end_of_cues(out, &cues),
    }
}

fn done((cue, text): (RawCue, CueText)) -> RawCue {
    if text.is_huge { RawCue::refused(cue.line, CueText::fault()) } else { RawCue { text: text.text, ..cue } }
}
