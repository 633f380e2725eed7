//! What a simulation showed, as a table.

use std::fmt;

use serde::Serialize;

use super::reader::Reader;
use super::session::Run;
use super::{CHECKPOINTS, picture};

/// The gain after so many choices.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Moments kept so far.
    pub choices: usize,
    /// The gain in NDCG@10 over the hand-set order, a mean over tastes.
    pub gain: f64,
    /// That of the taste with the lowest.
    pub lowest: f64,
}

/// One kind of reader.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// Which one.
    pub reader: Reader,
    /// NDCG@10 of the hand-set order, a mean over tastes.
    pub hand_set: f64,
    /// The gain by choices.
    pub points: Vec<Point>,
    /// Mean regret of a page shown: 1 - NDCG@10.
    pub regret: f64,
    /// What it would have been by the hand-set order.
    pub hand_set_regret: f64,
    /// For how many tastes the interleaved pages showed the learned order to be better, beyond chance.
    pub preferred: usize,
    /// The estimate from the log of what the last model brings over what was shown, a mean over tastes.
    pub estimated: f64,
    /// The truth of it.
    pub truth: f64,
}

/// All kinds of readers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimulationReport {
    /// The seed.
    pub seed: u64,
    /// Tastes of each reader.
    pub tastes: usize,
    /// One for each kind.
    pub curves: Vec<Curve>,
}

impl Curve {
    pub(super) fn of(reader: Reader, runs: &[Run]) -> Self {
        #[allow(clippy::cast_precision_loss)] // tens of tastes
        let count = runs.len() as f64;
        let mean = |of: &dyn Fn(&Run) -> f64| runs.iter().map(of).sum::<f64>() / count;
        let point = |(i, choices): (usize, usize)| {
            let gain = |run: &Run| run.gains.get(i).copied().unwrap_or_default();
            let lowest = runs.iter().map(gain).fold(f64::INFINITY, f64::min);
            Point { choices, gain: mean(&gain), lowest }
        };
        Self {
            reader,
            hand_set: mean(&|run| run.hand_set),
            points: CHECKPOINTS.into_iter().enumerate().map(point).collect(),
            regret: mean(&|run| run.regret.0),
            hand_set_regret: mean(&|run| run.regret.1),
            preferred: runs.iter().filter(|run| run.preference.is_better()).count(),
            estimated: mean(&|run| run.estimate.0.difference.mean),
            truth: mean(&|run| run.estimate.1),
        }
    }
}

impl SimulationReport {
    /// The curves as a picture (SVG).
    #[must_use]
    pub fn picture(&self) -> String {
        picture::drawn(self)
    }
}

impl fmt::Display for SimulationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Gain in NDCG@10 over the hand-set order, by moments kept so far; seed {}, mean of {} tastes",
            self.seed, self.tastes
        )?;
        writeln!(f, "(in brackets the taste with the lowest gain)\n")?;
        write!(f, "{:<15}{:>9}", "reader", "hand-set")?;
        for choices in CHECKPOINTS {
            write!(f, " {choices:>15}")?;
        }
        writeln!(f)?;
        for curve in &self.curves {
            write!(f, "{:<15}{:>9.3}", curve.reader.name(), curve.hand_set)?;
            for point in &curve.points {
                write!(f, " {:>15}", format!("{:+.3} ({:+.3})", point.gain, point.lowest))?;
            }
            writeln!(f)?;
        }
        writeln!(
            f,
            "\n{:<15}{:>16}{:>18}{:>22}{:>22}{:>10}",
            "reader",
            "regret a page",
            "by hand-set order",
            "interleaving prefers",
            "estimated from log",
            "truth"
        )?;
        for curve in &self.curves {
            let preferred = format!("{} of {}", curve.preferred, self.tastes);
            writeln!(
                f,
                "{:<15}{:>16.3}{:>18.3}{preferred:>22}{:>22.3}{:>10.3}",
                curve.reader.name(),
                curve.regret,
                curve.hand_set_regret,
                curve.estimated,
                curve.truth
            )?;
        }
        Ok(())
    }
}
