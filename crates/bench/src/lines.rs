//! Annotations as JSON lines, written by hand: a slow generator would measure itself.

use crate::random::Random;
use crate::timeline::{GeneratedAnnotation, Timeline};
use crate::world::{Episode, World, Writer};

/// How much was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Volume {
    /// Annotations.
    pub annotations: u64,
    /// Bytes.
    pub bytes: u64,
}

impl std::ops::AddAssign for Volume {
    fn add_assign(&mut self, other: Self) {
        self.annotations += other.annotations;
        self.bytes += other.bytes;
    }
}

/// Writes the annotations of all models without vectors for an episode, model by model.
pub fn write_lines(world: &World, episode: &Episode, out: &mut Vec<u8>) -> Volume {
    let from = out.len();
    let timeline = Timeline::of(world, episode);
    let mut annotations = 0;
    for writer in Writer::OF_LINES {
        timeline.says(world, episode, writer, &mut |said| {
            head(episode, writer, said.start_ns, said.end_ns, out);
            tail(said, out);
            annotations += 1;
        });
    }
    Volume { annotations, bytes: (out.len() - from) as u64 }
}

/// Writes the vectors of an episode as JSON lines.
pub fn write_vector_lines(world: &World, episode: &Episode, out: &mut Vec<u8>) -> Volume {
    let from = out.len();
    let timeline = Timeline::of(world, episode);
    let mut random = vector_stream(world, episode);
    let mut vector = vec![0.0; world.clusters.dimensions()];
    for shot in &timeline.shots {
        world.clusters.member(shot.cluster, &mut random, &mut vector);
        head(episode, Writer::Clip, shot.start_ns, shot.end_ns, out);
        out.extend_from_slice(b",\"embedding_vector\":[");
        for (i, x) in vector.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            // The shortest digits that round-trip an f32, as JSON libraries write.
            let _ = std::io::Write::write_fmt(out, format_args!("{x}"));
        }
        out.extend_from_slice(b"]}\n");
    }
    Volume { annotations: timeline.shots.len() as u64, bytes: (out.len() - from) as u64 }
}

/// The random numbers of an episode's vectors: the same for every format.
pub(crate) fn vector_stream(world: &World, episode: &Episode) -> Random {
    Random::at(world.spec.seed, &[5, episode.no])
}

fn head(episode: &Episode, writer: Writer, start_ns: i64, end_ns: i64, out: &mut Vec<u8>) {
    for part in [
        "{\"asset_id\":\"",
        &episode.asset_id,
        "\",\"movie_id\":\"",
        &episode.movie_id,
        "\",\"model\":\"",
        writer.model(),
        "\",\"type\":\"",
        writer.kind(),
        "\",\"time_range\":{\"start_time_ns\":",
    ] {
        out.extend_from_slice(part.as_bytes());
    }
    number(start_ns.unsigned_abs(), out);
    out.extend_from_slice(b",\"end_time_ns\":");
    number(end_ns.unsigned_abs(), out);
    out.push(b'}');
}

fn tail(said: &GeneratedAnnotation<'_>, out: &mut Vec<u8>) {
    field("label", said.label, out);
    field("text", said.text, out);
    if said.text.is_some() {
        field("language", Some("en"), out);
    }
    out.extend_from_slice(b",\"confidence_score\":");
    fraction(said.confidence, 4, out);
    if let Some((track, corners)) = said.boxed {
        out.extend_from_slice(b",\"attributes\":{\"track\":");
        number(track, out);
        out.extend_from_slice(b",\"box\":[");
        for (i, corner) in corners.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            fraction(*corner, 3, out);
        }
        out.extend_from_slice(b"]}");
    }
    if let Some(speaker) = said.speaker {
        out.extend_from_slice(b",\"attributes\":{\"speaker\":\"");
        out.extend_from_slice(speaker.as_bytes());
        out.extend_from_slice(b"\"}");
    }
    out.extend_from_slice(b"}\n");
}

/// Names and words here are letters, spaces and apostrophes: nothing needs an escape, which a test checks.
fn field(name: &str, value: Option<&str>, out: &mut Vec<u8>) {
    if let Some(value) = value {
        for part in [",\"", name, "\":\"", value, "\""] {
            out.extend_from_slice(part.as_bytes());
        }
    }
}

fn number(mut n: u64, out: &mut Vec<u8>) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(n % 10).unwrap_or(0);
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// `n / 10^places` as a decimal fraction, 0 to 1.
fn fraction(n: u64, places: u32, out: &mut Vec<u8>) {
    let unit = 10u64.pow(places);
    number(n / unit, out);
    out.push(b'.');
    for place in (0..places).rev() {
        out.push(b'0' + u8::try_from(n / 10u64.pow(place) % 10).unwrap_or(0));
    }
}
