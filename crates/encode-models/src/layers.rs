//! The layers of a transformer.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rushes_types::{Error, Result};

use crate::activation::Activation;
use crate::tensors::Tensors;

/// y = x Wᵀ + b, for each row.
pub struct Linear {
    weight: Array2<f32>,
    bias: Option<Array1<f32>>,
}

impl Linear {
    /// `name.weight` and, where it is there, `name.bias`.
    pub fn read(tensors: &Tensors, name: &str) -> Result<Self> {
        let bias = format!("{name}.bias");
        let bias = if tensors.has(&bias) { Some(tensors.vector(&bias)?) } else { None };
        Self::of(tensors.matrix(&format!("{name}.weight"))?, bias, name)
    }

    /// Of a matrix and a bias.
    pub fn of(weight: Array2<f32>, bias: Option<Array1<f32>>, name: &str) -> Result<Self> {
        if bias.as_ref().is_some_and(|b| b.len() != weight.nrows()) {
            return Err(shape(name));
        }
        Ok(Self { weight, bias })
    }

    /// Output width.
    pub fn width(&self) -> usize {
        self.weight.nrows()
    }

    /// Input width.
    pub fn takes(&self) -> usize {
        self.weight.ncols()
    }

    /// For each row.
    pub fn apply(&self, x: &ArrayView2<'_, f32>) -> Array2<f32> {
        let mut y = x.dot(&self.weight.t());
        if let Some(bias) = &self.bias {
            y += bias;
        }
        y
    }
}

/// The error for matrices whose shapes do not fit.
pub fn shape(name: &str) -> Error {
    Error::invalid(format!("`{name}` has another shape than the model's configuration says"))
}

/// Each row to mean 0 and variance 1, then scaled and moved.
pub struct Norm {
    weight: Array1<f32>,
    bias: Array1<f32>,
    eps: f32,
}

impl Norm {
    /// `name.weight` and `name.bias`, for rows of `width` numbers.
    pub fn read(tensors: &Tensors, name: &str, width: usize, eps: f32) -> Result<Self> {
        let (weight, bias) =
            (tensors.vector(&format!("{name}.weight"))?, tensors.vector(&format!("{name}.bias"))?);
        if weight.len() != width || bias.len() != width {
            return Err(shape(name));
        }
        Ok(Self { weight, bias, eps })
    }

    /// In place.
    pub fn apply(&self, x: &mut Array2<f32>) {
        let width = self.weight.len() as f32;
        for mut row in x.rows_mut() {
            let mean = row.sum() / width;
            row -= mean;
            let variance = row.iter().map(|v| v * v).sum::<f32>() / width;
            row /= (variance + self.eps).sqrt();
            row *= &self.weight;
            row += &self.bias;
        }
    }
}

/// Multi-head attention.
pub struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    heads: usize,
}

impl Attention {
    /// Of its four linear steps, for rows of `width` numbers.
    pub fn of(parts: [Linear; 4], heads: usize, width: usize, name: &str) -> Result<Self> {
        let fits = |l: &Linear| l.width() == width && l.takes() == width;
        if heads == 0 || !width.is_multiple_of(heads) || !parts.iter().all(fits) {
            return Err(shape(name));
        }
        let [query, key, value, out] = parts;
        Ok(Self { query, key, value, out, heads })
    }

    /// Attention from `from` to `x`. `causal`: a position attends only to itself and earlier ones.
    pub fn apply(&self, from: &ArrayView2<'_, f32>, x: &ArrayView2<'_, f32>, causal: bool) -> Array2<f32> {
        let (q, k, v) = (self.query.apply(from), self.key.apply(x), self.value.apply(x));
        let size = q.ncols() / self.heads;
        let scale = 1.0 / (size as f32).sqrt();
        let mut seen = Array2::zeros(q.raw_dim());
        for head in 0..self.heads {
            let part = s![.., head * size..(head + 1) * size];
            let mut scores = q.slice(part).dot(&k.slice(part).t());
            scores *= scale;
            if causal {
                for ((row, column), score) in scores.indexed_iter_mut() {
                    if column > row {
                        *score = f32::NEG_INFINITY;
                    }
                }
            }
            softmax(&mut scores);
            seen.slice_mut(part).assign(&scores.dot(&v.slice(part)));
        }
        self.out.apply(&seen.view())
    }
}

fn softmax(scores: &mut Array2<f32>) {
    for mut row in scores.axis_iter_mut(Axis(0)) {
        let most = row.fold(f32::NEG_INFINITY, |most, x| most.max(*x));
        row.mapv_inplace(|x| (x - most).exp());
        let sum = row.sum();
        row /= sum;
    }
}

/// Two linear steps with a function between.
pub struct Mlp {
    first: Linear,
    second: Linear,
    function: Activation,
}

impl Mlp {
    /// Of its steps, for rows of `width` numbers.
    pub fn of(first: Linear, second: Linear, function: Activation, width: usize, name: &str) -> Result<Self> {
        if first.takes() != width || second.width() != width || second.takes() != first.width() {
            return Err(shape(name));
        }
        Ok(Self { first, second, function })
    }

    /// For each row.
    pub fn apply(&self, x: &ArrayView2<'_, f32>) -> Array2<f32> {
        let mut inner = self.first.apply(x);
        inner.mapv_inplace(|v| self.function.of(v));
        self.second.apply(&inner.view())
    }
}

/// Scaled to unit length, unless it is zero.
pub fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    if length > 0.0 {
        #[allow(clippy::cast_possible_truncation)] // at most 1
        vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    }
    vector
}
