//! The sound of an episode: voices at their words, what is heard besides, the sea below.

use rushes_show::FRAMES_PER_SECOND;
use rushes_show::timeline::Episode;

use crate::{music, voice};

/// Samples in a second; what espeak-ng gives.
pub const RATE: usize = 22_050;
/// Samples in a frame.
pub const SAMPLES_PER_FRAME: usize = RATE / FRAMES_PER_SECOND as usize;

/// The samples of an episode, exactly as long as its picture.
pub fn of(episode: &Episode) -> anyhow::Result<Vec<f32>> {
    let mut sound = music::sea(episode.frames as usize * SAMPLES_PER_FRAME);
    let mut add = |frame: i64, what: Vec<f32>| {
        let at = frame as usize * SAMPLES_PER_FRAME;
        sound.iter_mut().skip(at).zip(what).for_each(|(s, w)| *s += w);
    };
    add(2, music::bell());
    for shot in &episode.shots {
        let length = (shot.span.end - shot.span.start) as f32 / FRAMES_PER_SECOND as f32;
        let here = |word: &str| shot.seen.contains(word);
        if here("plays the piano") || here("Lucien plays") {
            add(shot.span.start, music::waltz(length));
        }
        if here("lightning") {
            add(shot.span.start + 14, music::thunder());
        }
        if here("a goose, then") || here("march") {
            for n in 0..3 {
                add(shot.span.start + 6 + n * 13, music::honk());
            }
        }
        if here("goes into the fog") || here("the quay is empty") || here("the rope is tied") {
            add(shot.span.start + 4, music::horn());
        }
    }
    for speech in &episode.speeches {
        let said = if speech.name == "Admiral" { music::honk() } else { voice::speak(speech)? };
        add(speech.span.start, said);
    }
    Ok(sound)
}

/// The samples as a WAV file.
pub fn wav(samples: &[f32]) -> Vec<u8> {
    let bytes = samples.len() as u32 * 2;
    let rate = RATE as u32;
    let mut wav = Vec::with_capacity(samples.len() * 2 + 44);
    wav.extend(b"RIFF");
    wav.extend((bytes + 36).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    wav.extend([1u16, 1].iter().flat_map(|v| v.to_le_bytes()));
    wav.extend([rate, rate * 2].iter().flat_map(|v| v.to_le_bytes()));
    wav.extend([2u16, 16].iter().flat_map(|v| v.to_le_bytes()));
    wav.extend(b"data");
    wav.extend(bytes.to_le_bytes());
    wav.extend(
        samples.iter().flat_map(|s| ((s.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16).to_le_bytes()),
    );
    wav
}
