//! WebVTT (`.vtt`).
//!
//! Source: the parser of <https://www.w3.org/TR/webvtt1/>. Times are `HH:MM:SS.mmm`, hours optional, and exact; the end
//! is exclusive. Voices (`<v Mara>`) become the attribute `speaker`, each voice of a cue an annotation of its own; times
//! inside a cue become the times of its words. Settings, notes, styles and regions are passed over; a `Language:` line
//! of the header is used. Where the standard's parser drops text, this one does not: a `<` that begins no tag is a
//! character, text that a blank line parts from a cue without any is that cue's, and what belongs to no cue is named.

use std::io::Read;

use crate::problem::Fault;

use crate::formats::cue::{CueText, Cues, end as end_of_cues};
use crate::formats::limits::{FIRST_CUE_BYTES_MAX, TEXT_BYTES_MAX};
use crate::formats::out::{Flow, FormatOutput};
use crate::formats::rolling::RawCue;
use crate::formats::text::{Lines, load_while};
use crate::formats::vtt_time::{ARROW, times};

const SIGNATURE: &str = "WEBVTT";
/// What begins a block that is no cue and no text.
const OTHERS: [&str; 3] = ["NOTE", "STYLE", "REGION"];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let is_named = out.settings.encoding.is_some();
    let has_arrow = move |head: &[u8]| is_named || head.windows(3).any(|three| three == ARROW.as_bytes());
    let (text, stopped) = load_while(reader, out, TEXT_BYTES_MAX, FIRST_CUE_BYTES_MAX, &has_arrow)?;
    let mut file = File { lines: Lines::of(text, stopped), again: None, language: None, cues: Vec::new() };
    let mut cues = Cues::by_clock(out);
    let fault = file.walk(out);
    let language = file.language.take();
    cues.all(out, std::mem::take(&mut file.cues), language.as_deref())?;
    match fault {
        Some(fault) => out.stop(file.lines.number, fault),
        None => end_of_cues(out, &cues),
    }
}

/// Has the line the signature?
pub(crate) fn is_signature(line: &str) -> bool {
    line.strip_prefix(SIGNATURE).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// What a block is.
enum Block {
    /// Something else than a cue: a note, or lines of text.
    Other {
        line: u64,
    },
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

struct File {
    lines: Lines,
    /// A line pushed back: it begins the next block.
    again: Option<String>,
    language: Option<String>,
    cues: Vec<RawCue>,
}

impl File {
    fn line(&mut self) -> Result<Option<String>, Fault> {
        if let Some(line) = self.again.take() {
            return Ok(Some(line));
        }
        let line = self.lines.next_or_fault()?;
        Ok(line.map(|line| if line.contains('\0') { line.replace('\0', "\u{fffd}") } else { line }))
    }

    /// Reads all blocks; why it stopped, where that was not the end.
    fn walk(&mut self, out: &mut FormatOutput<'_, '_>) -> Option<Fault> {
        match self.line() {
            Ok(Some(line)) if is_signature(&line) => {}
            Ok(_) => {
                let mend = "write `WEBVTT` on the first line; SubRip files are called .srt";
                let fault = Fault::new("", "the file does not begin with `WEBVTT`", mend);
                return Some(fault);
            }
            Err(fault) => return Some(fault),
        }
        let mut in_header = true;
        loop {
            let mut text = CueText::default();
            match self.block(in_header, &mut text) {
                Ok(None) => return None,
                Err(fault) => return Some(fault),
                Ok(Some(Block::Other { .. })) if in_header => {}
                Ok(Some(Block::Other { line })) => self.stray(out, line, text.text),
                Ok(Some(Block::Broken { line })) => {
                    let mend = "write times as `00:01:02.345 --> 00:01:04.000`";
                    let fault = Fault::new("time", "these are no WebVTT times", mend);
                    self.cues.push(RawCue::refused(line, fault));
                }
                Ok(Some(Block::Cue { line, .. })) if text.is_huge => {
                    self.cues.push(RawCue::refused(line, CueText::fault()));
                }
                Ok(Some(Block::Cue { line, start_ns, end_ns })) => {
                    let text = text.text;
                    self.cues.push(RawCue { line, start_ns, end_ns, text, ..RawCue::default() });
                }
            }
            in_header = false;
        }
    }

    /// Text of no cue: that of the cue before, where this has none.
    fn stray(&mut self, out: &mut FormatOutput<'_, '_>, line: u64, text: String) {
        let first = text.split('\n').next().unwrap_or("");
        let is_other = OTHERS.iter().any(|name| {
            first.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
        });
        if is_other || text.trim().is_empty() {
            return;
        }
        // The name of a cue that a blank line parts from it.
        let is_counter = !text.contains('\n') && text.trim().bytes().all(|byte| byte.is_ascii_digit());
        match self
            .cues
            .last_mut()
            .filter(|cue| cue.fault.is_none() && cue.text.trim().is_empty() && !is_counter)
        {
            Some(cue) => {
                out.tally(cue.line, "cues whose text a blank line parts from their times are kept with it");
                cue.text = text;
            }
            None => out.tally(line, "lines of no cue are left out"),
        }
    }

    /// One block, as the standard collects it; `None` at the end of the file.
    fn block(&mut self, in_header: bool, text: &mut CueText) -> Result<Option<Block>, Fault> {
        let mut count = 0;
        let mut seen_arrow = false;
        let mut block = Block::Other { line: self.lines.number };
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
                let number = self.lines.number;
                block = match times(&line) {
                    Some((start_ns, end_ns)) => Block::Cue { line: number, start_ns, end_ns },
                    // Lines of nothing but an arrow are text that somebody wrote; with digits they are times.
                    None if line.contains(|c: char| c.is_ascii_digit()) => Block::Broken { line: number },
                    None => Block::Other { line: number },
                };
                *text = CueText::default();
                if matches!(block, Block::Other { .. }) {
                    text.push(&line);
                }
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
            if let Block::Other { line: number } = &mut block
                && count == 1
            {
                *number = self.lines.number;
            }
            if in_header && let Some(language) = line.strip_prefix("Language:") {
                self.language = Some(language.trim().to_owned());
            }
            if !matches!(block, Block::Broken { .. }) {
                text.push(&line);
            }
        }
    }
}
