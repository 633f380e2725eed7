//! Amazon Rekognition Video: segments, labels, faces, people, celebrities, text, moderation.
//!
//! Source: the answers of `Get…` calls, or several of them in one document; pages of one answer are one file each.
//! Times are whole milliseconds that the service has rounded down, and are used as they are. A segment lasts from its
//! start up to its end; with a frame rate its frame numbers are used instead, exactly: the last frame of a `SHOT` still
//! belongs to it, the end frame of a technical cue does not. Everything else is a sighting at one instant: sightings of
//! one label (one person, one text) at most 1.1 s apart are one annotation from the first to the last of them, with up
//! to 64 boxes `[left, top, width, height]` in shares of the picture. Confidences of 100 become shares of 1.

use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;
use rushes_types::{FrameRate, known_types};

use crate::formats::json::{Document, list, millis, missing, text};
use crate::formats::kinds;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::rate::rate_of;
use crate::formats::shape;
use crate::formats::tracks::{Sighting, Tracks};

/// Confidences are percentages.
const PERCENT: i64 = 2;
const JOIN_NS: i128 = 1_100_000_000;
const BOX: [[&str; 4]; 1] = [["Left", "Top", "Width", "Height"]];

/// What tells one thing from another: its type, its label, its number.
type Key = (&'static str, String, String);
/// Reads a row: `None` where it says nothing that is kept.
type DetectionReader = fn(&Value) -> Option<Detection<'_>>;

/// What a row says, before its time is read.
struct Detection<'v> {
    kind: &'static str,
    label: &'v str,
    text: &'v str,
    number: &'v str,
    confidence: Option<&'v str>,
    shapes: Vec<&'v Value>,
    attributes: Vec<(&'static str, &'v str)>,
}

const LISTS: [(&str, DetectionReader); 6] = [
    ("Labels", label),
    ("Faces", face),
    ("Persons", person),
    ("Celebrities", celebrity),
    ("TextDetections", seen_text),
    ("ModerationLabels", moderation),
];

/// Members of an answer that say nothing of the picture, and the segments, which are read apart.
const KNOWN: [&str; 8] = [
    "Segments",
    "VideoMetadata",
    "AudioMetadata",
    "SelectedSegmentTypes",
    "Video",
    "GetRequestMetadata",
    "ResponseMetadata",
    "RequestMetadata",
];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let mut any = false;
    if document.has("Segments") {
        any = true;
        let own = ["VideoMetadata.FrameRate", "VideoMetadata[].FrameRate"];
        let own = own.iter().find_map(|path| rate_of(&document.text(path)?));
        let rate = out.settings.frame_rate.or(own);
        document.rows(out, "Segments", &mut |out, line, row| match segment(out, line, row, rate) {
            Ok(said) => out.annotation(line, said),
            Err(fault) => out.problem(line, fault),
        })?;
    }
    for (path, read_row) in LISTS {
        if !document.has(path) {
            continue;
        }
        any = true;
        let mut tracks = Tracks::new(JOIN_NS);
        document.rows(out, path, &mut |out, line, row| match read_row(row) {
            Some(found) => sighting(out, line, row, &found, &mut tracks),
            None => {
                out.skip(line, "words of lines of text, and rows without a name, are left out");
                CONTINUE
            }
        })?;
        tracks.end(out)?;
    }
    if !any {
        return document.nothing(out, "`Segments`, `Labels`, `Faces`, `Persons` or other list");
    }
    let read: Vec<&str> = LISTS.iter().map(|(name, _)| *name).chain(KNOWN).collect();
    document.name_unread(out, &read)
}

fn segment(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    row: &Value,
    rate: Option<FrameRate>,
) -> Result<AnnotationDraft, Fault> {
    let detail = |name: &str| row.member(name).filter(|value| **value != Value::Null);
    let (kind, label, detail, last) = match (detail("ShotSegment"), detail("TechnicalCueSegment")) {
        (Some(shot), _) => (known_types::SHOT, "", shot, 1),
        (None, Some(cue)) => (kinds::TECHNICAL_CUE, text(cue, "Type").unwrap_or("unknown"), cue, 0),
        (None, None) => {
            return Err(Fault::new("Type", "this is neither a shot nor a technical cue", "mend the row"));
        }
    };
    let mut start_ns = millis(row, "StartTimestampMillis")?.ok_or_else(|| missing("StartTimestampMillis"))?;
    let mut end_ns = millis(row, "EndTimestampMillis")?.ok_or_else(|| missing("EndTimestampMillis"))?;
    let frame = |name: &str| text(row, name).and_then(|text| text.parse::<i64>().ok());
    if let (Some(rate), Some(first), Some(end)) = (rate, frame("StartFrameNumber"), frame("EndFrameNumber")) {
        start_ns = i128::from(rate.start_of(first));
        end_ns = i128::from(rate.start_of(end.saturating_add(last)));
    }
    let mut said = AnnotationDraft::label(kind, label, start_ns, end_ns);
    said.confidence = out.confidence(line, text(detail, "Confidence"), PERCENT);
    for (name, from) in [("start_frame", "StartFrameNumber"), ("end_frame", "EndFrameNumber")] {
        if let Some(number) = frame(from) {
            said.attributes.raw(name, &number.to_string());
        }
    }
    Ok(said)
}

fn sighting(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    row: &Value,
    found: &Detection<'_>,
    tracks: &mut Tracks<Key>,
) -> Flow {
    // Labels may also come summed up by segment, with two times.
    let times = (|| -> Result<(i128, i128, bool), Fault> {
        match (millis(row, "StartTimestampMillis")?, millis(row, "EndTimestampMillis")?) {
            (Some(start_ns), Some(end_ns)) => Ok((start_ns, end_ns, true)),
            _ => {
                let at_ns = millis(row, "Timestamp")?.ok_or_else(|| missing("Timestamp"))?;
                Ok((at_ns, at_ns, false))
            }
        }
    })();
    let (start_ns, end_ns, is_segment) = match times {
        Ok(times) => times,
        Err(fault) => return out.problem(line, fault),
    };
    let mut said = AnnotationDraft::label(found.kind, found.label, start_ns, end_ns);
    said.text = found.text.to_owned();
    said.confidence = out.confidence(line, found.confidence, PERCENT);
    for (name, value) in &found.attributes {
        said.attributes.text(name, value);
    }
    if is_segment {
        return out.annotation(line, said);
    }
    let key = (found.kind, format!("{}{}", found.label, found.text), found.number.to_owned());
    let mut shapes = found.shapes.iter().map(|shape| shape::of_object(Some(shape), &BOX));
    let first = Sighting { place: start_ns, said: said.clone(), shape: shapes.next().unwrap_or_default() };
    tracks.see(out, line, key.clone(), first)?;
    for shape in shapes {
        tracks.see(out, line, key.clone(), Sighting { place: start_ns, said: said.clone(), shape })?;
    }
    CONTINUE
}

fn label(row: &Value) -> Option<Detection<'_>> {
    let label = row.member("Label")?;
    let first = |name: &str| list(label, name).first().and_then(|first| text(first, "Name"));
    let attributes = [("parent", first("Parents")), ("category", first("Categories"))];
    Some(Detection {
        kind: known_types::OBJECT,
        label: text(label, "Name")?,
        text: "",
        number: "",
        confidence: text(label, "Confidence"),
        shapes: list(label, "Instances")
            .iter()
            .filter_map(|instance| instance.member("BoundingBox"))
            .collect(),
        attributes: attributes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
    })
}

fn face(row: &Value) -> Option<Detection<'_>> {
    let face = row.member("Face")?;
    Some(Detection {
        kind: known_types::OBJECT,
        label: "face",
        text: "",
        number: "",
        confidence: text(face, "Confidence"),
        shapes: face.member("BoundingBox").into_iter().collect(),
        attributes: Vec::new(),
    })
}

/// A person who was followed; with the best match in a face collection, a character.
fn person(row: &Value) -> Option<Detection<'_>> {
    let person = row.member("Person")?;
    let number = text(person, "Index").unwrap_or("");
    let shapes = person.member("BoundingBox").into_iter().collect();
    let attributes = vec![("person", number)];
    let found = list(row, "FaceMatches").first();
    let name = found
        .and_then(|found| found.member("Face"))
        .and_then(|face| text(face, "ExternalImageId").or_else(|| text(face, "FaceId")));
    let confidence = found.and_then(|found| text(found, "Similarity"));
    Some(match name {
        Some(label) => Detection {
            kind: known_types::CHARACTER,
            label,
            text: "",
            number,
            confidence,
            shapes,
            attributes,
        },
        None => Detection {
            kind: known_types::OBJECT,
            label: "person",
            text: "",
            number,
            confidence: None,
            shapes,
            attributes,
        },
    })
}

fn celebrity(row: &Value) -> Option<Detection<'_>> {
    let celebrity = row.member("Celebrity")?;
    let shape = celebrity.member("Face").and_then(|face| face.member("BoundingBox"));
    Some(Detection {
        kind: known_types::CHARACTER,
        label: text(celebrity, "Name")?,
        text: "",
        number: text(celebrity, "Id").unwrap_or(""),
        confidence: text(celebrity, "Confidence"),
        shapes: shape.or_else(|| celebrity.member("BoundingBox")).into_iter().collect(),
        attributes: Vec::new(),
    })
}

/// Lines of text; the words of which they are made are left out.
fn seen_text(row: &Value) -> Option<Detection<'_>> {
    let seen = row.member("TextDetection")?;
    if text(seen, "Type") == Some("WORD") {
        return None;
    }
    Some(Detection {
        kind: kinds::TEXT,
        label: "",
        text: text(seen, "DetectedText")?,
        number: "",
        confidence: text(seen, "Confidence"),
        shapes: seen
            .member("Geometry")
            .and_then(|geometry| geometry.member("BoundingBox"))
            .into_iter()
            .collect(),
        attributes: Vec::new(),
    })
}

fn moderation(row: &Value) -> Option<Detection<'_>> {
    let label = row.member("ModerationLabel")?;
    Some(Detection {
        kind: kinds::MODERATION,
        label: text(label, "Name")?,
        text: "",
        number: "",
        confidence: text(label, "Confidence"),
        shapes: Vec::new(),
        attributes: text(label, "ParentName").map(|parent| ("parent", parent)).into_iter().collect(),
    })
}
