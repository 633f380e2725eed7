//! One reader with one taste, before a server that learns.

use super::CHECKPOINTS;
use super::reader::{KEPT_GAIN, Reader};
use super::world::{Moment, Taste};
use crate::counterfactual::{Estimate, discount, estimate};
use crate::draws::Draws;
use crate::features::FEATURE_COUNT;
use crate::fit::Prior;
use crate::impression::{Impression, Shown};
use crate::interleave::{neighbours_swapped, team_draft};
use crate::model::{Centre, RankingModel, raw_shift, shift_of};
use crate::ndcg::ndcg;
use crate::report::{Preference, preference};
use crate::teams::learn;

/// Moments of a page.
const PAGE: usize = 20;
/// Questions that a model is judged by; nobody is shown them.
const JUDGED: usize = 100;
/// How deep NDCG looks.
const DEPTH: usize = 10;

/// What became of it.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// NDCG@10 of the hand-set order.
    pub hand_set: f64,
    /// The gain of the learned order over it, at each checkpoint.
    pub gains: Vec<f64>,
    /// Mean regret of a page shown (1 - NDCG@10), and what it would have been by the hand-set order.
    pub regret: (f64, f64),
    /// Which order people preferred where both were interleaved.
    pub preference: Preference,
    /// The estimate of what the last model would have brought on the pages shown, and the truth.
    pub estimate: (Estimate, f64),
}

/// A page as it was asked for and shown.
struct Page {
    moments: Vec<Moment>,
    /// The moments shown, by rank.
    order: Vec<usize>,
}

pub(super) struct Session {
    reader: Reader,
    taste: Taste,
    draws: Draws,
    model: RankingModel,
    pages: Vec<Page>,
    impressions: Vec<Impression>,
    kept: usize,
    regret: (f64, f64),
}

impl Session {
    pub fn new(seed: u64, reader: Reader) -> Self {
        let mut draws = Draws::new(seed);
        Self {
            reader,
            taste: Taste::new(&mut draws),
            draws,
            model: RankingModel::hand_set(),
            pages: Vec::new(),
            impressions: Vec::new(),
            kept: 0,
            regret: (0.0, 0.0),
        }
    }

    pub fn into_impressions(self) -> Vec<Impression> {
        self.impressions
    }

    /// Shows pages until so many moments were kept.
    pub fn read_until(&mut self, kept: usize) {
        while self.kept < kept {
            self.read();
        }
    }

    pub fn run(mut self) -> Run {
        let judged: Vec<Vec<Moment>> = (0..JUDGED).map(|_| self.taste.question(&mut self.draws)).collect();
        let mean = |weights: &[f64; FEATURE_COUNT]| {
            #[allow(clippy::cast_precision_loss)] // a hundred
            let all = judged.len() as f64;
            judged.iter().map(|q| quality(q, &ordered(q, weights))).sum::<f64>() / all
        };
        let hand_set = mean(&[0.0; FEATURE_COUNT]);
        let mut gains = Vec::new();
        for checkpoint in CHECKPOINTS {
            self.read_until(checkpoint);
            self.model = learn(self.impressions.clone(), &Prior::hand_set());
            gains.push(mean(&self.weights()) - hand_set);
        }
        #[allow(clippy::cast_precision_loss)] // some thousands
        let pages = self.pages.len().max(1) as f64;
        Run {
            hand_set,
            gains,
            regret: (self.regret.0 / pages, self.regret.1 / pages),
            preference: preference(&self.impressions),
            estimate: (self.estimated(), self.truth()),
        }
    }

    /// The coefficients in use.
    fn weights(&self) -> [f64; FEATURE_COUNT] {
        let used = self.model.is_used().then(|| self.model.weights().ok()).flatten();
        used.unwrap_or([0.0; FEATURE_COUNT])
    }

    fn read(&mut self) {
        let moments = self.taste.question(&mut self.draws);
        let hand_set: Vec<usize> = (0..moments.len()).collect();
        let learned = ordered(&moments, &self.weights());
        let tried = if learned == hand_set { neighbours_swapped(&hand_set) } else { learned };
        let is_tried = self.model.is_used();
        let placed = team_draft(&hand_set, &tried, self.draws.bits());
        let mut shown = Vec::with_capacity(PAGE);
        for (i, placed) in placed.iter().take(PAGE).enumerate() {
            let Some(moment) = moments.get(placed.item) else { continue };
            let (in_view, kept) = self.reader.looks(i + 1, moment, &mut self.draws);
            self.kept += usize::from(kept);
            shown.push(Shown {
                rank: i + 1,
                score: moment.score,
                propensity: placed.propensity,
                by_coin: placed.by_coin,
                side: placed.side.filter(|_| is_tried),
                in_view: in_view && self.reader.says_view(),
                gain: if kept { KEPT_GAIN } else { 0.0 },
                features: moment.features,
            });
        }
        let order: Vec<usize> = placed.iter().map(|p| p.item).collect();
        self.regret.0 += 1.0 - quality(&moments, &order);
        self.regret.1 += 1.0 - quality(&moments, &hand_set);
        self.impressions.push(Impression { key: format!("{:08}", self.impressions.len()), shown });
        self.pages.push(Page { moments, order });
    }

    /// The ranks that the last model would give to what a page showed.
    fn ranks(&self, page: &Page) -> Vec<usize> {
        let mut ranks = vec![0; page.moments.len()];
        for (i, item) in ordered(&page.moments, &self.weights()).into_iter().enumerate() {
            ranks[item] = i + 1;
        }
        page.order.iter().take(PAGE).map(|item| ranks[*item]).collect()
    }

    fn estimated(&self) -> Estimate {
        let mut pages = self.pages.iter();
        estimate(&self.impressions, &self.model.position, |_| {
            pages.next().map(|page| self.ranks(page)).unwrap_or_default()
        })
    }

    /// What the estimate estimates: the mean gain of the last model's order over the one that was shown, if every place were
    /// considered.
    fn truth(&self) -> f64 {
        let of_page = |page: &Page| -> f64 {
            let ranks = self.ranks(page);
            let shown = page.order.iter().take(PAGE).zip(ranks).enumerate();
            shown
                .map(|(i, (item, rank))| {
                    let wanted = page.moments.get(*item).map_or(0.0, |m| self.reader.keeps_chance(m));
                    KEPT_GAIN * wanted * (discount(rank) - discount(i + 1))
                })
                .sum()
        };
        #[allow(clippy::cast_precision_loss)] // some thousands
        let pages = self.pages.len().max(1) as f64;
        self.pages.iter().map(of_page).sum::<f64>() / pages
    }
}

/// The order of moments by score and what was learned, as the server makes it.
fn ordered(moments: &[Moment], weights: &[f64; FEATURE_COUNT]) -> Vec<usize> {
    let centre = Centre::of(moments.iter().map(|m| &m.features)).raw(weights);
    let shift = |m: &Moment| shift_of(raw_shift(weights, &m.features), centre);
    let scores: Vec<f64> = moments.iter().map(|m| m.score + shift(m)).collect();
    let mut order: Vec<usize> = (0..moments.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    order
}

fn quality(moments: &[Moment], order: &[usize]) -> f64 {
    let grades: Vec<u32> = order.iter().filter_map(|item| moments.get(*item).map(|m| m.grade)).collect();
    ndcg(&grades, DEPTH)
}
