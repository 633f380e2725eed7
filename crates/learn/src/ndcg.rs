//! Normalised discounted cumulative gain (Järvelin, Kekäläinen 2002), with gains of 2^grade - 1.

use crate::counterfactual::discount;

/// NDCG of grades in the order in which they are shown, over the first `k`; 1 where no grade is above 0.
#[must_use]
pub fn ndcg(grades: &[u32], k: usize) -> f64 {
    let gain = |(i, grade): (usize, &u32)| f64::from((1_u32 << (*grade).min(30)) - 1) * discount(i + 1);
    let mut best = grades.to_vec();
    best.sort_by(|a, b| b.cmp(a));
    let ideal: f64 = best.iter().take(k).enumerate().map(gain).sum();
    if ideal > 0.0 { grades.iter().take(k).enumerate().map(gain).sum::<f64>() / ideal } else { 1.0 }
}
