//! Which of two interleaved orders people prefer.

use serde::Serialize;

use crate::impression::{Impression, Side};
use crate::interval::Interval;

/// What interleaved impressions say.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Preference {
    /// Impressions with two orders in which something was chosen.
    pub impressions: usize,
    /// Those in which more was chosen from the order that is tried.
    pub wins: usize,
    /// Those in which more was chosen from the order in use.
    pub losses: usize,
    /// The rest.
    pub ties: usize,
    /// Wins among wins and losses; above .5 the tried order is preferred.
    pub share: Interval,
}

impl Preference {
    /// Is the tried order better, beyond what chance would explain?
    #[must_use]
    pub fn is_better(&self) -> bool {
        self.share.low > 0.5
    }
}

/// Counts what was chosen from either order.
#[must_use]
pub fn preference(impressions: &[Impression]) -> Preference {
    let mut counted = Preference::default();
    for impression in impressions {
        let credit = |side: Side| -> f64 {
            impression.shown.iter().filter(|s| s.side == Some(side)).map(|s| s.gain.max(0.0)).sum()
        };
        let (a, b) = (credit(Side::A), credit(Side::B));
        if a + b <= 0.0 {
            continue;
        }
        counted.impressions += 1;
        match b.total_cmp(&a) {
            std::cmp::Ordering::Greater => counted.wins += 1,
            std::cmp::Ordering::Less => counted.losses += 1,
            std::cmp::Ordering::Equal => counted.ties += 1,
        }
    }
    counted.share = Interval::of_share(counted.wins, counted.wins + counted.losses);
    counted
}
