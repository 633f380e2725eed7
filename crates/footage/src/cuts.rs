//! Where a shot ends and the next begins: hard cuts in a row of small pictures. Pure.
//!
//! A cut is a change that movement does not explain and that is far larger than the changes around it. Two measures are
//! taken between one picture and the next, on 64 × 36 pixels: how badly blocks of the one are found again near their
//! place in the other (a pan finds them, a cut does not), and how different their colours are counted. Their mean must
//! exceed a fixed level and also the changes before and after it, so that a fight or confetti does not give a row of
//! cuts. A flash lights one or a few pictures: where the pictures before and after it are alike, there is no cut. A
//! slow dissolve is not a hard cut and is not reported.

use std::collections::VecDeque;

/// Width of a picture in pixels.
pub const WIDTH: usize = 64;
/// Height of a picture in pixels.
pub const HEIGHT: usize = 36;
/// Bytes of a picture: its luma, then its two planes of colour, each whole.
pub const PICTURE_BYTES: usize = PLANE * 3;

const PLANE: usize = WIDTH * HEIGHT;
const BLOCK_W: usize = 8;
const BLOCK_H: usize = 6;
const BLOCKS: usize = (WIDTH / BLOCK_W) * (HEIGHT / BLOCK_H);
/// Search range for a block, in pixels: across and down. 5 of 64 is a whip pan.
const REACH_X: isize = 5;
const REACH_Y: isize = 3;
/// A block that differs by this many times the pictures' contrast counts as fully different.
const BLOCK_FULL: f32 = 0.9;
/// The contrast of a dark or misty picture counts as this at least, of a harsh one as this at most.
const CONTRAST: (f32, f32) = (9.0, 45.0);
/// Mean difference of two pictures below which they are the same, in levels a pixel. A picture that comes out of black
/// changes by as much from one to the next, and all of its contrast is new.
const PLAIN_MIN: f32 = 1.8;
/// A picture with less contrast than this has nothing that another light would bring out.
const RELIGHT_CONTRAST: f32 = 1.5;
/// The most that another light may strengthen or weaken.
const GAIN_MAX: f32 = 3.0;
/// Bins of the colour count: luma, and each plane of colour.
const BINS: (usize, usize) = (16, 8);
const BINS_ALL: usize = BINS.0 + 2 * BINS.1;

/// Pictures on each side that a change is compared with.
pub const AROUND: usize = 10;
/// Pictures after which a flash is over.
const FLASH_MAX: usize = 5;

/// What makes a change a cut. The defaults were chosen on drawn films and hold on real ones; `docs/footage.md` has
/// the figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Lowest change that can be a cut, 0 … 1.
    pub level: f32,
    /// How many times the mean change around it.
    pub ratio: f32,
    /// Changes around it below this count as this: in a still picture anything would stand out.
    pub floor: f32,
    /// If the pictures before and after differ by less than this share of the change, they are the same shot.
    pub alike: f32,
    /// The most that they may change.
    pub alike_max: f32,
    /// Below this part of the change, once the light is made the same, it is the same shot.
    pub light: f32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { level: 0.26, ratio: 2.6, floor: 0.06, alike: 0.5, alike_max: 0.4, light: 0.5 }
    }
}

/// A cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// The first picture of the new shot, from 0.
    pub picture: usize,
    /// How different it is, 0 … 1.
    pub change: f32,
}

/// A picture with its colours counted.
struct Picture {
    pixels: Box<[u8]>,
    counts: [f32; BINS_ALL],
    contrast: f32,
}

/// Finds cuts in pictures that come one after the other; holds only the last few.
pub struct Detector {
    thresholds: Thresholds,
    /// The last pictures; the first of them has the number [`Detector::first`].
    pictures: VecDeque<Picture>,
    /// The change into each of these pictures.
    changes: VecDeque<f32>,
    first: usize,
    /// The next picture to decide on.
    undecided: usize,
    cuts: Vec<Cut>,
}

impl Default for Detector {
    fn default() -> Self {
        Self::new(Thresholds::default())
    }
}

impl Detector {
    /// No picture yet.
    #[must_use]
    pub fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            pictures: VecDeque::new(),
            changes: VecDeque::new(),
            first: 0,
            undecided: 1,
            cuts: Vec::new(),
        }
    }

    /// Takes the next picture: [`PICTURE_BYTES`]; one of another length counts as black.
    pub fn push(&mut self, pixels: &[u8]) {
        let whole = if pixels.len() == PICTURE_BYTES { pixels } else { &[0; PICTURE_BYTES] };
        let picture = Picture { pixels: whole.into(), counts: count(whole), contrast: contrast(whole) };
        self.changes.push_back(self.pictures.back().map_or(0.0, |last| change(last, &picture)));
        self.pictures.push_back(picture);
        let next = self.first + self.pictures.len();
        while self.undecided + AROUND < next {
            self.decide();
        }
        while self.pictures.len() > 2 * AROUND + 2 {
            self.pictures.pop_front();
            self.changes.pop_front();
            self.first += 1;
        }
    }

    /// No more pictures: the cuts, in order.
    #[must_use]
    pub fn finish(mut self) -> Vec<Cut> {
        while self.undecided < self.first + self.pictures.len() {
            self.decide();
        }
        self.cuts
    }

    fn decide(&mut self) {
        let picture = self.undecided;
        self.undecided += 1;
        let Some(change) = self.change_at(picture) else { return };
        if change < self.thresholds.level
            || !self.stands_out(picture, change)
            || self.is_flash(picture, change)
            || self.is_other_light(picture, change)
        {
            return;
        }
        // Two in a row are one: the picture between is a mixture of both shots.
        if let Some(last) = self.cuts.last_mut()
            && picture - last.picture <= 2
        {
            if change > last.change {
                *last = Cut { picture, change };
            }
            return;
        }
        self.cuts.push(Cut { picture, change });
    }

    fn change_at(&self, picture: usize) -> Option<f32> {
        self.changes.get(picture.checked_sub(self.first)?).copied()
    }

    /// Is the change far above those around it? Others that are as large are cuts themselves, and left out: but in
    /// the middle of a storm of large changes none stands out.
    fn stands_out(&self, picture: usize, change: f32) -> bool {
        let mut around: Vec<f32> = (picture.saturating_sub(AROUND)..=picture + AROUND)
            .filter(|n| *n != picture && *n > 0)
            .filter_map(|n| self.change_at(n))
            .collect();
        around.sort_by(f32::total_cmp);
        // The three largest may be cuts, or both ends of a flash.
        around.truncate(around.len().saturating_sub(3).max(1));
        let mean = around.iter().sum::<f32>() / around.len().max(1) as f32;
        change >= mean.max(self.thresholds.floor) * self.thresholds.ratio
    }

    /// Is it the same picture in another light: a fade, a lamp?
    fn is_other_light(&self, picture: usize, jump: f32) -> bool {
        let at = |n: usize| self.pictures.get(n.checked_sub(self.first)?);
        let before = picture.checked_sub(1).and_then(at);
        let (Some(before), Some(own)) = (before, at(picture)) else { return false };
        before.contrast >= RELIGHT_CONTRAST && change_of_content(before, own) < jump * self.thresholds.light
    }

    /// Are the pictures before it and soon after it the same shot? Then a flash begins or ends here.
    fn is_flash(&self, picture: usize, jump: f32) -> bool {
        let most = (jump * self.thresholds.alike).min(self.thresholds.alike_max);
        let at = |n: usize| self.pictures.get(n.checked_sub(self.first)?);
        let alike = |a: usize, b: usize| matches!((at(a), at(b)), (Some(a), Some(b)) if change(a, b) < most);
        // The flash lies between two large changes: this one is the first of them, or the second.
        let large = |n: usize| self.change_at(n).is_some_and(|c| c >= self.thresholds.level * 0.6);
        (1..=FLASH_MAX).any(|length| {
            let begins = large(picture + length) && picture > 0 && alike(picture - 1, picture + length);
            let ends = picture > length && large(picture - length) && alike(picture - length - 1, picture);
            begins || ends
        })
    }
}

/// How different two pictures are, 0 … 1.
fn change(a: &Picture, b: &Picture) -> f32 {
    let counted: f32 = a.counts.iter().zip(&b.counts).map(|(x, y)| (x - y).abs()).sum::<f32>() / 6.0;
    // Block search is expensive, and useless where almost nothing differs.
    let plain = mean_difference(&a.pixels, &b.pixels);
    if plain < PLAIN_MIN {
        return counted.min(0.02);
    }
    let contrast = a.contrast.max(b.contrast).clamp(CONTRAST.0, CONTRAST.1);
    let moved = unexplained(&a.pixels, &b.pixels, contrast * BLOCK_FULL);
    weighed(counted, moved)
}

/// How different two pictures are when the first one is given the light of the second, 0 … 1.
fn change_of_content(a: &Picture, b: &Picture) -> f32 {
    change(&relit(a, b), b)
}

/// Both measures as one.
fn weighed(counted: f32, moved: f32) -> f32 {
    // The geometric mean alone would miss cuts between shots of the same colours.
    0.35 * (counted * moved).sqrt() + 0.65 * moved * (0.6 + 0.4 * counted.min(0.5) * 2.0)
}

/// The picture `a` with the light and contrast of `b`.
fn relit(a: &Picture, b: &Picture) -> Picture {
    let gain = (b.contrast / a.contrast.max(1.0)).clamp(1.0 / GAIN_MAX, GAIN_MAX);
    let (from, to) = (mean(&a.pixels), mean(&b.pixels));
    let mut pixels = a.pixels.clone();
    for (n, pixel) in pixels.iter_mut().enumerate() {
        let (from, to) = if n < PLANE { (from, to) } else { (128.0, 128.0) };
        *pixel = ((f32::from(*pixel) - from) * gain + to).clamp(0.0, 255.0) as u8;
    }
    let counts = count(&pixels);
    Picture { pixels, counts, contrast: b.contrast }
}

fn mean(pixels: &[u8]) -> f32 {
    pixels.iter().take(PLANE).map(|p| u32::from(*p)).sum::<u32>() as f32 / PLANE as f32
}

/// Shares of the pixels in each bin, each plane smoothed over its neighbours: noise must not move pixels across.
fn count(pixels: &[u8]) -> [f32; BINS_ALL] {
    let mut counts = [0.0; BINS_ALL];
    let (luma, colour) = pixels.split_at(PLANE);
    let mut add = |values: &[u8], bins: usize, offset: usize| {
        let share = 1.0 / PLANE as f32;
        for value in values {
            // Between two bins a pixel belongs to both, in part.
            let place = f32::from(*value) * (bins - 1) as f32 / 255.0;
            let low = (place as usize).min(bins - 2);
            let part = place - low as f32;
            if let Some(bin) = counts.get_mut(offset + low) {
                *bin += share * (1.0 - part);
            }
            if let Some(bin) = counts.get_mut(offset + low + 1) {
                *bin += share * part;
            }
        }
    };
    add(luma, BINS.0, 0);
    // Colours lie close to grey: their bins are those of the middle half.
    let (u, v) = colour.split_at(PLANE);
    let spread = |plane: &[u8]| -> Vec<u8> {
        plane.iter().map(|c| ((i16::from(*c) - 128) * 2 + 128).clamp(0, 255) as u8).collect()
    };
    add(&spread(u), BINS.1, BINS.0);
    add(&spread(v), BINS.1, BINS.0 + BINS.1);
    counts
}

/// The standard deviation of luma.
fn contrast(pixels: &[u8]) -> f32 {
    let luma = pixels.get(..PLANE).unwrap_or_default();
    let mean = mean(pixels);
    let square = luma.iter().map(|p| (f32::from(*p) - mean).powi(2)).sum::<f32>() / PLANE as f32;
    square.sqrt()
}

fn mean_difference(a: &[u8], b: &[u8]) -> f32 {
    let sum: u32 = a.iter().zip(b).map(|(x, y)| u32::from(x.abs_diff(*y))).sum();
    sum as f32 / PICTURE_BYTES as f32
}

/// The share of the new picture that is not found again near its place in the old one.
fn unexplained(old: &[u8], new: &[u8], full: f32) -> f32 {
    let mut sum = 0.0;
    for by in (0..HEIGHT).step_by(BLOCK_H) {
        for bx in (0..WIDTH).step_by(BLOCK_W) {
            sum += (nearest_block(old, new, bx, by) / full).min(1.0);
        }
    }
    sum / BLOCKS as f32
}

/// The least mean difference of a block to one of the old picture, in levels of luma a pixel, half of its colours
/// counted in.
fn nearest_block(old: &[u8], new: &[u8], bx: usize, by: usize) -> f32 {
    let mut best = (u32::MAX, 0, 0);
    for dy in -REACH_Y..=REACH_Y {
        let Some(y) = by.checked_add_signed(dy).filter(|y| y + BLOCK_H <= HEIGHT) else { continue };
        for dx in -REACH_X..=REACH_X {
            let Some(x) = bx.checked_add_signed(dx).filter(|x| x + BLOCK_W <= WIDTH) else { continue };
            let sum = block_difference(old, new, (x, y), (bx, by), 0);
            if sum < best.0 {
                best = (sum, x, y);
            }
        }
    }
    let (luma, x, y) = best;
    let colour: u32 = (1..3).map(|plane| block_difference(old, new, (x, y), (bx, by), plane)).sum();
    (luma as f32 + colour as f32 / 2.0) / (BLOCK_W * BLOCK_H) as f32
}

fn block_difference(old: &[u8], new: &[u8], from: (usize, usize), to: (usize, usize), plane: usize) -> u32 {
    let row = |pixels: &[u8], (x, y): (usize, usize), line: usize| -> [u8; BLOCK_W] {
        let at = plane * PLANE + (y + line) * WIDTH + x;
        pixels.get(at..at + BLOCK_W).and_then(|r| r.try_into().ok()).unwrap_or([0; BLOCK_W])
    };
    let mut sum = 0;
    for line in 0..BLOCK_H {
        let (a, b) = (row(old, from, line), row(new, to, line));
        sum += a.iter().zip(&b).map(|(x, y)| u32::from(x.abs_diff(*y))).sum::<u32>();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of stripes: their width and colour make the shot, `shift` moves it, `light` lights it.
    fn picture(shot: usize, shift: usize, light: u8) -> Vec<u8> {
        let mut pixels = vec![128; PICTURE_BYTES];
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let wave = ((x + shift) / (3 + shot * 2) + y / (4 + shot)) % 2;
                pixels[y * WIDTH + x] = (40 + wave * 90 + shot * 17).min(255) as u8;
                pixels[y * WIDTH + x] = pixels[y * WIDTH + x].saturating_add(light);
                pixels[PLANE + y * WIDTH + x] = (90 + shot * 20) as u8;
            }
        }
        pixels
    }

    fn cuts(pictures: impl IntoIterator<Item = Vec<u8>>) -> Vec<usize> {
        let mut detector = Detector::default();
        for picture in pictures {
            detector.push(&picture);
        }
        detector.finish().iter().map(|c| c.picture).collect()
    }

    #[test]
    fn a_cut_is_found_at_its_picture_even_at_the_ends() {
        let film = |lengths: &[usize]| -> Vec<Vec<u8>> {
            lengths
                .iter()
                .enumerate()
                .flat_map(|(shot, n)| (0..*n).map(move |_| picture(shot, 0, 0)))
                .collect()
        };
        assert_eq!(cuts(film(&[30, 40, 50])), [30, 70]);
        assert_eq!(cuts(film(&[1, 40])), [1]);
        assert_eq!(cuts(film(&[40, 1])), [40]);
        assert_eq!(cuts(film(&[5, 5, 5])), [5, 10]);
        assert_eq!(cuts(film(&[100])), [0usize; 0]);
        assert_eq!(cuts(film(&[])), [0usize; 0]);
    }

    #[test]
    fn a_pan_is_no_cut() {
        assert_eq!(cuts((0..120).map(|n| picture(2, n * 2, 0))), [0usize; 0]);
    }

    #[test]
    fn a_flash_is_no_cut() {
        let film = (0..80).map(|n| picture(1, n, if (40..43).contains(&n) { 120 } else { 0 }));
        assert_eq!(cuts(film), [0usize; 0]);
    }

    #[test]
    fn a_picture_of_another_size_does_no_harm() {
        assert_eq!(cuts([vec![], vec![1; 7], vec![2; PICTURE_BYTES + 1]]), [0usize; 0]);
    }
}
