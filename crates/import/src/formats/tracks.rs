//! Joins sightings: consecutive sightings of one thing become one annotation.

use std::collections::HashMap;
use std::hash::Hash;

use crate::object::JsonObject;

use crate::formats::limits::{BOXES_MAX, TRACKS_MAX};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};

/// A box at a time, as JSON text: `[left, top, width, height]`.
#[derive(Debug, Clone)]
struct TimedBox {
    at_ns: i128,
    json: String,
}

/// One thing that is being tracked.
#[derive(Debug)]
struct Track {
    line: u64,
    said: AnnotationDraft,
    /// The last sighting, in the tracker's steps.
    last: i128,
    sightings: u64,
    /// One box is kept of this many sightings.
    every: u64,
    boxes: Vec<TimedBox>,
}

/// What was seen, and where.
pub(crate) struct Sighting {
    /// When, in the steps that tell what is consecutive: frames, or nanoseconds.
    pub place: i128,
    /// The annotation if it were seen only now.
    pub said: AnnotationDraft,
    /// The box as JSON text; empty for none.
    pub shape: String,
}

/// Follows things by a key, such as a track number or a label.
pub(crate) struct Tracks<K> {
    /// Sightings further apart than this are two annotations.
    gap: i128,
    open: HashMap<K, Track>,
}

impl<K: Hash + Eq + Ord + Clone> Tracks<K> {
    pub(crate) fn new(gap: i128) -> Self {
        Self { gap, open: HashMap::new() }
    }

    /// Takes a sighting; hands out the annotation that it does not continue.
    pub(crate) fn see(&mut self, out: &mut FormatOutput<'_, '_>, line: u64, key: K, seen: Sighting) -> Flow {
        out.take();
        let at_ns = seen.said.start_ns;
        if let Some(track) = self.open.get_mut(&key) {
            let step = seen.place - track.last;
            if (0..=self.gap).contains(&step) {
                track.last = seen.place;
                track.go_on(seen.said, at_ns, seen.shape);
                return CONTINUE;
            }
        }
        if let Some(done) = self.open.remove(&key) {
            done.end(out)?;
        }
        if self.open.len() >= TRACKS_MAX {
            out.tally(line, "tracks beyond the number that are followed at once are cut in pieces");
            self.end(out)?;
        }
        let mut track =
            Track { line, said: seen.said, last: seen.place, sightings: 1, every: 1, boxes: Vec::new() };
        track.keep(at_ns, seen.shape);
        self.open.insert(key, track);
        CONTINUE
    }

    /// Hands out all that is still followed, by start and key.
    pub(crate) fn end(&mut self, out: &mut FormatOutput<'_, '_>) -> Flow {
        let mut open: Vec<(K, Track)> = self.open.drain().collect();
        open.sort_by(|(a, x), (b, y)| (x.said.start_ns, a).cmp(&(y.said.start_ns, b)));
        open.into_iter().try_for_each(|(_, track)| track.end(out))
    }
}

impl Track {
    fn go_on(&mut self, said: AnnotationDraft, at_ns: i128, shape: String) {
        self.said.end_ns = self.said.end_ns.max(said.end_ns);
        // The sighting with the highest confidence determines the annotation.
        let share = |confidence: &Option<String>| confidence.as_deref().and_then(|c| c.parse::<f64>().ok());
        if share(&said.confidence) > share(&self.said.confidence) {
            self.said.confidence = said.confidence;
        }
        self.sightings += 1;
        if (self.sightings - 1).is_multiple_of(self.every) {
            self.keep(at_ns, shape);
        }
    }

    fn keep(&mut self, at_ns: i128, json: String) {
        if json.is_empty() {
            return;
        }
        if self.boxes.len() >= BOXES_MAX {
            let mut place = 0;
            self.boxes.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.every *= 2;
        }
        self.boxes.push(TimedBox { at_ns, json });
    }

    fn end(mut self, out: &mut FormatOutput<'_, '_>) -> Flow {
        if self.sightings > 1 {
            self.said.attributes.raw("sightings", &self.sightings.to_string());
        }
        if !self.boxes.is_empty() {
            let offset_ns = i128::from(out.settings.offset_ns);
            let boxes: Vec<String> = self.boxes.iter().map(|seen| seen.to_json(offset_ns)).collect();
            self.said.attributes.raw("boxes", &format!("[{}]", boxes.join(",")));
        }
        out.annotation(self.line, self.said)
    }
}

impl TimedBox {
    fn to_json(&self, offset_ns: i128) -> String {
        let mut json = JsonObject::new();
        json.raw("at_ns", &(self.at_ns + offset_ns).to_string());
        json.raw("box", &self.json);
        json.finish()
    }
}
