//! An episode in frames: what is where and when, and when it is in the picture.

use crate::script::Framing;
use crate::stage::{self, Camera, Prop};

/// An episode with its time line. All times are frames from its beginning; ends are exclusive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Episode {
    /// The asset's id.
    pub asset: String,
    /// Its season.
    pub season: i64,
    /// Its number in the season.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// How long it is.
    pub frames: i64,
    /// Its scenes: they follow each other without a gap.
    pub scenes: Vec<Scene>,
    /// Its shots: they follow each other without a gap.
    pub shots: Vec<Shot>,
    /// Who is on the stage.
    pub stays: Vec<Stay>,
    /// What stands on the stage.
    pub things: Vec<Thing>,
    /// What is said, one after the other.
    pub speeches: Vec<Speech>,
}

/// A scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// First frame, and the one after the last.
    pub span: Span,
    /// Where it plays.
    pub place: String,
}

/// A stretch of frames, the end exclusive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first frame.
    pub start: i64,
    /// The frame after the last.
    pub end: i64,
}

impl Span {
    /// The intersection, if it is at least a frame.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Self { start, end })
    }

    /// Does the frame lie in it?
    #[must_use]
    pub const fn contains(self, frame: i64) -> bool {
        self.start <= frame && frame < self.end
    }
}

/// A shot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shot {
    /// Its frames.
    pub span: Span,
    /// Where it plays.
    pub place: String,
    /// What it shows.
    pub framing: Framing,
    /// The part of the stage that is the picture.
    pub camera: Camera,
    /// What the screenplay says about it; may be empty.
    pub seen: String,
}

impl Shot {
    /// Is somebody's head in the picture? A picture of a prop shows none.
    #[must_use]
    pub fn shows(&self, stay: &Stay) -> bool {
        !matches!(self.framing, Framing::Insert(_)) && self.camera.sees(stay.x, stage::head_y(&stay.name))
    }
}

/// Somebody is on the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// From when to when.
    pub span: Span,
    /// Who.
    pub name: String,
    /// Where they stand, from the left.
    pub x: i64,
    /// Were they there when the scene began?
    pub from_the_beginning: bool,
}

/// Something stands on the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// From when to when.
    pub span: Span,
    /// What, and where.
    pub prop: Prop,
}

/// Somebody says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// From the first word to the last one.
    pub span: Span,
    /// Who.
    pub name: String,
    /// BCP 47.
    pub language: String,
    /// What.
    pub text: String,
    /// Word by word.
    pub words: Vec<(String, Span)>,
}

impl Episode {
    /// The stretches in which somebody's head is in the picture.
    #[must_use]
    pub fn faces(&self) -> Vec<Appearance> {
        let mut seen = Vec::new();
        for stay in &self.stays {
            join(&mut seen, &stay.name, stay.span, &self.shots, |shot| shot.shows(stay));
        }
        seen
    }

    /// The stretches in which a prop is in the picture.
    #[must_use]
    pub fn props(&self) -> Vec<Appearance> {
        let mut seen = Vec::new();
        for thing in &self.things {
            let prop = &thing.prop;
            join(&mut seen, &prop.name, thing.span, &self.shots, |shot| shot.camera.sees(prop.x, prop.y));
        }
        seen
    }

    /// The shot that a frame belongs to.
    #[must_use]
    pub fn shot_at(&self, frame: i64) -> Option<(usize, &Shot)> {
        self.shots.iter().enumerate().find(|(_, s)| s.span.contains(frame))
    }
}

/// Somebody or something is in the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appearance {
    /// From when to when.
    pub span: Span,
    /// Who or what.
    pub name: String,
    /// The width of the narrowest picture in it: who fills the picture is recognised with more confidence.
    pub camera_width: i64,
}

/// The stretches of a stay in which cameras see it; shots that follow each other make one stretch.
fn join(seen: &mut Vec<Appearance>, name: &str, stay: Span, shots: &[Shot], sees: impl Fn(&Shot) -> bool) {
    let first = seen.len();
    for shot in shots.iter().filter(|s| sees(s)) {
        let Some(span) = stay.and(shot.span) else { continue };
        match seen[first..].last_mut() {
            Some(last) if last.span.end == span.start => {
                last.span.end = span.end;
                last.camera_width = last.camera_width.min(shot.camera.width);
            }
            _ => seen.push(Appearance { span, name: name.to_owned(), camera_width: shot.camera.width }),
        }
    }
}
