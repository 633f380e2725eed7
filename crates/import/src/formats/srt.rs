//! SubRip (`.srt`): a counter, a line of times, lines of text, a blank line.
//!
//! Source: there is no standard; what players write and read. Times are `HH:MM:SS,mmm` and exact: the digits after the
//! comma (or a point) are used as they are, down to the nanosecond. The end is exclusive. A blank line within the
//! text, a missing counter and other endings of lines are understood; text before the first cue is passed over.

use std::io::Read;

use crate::problem::Fault;
use crate::time::clock_ns;

use crate::formats::cue::{Cue, CueFile, CueText, Cues};
use crate::formats::limits::TEXT_BYTES_MAX;
use crate::formats::markup::plain;
use crate::formats::out::{CONTINUE, Flow, FormatOutput};
use crate::formats::text::Lines;

const ARROW: &str = "-->";

/// A cue whose text is still coming.
struct Open {
    line: u64,
    start_ns: i128,
    end_ns: i128,
    text: CueText,
    /// Lines that came last and may belong to the next cue: blank ones, and its counter.
    held: Vec<String>,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let lines = match Lines::open(reader, TEXT_BYTES_MAX) {
        Ok(lines) => lines,
        Err(why) => return out.stop(0, Fault::new("", why, "mend the file")),
    };
    let mut file = CueFile { lines, begun: false };
    let mut cues = Cues::by_clock(out);
    let mut open: Option<Open> = None;
    loop {
        let line = match file.next() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(fault) => {
                end(out, &mut cues, open.take(), true)?;
                return out.stop(file.lines.number, fault);
            }
        };
        if !line.contains(ARROW) {
            if let Some(open) = &mut open {
                open.take(line);
            }
            continue;
        }
        match times(&line) {
            Ok((start_ns, end_ns)) => {
                end(out, &mut cues, open.take(), false)?;
                file.begun = true;
                let (line, text, held) = (file.lines.number, CueText::default(), Vec::new());
                open = Some(Open { line, start_ns, end_ns, text, held });
            }
            // An arrow in a line of text.
            Err(_) if !looks_like_times(&line) => {
                if let Some(open) = &mut open {
                    open.take(line);
                }
            }
            Err(why) => {
                end(out, &mut cues, open.take(), false)?;
                out.row();
                let mend = "write times as `00:01:02,345 --> 00:01:04,000`";
                out.problem(file.lines.number, Fault::new("time", why, mend))?;
            }
        }
    }
    end(out, &mut cues, open, true)?;
    file.end(out, &cues)
}

impl Open {
    /// Takes a line of text. A blank line and a number after it are held back: they may be the next cue's.
    fn take(&mut self, line: String) {
        if line.trim().is_empty() || (!self.held.is_empty() && is_counter(&line) && self.held.len() < 8) {
            if self.held.len() < 8 {
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

/// Hands out the cue that ends here. `last`: no cue follows, so held lines are text.
fn end(out: &mut FormatOutput<'_, '_>, cues: &mut Cues, open: Option<Open>, last: bool) -> Flow {
    let Some(mut open) = open else { return CONTINUE };
    if last {
        for held in open.held.drain(..).filter(|held| !held.trim().is_empty()) {
            open.text.push(&held);
        }
    } else if open.text.text.is_empty() && open.held.iter().filter(|held| is_counter(held)).count() > 1 {
        // A cue whose text is a number: the last number is the next cue's counter.
        let numbers: Vec<String> = open.held.drain(..).filter(|held| is_counter(held)).collect();
        numbers.iter().rev().skip(1).rev().for_each(|number| open.text.push(number));
    }
    if open.text.is_huge {
        out.row();
        cues.count += 1;
        return out.problem(open.line, CueText::fault());
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
    let parts = vec![(None, plain(&text))];
    cues.cue(out, Cue { line, start_ns, end_ns, parts, language: None })
}

/// The two times of a line; what follows them places the text on the screen.
fn times(line: &str) -> Result<(i128, i128), String> {
    let (start, rest) = line.split_once(ARROW).unwrap_or((line, ""));
    let end = rest.split_whitespace().next().unwrap_or("");
    let one = |text: &str| clock_ns(text.trim());
    Ok((
        one(start)?,
        one(end).map_err(|why| if end.is_empty() { "the end is missing".to_owned() } else { why })?,
    ))
}

/// Would a person call it a line of times? Digits and a colon before the arrow, little else.
fn looks_like_times(line: &str) -> bool {
    let start = line.split(ARROW).next().unwrap_or("").trim();
    start.contains(':') && start.bytes().all(|byte| byte.is_ascii_digit() || b":,.- ".contains(&byte))
}

/// Is it a line of SubRip times, by its look?
pub(crate) fn is_timing(line: &str) -> bool {
    line.contains(ARROW) && times(line).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{is_timing, looks_like_times};
    use crate::problem::shown;

    #[test]
    fn lines_of_times_are_known() {
        for (line, is, looks) in [
            ("00:00:01,000 --> 00:00:02,000", true, true),
            ("0:00:01.5-->0:00:02.5 X1:0 X2:9", true, true),
            ("00:00:01,000 -->", false, true),
            ("00:00:61,000 --> 00:00:02,000", false, true),
            ("go --> there", false, false),
            ("-->", false, false),
        ] {
            assert_eq!((is_timing(line), looks_like_times(line)), (is, looks), "{}", shown(line));
        }
    }
}
