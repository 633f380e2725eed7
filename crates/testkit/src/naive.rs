//! The naive reference: finds what a plan matches by loops over everything, instant by instant.
//!
//! It shares plain types with the engine and the definition of matching words (`rushes_text::TermMatcher`), but no
//! other code: no compiled clauses, no time sets, no phrase search, no neighbours.

mod clauses;
mod instants;
mod moments;

use rushes_plan::{Fusion, RankBy, ResolvedClause, ResolvedPlan};
use rushes_types::{AssetDocument, ReadPoint};

use crate::archive::Archive;

pub use clauses::Match;

/// A moment found by the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct NaiveMoment {
    /// The asset.
    pub asset: String,
    /// Start in nanoseconds.
    pub start: i64,
    /// End in nanoseconds.
    pub end: i64,
    /// The score.
    pub score: f64,
    /// How many moments are folded into it.
    pub count: usize,
}

/// The answer of the reference.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NaiveAnswer {
    /// All moments after folding, in order; neither grouped nor paged.
    pub moments: Vec<NaiveMoment>,
    /// How many there were before folding.
    pub total: usize,
}

/// A moment with the span of each step and the best value of each clause.
struct Draft<'a> {
    document: &'a AssetDocument,
    start: i64,
    end: i64,
    links: Vec<(i64, i64)>,
    values: Vec<Option<f64>>,
    score: f64,
    attribute: Option<f64>,
}

/// The groups of a plan: its own, then those of `then`.
struct Groups<'p> {
    all: Vec<&'p ResolvedClause>,
    any: Vec<&'p ResolvedClause>,
    none: Vec<&'p ResolvedClause>,
    within: Option<i64>,
}

/// Answers a resolved plan.
#[must_use]
pub fn answer(archive: &Archive, plan: &ResolvedPlan, at: &ReadPoint) -> NaiveAnswer {
    let groups = groups(plan);
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    let search = clauses::Search { archive, plan, at };
    // Neighbours are chosen over all assets, so matches are found for all of them first.
    let matches: Vec<moments::StepMatches> = groups.iter().map(|g| moments::matches(&search, g)).collect();
    let mut documents: Vec<&AssetDocument> = archive.documents.iter().collect();
    documents.sort_by(|a, b| a.asset.id.cmp(&b.asset.id));
    for document in documents {
        let found = moments::of_asset(&search, document, &groups, &matches);
        drafts.extend(found);
    }
    let total = drafts.len();
    score(plan, &groups, &mut drafts);
    sort(plan, &mut drafts);
    NaiveAnswer { moments: fold(plan, &drafts), total }
}

fn groups(plan: &ResolvedPlan) -> Vec<Groups<'_>> {
    let mut groups = vec![Groups {
        all: plan.all.iter().collect(),
        any: plan.any.iter().collect(),
        none: plan.none.iter().collect(),
        within: None,
    }];
    groups.extend(plan.then.iter().map(|step| Groups {
        all: step.all.iter().collect(),
        any: step.any.iter().collect(),
        none: step.none.iter().collect(),
        within: step.within.map(|w| w.0),
    }));
    groups
}

fn rounded(x: f64) -> f64 {
    (x * 1_048_576.0).round() / 1_048_576.0
}

fn score(plan: &ResolvedPlan, groups: &[Groups<'_>], drafts: &mut [Draft<'_>]) {
    let weights: Vec<f64> = groups
        .iter()
        .flat_map(|g| g.all.iter().chain(&g.any).map(|clause| clause.common.weight.unwrap_or(1.0)))
        .collect();
    let whole: f64 = weights.iter().sum();
    let mut totals = Vec::new();
    for draft in drafts.iter() {
        let mut sum = 0.0;
        for (no, weight) in weights.iter().enumerate() {
            let Some(value) = draft.values[no] else { continue };
            sum += weight
                * match plan.fusion {
                    Fusion::Weighted => value,
                    Fusion::Rrf => {
                        let better = drafts.iter().filter_map(|d| d.values[no]);
                        let rank = 1 + better.filter(|other| rounded(*other) > rounded(value)).count();
                        61.0 / (60.0 + rank as f64)
                    }
                };
        }
        totals.push(rounded(sum / whole));
    }
    for (draft, total) in drafts.iter_mut().zip(totals) {
        draft.score = total;
    }
}

fn sort(plan: &ResolvedPlan, drafts: &mut [Draft<'_>]) {
    drafts.sort_by(|a, b| {
        let place = |d: &Draft<'_>| (d.document.asset.id.clone(), d.start, d.end);
        let first = match &plan.rank_by {
            RankBy::Score => b.score.total_cmp(&a.score),
            RankBy::Start => std::cmp::Ordering::Equal,
            RankBy::Latest => place(b).cmp(&place(a)),
            RankBy::Duration => (b.end - b.start).cmp(&(a.end - a.start)),
            RankBy::Shortest => (a.end - a.start).cmp(&(b.end - b.start)),
            RankBy::Attribute { ascending, .. } => match (a.attribute, b.attribute) {
                (None, None) => std::cmp::Ordering::Equal,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(_), None) => std::cmp::Ordering::Less,
                (Some(x), Some(y)) if *ascending => x.total_cmp(&y),
                (Some(x), Some(y)) => y.total_cmp(&x),
            },
        };
        first.then_with(|| place(a).cmp(&place(b)))
    });
}

fn fold(plan: &ResolvedPlan, drafts: &[Draft<'_>]) -> Vec<NaiveMoment> {
    let mut moments: Vec<NaiveMoment> = Vec::new();
    for draft in drafts {
        let asset = draft.document.asset.id.to_string();
        let same = |m: &&mut NaiveMoment| {
            let Some(fold) = plan.fold else { return false };
            let shared = (m.end.min(draft.end) - m.start.max(draft.start)).max(0);
            let together = m.end.max(draft.end) - m.start.min(draft.start);
            let share = if together == 0 { 1.0 } else { shared as f64 / together as f64 };
            m.asset == asset && share >= fold.overlap
        };
        match moments.iter_mut().find(same) {
            Some(moment) => moment.count += 1,
            None => moments.push(NaiveMoment {
                asset,
                start: draft.start,
                end: draft.end,
                score: draft.score,
                count: 1,
            }),
        }
    }
    moments
}
