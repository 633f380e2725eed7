//! Sounds without words: a bell, a horn, geese, a piano, thunder, the sea. All are computed.

use std::f32::consts::TAU;

use crate::sound::RATE;

fn seconds(length: f32) -> impl Iterator<Item = f32> {
    (0..(length * RATE as f32) as usize).map(|n| n as f32 / RATE as f32)
}

/// A note that dies away, of a few partials: (multiple, strength, half-life in seconds).
fn struck(frequency: f32, length: f32, partials: &[(f32, f32, f32)]) -> Vec<f32> {
    seconds(length)
        .map(|t| {
            let wave = |(multiple, strength, life): &(f32, f32, f32)| {
                (TAU * frequency * multiple * t).sin() * strength * (-t / life).exp2()
            };
            partials.iter().map(wave).sum::<f32>() * (t * 200.0).min(1.0)
        })
        .collect()
}

/// A ship's bell, twice.
pub fn bell() -> Vec<f32> {
    let partials = [(1.0, 0.10, 0.5), (2.0, 0.05, 0.35), (2.76, 0.05, 0.25), (5.4, 0.03, 0.12)];
    let mut sound = struck(740.0, 1.8, &partials);
    let again = struck(740.0, 1.4, &partials);
    let at = (0.36 * RATE as f32) as usize;
    sound.iter_mut().skip(at).zip(again).for_each(|(s, a)| *s += a);
    sound
}

/// The ferry's horn.
pub fn horn() -> Vec<f32> {
    let length = 1.8;
    seconds(length)
        .map(|t| {
            let swell = (t * 4.0).min(1.0) * ((length - t) * 3.0).min(1.0);
            let chord = [98.0, 123.5, 147.0].map(|f| (TAU * f * t).sin() + 0.4 * (TAU * f * 2.0 * t).sin());
            chord.iter().sum::<f32>() * 0.05 * swell
        })
        .collect()
}

/// A goose says what geese say.
pub fn honk() -> Vec<f32> {
    let length = 0.34;
    seconds(length)
        .map(|t| {
            let pitch = 430.0 - 190.0 * (t / length - 0.3).abs();
            let saw = (t * pitch).fract() * 2.0 - 1.0;
            let reed = (TAU * 1150.0 * t).sin() * saw;
            (saw * 0.5 + reed * 0.6) * 0.3 * (t * 40.0).min(1.0) * ((length - t) * 14.0).min(1.0)
        })
        .collect()
}

/// A slow waltz, for as long as somebody plays.
pub fn waltz(length: f32) -> Vec<f32> {
    // Half steps from A3; three to a bar.
    const TUNE: [i32; 24] =
        [0, 7, 12, 3, 7, 15, -2, 5, 14, -4, 8, 12, 0, 7, 19, 3, 7, 15, -5, 2, 11, 0, 7, 12];
    const BEAT: f32 = 0.34;
    let partials = [(1.0, 0.16, 0.34), (2.0, 0.07, 0.22), (3.0, 0.03, 0.16), (4.0, 0.015, 0.1)];
    let mut sound = vec![0.0; (length * RATE as f32) as usize];
    for (n, step) in TUNE.iter().cycle().enumerate() {
        let start = n as f32 * BEAT;
        if start + BEAT > length {
            break;
        }
        let note = struck(220.0 * (*step as f32 / 12.0).exp2(), 1.4, &partials);
        let at = (start * RATE as f32) as usize;
        sound.iter_mut().skip(at).zip(note).for_each(|(s, a)| *s += a);
    }
    sound
}

/// Numbers between −1 and 1, always the same.
fn noise() -> impl FnMut() -> f32 {
    let mut state = 0x9e37_79b9_u32;
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Thunder.
pub fn thunder() -> Vec<f32> {
    let (mut random, mut low) = (noise(), 0.0_f32);
    seconds(1.9)
        .map(|t| {
            low += (random() - low) * 0.03;
            low * 2.4 * (t * 30.0).min(1.0) * (-t / 0.5).exp2()
        })
        .collect()
}

/// The sea, softly, for so many samples.
pub fn sea(samples: usize) -> Vec<f32> {
    let (mut random, mut low) = (noise(), 0.0_f32);
    (0..samples)
        .map(|n| {
            low += (random() - low) * 0.05;
            let t = n as f32 / RATE as f32;
            low * 0.05 * (0.6 + 0.4 * (TAU * t / 5.3).sin())
        })
        .collect()
}
