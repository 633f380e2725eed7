//! The demo's show: a screenplay of our own, turned into what models would have written about its film.
//!
//! Everything is computed from the text: who is seen when, which place, which props, every line of dialogue
//! with word times, a vector for each scene, shot by shot. So the demo needs no video and always says the same.

use serde_json::{Value, json};

/// The screenplay.
const NIGHT_FERRY: &str = include_str!("../demo/night-ferry.txt");
/// Movie and series that the demo's assets belong to.
const MOVIE: &str = "night-ferry";
const SERIES: &str = "The Night Ferry";
/// Nanoseconds in a millisecond.
const MS: i64 = 1_000_000;
/// How long a spoken word lasts, and the breath after a line, in milliseconds.
const WORD_MS: i64 = 340;
const BREATH_MS: i64 = 620;
/// A shot lasts about this long, in milliseconds.
const SHOT_MS: i64 = 4_200;
/// Dimensions of the demo's scene vectors.
const DIMENSIONS: usize = 32;

/// What the demo puts into an archive: asset lines and annotation lines.
#[derive(Debug, Default)]
pub struct Show {
    /// One asset line an episode.
    pub assets: Vec<Value>,
    /// The annotation lines.
    pub annotations: Vec<Value>,
}

/// Reads the screenplay that the demo ships.
#[must_use]
pub fn night_ferry() -> Show {
    let mut director = Director::default();
    for line in NIGHT_FERRY.lines() {
        director.read(line.trim());
    }
    director.end_episode();
    director.show
}

/// The vector of a place, with a little of its own for each shot; the same on every machine.
#[must_use]
pub fn place_vector(place: &str, shot: u64) -> Vec<f32> {
    let mut base = noise(
        place.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)),
    );
    let mut own = noise(shot.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed);
    (0..DIMENSIONS).map(|_| base() + 0.15 * own()).collect()
}

/// Numbers between −1 and 1 from a seed (xorshift64*).
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed | 1;
    move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let bits = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40;
        #[allow(clippy::cast_precision_loss)] // 24 bits fit an f32
        let unit = bits as f32 / (1u32 << 23) as f32;
        unit - 1.0
    }
}

/// Reads the screenplay line by line and writes down what is seen and heard.
#[derive(Default)]
struct Director {
    show: Show,
    asset: String,
    season: i64,
    episode: i64,
    title: String,
    now_ms: i64,
    place: String,
    props: Vec<String>,
    scene_start_ms: i64,
    /// Who is in the scene, and since when.
    present: Vec<(String, i64)>,
    shots: u64,
}

impl Director {
    fn read(&mut self, line: &str) {
        if line.is_empty() || line.starts_with('#') {
        } else if let Some(heading) = line.strip_prefix("== ") {
            self.end_episode();
            self.begin_episode(heading);
        } else if let Some(scene) = line.strip_prefix("@ ") {
            self.end_scene();
            self.begin_scene(scene);
        } else if let Some(name) = line.strip_prefix("+ ") {
            self.enter(name);
        } else if let Some(seconds) = line.strip_prefix("~ ") {
            self.now_ms += seconds.parse::<i64>().unwrap_or(0) * 1000;
        } else if let Some((who, words)) = line.split_once(": ") {
            self.speak(who, words);
        }
    }

    fn begin_episode(&mut self, heading: &str) {
        let (code, title) = heading.split_once(' ').unwrap_or((heading, heading));
        let number = |from: usize| code.get(from..from + 2).and_then(|n| n.parse().ok()).unwrap_or(1);
        (self.season, self.episode) = (number(1), number(4));
        title.clone_into(&mut self.title);
        self.asset = format!("{MOVIE}-{code}");
        self.now_ms = 0;
    }

    fn end_episode(&mut self) {
        self.end_scene();
        if self.asset.is_empty() {
            return;
        }
        self.show.assets.push(json!({
            "asset_id": self.asset, "movie_id": MOVIE, "series": SERIES, "season": self.season,
            "episode": self.episode, "title": self.title, "language": "en", "frame_rate": "25/1",
            "start_timecode": "10:00:00:00", "duration_ns": self.now_ms * MS,
        }));
        self.asset.clear();
    }

    fn begin_scene(&mut self, scene: &str) {
        let (place, props) = scene.split_once(" | ").unwrap_or((scene, ""));
        place.clone_into(&mut self.place);
        self.props = props.split(", ").filter(|p| !p.is_empty()).map(str::to_owned).collect();
        self.scene_start_ms = self.now_ms;
    }

    fn end_scene(&mut self) {
        if self.place.is_empty() {
            return;
        }
        let (start, end) = (self.scene_start_ms, self.now_ms);
        let place = std::mem::take(&mut self.place);
        self.say("places@1", "SCENE_SEARCH", start, end, json!({"label": place, "confidence_score": 0.93}));
        for prop in std::mem::take(&mut self.props) {
            self.say("props@1", "OBJECT_SEARCH", start, end, json!({"label": prop, "confidence_score": 0.8}));
        }
        for (name, since) in std::mem::take(&mut self.present) {
            self.say(
                "faces@3",
                "CHARACTER_SEARCH",
                since,
                end,
                json!({"label": name, "confidence_score": 0.97}),
            );
        }
        let count = ((end - start) / SHOT_MS).max(1);
        for n in 0..count {
            let (from, to) = (start + (end - start) * n / count, start + (end - start) * (n + 1) / count);
            self.shots += 1;
            let vector = place_vector(&place, self.shots);
            self.say("cuts@1", "SHOT", from, to, json!({}));
            self.say("frames@1", "SCENE_SEARCH", from, to, json!({"embedding_vector": vector}));
        }
    }

    fn enter(&mut self, name: &str) {
        if !self.present.iter().any(|(n, _)| n == name) {
            self.present.push((name.to_owned(), self.now_ms));
        }
    }

    fn speak(&mut self, who: &str, text: &str) {
        let (name, language) = match who.split_once(" (") {
            Some((name, language)) => (name, language.trim_end_matches(')')),
            None => (who, "en"),
        };
        if name != "Radio" {
            self.enter(name);
        }
        let start = self.now_ms;
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            let end = self.now_ms + WORD_MS;
            words.push(json!({
                "text": word, "start_time_ns": self.now_ms * MS, "end_time_ns": end * MS,
            }));
            self.now_ms = end;
        }
        let said = json!({
            "text": text, "language": language, "words": words, "confidence_score": 0.9,
            "attributes": {"speaker": name},
        });
        self.say("speech@2", "DIALOGUE_SEARCH", start, self.now_ms, said);
        self.now_ms += BREATH_MS;
    }

    fn say(&mut self, model: &str, kind: &str, start_ms: i64, end_ms: i64, what: Value) {
        let mut line = json!({
            "asset_id": self.asset, "movie_id": MOVIE, "model": model, "type": kind,
            "time_range": {"start_time_ns": start_ms * MS, "end_time_ns": end_ms * MS},
        });
        if let (Value::Object(line), Value::Object(what)) = (&mut line, what) {
            line.extend(what);
        }
        self.show.annotations.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_show_is_whole_and_always_the_same() {
        let show = night_ferry();
        assert_eq!(show.assets.len(), 3);
        assert!(show.annotations.len() > 150, "{}", show.annotations.len());
        assert_eq!(show.annotations, night_ferry().annotations);
        for line in &show.annotations {
            let time = &line["time_range"];
            assert!(time["start_time_ns"].as_i64() <= time["end_time_ns"].as_i64(), "{line}");
        }
    }

    #[test]
    fn shots_of_one_place_are_nearer_to_each_other_than_to_another() {
        let cosine = |a: &[f32], b: &[f32]| {
            let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
            dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
        };
        let galley = place_vector("galley", 1);
        assert!(cosine(&galley, &place_vector("galley", 2)) > 0.9);
        assert!(cosine(&galley, &place_vector("harbour", 3)) < 0.6);
    }
}
