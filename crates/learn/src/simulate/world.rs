//! Moments, and what they are worth to a taste.

use crate::draws::Draws;
use crate::features::{FEATURE_COUNT, Feature, Features};
use crate::model::SCORE_SCALE;

/// Moments that a question finds.
pub(super) const MOMENTS: usize = 40;
/// Features that a taste has an opinion on.
const OPINIONS: usize = 6;
/// Features that tastes have opinions on: what the hand-set score does not see.
const BESIDE_SCORE: [Feature; 12] = [
    Feature::Length,
    Feature::Short,
    Feature::Place,
    Feature::Opening,
    Feature::Ending,
    Feature::Freshness,
    Feature::KeptBefore,
    Feature::AssetKeptBefore,
    Feature::CloseUp,
    Feature::WideShot,
    Feature::People,
    Feature::Agreement,
];
/// Shares of moments below each grade.
const BELOW: [f64; 4] = [0.60, 0.80, 0.92, 0.97];
/// Moments that grades are cut from.
const SAMPLE: usize = 4_000;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub score: f64,
    pub features: Features,
    pub grade: u32,
}

/// What somebody likes.
#[derive(Debug, Clone)]
pub(super) struct Taste {
    weights: [f64; FEATURE_COUNT],
    cuts: [f64; 4],
}

impl Taste {
    pub fn new(draws: &mut Draws) -> Self {
        let mut weights = [0.0; FEATURE_COUNT];
        let mut left = BESIDE_SCORE.to_vec();
        for _ in 0..OPINIONS {
            let feature = left.swap_remove(draws.below(left.len()));
            let sign = if draws.share() < 0.5 { -1.0 } else { 1.0 };
            weights[feature as usize] = sign * (1.0 + 2.0 * draws.share());
        }
        let mut taste = Self { weights, cuts: [0.0; 4] };
        let mut worth: Vec<f64> = (0..SAMPLE).map(|_| taste.worth(&moment(draws))).collect();
        worth.sort_by(f64::total_cmp);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        // shares of a count
        let cut = |below: f64| worth.get((below * SAMPLE as f64) as usize).copied().unwrap_or_default();
        taste.cuts = BELOW.map(cut);
        taste
    }

    fn worth(&self, moment: &Moment) -> f64 {
        let of_taste: f64 = self.weights.iter().zip(moment.features.values()).map(|(w, x)| w * x).sum();
        SCORE_SCALE * moment.score + of_taste
    }

    /// The moments of a question, the best by the hand-set score first.
    pub fn question(&self, draws: &mut Draws) -> Vec<Moment> {
        let mut moments: Vec<Moment> = (0..MOMENTS).map(|_| moment(draws)).collect();
        for moment in &mut moments {
            let worth = self.worth(moment);
            moment.grade = u32::try_from(self.cuts.iter().filter(|cut| worth > **cut).count()).unwrap_or(0);
        }
        moments.sort_by(|a, b| b.score.total_cmp(&a.score));
        moments
    }
}

/// A moment of chance. Its matches make its score, as the hand-set ranking does.
fn moment(draws: &mut Draws) -> Moment {
    let mut features = Features::default();
    let (scene, dialogue) = (0.75 + 0.1 * draws.normal(), 0.65 + 0.12 * draws.normal());
    let (scene, dialogue) = (scene.clamp(0.0, 1.0), dialogue.clamp(0.0, 1.0));
    features.set(Feature::SceneMatch, scene);
    features.set(Feature::DialogueMatch, dialogue);
    features.set(Feature::WordMatch, dialogue);
    features.set(Feature::MeaningMatch, scene);
    features.set(Feature::WeakestMatch, scene.min(dialogue));
    features.set(Feature::Confidence, 0.8 + 0.1 * draws.normal());
    features.set(Feature::RelativeMatch, (scene + dialogue) / 2.0 + 0.1);
    features.set(Feature::Length, 0.4 * draws.normal());
    features.set(Feature::Short, if draws.share() < 0.2 { draws.share() } else { 0.0 });
    let place = 2.0 * draws.share() - 1.0;
    features.set(Feature::Place, place);
    features.set(Feature::Opening, f64::from(place < -0.9));
    features.set(Feature::Ending, f64::from(place > 0.9));
    features.set(Feature::Freshness, 2.0 * draws.share() - 1.0);
    features.set(Feature::KeptBefore, if draws.share() < 0.15 { 0.5 } else { 0.0 });
    features.set(Feature::AssetKeptBefore, draws.share() * 0.6);
    let size = draws.share();
    features.set(Feature::CloseUp, f64::from(size < 0.3));
    features.set(Feature::WideShot, f64::from(size > 0.75));
    features.set(Feature::People, [0.0, 0.25, 0.25, 0.5, 0.75][draws.below(5)]);
    features.set(Feature::Agreement, if draws.share() < 0.4 { 0.5 } else { 0.0 });
    Moment { score: (scene + dialogue) / 2.0, features, grade: 0 }
}
