//! The show as annotation lines: what models would have written about the films.

use std::path::Path;

use serde_json::{Value, json};

use crate::script::Framing;
use crate::timeline::{Appearance, Episode, Shot, Span};
use crate::{FRAME_NS, FRAMES_PER_SECOND, MOVIE, SERIES, START_TIMECODE, looks};

/// The lines to import into an archive.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Lines {
    /// One asset line per episode.
    pub assets: Vec<Value>,
    /// The annotation lines.
    pub annotations: Vec<Value>,
}

/// All lines of the show; the assets' paths are in the folder that holds the films.
#[must_use]
pub fn lines(films: Option<&Path>) -> Lines {
    let mut lines = Lines::default();
    let mut shots = 0;
    for episode in crate::episodes() {
        lines.assets.push(asset(&episode, films));
        let mut writer = Writer { episode: &episode, out: &mut lines.annotations };
        writer.places();
        writer.seen("props@1", "OBJECT_SEARCH", &episode.props());
        writer.seen("faces@3", "CHARACTER_SEARCH", &episode.faces());
        writer.shots(shots);
        writer.speeches();
        shots += episode.shots.len();
    }
    lines
}

fn asset(episode: &Episode, films: Option<&Path>) -> Value {
    let mut asset = json!({
        "asset_id": episode.asset, "movie_id": MOVIE, "series": SERIES, "season": episode.season,
        "episode": episode.number, "title": episode.title, "language": "en",
        "frame_rate": format!("{FRAMES_PER_SECOND}/1"), "start_timecode": START_TIMECODE,
        "duration_ns": episode.frames * FRAME_NS,
    });
    if let Some(folder) = films {
        asset["path"] = json!(folder.join(format!("{}.webm", episode.asset)));
    }
    asset
}

struct Writer<'a> {
    episode: &'a Episode,
    out: &'a mut Vec<Value>,
}

impl Writer<'_> {
    fn say(&mut self, model: &str, kind: &str, span: Span, what: Value) {
        let mut line = json!({
            "asset_id": self.episode.asset, "movie_id": MOVIE, "model": model, "type": kind,
            "time_range": {"start_time_ns": span.start * FRAME_NS, "end_time_ns": span.end * FRAME_NS},
        });
        if let (Value::Object(line), Value::Object(what)) = (&mut line, what) {
            line.extend(what);
        }
        self.out.push(line);
    }

    fn places(&mut self) {
        for scene in &self.episode.scenes {
            let what = json!({"label": scene.place, "confidence_score": 0.93});
            self.say("places@1", "SCENE_SEARCH", scene.span, what);
        }
    }

    fn seen(&mut self, model: &str, kind: &str, seen: &[Appearance]) {
        for one in seen {
            // A face that fills the picture is recognised with more confidence.
            let confidence = match one.camera_width {
                ..250 => 0.98,
                250..450 => 0.94,
                _ => 0.86,
            };
            let what = json!({"label": one.name, "confidence_score": confidence});
            self.say(model, kind, one.span, what);
        }
    }

    fn shots(&mut self, first: usize) {
        let (faces, props) = (self.episode.faces(), self.episode.props());
        for (n, shot) in (first..).zip(&self.episode.shots) {
            let attributes = json!({"attributes": {"framing": shot.framing.word()}});
            self.say("cuts@1", "SHOT", shot.span, attributes);
            self.say(
                "captions@1",
                "CAPTION_SEARCH",
                shot.span,
                json!({
                    "text": caption(shot, &faces, &props), "language": "en", "confidence_score": 0.8,
                }),
            );
            let vector = looks::vector(n);
            if !vector.is_empty() {
                self.say("frames@1", "SCENE_SEARCH", shot.span, json!({"embedding_vector": vector}));
            }
        }
    }

    fn speeches(&mut self) {
        for speech in &self.episode.speeches {
            let words: Vec<Value> = speech
                .words
                .iter()
                .map(|(word, span)| {
                    json!({
                        "text": word, "start_time_ns": span.start * FRAME_NS, "end_time_ns": span.end * FRAME_NS,
                    })
                })
                .collect();
            self.say(
                "speech@2",
                "DIALOGUE_SEARCH",
                speech.span,
                json!({
                    "text": speech.text, "language": speech.language, "words": words, "confidence_score": 0.9,
                    "attributes": {"speaker": speech.name},
                }),
            );
        }
    }
}

/// A sentence about a shot, as a captioning model would write it.
fn caption(shot: &Shot, faces: &[Appearance], props: &[Appearance]) -> String {
    let within = |all: &[Appearance]| {
        let mut names: Vec<String> =
            all.iter().filter(|s| s.span.and(shot.span).is_some()).map(|s| s.name.clone()).collect();
        names.dedup();
        names
    };
    let (people, things) = (within(faces), within(props));
    let what = match &shot.framing {
        Framing::Wide => "wide shot".to_owned(),
        Framing::Close(name) => format!("close-up of {name}"),
        Framing::Two(..) => format!("{} together", people.join(" and ")),
        Framing::Insert(prop) => format!("close-up of the {prop}"),
    };
    let mut caption = format!("{what}, {}", shot.place);
    if matches!(shot.framing, Framing::Wide) && !people.is_empty() {
        caption += &format!(", with {}", people.join(", "));
    }
    let others: Vec<String> =
        things.into_iter().filter(|t| shot.framing != Framing::Insert(t.clone())).collect();
    if !others.is_empty() {
        caption += &format!("; {}", others.join(", "));
    }
    if !shot.seen.is_empty() {
        caption += &format!(": {}", shot.seen);
    }
    caption
}
