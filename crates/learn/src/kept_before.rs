//! What was kept before, and how often.

use std::collections::BTreeMap;

/// So many times kept counts as much as any: 1 - 1 / (1 + n / 2) comes near 1.
const HALF: f64 = 2.0;

/// Times that were kept or taken along, by asset.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KeptBefore(BTreeMap<String, Vec<(i64, i64)>>);

impl KeptBefore {
    /// Adds one, in nanoseconds.
    pub fn add(&mut self, asset: &str, start_ns: i64, end_ns: i64) {
        self.0.entry(asset.to_owned()).or_default().push((start_ns, end_ns));
    }

    /// How often what overlaps a time was kept, and how often anything of its asset, each as a number from 0 to 1.
    #[must_use]
    pub fn of(&self, asset: &str, start_ns: i64, end_ns: i64) -> (f64, f64) {
        let Some(times) = self.0.get(asset) else { return (0.0, 0.0) };
        let overlapping = times.iter().filter(|(start, end)| *start < end_ns && *end > start_ns).count();
        (saturating(overlapping), saturating(times.len()))
    }

    /// Is nothing known?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[allow(clippy::cast_precision_loss)] // counts of events
fn saturating(n: usize) -> f64 {
    let n = n as f64;
    n / (n + HALF)
}
