//! Markers that Premiere Pro exports as a table (`.csv`, `.txt`).
//!
//! Source: a line of columns, `Marker Name`, `Description`, `In`, `Out`, `Duration`, `Marker Type`, with commas or tabs
//! between them, in UTF-8 or UTF-16. Times are timecode; the asset's frame rate is needed. `Out` is exclusive; a marker
//! without length is a point in time. Each becomes `MARKER_SEARCH`.

use std::io::Read;

use crate::problem::Fault;

use crate::formats::editors::clock::{MarkerClock, marker};
use crate::formats::limits::TEXT_BYTES_MAX;
use crate::formats::out::{CONTINUE, Flow, FormatOutput};
use crate::formats::rate::rate_is_needed;
use crate::formats::text::load;

/// Is it the line of columns?
pub(crate) fn is_header(line: &str) -> bool {
    line.contains("Marker Name") && line.contains("In") && line.contains("Out")
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let Some(rate) = out.settings.frame_rate else { return out.stop(0, rate_is_needed()) };
    let (text, stopped) = load(reader, out, TEXT_BYTES_MAX)?;
    let head = text.lines().next().unwrap_or("");
    if !is_header(head) {
        let why = "there is no line of columns with `Marker Name`, `In` and `Out`";
        return out.stop(1, Fault::new("", why, "export the markers again, as CSV"));
    }
    let delimiter = if head.contains('\t') { b'\t' } else { b',' };
    let mut table =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let columns: Vec<String> = match table.headers() {
        Ok(columns) => columns.iter().map(|name| name.trim_matches(['\u{feff}', ' ']).to_owned()).collect(),
        Err(error) => return out.stop(1, Fault::new("", error.to_string(), "export the markers again")),
    };
    let mut clock = MarkerClock::new(out, rate);
    for row in table.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => return out.stop(0, Fault::new("", error.to_string(), "export the markers again")),
        };
        let line = row.position().map_or(0, csv::Position::line);
        let get = |name: &str| {
            let place = columns.iter().position(|column| column == name);
            place.and_then(|place| row.get(place)).unwrap_or("")
        };
        out.row();
        let times = clock.place(out, line, "In", get("In")).and_then(|start_ns| {
            let end = get("Out");
            let end_ns = if end.is_empty() { start_ns } else { clock.place(out, line, "Out", end)? };
            Ok((start_ns, end_ns))
        });
        match times {
            Ok(times) => {
                marker(
                    out,
                    line,
                    times,
                    get("Marker Name"),
                    get("Description"),
                    &[("marker", get("Marker Type"))],
                )?;
            }
            Err(fault) => out.problem(line, fault)?,
        }
    }
    stopped.map_or(CONTINUE, |why| out.stop(0, Fault::new("", why, "export the markers again")))
}
