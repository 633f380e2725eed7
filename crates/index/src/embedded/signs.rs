//! Directions as one bit a dimension: on which side of the mean direction of its segment a vector lies.
//!
//! Two vectors with nearly the same direction differ in few of these bits, so the rows that differ least from the query
//! are a good short list of the nearest, found by reading a 64th of the bytes: one half of the bits of all rows, and the
//! other half of those of the rows that are near by the first (sign random projections without the
//! projection: Charikar 2002; centring makes up for what all vectors of a model have in common). It is a heuristic, not
//! a bound: approximate search compares the short list in full, exact search does not use it.

/// Bytes of a row's bits.
pub(crate) fn sign_bytes(dimensions: usize) -> usize {
    dimensions.div_ceil(64) * 8
}

/// Bytes of the first half of a row's bits, and of the others: whole words. The first halves of all rows lie together, so
/// that a search reads half as much before it knows which rows may be near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignWidths {
    pub first: usize,
    pub other: usize,
}

impl SignWidths {
    pub fn of(dimensions: usize) -> Self {
        let first = dimensions.div_ceil(64).div_ceil(2) * 8;
        Self { first, other: sign_bytes(dimensions) - first }
    }
}

/// Sums directions, for their mean.
#[derive(Debug, Clone, Default)]
pub(crate) struct MeanDirection {
    sums: Vec<f64>,
    count: u64,
}

impl MeanDirection {
    /// Adds a vector of this length (its Euclidean norm); one without a usable length has no direction.
    pub fn add(&mut self, vector: &[f32], norm: f64) {
        if !norm.is_normal() {
            return;
        }
        self.sums.resize(vector.len(), 0.0);
        self.sums.iter_mut().zip(vector).for_each(|(sum, x)| *sum += f64::from(*x) / norm);
        self.count += 1;
    }

    /// The mean vector.
    pub fn finish(&self, dimensions: usize) -> Vec<f32> {
        #[allow(clippy::cast_precision_loss, reason = "rows are far fewer than 2^52")]
        let count = self.count.max(1) as f64;
        #[allow(clippy::cast_possible_truncation, reason = "a component of a mean of unit vectors")]
        let mut mean: Vec<f32> = self.sums.iter().map(|sum| (sum / count) as f32).collect();
        mean.resize(dimensions, 0.0);
        mean
    }
}

/// The bits of a vector of this length, appended.
pub(crate) fn put_signs(components: impl Iterator<Item = f32>, norm: f64, mean: &[f32], out: &mut Vec<u8>) {
    let from = out.len();
    out.resize(from + sign_bytes(mean.len()), 0);
    if !norm.is_normal() {
        return;
    }
    for (no, (x, mean)) in components.zip(mean).enumerate() {
        if f64::from(x) > norm * f64::from(*mean)
            && let Some(byte) = out.get_mut(from + no / 8)
        {
            *byte |= 1 << (no % 8);
        }
    }
}

/// Bits of a weight: how much it tells that a row lies on the other side of the mean in a dimension.
const WEIGHT_BITS: usize = 4;

/// The bits of a query, to compare those of rows with.
#[derive(Debug, Clone)]
pub(crate) struct SignQuery {
    /// The first half of the bits.
    first: Vec<u64>,
    /// All bits, and those of the weights of their dimensions, the lowest first.
    weighted: Vec<(u64, [u64; WEIGHT_BITS])>,
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word))
}

impl SignQuery {
    /// Of a query, relative to the mean of the rows.
    pub fn new(query: &[f32], mean: &[f32]) -> Self {
        let norm = query.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        let mut signs = Vec::new();
        put_signs(query.iter().copied(), norm, mean, &mut signs);
        let apart = |(x, mean): (&f32, &f32)| (f64::from(*x) - norm * f64::from(*mean)).abs();
        let apart: Vec<f64> = query.iter().zip(mean).map(apart).collect();
        let largest = apart.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let mut weighted: Vec<(u64, [u64; WEIGHT_BITS])> =
            words(&signs).map(|word| (word, [0; WEIGHT_BITS])).collect();
        for (no, apart) in apart.iter().enumerate() {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 15")]
            let weight = (apart / largest * f64::from((1 << WEIGHT_BITS) - 1)).round() as u64;
            if let Some((_, weights)) = weighted.get_mut(no / 64) {
                for (bit, weights) in weights.iter_mut().enumerate() {
                    *weights |= (weight >> bit & 1) << (no % 64);
                }
            }
        }
        let first = SignWidths::of(mean.len()).first / 8;
        Self { first: weighted.iter().take(first).map(|(word, _)| *word).collect(), weighted }
    }

    /// In how many of their first bits rows differ from the query: one number a row, appended.
    pub fn put_distances(&self, rows: &[u8], out: &mut Vec<u16>) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("popcnt") {
            #[allow(unsafe_code, reason = "chosen only where the processor counts bits")]
            // SAFETY: the processor has the instruction.
            return unsafe { put_distances_popcnt(&self.first, rows, out) };
        }
        put_distances_portable(&self.first, rows, out);
    }

    /// How much a row differs from the query in all its bits, the first half and the others: the sum of the weights of the
    /// dimensions in which it does.
    pub fn weighted_distance(&self, first: &[u8], other: &[u8]) -> u32 {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("popcnt") {
            #[allow(unsafe_code, reason = "chosen only where the processor counts bits")]
            // SAFETY: the processor has the instruction.
            return unsafe { weighted_popcnt(&self.weighted, first, other) };
        }
        weighted_portable(&self.weighted, first, other)
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn weighted_popcnt(query: &[(u64, [u64; WEIGHT_BITS])], first: &[u8], other: &[u8]) -> u32 {
    weighted_portable(query, first, other)
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "it must be compiled again with the instruction")]
fn weighted_portable(query: &[(u64, [u64; WEIGHT_BITS])], first: &[u8], other: &[u8]) -> u32 {
    let mut sum = 0;
    for (row, (query, weights)) in words(first).chain(words(other)).zip(query) {
        for (bit, weights) in weights.iter().enumerate() {
            sum += ((row ^ query) & weights).count_ones() << bit;
        }
    }
    sum
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn put_distances_popcnt(query: &[u64], rows: &[u8], out: &mut Vec<u16>) {
    put_distances_portable(query, rows, out);
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "it must be compiled again with the instruction")]
fn put_distances_portable(query: &[u64], rows: &[u8], out: &mut Vec<u16>) {
    // At most 4,096 dimensions, so the number fits.
    #[allow(clippy::cast_possible_truncation, reason = "at most 4,096")]
    let of_words = |row: &[[u8; 8]], query: &[u64]| -> u16 {
        let words = row.iter().map(|word| u64::from_le_bytes(*word));
        words.zip(query).map(|(x, q)| (x ^ q).count_ones()).sum::<u32>() as u16
    };
    let words = rows.as_chunks::<8>().0;
    // Of the most frequent numbers of dimensions (512, 768 and 1,024) the loop over a row's words is laid out flat.
    match query {
        [a, b, c, d] => {
            out.extend(words.as_chunks::<4>().0.iter().map(|row| of_words(row, &[*a, *b, *c, *d])))
        }
        [a, b, c, d, e, f] => {
            out.extend(words.as_chunks::<6>().0.iter().map(|row| of_words(row, &[*a, *b, *c, *d, *e, *f])));
        }
        [a, b, c, d, e, f, g, h] => {
            let query = [*a, *b, *c, *d, *e, *f, *g, *h];
            out.extend(words.as_chunks::<8>().0.iter().map(|row| of_words(row, &query)));
        }
        query => out.extend(words.chunks_exact(query.len().max(1)).map(|row| of_words(row, query))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(vector: &[f32], mean: &[f32]) -> Vec<u8> {
        let norm = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        let mut out = Vec::new();
        put_signs(vector.iter().copied(), norm, mean, &mut out);
        out
    }

    #[test]
    fn rows_differ_from_a_query_where_they_lie_on_the_other_side_of_the_mean() {
        let mut mean = MeanDirection::default();
        mean.add(&[2.0, 0.0, 0.0], 2.0);
        mean.add(&[0.0, 3.0, 0.0], 3.0);
        mean.add(&[0.0, 0.0, 0.0], 0.0);
        let mean = mean.finish(3);
        assert_eq!(mean, [0.5, 0.5, 0.0]);
        assert_eq!(signs(&[1.0, 0.1, 0.1], &mean), [0b101, 0, 0, 0, 0, 0, 0, 0]);
        let rows = [signs(&[10.0, 1.0, 1.0], &mean), signs(&[0.1, 1.0, 0.1], &mean)].concat();
        let query = SignQuery::new(&[1.0, 0.1, 0.1], &mean);
        let (mut found, mut portable) = (vec![7], Vec::new());
        query.put_distances(&rows, &mut found);
        put_distances_portable(&query.first, &rows, &mut portable);
        assert_eq!((found, portable), (vec![7, 0, 2], vec![0, 2]));
    }

    #[test]
    fn all_widths_are_counted_alike() {
        for dimensions in [1, 64, 65, 200, 512, 700, 768, 1_000, 1_024, 1_536, 4_096] {
            let widths = SignWidths::of(dimensions);
            assert_eq!(widths.first + widths.other, sign_bytes(dimensions));
            let bytes = sign_bytes(dimensions);
            let row = |no: usize| (0..bytes).map(move |at| u8::try_from((at * 37 + no * 101) % 256).unwrap());
            #[allow(clippy::cast_precision_loss, reason = "small whole numbers")]
            let query: Vec<f32> = (0..dimensions).map(|d| (d * 7 % 31) as f32 - 15.0).collect();
            let mean = vec![0.01; dimensions];
            let bits = signs(&query, &mean);
            let signs = SignQuery::new(&query, &mean);
            let firsts: Vec<u8> = (0..5).flat_map(|no| row(no).take(widths.first)).collect();
            let mut found = Vec::new();
            signs.put_distances(&firsts, &mut found);
            for no in 0..5 {
                let row: Vec<u8> = row(no).collect();
                let pairs = row.iter().zip(&bits).take(widths.first);
                let differing: u32 = pairs.map(|(x, q)| (x ^ q).count_ones()).sum();
                assert_eq!(u32::from(found[no]), differing, "{dimensions}");
                let (first, other) = row.split_at(widths.first);
                // What is further from the mean counts more.
                let norm = query.iter().map(|x| x * x).sum::<f32>().sqrt();
                let apart: Vec<f32> = query.iter().map(|x| (x - norm * 0.01).abs()).collect();
                let largest = apart.iter().copied().fold(0.0, f32::max);
                let differs = |d: &usize| (row[d / 8] ^ bits[d / 8]) >> (d % 8) & 1 == 1;
                let weights: f32 =
                    (0..dimensions).filter(differs).map(|d| (apart[d] / largest * 15.0).round()).sum();
                #[allow(clippy::cast_precision_loss, reason = "small whole numbers")]
                let weighted = signs.weighted_distance(first, other) as f32;
                assert!((weighted - weights).abs() <= 2.0, "{dimensions}: {weighted} {weights}");
                let portable = weighted_portable(&signs.weighted, first, other);
                assert_eq!(signs.weighted_distance(first, other), portable);
            }
        }
    }

    #[test]
    fn a_row_takes_whole_words() {
        assert_eq!([sign_bytes(1), sign_bytes(64), sign_bytes(65), sign_bytes(512)], [8, 8, 16, 64]);
    }
}
