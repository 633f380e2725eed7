//! The functions between two linear steps.

use rushes_types::{Error, ErrorKind, Result};
use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// Which function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// x times the share of a normal distribution below x.
    Gelu,
    /// The same, through a hyperbolic tangent.
    GeluTanh,
    /// x times the logistic function of 1.702 x.
    QuickGelu,
    /// x, or nothing below nought.
    Relu,
}

impl Activation {
    /// By the name that a model's configuration gives it.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "gelu" => Ok(Self::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" => Ok(Self::GeluTanh),
            "quick_gelu" => Ok(Self::QuickGelu),
            "relu" => Ok(Self::Relu),
            _ => Err(Error::new(ErrorKind::Unsupported, format!("activation `{name}` is not known here"))),
        }
    }

    /// The function.
    pub fn of(self, x: f32) -> f32 {
        match self {
            Self::Gelu => 0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2)),
            Self::GeluTanh => {
                let inner = FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (x + 0.044_715 * x * x * x);
                0.5 * x * (1.0 + inner.tanh())
            }
            Self::QuickGelu => x / (1.0 + (-1.702 * x).exp()),
            Self::Relu => x.max(0.0),
        }
    }
}

/// The error function, to 1.5e-7 (Abramowitz and Stegun, 7.1.26).
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let factors = [1.061_405_4, -1.453_152_1, 1.421_413_8, -0.284_496_72, 0.254_829_6];
    let sum = factors.iter().fold(0.0, |sum, factor| (sum + factor) * t);
    (1.0 - sum * (-x * x).exp()).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_are_those_of_the_reference() {
        for (name, at_one) in
            [("gelu", 0.841_345), ("gelu_pytorch_tanh", 0.841_192), ("quick_gelu", 0.845_795), ("relu", 1.0)]
        {
            let function = Activation::named(name).unwrap();
            assert!((function.of(1.0) - at_one).abs() < 1e-5, "{name}: {}", function.of(1.0));
            assert_eq!(function.of(0.0), 0.0);
        }
        assert!(Activation::named("swish").is_err());
    }
}
