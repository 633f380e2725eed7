//! Google Cloud Video Intelligence.
//!
//! Source: `{"annotationResults":[{"shotAnnotations",…}]}`, in either spelling (`annotation_results`), also under
//! `response`. Offsets are protobuf durations (`"3.500s"`, or `{"seconds","nanos"}`), exact. The service's ends are
//! *inclusive*: they are the time of the last frame. With a frame rate the end becomes the end of that frame; without
//! one it is taken as it is, one frame too early. Things seen frame by frame (`frameLabelAnnotations`) are joined as
//! Rekognition's are, at most 1.1 s apart. Boxes are `[left, top, width, height]` in shares of the picture, up to 64.

use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;
use rushes_types::known_types;

use crate::formats::google_speech::transcription;
use crate::formats::json::{Document, duration, list, list_of, member_of, text, text_of};
use crate::formats::kinds;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::shape;
use crate::formats::tracks::{Sighting, Tracks};

const JOIN_NS: i128 = 1_100_000_000;
const PREFIXES: [&str; 5] = [
    "annotationResults[].",
    "annotation_results[].",
    "response.annotationResults[].",
    "response.annotation_results[].",
    "",
];

type RowReader = fn(&mut FormatOutput<'_, '_>, u64, &Value) -> Flow;

/// The lists that are read, in both spellings.
const LISTS: [(&str, &str, RowReader); 10] = [
    ("shotAnnotations", "shot_annotations", shot),
    ("segmentLabelAnnotations", "segment_label_annotations", label),
    ("shotLabelAnnotations", "shot_label_annotations", label),
    ("frameLabelAnnotations", "frame_label_annotations", frame_label),
    ("objectAnnotations", "object_annotations", object),
    ("textAnnotations", "text_annotations", seen_text),
    ("logoRecognitionAnnotations", "logo_recognition_annotations", logo),
    ("faceDetectionAnnotations", "face_detection_annotations", face),
    ("personDetectionAnnotations", "person_detection_annotations", person),
    ("speechTranscriptions", "speech_transcriptions", transcription),
];
/// Celebrities stand one step deeper.
const CELEBRITIES: [&str; 2] =
    ["celebrityRecognitionAnnotations.celebrityTracks", "celebrity_recognition_annotations.celebrity_tracks"];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    // Looked for once: a document may be long, and most lists are not there.
    let mut lists: Vec<(&str, RowReader)> = Vec::new();
    for (camel, snake, read_row) in LISTS {
        let named = [camel, snake].into_iter().filter(|name| document.mentions(&format!("\"{name}\"")));
        lists.extend(named.map(|name| (name, read_row)));
    }
    if document.mentions("elebrity") {
        lists.extend(CELEBRITIES.map(|path| (path, celebrity as RowReader)));
    }
    for prefix in PREFIXES {
        let mut any = false;
        for (name, read_row) in &lists {
            let path = format!("{prefix}{name}");
            any |= document.rows(out, &path, &mut |out, line, row| read_row(out, line, row))? > 0;
        }
        if any {
            return CONTINUE;
        }
    }
    document.nothing(out, "`annotationResults`")
}

/// Start and end of a segment.
fn segment(out: &FormatOutput<'_, '_>, value: Option<&Value>) -> Result<(i128, i128), Fault> {
    let Some(value) = value else {
        return Err(Fault::new("segment", "there is no segment", "mend the row"));
    };
    let start_ns = duration(value, &["startTimeOffset", "start_time_offset"])?;
    let end_ns = duration(value, &["endTimeOffset", "end_time_offset"])?;
    Ok((start_ns, whole_frame(out, end_ns)))
}

/// The end of the frame that is shown at an inclusive end, where the rate is known.
fn whole_frame(out: &FormatOutput<'_, '_>, end_ns: i128) -> i128 {
    let Some((rate, ns)) = out.settings.frame_rate.zip(i64::try_from(end_ns).ok()) else { return end_ns };
    // The service rounds to microseconds, so the frame's own start may lie a little later.
    const ROUNDED_NS: i64 = 1_000;
    let frame = rate.frame_at(ns.saturating_add(ROUNDED_NS));
    i128::from(rate.start_of(frame.saturating_add(1)))
}

fn name_of(row: &Value) -> &str {
    let entity = row.member("entity");
    entity.and_then(|entity| text(entity, "description")).unwrap_or("")
}

fn shot(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Flow {
    match segment(out, Some(row)) {
        Ok((start_ns, end_ns)) => {
            out.annotation(line, AnnotationDraft::label(known_types::SHOT, "", start_ns, end_ns))
        }
        Err(fault) => out.problem(line, fault),
    }
}

/// One annotation of a label for each of its segments.
fn segments(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    row: &Value,
    name: &str,
    base: &AnnotationDraft,
) -> Flow {
    for found in list(row, name) {
        match segment(out, found.member("segment")) {
            Ok((start_ns, end_ns)) => {
                let confidence = out.confidence(line, text(found, "confidence"), 0);
                out.annotation(line, AnnotationDraft { start_ns, end_ns, confidence, ..base.clone() })?;
            }
            Err(fault) => out.problem(line, fault)?,
        }
    }
    CONTINUE
}

fn label(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Flow {
    let mut base = AnnotationDraft::label(known_types::OBJECT, name_of(row), 0, 0);
    let categories = list_of(row, &["categoryEntities", "category_entities"]);
    if let Some(category) = categories.first().and_then(|category| text(category, "description")) {
        base.attributes.text("category", category);
    }
    segments(out, line, row, "segments", &base)
}

fn logo(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Flow {
    let mut base = AnnotationDraft::label(known_types::OBJECT, name_of(row), 0, 0);
    base.attributes.text("category", "logo");
    segments(out, line, row, "tracks", &base)
}

fn seen_text(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Flow {
    let spoken = text(row, "text").unwrap_or("").to_owned();
    let base = AnnotationDraft { kind: kinds::TEXT, text: spoken, ..AnnotationDraft::default() };
    segments(out, line, row, "segments", &base)
}

fn frame_label(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Flow {
    let mut tracks = Tracks::new(JOIN_NS);
    for frame in list(row, "frames") {
        match duration(frame, &["timeOffset", "time_offset"]) {
            Ok(at_ns) => {
                let mut said = AnnotationDraft::label(known_types::OBJECT, name_of(row), at_ns, at_ns);
                said.confidence = out.confidence(line, text(frame, "confidence"), 0);
                tracks.see(out, line, (), Sighting { place: at_ns, said, shape: String::new() })?;
            }
            Err(fault) => out.problem(line, fault)?,
        }
    }
    tracks.end(out)
}

/// Something with one segment and boxes in it.
fn boxed(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    at: Option<&Value>,
    mut said: AnnotationDraft,
    frames: &[Value],
) -> Flow {
    let (start_ns, end_ns) = match segment(out, at) {
        Ok(times) => times,
        Err(fault) => return out.problem(line, fault),
    };
    (said.start_ns, said.end_ns) = (start_ns, end_ns);
    // One track whatever the gaps: the segment says how long it is there.
    let mut tracks = Tracks::new(i128::MAX);
    tracks.see(out, line, (), Sighting { place: 0, said: said.clone(), shape: String::new() })?;
    for frame in frames {
        match duration(frame, &["timeOffset", "time_offset"]) {
            Ok(at_ns) => {
                let shape = corners(frame);
                let seen = AnnotationDraft {
                    start_ns: at_ns,
                    end_ns,
                    confidence: None,
                    ..AnnotationDraft::default()
                };
                tracks.see(out, line, (), Sighting { place: 0, said: seen, shape })?;
            }
            Err(fault) => out.problem(line, fault)?,
        }
    }
    tracks.end(out)
}

fn corners(frame: &Value) -> String {
    let Some(found) = member_of(frame, &["normalizedBoundingBox", "normalized_bounding_box"]) else {
        return String::new();
    };
    // Zeros are left out.
    let side = |name: &str| Some(text(found, name).unwrap_or("0"));
    shape::of_corners(side("left"), side("top"), side("right"), side("bottom"))
}

fn object(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Flow {
    let mut said = AnnotationDraft::label(known_types::OBJECT, name_of(row), 0, 0);
    said.confidence = out.confidence(line, text(row, "confidence"), 0);
    if let Some(track) = text_of(row, &["trackId", "track_id"]) {
        said.attributes.text("track", track);
    }
    boxed(out, line, row.member("segment"), said, list(row, "frames"))
}

fn detected(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value, name: &str) -> Flow {
    for track in list(row, "tracks") {
        let mut said = AnnotationDraft::label(known_types::OBJECT, name, 0, 0);
        said.confidence = out.confidence(line, text(track, "confidence"), 0);
        let frames = list_of(track, &["timestampedObjects", "timestamped_objects"]);
        boxed(out, line, track.member("segment"), said, frames)?;
    }
    CONTINUE
}

fn face(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Flow {
    detected(out, line, row, "face")
}

fn person(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Flow {
    detected(out, line, row, "person")
}

fn celebrity(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Flow {
    let track = member_of(row, &["faceTrack", "face_track"]);
    let at = track.and_then(|track| track.member("segment"));
    let Some(best) = list(row, "celebrities").first() else {
        out.skip(line, "faces that are no celebrity's are left out");
        return CONTINUE;
    };
    let names = ["displayName", "display_name", "description"];
    let name = best.member("celebrity").and_then(|celebrity| text_of(celebrity, &names)).unwrap_or("");
    let mut said = AnnotationDraft::label(known_types::CHARACTER, name, 0, 0);
    said.confidence = out.confidence(line, text(best, "confidence"), 0);
    boxed(out, line, at, said, &[])
}
