//! Vectors quantised to bytes, with an error bound for each.
//!
//! A vector x is stored as `scale · code` with codes of −127 … 127, and the length r of the residual is kept. By Cauchy
//! and Schwarz, for every q: |q·x − q·(scale · code)| <= |q| · r. So a pass over the codes, a quarter of the bytes,
//! rules out nearly all vectors, and the few others are compared in full.
//!
//! The query has 13 bits a component: its own error is then far below that of the rows, and the sum of products over
//! 4096 dimensions still fits an `i32`: see [`super::dot`].
//!
//! Invariants. The residual is rounded up, by more than the rounding error of the sums it is computed from. Scales and
//! residuals that are not normal numbers (from zero vectors, tiny or infinite components) make the interval infinite,
//! so such rows are compared in full and never lost.
//!
//! Rejected: product quantisation (smaller, but its error has no bound tight enough to prune), 4 bits (intervals 16
//! times as wide, so many more rows are compared in full), floats of 16 bits (twice the bytes to read).

use super::bytes::Bytes;
use super::dot::DotQuery;

/// Codes of a row are padded with zeros to a multiple of this.
pub(crate) const CODE_ALIGN: usize = 32;
/// Bytes of a row's statistics.
pub(crate) const STATS_BYTES: usize = 24;

/// What is known about a row without reading it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RowStats {
    /// Length of the vector.
    pub norm: f64,
    /// The value of one code unit.
    pub scale: f32,
    /// An upper bound for the length of the residual.
    pub residual: f32,
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
        out[16..20].copy_from_slice(&self.entry.to_le_bytes());
        out[20..].copy_from_slice(&self.crc.to_le_bytes());
        out
    }

    #[inline]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        Some(Self {
            norm: f64::from_le_bytes(bytes.array()?),
            scale: f32::from_le_bytes(bytes.array()?),
            residual: f32::from_le_bytes(bytes.array()?),
            entry: bytes.u32()?,
            crc: bytes.u32()?,
        })
    }
}

/// Bytes of a row's codes.
pub(crate) fn code_bytes(dimensions: usize) -> usize {
    dimensions.next_multiple_of(CODE_ALIGN)
}

/// Codes of a vector, appended to `codes`; its scale, and what they leave out. A vector too large or too small for
/// these numbers gets an infinite residual: it is always compared in full.
pub(crate) fn quantise(vector: &[f32], codes: &mut Vec<u8>) -> (f32, f32) {
    let from = codes.len();
    let largest = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let scale = largest / 127.0;
    let usable = scale.is_normal() && largest.is_finite();
    let mut left_out = 0.0_f64;
    for x in vector {
        #[allow(clippy::cast_possible_truncation, reason = "rounded and clamped to a byte")]
        let code = if usable { (x / scale).round().clamp(-127.0, 127.0) as i8 } else { 0 };
        let rest = f64::from(*x) - f64::from(scale) * f64::from(code);
        left_out += rest * rest;
        codes.push(code.cast_unsigned());
    }
    codes.resize(from + code_bytes(vector.len()), 0);
    if largest == 0.0 {
        return (0.0, 0.0);
    }
    if !usable {
        return (0.0, f32::INFINITY);
    }
    // Slightly more than computed, since the sum above and this number are rounded.
    #[allow(clippy::cast_possible_truncation, reason = "rounded up by more than the cast loses")]
    let residual = (left_out.sqrt() * 1.000_001) as f32;
    (scale, residual.next_up())
}

/// A query as codes of 13 bits, −4,095 … 4,095.
#[derive(Debug, Clone)]
pub(crate) struct QueryCodes {
    pub codes: DotQuery,
    /// The value of one code unit.
    pub scale: f64,
    /// An upper bound for the length of the residual.
    pub residual: f64,
    /// Length of the query.
    pub norm: f64,
}

/// So that sums of products with row codes stay below 2^31 for the most dimensions there are: 4096 · 127 · 4095.
const QUERY_CODE_MAX: f64 = 4095.0;

impl QueryCodes {
    /// `None` where the query is no vector of finite, usable length: then everything is compared in full.
    pub fn new(query: &[f32]) -> Option<Self> {
        let largest = query.iter().fold(0.0_f64, |most, x| most.max(f64::from(x.abs())));
        let norm = query.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if query.len() > rushes_types::limits::DIMENSIONS_MAX || !(1e-30..1e30).contains(&largest) {
            return None;
        }
        let scale = largest / QUERY_CODE_MAX;
        let mut codes = Vec::with_capacity(code_bytes(query.len()));
        let mut left_out = 0.0_f64;
        for x in query {
            #[allow(clippy::cast_possible_truncation, reason = "rounded and clamped to 13 bits")]
            let code = (f64::from(*x) / scale).round().clamp(-QUERY_CODE_MAX, QUERY_CODE_MAX) as i16;
            let rest = f64::from(*x) - scale * f64::from(code);
            left_out += rest * rest;
            codes.push(code);
        }
        codes.resize(code_bytes(query.len()), 0);
        Some(Self { codes: DotQuery::new(codes), scale, residual: left_out.sqrt() * 1.000_001, norm })
    }
}
