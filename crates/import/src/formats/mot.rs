//! MOTChallenge: boxes of people, frame by frame.
//!
//! Source: lines (parted by commas, or by spaces) of `frame,id,left,top,width,height,confidence,…` without a header (`det.txt`, `gt.txt`, tracker output).
//! Frames count from 1, boxes are pixels. A frame rate is needed. Frame n lasts from its own start to the start of the
//! next one; a track that is there in consecutive frames is one annotation, its last frame included. `id` -1 is no
//! track: such a detection is an annotation of one frame. In ground truth a confidence of 0 means "ignore" and is left
//! out; in files with nine columns the eighth is a class, else the label is `person`. Up to 64 boxes
//! `[left, top, width, height]` are kept.

use std::io::Read;

use crate::decimal::Decimal;
use crate::problem::{Fault, shown};
use rushes_types::{FrameRate, known_types};

use crate::formats::limits::TABLE_BYTES_MAX;
use crate::formats::out::{AnnotationDraft, Flow, FormatOutput};
use crate::formats::shape;
use crate::formats::text::TableLines;
use crate::formats::tracks::{Sighting, Tracks};

/// Classes of MOT16 and later, from 1.
const CLASSES: [&str; 13] = [
    "person",
    "person on vehicle",
    "car",
    "bicycle",
    "motorbike",
    "vehicle",
    "static person",
    "distractor",
    "occluder",
    "occluder on the ground",
    "occluder full",
    "reflection",
    "crowd",
];
const FIELDS_MIN: usize = 6;

/// Does a line look like one of this format?
pub(crate) fn is_row(line: &str) -> bool {
    let fields = fields_of(line);
    (7..=10).contains(&fields.len()) && fields.iter().all(|field| Decimal::parse(field).is_some())
}

/// The fields of a line: between commas, or where it has none between white space, as some trackers write it.
fn fields_of(line: &str) -> Vec<&str> {
    if line.contains(',') {
        line.split(',').map(str::trim).collect()
    } else {
        line.split_whitespace().collect()
    }
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let Some(rate) = out.settings.frame_rate else {
        let why = "the file counts frames and does not say how many a second has";
        return out
            .stop(0, Fault::new("", why, "give the frame rate, such as `--fps 25` or `--fps 30000/1001`"));
    };
    let mut lines = match TableLines::open(reader, TABLE_BYTES_MAX) {
        Ok(lines) => lines,
        Err(why) => return out.stop(0, Fault::new("", why, "mend the file")),
    };
    let mut tracks: Tracks<(i64, &'static str)> = Tracks::new(1);
    loop {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => return tracks.end(out),
            Err(why) => {
                tracks.end(out)?;
                return out.stop(lines.number, Fault::new("", why, "mend the file"));
            }
        };
        if line.trim().is_empty() {
            continue;
        }
        out.row();
        match detection(out, lines.number, &line, rate) {
            Ok(Some((id, seen))) if id < 0 => {
                // It is not known which box of the last frame it was.
                let mut one = Tracks::new(0);
                one.see(out, lines.number, (), seen)?;
                one.end(out)?;
            }
            Ok(Some((id, seen))) => {
                let label = CLASSES.iter().find(|class| **class == seen.said.label).copied().unwrap_or("");
                tracks.see(out, lines.number, (id, label), seen)?;
            }
            Ok(None) => {
                out.skip(lines.number, "boxes of confidence 0, which means to ignore them, are left out");
            }
            Err(fault) => out.problem(lines.number, fault)?,
        }
    }
}

fn detection(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    text: &str,
    rate: FrameRate,
) -> Result<Option<(i64, Sighting)>, Fault> {
    let fields = fields_of(text);
    if fields.len() < FIELDS_MIN {
        let why = format!("the line has {} fields, not {FIELDS_MIN} or more", fields.len());
        return Err(Fault::new("", why, "write `frame,id,left,top,width,height,confidence`"));
    }
    let whole = |place: usize, name: &str| {
        let text = fields.get(place).copied().unwrap_or("");
        let number = Decimal::parse(text).and_then(|number| number.whole());
        let number = number.and_then(|number| i64::try_from(number).ok());
        number.ok_or_else(|| {
            Fault::new(name, format!("{} is not a whole number", shown(text)), "mend the line")
        })
    };
    let frame = whole(0, "frame")?;
    let id = whole(1, "id")?;
    if !(1..=i64::from(u32::MAX)).contains(&frame) {
        let why = format!("`{frame}` is not a frame number; frames count from 1");
        return Err(Fault::new("frame", why, "mend the line"));
    }
    let is_truth = fields.len() == 9;
    let share = fields.get(6).copied().unwrap_or("1");
    if id >= 0 && Decimal::parse(share).is_some_and(|share| share.scaled(9) == Some(0)) {
        return Ok(None);
    }
    let class = if is_truth { whole(7, "class")? } else { 1 };
    let class =
        usize::try_from(class - 1).ok().and_then(|class| CLASSES.get(class)).copied().unwrap_or("object");
    let start_ns = i128::from(rate.start_of(frame - 1));
    let mut said =
        AnnotationDraft::label(known_types::OBJECT, class, start_ns, i128::from(rate.start_of(frame)));
    // Ground truth has a flag here, and trackers -1; detectors have scores of many scales.
    let in_scale =
        Decimal::parse(share).and_then(|share| share.scaled(9)).filter(|s| (0..=1_000_000_000).contains(s));
    if in_scale.is_some() {
        said.confidence = out.confidence(line, Some(share), 0);
    }
    if id >= 0 {
        said.attributes.text("track", &id.to_string());
    }
    let shape = shape::of_texts([2, 3, 4, 5].map(|place| fields.get(place).copied()));
    if shape.is_empty() {
        return Err(Fault::new("box", "a side of the box is not a number", "mend the line"));
    }
    Ok(Some((id, Sighting { place: i128::from(frame), said, shape })))
}
