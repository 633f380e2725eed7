//! Markers in edit decision lists: those of DaVinci Resolve, and locators.
//!
//! Source: an event, whose record timecode is the marker's, with a line `note |C:ResolveColorBlue |M:Name |D:frames` below
//! (Resolve's timeline markers); or `* LOC: 01:00:01:14 RED     comment`. The asset's frame rate is needed. A marker of
//! Resolve lasts its frames (one frame is a point in time), a locator is a point. Each becomes `MARKER_SEARCH`; events
//! without markers are left out.

use std::io::Read;

use crate::formats::editors::clock::{MarkerClock, marker};
use crate::formats::out::{CONTINUE, Flow, FormatOutput};
use crate::formats::rate::rate_is_needed;
use crate::formats::text::Lines;

const LOCATOR: &str = "* LOC:";

/// Is it a line of a marker?
pub(crate) fn is_marker(line: &str) -> bool {
    line.trim_start().starts_with(LOCATOR) || (line.contains("|C:") && line.contains("|M:"))
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let Some(rate) = out.settings.frame_rate else { return out.stop(0, rate_is_needed()) };
    let mut lines = Lines::open(reader, out)?;
    let mut clock = MarkerClock::new(out, rate);
    // The record timecode of the event above.
    let mut event: Option<(u64, String, bool)> = None;
    loop {
        let line = match lines.next_or_fault() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(fault) => return out.stop(lines.number, fault),
        };
        let number = lines.number;
        if let Some(rest) = line.trim_start().strip_prefix(LOCATOR) {
            out.row();
            let mut fields = rest.trim_start().splitn(2, char::is_whitespace);
            let (at, rest) = (fields.next().unwrap_or(""), fields.next().unwrap_or("").trim_start());
            let (colour, comment) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            match clock.place(out, number, "LOC", at) {
                Ok(at_ns) => marker(out, number, (at_ns, at_ns), "", comment, &[("colour", colour)])?,
                Err(fault) => out.problem(number, fault)?,
            }
        } else if is_marker(&line) {
            out.row();
            let at = event.as_mut().map(|(_, at, used)| {
                *used = true;
                at.clone()
            });
            match clock.place(out, number, "event", at.as_deref().unwrap_or("")) {
                Ok(start_ns) => resolve(out, number, start_ns, rate, &line)?,
                Err(fault) => out.problem(number, fault)?,
            }
        } else if let Some(record) = record_in(&line) {
            unmarked(out, event.replace((number, record, false)).as_ref());
        }
    }
    unmarked(out, event.as_ref());
    CONTINUE
}

fn unmarked(out: &mut FormatOutput<'_, '_>, event: Option<&(u64, String, bool)>) {
    if let Some((line, _, false)) = event {
        out.row();
        out.skip(*line, "events of the cut are left out, markers are read");
    }
}

/// The record timecode at which an event begins.
fn record_in(line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let is_number = fields.first()?.bytes().all(|byte| byte.is_ascii_digit());
    let record = fields.len().checked_sub(2).and_then(|place| fields.get(place))?;
    (is_number && fields.len() >= 8 && record.matches([':', ';']).count() == 3).then(|| (*record).to_owned())
}

fn resolve(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    start_ns: i128,
    rate: rushes_types::FrameRate,
    text: &str,
) -> Flow {
    let mut parts = text.split('|');
    let note = parts.next().unwrap_or("");
    let (mut name, mut colour, mut frames) = ("", "", 1i64);
    for part in parts {
        match part.split_once(':') {
            Some(("M", value)) => name = value,
            Some(("C", value)) => colour = value.trim().trim_start_matches("ResolveColor"),
            Some(("D", value)) => frames = value.trim().parse().unwrap_or(1),
            _ => {}
        }
    }
    let frames = frames.clamp(1, i64::from(u32::MAX));
    let end_ns = if frames > 1 { start_ns + i128::from(rate.start_of(frames)) } else { start_ns };
    marker(out, line, (start_ns, end_ns), name, note, &[("colour", colour)])
}
