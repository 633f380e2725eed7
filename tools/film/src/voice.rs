//! The voices: espeak-ng speaks each line, as fast as the screenplay gives it time.

use std::process::Command;

use anyhow::{Context, ensure};
use rushes_show::timeline::Speech;

use crate::sound::{RATE, SAMPLES_PER_FRAME};

/// Words a minute of the first try, and what is asked for at least and at most.
const PACE: f32 = 170.0;
const PACE_MIN: f32 = 110.0;
const PACE_MAX: f32 = 320.0;
/// Softer than this is silence, at the ends of a line.
const SILENCE: f32 = 0.01;
/// How loud the loudest sample of a line is.
const LOUDNESS: f32 = 0.5;

/// The voice of somebody in a language: its name with espeak-ng, and its pitch.
fn voice_of(name: &str, language: &str) -> (String, u32) {
    let (variant, pitch) = match name {
        "Mara" => ("+f3", 52),
        "Ines" => ("+f2", 66),
        "Joao" => ("+m3", 48),
        "Otto" => ("+m7", 26),
        "Captain Brandt" => ("+m6", 34),
        "Lucien" => ("+m4", 60),
        _ => ("+m1", 50),
    };
    let base = match (name, language) {
        ("Captain Brandt", "en") => "en-gb-scotland",
        ("Otto" | "Radio", "en") => "en-us",
        ("Joao", "en") => "en-gb",
        (_, "en") => "en-gb-x-rp",
        (_, other) => other,
    };
    (format!("{base}{variant}"), pitch)
}

/// A line as samples; about as long as the screenplay says.
pub fn speak(speech: &Speech) -> anyhow::Result<Vec<f32>> {
    let wanted = ((speech.span.end - speech.span.start) as usize * SAMPLES_PER_FRAME) as f32;
    let first = say(speech, PACE)?;
    let pace = (PACE * first.len() as f32 / wanted).clamp(PACE_MIN, PACE_MAX);
    let mut samples = say(speech, pace)?;
    let peak = samples.iter().fold(0.0_f32, |peak, s| peak.max(s.abs())).max(f32::MIN_POSITIVE);
    samples.iter_mut().for_each(|s| *s *= LOUDNESS / peak);
    if speech.name == "Radio" {
        through_a_radio(&mut samples);
    }
    Ok(samples)
}

fn say(speech: &Speech, pace: f32) -> anyhow::Result<Vec<f32>> {
    let (voice, pitch) = voice_of(&speech.name, &speech.language);
    let output = Command::new("espeak-ng")
        .args(["-z", "--stdout", "-v", &voice, "-p", &pitch.to_string(), "-s", &pace.round().to_string()])
        .arg(&speech.text)
        .output()
        .context("starting espeak-ng; install it to speak the lines")?;
    ensure!(output.status.success(), "espeak-ng failed: {}", String::from_utf8_lossy(&output.stderr));
    let at = output.stdout.windows(4).position(|w| w == b"data").context("espeak-ng wrote no sound")? + 8;
    let samples: Vec<f32> = output.stdout[at..]
        .chunks_exact(2)
        .map(|s| f32::from(i16::from_le_bytes([s[0], s[1]])) / f32::from(i16::MAX))
        .collect();
    let loud = |s: &f32| s.abs() > SILENCE;
    let (start, end) = (samples.iter().position(loud), samples.iter().rposition(loud));
    let (start, end) =
        start.zip(end).with_context(|| format!("espeak-ng was silent about `{}`", speech.text))?;
    Ok(samples[start..=end].to_vec())
}

/// Thin and a little rough.
fn through_a_radio(samples: &mut [f32]) {
    let (mut low, mut lower) = (0.0_f32, 0.0_f32);
    for sample in samples.iter_mut() {
        low += (*sample - low) * (2600.0 / RATE as f32 * 3.0).min(1.0);
        lower += (low - lower) * (500.0 / RATE as f32 * 6.0).min(1.0);
        *sample = ((low - lower) * 3.0).tanh() * 0.45;
    }
}
