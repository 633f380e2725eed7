//! Sums of products of a query's codes and a row's, exact whatever the order of their terms: every way to compute them
//! gives the same bits, and with them the same answer.

/// Sum of the products of query codes and row codes, exact.
pub(crate) type CodeDot = fn(&DotQuery, &[u8]) -> i32;

/// A query's codes, laid out for each way to multiply them.
#[derive(Debug, Clone)]
pub(crate) struct DotQuery {
    /// −4,095 … 4,095.
    codes: Vec<i16>,
    /// `codes = 128 · high + low`, each a signed byte.
    high: Vec<i8>,
    low: Vec<i8>,
    /// What rows counted from −128 add too much: 128 times the sum of all codes.
    too_much: i32,
}

impl DotQuery {
    /// Of codes of at most 13 bits, at most as many as the most dimensions there are.
    pub fn new(codes: Vec<i16>) -> Self {
        let high = |code: &i16| i8::try_from((code + 64) >> 7).unwrap_or(0);
        let low = |code: &i16| i8::try_from(code - 128 * i16::from(high(code))).unwrap_or(0);
        Self {
            high: codes.iter().map(high).collect(),
            low: codes.iter().map(low).collect(),
            too_much: 128 * codes.iter().map(|code| i32::from(*code)).sum::<i32>(),
            codes,
        }
    }
}

/// The fastest implementation for this processor; without `wide` the portable one.
pub(crate) fn code_dot(wide: bool) -> CodeDot {
    #[cfg(target_arch = "x86_64")]
    if wide {
        use std::arch::is_x86_feature_detected;
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni")
        {
            return |query, row| wide::vnni(&query.high, &query.low, row).wrapping_sub(query.too_much);
        }
        if is_x86_feature_detected!("avx2") {
            return |query, row| wide::avx2(&query.codes, row);
        }
    }
    let _ = wide;
    portable
}

fn portable(query: &DotQuery, row: &[u8]) -> i32 {
    query.codes.iter().zip(row).map(|(q, x)| i32::from(*q) * i32::from(x.cast_signed())).sum()
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_loadu_si256,
        _mm256_madd_epi16, _mm256_setzero_si256, _mm256_storeu_si256, _mm512_add_epi32, _mm512_dpbusd_epi32,
        _mm512_loadu_si512, _mm512_maskz_loadu_epi8, _mm512_reduce_add_epi32, _mm512_set1_epi8,
        _mm512_setzero_si512, _mm512_slli_epi32, _mm512_xor_si512,
    };

    pub(super) fn avx2(query: &[i16], row: &[u8]) -> i32 {
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

    /// The sum for codes of `128 · high + low`, with rows counted from −128.
    pub(super) fn vnni(high: &[i8], low: &[i8], row: &[u8]) -> i32 {
        #[allow(unsafe_code, reason = "chosen only where the processor has AVX-512 with VNNI")]
        unsafe {
            dot_vnni(high, low, row)
        }
    }

    /// The instruction multiplies unsigned bytes by signed ones, so rows are counted from −128, and the query, which has
    /// more bits, is two rows of bytes.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    #[allow(unsafe_code, reason = "loads within the lengths that the slices and masks hold")]
    fn dot_vnni(highs: &[i8], lows: &[i8], row: &[u8]) -> i32 {
        let from_lowest = _mm512_set1_epi8(i8::MIN);
        let (mut high, mut low) = (_mm512_setzero_si512(), _mm512_setzero_si512());
        let length = row.len().min(highs.len());
        let parts =
            highs.chunks(64).zip(lows.chunks(64)).zip(row.get(..length).unwrap_or_default().chunks(64));
        for ((h, l), x) in parts {
            if x.len() == 64 && h.len() == 64 {
                // SAFETY: all three hold 64 bytes.
                let (h, l, x) = unsafe {
                    (
                        _mm512_loadu_si512(h.as_ptr().cast()),
                        _mm512_loadu_si512(l.as_ptr().cast()),
                        _mm512_loadu_si512(x.as_ptr().cast()),
                    )
                };
                let x = _mm512_xor_si512(x, from_lowest);
                high = _mm512_dpbusd_epi32(high, x, h);
                low = _mm512_dpbusd_epi32(low, x, l);
            } else {
                let mask = (1_u64 << x.len().min(h.len())) - 1;
                // SAFETY: what the mask leaves out is not read.
                let (h, l, x) = unsafe {
                    (
                        _mm512_maskz_loadu_epi8(mask, h.as_ptr()),
                        _mm512_maskz_loadu_epi8(mask, l.as_ptr()),
                        _mm512_maskz_loadu_epi8(mask, x.as_ptr().cast()),
                    )
                };
                let x = _mm512_xor_si512(x, from_lowest);
                high = _mm512_dpbusd_epi32(high, x, h);
                low = _mm512_dpbusd_epi32(low, x, l);
            }
        }
        let sum = _mm512_add_epi32(_mm512_slli_epi32::<7>(high), low);
        _mm512_reduce_add_epi32(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_to_multiply_give_the_same_sum() {
        let mut random = 1_u64;
        let mut next = move || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(random >> 40).unwrap()
        };
        for length in [32, 64, 96, 512, 768, 4096] {
            for extreme in [false, true] {
                let code = |n: i64| if extreme { 4095 - 8190 * (n & 1) } else { n % 8191 - 4095 };
                let byte = |n: i64| if extreme { 127 - 254 * (n & 1) } else { n % 255 - 127 };
                let codes: Vec<i16> = (0..length).map(|_| i16::try_from(code(next())).unwrap()).collect();
                let row: Vec<u8> =
                    (0..length).map(|_| i8::try_from(byte(next())).unwrap().cast_unsigned()).collect();
                let expected: i64 =
                    codes.iter().zip(&row).map(|(q, x)| i64::from(*q) * i64::from(x.cast_signed())).sum();
                let query = DotQuery::new(codes);
                assert_eq!(i64::from(portable(&query, &row)), expected);
                assert_eq!(i64::from(code_dot(true)(&query, &row)), expected, "{length} {extreme}");
                #[cfg(target_arch = "x86_64")]
                if std::arch::is_x86_feature_detected!("avx2") {
                    assert_eq!(i64::from(wide::avx2(&query.codes, &row)), expected, "{length} {extreme}");
                }
            }
        }
        let all_one_way = DotQuery::new(vec![4095; 4096]);
        assert_eq!(code_dot(true)(&all_one_way, &[127; 4096]), 4095 * 127 * 4096);
        assert_eq!(code_dot(true)(&all_one_way, &[129; 4096]), -4095 * 127 * 4096);
    }
}
