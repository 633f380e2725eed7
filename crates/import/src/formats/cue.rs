//! Cues of subtitles: the start of their clock, and reports about irregular cues.
//!
//! A cue lasts from its start up to, and not including, its end. Cues that overlap, come out of order or last no time
//! are kept as written and reported; a cue whose end lies before its start is refused.

use crate::problem::Fault;
use rushes_types::{NS_PER_SECOND, Timecode, known_types};

use crate::formats::limits::{CUE_BYTES_MAX, FIRST_CUE_BYTES_MAX};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, clean, seconds};
use crate::formats::text::Lines;

/// A start timecode below this is not taken as the start of the subtitles' clock: a first cue after ten minutes may
/// simply be late.
const SHIFT_NS_MIN: i128 = 600 * NS_PER_SECOND as i128;

/// One cue: when, what is said, and by whom.
#[derive(Debug, Default)]
pub(crate) struct Cue {
    pub line: u64,
    pub start_ns: i128,
    pub end_ns: i128,
    /// Speaker and text, in the order of the cue.
    pub parts: Vec<(Option<String>, String)>,
    pub language: Option<String>,
}

/// State while the cues of one file are processed.
pub(crate) struct Cues {
    /// The start timecode as this file's clock would show it.
    zero_ns: Option<i128>,
    shift_ns: Option<i128>,
    last_start_ns: i128,
    last_end_ns: i128,
    /// Cues seen.
    pub count: u64,
}

impl Cues {
    /// Cues whose clock shows hours, minutes, seconds.
    pub(crate) fn by_clock(out: &mut FormatOutput<'_, '_>) -> Cues {
        let zero_ns = out.settings.start_timecode.as_deref().and_then(|text| nominal_ns(out, text));
        Cues::from_zero(zero_ns)
    }

    /// Cues whose times are timecode, made nanoseconds frame by frame.
    pub(crate) fn by_timecode(out: &mut FormatOutput<'_, '_>) -> Cues {
        let settings = out.settings;
        let parsed = settings.start_timecode.as_deref().zip(settings.frame_rate).and_then(|(text, rate)| {
            Timecode::parse(text, rate).ok().map(|timecode| i128::from(rate.start_of(timecode.frames())))
        });
        match parsed {
            Some(zero_ns) => Cues::from_zero(Some(zero_ns)),
            None => Cues::by_clock(out),
        }
    }

    fn from_zero(zero_ns: Option<i128>) -> Cues {
        Cues { zero_ns, shift_ns: None, last_start_ns: 0, last_end_ns: 0, count: 0 }
    }

    /// Hands out one cue.
    pub(crate) fn cue(&mut self, out: &mut FormatOutput<'_, '_>, cue: Cue) -> Flow {
        let line = cue.line;
        out.row();
        self.count += 1;
        let shift_ns = match self.shift_ns {
            Some(shift_ns) => shift_ns,
            None => self.decide(out, &cue)?,
        };
        if cue.parts.iter().all(|(_, text)| clean(text).is_empty()) {
            out.skip();
            out.tally(line, "cues without text are left out");
            return CONTINUE;
        }
        let (start_ns, end_ns) = (cue.start_ns - shift_ns, cue.end_ns - shift_ns);
        if end_ns >= start_ns {
            if start_ns == end_ns {
                out.tally(line, "cues of no length are kept as points in time");
            }
            if start_ns < self.last_start_ns {
                out.tally(line, "cues that begin before the cue above them are kept");
            } else if start_ns < self.last_end_ns {
                out.tally(line, "cues that overlap the cue above them are kept");
            }
            (self.last_start_ns, self.last_end_ns) = (start_ns, end_ns);
        }
        for (speaker, text) in cue.parts {
            let text = clean(&text);
            if text.is_empty() {
                continue;
            }
            let language = cue.language.clone();
            let said = AnnotationDraft {
                kind: known_types::DIALOGUE,
                start_ns,
                end_ns,
                text,
                language,
                ..AnnotationDraft::default()
            };
            out.speech(line, said, speaker.as_deref())?;
        }
        CONTINUE
    }

    /// Decides at the first cue whether the clock begins at the start timecode.
    fn decide(&mut self, out: &mut FormatOutput<'_, '_>, first: &Cue) -> FlowValue {
        let shift_ns =
            self.zero_ns.filter(|zero| *zero >= SHIFT_NS_MIN && first.start_ns >= *zero).unwrap_or(0);
        self.shift_ns = Some(shift_ns);
        if shift_ns > 0 {
            let timecode = out.settings.start_timecode.clone().unwrap_or_default();
            let text = format!(
                "the clock begins at the start timecode `{timecode}`: all times are shifted back by {}",
                seconds(shift_ns)
            );
            out.note(first.line, text)?;
        }
        FlowValue::Continue(shift_ns)
    }
}

/// A value, or the end of reading.
type FlowValue = std::ops::ControlFlow<(), i128>;

/// What a clock shows at a timecode: subtitles count `10:00:00:00` as ten hours, whatever the rate.
fn nominal_ns(out: &mut FormatOutput<'_, '_>, text: &str) -> Option<i128> {
    let fields: Vec<Option<i128>> =
        text.split([':', ';', '.']).map(|part| part.parse::<u16>().ok().map(i128::from)).collect();
    match fields.as_slice() {
        [Some(hours), Some(minutes), Some(secs), frames @ ..] if frames.len() <= 1 => {
            let whole = (hours * 60 + minutes) * 60 + secs;
            let frame_ns = match (frames.first(), out.settings.frame_rate) {
                (Some(Some(frames)), Some(rate)) => {
                    frames * i128::from(NS_PER_SECOND) / i128::from(rate.nominal())
                }
                _ => 0,
            };
            Some(whole * i128::from(NS_PER_SECOND) + frame_ns)
        }
        _ => {
            out.tally(0, "a start timecode that is not written HH:MM:SS:FF is not used");
            None
        }
    }
}

/// The lines of a subtitle file, and what is wrong with it as a whole.
pub(crate) struct CueFile<'r> {
    pub lines: Lines<'r>,
    /// The first cue has been seen.
    pub begun: bool,
}

impl<'r> CueFile<'r> {
    /// The next line; the error is why there are no more.
    pub(crate) fn next(&mut self) -> Result<Option<String>, Fault> {
        if !self.begun && self.lines.bytes > FIRST_CUE_BYTES_MAX {
            let why = format!("there is no cue in the first {FIRST_CUE_BYTES_MAX} bytes");
            return Err(Fault::new(
                "",
                why,
                "see that it is a subtitle file; `--format` names another format",
            ));
        }
        let mend = "give a subtitle file; what came before has gone in";
        self.lines.next().map_err(|why| Fault::new("", format!("reading stopped: {why}"), mend))
    }

    /// Tells what the encoding was.
    pub(crate) fn end(&self, out: &mut FormatOutput<'_, '_>, cues: &Cues) -> Flow {
        if self.lines.foreign > 0 {
            let text = format!("lines that are not UTF-8 are read as Windows-1252: {}", self.lines.foreign);
            out.note(0, text)?;
        }
        if cues.count == 0 {
            let mend = "see that it is a subtitle file; `--format` names another format";
            return out.problem(0, Fault::new("", "there is no cue in the file", mend));
        }
        CONTINUE
    }
}

/// The text of a cue while its lines come.
#[derive(Debug, Default)]
pub(crate) struct CueText {
    pub text: String,
    /// It was longer than a cue may be; the rest was not kept.
    pub is_huge: bool,
}

impl CueText {
    pub(crate) fn push(&mut self, line: &str) {
        if self.text.len() + line.len() > CUE_BYTES_MAX {
            self.is_huge = true;
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
    }

    /// Why a huge cue is refused.
    pub(crate) fn fault() -> Fault {
        let why = format!("the cue has more than {CUE_BYTES_MAX} bytes of text");
        Fault::new("text", why, "split it; is a blank line missing?")
    }
}
