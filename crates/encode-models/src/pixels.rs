//! Pictures to rows of numbers: decoded, brought to the model's size as the reference does, cut into square pieces.

use std::io::Cursor;

use image::{DynamicImage, ImageReader, Limits, RgbImage};
use ndarray::Array2;
use rushes_types::{Error, Result};

use crate::config::PictureConfig;
use crate::layers::shape;

/// Pixels of a picture's side, at most.
const SIDE_MAX: u32 = 16_384;
/// Bytes that a decoded picture takes, at most.
const DECODED_BYTES_MAX: u64 = 256 << 20;
/// Pixels of a model's side, at most.
const MODEL_SIDE_MAX: usize = 4096;

/// How a model takes pictures in.
pub struct Pixels {
    size: usize,
    piece: usize,
    /// The shorter side is brought to size and the middle is kept; else both sides are.
    cropped: bool,
    mean: [f32; 3],
    spread: [f32; 3],
    kernel: Kernel,
}

impl Pixels {
    /// For pictures of `size` times `size` pixels in pieces of `piece` times `piece`.
    pub fn new(size: usize, piece: usize, cropped: bool, config: &PictureConfig) -> Result<Self> {
        if piece == 0 || size < piece || size > MODEL_SIDE_MAX {
            return Err(shape("vision_config"));
        }
        let clip = ([0.481_454_66, 0.457_827_5, 0.408_210_73], [0.268_629_54, 0.261_302_6, 0.275_777_1]);
        let (mean, spread) = if cropped { clip } else { ([0.5; 3], [0.5; 3]) };
        let kernel = if config.resample == Some(2) { Kernel::Linear } else { Kernel::Cubic };
        let (mean, spread) = (config.image_mean.unwrap_or(mean), config.image_std.unwrap_or(spread));
        Ok(Self { size, piece, cropped, mean, spread, kernel })
    }

    /// Pieces of a picture.
    pub const fn pieces(&self) -> usize {
        (self.size / self.piece) * (self.size / self.piece)
    }

    /// Numbers of a piece.
    pub const fn piece_numbers(&self) -> usize {
        3 * self.piece * self.piece
    }

    /// A row for each piece, from the upper left to the lower right: all red, all green, all blue.
    pub fn of(&self, picture: &[u8]) -> Result<Array2<f32>> {
        let picture = self.sized(&decode(picture)?);
        let across = self.size / self.piece;
        let area = self.piece * self.piece;
        Ok(Array2::from_shape_fn((self.pieces(), self.piece_numbers()), |(row, column)| {
            let (colour, within) = (column / area, column % area);
            let x = (row % across) * self.piece + within % self.piece;
            let y = (row / across) * self.piece + within / self.piece;
            let value = f32::from(picture.at(x, y, colour));
            (value / 255.0 - self.mean[colour]) / self.spread[colour]
        }))
    }

    fn sized(&self, picture: &RgbImage) -> RgbPixels {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let whole = RgbPixels { width, height, bytes: picture.as_raw().clone() };
        if !self.cropped {
            return whole.across(self.size, self.kernel).down(self.size, self.kernel);
        }
        let longer = |long: usize, short: usize| (self.size * long / short.max(1)).max(self.size);
        let (to_width, to_height) = if width <= height {
            (self.size, longer(height, width))
        } else {
            (longer(width, height), self.size)
        };
        let scaled = whole.across(to_width, self.kernel).down(to_height, self.kernel);
        scaled.middle(self.size)
    }
}

fn decode(picture: &[u8]) -> Result<RgbImage> {
    let wrong = |e: image::ImageError| Error::invalid(format!("the picture cannot be read: {e}"));
    let mut reader = ImageReader::new(Cursor::new(picture)).with_guessed_format().map_err(|e| {
        Error::invalid("the picture cannot be read").mend("give a PNG or JPEG file").because(e)
    })?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    reader.limits(limits);
    let decoded = reader.decode().map_err(wrong)?;
    // What is transparent keeps its colour, as in the reference.
    Ok(match decoded {
        DynamicImage::ImageRgb8(rgb) => rgb,
        other => other.to_rgb8(),
    })
}

/// The resampling kernel.
#[derive(Debug, Clone, Copy)]
enum Kernel {
    Linear,
    Cubic,
}

impl Kernel {
    const fn reach(self) -> f64 {
        match self {
            Self::Linear => 1.0,
            Self::Cubic => 2.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        const A: f64 = -0.5;
        let x = x.abs();
        match self {
            Self::Linear => (1.0 - x).max(0.0),
            Self::Cubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Cubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            Self::Cubic => 0.0,
        }
    }
}

/// The source pixels of a new pixel: index of the first, and weights.
struct PixelWeights {
    first: usize,
    weights: Vec<f64>,
}

/// For each of `to` pixels made of `from`.
fn taps(from: usize, to: usize, kernel: Kernel) -> Vec<PixelWeights> {
    let step = from as f64 / to.max(1) as f64;
    let wide = step.max(1.0);
    let reach = kernel.reach() * wide;
    (0..to)
        .map(|n| {
            let centre = (n as f64 + 0.5) * step;
            // Never below 0 and never beyond the picture, so nothing is lost by the cast.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let (first, last) =
                ((centre - reach + 0.5).max(0.0) as usize, (centre + reach + 0.5).max(0.0) as usize);
            let last = last.min(from);
            let weight = |i: usize| kernel.weight((i as f64 - centre + 0.5) / wide);
            let mut weights: Vec<f64> = (first..last).map(weight).collect();
            let sum: f64 = weights.iter().sum();
            weights.iter_mut().for_each(|w| *w /= sum);
            PixelWeights { first, weights }
        })
        .collect()
}

/// A picture, row by row, three bytes a pixel.
struct RgbPixels {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl RgbPixels {
    fn at(&self, x: usize, y: usize, colour: usize) -> u8 {
        self.bytes.get((y * self.width + x) * 3 + colour).copied().unwrap_or(0)
    }

    fn made(width: usize, height: usize, mut of: impl FnMut(usize, usize, usize) -> u8) -> Self {
        let mut bytes = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                for colour in 0..3 {
                    bytes.push(of(x, y, colour));
                }
            }
        }
        Self { width, height, bytes }
    }

    fn across(self, width: usize, kernel: Kernel) -> Self {
        if width == self.width {
            return self;
        }
        let taps = taps(self.width, width, kernel);
        Self::made(width, self.height, |x, y, colour| mix(&taps[x], |i| self.at(i, y, colour)))
    }

    fn down(self, height: usize, kernel: Kernel) -> Self {
        if height == self.height {
            return self;
        }
        let taps = taps(self.height, height, kernel);
        Self::made(self.width, height, |x, y, colour| mix(&taps[y], |i| self.at(x, i, colour)))
    }

    fn middle(&self, size: usize) -> Self {
        let (left, top) =
            ((self.width - size.min(self.width)) / 2, (self.height - size.min(self.height)) / 2);
        Self::made(size, size, |x, y, colour| self.at(x + left, y + top, colour))
    }
}

fn mix(taps: &PixelWeights, at: impl Fn(usize) -> u8) -> u8 {
    let sum: f64 = (taps.first..).zip(&taps.weights).map(|(i, weight)| f64::from(at(i)) * weight).sum();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 255
    let byte = (sum + 0.5).clamp(0.0, 255.0) as u8;
    byte
}
