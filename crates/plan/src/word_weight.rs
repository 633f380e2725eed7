//! How much a word weighs in a score.

/// The weight of a word that `count` of `annotations` annotations say: rarer words weigh more, none nothing.
///
/// ln(1 + (N − n + ½) / (n + ½)), rounded to six places so that a plan is easy to read.
#[must_use]
pub fn word_weight(annotations: u64, count: u64) -> f64 {
    #[allow(clippy::cast_precision_loss)] // counts are far below 2^52
    let (all, with) = (annotations.max(count) as f64, count as f64);
    let weight = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
    (weight * 1e6).round().max(1.0) / 1e6
}
