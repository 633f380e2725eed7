//! Markers that Avid Media Composer exports as text.
//!
//! Source: lines of a name, a timecode, a track, a colour and a comment, with tabs between them; a length in frames may
//! follow. The asset's frame rate is needed. Each becomes `MARKER_SEARCH`: with a length from its frame on, else a point.

use std::io::Read;

use crate::problem::Fault;

use crate::formats::editors::clock::{MarkerClock, marker};
use crate::formats::out::{CONTINUE, Flow, FormatOutput};
use crate::formats::rate::rate_is_needed;
use crate::formats::text::Lines;

const FIELDS_MIN: usize = 4;

fn is_timecode(text: &str) -> bool {
    let fields: Vec<&str> = text.trim().split([':', ';']).filter(|field| !field.is_empty()).collect();
    fields.len() == 4
        && fields.iter().all(|field| field.len() == 2 && field.bytes().all(|b| b.is_ascii_digit()))
}

/// Does a line look like a marker?
pub(crate) fn is_row(line: &str) -> bool {
    let fields: Vec<&str> = line.split('\t').collect();
    fields.len() >= FIELDS_MIN && is_timecode(fields[1])
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let Some(rate) = out.settings.frame_rate else { return out.stop(0, rate_is_needed()) };
    let mut lines = Lines::open(reader, out)?;
    let mut clock = MarkerClock::new(out, rate);
    loop {
        let line = match lines.next_or_fault() {
            Ok(Some(line)) => line,
            Ok(None) => return CONTINUE,
            Err(fault) => return out.stop(lines.number, fault),
        };
        if line.trim().is_empty() {
            continue;
        }
        out.row();
        let number = lines.number;
        let fields: Vec<&str> = line.split('\t').collect();
        let get = |place: usize| fields.get(place).copied().unwrap_or("");
        if fields.len() < FIELDS_MIN {
            let why = format!("the line has {} fields, not {FIELDS_MIN} or more", fields.len());
            out.problem(
                number,
                Fault::new("", why, "write a name, a timecode, a track, a colour, a comment"),
            )?;
            continue;
        }
        match clock.place(out, number, "timecode", get(1)) {
            Ok(start_ns) => {
                let frames = get(5)
                    .trim()
                    .parse::<i64>()
                    .ok()
                    .filter(|frames| (1..i64::from(u32::MAX)).contains(frames));
                let end_ns = frames.map_or(start_ns, |frames| start_ns + i128::from(rate.start_of(frames)));
                let attributes = [("track", get(2)), ("colour", get(3))];
                marker(out, number, (start_ns, end_ns), get(0), get(4), &attributes)?;
            }
            Err(fault) => out.problem(number, fault)?,
        }
    }
}
