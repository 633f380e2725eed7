//! Times and their percentiles.

use std::time::Duration;

use serde::Serialize;

/// Measured times.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<Duration>);

/// Percentiles of measured times, in one unit.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Percentiles {
    /// Half are at most this.
    pub p50: f64,
    /// 95 % are at most this.
    pub p95: f64,
    /// 99 % are at most this.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Samples {
    /// Adds a time.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many per second, one after the other.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        let total: Duration = self.0.iter().sum();
        #[allow(clippy::cast_precision_loss)] // a figure for people
        let rate = self.0.len() as f64 / total.as_secs_f64().max(1e-9);
        rate
    }

    /// In microseconds.
    #[must_use]
    pub fn percentiles_us(&self) -> Percentiles {
        self.percentiles(1e6)
    }

    /// In milliseconds.
    #[must_use]
    pub fn percentiles_ms(&self) -> Percentiles {
        self.percentiles(1e3)
    }

    fn percentiles(&self, unit: f64) -> Percentiles {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        // Nearest rank: the smallest value that at least this percentage of all values do not exceed.
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).max(1);
            sorted.get(rank - 1).map_or(0.0, |t| t.as_secs_f64() * unit)
        };
        Percentiles { p50: at(50), p95: at(95), p99: at(99), max: at(100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut samples = Samples::default();
        assert_eq!(samples.percentiles_ms(), Percentiles::default());
        (1..=200).rev().for_each(|ms| samples.add(Duration::from_millis(ms)));
        let p = samples.percentiles_ms();
        assert!((p.p50 - 100.0).abs() < 1e-9 && (p.p95 - 190.0).abs() < 1e-9, "{p:?}");
        assert!((p.p99 - 198.0).abs() < 1e-9 && (p.max - 200.0).abs() < 1e-9, "{p:?}");
    }
}
