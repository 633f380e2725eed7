//! How somebody reads a page.

use serde::Serialize;

use super::world::Moment;
use crate::draws::Draws;
use crate::position::PositionCurve;

/// The chance that a moment of each grade is kept once it is considered.
const KEPT_BY_GRADE: [f64; 5] = [0.02, 0.10, 0.30, 0.60, 0.90];
/// The chance that somebody who does not look at what is shown keeps it.
const KEPT_AT_RANDOM: f64 = 0.15;
/// What a kept moment gains.
pub(super) const KEPT_GAIN: f64 = 2.0;

/// A kind of reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// Considers more above than below, and knows what he wants; the client says what was in view.
    Steady,
    /// One decision in five is made without looking.
    Noisy,
    /// Considers the first place far more than the others.
    TopHeavy,
    /// As steady, but the client does not say what was in view.
    Unseen,
    /// Every decision is made without looking.
    Random,
    /// Every decision is made without looking, and nearly all at the first places.
    RandomOnTop,
}

impl Reader {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Steady, Self::Noisy, Self::TopHeavy, Self::Unseen, Self::Random, Self::RandomOnTop];

    /// What he is called in a table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Noisy => "20 % noise",
            Self::TopHeavy => "top-heavy",
            Self::Unseen => "view unknown",
            Self::Random => "random",
            Self::RandomOnTop => "random, on top",
        }
    }

    /// Does the client say what was in view?
    pub(super) const fn says_view(self) -> bool {
        !matches!(self, Self::Unseen)
    }

    /// The part of decisions that are made without looking.
    const fn noise(self) -> f64 {
        match self {
            Self::Steady | Self::TopHeavy | Self::Unseen => 0.0,
            Self::Noisy => 0.2,
            Self::Random | Self::RandomOnTop => 1.0,
        }
    }

    /// How much places attract him.
    pub(super) const fn curve(self) -> PositionCurve {
        match self {
            Self::TopHeavy | Self::RandomOnTop => PositionCurve { steepness: 1.0, floor: 0.05 },
            _ => PositionCurve { steepness: 0.5, floor: 0.2 },
        }
    }

    /// The chance that he keeps a moment that he considers.
    pub(super) fn keeps_chance(self, moment: &Moment) -> f64 {
        let wanted =
            usize::try_from(moment.grade).ok().and_then(|g| KEPT_BY_GRADE.get(g)).copied().unwrap_or(0.0);
        (1.0 - self.noise()) * wanted + self.noise() * KEPT_AT_RANDOM
    }

    /// Looks at a place: is it in view, is it kept? Half of what makes a place less considered is that it is not in view;
    /// the rest is that it is trusted less.
    pub(super) fn looks(self, rank: usize, moment: &Moment, draws: &mut Draws) -> (bool, bool) {
        let half = self.curve().at(rank).sqrt();
        let in_view = draws.share() < half;
        let kept = in_view && draws.share() < half && draws.share() < self.keeps_chance(moment);
        (in_view, kept)
    }
}
