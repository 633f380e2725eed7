//! Vectors quantised to bytes, with an error bound for each.
//!
//! A vector x is stored as `scale · code` with codes of −127 … 127, and the length r of the residual is kept. By Cauchy
//! and Schwarz, for every q: |q·x − q·(scale · code)| <= |q| · r. So a pass over the codes, a quarter of the bytes,
//! rules out nearly all vectors, and the few others are compared in full.
//!
//! The query has 13 bits a component: its own error is then far below that of the rows, and the sum of products over
//! 4096 dimensions still fits an `i32`. So the sum is exact whatever the order of its terms: the portable loop and the
//! one for AVX2 give the same bits, and with them the same answer.
//!
//! Invariants. The residual is rounded up, by more than the rounding error of the sums it is computed from. Scales and
//! residuals that are not normal numbers (from zero vectors, tiny or infinite components) make the interval infinite,
//! so such rows are compared in full and never lost.
//!
//! Rejected: product quantisation (smaller, but its error has no bound tight enough to prune), 4 bits (intervals 16
//! times as wide, so many more rows are compared in full), floats of 16 bits (twice the bytes to read).

use super::bytes::Bytes;

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
    pub codes: Vec<i16>,
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
        Some(Self { codes, scale, residual: left_out.sqrt() * 1.000_001, norm })
    }
}

/// Sum of the products of query codes and row codes, exact.
pub(crate) type CodeDot = fn(&[i16], &[u8]) -> i32;

/// The fastest implementation for this processor.
pub(crate) fn code_dot() -> CodeDot {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return avx2::dot;
    }
    dot_portable
}

pub(crate) fn dot_portable(query: &[i16], row: &[u8]) -> i32 {
    query.iter().zip(row).map(|(q, x)| i32::from(*q) * i32::from(x.cast_signed())).sum()
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_loadu_si256,
        _mm256_madd_epi16, _mm256_setzero_si256, _mm256_storeu_si256,
    };

    pub(super) fn dot(query: &[i16], row: &[u8]) -> i32 {
        #[allow(unsafe_code, reason = "chosen only where the processor has AVX2")]
        unsafe {
            dot_avx2(query, row)
        }
    }

    #[target_feature(enable = "avx2")]
    #[allow(unsafe_code, reason = "loads of whole chunks whose lengths the iterators hold")]
    fn dot_avx2(query: &[i16], row: &[u8]) -> i32 {
        let mut sums = [_mm256_setzero_si256(); 2];
        let (queries, rows) = (query.chunks_exact(32), row.chunks_exact(32));
        for (q, x) in queries.zip(rows) {
            for (half, sum) in sums.iter_mut().enumerate() {
                // SAFETY: both chunks hold 32 values, and each half reads 16 of them.
                let product = unsafe {
                    let q: __m256i = _mm256_loadu_si256(q.as_ptr().add(half * 16).cast());
                    let x = _mm256_cvtepi8_epi16(_mm_loadu_si128(x.as_ptr().add(half * 16).cast()));
                    _mm256_madd_epi16(q, x)
                };
                *sum = _mm256_add_epi32(*sum, product);
            }
        }
        let sum = _mm256_add_epi32(sums[0], sums[1]);
        let mut lanes = [0_i32; 8];
        // SAFETY: eight lanes of 32 bits.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), sum) };
        lanes.iter().sum()
    }
}
