//! PySceneDetect: the list of scenes of `scenedetect … list-scenes`.
//!
//! Source: CSV with an optional first row `Timecode List:…`, then `Scene Number`, `Start Frame`, `Start Time (seconds)`,
//! `End Frame`, `End Time (seconds)` and others. Start frames count from 1; end frames are the first frame of the next
//! scene counted from 0, which is the last frame counted from 1. With a frame rate the frames are used, exactly:
//! `[start - 1, end)`. Without one the seconds are, which the tool has rounded to three places: the end of one scene is
//! the start of the next all the same. Each scene becomes a `SHOT`.

use std::io::Read;

use crate::problem::{Fault, shown};
use rushes_types::known_types;

use crate::formats::json::seconds_ns;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::text::Lines;

const NUMBER: &str = "Scene Number";
const START_FRAME: &str = "Start Frame";
const END_FRAME: &str = "End Frame";
const START: &str = "Start Time (seconds)";
const END: &str = "End Time (seconds)";

/// Where the columns are.
struct Columns(Vec<String>);

/// Is it the line of column names?
pub(crate) fn is_header(line: &str) -> bool {
    line.contains(NUMBER) && line.contains(START_FRAME)
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let mut lines = Lines::open(reader, out)?;
    let mut columns: Option<Columns> = None;
    loop {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(why) => return out.stop(lines.number, Fault::new("", why, "mend the file")),
        };
        if line.trim().is_empty() {
            continue;
        }
        let Some(columns) = &columns else {
            if is_header(&line) {
                columns = Some(Columns(line.split(',').map(|name| name.trim().to_owned()).collect()));
            } else if !line.starts_with("Timecode List:") {
                return out.stop(lines.number, header());
            }
            continue;
        };
        out.row();
        match scene(out, columns, &line) {
            Ok(said) => out.annotation(lines.number, said)?,
            Err(fault) => out.problem(lines.number, fault)?,
        }
    }
    if columns.is_none() { out.stop(lines.number, header()) } else { CONTINUE }
}

fn header() -> Fault {
    let why = format!("there is no line of columns with `{NUMBER}` and `{START_FRAME}`");
    Fault::new("", why, "give what `list-scenes` has written")
}

impl Columns {
    fn get<'l>(&self, fields: &[&'l str], name: &str) -> Result<&'l str, Fault> {
        let place = self.0.iter().position(|column| column == name);
        let field = place.and_then(|place| fields.get(place)).map(|field| field.trim());
        field
            .filter(|field| !field.is_empty())
            .ok_or_else(|| Fault::new(name, "there is no value", "mend the row"))
    }

    fn frame(&self, fields: &[&str], name: &str) -> Result<i64, Fault> {
        let text = self.get(fields, name)?;
        let frame = text.parse::<i64>().ok().filter(|frame| (0..=i64::from(u32::MAX)).contains(frame));
        frame
            .ok_or_else(|| Fault::new(name, format!("{} is not a frame number", shown(text)), "mend the row"))
    }
}

fn scene(out: &FormatOutput<'_, '_>, columns: &Columns, line: &str) -> Result<AnnotationDraft, Fault> {
    let fields: Vec<&str> = line.split(',').collect();
    let (start_ns, end_ns) = match out.settings.frame_rate {
        Some(rate) => {
            let start = columns.frame(&fields, START_FRAME)?;
            if start < 1 {
                return Err(Fault::new(START_FRAME, "frames count from 1", "mend the row"));
            }
            let end = columns.frame(&fields, END_FRAME)?;
            (i128::from(rate.start_of(start - 1)), i128::from(rate.start_of(end)))
        }
        None => {
            let time = |name: &str| seconds_ns(name, columns.get(&fields, name)?);
            (time(START)?, time(END)?)
        }
    };
    let mut said = AnnotationDraft::label(known_types::SHOT, "", start_ns, end_ns);
    said.attributes.text("scene", columns.get(&fields, NUMBER)?);
    Ok(said)
}
