//! Intervals that contain a row's goodness, computed from its codes.

use rushes_plan::NearestTest;
use rushes_types::Metric;

use super::dot::{CoarseDots, HalfDots, coarse_dots, half_dots};
use super::quantise::{Codes, QueryCodes, RowStats};

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
    dots: HalfDots,
    coarse_dots: CoarseDots,
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
        Self {
            metric: test.metric,
            query: QueryCodes::new(&test.query),
            threshold,
            dots: half_dots(wide),
            coarse_dots: coarse_dots(wide),
        }
    }

    /// The least goodness that can pass the threshold.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The sums that the high halves of rows, one after the other, make with the coarse codes of the query.
    #[inline]
    pub fn coarse_sums(&self, high: &[u8], sums: &mut [i32]) {
        if let Some(query) = &self.query {
            (self.coarse_dots)(&query.coarse.codes, high, sums);
        }
    }

    /// Is a row whose high halves make this coarse sum certainly less good than that?
    #[inline]
    pub fn is_worse(&self, stats: &RowStats, high: i32, least: f64) -> bool {
        let Some(query) = &self.query else { return false };
        let product = product(query, &query.coarse, stats, stats.coarse, 16.0 * f64::from(high));
        let Some((dot, error)) = product else { return false };
        match self.metric {
            // Without a division: it takes longer than all the rest.
            Metric::Cosine => dot + error < (least - ROUNDING) * (query.norm * stats.norm),
            Metric::L2 => self.interval(query.norm, stats.norm, dot, error).highest < least,
        }
    }

    /// The interval of a row by both halves of its codes.
    #[inline]
    pub fn of(&self, stats: &RowStats, high: &[u8], low: &[u8]) -> Interval {
        let Some(query) = &self.query else { return ANYTHING };
        let sum = |halves| {
            let mut sum = [0];
            (self.dots)(&query.fine.codes, halves, &mut sum);
            f64::from(sum[0])
        };
        let product = product(query, &query.fine, stats, stats.residual, 16.0 * sum(high) + sum(low));
        product.map_or(ANYTHING, |(dot, error)| self.interval(query.norm, stats.norm, dot, error))
    }

    /// The interval of a row of this length with such a product with the query.
    #[inline]
    fn interval(&self, query: f64, norm: f64, dot: f64, error: f64) -> Interval {
        match self.metric {
            Metric::Cosine => {
                let lengths = query * norm;
                let (middle, error) = (dot / lengths, error / lengths + ROUNDING);
                Interval { lowest: middle - error, highest: middle + error }
            }
            Metric::L2 => {
                let squares = query * query + norm * norm;
                let (middle, error) = (2.0 * dot - squares, 2.0 * error + squares * ROUNDING);
                Interval { lowest: middle - error, highest: middle + error }
            }
        }
    }
}

/// The product of a query and a row whose codes leave out so much, and make this sum with some of the query's, and how far
/// off it may be; `None` where the codes do not tell.
#[inline]
fn product<C>(
    query: &QueryCodes,
    codes: &Codes<C>,
    stats: &RowStats,
    residual: f32,
    sum: f64,
) -> Option<(f64, f64)> {
    let (norm, residual) = (stats.norm, f64::from(residual));
    // A zero vector has no direction, and one with an infinite residual has no usable codes.
    if !norm.is_normal() || !residual.is_finite() {
        return None;
    }
    // |q·x − q'·x'| <= |q|·|x − x'| + |q − q'|·|x'|, and |x'| <= |x| + |x − x'|.
    let error = query.norm * residual + codes.residual * (norm + residual);
    Some((f64::from(stats.scale) * codes.scale * sum, error))
}
