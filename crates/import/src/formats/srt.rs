//! SubRip (`.srt`): a counter, a line of times, lines of text, a blank line.
//!
//! Source: there is no standard; what players write and read. Times are `HH:MM:SS,mmm` and exact: the digits after the
//! comma (or a point) are used as they are, down to the nanosecond. The end is exclusive. A blank line within the
//! text, a missing counter, other arrows and other endings of lines are understood; text before the first cue is named.

use std::io::Read;

use crate::problem::Fault;

use crate::formats::cue::{CueText, Cues, end as end_of_cues};
use crate::formats::limits::{FIRST_CUE_BYTES_MAX, TEXT_BYTES_MAX};
use crate::formats::out::{Flow, FormatOutput};
use crate::formats::rolling::RawCue;
use crate::formats::srt_time::times;
use crate::formats::text::{Lines, load_while};

/// Lines that are held back at most: blank ones, and a counter.
const HELD_MAX: usize = 8;

/// A cue whose text is still coming.
struct Open {
    line: u64,
    start_ns: i128,
    end_ns: i128,
    text: CueText,
    /// Lines that came last and may belong to the next cue: blank ones, and its counter.
    held: Vec<String>,
}

/// The cues that were read, and those that are refused, in the order of the file.
#[derive(Default)]
struct Found {
    cues: Vec<RawCue>,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let is_named = out.settings.encoding.is_some();
    let has_arrow =
        move |head: &[u8]| is_named || head.windows(2).any(|pair| pair == b"->" || pair == b"\xe2\x86");
    let (text, stopped) = load_while(reader, out, TEXT_BYTES_MAX, FIRST_CUE_BYTES_MAX, &has_arrow)?;
    let mut lines = Lines::of(text, stopped);
    let (mut cues, mut found) = (Cues::by_clock(out), Found::default());
    let mut open: Option<Open> = None;
    let rate = out.settings.frame_rate;
    let fault = loop {
        let line = match lines.next_or_fault() {
            Ok(Some(line)) => line,
            Ok(None) => break None,
            Err(fault) => break Some(fault),
        };
        match times(&line, rate) {
            Some(Ok((start_ns, end_ns))) => {
                found.end(open.take(), false);
                let (line, text, held) = (lines.number, CueText::default(), Vec::new());
                open = Some(Open { line, start_ns, end_ns, text, held });
            }
            Some(Err(why)) => {
                found.end(open.take(), false);
                let mend = "write times as `00:01:02,345 --> 00:01:04,000`";
                found.cues.push(RawCue::refused(lines.number, Fault::new("time", why, mend)));
            }
            None => match &mut open {
                Some(open) => open.take(line),
                None if is_counter(&line) || line.trim().is_empty() => {}
                None => out.tally(lines.number, "lines of no cue are left out"),
            },
        }
    };
    found.end(open, true);
    cues.all(out, found.cues, None)?;
    match fault {
        Some(fault) => out.stop(lines.number, fault),
        None => end_of_cues(out, &cues),
    }
}

impl Open {
    /// Takes a line of text. A blank line and a number after it are held back: they may be the next cue's.
    fn take(&mut self, line: String) {
        let may_be_next = !self.held.is_empty() && is_counter(&line) && self.held.len() < HELD_MAX;
        if line.trim().is_empty() || may_be_next {
            if self.held.len() < HELD_MAX {
                self.held.push(line);
            }
            return;
        }
        for held in self.held.drain(..).filter(|held| !held.trim().is_empty()) {
            self.text.push(&held);
        }
        self.text.push(&line);
    }
}

fn is_counter(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && line.len() <= 10 && line.bytes().all(|byte| byte.is_ascii_digit())
}

impl Found {
    /// Takes the cue that ends here. `last`: no cue follows, so held lines are text.
    fn end(&mut self, open: Option<Open>, last: bool) {
        let Some(mut open) = open else { return };
        if last {
            for held in open.held.drain(..).filter(|held| !held.trim().is_empty()) {
                open.text.push(&held);
            }
        } else if open.text.text.is_empty() && open.held.iter().filter(|held| is_counter(held)).count() > 1 {
            // A cue whose text is a number: the last number is the next cue's counter.
            let numbers: Vec<String> = open.held.drain(..).filter(|held| is_counter(held)).collect();
            numbers.iter().rev().skip(1).rev().for_each(|number| open.text.push(number));
        } else if let Some(place) = open.held.iter().rposition(|held| is_counter(held)) {
            // Numbers before the counter are text.
            let numbers: Vec<String> =
                open.held[..place].iter().filter(|held| is_counter(held)).cloned().collect();
            numbers.iter().for_each(|number| open.text.push(number));
        }
        if open.text.is_huge {
            self.cues.push(RawCue::refused(open.line, CueText::fault()));
            return;
        }
        // Without a blank line between, the last line of the text is the next cue's counter.
        let mut text = open.text.text;
        if !last
            && open.held.is_empty()
            && let Some((before, counter)) = text.rsplit_once('\n')
            && is_counter(counter)
        {
            text.truncate(before.len());
        }
        let (line, start_ns, end_ns) = (open.line, open.start_ns, open.end_ns);
        self.cues.push(RawCue { line, start_ns, end_ns, text, ..RawCue::default() });
    }
}
