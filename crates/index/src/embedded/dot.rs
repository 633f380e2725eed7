//! Sums of products of a query's codes and the halves of a row's, exact whatever the order of their terms: every way to
//! compute them gives the same bits, and with them the same answer.

use super::quantise::{CODE_BLOCK, HALF_OFFSET};

/// Bytes of a block of halves.
const BLOCK_BYTES: usize = CODE_BLOCK / 2;

/// Sums of the products of query codes and halves of row codes, exact: one for each row, as many as there is room for.
pub(crate) type HalfDots = fn(&DotQuery, &[u8], &mut [i32]);

/// A query's codes, laid out for each way to multiply them.
#[derive(Debug, Clone)]
pub(crate) struct DotQuery {
    /// −4,095 … 4,095.
    codes: Vec<i16>,
    /// `codes = 128 · high + low`, each a signed byte.
    high: Vec<i8>,
    low: Vec<i8>,
    /// What halves as they are stored, not negative, add too much.
    too_much: i32,
}

impl DotQuery {
    /// Of codes of at most 13 bits, whole blocks of them, at most as many as the most dimensions there are.
    pub fn new(codes: Vec<i16>) -> Self {
        let high = |code: &i16| i8::try_from((code + 64) >> 7).unwrap_or(0);
        let low = |code: &i16| i8::try_from(code - 128 * i16::from(high(code))).unwrap_or(0);
        Self {
            high: codes.iter().map(high).collect(),
            low: codes.iter().map(low).collect(),
            too_much: i32::from(HALF_OFFSET) * codes.iter().map(|code| i32::from(*code)).sum::<i32>(),
            codes,
        }
    }
}

/// A query's codes of a byte each.
#[derive(Debug, Clone)]
pub(crate) struct CoarseQuery {
    /// −127 … 127.
    codes: Vec<i8>,
    /// What halves as they are stored, not negative, add too much.
    too_much: i32,
}

impl CoarseQuery {
    /// Of whole blocks of codes, at most as many as the most dimensions there are.
    pub fn new(codes: &[i16]) -> Self {
        Self {
            codes: codes.iter().map(|code| i8::try_from(*code).unwrap_or(0)).collect(),
            too_much: i32::from(HALF_OFFSET) * codes.iter().map(|code| i32::from(*code)).sum::<i32>(),
        }
    }
}

/// As [`HalfDots`], of a query's coarse codes.
pub(crate) type CoarseDots = fn(&CoarseQuery, &[u8], &mut [i32]);

/// The fastest implementation for this processor; without `wide` the portable one.
pub(crate) fn coarse_dots(wide: bool) -> CoarseDots {
    #[cfg(target_arch = "x86_64")]
    if wide {
        use std::arch::is_x86_feature_detected;
        if is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512vnni") {
            return wide::coarse_vnni;
        }
        if is_x86_feature_detected!("avx2") {
            return wide::coarse_avx2;
        }
    }
    let _ = wide;
    coarse_portable
}

fn coarse_portable(query: &CoarseQuery, rows: &[u8], sums: &mut [i32]) {
    portable_sums(&query.codes, query.too_much, rows, sums);
}

/// The fastest implementation for this processor; without `wide` the portable one.
pub(crate) fn half_dots(wide: bool) -> HalfDots {
    #[cfg(target_arch = "x86_64")]
    if wide {
        use std::arch::is_x86_feature_detected;
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni")
        {
            return wide::vnni;
        }
        if is_x86_feature_detected!("avx2") {
            return wide::avx2;
        }
    }
    let _ = wide;
    portable
}

fn portable(query: &DotQuery, rows: &[u8], sums: &mut [i32]) {
    portable_sums(&query.codes, query.too_much, rows, sums);
}

fn portable_sums<C: Copy + Into<i32>>(codes: &[C], too_much: i32, rows: &[u8], sums: &mut [i32]) {
    for (row, out) in rows.chunks_exact(row_bytes(codes)).zip(sums) {
        let mut sum = 0_i32;
        for (codes, row) in codes.chunks_exact(CODE_BLOCK).zip(row.chunks_exact(BLOCK_BYTES)) {
            let (first, second) = codes.split_at(BLOCK_BYTES);
            for ((a, b), byte) in first.iter().zip(second).zip(row) {
                let (first, second): (i32, i32) = ((*a).into(), (*b).into());
                sum += first * i32::from(byte & 0xf) + second * i32::from(byte >> 4);
            }
        }
        *out = sum.wrapping_sub(too_much);
    }
}

/// Bytes of the halves of a row, of as many codes as a query has.
fn row_bytes<C>(codes: &[C]) -> usize {
    (codes.len() / CODE_BLOCK * BLOCK_BYTES).max(1)
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_and_si128, _mm_loadu_si128, _mm_set1_epi8, _mm_srli_epi16, _mm256_add_epi16,
        _mm256_add_epi32, _mm256_and_si256, _mm256_cvtepu8_epi16, _mm256_dpbusd_epi32, _mm256_loadu_si256,
        _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_setzero_si256,
        _mm256_srli_epi16, _mm256_storeu_si256, _mm512_add_epi32, _mm512_castsi256_si512,
        _mm512_dpbusd_epi32, _mm512_inserti64x4, _mm512_loadu_si512, _mm512_reduce_add_epi32,
        _mm512_setzero_si512, _mm512_slli_epi32,
    };

    use super::{BLOCK_BYTES, CODE_BLOCK, CoarseQuery, DotQuery, row_bytes};

    pub(super) fn coarse_vnni(query: &CoarseQuery, rows: &[u8], sums: &mut [i32]) {
        #[allow(unsafe_code, reason = "chosen only where the processor has AVX-512 with VL and VNNI")]
        // SAFETY: the processor has the instructions.
        unsafe {
            coarse_dots_vnni(query, rows, sums);
        }
    }

    #[target_feature(enable = "avx2,avx512f,avx512vl,avx512vnni")]
    fn coarse_dots_vnni(query: &CoarseQuery, rows: &[u8], sums: &mut [i32]) {
        let four_bits = _mm256_set1_epi8(0xf);
        for (row, out) in rows.chunks_exact(row_bytes(&query.codes)).zip(sums) {
            let (mut first, mut second) = (_mm256_setzero_si256(), _mm256_setzero_si256());
            for (q, x) in query.codes.chunks_exact(CODE_BLOCK).zip(row.chunks_exact(BLOCK_BYTES)) {
                let (q, x) = (halves_of(q), bytes_of(x));
                first = _mm256_dpbusd_epi32(first, _mm256_and_si256(x, four_bits), q[0]);
                let x = _mm256_and_si256(_mm256_srli_epi16::<4>(x), four_bits);
                second = _mm256_dpbusd_epi32(second, x, q[1]);
            }
            *out = sum_of(_mm256_add_epi32(first, second)).wrapping_sub(query.too_much);
        }
    }

    pub(super) fn coarse_avx2(query: &CoarseQuery, rows: &[u8], sums: &mut [i32]) {
        #[allow(unsafe_code, reason = "chosen only where the processor has AVX2")]
        // SAFETY: the processor has the instructions.
        unsafe {
            coarse_dots_avx2(query, rows, sums);
        }
    }

    /// Pairs of products are added in 16 bits: at most 2 · 15 · 127 each.
    #[target_feature(enable = "avx2")]
    fn coarse_dots_avx2(query: &CoarseQuery, rows: &[u8], sums: &mut [i32]) {
        let (four_bits, ones) = (_mm256_set1_epi8(0xf), _mm256_set1_epi16(1));
        for (row, out) in rows.chunks_exact(row_bytes(&query.codes)).zip(sums) {
            let mut sum = _mm256_setzero_si256();
            for (q, x) in query.codes.chunks_exact(CODE_BLOCK).zip(row.chunks_exact(BLOCK_BYTES)) {
                let (q, x) = (halves_of(q), bytes_of(x));
                let first = _mm256_maddubs_epi16(_mm256_and_si256(x, four_bits), q[0]);
                let x = _mm256_and_si256(_mm256_srli_epi16::<4>(x), four_bits);
                let pairs = _mm256_add_epi16(first, _mm256_maddubs_epi16(x, q[1]));
                sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
            }
            *out = sum_of(sum).wrapping_sub(query.too_much);
        }
    }

    /// The codes of a block.
    #[inline]
    #[target_feature(enable = "avx2")]
    #[allow(unsafe_code, reason = "loads within the length that is tested")]
    fn halves_of(block: &[i8]) -> [__m256i; 2] {
        assert!(block.len() >= CODE_BLOCK);
        // SAFETY: the block holds 64 bytes.
        unsafe {
            [
                _mm256_loadu_si256(block.as_ptr().cast()),
                _mm256_loadu_si256(block.as_ptr().add(BLOCK_BYTES).cast()),
            ]
        }
    }

    /// The halves of a block.
    #[inline]
    #[target_feature(enable = "avx2")]
    #[allow(unsafe_code, reason = "a load within the length that is tested")]
    fn bytes_of(block: &[u8]) -> __m256i {
        assert!(block.len() >= BLOCK_BYTES);
        // SAFETY: the block holds 32 bytes.
        unsafe { _mm256_loadu_si256(block.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    #[allow(unsafe_code, reason = "a store of as many bytes as there is room for")]
    fn sum_of(lanes: __m256i) -> i32 {
        let mut sums = [0_i32; 8];
        // SAFETY: eight lanes of 32 bits.
        unsafe { _mm256_storeu_si256(sums.as_mut_ptr().cast(), lanes) };
        sums.iter().sum()
    }

    pub(super) fn avx2(query: &DotQuery, rows: &[u8], sums: &mut [i32]) {
        #[allow(unsafe_code, reason = "chosen only where the processor has AVX2")]
        // SAFETY: the processor has the instructions.
        unsafe {
            dots_avx2(query, rows, sums);
        }
    }

    #[target_feature(enable = "avx2")]
    fn dots_avx2(query: &DotQuery, rows: &[u8], sums: &mut [i32]) {
        for (row, out) in rows.chunks_exact(row_bytes(&query.codes)).zip(sums) {
            *out = dot_avx2(&query.codes, row).wrapping_sub(query.too_much);
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    #[allow(unsafe_code, reason = "loads of whole chunks whose lengths the iterators hold")]
    fn dot_avx2(query: &[i16], row: &[u8]) -> i32 {
        let mut sums = [_mm256_setzero_si256(); 2];
        let four_bits = _mm_set1_epi8(0xf);
        for (q, x) in query.chunks_exact(CODE_BLOCK).zip(row.chunks_exact(BLOCK_BYTES)) {
            for part in 0..2 {
                // SAFETY: the block holds 32 bytes, and each part reads 16 of them.
                let x: __m128i = unsafe { _mm_loadu_si128(x.as_ptr().add(part * 16).cast()) };
                let halves = [_mm_and_si128(x, four_bits), _mm_and_si128(_mm_srli_epi16::<4>(x), four_bits)];
                for ((which, half), sum) in halves.into_iter().enumerate().zip(&mut sums) {
                    // SAFETY: the block holds 64 codes: 32 for each half of a byte, 16 of them for each part.
                    let q: __m256i =
                        unsafe { _mm256_loadu_si256(q.as_ptr().add(which * 32 + part * 16).cast()) };
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(q, _mm256_cvtepu8_epi16(half)));
                }
            }
        }
        sum_of(_mm256_add_epi32(sums[0], sums[1]))
    }

    pub(super) fn vnni(query: &DotQuery, rows: &[u8], sums: &mut [i32]) {
        #[allow(unsafe_code, reason = "chosen only where the processor has AVX-512 with VNNI")]
        // SAFETY: the processor has the instructions.
        unsafe {
            dots_vnni(query, rows, sums);
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn dots_vnni(query: &DotQuery, rows: &[u8], sums: &mut [i32]) {
        for (row, out) in rows.chunks_exact(row_bytes(&query.codes)).zip(sums) {
            *out = dot_vnni(&query.high, &query.low, row).wrapping_sub(query.too_much);
        }
    }

    /// The sum for codes of `128 · high + low`. The instruction multiplies unsigned bytes by signed ones: halves are stored
    /// so, and the query, which has more bits, is two rows of bytes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    #[allow(unsafe_code, reason = "loads of whole chunks whose lengths the iterators hold")]
    fn dot_vnni(highs: &[i8], lows: &[i8], row: &[u8]) -> i32 {
        let four_bits = _mm256_set1_epi8(0xf);
        let (mut high, mut low) = (_mm512_setzero_si512(), _mm512_setzero_si512());
        let blocks = highs.chunks_exact(CODE_BLOCK).zip(lows.chunks_exact(CODE_BLOCK));
        for ((h, l), x) in blocks.zip(row.chunks_exact(BLOCK_BYTES)) {
            // SAFETY: a block holds 64 bytes of each row of the query and 32 bytes of halves.
            let (h, l, x) = unsafe {
                (
                    _mm512_loadu_si512(h.as_ptr().cast()),
                    _mm512_loadu_si512(l.as_ptr().cast()),
                    _mm256_loadu_si256(x.as_ptr().cast()),
                )
            };
            let first = _mm256_and_si256(x, four_bits);
            let second = _mm256_and_si256(_mm256_srli_epi16::<4>(x), four_bits);
            let x = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(first), second);
            high = _mm512_dpbusd_epi32(high, x, h);
            low = _mm512_dpbusd_epi32(low, x, l);
        }
        let sum = _mm512_add_epi32(_mm512_slli_epi32::<7>(high), low);
        _mm512_reduce_add_epi32(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::super::quantise::{half_bytes, put_halves};
    use super::*;

    #[test]
    fn all_ways_to_multiply_give_the_same_sum() {
        let mut random = 1_u64;
        let mut next = move || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(random >> 40).unwrap()
        };
        for length in [64, 128, 512, 768, 4096] {
            for extreme in [false, true] {
                let code = |n: i64| if extreme { 4095 - 8190 * (n & 1) } else { n % 8191 - 4095 };
                let byte = |n: i64| if extreme { 119 - 238 * (n & 1) } else { n % 239 - 119 };
                let codes: Vec<i16> = (0..length).map(|_| i16::try_from(code(next())).unwrap()).collect();
                let row: Vec<u8> =
                    (0..length).map(|_| i8::try_from(byte(next())).unwrap().cast_unsigned()).collect();
                let expected: i64 =
                    codes.iter().zip(&row).map(|(q, x)| i64::from(*q) * i64::from(x.cast_signed())).sum();
                let query = DotQuery::new(codes);
                let (mut high, mut low) = (Vec::new(), Vec::new());
                put_halves(&row, true, &mut high);
                put_halves(&row, false, &mut low);
                assert_eq!((high.len(), low.len()), (half_bytes(length), half_bytes(length)));
                let mut ways: Vec<HalfDots> = vec![half_dots(false), half_dots(true)];
                #[cfg(target_arch = "x86_64")]
                if std::arch::is_x86_feature_detected!("avx2") {
                    ways.push(wide::avx2);
                }
                for dots in ways {
                    // Of several rows at once each has its own sum.
                    let (mut highs, mut lows) = ([0; 3], [0; 2]);
                    dots(&query, &[high.clone(), low.clone(), high.clone()].concat(), &mut highs);
                    dots(&query, &[low.clone(), low.clone()].concat(), &mut lows);
                    assert_eq!((highs[0], highs[1], lows[0]), (highs[2], lows[1], lows[1]));
                    assert_eq!(i64::from(16 * highs[0] + lows[0]), expected, "{length} {extreme}");
                }
            }
        }
    }

    #[test]
    fn coarse_codes_are_multiplied_alike_too() {
        for length in [64, 512, 768, 4096] {
            for extreme in [false, true] {
                let code = |at: i16| if extreme { 127 - 254 * (at % 2) } else { at * 73 % 255 - 127 };
                let byte = |at: i16| if extreme { 119 - 238 * (at % 2) } else { at * 31 % 239 - 119 };
                let codes: Vec<i16> = (0..length).map(|at| code(at % 300)).collect();
                let row: Vec<u8> =
                    (0..length).map(|at| i8::try_from(byte(at % 300)).unwrap().cast_unsigned()).collect();
                let mut high = Vec::new();
                put_halves(&row, true, &mut high);
                let rows = [high.clone(), high].concat();
                let (mut fine, query) = ([0; 2], CoarseQuery::new(&codes));
                portable(&DotQuery::new(codes), &rows, &mut fine);
                let mut ways: Vec<CoarseDots> = vec![coarse_dots(false), coarse_dots(true)];
                #[cfg(target_arch = "x86_64")]
                if std::arch::is_x86_feature_detected!("avx2") {
                    ways.push(wide::coarse_avx2);
                }
                for dots in ways {
                    let mut sums = [0; 2];
                    dots(&query, &rows, &mut sums);
                    assert_eq!(sums, fine, "{length} {extreme}");
                }
            }
        }
    }

    #[test]
    fn sums_of_the_largest_codes_do_not_overflow() {
        let all_one_way = DotQuery::new(vec![4095; 4096]);
        for (code, sign) in [(119_i8, 1), (-119, -1)] {
            let (mut high, mut low) = (Vec::new(), Vec::new());
            put_halves(&[code.cast_unsigned(); 4096], true, &mut high);
            put_halves(&[code.cast_unsigned(); 4096], false, &mut low);
            for wide in [true, false] {
                let (dots, mut sums) = (half_dots(wide), [0; 2]);
                dots(&all_one_way, &[high.clone(), low.clone()].concat(), &mut sums);
                assert_eq!(16 * sums[0] + sums[1], sign * 4095 * 119 * 4096);
            }
        }
    }
}
