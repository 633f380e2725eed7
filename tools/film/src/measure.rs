//! Measures what shots look like; the numbers are explained in `rushes_show::looks`.

use std::path::Path;

use anyhow::Context;
use rushes_show::looks::{DIMENSIONS, FIELDS, HUES, STRENGTHS};
use rushes_show::timeline::Episode;

use crate::picture::{HEIGHT, Painter, WIDTH};

/// How much the histogram weighs beside the fields.
const HISTOGRAM_WEIGHT: f32 = 2.0;

/// Measures all shots and writes their vectors into the show's folder.
pub fn write(episodes: &[Episode], folder: &Path) -> anyhow::Result<()> {
    let mut vectors: Vec<Vec<f32>> = Vec::new();
    for episode in episodes {
        let mut painter = Painter::new(episode);
        for shot in &episode.shots {
            vectors.push(measure(painter.without_slate(shot.span.start.midpoint(shot.span.end))));
        }
    }
    let count = vectors.len().max(1) as f32;
    let mut mean = vec![0.0; DIMENSIONS];
    for vector in &vectors {
        mean.iter_mut().zip(vector).for_each(|(m, v)| *m += v / count);
    }
    let mut bytes = Vec::new();
    for vector in &vectors {
        let own: Vec<f32> = vector.iter().zip(&mean).map(|(v, m)| v - m).collect();
        let length = own.iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        bytes.extend(own.iter().map(|v| ((v / length * 127.0).round() as i8).cast_unsigned()));
    }
    std::fs::write(folder.join("looks.bin"), bytes).context("writing the scene vectors")
}

/// The numbers of one picture.
fn measure(picture: &[u8]) -> Vec<f32> {
    let (across, down) = FIELDS;
    let mut fields = vec![[0.0_f32; 4]; across * down];
    let mut histogram = [0.0_f32; HUES * STRENGTHS];
    let pixels = (WIDTH * HEIGHT) as f32;
    for (n, pixel) in picture.chunks_exact(4).enumerate() {
        let (x, y) = (n % WIDTH as usize, n / WIDTH as usize);
        let field = &mut fields[y * down / HEIGHT as usize * across + x * across / WIDTH as usize];
        let [r, g, b] = [0, 1, 2].map(|c| f32::from(pixel[c]) / 255.0);
        let luma = 0.299 * r + 0.587 * g + 0.114 * b;
        let (blue, red) = ((b - luma) * 0.564, (r - luma) * 0.713);
        for (sum, value) in field.iter_mut().zip([luma, blue * 2.0, red * 2.0, 1.0]) {
            *sum += value;
        }
        let turn = (red.atan2(blue) / std::f32::consts::TAU + 1.0).fract();
        let hue = ((turn * HUES as f32) as usize).min(HUES - 1);
        let strength = ((blue.hypot(red) * 12.0) as usize).min(STRENGTHS - 1);
        histogram[hue * STRENGTHS + strength] += 1.0 / pixels;
    }
    let mut numbers: Vec<f32> = fields.iter().flat_map(|f| [0, 1, 2].map(|c| f[c] / f[3].max(1.0))).collect();
    numbers.extend(histogram.map(|share| share.sqrt() * HISTOGRAM_WEIGHT));
    numbers
}
