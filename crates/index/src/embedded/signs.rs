//! Directions as one bit a dimension: on which side of the mean direction of its segment a vector lies.
//!
//! Two vectors with nearly the same direction differ in few of these bits, so the rows that differ least from the query
//! are a good short list of the nearest, found by reading a 32nd of the bytes (sign random projections without the
//! projection: Charikar 2002; centring makes up for what all vectors of a model have in common). It is a heuristic, not
//! a bound: approximate search compares the short list in full, exact search does not use it.

/// Bytes of a row's bits.
pub(crate) fn sign_bytes(dimensions: usize) -> usize {
    dimensions.div_ceil(64) * 8
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

/// In how many bits each row differs from the query: one number a row.
pub(crate) fn distances(query: &[u8], rows: &[u8]) -> Vec<u16> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512vpopcntdq")
    {
        #[allow(unsafe_code, reason = "chosen only where the processor counts bits of whole rows")]
        // SAFETY: the processor has the instructions.
        return unsafe { distances_wide(query, rows) };
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("popcnt") {
        #[allow(unsafe_code, reason = "chosen only where the processor counts bits")]
        // SAFETY: the processor has the instruction.
        return unsafe { distances_popcnt(query, rows) };
    }
    distances_portable(query, rows)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn distances_wide(query: &[u8], rows: &[u8]) -> Vec<u16> {
    distances_portable(query, rows)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn distances_popcnt(query: &[u8], rows: &[u8]) -> Vec<u16> {
    distances_portable(query, rows)
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "it must be compiled again with the instruction")]
fn distances_portable(query: &[u8], rows: &[u8]) -> Vec<u16> {
    let words = |bytes: &[u8]| -> Vec<u64> {
        bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect()
    };
    let query = words(query);
    let differing = |row: &[u8]| -> u32 {
        let words = row.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        words.zip(&query).map(|(x, q)| (x ^ q).count_ones()).sum()
    };
    // At most 4,096 dimensions.
    rows.chunks_exact((query.len() * 8).max(8))
        .map(|row| u16::try_from(differing(row)).unwrap_or(u16::MAX))
        .collect()
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
        assert_eq!(distances(&signs(&[1.0, 0.1, 0.1], &mean), &rows), [0, 2]);
        assert_eq!(distances_portable(&signs(&[1.0, 0.1, 0.1], &mean), &rows), [0, 2]);
    }

    #[test]
    fn a_row_takes_whole_words() {
        assert_eq!([sign_bytes(1), sign_bytes(64), sign_bytes(65), sign_bytes(512)], [8, 8, 16, 64]);
    }
}
