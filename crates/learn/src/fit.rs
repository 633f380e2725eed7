//! The fit: logistic regression on pairs with a Gaussian prior, by Newton steps.

use crate::features::FEATURE_COUNT;
use crate::model::SCORE_SCALE;
use crate::pairs::Pair;

type Vector = [f64; FEATURE_COUNT];
type Matrix = [Vector; FEATURE_COUNT];

/// Most Newton steps; some six are taken.
const STEPS_MAX: usize = 50;
/// Most halvings of a step.
const HALVINGS_MAX: usize = 30;
/// The fit ends when a step moves no coefficient by more than this.
const MOVE_MIN: f64 = 1e-7;
/// Coefficients are kept to this part, as scores are.
const PART: f64 = (1_u64 << 20) as f64;

/// What is believed of the coefficients before any pair is seen: independent normal distributions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// Their means.
    pub mean: [f64; FEATURE_COUNT],
    /// The inverse of their variance, above 0.
    pub precision: f64,
}

impl Prior {
    /// The hand-set order: no feature counts, until it is shown.
    #[must_use]
    pub const fn hand_set() -> Self {
        Self { mean: [0.0; FEATURE_COUNT], precision: HAND_SET_PRECISION }
    }
}

/// Of the prior at the hand-set weights: coefficients of about 1.4 are expected.
const HAND_SET_PRECISION: f64 = 0.5;

/// The most probable coefficients, and how sure they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// The coefficients.
    pub weights: [f64; FEATURE_COUNT],
    /// Their standard deviations (the curvature at the optimum; Laplace's approximation).
    pub deviations: [f64; FEATURE_COUNT],
}

/// Fits the coefficients. The pairs may come in any order; equal pairs give equal bits.
#[must_use]
pub fn fit(pairs: Vec<Pair>, prior: &Prior) -> Fit {
    fit_from(pairs, prior, prior.mean)
}

/// [`fit`] that begins near the optimum.
pub(crate) fn fit_from(mut pairs: Vec<Pair>, prior: &Prior, mut weights: Vector) -> Fit {
    pairs.sort_by(Pair::order);
    let mut loss = loss_of(&pairs, prior, &weights);
    for _ in 0..STEPS_MAX {
        let (gradient, curvature) = derivatives(&pairs, prior, &weights);
        let step = solved(&lower(&curvature), &gradient);
        let Some((next, lower_loss)) = descended(&pairs, prior, &weights, &step, loss) else { break };
        let moved = next.iter().zip(&weights).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        (weights, loss) = (next, lower_loss);
        if moved < MOVE_MIN {
            break;
        }
    }
    let (_, curvature) = derivatives(&pairs, prior, &weights);
    let factor = lower(&curvature);
    let deviation = |i: usize| {
        let mut unit = [0.0; FEATURE_COUNT];
        unit[i] = 1.0;
        round(solved(&factor, &unit)[i].max(0.0).sqrt())
    };
    Fit { weights: weights.map(round), deviations: std::array::from_fn(deviation) }
}

/// Rounded, and never -0, so that equal coefficients have equal bits.
fn round(x: f64) -> f64 {
    (x * PART).round() / PART + 0.0
}

/// The first halving of a step that lowers the loss.
fn descended(
    pairs: &[Pair],
    prior: &Prior,
    weights: &Vector,
    step: &Vector,
    loss: f64,
) -> Option<(Vector, f64)> {
    let mut size = 1.0;
    for _ in 0..HALVINGS_MAX {
        let next: Vector = std::array::from_fn(|i| weights[i] - size * step[i]);
        let lower = loss_of(pairs, prior, &next);
        if lower < loss {
            return Some((next, lower));
        }
        size /= 2.0;
    }
    None
}

/// How much the model prefers the better one: the logit.
pub(crate) fn logit(pair: &Pair, weights: &Vector) -> f64 {
    pair.features.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() + SCORE_SCALE * pair.score
}

fn loss_of(pairs: &[Pair], prior: &Prior, weights: &Vector) -> f64 {
    let of_prior: f64 =
        weights.iter().zip(&prior.mean).map(|(w, m)| prior.precision * (w - m) * (w - m) / 2.0).sum();
    pairs.iter().fold(of_prior, |sum, pair| sum + pair.weight * softplus(-logit(pair, weights)))
}

/// The logarithm of 1 + e^x.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

/// Gradient and curvature of the loss.
fn derivatives(pairs: &[Pair], prior: &Prior, weights: &Vector) -> (Vector, Matrix) {
    let mut gradient: Vector = std::array::from_fn(|i| prior.precision * (weights[i] - prior.mean[i]));
    let mut curvature: Matrix = [[0.0; FEATURE_COUNT]; FEATURE_COUNT];
    for (i, row) in curvature.iter_mut().enumerate() {
        row[i] = prior.precision;
    }
    for pair in pairs {
        // The chance, in the model's eyes, of the other one.
        let wrong = 1.0 / (1.0 + libm::exp(logit(pair, weights)));
        let (slope, bend) = (pair.weight * wrong, pair.weight * wrong * (1.0 - wrong));
        for (i, x) in pair.features.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            gradient[i] -= slope * x;
            for (sum, y) in curvature[i].iter_mut().zip(&pair.features).take(i + 1) {
                *sum += bend * x * y;
            }
        }
    }
    (gradient, curvature)
}

/// Cholesky's factor of a symmetric, positive definite matrix, of which the lower half is given.
fn lower(matrix: &Matrix) -> Matrix {
    let mut factor: Matrix = [[0.0; FEATURE_COUNT]; FEATURE_COUNT];
    for i in 0..FEATURE_COUNT {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
            // The prior keeps the diagonal above 0.
            factor[i][j] = if i == j {
                (matrix[i][i] - sum).max(f64::MIN_POSITIVE).sqrt()
            } else {
                (matrix[i][j] - sum) / factor[j][j]
            };
        }
    }
    factor
}

/// The solution of `factor · factorᵀ · x = right`.
fn solved(factor: &Matrix, right: &Vector) -> Vector {
    let mut x = *right;
    for i in 0..FEATURE_COUNT {
        let sum: f64 = (0..i).map(|k| factor[i][k] * x[k]).sum();
        x[i] = (x[i] - sum) / factor[i][i];
    }
    for i in (0..FEATURE_COUNT).rev() {
        let sum: f64 = (i + 1..FEATURE_COUNT).map(|k| factor[k][i] * x[k]).sum();
        x[i] = (x[i] - sum) / factor[i][i];
    }
    x
}
