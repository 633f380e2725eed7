//! How near two vectors are: the one definition, in f64 over the stored f32 in index order.
//!
//! The order of the sum is part of the definition: engines that sum otherwise find candidates, and this decides.

use rushes_types::Metric;

/// A query vector, prepared.
#[derive(Debug, Clone)]
pub struct Similarity {
    metric: Metric,
    query: Vec<f32>,
    query_norm: f64,
}

impl Similarity {
    /// For a query vector and a metric.
    #[must_use]
    pub fn new(query: &[f32], metric: Metric) -> Self {
        Self { metric, query: query.to_vec(), query_norm: norm(query) }
    }

    /// The raw similarity: cosine, or L2 distance. `None` where the dimensions differ, or a vector without
    /// direction is asked for its angle.
    #[must_use]
    pub fn raw(&self, vector: &[f32]) -> Option<f64> {
        if vector.len() != self.query.len() {
            return None;
        }
        let raw = match self.metric {
            Metric::Cosine => dot(&self.query, vector) / (self.query_norm * norm(vector)),
            Metric::L2 => distance(&self.query, vector),
        };
        raw.is_finite().then_some(raw)
    }

    /// The score of a raw similarity, 0 … 1: cosine (1+s)/2, L2 1/(1+d²).
    #[must_use]
    pub fn score(&self, raw: f64) -> f64 {
        match self.metric {
            Metric::Cosine => f64::midpoint(1.0, raw).clamp(0.0, 1.0),
            Metric::L2 => 1.0 / raw.mul_add(raw, 1.0),
        }
    }

    /// Is a raw similarity within a threshold: least cosine, greatest distance?
    #[must_use]
    pub fn within(&self, raw: f64, threshold: Option<f64>) -> bool {
        match (self.metric, threshold) {
            (_, None) => true,
            (Metric::Cosine, Some(least)) => raw >= least,
            (Metric::L2, Some(greatest)) => raw <= greatest,
        }
    }

    /// Nearer first.
    #[must_use]
    pub fn nearer(&self, a: f64, b: f64) -> std::cmp::Ordering {
        match self.metric {
            Metric::Cosine => b.total_cmp(&a),
            Metric::L2 => a.total_cmp(&b),
        }
    }

    /// The query's length.
    #[must_use]
    pub fn query_norm(&self) -> f64 {
        self.query_norm
    }
}

/// The length of a vector.
#[must_use]
pub fn norm(vector: &[f32]) -> f64 {
    dot(vector, vector).sqrt()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (x, y)| sum + f64::from(*x) * f64::from(*y))
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    let sum = a.iter().zip(b).fold(0.0, |sum, (x, y)| {
        let difference = f64::from(*x) - f64::from(*y);
        sum + difference * difference
    });
    sum.sqrt()
}
