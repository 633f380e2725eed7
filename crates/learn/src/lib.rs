//! Ranking that learns from what people choose.
//!
//! Everything here is a pure function: no store, no network, no clock. What was shown and what people did with it comes in
//! as [`Impression`]s; out comes a [`RankingModel`], a list of coefficients of named [`Feature`]s, which moves the hand-set
//! score of a moment a little up or down and says why.
//!
//! # How it learns
//!
//! Of two moments that were both seen, the one that was kept is worth more than the one that was not (`pairs`). A logistic
//! model of the differences of their features, with the difference of today's scores as a fixed part, is fitted by Newton
//! steps (`fit`). Its prior is the hand-set order: without events every coefficient is 0, and today's order stays as it is,
//! bit for bit. A team's prior is what all teams together have shown.
//!
//! # What keeps it honest
//!
//! * A pair counts only if it could have come out either way: both moments are known to have been seen, or a coin decided
//!   which of them stood above the other. What lies below the last choice, and is not known to have been in view, is left out.
//! * Places attract by themselves; how much is estimated from coins alone (`position`), and choices are weighted against it,
//!   with a bound.
//! * A model is used only if it orders choices that it was not fitted to better than the hand-set order does, beyond what
//!   chance would explain (`trial`). So someone who chooses at random teaches nothing.
//! * No moment moves by more than [`SHIFT_MAX`] of a score, and none is removed.
//! * Equal events give equal models, in whatever order they come: they are sorted before any sum is made, and the functions
//!   of `libm` have the same last bit everywhere.
//!
//! # What was tried and dropped
//!
//! Comparing a choice with all that stood above it (as search engines do with clicks): since the hand-set order decides
//! what stands above, the reverse case is never seen, and even random choices teach the reversed order. Crates for logistic
//! regression: they know neither a prior mean nor pairs nor a fixed part, and the fit itself is a page of code.

mod counterfactual;
mod draws;
mod features;
mod fit;
mod impression;
mod interleave;
mod interval;
mod kept_before;
mod model;
mod ndcg;
mod pairs;
mod position;
mod report;
pub mod simulate;
mod teams;
mod trial;

pub use counterfactual::{CLIP_MAX, Estimate, estimate};
pub use features::{FEATURE_COUNT, Feature, Features};
pub use fit::{Fit, Prior, fit};
pub use impression::{Impression, Shown, Side};
pub use interleave::{INTERLEAVED_MAX, Placed, neighbours_swapped, team_draft};
pub use interval::Interval;
pub use kept_before::KeptBefore;
pub use model::{
    Centre, Contribution, RankingModel, SCORE_SCALE, SHIFT_MAX, contributions, raw_shift, shift_of,
};
pub use ndcg::ndcg;
pub use pairs::{Pair, pairs};
pub use position::PositionCurve;
pub use report::{Preference, preference};
pub use teams::{learn, learn_teams};
pub use trial::Trial;
