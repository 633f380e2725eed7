//! RTTM: who speaks when, as diarisation tools write it.
//!
//! Source: NIST's Rich Transcription format as pyannote and dscore write it: `SPEAKER file channel onset duration <NA>
//! <NA> name <NA> <NA>`, in seconds. Onset and duration are added as decimal numbers and rounded once to the
//! nanosecond; the end is exclusive. Each turn becomes `CHARACTER_SEARCH` with the speaker's name. Other kinds of lines
//! are left out. The file's own names of recordings go into the attribute `recording`: whose it is says the caller.

use std::io::Read;

use crate::problem::{Fault, shown};
use rushes_types::known_types;

use crate::formats::json::seconds_ns;
use crate::formats::limits::TEXT_BYTES_MAX;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::text::Lines;

const FIELDS_MIN: usize = 8;

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let mut lines = match Lines::open(reader, TEXT_BYTES_MAX) {
        Ok(lines) => lines,
        Err(why) => return out.stop(0, Fault::new("", why, "mend the file")),
    };
    let mut recording: Option<String> = None;
    loop {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => return CONTINUE,
            Err(why) => return out.stop(lines.number, Fault::new("", why, "mend the file")),
        };
        let fields: Vec<&str> = line.split_whitespace().collect();
        if fields.is_empty() || line.starts_with(";;") {
            continue;
        }
        out.row();
        if fields.first() != Some(&"SPEAKER") {
            out.skip();
            out.tally(lines.number, "lines of other kinds than SPEAKER are left out");
            continue;
        }
        match turn(out, lines.number, &fields) {
            Ok(said) => out.annotation(lines.number, said)?,
            Err(fault) => out.problem(lines.number, fault)?,
        }
        let name = fields.get(1).copied().unwrap_or("");
        if recording.as_deref().is_some_and(|first| first != name) {
            out.tally(
                lines.number,
                "turns of another recording than the file's first are kept, on the same asset",
            );
        }
        recording.get_or_insert_with(|| name.to_owned());
    }
}

fn turn(out: &mut FormatOutput<'_, '_>, line: u64, fields: &[&str]) -> Result<AnnotationDraft, Fault> {
    let &[_, recording, channel, onset, duration, _, _, name, ref rest @ ..] = fields else {
        let why = format!("the line has {} fields, not {FIELDS_MIN} or more", fields.len());
        return Err(Fault::new("", why, "write `SPEAKER file 1 onset duration <NA> <NA> name <NA> <NA>`"));
    };
    if name == "<NA>" {
        return Err(Fault::new("name", "the speaker has no name", "name the speaker"));
    }
    let start_ns = seconds_ns("onset", onset)?;
    let length_ns = seconds_ns("duration", duration)?;
    if length_ns < 0 {
        let why = format!("the duration {} is negative", shown(duration));
        return Err(Fault::new("duration", why, "mend the line"));
    }
    let mut said =
        AnnotationDraft::label(known_types::CHARACTER, name, start_ns, start_ns.saturating_add(length_ns));
    said.attributes.text("recording", recording);
    said.attributes.text("channel", channel);
    let confidence = rest.first().copied().filter(|confidence| *confidence != "<NA>");
    said.confidence = out.confidence(line, confidence, 0);
    Ok(said)
}
