//! Vectors quantised to bytes of two halves, with an error bound for each.
//!
//! A vector x is stored as `scale · code` with codes of −119 … 119, and the length r of the residual is kept. By Cauchy
//! and Schwarz, for every q: |q·x − q·(scale · code)| <= |q| · r. A code is `16 · high + low`, two halves of 4 bits from
//! −8 to 7, and the length of what the high halves leave out is kept too. High halves lie together, an eighth of the
//! bytes of the vectors: a pass over them rules out nearly all vectors, the low halves nearly all others, and the few
//! that are left are compared in full.
//!
//! The query has 13 bits a component: its own error is then far below that of the rows, and the sum of products over
//! 4096 dimensions still fits an `i32`: see [`super::dot`].
//!
//! Invariants. The residual is rounded up, by more than the rounding error of the sums it is computed from. Scales and
//! residuals that are not normal numbers (from zero vectors, tiny or infinite components) make the interval infinite,
//! so such rows are compared in full and never lost.
//!
//! Rejected: product quantisation (smaller, but its error has no bound tight enough to prune), 4 bits alone (intervals 16
//! times as wide, so many more rows are compared in full), floats of 16 bits (twice the bytes to read).

use super::bytes::Bytes;
use super::dot::{CoarseQuery, DotQuery};

/// Codes of a row are padded with zeros to a multiple of this: the halves of so many are one block of half as many bytes.
pub(crate) const CODE_BLOCK: usize = 64;
/// Bytes of a row's statistics.
pub(crate) const STATS_BYTES: usize = 28;
/// The codes furthest from 0: both halves of them fit 4 bits.
const CODE_MAX: f32 = 119.0;
/// What is added to a half where it is stored, so that it is not negative.
pub(crate) const HALF_OFFSET: i8 = 8;

/// What is known about a row without reading it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RowStats {
    /// Length of the vector.
    pub norm: f64,
    /// The value of one code unit.
    pub scale: f32,
    /// An upper bound for the length of the residual.
    pub residual: f32,
    /// An upper bound for the length of what the high halves alone leave out.
    pub coarse: f32,
    /// The entry it belongs to.
    pub entry: u32,
    /// Checksum of the row.
    pub crc: u32,
}

impl RowStats {
    pub fn to_bytes(self) -> [u8; STATS_BYTES] {
        let mut out = [0; STATS_BYTES];
        out[..8].copy_from_slice(&self.norm.to_le_bytes());
        out[8..12].copy_from_slice(&self.scale.to_le_bytes());
        out[12..16].copy_from_slice(&self.residual.to_le_bytes());
        out[16..20].copy_from_slice(&self.coarse.to_le_bytes());
        out[20..24].copy_from_slice(&self.entry.to_le_bytes());
        out[24..].copy_from_slice(&self.crc.to_le_bytes());
        out
    }

    #[inline]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        Some(Self {
            norm: f64::from_le_bytes(bytes.array()?),
            scale: f32::from_le_bytes(bytes.array()?),
            residual: f32::from_le_bytes(bytes.array()?),
            coarse: f32::from_le_bytes(bytes.array()?),
            entry: bytes.u32()?,
            crc: bytes.u32()?,
        })
    }
}

/// Codes of a row, with the padding.
pub(crate) fn code_bytes(dimensions: usize) -> usize {
    dimensions.next_multiple_of(CODE_BLOCK)
}

/// Bytes of the high halves of a row's codes, and of the low ones.
pub(crate) fn half_bytes(dimensions: usize) -> usize {
    code_bytes(dimensions) / 2
}

/// A code as its high and its low half, −8 … 7 each.
fn halves(code: u8) -> (i8, i8) {
    let code = i16::from(code.cast_signed());
    let high = (code + 8) >> 4;
    // Codes are at most 119 away from 0, so both fit.
    (i8::try_from(high).unwrap_or(0), i8::try_from(code - 16 * high).unwrap_or(0))
}

/// Halves of the codes of a row, appended, the high ones or the low ones. Of a block the first half of the dimensions is
/// in the lower four bits of the bytes.
pub(crate) fn put_halves(codes: &[u8], high: bool, out: &mut Vec<u8>) {
    let half = |code: u8| {
        let half = if high { halves(code).0 } else { halves(code).1 };
        (half + HALF_OFFSET).cast_unsigned() & 0xf
    };
    for block in codes.chunks_exact(CODE_BLOCK) {
        let (first, second) = block.split_at(CODE_BLOCK / 2);
        out.extend(first.iter().zip(second).map(|(a, b)| half(*a) | half(*b) << 4));
    }
}

/// What is known of the codes of a vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quantised {
    pub scale: f32,
    /// What the codes leave out.
    pub residual: f32,
    /// What the high halves leave out.
    pub coarse: f32,
}

/// Codes of a vector, appended to `codes`; its scale, and what they leave out. A vector too large or too small for
/// these numbers gets an infinite residual: it is always compared in full.
pub(crate) fn quantise(vector: &[f32], codes: &mut Vec<u8>) -> Quantised {
    let from = codes.len();
    let largest = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let scale = largest / CODE_MAX;
    let usable = scale.is_normal() && largest.is_finite();
    let (mut left_out, mut left_out_coarsely) = (0.0_f64, 0.0_f64);
    for x in vector {
        #[allow(clippy::cast_possible_truncation, reason = "rounded and clamped to a byte")]
        let code = if usable { (x / scale).round().clamp(-CODE_MAX, CODE_MAX) as i8 } else { 0 };
        let rest = |code: f64| f64::from(*x) - f64::from(scale) * code;
        let (fine, coarse) = (rest(f64::from(code)), rest(16.0 * f64::from(halves(code.cast_unsigned()).0)));
        left_out += fine * fine;
        left_out_coarsely += coarse * coarse;
        codes.push(code.cast_unsigned());
    }
    codes.resize(from + code_bytes(vector.len()), 0);
    if largest == 0.0 {
        return Quantised { scale: 0.0, residual: 0.0, coarse: 0.0 };
    }
    if !usable {
        return Quantised { scale: 0.0, residual: f32::INFINITY, coarse: f32::INFINITY };
    }
    // Slightly more than computed, since the sums above and these numbers are rounded.
    #[allow(clippy::cast_possible_truncation, reason = "rounded up by more than the cast loses")]
    let length = |squares: f64| ((squares.sqrt() * 1.000_001) as f32).next_up();
    Quantised { scale, residual: length(left_out), coarse: length(left_out_coarsely) }
}

/// A query as codes of 13 bits, −4,095 … 4,095, and as codes of a byte.
#[derive(Debug, Clone)]
pub(crate) struct QueryCodes {
    /// For both halves of rows.
    pub fine: Codes<DotQuery>,
    /// For their high halves alone, whose own error is far greater.
    pub coarse: Codes<CoarseQuery>,
    /// Length of the query.
    pub norm: f64,
}

/// Codes of a query.
#[derive(Debug, Clone)]
pub(crate) struct Codes<C> {
    pub codes: C,
    /// The value of one code unit.
    pub scale: f64,
    /// An upper bound for the length of the residual.
    pub residual: f64,
}

/// So that sums of products with row codes stay below 2^31 for the most dimensions there are: 4096 · 119 · 4095.
const QUERY_CODE_MAX: f64 = 4095.0;
/// The codes furthest from 0 of a query of bytes.
const COARSE_CODE_MAX: f64 = 127.0;

impl QueryCodes {
    /// `None` where the query is no vector of finite, usable length: then everything is compared in full.
    pub fn new(query: &[f32]) -> Option<Self> {
        let largest = query.iter().fold(0.0_f64, |most, x| most.max(f64::from(x.abs())));
        let norm = query.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if query.len() > rushes_types::limits::DIMENSIONS_MAX || !(1e-30..1e30).contains(&largest) {
            return None;
        }
        let fine = codes_of(query, largest, QUERY_CODE_MAX);
        let coarse = codes_of(query, largest, COARSE_CODE_MAX);
        Some(Self {
            fine: Codes { codes: DotQuery::new(fine.codes), scale: fine.scale, residual: fine.residual },
            coarse: Codes {
                codes: CoarseQuery::new(&coarse.codes),
                scale: coarse.scale,
                residual: coarse.residual,
            },
            norm,
        })
    }
}

/// A query as codes from −`most` to `most`, in whole blocks.
fn codes_of(query: &[f32], largest: f64, most: f64) -> Codes<Vec<i16>> {
    let scale = largest / most;
    let mut codes = Vec::with_capacity(code_bytes(query.len()));
    let mut left_out = 0.0_f64;
    for x in query {
        #[allow(clippy::cast_possible_truncation, reason = "rounded and clamped to 13 bits")]
        let code = (f64::from(*x) / scale).round().clamp(-most, most) as i16;
        let rest = f64::from(*x) - scale * f64::from(code);
        left_out += rest * rest;
        codes.push(code);
    }
    codes.resize(code_bytes(query.len()), 0);
    Codes { codes, scale, residual: left_out.sqrt() * 1.000_001 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_halves_of_a_code_make_it_up_and_lie_where_the_page_says() {
        let codes: Vec<u8> = (-119..=119_i8).map(i8::cast_unsigned).collect();
        for code in &codes {
            let (high, low) = halves(*code);
            assert_eq!(16 * i16::from(high) + i16::from(low), i16::from(code.cast_signed()));
            assert!((-8..8).contains(&high) && (-8..8).contains(&low));
        }
        let block: Vec<u8> = codes.iter().copied().take(CODE_BLOCK).collect();
        for high in [true, false] {
            let mut packed = Vec::new();
            put_halves(&block, high, &mut packed);
            assert_eq!(packed.len(), half_bytes(CODE_BLOCK));
            for (at, code) in block.iter().enumerate() {
                let nibble = packed[at % 32] >> (at / 32 * 4) & 0xf;
                let half = if high { halves(*code).0 } else { halves(*code).1 };
                assert_eq!(nibble.cast_signed() - HALF_OFFSET, half);
            }
        }
    }

    #[test]
    fn residuals_are_at_least_what_is_left_out() {
        let vector: Vec<f32> = (0..70_i16).map(|x| (f32::from(x) * 1.7).sin() * 3.0).collect();
        let mut codes = Vec::new();
        let known = quantise(&vector, &mut codes);
        let left_out = |value: &dyn Fn(u8) -> f64| {
            let rests = vector
                .iter()
                .zip(&codes)
                .map(|(x, code)| f64::from(*x) - f64::from(known.scale) * value(*code));
            rests.map(|rest| rest * rest).sum::<f64>().sqrt()
        };
        let (fine, coarse) = (
            left_out(&|code| f64::from(code.cast_signed())),
            left_out(&|code| 16.0 * f64::from(halves(code).0)),
        );
        assert!(fine <= f64::from(known.residual) && coarse <= f64::from(known.coarse));
        assert!(coarse > fine && f64::from(known.coarse) < coarse * 1.01);
        assert_eq!(codes.len(), 128);
        let none = Quantised { scale: 0.0, residual: 0.0, coarse: 0.0 };
        assert_eq!(quantise(&[0.0; 3], &mut codes), none);
        assert_eq!(quantise(&[1e-45, 0.0], &mut codes).coarse, f32::INFINITY);
    }
}
