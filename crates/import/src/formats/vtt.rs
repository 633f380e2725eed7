//! WebVTT (`.vtt`).
//!
//! Source: the parser of <https://www.w3.org/TR/webvtt1/>, which defines the result for any input. Times are
//! `HH:MM:SS.mmm`, hours optional, and exact; the end is exclusive. Voices (`<v Mara>`) become the attribute `speaker`,
//! each voice of a cue an annotation of its own. Settings, notes, styles and regions are passed over; a `Language:`
//! line of the header is used. Times that the parser drops silently are named here.

use std::io::Read;

use crate::problem::Fault;
use rushes_types::NS_PER_SECOND;

use crate::formats::cue::{Cue, CueFile, CueText, Cues};
use crate::formats::limits::TEXT_BYTES_MAX;
use crate::formats::markup::voices;
use crate::formats::out::{Flow, FormatOutput};
use crate::formats::text::Lines;

const SIGNATURE: &str = "WEBVTT";
const ARROW: &str = "-->";

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let lines = match Lines::open(reader, TEXT_BYTES_MAX) {
        Ok(lines) => lines,
        Err(why) => return out.stop(0, Fault::new("", why, "mend the file")),
    };
    let mut file = File { file: CueFile { lines, begun: false }, again: None, language: None };
    let mut cues = Cues::by_clock(out);
    if let Err(fault) = file.walk(out, &mut cues)? {
        return out.stop(file.file.lines.number, fault);
    }
    file.file.end(out, &cues)
}

/// Has the line the signature?
pub(crate) fn is_signature(line: &str) -> bool {
    line.strip_prefix(SIGNATURE).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// What a block is.
enum Block {
    /// Something else than a cue.
    Other,
    Cue {
        line: u64,
        start_ns: i128,
        end_ns: i128,
    },
    /// A malformed line of times.
    Broken {
        line: u64,
    },
}

struct File<'r> {
    file: CueFile<'r>,
    /// A line pushed back: it begins the next block.
    again: Option<String>,
    language: Option<String>,
}

type BlockFlow = std::ops::ControlFlow<(), Result<(), Fault>>;

impl File<'_> {
    fn line(&mut self) -> Result<Option<String>, Fault> {
        if let Some(line) = self.again.take() {
            return Ok(Some(line));
        }
        let line = self.file.next()?;
        Ok(line.map(|line| if line.contains('\0') { line.replace('\0', "\u{fffd}") } else { line }))
    }

    fn walk(&mut self, out: &mut FormatOutput<'_, '_>, cues: &mut Cues) -> BlockFlow {
        match self.line() {
            Ok(Some(line)) if is_signature(&line) => {}
            Ok(_) => {
                let mend = "write `WEBVTT` on the first line; SubRip files are called .srt";
                let fault = Fault::new("", "the file does not begin with `WEBVTT`", mend);
                return BlockFlow::Continue(Err(fault));
            }
            Err(fault) => return BlockFlow::Continue(Err(fault)),
        }
        let mut in_header = true;
        loop {
            let mut text = CueText::default();
            let read = self.block(in_header, &mut text);
            match read {
                Ok(None) => return BlockFlow::Continue(Ok(())),
                Err(fault) => return BlockFlow::Continue(Err(fault)),
                Ok(Some(Block::Other)) => {}
                Ok(Some(Block::Broken { line })) => {
                    out.row();
                    let mend = "write times as `00:01:02.345 --> 00:01:04.000`";
                    out.problem(line, Fault::new("time", "these are no WebVTT times", mend))?;
                }
                Ok(Some(Block::Cue { line, .. })) if text.is_huge => {
                    out.row();
                    cues.count += 1;
                    out.problem(line, CueText::fault())?;
                }
                Ok(Some(Block::Cue { line, start_ns, end_ns })) => {
                    let (parts, language) = (voices(&text.text), self.language.clone());
                    cues.cue(out, Cue { line, start_ns, end_ns, parts, language })?;
                }
            }
            in_header = false;
        }
    }

    /// One block, as the standard collects it; `None` at the end of the file.
    fn block(&mut self, in_header: bool, text: &mut CueText) -> Result<Option<Block>, Fault> {
        let mut count = 0;
        let mut seen_arrow = false;
        let mut block = Block::Other;
        loop {
            let Some(line) = self.line()? else {
                return Ok(if count == 0 { None } else { Some(block) });
            };
            count += 1;
            if line.contains(ARROW) {
                let begins = !in_header && (count == 1 || (count == 2 && !seen_arrow));
                if !begins {
                    self.again = Some(line);
                    return Ok(Some(block));
                }
                seen_arrow = true;
                let number = self.file.lines.number;
                block = match times(&line) {
                    Some((start_ns, end_ns)) => {
                        self.file.begun = true;
                        Block::Cue { line: number, start_ns, end_ns }
                    }
                    // Lines of nothing but an arrow are text that somebody wrote; with digits they are times.
                    None if line.contains(|c: char| c.is_ascii_digit()) => Block::Broken { line: number },
                    None => Block::Other,
                };
                *text = CueText::default();
                continue;
            }
            if line.is_empty() {
                // Blank lines before a block are passed over.
                if count == 1 && !in_header {
                    count = 0;
                    continue;
                }
                return Ok(Some(block));
            }
            if in_header && let Some(language) = line.strip_prefix("Language:") {
                self.language = Some(language.trim().to_owned());
            }
            if matches!(block, Block::Cue { .. }) {
                text.push(&line);
            }
        }
    }
}

/// Start and end of a line of times, by the letter of the standard.
fn times(line: &str) -> Option<(i128, i128)> {
    let mut rest = skip_space(line);
    let start_ns = timestamp(&mut rest)?;
    rest = skip_space(rest).strip_prefix(ARROW)?;
    rest = skip_space(rest);
    let end_ns = timestamp(&mut rest)?;
    Some((start_ns, end_ns))
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\u{c}', '\r'])
}

/// A timestamp at the start of `rest`, which is left after it.
fn timestamp(rest: &mut &str) -> Option<i128> {
    const HOURS_DIGITS_MAX: usize = 9;
    let (first, first_digits) = number(rest)?;
    if first_digits > HOURS_DIGITS_MAX {
        return None;
    }
    let mut fields = vec![first];
    let is_hours = first_digits != 2 || first > 59;
    while fields.len() < 3 {
        match rest.strip_prefix(':') {
            Some(after) => *rest = after,
            None if fields.len() == 2 && !is_hours => break,
            None => return None,
        }
        let (field, digits) = number(rest)?;
        if digits != 2 || field > 59 {
            return None;
        }
        fields.push(field);
    }
    *rest = rest.strip_prefix('.')?;
    let (ms, digits) = number(rest)?;
    if digits != 3 {
        return None;
    }
    let seconds = fields.iter().fold(0, |sum, field| sum * 60 + field);
    Some((seconds * 1000 + ms) * i128::from(NS_PER_SECOND / 1000))
}

/// The digits at the start of `rest` as a number, and how many they are.
fn number(rest: &mut &str) -> Option<(i128, usize)> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (text, after) = rest.split_at(digits);
    *rest = after;
    // More digits than a number could have: the length alone tells that it is none.
    let value = if digits > 30 { i128::MAX >> 64 } else { text.parse().ok()? };
    Some((value, digits))
}

#[cfg(test)]
mod tests {
    use super::times;

    #[test]
    fn times_are_those_of_the_standard() {
        let second = 1_000_000_000;
        for (line, expect) in [
            ("00:01.500 --> 00:02.000", Some((1_500_000_000, 2 * second))),
            ("1:00:00.000 --> 100:00:00.001 align:end", Some((3600 * second, 360_000 * second + 1_000_000))),
            ("\t00:00:01.000-->00:00:02.000", Some((second, 2 * second))),
            ("00:60:00.000 --> 01:00:00.000", None),
            ("60:00.000 --> 61:00.000", None),
            ("00:00:01,000 --> 00:00:02,000", None),
            ("00:00:01.00 --> 00:00:02.000", None),
            ("00:00:01.000 -> 00:00:02.000", None),
            ("99999999999:00:00.000 --> 00:00:01.000", None),
        ] {
            assert_eq!(times(line), expect, "{line}");
        }
    }
}
