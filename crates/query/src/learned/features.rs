//! The features of a moment, from what a search knows of it.

use rushes_index::{IndexReader, Meter};
use rushes_learn::{FEATURE_COUNT, Feature, Features, KeptBefore};
use rushes_plan::{Filter, Query, Test};
use rushes_types::{AssetDocument, NS_PER_SECOND, Result, TimeRange, known_types};

use super::shots::Shots;
use crate::clause_hits::ClauseHits;
use crate::page::index_of;
use crate::score::{BestEvidence, ClauseValues, Draft, ScoredClause};
use crate::view::View;

/// A moment of this length, in seconds, is neither long nor short.
const LENGTH_MIDDLE_S: f64 = 6.0;
/// Twice or half of that, so often, is as long or as short as it gets.
const LENGTH_DOUBLINGS: f64 = 5.6;
/// Shorter than this, in seconds, is short.
const SHORT_S: f64 = 2.0;
/// The part of an asset that is its opening, or its ending.
const EDGE: f64 = 0.05;
/// So many other annotations that say the same are as good as any.
const AGREEING_HALF: f64 = 2.0;

/// What one clause is about.
#[derive(Debug, Clone, Copy)]
struct Kind {
    by_type: Feature,
    by_test: Option<Feature>,
}

/// Makes features.
pub(super) struct Maker<'a> {
    reader: &'a dyn IndexReader,
    scored_clauses: &'a [ScoredClause],
    found: &'a [ClauseHits],
    values: &'a ClauseValues,
    kept: &'a KeptBefore,
    kinds: Vec<Kind>,
    /// The best value of each scored clause over all moments.
    best: Vec<f64>,
    shots: Shots,
    /// The newest commits of the assets that the caller may see, ascending.
    newest: Vec<u64>,
}

/// Features that cost more than arithmetic, and whether they are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    agreement: bool,
    freshness: bool,
    shots: bool,
}

impl Wanted {
    pub const ALL: Self = Self { agreement: true, freshness: true, shots: true };

    /// What these coefficients need.
    pub fn by(weights: &[f64; FEATURE_COUNT]) -> Self {
        let counts = |feature: Feature| weights[feature as usize] != 0.0;
        let shots = [Feature::CloseUp, Feature::WideShot, Feature::People].into_iter().any(counts);
        Self { agreement: counts(Feature::Agreement), freshness: counts(Feature::Freshness), shots }
    }
}

/// What is the same for all moments of an asset.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfAsset<'a> {
    document: Option<&'a AssetDocument>,
    freshness: f64,
}

impl<'a> Maker<'a> {
    pub fn new(
        (query, view): (&Query, &View<'a>),
        scored_clauses: &'a [ScoredClause],
        found: &'a [ClauseHits],
        values: &'a ClauseValues,
        kept: &'a KeptBefore,
        filter: &Filter,
    ) -> Result<Self> {
        let mut best = vec![0.0_f64; scored_clauses.len()];
        for moment in values.by_moment() {
            for (best, evidence) in best.iter_mut().zip(moment) {
                *best = best.max(evidence.value);
            }
        }
        // What a label of a shot is does not depend on the language that was asked for.
        let filter = Filter { languages: Vec::new(), languages_excluded: Vec::new(), ..filter.clone() };
        Ok(Self {
            reader: view.reader,
            scored_clauses,
            found,
            values,
            kept,
            kinds: scored_clauses.iter().map(|scored| kind(query, scored)).collect(),
            best,
            shots: Shots::find(view.reader, &filter, view.budget)?,
            newest: newest_of_all(view),
        })
    }

    /// What is the same for all moments of the asset of this one.
    pub fn asset(&self, draft: &Draft, wanted: Wanted) -> OfAsset<'a> {
        let document = self.reader.assets().get(index_of(draft.asset)).map(AsRef::as_ref);
        let freshness =
            document.filter(|_| wanted.freshness).map_or(0.0, |document| self.freshness(document));
        OfAsset { document, freshness }
    }

    /// The place of an asset among those that the caller may see: nothing depends on others.
    fn freshness(&self, document: &AssetDocument) -> f64 {
        let older = self.newest.partition_point(|commit| *commit < newest(document));
        #[allow(clippy::cast_precision_loss)] // a share
        let share = older as f64 / (self.newest.len().max(2) - 1) as f64;
        if self.newest.len() > 1 { 2.0 * share - 1.0 } else { 0.0 }
    }

    /// The features of a moment, by its number.
    pub fn features(
        &self,
        number: usize,
        draft: &Draft,
        of_asset: OfAsset<'_>,
        wanted: Wanted,
        meter: &mut Meter<'_>,
    ) -> Result<Features> {
        let mut features = Features::default();
        let best = self.values.of(number);
        self.matches(best, &mut features)?;
        if wanted.agreement {
            features.set(Feature::Agreement, self.agreement(best, draft, meter)?);
        }
        meter.step()?;
        let seconds = seconds_of(draft.range);
        features.set(Feature::Length, (seconds.max(0.01) / LENGTH_MIDDLE_S).log2() / LENGTH_DOUBLINGS);
        features.set(Feature::Short, 1.0 - seconds / SHORT_S);
        if seconds > SHORT_S {
            features.set(Feature::Short, 0.0);
        }
        if wanted.shots {
            features.set(Feature::CloseUp, self.shots.close_up(draft.asset, draft.range));
            features.set(Feature::WideShot, self.shots.wide(draft.asset, draft.range));
            features.set(Feature::People, self.shots.people(draft.asset, draft.range));
        }
        features.set(Feature::Freshness, of_asset.freshness);
        if let Some(document) = of_asset.document {
            self.place(document, draft.range, &mut features);
        }
        Ok(features)
    }

    fn matches(&self, best: &[BestEvidence], features: &mut Features) -> Result<()> {
        let mut weakest = f64::INFINITY;
        let (mut confidence, mut relative, mut with) = (0.0, 0.0, 0.0);
        for (i, (evidence, kind)) in best.iter().zip(&self.kinds).enumerate() {
            weakest = weakest.min(evidence.value);
            for feature in std::iter::once(kind.by_type).chain(kind.by_test) {
                features.set(feature, features.get(feature).max(evidence.value));
            }
            let Some((found, no)) = self.best_hit(i, evidence) else { continue };
            with += 1.0;
            confidence += found.hit(no, self.reader)?.confidence;
            relative += evidence.value / self.best.get(i).copied().unwrap_or(1.0).max(f64::MIN_POSITIVE);
        }
        if with > 0.0 {
            features.set(Feature::Confidence, confidence / with);
            features.set(Feature::RelativeMatch, relative / with);
            features.set(Feature::WeakestMatch, weakest);
        }
        Ok(())
    }

    /// What a clause found, and the number of the hit in it that is a moment's best evidence.
    fn best_hit(&self, scored: usize, evidence: &BestEvidence) -> Option<(&'a ClauseHits, usize)> {
        let scored = self.scored_clauses.get(scored)?;
        Some((self.found.get(scored.criterion)?, evidence.hit?))
    }

    /// How many further annotations of the same clause overlap the best evidence.
    fn agreement(&self, best: &[BestEvidence], draft: &Draft, meter: &mut Meter<'_>) -> Result<f64> {
        let mut others = 0.0;
        for (i, evidence) in best.iter().enumerate() {
            let Some((found, no)) = self.best_hit(i, evidence) else { continue };
            let place = found.place(draft.asset);
            let Some(range) = no.checked_sub(place.start).and_then(|at| found.of(draft.asset).get(at)) else {
                continue;
            };
            for (other, _) in found.meeting_in(place, *range) {
                meter.step()?;
                others += f64::from(other != no);
            }
        }
        Ok(others / (others + AGREEING_HALF))
    }

    fn place(&self, document: &AssetDocument, range: TimeRange, features: &mut Features) {
        let asset = &document.asset;
        let (here, of_asset) = self.kept.of(asset.id.as_str(), range.start_ns(), range.end_ns());
        features.set(Feature::KeptBefore, here);
        features.set(Feature::AssetKeptBefore, of_asset);
        if let Some(duration) = asset.duration_ns.filter(|ns| *ns > 0) {
            #[allow(clippy::cast_precision_loss)] // a share
            let share = (range.start_ns() as f64 / duration as f64).clamp(0.0, 1.0);
            features.set(Feature::Place, 2.0 * share - 1.0);
            features.set(Feature::Opening, f64::from(share < EDGE));
            features.set(Feature::Ending, f64::from(share > 1.0 - EDGE));
        }
    }
}

/// The last commit at which something was analysed.
fn newest(document: &AssetDocument) -> u64 {
    document.analysed.iter().map(|a| a.validity.born.0).max().unwrap_or(0)
}

fn newest_of_all(view: &View<'_>) -> Vec<u64> {
    let seen = view.reader.assets().iter().filter(|document| view.access.allows(&document.asset));
    let mut commits: Vec<u64> = seen.map(|document| newest(document)).collect();
    commits.sort_unstable();
    commits
}

fn kind(query: &Query, scored: &ScoredClause) -> Kind {
    let part = query.criteria.get(scored.criterion).and_then(|c| c.parts.first());
    let by_type = match part.and_then(|part| part.kind.as_ref()).map(|kind| kind.as_str()) {
        Some(known_types::CHARACTER) => Feature::CharacterMatch,
        Some(known_types::SCENE) => Feature::SceneMatch,
        Some(known_types::DIALOGUE) => Feature::DialogueMatch,
        Some(known_types::OBJECT) => Feature::ObjectMatch,
        _ => Feature::OtherMatch,
    };
    let by_test = match part.map(|part| &part.test) {
        Some(Test::Words(_) | Test::Phrase(_)) => Some(Feature::WordMatch),
        Some(Test::Nearest(_)) => Some(Feature::MeaningMatch),
        _ => None,
    };
    Kind { by_type, by_test }
}

fn seconds_of(range: TimeRange) -> f64 {
    #[allow(clippy::cast_precision_loss)] // a length to the microsecond
    let seconds = range.duration_ns() as f64 / NS_PER_SECOND as f64;
    seconds
}
