//! One frame: the place, what stands in it, who is in it, the slate.

use rushes_show::FRAMES_PER_SECOND;
use rushes_show::stage;
use rushes_show::timeline::{Episode, Shot, Speech, Thing};
use tiny_skia::{Pixmap, Transform};

use crate::letters;
use crate::paint::{Brush, Ink};
use crate::people::{self, Pose};
use crate::places::{self, Weather};
use crate::props;

/// Width of a picture in pixels.
pub const WIDTH: u32 = 416;
/// Height of a picture in pixels.
pub const HEIGHT: u32 = 234;
/// How long somebody who comes in or goes is on the way, in frames, and how far, in units of the stage.
const WALK_FRAMES: i64 = 12;
const WALK: f32 = 46.0;

/// Paints an episode's frames.
pub struct Painter<'e> {
    episode: &'e Episode,
    picture: Pixmap,
    /// The place as it is in the shot at hand, without anything that moves.
    backdrop: Option<(usize, Pixmap)>,
}

impl<'e> Painter<'e> {
    /// Nothing is painted yet.
    pub fn new(episode: &'e Episode) -> Self {
        Self { episode, picture: empty(), backdrop: None }
    }

    /// A frame as rows of RGBA.
    pub fn picture(&mut self, frame: i64) -> &[u8] {
        self.paint(frame);
        self.slate(frame);
        self.picture.data()
    }

    /// A frame without the slate, which every shot has.
    pub fn without_slate(&mut self, frame: i64) -> &[u8] {
        self.paint(frame);
        self.picture.data()
    }

    fn paint(&mut self, frame: i64) {
        let Some((number, shot)) = self.episode.shot_at(frame) else { return };
        let view = view(shot);
        let weather = Weather::of(self.episode, shot, frame);
        if self.backdrop.as_ref().is_none_or(|(of, _)| *of != number) {
            let mut backdrop = empty();
            places::paint(&mut Brush::new(&mut backdrop, view), &shot.place, &weather);
            self.backdrop = Some((number, backdrop));
        }
        if let Some((_, backdrop)) = &self.backdrop {
            self.picture.data_mut().copy_from_slice(backdrop.data());
        }
        let mut brush = Brush::new(&mut self.picture, view);
        places::paint_moving(&mut brush, &shot.place, &weather);
        let things = self.episode.things.iter().filter(|t| t.span.contains(frame));
        for thing in things.clone().filter(|t| !props::is_in_front(&t.prop.name)) {
            props::paint(&mut brush, &thing.prop, shot, &weather);
        }
        paint_people(&mut brush, self.episode, shot, frame);
        // What stands in front is in the picture or is not: no half goose below a face.
        let sees = |t: &&Thing| shot.camera.sees(t.prop.x, t.prop.y);
        for thing in things.filter(|t| props::is_in_front(&t.prop.name)).filter(sees) {
            props::paint(&mut brush, &thing.prop, shot, &weather);
        }
        places::paint_veil(&mut brush, &shot.place, &weather);
    }

    /// Episode and timecode, small, in the left lower corner.
    fn slate(&mut self, frame: i64) {
        let (seconds, rest) = (frame / FRAMES_PER_SECOND, frame % FRAMES_PER_SECOND);
        let code = self.episode.asset.rsplit('-').next().unwrap_or_default().to_uppercase();
        let text = format!("{code} 10:{:02}:{:02}:{rest:02}", seconds / 60, seconds % 60);
        let mut brush = Brush::new(&mut self.picture, Transform::identity());
        let height = HEIGHT as f32;
        let width = letters::width(&text) * 6.0;
        brush.round(5.0, height - 15.0, width + 8.0, 11.0, 2.0, 0x050a12);
        letters::write(&mut brush, &text, 9.0, height - 12.5, 6.0, 0xb9c6d2);
    }
}

fn empty() -> Pixmap {
    // The size is a constant that is not zero.
    Pixmap::new(WIDTH, HEIGHT).expect("a picture of this size can be made")
}

/// How the stage lies in the picture.
fn view(shot: &Shot) -> Transform {
    let scale = WIDTH as f32 / shot.camera.width as f32;
    let (x, y) = (shot.camera.x as f32, shot.camera.y as f32);
    Transform::from_translate(WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0)
        .pre_scale(scale, scale)
        .pre_translate(-x, -y)
}

/// Who is seen in the shot, alone: no sliver of a neighbour.
fn paint_people(brush: &mut Brush<'_>, episode: &Episode, shot: &Shot, frame: i64) {
    let speech = episode.speeches.iter().find(|s| s.span.contains(frame));
    for stay in episode.stays.iter().filter(|s| s.span.contains(frame)) {
        if !shot.shows(stay) {
            continue;
        }
        let side = if stay.x < stage::WIDTH / 2 { -1.0 } else { 1.0 };
        let since = frame - stay.span.start;
        let mut away = 0.0;
        if !stay.from_the_beginning && since < WALK_FRAMES {
            let left = 1.0 - since as f32 / WALK_FRAMES as f32;
            away = side * WALK * left * left;
        }
        let pose = Pose {
            facing: -side,
            mouth: speech.filter(|s| s.name == stay.name).map_or(0.0, |s| mouth(s, frame)),
            speaks: speech.is_some_and(|s| s.name == stay.name),
            salutes: shot.seen.contains("salutes") && stay.name == "Admiral",
            // In the fourth episode the Admiral has it.
            hatless: episode.number == 4 && stay.name == "Captain Brandt",
            trips: shot.seen.contains(&format!("{} trips", stay.name))
                || (shot.seen.contains("captain trips") && stay.name == "Captain Brandt"),
            frame: frame + stay.x,
        };
        let size = people::SIZE;
        let mut figure = brush.at(stay.x as f32 + away, stage::FLOOR_Y as f32, size, size);
        people::paint(&mut figure, &stay.name, &pose);
    }
}

/// How far a mouth is open, from 0 to 1: it opens and shuts once for about every three letters.
fn mouth(speech: &Speech, frame: i64) -> f32 {
    let Some((_, span)) = speech.words.iter().find(|(_, span)| span.contains(frame)) else { return 0.0 };
    let at = (frame - span.start) as f32;
    let length = (span.end - span.start) as f32;
    let syllables = (length / 5.0).round().max(1.0);
    (at / length * syllables * std::f32::consts::PI).sin().abs().max(0.15)
}

/// Ink that lets through what is behind it.
pub const fn glass(rgb: u32, alpha: u8) -> Ink {
    Ink(rgb, alpha)
}
