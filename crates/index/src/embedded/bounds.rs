//! Intervals that contain a row's goodness, computed from its codes.

use rushes_plan::NearestTest;
use rushes_types::Metric;

use super::dot::{CodeDot, code_dot};
use super::quantise::{QueryCodes, RowStats};

/// Lower and upper end of a row's goodness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub lowest: f64,
    pub highest: f64,
}

const ANYTHING: Interval = Interval { lowest: f64::NEG_INFINITY, highest: f64::INFINITY };

/// An upper bound for the rounding error of f64 sums over 4096 dimensions, relative to the lengths: the real error is
/// below 4096 · 2^-52 ≈ 1e-12.
const ROUNDING: f64 = 1e-9;

/// Makes intervals for one query.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    metric: Metric,
    /// `None`: the query has no usable codes, and every row is compared in full.
    query: Option<QueryCodes>,
    threshold: f64,
    dot: CodeDot,
}

impl Bounds {
    /// With `wide` the dot products are computed by the widest instructions there are.
    pub fn new(test: &NearestTest, wide: bool) -> Self {
        let threshold = match (test.metric, test.threshold) {
            (_, None) => f64::NEG_INFINITY,
            (Metric::Cosine, Some(least)) => least - ROUNDING,
            // A negative distance threshold matches nothing; the exact comparison decides that.
            (Metric::L2, Some(greatest)) => -(greatest * greatest) * (1.0 + ROUNDING) - f64::MIN_POSITIVE,
        };
        Self { metric: test.metric, query: QueryCodes::new(&test.query), threshold, dot: code_dot(wide) }
    }

    /// The least goodness that can pass the threshold.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The interval of a row.
    #[inline]
    pub fn of(&self, stats: &RowStats, codes: &[u8]) -> Interval {
        let Some(query) = &self.query else { return ANYTHING };
        let (norm, residual) = (stats.norm, f64::from(stats.residual));
        // A zero vector has no direction, and one with an infinite residual has no usable codes.
        if !norm.is_normal() || !residual.is_finite() {
            return ANYTHING;
        }
        let dot = f64::from(stats.scale) * query.scale * f64::from((self.dot)(&query.codes, codes));
        // |q·x − q'·x'| <= |q|·|x − x'| + |q − q'|·|x'|, and |x'| <= |x| + |x − x'|.
        let error = query.norm * residual + query.residual * (norm + residual);
        match self.metric {
            Metric::Cosine => {
                let lengths = query.norm * norm;
                let (middle, error) = (dot / lengths, error / lengths + ROUNDING);
                Interval { lowest: middle - error, highest: middle + error }
            }
            Metric::L2 => {
                let squares = query.norm * query.norm + norm * norm;
                let (middle, error) = (2.0 * dot - squares, 2.0 * error + squares * ROUNDING);
                Interval { lowest: middle - error, highest: middle + error }
            }
        }
    }
}
