//! COCO for video: YouTube-VIS (`bboxes` of all frames of a track) and tracking (`images` of a video, boxes of each).
//!
//! Source: `{"videos","categories","annotations":[{"video_id","category_id","bboxes":[[left,top,width,height]|null]}]}`, or
//! `images` with `video_id` and `frame_id` and annotations with `image_id`, `bbox` and `track_id`. Frames count from 0. A
//! frame rate is needed. A track that is there in consecutive frames is one `OBJECT_SEARCH`, the last frame included.

use std::collections::HashMap;
use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;
use rushes_types::{FrameRate, known_types};

use crate::formats::json::{Document, items, list, own_text, text, text_of};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::rate::rate_is_needed;
use crate::formats::shape;
use crate::formats::tools::which::which;
use crate::formats::tracks::{Sighting, Tracks};

/// What annotations refer to.
#[derive(Default)]
struct Names {
    categories: HashMap<String, String>,
    /// The frame of each image of the video.
    frames: HashMap<String, i64>,
    video: String,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let Some(rate) = out.settings.frame_rate else { return out.stop(0, rate_is_needed()) };
    let document = Document::load(reader, out)?;
    let (mut ids, mut media) = (Vec::new(), Vec::new());
    document.lookup("videos", &mut |video| {
        let first = list(video, "file_names").first().and_then(own_text);
        let folder = first.and_then(|path| path.rsplit_once('/')).map(|(folder, _)| folder);
        let name = text_of(video, &["name", "file_name"]).or(folder).unwrap_or("");
        ids.push(text(video, "id").unwrap_or("").to_owned());
        media.push(name.to_owned());
    });
    let mut names = Names::default();
    match which(&media, &out.settings.asset) {
        Ok(place) => names.video = ids.swap_remove(place),
        Err(_) if media.is_empty() => return document.nothing(out, "`videos`"),
        Err(fault) => return out.problem(0, fault),
    }
    document.lookup("categories", &mut |row| {
        if let Some((id, name)) = text(row, "id").zip(text(row, "name")) {
            names.categories.insert(id.to_owned(), name.to_owned());
        }
    });
    document.lookup("images", &mut |row| {
        let frame =
            text_of(row, &["frame_id", "frame_index", "mot_frame_id"]).and_then(|frame| frame.parse().ok());
        if let (Some(id), Some(frame)) = (text(row, "id"), frame)
            && text(row, "video_id") == Some(names.video.as_str())
        {
            names.frames.insert(id.to_owned(), frame);
        }
    });
    let mut tracks: Tracks<(String, String)> = Tracks::new(1);
    document.rows(out, "annotations", &mut |out, line, row| {
        annotation(out, line, row, &names, rate, &mut tracks)
    })?;
    tracks.end(out)?;
    document.name_unread(out, &["videos", "categories", "images", "annotations", "info", "licenses"])
}

fn annotation(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    row: &Value,
    names: &Names,
    rate: FrameRate,
    tracks: &mut Tracks<(String, String)>,
) -> Flow {
    let id = text(row, "category_id").unwrap_or("");
    let label = names.categories.get(id).cloned().unwrap_or_else(|| format!("category {id}"));
    let track = text_of(row, &["track_id", "instance_id", "id"]).unwrap_or("").to_owned();
    let sighting = |frame: i64, sides: &Value| {
        let ns = |frame: i64| i128::from(rate.start_of(frame));
        let mut said =
            AnnotationDraft::label(known_types::OBJECT, &label, ns(frame), ns(frame.saturating_add(1)));
        said.attributes.text("track", &track);
        let sides = items(sides);
        let shape = shape::of_texts([0, 1, 2, 3].map(|place: usize| sides.get(place).and_then(own_text)));
        Sighting { place: i128::from(frame), said, shape }
    };
    let key = (label.clone(), track.clone());
    if let Some(image) = text(row, "image_id") {
        let Some(frame) = names.frames.get(image).filter(|frame| (0..i64::from(u32::MAX)).contains(*frame))
        else {
            out.skip(line, "annotations of other videos are left out");
            return CONTINUE;
        };
        let mut seen = sighting(*frame, row.member("bbox").unwrap_or(&Value::Null));
        seen.said.confidence = out.confidence(line, text(row, "score"), 0);
        return tracks.see(out, line, key, seen);
    }
    if text(row, "video_id") != Some(names.video.as_str()) {
        out.skip(line, "annotations of other videos are left out");
        return CONTINUE;
    }
    let confidence = out.confidence(line, text(row, "score"), 0);
    let boxes =
        ["bboxes", "segmentations"].map(|name| list(row, name)).into_iter().find(|list| !list.is_empty());
    let Some(boxes) = boxes.filter(|boxes| boxes.iter().any(|shape| *shape != Value::Null)) else {
        return out.problem(line, Fault::new("bboxes", "the track has no box", "mend the row"));
    };
    for (frame, shape) in boxes.iter().enumerate().filter(|(_, shape)| **shape != Value::Null) {
        let mut seen = sighting(i64::try_from(frame).unwrap_or(0), shape);
        seen.said.confidence.clone_from(&confidence);
        tracks.see(out, line, key.clone(), seen)?;
    }
    CONTINUE
}
