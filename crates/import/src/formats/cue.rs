//! Cues of subtitles: the start of their clock, and reports about irregular cues.
//!
//! A cue lasts from its start up to, and not including, its end. Cues that overlap, come out of order or last no time
//! are kept as written and reported; a cue whose end lies before its start is refused. A clock that passes midnight goes
//! on with the next day.

use std::ops::ControlFlow;

use crate::problem::Fault;
use rushes_types::{NS_PER_SECOND, Timecode, known_types};

use crate::formats::limits::CUE_BYTES_MAX;
use crate::formats::markup::{Voice, is_drawing, voices};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word, clean, seconds};
use crate::formats::rate::DAY_NS;
use crate::formats::rolling::{RawCue, fold};

/// A start timecode below this is not taken as the start of the subtitles' clock: a first cue after ten minutes may
/// simply be late.
const SHIFT_NS_MIN: i128 = 600 * NS_PER_SECOND as i128;
const HOUR_NS: i128 = 3600 * NS_PER_SECOND as i128;

/// What one speaker says in a cue.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub speaker: Option<String>,
    pub text: String,
    pub words: Vec<Word>,
}

/// One cue: when, what is said, and by whom.
#[derive(Debug, Default)]
pub(crate) struct Cue {
    pub line: u64,
    pub start_ns: i128,
    pub end_ns: i128,
    /// In the order of the cue.
    pub parts: Vec<Part>,
    pub language: Option<String>,
}

/// State while the cues of one file are processed.
pub(crate) struct Cues {
    /// The start timecode as this file's clock would show it, and how it is written.
    zero: Option<(i128, String)>,
    shift_ns: Option<i128>,
    /// What is added since the clock passed midnight.
    day_ns: i128,
    last_clock_ns: i128,
    last_start_ns: i128,
    last_end_ns: i128,
    /// Cues seen.
    pub count: u64,
}

impl Cues {
    /// Cues whose clock shows hours, minutes, seconds.
    pub(crate) fn by_clock(out: &mut FormatOutput<'_, '_>) -> Cues {
        let text = out.settings.start_timecode.clone();
        Cues::from_zero(text.and_then(|text| Some((nominal_ns(out, &text)?, text))))
    }

    /// Cues whose times are timecode, made nanoseconds frame by frame.
    pub(crate) fn by_timecode(out: &mut FormatOutput<'_, '_>) -> Cues {
        let settings = out.settings;
        let parsed = settings.start_timecode.as_ref().zip(settings.frame_rate).and_then(|(text, rate)| {
            let timecode = Timecode::parse(text, rate).ok()?;
            Some((i128::from(rate.start_of(timecode.frames())), text.clone()))
        });
        match parsed {
            Some(zero) => Cues::from_zero(Some(zero)),
            None => Cues::by_clock(out),
        }
    }

    fn from_zero(zero: Option<(i128, String)>) -> Cues {
        let (day_ns, last_clock_ns) = (0, 0);
        Cues { zero, shift_ns: None, day_ns, last_clock_ns, last_start_ns: 0, last_end_ns: 0, count: 0 }
    }

    /// The start of the programme as the file itself says it, where the caller knows none.
    pub(crate) fn begin_at(&mut self, zero_ns: i128, written: &str) {
        self.zero.get_or_insert_with(|| (zero_ns, written.to_owned()));
    }

    /// Hands out cues with their markup, each line once where they roll up.
    pub(crate) fn all(
        &mut self,
        out: &mut FormatOutput<'_, '_>,
        mut cues: Vec<RawCue>,
        language: Option<&str>,
    ) -> Flow {
        let rolls = fold(&mut cues);
        if rolls {
            let text = "the captions roll up: each line is kept once, in the cue in which it appears";
            out.note(0, text.to_owned())?;
        }
        for mut cue in cues {
            if let Some(fault) = cue.fault.take() {
                out.row();
                self.count += 1;
                out.problem(cue.line, fault)?;
                continue;
            }
            if cue.is_repeat {
                out.row();
                self.count += 1;
                out.skip(cue.line, "cues that repeat what rolled up are left out");
                continue;
            }
            let parts = parts_of(out, &cue);
            let (line, start_ns, end_ns) = (cue.line, cue.start_ns, cue.end_ns);
            self.cue(out, Cue { line, start_ns, end_ns, parts, language: language.map(str::to_owned) })?;
        }
        CONTINUE
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
        if cue.parts.iter().all(|part| clean(&part.text).is_empty()) {
            out.skip(line, "cues without text are left out");
            return CONTINUE;
        }
        let moved_ns = self.pass_midnight(out, &cue) - shift_ns;
        let next_day = cue.start_ns >= DAY_NS - HOUR_NS && cue.end_ns < HOUR_NS;
        let end_day_ns = if next_day { DAY_NS } else { 0 };
        let (start_ns, end_ns) = (cue.start_ns + moved_ns, cue.end_ns + end_day_ns + moved_ns);
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
        for part in cue.parts {
            let text = clean(&part.text);
            if text.is_empty() {
                continue;
            }
            let mut words = part.words;
            for word in &mut words {
                word.start_ns += moved_ns;
                word.end_ns += moved_ns;
            }
            let language = cue.language.clone();
            let kind = known_types::DIALOGUE;
            let said = AnnotationDraft {
                kind,
                start_ns,
                end_ns,
                text,
                words,
                language,
                ..AnnotationDraft::default()
            };
            out.speech(line, said, part.speaker.as_deref())?;
        }
        CONTINUE
    }

    /// What is added to a clock that has passed midnight.
    fn pass_midnight(&mut self, out: &mut FormatOutput<'_, '_>, cue: &Cue) -> i128 {
        let half = DAY_NS / 2;
        let is_late = (DAY_NS - HOUR_NS..DAY_NS).contains(&self.last_clock_ns);
        if is_late && cue.start_ns < HOUR_NS {
            self.day_ns += DAY_NS;
            out.tally(cue.line, "the clock passes midnight and goes on with the next day");
        }
        // One that was written out of order, before midnight.
        let late = self.day_ns > 0 && cue.start_ns > self.last_clock_ns + half;
        if !late {
            self.last_clock_ns = cue.start_ns;
        }
        if late { self.day_ns - DAY_NS } else { self.day_ns }
    }

    /// Decides at the first cue whether the clock begins at the start timecode.
    fn decide(&mut self, out: &mut FormatOutput<'_, '_>, first: &Cue) -> ControlFlow<(), i128> {
        let start_ns = first.start_ns;
        let zero = self.zero.as_ref().filter(|(zero, _)| *zero >= SHIFT_NS_MIN);
        let mut shift_ns = 0;
        if let Some((zero_ns, written)) = zero {
            if start_ns >= *zero_ns {
                shift_ns = *zero_ns;
                let text = format!(
                    "the clock begins at the start timecode `{written}`: all times are shifted back by {}",
                    seconds(shift_ns)
                );
                out.note(first.line, text)?;
            }
        } else if start_ns >= HOUR_NS && start_ns % HOUR_NS < SHIFT_NS_MIN && self.zero.is_none() {
            let hour = start_ns / HOUR_NS;
            let text = format!(
                "the first cue lies at {}; if the clock begins at {hour:02}:00:00:00, give `--start-timecode`",
                seconds(start_ns)
            );
            out.note(first.line, text)?;
        }
        self.shift_ns = Some(shift_ns);
        ControlFlow::Continue(shift_ns)
    }
}

/// What a cue's text says, by voice, with the times of words where they are written.
fn parts_of(out: &mut FormatOutput<'_, '_>, cue: &RawCue) -> Vec<Part> {
    let mut parts = Vec::new();
    for voice in voices(&cue.text) {
        let text = voice.text();
        if is_drawing(&text) {
            out.tally(cue.line, "drawings are left out");
            continue;
        }
        let words = words_of(out, cue, &voice);
        parts.push(Part { speaker: voice.speaker, text, words });
    }
    parts
}

/// Words between the times that stand in a cue's text.
fn words_of(out: &mut FormatOutput<'_, '_>, cue: &RawCue, voice: &Voice) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    if !voice.pieces.iter().any(|(at, _)| at.is_some()) {
        return words;
    }
    let mut goes_on = false;
    for (place, (at, text)) in voice.pieces.iter().enumerate() {
        let start_ns = at.unwrap_or(cue.start_ns);
        let next = voice.pieces[place + 1..].iter().find_map(|(at, _)| *at);
        let end_ns = next.unwrap_or(cue.end_ns).max(start_ns);
        let mut shown = text.split_whitespace();
        match (shown.next(), shown.next()) {
            (Some(rest), None) if goes_on && !text.starts_with(char::is_whitespace) => {
                if let Some(word) = words.last_mut() {
                    word.text.push_str(rest);
                    word.end_ns = end_ns;
                }
            }
            (Some(word), None) => {
                words.push(Word { text: word.to_owned(), start_ns, end_ns, confidence: None });
            }
            (Some(_), Some(_)) => out.tally(cue.line, "words without times stand in the text only"),
            (None, _) => {}
        }
        goes_on = !words.is_empty() && !text.is_empty() && !text.ends_with(char::is_whitespace);
    }
    words
}

/// What a clock shows at a timecode: subtitles count `10:00:00:00` as ten hours, whatever the rate.
pub(crate) fn nominal_ns(out: &mut FormatOutput<'_, '_>, text: &str) -> Option<i128> {
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

/// Reports a file without a cue.
pub(crate) fn end(out: &mut FormatOutput<'_, '_>, cues: &Cues) -> Flow {
    if cues.count == 0 {
        return out.problem(0, no_cue());
    }
    CONTINUE
}

/// The error of a file without a cue.
pub(crate) fn no_cue() -> Fault {
    let mend = "see that it is a subtitle file; `--format` names another format";
    Fault::new("", "there is no cue in the file", mend)
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
