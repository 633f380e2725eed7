//! What was shown once, and what became of it.

use crate::features::Features;

/// Which of two orders a moment was drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The order in use.
    A,
    /// The order that is tried.
    B,
}

/// A moment as it was shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Its rank, from 1.
    pub rank: usize,
    /// Its hand-set score, 0 … 1.
    pub score: f64,
    /// The chance that it was shown at this rank; 1 where no coin was thrown.
    pub propensity: f64,
    /// Did a coin decide whether it or its neighbour (ranks 1 and 2, 3 and 4, …) stands above?
    pub by_coin: bool,
    /// With two orders: which one it was drawn from.
    pub side: Option<Side>,
    /// Is it known to have been in view long enough to be seen?
    pub in_view: bool,
    /// What people did with it: above 0 chosen (the more the better), 0 nothing, below 0 rejected.
    pub gain: f64,
    /// Its features when it was shown.
    pub features: Features,
}

/// An answer as it was shown, with what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Impression {
    /// What names it; impressions are ordered by it.
    pub key: String,
    /// The moments, by rank.
    pub shown: Vec<Shown>,
}

impl Impression {
    /// The rank of the last moment that somebody did something with.
    pub(crate) fn last_judged(&self) -> Option<usize> {
        self.shown.iter().filter(|s| s.gain != 0.0).map(|s| s.rank).max()
    }

    /// Did the client say what was in view?
    pub(crate) fn says_what_was_seen(&self) -> bool {
        self.shown.iter().any(|s| s.in_view)
    }
}
