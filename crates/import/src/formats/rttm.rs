//! RTTM: who speaks when, as diarisation tools write it.
//!
//! Source: NIST's Rich Transcription format as pyannote and dscore write it: `SPEAKER file channel onset duration <NA>
//! <NA> name <NA> <NA>`, in seconds. Onset and duration are added as decimal numbers and rounded once to the
//! nanosecond; the end is exclusive. Each turn becomes `CHARACTER_SEARCH` with the speaker's name. Fields are parted by
//! white space, so a space in the recording's or the speaker's name makes more of them: the fields around it are known
//! from both ends. Other kinds of lines are left out. The file's own names of recordings go into the attribute
//! `recording`: whose it is says the caller.

use std::io::Read;

use crate::decimal::Decimal;
use crate::problem::{Fault, shown};
use rushes_types::known_types;

use crate::formats::json::seconds_ns;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::text::Lines;

const NONE: &str = "<NA>";
const FORM: &str = "write `SPEAKER file 1 onset duration <NA> <NA> name <NA> <NA>`";

/// The fields of a turn.
struct Turn<'l> {
    recording: String,
    channel: &'l str,
    onset: &'l str,
    duration: &'l str,
    name: String,
    confidence: Option<&'l str>,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let mut lines = Lines::open(reader, out)?;
    let mut recording: Option<String> = None;
    loop {
        let line = match lines.next_or_fault() {
            Ok(Some(line)) => line,
            Ok(None) => return CONTINUE,
            Err(fault) => return out.stop(lines.number, fault),
        };
        let fields: Vec<&str> = line.split_whitespace().collect();
        if fields.is_empty() || line.starts_with(";;") {
            continue;
        }
        out.row();
        if fields.first() != Some(&"SPEAKER") {
            out.skip(lines.number, "lines of other kinds than SPEAKER are left out");
            continue;
        }
        let turn = match turn(&fields) {
            Ok(turn) => turn,
            Err(fault) => {
                out.problem(lines.number, fault)?;
                continue;
            }
        };
        match annotation(out, lines.number, &turn) {
            Ok(said) => out.annotation(lines.number, said)?,
            Err(fault) => out.problem(lines.number, fault)?,
        }
        if recording.as_ref().is_some_and(|first| *first != turn.recording) {
            let what = "turns of another recording than the file's first are kept, on the same asset";
            out.tally(lines.number, what);
        }
        recording.get_or_insert(turn.recording);
    }
}

/// The fields of a line, whose names may have spaces.
fn turn<'l>(fields: &[&'l str]) -> Result<Turn<'l>, Fault> {
    let field = |place: usize| fields.get(place).copied().unwrap_or("");
    let is_number = |place: usize| Decimal::parse(field(place)).is_some();
    let times = |channel: &usize| is_number(channel + 1) && is_number(channel + 2);
    // After the recording come channel, onset, duration, and two fields that are empty in all that is written today.
    let may_be = 2..fields.len().saturating_sub(5).max(3);
    let sure = may_be.clone().find(|at| times(at) && field(at + 3) == NONE && field(at + 4) == NONE);
    let Some(channel) = sure.or_else(|| Some(2).filter(|at| times(at) || fields.len() <= 10)) else {
        let why =
            format!("the line has {} fields, and which of them are the times is not plain", fields.len());
        return Err(Fault::new("", why, FORM));
    };
    let Some(rest) = fields.get(channel + 5..).filter(|rest| !rest.is_empty()) else {
        let why = format!("the line has {} fields, not 8 or more", fields.len());
        return Err(Fault::new("", why, FORM));
    };
    // What follows the name is a number or nothing, and at most two fields.
    let is_after = |text: &&&str| **text == NONE || Decimal::parse(text).is_some();
    let after = rest[1..].iter().rev().take(2).take_while(is_after).count();
    let (name, after) = rest.split_at(rest.len() - after);
    if name.first() == Some(&NONE) {
        return Err(Fault::new("name", "the speaker has no name", "name the speaker"));
    }
    Ok(Turn {
        recording: fields[1..channel].join(" "),
        channel: field(channel),
        onset: field(channel + 1),
        duration: field(channel + 2),
        name: name.join(" "),
        confidence: after.first().copied().filter(|confidence| *confidence != NONE),
    })
}

fn annotation(out: &mut FormatOutput<'_, '_>, line: u64, turn: &Turn<'_>) -> Result<AnnotationDraft, Fault> {
    let start_ns = seconds_ns("onset", turn.onset)?;
    let length_ns = seconds_ns("duration", turn.duration)?;
    if length_ns < 0 {
        let why = format!("the duration {} is negative", shown(turn.duration));
        return Err(Fault::new("duration", why, "mend the line"));
    }
    let end_ns = start_ns.saturating_add(length_ns);
    let mut said = AnnotationDraft::label(known_types::CHARACTER, &turn.name, start_ns, end_ns);
    said.attributes.text("recording", &turn.recording);
    said.attributes.text("channel", turn.channel);
    said.confidence = out.confidence(line, turn.confidence, 0);
    Ok(said)
}
