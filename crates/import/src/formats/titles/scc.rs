//! Scenarist closed captions (`.scc`): CEA-608 by the timecode of its frames.
//!
//! Source: `Scenarist_SCC V1.0`, then lines of a timecode and pairs of bytes in hexadecimal, one pair a frame. Timecode
//! with `;` is drop frame; the rate is the caller's, else 30000/1001, and frames are exact. Captions that pop on last from
//! when they are shown until they go or others come; captions that roll up or are painted on are a line each, from its
//! first letter until the line ends. The first channel is read.

use std::io::Read;

use crate::problem::{Fault, shown};
use rushes_types::FrameRate;

use crate::formats::cue::{Cue, Cues, Part, end as end_of_cues};
use crate::formats::limits::CUE_BYTES_MAX;
use crate::formats::out::{CONTINUE, Flow, FormatOutput, clean};
use crate::formats::rate::timecode_ns;
use crate::formats::text::Lines;
use crate::formats::titles::scc_codes::{Code, code};

const SIGNATURE: &str = "Scenarist_SCC";

/// Is it the first line of such a file?
pub(crate) fn is_signature(line: &str) -> bool {
    line.starts_with(SIGNATURE)
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    PopOn,
    RollUp,
    PaintOn,
}

/// A decoder of one channel.
struct Decoder {
    mode: Mode,
    /// What is loaded, and is not shown yet.
    loaded: String,
    /// What is shown: its line, since when, and the text.
    shown: Option<(u64, i128, String)>,
    /// Pairs of another channel come.
    is_other: bool,
    last: (u8, u8),
    cues: Cues,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let mut lines = Lines::open(reader, out)?;
    let Some(rate) = out.settings.frame_rate.or_else(|| FrameRate::new(30_000, 1001).ok()) else {
        return CONTINUE;
    };
    let cues = Cues::by_timecode(out);
    let (mode, loaded) = (Mode::PopOn, String::new());
    let mut decoder = Decoder { mode, loaded, shown: None, is_other: false, last: (0, 0), cues };
    let mut last_ns = 0;
    loop {
        let line = match lines.next_or_fault() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(fault) => {
                decoder.clear(out, last_ns)?;
                return out.stop(lines.number, fault);
            }
        };
        if line.trim().is_empty() || is_signature(&line) {
            continue;
        }
        match pairs(&line, rate) {
            Ok((frame, pairs)) => {
                for (place, pair) in pairs.iter().enumerate() {
                    last_ns = i128::from(rate.start_of(frame.saturating_add(place as i64)));
                    decoder.take(out, lines.number, last_ns, *pair)?;
                }
            }
            Err(fault) => {
                out.row();
                decoder.cues.count += 1;
                out.problem(lines.number, fault)?;
            }
        }
    }
    if decoder.shown.is_some() {
        out.tally(lines.number, "the last caption has no end and is kept until the last pair");
    }
    decoder.clear(out, last_ns)?;
    end_of_cues(out, &decoder.cues)
}

/// The first frame of a line, and its pairs without parity.
fn pairs(line: &str, rate: FrameRate) -> Result<(i64, Vec<(u8, u8)>), Fault> {
    let mut words = line.split_whitespace();
    let start_ns = timecode_ns("timecode", words.next().unwrap_or(""), rate)?;
    let frame = rate.frame_at(i64::try_from(start_ns).unwrap_or(i64::MAX));
    let pair = |word: &str| {
        let bytes = (word.len() == 4).then(|| u16::from_str_radix(word, 16).ok()).flatten();
        let bytes = bytes.map(u16::to_be_bytes).map(|[first, second]| (first & 0x7f, second & 0x7f));
        bytes.ok_or_else(|| {
            let why = format!("{} is no pair of bytes in hexadecimal", shown(word));
            Fault::new("", why, "write pairs such as `9420`")
        })
    };
    Ok((frame, words.map(pair).collect::<Result<Vec<_>, Fault>>()?))
}

impl Decoder {
    fn take(&mut self, out: &mut FormatOutput<'_, '_>, line: u64, at_ns: i128, pair: (u8, u8)) -> Flow {
        // Commands are sent twice, so that one may be lost.
        let is_command = (0x10..0x20).contains(&pair.0);
        if is_command && self.last == pair {
            self.last = (0, 0);
            return CONTINUE;
        }
        self.last = if is_command { pair } else { (0, 0) };
        let found = code(pair.0, pair.1);
        if is_command {
            self.is_other = found == Code::Other;
        }
        if self.is_other {
            out.tally(line, "captions of other channels than the first are left out");
            return CONTINUE;
        }
        match found {
            Code::Letters(one, other) => {
                self.write(line, at_ns, one);
                other.into_iter().for_each(|letter| self.write(line, at_ns, letter));
            }
            Code::Instead(letter) => {
                self.text().map(String::pop);
                self.write(line, at_ns, letter);
            }
            Code::Backspace => {
                self.text().map(String::pop);
            }
            Code::Row | Code::Style => {
                if let Some(text) = self.text().filter(|text| !text.is_empty()) {
                    text.push(' ');
                }
            }
            Code::PopOn => self.mode = Mode::PopOn,
            Code::PaintOn => {
                self.clear(out, at_ns)?;
                self.mode = Mode::PaintOn;
            }
            Code::RollUp => {
                if self.mode != Mode::RollUp {
                    self.clear(out, at_ns)?;
                }
                self.mode = Mode::RollUp;
            }
            Code::Return | Code::Clear => self.clear(out, at_ns)?,
            Code::ClearLoaded => self.loaded.clear(),
            Code::Show => {
                self.clear(out, at_ns)?;
                let text = std::mem::take(&mut self.loaded);
                self.shown = Some((line, at_ns, text)).filter(|(.., text)| !clean(text).is_empty());
                self.mode = Mode::PopOn;
            }
            Code::Other | Code::Nothing => {}
        }
        CONTINUE
    }

    /// The text that is written to.
    fn text(&mut self) -> Option<&mut String> {
        match self.mode {
            Mode::PopOn => Some(&mut self.loaded),
            _ => self.shown.as_mut().map(|(.., text)| text),
        }
    }

    fn write(&mut self, line: u64, at_ns: i128, letter: char) {
        if self.mode != Mode::PopOn && self.shown.is_none() {
            self.shown = Some((line, at_ns, String::new()));
        }
        if let Some(text) = self.text().filter(|text| text.len() < CUE_BYTES_MAX) {
            text.push(letter);
        }
    }

    /// What is shown ends.
    fn clear(&mut self, out: &mut FormatOutput<'_, '_>, at_ns: i128) -> Flow {
        let Some((line, start_ns, text)) = self.shown.take() else { return CONTINUE };
        if clean(&text).is_empty() {
            return CONTINUE;
        }
        let parts = vec![Part { speaker: None, text, words: Vec::new() }];
        self.cues.cue(out, Cue { line, start_ns, end_ns: at_ns, parts, language: None })
    }
}
