//! CVAT for video, XML 1.1: tracks that people drew.
//!
//! Source: `<track id label source><box frame outside occluded keyframe xtl ytl xbr ybr><attribute name>…`. Frames
//! count from 0, boxes are pixels. A frame rate is needed. A track is present from a box up to, and not including, the
//! frame of the next box with `outside="1"`; between key frames CVAT interpolates, so it is present there too. A track
//! that never goes outside ends with its last box, which lasts one frame (one step, where the task took every n-th).
//! Each stretch becomes `OBJECT_SEARCH` with the label, the attributes of its first box, and up to 64 boxes `[left,
//! top, width, height]` of key frames. Polygons, lines and points have no box.

use std::io::Read;

use crate::problem::{Fault, shown};
use rushes_types::{FrameRate, known_types};

use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::shape;
use crate::formats::tracks::{Sighting, Tracks};
use crate::formats::xml::{Element, Token, Xml, load};

const SHAPES: [&str; 8] = ["box", "polygon", "polyline", "points", "ellipse", "cuboid", "skeleton", "mask"];
/// A track carries this many attributes at most.
const ATTRIBUTES_MAX: usize = 100;

/// The current track.
struct Track {
    id: String,
    label: String,
    source: Option<String>,
    /// The current visible stretch: its first frame, and its attributes there.
    seen: Option<Stretch>,
}

struct Stretch {
    line: u64,
    first: i64,
    last: i64,
    shape: &'static str,
    attributes: Vec<(String, String)>,
    boxes: Vec<(i64, String)>,
}

/// The task's own numbers.
struct Task {
    step: i64,
    stop: Option<i64>,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let Some(rate) = out.settings.frame_rate else {
        let why = "the file counts frames and does not say how many a second has";
        return out
            .stop(0, Fault::new("", why, "give the frame rate, such as `--fps 25` or `--fps 30000/1001`"));
    };
    let text = load(reader, out)?;
    let mut xml = Xml::new(&text);
    let mut task = Task { step: 1, stop: None };
    let mut track: Option<Track> = None;
    let mut path: Vec<Element> = Vec::new();
    let mut tracks = 0u64;
    loop {
        let line = xml.line;
        let token = match xml.next() {
            Ok(token) => token,
            Err(fault) => return out.stop(xml.line, fault),
        };
        match token {
            Token::Open(element) => {
                if element.name == "track" {
                    tracks += 1;
                    track = Some(Track::new(&element));
                } else if let (Some(track), Some(shape)) = (&mut track, shape_of(&element)) {
                    out.row();
                    // A skeleton's own parts are not boxes of the track.
                    if path.last().is_some_and(|parent| parent.name == "track") {
                        match frame_of(&element) {
                            Ok(frame) => track.see(out, line, frame, &element, shape, rate)?,
                            Err(fault) => out.problem(line, fault)?,
                        }
                    }
                } else if element.name == "image" {
                    let why = "this is CVAT for images; frames of a video are in CVAT for video 1.1";
                    return out.stop(line, Fault::new("", why, "export the task as `CVAT for video 1.1`"));
                }
                path.push(element);
            }
            Token::Close => {
                let closed = path.pop();
                if closed.is_some_and(|element| element.name == "track")
                    && let Some(track) = track.take()
                {
                    track.end(out, rate, &task)?;
                }
            }
            Token::Text(text) => match path.last() {
                Some(element) if element.name == "attribute" => {
                    if let (Some(name), Some(track)) = (element.get("name"), &mut track) {
                        track.attribute(name, text.trim());
                    }
                }
                Some(element) if track.is_none() => task.take(&element.name, text.trim()),
                _ => {}
            },
            Token::End if tracks == 0 => {
                let why = "there is no track in the file";
                return out.problem(0, Fault::new("", why, "export the task as `CVAT for video 1.1`"));
            }
            Token::End => return CONTINUE,
        }
    }
}

impl Task {
    fn take(&mut self, name: &str, text: &str) {
        match name {
            "frame_filter" => {
                let step = text.strip_prefix("step=").and_then(|step| step.trim().parse().ok());
                self.step = step.filter(|step| (1..=1_000_000).contains(step)).unwrap_or(self.step);
            }
            "stop_frame" => self.stop = text.parse().ok().or(self.stop),
            _ => {}
        }
    }
}

fn shape_of(element: &Element) -> Option<&'static str> {
    SHAPES.iter().find(|shape| **shape == element.name).copied()
}

fn frame_of(element: &Element) -> Result<i64, Fault> {
    let text = element.get("frame").unwrap_or("");
    let frame = text.parse::<i64>().ok().filter(|frame| (0..=i64::from(u32::MAX)).contains(frame));
    frame.ok_or_else(|| Fault::new("frame", format!("{} is not a frame number", shown(text)), "mend the box"))
}

impl Track {
    fn new(element: &Element) -> Track {
        let text = |name: &str| element.get(name).unwrap_or("").to_owned();
        let source = element.get("source").map(str::to_owned);
        Track { id: text("id"), label: text("label"), source, seen: None }
    }

    fn see(
        &mut self,
        out: &mut FormatOutput<'_, '_>,
        line: u64,
        frame: i64,
        element: &Element,
        shape: &'static str,
        rate: FrameRate,
    ) -> Flow {
        if element.get("outside") == Some("1") {
            let Some(stretch) = self.seen.take() else { return CONTINUE };
            return self.stretch(out, stretch, frame, rate);
        }
        if self.seen.as_ref().is_some_and(|stretch| frame < stretch.last) {
            let why = format!("frame {frame} comes after a later one of the same track");
            return out.problem(line, Fault::new("frame", why, "sort the boxes of the track by frame"));
        }
        let stretch = self.seen.get_or_insert_with(|| Stretch {
            line,
            first: frame,
            last: frame,
            shape,
            attributes: Vec::new(),
            boxes: Vec::new(),
        });
        stretch.last = frame;
        if shape == "box" && (element.get("keyframe") != Some("0") || stretch.boxes.is_empty()) {
            let side = |name: &str| element.get(name);
            let corners = shape::of_corners(side("xtl"), side("ytl"), side("xbr"), side("ybr"));
            stretch.boxes.push((frame, corners));
        }
        CONTINUE
    }

    fn attribute(&mut self, name: &str, text: &str) {
        if let Some(stretch) = &mut self.seen
            && stretch.attributes.len() < ATTRIBUTES_MAX
            && !text.is_empty()
            && !stretch.attributes.iter().any(|(known, _)| known == name)
        {
            stretch.attributes.push((name.to_owned(), text.to_owned()));
        }
    }

    /// Hands out a stretch that ends before frame `end`.
    fn stretch(&self, out: &mut FormatOutput<'_, '_>, stretch: Stretch, end: i64, rate: FrameRate) -> Flow {
        let ns = |frame: i64| i128::from(rate.start_of(frame));
        let mut said = AnnotationDraft::label(known_types::OBJECT, &self.label, ns(stretch.first), ns(end));
        said.attributes.text("track", &self.id);
        if let Some(source) = &self.source {
            said.attributes.text("source", source);
        }
        if stretch.shape != "box" {
            said.attributes.text("shape", stretch.shape);
        }
        for (name, value) in &stretch.attributes {
            // Names that the line has itself are kept apart.
            said.attributes.text(&format!("cvat_{name}"), value);
        }
        let mut one = Tracks::new(0);
        let none = Sighting { place: 0, said: said.clone(), shape: String::new() };
        one.see(out, stretch.line, (), none)?;
        for (frame, shape) in stretch.boxes {
            let said =
                AnnotationDraft { start_ns: ns(frame), end_ns: said.end_ns, ..AnnotationDraft::default() };
            one.see(out, stretch.line, (), Sighting { place: 0, said, shape })?;
        }
        one.end(out)
    }

    fn end(mut self, out: &mut FormatOutput<'_, '_>, rate: FrameRate, task: &Task) -> Flow {
        let Some(stretch) = self.seen.take() else { return CONTINUE };
        let mut end = stretch.last + task.step;
        if let Some(stop) = task.stop.filter(|stop| *stop >= stretch.last) {
            end = end.min(stop.saturating_add(1));
        }
        self.stretch(out, stretch, end, rate)
    }
}
