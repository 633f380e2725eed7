//! The order of moments with what was learned.

use rushes_learn::{
    Centre, Features, INTERLEAVED_MAX, Placed, contributions, neighbours_swapped, raw_shift, shift_of,
    team_draft,
};
use rushes_plan::{Filter, Query, RankBy};
use rushes_types::Result;

use super::features::{Maker, Wanted};
use super::{AnswerRanking, Because, MomentRanking, Ranking, side_name};
use crate::clause_hits::ClauseHits;
use crate::rank::order;
use crate::score::{ClauseValues, Draft, ScoredClause};
use crate::view::View;

/// What is ranked, in what a search holds of it.
pub(crate) struct Reranked<'a> {
    ranking: &'a Ranking,
    maker: Maker<'a>,
    shifts: Vec<f64>,
    centre: Centre,
    placed: Vec<Placed>,
}

/// What is ranked: the moments, and how they were scored.
#[derive(Clone, Copy)]
pub(crate) struct Placement<'a> {
    pub scored_clauses: &'a [ScoredClause],
    pub found: &'a [ClauseHits],
    pub values: &'a ClauseValues,
    pub drafts: &'a [Draft],
    pub totals: &'a [f64],
}

impl<'a> Reranked<'a> {
    /// Shifts the scores; `None` where the answer stays as it is: without a model, or where moments are not ordered by
    /// their scores.
    ///
    /// # Errors
    /// Those of the index and of the budget.
    pub fn new(
        (query, view, filter): (&Query, &'a View<'a>, &Filter),
        of: Placement<'a>,
    ) -> Result<Option<Self>> {
        let Some(ranking) = view.ranking.as_ref().filter(|ranking| !ranking.is_idle()) else {
            return Ok(None);
        };
        if query.plan.rank_by != RankBy::Score {
            return Ok(None);
        }
        let learned = &ranking.learned;
        let maker = Maker::new((query, view), of.scored_clauses, of.found, of.values, &learned.kept, filter)?;
        let wanted = Wanted::by(&learned.weights);
        view.budget.keep((of.drafts.len() * size_of::<f64>()) as u64)?;
        let mut raw = Vec::with_capacity(of.drafts.len());
        let mut centre = Centre::default();
        let mut meter = view.budget.meter();
        for moments in of.drafts.chunk_by(|a, b| a.asset == b.asset) {
            let Some(first) = moments.first() else { continue };
            let of_asset = maker.asset(first, wanted);
            for draft in moments {
                let features = maker.features(raw.len(), draft, of_asset, wanted, &mut meter)?;
                raw.push(raw_shift(&learned.weights, &features));
                centre.add(&features);
            }
        }
        let middle = centre.raw(&learned.weights);
        let shifts = raw.into_iter().map(|raw| shift_of(raw, middle)).collect();
        Ok(Some(Self { ranking, maker, shifts, centre, placed: Vec::new() }))
    }

    /// The order of the moments. Two orders are interleaved only where each moment stands for itself: without folds and
    /// groups.
    pub fn order(&mut self, query: &Query, of: Placement<'_>) -> Vec<usize> {
        let sums: Vec<f64> = of.totals.iter().zip(&self.shifts).map(|(score, shift)| score + shift).collect();
        let learned = order(&RankBy::Score, of.drafts, &sums, &[], usize::MAX);
        let plan = &query.plan;
        let Some(seed) = self.ranking.seed.filter(|_| plan.fold.is_none() && plan.group_by.is_empty()) else {
            return learned;
        };
        let hand_set = order(&RankBy::Score, of.drafts, of.totals, &[], usize::MAX);
        let is_learned = learned != hand_set;
        let tried = if is_learned { learned } else { neighbours_swapped(&hand_set) };
        self.placed = team_draft(&hand_set, &tried, seed);
        if !is_learned {
            // Coins between neighbours tell how places attract; there is no other order to win or lose.
            self.placed.iter_mut().for_each(|placed| placed.side = None);
        }
        self.placed.iter().map(|placed| placed.item).collect()
    }

    /// How the answer was ranked.
    pub fn of_answer(&self) -> AnswerRanking {
        AnswerRanking { version: self.ranking.learned.version, seed: self.ranking.seed }
    }

    /// What learning did to a moment.
    ///
    /// # Errors
    /// Those of the budget.
    pub fn of_moment(
        &self,
        number: usize,
        draft: &Draft,
        explain: bool,
        view: &View<'_>,
    ) -> Result<MomentRanking> {
        let features = self.features(number, draft, view)?;
        let because = match explain {
            true => contributions(&self.ranking.learned.weights, &features, &self.centre)
                .into_iter()
                .map(Because::from)
                .collect(),
            false => Vec::new(),
        };
        let placed = self.placed.iter().take(INTERLEAVED_MAX).find(|placed| placed.item == number);
        Ok(MomentRanking {
            shift: self.shifts.get(number).copied().unwrap_or_default(),
            because,
            side: placed.and_then(|placed| placed.side).map(side_name),
            by_coin: placed.is_some_and(|placed| placed.by_coin),
            propensity: placed.map(|placed| placed.propensity).filter(|chance| *chance < 1.0),
            features: self.ranking.tells_features.then_some(features),
        })
    }

    fn features(&self, number: usize, draft: &Draft, view: &View<'_>) -> Result<Features> {
        let of_asset = self.maker.asset(draft, Wanted::ALL);
        self.maker.features(number, draft, of_asset, Wanted::ALL, &mut view.budget.meter())
    }
}
