//! How near are two vectors, and what is a nearness worth?
//!
//! Sums are made in f64 over the stored f32, in index order, one after the other: so every engine on every machine
//! gets the same bits. An engine may find candidates with faster arithmetic; what it answers is computed here.

use rushes_types::Metric;

/// Scores are rounded to whole multiples of this before anything is sorted.
pub const SCORE_STEP: f64 = 1.0 / 1_048_576.0;

/// A score, rounded to 2^-20.
#[must_use]
pub fn round_score(score: f64) -> f64 {
    (score / SCORE_STEP).round() * SCORE_STEP
}

/// The cosine of the angle between two vectors, −1 … 1. A zero vector has no direction and counts as at a
/// right angle to all others.
#[must_use]
pub fn cosine_f64(a: &[f32], b: &[f32]) -> f64 {
    let (mut dot, mut a_square, mut b_square) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (f64::from(*x), f64::from(*y));
        dot += x * y;
        a_square += x * x;
        b_square += y * y;
    }
    let norms = a_square.sqrt() * b_square.sqrt();
    if norms > 0.0 { (dot / norms).clamp(-1.0, 1.0) } else { 0.0 }
}

/// The Euclidean distance of two vectors.
#[must_use]
pub fn l2_f64(a: &[f32], b: &[f32]) -> f64 {
    let mut sum = 0.0_f64;
    for (x, y) in a.iter().zip(b) {
        let apart = f64::from(*x) - f64::from(*y);
        sum += apart * apart;
    }
    sum.sqrt()
}

/// The raw similarity in a metric: cosine (larger is nearer) or L2 distance (smaller is nearer).
#[must_use]
pub fn similarity(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    match metric {
        Metric::Cosine => cosine_f64(a, b),
        Metric::L2 => l2_f64(a, b),
    }
}

/// What a raw similarity is worth, 0 … 1: cosine (1+s)/2, L2 1/(1+d²).
#[must_use]
pub fn similarity_score(metric: Metric, similarity: f64) -> f64 {
    match metric {
        Metric::Cosine => f64::midpoint(1.0, similarity),
        Metric::L2 => 1.0 / (1.0 + similarity * similarity),
    }
}

/// Orders raw similarities, the nearer first.
#[must_use]
pub fn nearer_first(metric: Metric, a: f64, b: f64) -> std::cmp::Ordering {
    match metric {
        Metric::Cosine => b.total_cmp(&a),
        Metric::L2 => a.total_cmp(&b),
    }
}

/// Is a raw similarity within a threshold: at least the cosine, at most the distance?
#[must_use]
pub fn within_threshold(metric: Metric, similarity: f64, threshold: Option<f64>) -> bool {
    threshold.is_none_or(|t| match metric {
        Metric::Cosine => similarity >= t,
        Metric::L2 => similarity <= t,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarities_are_worth_what_the_design_says() {
        assert_eq!(cosine_f64(&[1.0, 0.0], &[0.0, 2.0]), 0.0);
        assert_eq!(cosine_f64(&[3.0, 4.0], &[3.0, 4.0]), 1.0);
        assert_eq!(cosine_f64(&[0.0, 0.0], &[3.0, 4.0]), 0.0);
        assert_eq!(l2_f64(&[0.0, 0.0], &[3.0, 4.0]), 5.0);
        assert_eq!(similarity_score(Metric::Cosine, -1.0), 0.0);
        assert_eq!(similarity_score(Metric::L2, 2.0), 0.2);
        assert_eq!(round_score(0.1), 104_858.0 / 1_048_576.0);
    }
}
