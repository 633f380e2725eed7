//! Turns the screenplay into a time line: assigns frames to every shot, person and word. Where the screenplay has no
//! cut, simple rules decide: a scene begins wide, speakers and entrances are shown.

use crate::script::{self, Beat, Framing, Scene as ScriptScene};
use crate::stage::{self, Prop};
use crate::timeline::{Episode, Scene, Shot, Span, Speech, Stay, Thing};
use crate::{FRAMES_PER_SECOND, MOVIE};

/// Shortest shot, in frames, before an automatic cut.
const SHOT_FRAMES_MIN: i64 = 30;
/// A word lasts this many frames and one more for each letter, and a sentence's end this many more.
const WORD_FRAMES: i64 = 4;
const SENTENCE_FRAMES: i64 = 5;
/// The pause after a line, in frames.
const BREATH_FRAMES: i64 = 14;
/// After this many cuts between two speakers, a shot shows both.
const BOTH_EVERY: u32 = 3;
/// A voice without a picture.
const UNSEEN: &str = "Radio";

/// Directs an episode.
#[must_use]
pub fn direct(written: &script::Episode) -> Episode {
    let number = |from: usize| written.code.get(from..from + 2).and_then(|n| n.parse().ok()).unwrap_or(1);
    let episode = Episode {
        asset: format!("{MOVIE}-{}", written.code),
        season: number(1),
        number: number(4),
        title: written.title.clone(),
        ..Episode::default()
    };
    let mut director = Director { episode, ..Director::default() };
    for scene in &written.scenes {
        director.scene(scene);
    }
    director.episode.frames = director.now;
    director.episode
}

#[derive(Default)]
struct Director {
    episode: Episode,
    now: i64,
    place: String,
    scene_start: i64,
    /// Who is on the stage: an index into the episode's stays.
    present: Vec<usize>,
    /// The props on it, and since when.
    props: Vec<(Prop, i64)>,
    shot: Option<Open>,
    /// Who spoke last, and how many cuts between two there were.
    last_speaker: Option<String>,
    cuts: u32,
}

/// The shot that is being taken.
struct Open {
    start: i64,
    framing: Framing,
    seen: Vec<String>,
    /// The screenplay asked for it: it is kept for the next line.
    held: bool,
}

impl Director {
    fn scene(&mut self, scene: &ScriptScene) {
        self.scene_start = self.now;
        self.place.clone_from(&scene.place);
        self.last_speaker = None;
        for prop in &scene.props {
            self.bring(prop);
        }
        self.cut(Framing::Wide, false);
        for beat in &scene.beats {
            match beat {
                Beat::Speak { name, language, text } => self.speak(name, language, text),
                Beat::Enter(name) => self.enter(name),
                Beat::Leave(name) => self.leave(name),
                Beat::Bring(prop) => self.bring(prop),
                Beat::Cut(framing) => self.cut(framing.clone(), true),
                Beat::Wait { seconds, seen } => self.wait(*seconds, seen),
            }
        }
        self.end_shot();
        for stay in std::mem::take(&mut self.present) {
            self.episode.stays[stay].span.end = self.now;
        }
        for (prop, start) in std::mem::take(&mut self.props) {
            self.episode.things.push(Thing { span: Span { start, end: self.now }, prop });
        }
        let span = Span { start: self.scene_start, end: self.now };
        self.episode.scenes.push(Scene { span, place: std::mem::take(&mut self.place) });
    }

    fn bring(&mut self, prop: &str) {
        let there: Vec<Prop> = self.props.iter().map(|(p, _)| p.clone()).collect();
        self.props.push((stage::place_prop(prop, &self.place, &there), self.now));
    }

    /// Starts another shot.
    fn cut(&mut self, framing: Framing, held: bool) {
        if self.shot.as_ref().is_some_and(|s| s.framing == framing) {
            return;
        }
        self.end_shot();
        self.shot = Some(Open { start: self.now, framing, seen: Vec::new(), held });
    }

    fn end_shot(&mut self) {
        let Some(open) = self.shot.take().filter(|s| s.start < self.now) else { return };
        let props: Vec<Prop> = self.props.iter().map(|(p, _)| p.clone()).collect();
        let camera = stage::camera(&open.framing, |name| self.spot(name), &props);
        self.episode.shots.push(Shot {
            span: Span { start: open.start, end: self.now },
            place: self.place.clone(),
            framing: open.framing,
            camera,
            seen: open.seen.join("; "),
        });
    }

    fn spot(&self, name: &str) -> Option<i64> {
        let mut stays = self.present.iter().filter_map(|i| self.episode.stays.get(*i));
        stays.find(|s| s.name == name).map(|s| s.x)
    }

    fn enter(&mut self, name: &str) {
        if self.spot(name).is_some() {
            return;
        }
        if self.shot_age() > 0 {
            self.cut(Framing::Wide, false);
        }
        let taken: Vec<i64> = self.present.iter().map(|i| self.episode.stays[*i].x).collect();
        self.present.push(self.episode.stays.len());
        self.episode.stays.push(Stay {
            span: Span { start: self.now, end: self.now },
            name: name.to_owned(),
            x: stage::free_spot(&taken),
            from_the_beginning: self.now == self.scene_start,
        });
    }

    fn leave(&mut self, name: &str) {
        let stays = &mut self.episode.stays;
        let now = self.now;
        self.present.retain(|i| {
            let goes = stays[*i].name == name;
            if goes {
                stays[*i].span.end = now;
            }
            !goes
        });
    }

    fn shot_age(&self) -> i64 {
        self.shot.as_ref().map_or(0, |s| self.now - s.start)
    }

    fn wait(&mut self, seconds: i64, seen: &str) {
        let held = self.shot.as_ref().is_some_and(|s| s.held);
        if !held && seconds > 1 && self.shot_age() >= SHOT_FRAMES_MIN {
            self.cut(Framing::Wide, false);
        }
        if let Some(shot) = self.shot.as_mut().filter(|_| !seen.is_empty()) {
            shot.seen.push(seen.to_owned());
        }
        self.now += seconds * FRAMES_PER_SECOND;
        self.release();
    }

    fn speak(&mut self, name: &str, language: &str, text: &str) {
        if name != UNSEEN {
            self.enter(name);
        }
        self.show_speaker(name);
        let start = self.now;
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
            let end = self.now + WORD_FRAMES + i64::try_from(letters).unwrap_or(0);
            words.push((word.to_owned(), Span { start: self.now, end }));
            let ends = word.ends_with(['.', '!', '?']);
            self.now = end + if ends { SENTENCE_FRAMES } else { 0 };
        }
        let end = words.last().map_or(self.now, |(_, span)| span.end);
        let (name, language, text) = (name.to_owned(), language.to_owned(), text.to_owned());
        self.last_speaker = Some(name.clone());
        let span = Span { start, end };
        self.episode.speeches.push(Speech { span, name, language, text, words });
        self.now = end + BREATH_FRAMES;
        self.release();
    }

    /// Cuts to the speaker, unless the shot already shows only them, is too short, or was asked for.
    fn show_speaker(&mut self, name: &str) {
        let held = self.shot.as_ref().is_some_and(|s| s.held);
        if held || self.shot_age() < SHOT_FRAMES_MIN {
            return;
        }
        if name == UNSEEN {
            if self.props.iter().any(|(p, _)| p.name == "radio") {
                self.cut(Framing::Insert("radio".to_owned()), false);
            }
            return;
        }
        if self.shot.as_ref().is_some_and(|s| s.framing == Framing::Close(name.to_owned())) {
            return;
        }
        self.cuts += 1;
        let other = self.last_speaker.clone().filter(|o| o != name && self.spot(o).is_some());
        match other {
            Some(other) if self.cuts.is_multiple_of(BOTH_EVERY) => {
                self.cut(Framing::Two(other, name.to_owned()), false);
            }
            _ => self.cut(Framing::Close(name.to_owned()), false),
        }
    }

    /// Lets automatic cuts resume after a requested shot.
    fn release(&mut self) {
        if let Some(shot) = &mut self.shot {
            shot.held = false;
        }
    }
}

#[cfg(test)]
#[path = "direct_tests.rs"]
mod tests;
