//! What happens in an episode, and the annotations of each model. Deterministic by episode and model.

use rushes_types::NS_PER_SECOND;

use crate::random::Random;
use crate::world::{Episode, World, Writer};

/// Shortest and longest scene, in seconds.
const SCENE_SECONDS: (i64, i64) = (40, 140);
/// Shortest and longest shot, in milliseconds; 4.8 s in the mean, which makes 750 an hour.
const SHOT_MS: (i64, i64) = (1_000, 8_600);
/// Things that are tracked at a time.
const THING_LANES: u64 = 4;
const NS_PER_MS: i64 = 1_000_000;

/// A scene of an episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scene {
    /// First instant, in nanoseconds.
    pub start_ns: i64,
    /// End, in nanoseconds.
    pub end_ns: i64,
    /// Where: a rank of the world's places.
    pub place: usize,
    /// What its shots look like: a cluster.
    pub cluster: usize,
}

/// A shot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shot {
    /// First instant, in nanoseconds.
    pub start_ns: i64,
    /// End, in nanoseconds.
    pub end_ns: i64,
    /// The scene's cluster.
    pub cluster: usize,
}

/// One annotation, before it is written in a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeneratedAnnotation<'a> {
    /// First instant, in nanoseconds.
    pub start_ns: i64,
    /// End, in nanoseconds.
    pub end_ns: i64,
    /// A name.
    pub label: Option<&'a str>,
    /// A line of dialogue.
    pub text: Option<&'a str>,
    /// How sure the model is, in ten-thousandths.
    pub confidence: u64,
    /// The track's number, and the corners of a box in thousandths, for faces and things.
    pub boxed: Option<(u64, [u64; 4])>,
    /// Who speaks.
    pub speaker: Option<&'a str>,
}

/// The skeleton of an episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The scenes, one after the other.
    pub scenes: Vec<Scene>,
    /// The shots, one after the other.
    pub shots: Vec<Shot>,
}

impl Timeline {
    /// The skeleton of an episode.
    #[must_use]
    pub fn of(world: &World, episode: &Episode) -> Self {
        let mut random = Random::at(world.spec.seed, &[3, episode.no]);
        let mut scenes = Vec::new();
        let mut shots = Vec::new();
        let mut start_ns = 0;
        while start_ns < episode.duration_ns {
            let length = random.between(SCENE_SECONDS.0, SCENE_SECONDS.1) * NS_PER_SECOND;
            let end_ns = frame(start_ns + length).min(episode.duration_ns);
            let place = world.place_law.draw(&mut random);
            let scene = Scene { start_ns, end_ns, place, cluster: world.clusters.draw(&mut random) };
            let mut cut = start_ns;
            while cut < end_ns {
                let next = frame(cut + random.between(SHOT_MS.0, SHOT_MS.1) * NS_PER_MS).min(end_ns);
                shots.push(Shot { start_ns: cut, end_ns: next, cluster: scene.cluster });
                cut = next;
            }
            scenes.push(scene);
            start_ns = end_ns;
        }
        Self { scenes, shots }
    }

    /// A model's annotations, in order. None for [`Writer::Clip`]: see [`crate::arrow`].
    pub fn says(
        &self,
        world: &World,
        episode: &Episode,
        writer: Writer,
        each: &mut dyn FnMut(&GeneratedAnnotation<'_>),
    ) {
        let mut random = Random::at(world.spec.seed, &[4, episode.no, writer as u64]);
        match writer {
            Writer::Faces => self.faces(world, episode, &mut random, each),
            Writer::Scenes => self.places(world, &mut random, each),
            Writer::Shots => self.cuts(&mut random, each),
            Writer::Speech => self.speech(world, episode, &mut random, each),
            Writer::Objects => things(world, episode, &mut random, each),
            Writer::Clip => {}
        }
    }

    /// Three to six characters per scene, each present for 3 to 60 s at a time.
    fn faces(
        &self,
        world: &World,
        episode: &Episode,
        random: &mut Random,
        each: &mut dyn FnMut(&GeneratedAnnotation<'_>),
    ) {
        let mut track = 0;
        for scene in &self.scenes {
            for _ in 0..3 + random.below(4) {
                let who = world.character(episode.series, random);
                let label = world.characters.get(who).map(String::as_str);
                let mut start_ns = scene.start_ns + random.between(0, 8_000) * NS_PER_MS;
                while start_ns < scene.end_ns {
                    let end_ns =
                        frame(start_ns + skewed(random, 3_000, 60_000) * NS_PER_MS).min(scene.end_ns);
                    track += 1;
                    let boxed = Some((track, corners(random)));
                    each(&GeneratedAnnotation { label, boxed, ..generated(random, frame(start_ns), end_ns) });
                    start_ns = end_ns + random.between(1_000, 9_000) * NS_PER_MS;
                }
            }
        }
    }

    /// The place of each scene, and details of it for 5 to 25 s.
    fn places(&self, world: &World, random: &mut Random, each: &mut dyn FnMut(&GeneratedAnnotation<'_>)) {
        let name = |rank: usize| world.places.get(rank).map(String::as_str);
        for scene in &self.scenes {
            each(&GeneratedAnnotation {
                label: name(scene.place),
                ..generated(random, scene.start_ns, scene.end_ns)
            });
            let mut start_ns = scene.start_ns;
            while start_ns < scene.end_ns {
                let end_ns = frame(start_ns + random.between(5_000, 25_000) * NS_PER_MS).min(scene.end_ns);
                let label = name(world.place_law.draw(random));
                each(&GeneratedAnnotation { label, ..generated(random, start_ns, end_ns) });
                start_ns = end_ns;
            }
        }
    }

    fn cuts(&self, random: &mut Random, each: &mut dyn FnMut(&GeneratedAnnotation<'_>)) {
        const SIZES: [&str; 6] = ["medium", "close-up", "wide", "two shot", "over the shoulder", "insert"];
        for shot in &self.shots {
            let label = random.pick(&SIZES).copied();
            each(&GeneratedAnnotation { label, ..generated(random, shot.start_ns, shot.end_ns) });
        }
    }

    /// Lines of 1 to 5 s, with pauses of up to 2.5 s.
    fn speech(
        &self,
        world: &World,
        episode: &Episode,
        random: &mut Random,
        each: &mut dyn FnMut(&GeneratedAnnotation<'_>),
    ) {
        let mut text = String::new();
        let mut start_ns = random.between(0, 2_500) * NS_PER_MS;
        while start_ns < episode.duration_ns {
            let end_ns = (start_ns + random.between(1_000, 5_000) * NS_PER_MS).min(episode.duration_ns);
            text.clear();
            world.vocabulary.say(random, &mut text);
            let speaker = world.characters.get(world.character(episode.series, random)).map(String::as_str);
            each(&GeneratedAnnotation { text: Some(&text), speaker, ..generated(random, start_ns, end_ns) });
            start_ns = end_ns + random.between(0, 2_500) * NS_PER_MS;
        }
    }
}

/// Some lanes of things, each seen for 1 to 8 s.
fn things(
    world: &World,
    episode: &Episode,
    random: &mut Random,
    each: &mut dyn FnMut(&GeneratedAnnotation<'_>),
) {
    let mut track = 0;
    for _ in 0..THING_LANES {
        let mut start_ns = random.between(0, 3_000) * NS_PER_MS;
        while start_ns < episode.duration_ns {
            let end_ns = frame(start_ns + random.between(1_000, 8_000) * NS_PER_MS).min(episode.duration_ns);
            let label = world.things.get(world.thing_law.draw(random)).map(String::as_str);
            track += 1;
            let boxed = Some((track, corners(random)));
            each(&GeneratedAnnotation { label, boxed, ..generated(random, frame(start_ns), end_ns) });
            start_ns = end_ns + random.between(0, 3_000) * NS_PER_MS;
        }
    }
}

fn generated<'a>(random: &mut Random, start_ns: i64, end_ns: i64) -> GeneratedAnnotation<'a> {
    // The higher of two: models are mostly confident.
    let confidence = 2_000 + random.below(8_000).max(random.below(8_000));
    GeneratedAnnotation {
        start_ns: start_ns.min(end_ns),
        end_ns,
        label: None,
        text: None,
        confidence,
        boxed: None,
        speaker: None,
    }
}

fn corners(random: &mut Random) -> [u64; 4] {
    let (x, y) = (random.below(700), random.below(700));
    [x, y, x + 50 + random.below(250), y + 50 + random.below(250)]
}

/// A number from `low` to `high`, more often near `low`.
fn skewed(random: &mut Random, low: i64, high: i64) -> i64 {
    let most = random.between(low, high).min(random.between(low, high));
    most.min(random.between(low, high))
}

/// The start of the frame (24000/1001 a second) that contains the instant.
fn frame(ns: i64) -> i64 {
    let frames = i128::from(ns) * 24_000 / (1_001 * i128::from(NS_PER_SECOND));
    i64::try_from((frames * 1_001 * i128::from(NS_PER_SECOND)).div_euclid(24_000)).unwrap_or(ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Spec;

    #[test]
    fn everything_lies_within_the_episode_and_shots_follow_each_other() {
        let world = World::new(Spec { seed: 5, hours: 1, dimensions: 8 });
        let episode = &world.episodes[0];
        let timeline = Timeline::of(&world, episode);
        for pair in timeline.shots.windows(2) {
            assert_eq!(pair[0].end_ns, pair[1].start_ns);
        }
        for writer in Writer::OF_LINES {
            timeline.says(&world, episode, writer, &mut |said| {
                assert!(0 <= said.start_ns && said.start_ns <= said.end_ns, "{writer:?} {said:?}");
                assert!(said.end_ns <= episode.duration_ns, "{writer:?} {said:?}");
                assert!(said.label.is_some() != said.text.is_some());
            });
        }
    }

    #[test]
    fn the_density_is_that_of_a_well_annotated_archive() {
        let world = World::new(Spec { seed: 5, hours: 5, dimensions: 8 });
        let mut counts = [0u64; 5];
        let mut minutes = 0;
        for episode in &world.episodes {
            let timeline = Timeline::of(&world, episode);
            minutes += episode.duration_ns / NS_PER_SECOND / 60;
            for (count, writer) in counts.iter_mut().zip(Writer::OF_LINES) {
                timeline.says(&world, episode, writer, &mut |_| *count += 1);
            }
        }
        let per_minute = counts.map(|n| n / minutes.unsigned_abs());
        let expected = [9..=16, 3..=6, 12..=14, 12..=16, 36..=44];
        for (n, range) in per_minute.iter().zip(expected) {
            assert!(range.contains(n), "{per_minute:?}");
        }
    }
}
