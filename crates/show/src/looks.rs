//! What each shot looks like, as 512 numbers: the annotations' scene vectors.
//!
//! They are measured by the drawing tool on the middle frame of each shot: the mean luma and the two colour differences
//! of 16 × 9 fields (432 numbers), then a histogram of colour, 16 hues × 5 strengths (80 numbers). The show's mean is
//! subtracted, to remove what all shots share; the rest is normalised to length one and stored as signed bytes.
//! Pictures of one place and framing have similar directions, so "looks like this shot" finds what a person would call
//! similar.

/// Fields of a picture, across and down.
pub const FIELDS: (usize, usize) = (16, 9);
/// Hues, and strengths of colour, of the histogram.
pub const HUES: usize = 16;
/// Strengths of colour.
pub const STRENGTHS: usize = 5;
/// Numbers of a vector.
pub const DIMENSIONS: usize = FIELDS.0 * FIELDS.1 * 3 + HUES * STRENGTHS;

/// All vectors, one shot after the other.
const LOOKS: &[u8] = include_bytes!("../looks.bin");

/// The vector of the show's `n`-th shot, counted from zero through all episodes, of length one up to rounding; empty if
/// there is none.
#[must_use]
pub fn vector(shot: usize) -> Vec<f32> {
    let at = shot.saturating_mul(DIMENSIONS);
    let bytes = LOOKS.get(at..at.saturating_add(DIMENSIONS)).unwrap_or_default();
    bytes.iter().map(|b| f32::from(b.cast_signed()) / 127.0).collect()
}

/// How many shots were measured.
#[must_use]
pub const fn shots() -> usize {
    LOOKS.len() / DIMENSIONS
}
