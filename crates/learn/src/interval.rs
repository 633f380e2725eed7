//! Intervals of confidence.

use serde::{Deserialize, Serialize};

/// Standard deviations to either side of 95 %.
pub(crate) const Z_95: f64 = 1.959_963_984_540_054;

/// An estimate and the 95 % interval around it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Of the mean of independent values (normal approximation).
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // counts of impressions
    pub fn of_mean(values: &[f64]) -> Self {
        let n = values.len() as f64;
        if values.is_empty() {
            return Self::default();
        }
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
        let error = if n > 1.0 { (squares / (n - 1.0) / n).sqrt() } else { f64::INFINITY };
        Self { mean, low: mean - Z_95 * error, high: mean + Z_95 * error }
    }

    /// Of a share: Wilson's interval.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // counts of impressions
    pub fn of_share(hits: usize, of: usize) -> Self {
        if of == 0 {
            return Self { mean: 0.5, low: 0.0, high: 1.0 };
        }
        let (hits, n) = (hits as f64, of as f64);
        let (share, z2) = (hits / n, Z_95 * Z_95);
        let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z_95 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
        Self { mean: share, low: middle - half, high: middle + half }
    }
}
