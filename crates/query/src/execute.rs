//! Executes a compiled query, step by step.

use std::collections::HashSet;

use rushes_index::{AssetNo, Eligible, IndexReader, Meter};
use rushes_plan::time::AssetTimecode;
use rushes_plan::{Clause, Filter, Query, RankBy, ResolvedPlan, Snap, Step, Test, Warning};
use rushes_types::{
    AnnotationType, AssetDocument, AssetId, Error, Result, SpaceId, TimeRange, TimeSet, known_types,
};

use crate::answer::{Answer, ClauseReport};
use crate::chain::{Link, chains};
use crate::clause_hits::{ClauseHits, common};
use crate::cost::{admit, estimated};
use crate::cursor::{Cursor, digest};
use crate::fill::fill;
use crate::groups::grouped;
use crate::learned::Reranked;
use crate::page::{Pages, attribute_values, index_of};
use crate::predicates;
use crate::presence::{assets_of, eligible, presence};
use crate::rank::{folded, order};
use crate::scope::{Access, Times, TimesFinder, filter};
use crate::score::{ClauseValues, Draft, scored_clauses, scores};
use crate::snap::{Grid, snapped};
use crate::spans::spans;
use crate::view::View;

/// Steps that an asset takes beside its hits.
const ASSET_STEPS: usize = 16;

/// Which page of the answer, and what goes with it.
#[derive(Debug, Default)]
pub struct Options {
    /// Where the page begins.
    pub cursor: Option<Cursor>,
    /// What resolution warned of.
    pub warnings: Vec<Warning>,
    /// The weights that resolution gave to words; the next cursor carries them.
    pub word_weights: Vec<f64>,
}

/// Executes a compiled query.
///
/// # Errors
/// Those of the index; a cursor of another plan; a budget that is too small for it, or spent; a caller that went away.
pub fn execute(query: &Query, view: &View<'_>, options: Options) -> Result<Answer> {
    let (reader, budget, mut digested) = (view.reader, view.budget, None);
    if let Some(cursor) = &options.cursor {
        cursor.check(digested.insert(digest(&query.plan, view.ranking.as_ref())), reader.read_point())?;
    }
    let filter = filter(query, reader, &view.access);
    admit(&estimated(query, &filter, reader, budget)?, budget, &view.access)?;
    let mut warnings = options.warnings;
    let search = Search { query, reader, filter, view };
    let found = search.all_found(&mut warnings)?;
    let drafts = search.drafts(&found, &mut warnings)?;
    let scored_clauses = scored_clauses(query);
    let values = ClauseValues::of_all(&scored_clauses, &found, &drafts, budget)?;
    let scores = scores(query.plan.fusion, &scored_clauses, &values, budget)?;
    let mut pages = Pages {
        query,
        reader,
        found: &found,
        scored_clauses: &scored_clauses,
        drafts: &drafts,
        values: &values,
        scores: &scores,
        ranked_by: &[],
        reranked: None,
        view,
    };
    let ranked_by = match &query.plan.rank_by {
        RankBy::Attribute { attribute, ascending } => attribute_values(&pages, attribute, *ascending)?,
        RankBy::Score | RankBy::Start | RankBy::Latest | RankBy::Duration | RankBy::Shortest => Vec::new(),
    };
    pages.ranked_by = &ranked_by;
    let from = options.cursor.as_ref().map_or(0, |c| c.offset);
    let shown = ordered_to(query, from);
    let mut reranked = Reranked::new((query, view, &search.filter), pages.placement())?;
    let order = match &mut reranked {
        Some(reranked) => reranked.order(query, pages.placement()),
        None => order(&query.plan.rank_by, &drafts, &scores.totals, &ranked_by, shown),
    };
    pages.reranked = reranked.as_ref();
    budget.check()?;
    let kept = folded(query.plan.fold, order, &drafts, budget)?;
    let grouped = grouped(&query.plan.group_by, query.plan.top.as_ref(), kept, &drafts, reader.assets());

    let from = from.min(grouped.kept.len());
    let mut answer = Answer {
        moments: Vec::new(),
        groups: Vec::new(),
        total: drafts.len(),
        plan: ResolvedPlan { cursor: None, ..query.plan.clone() },
        understood: None,
        warnings,
        clauses: reports(query, &found, &view.access),
        profile: None,
        ranking: reranked.as_ref().map(Reranked::of_answer),
        remedies: Vec::new(),
        read_point: reader.read_point().to_string(),
        took_ms: 0.0,
        next_cursor: None,
    };
    let to = fill(&mut answer, &pages, &grouped, from, options.word_weights.len())?;
    let more = to < grouped.kept.len() && to > from;
    let next = || Cursor {
        plan: digested.unwrap_or_else(|| digest(&query.plan, view.ranking.as_ref())),
        read_point: reader.read_point().clone(),
        offset: to,
        word_weights: options.word_weights,
    };
    answer.next_cursor = more.then(|| next().write());
    Ok(answer)
}

/// How many moments must be in order: what is folded or grouped to the last, else only what comes up to the end of the page.
fn ordered_to(query: &Query, from: usize) -> usize {
    let to_the_last = query.plan.fold.is_some() || !query.plan.group_by.is_empty();
    if to_the_last { usize::MAX } else { from.saturating_add(query.limit()) }
}

/// How many annotations were looked at depends on what lies beside those that match: a caller who sees a part is told of
/// the hits alone.
fn reports(query: &Query, found: &[ClauseHits], access: &Access) -> Vec<ClauseReport> {
    let report = |(criterion, found): (&rushes_plan::Criterion, &ClauseHits)| ClauseReport {
        clause: criterion.pointer.clone(),
        hits: found.len(),
        examined: if *access == Access::All { found.examined() } else { found.len() as u64 },
        approximate: criterion.is_vector().then_some(found.is_approximate()),
    };
    query.criteria.iter().zip(found).map(report).collect()
}

struct Search<'a> {
    query: &'a Query,
    reader: &'a dyn IndexReader,
    filter: Filter,
    view: &'a View<'a>,
}

impl Search<'_> {
    /// The hits of each clause. Vector clauses come last, restricted to what the other clauses of their step leave.
    fn all_found(&self, warnings: &mut Vec<Warning>) -> Result<Vec<ClauseHits>> {
        let criteria = &self.query.criteria;
        let mut found: Vec<ClauseHits> = criteria.iter().map(|_| ClauseHits::default()).collect();
        for (no, criterion) in criteria.iter().enumerate().filter(|(_, c)| !c.is_vector()) {
            found[no] = self.found(&criterion.parts)?;
        }
        let mut restricted: HashSet<usize> = HashSet::new();
        for step in &self.query.steps {
            let members = step.all.iter().chain(&step.any).chain(&step.none);
            let vectors: Vec<usize> =
                members.copied().filter(|no| criteria.get(*no).is_some_and(|c| c.is_vector())).collect();
            if vectors.is_empty() {
                continue;
            }
            let eligible = self.eligible(step, &found)?;
            for no in vectors {
                found[no] = self.nearest(no, eligible.as_ref())?;
                if eligible.as_ref().is_some_and(Eligible::is_empty) {
                    restricted.insert(no);
                }
            }
        }
        let in_steps: HashSet<usize> = self
            .query
            .steps
            .iter()
            .flat_map(|s| s.all.iter().chain(&s.any).chain(&s.none).copied())
            .collect();
        for no in (0..criteria.len()).filter(|no| !in_steps.contains(no) && criteria[*no].is_vector()) {
            found[no] = self.nearest(no, None)?;
        }
        self.warn_of_nothing(&found, &restricted, warnings)?;
        Ok(found)
    }

    fn nearest(&self, no: usize, eligible: Option<&Eligible>) -> Result<ClauseHits> {
        let parts = self.query.criteria.get(no).map(|c| c.parts.as_slice()).unwrap_or_default();
        let (filter, budget) = (&self.filter, self.view.budget);
        let hits = parts.iter().map(|part| match part.test {
            Test::Nearest(_) => self.reader.nearest(part, filter, eligible, budget),
            _ => self.reader.hits(part, filter, budget),
        });
        Ok(ClauseHits::of_parts(hits.collect::<Result<_>>()?))
    }

    fn found(&self, parts: &[Clause]) -> Result<ClauseHits> {
        let budget = self.view.budget;
        match parts {
            [only] => Ok(self.reader.matches(only, &self.filter, budget)?.into()),
            several => {
                let hits = several.iter().map(|part| self.reader.hits(part, &self.filter, budget));
                Ok(ClauseHits::of_parts(hits.collect::<Result<_>>()?))
            }
        }
    }

    fn eligible(&self, step: &Step, found: &[ClauseHits]) -> Result<Option<Eligible>> {
        let scoped = |document: &AssetDocument| {
            self.filter.assets.as_ref().is_none_or(|ids| ids.binary_search(&document.asset.id).is_ok())
        };
        let mut times_of = TimesFinder::new(self.query, self.reader);
        let budget = self.view.budget;
        eligible(self.query, step, found, self.reader.assets(), scoped, &mut times_of, budget)
    }

    /// Adds a warning for a clause that finds nothing, with the reason where known.
    fn warn_of_nothing(
        &self,
        found: &[ClauseHits],
        restricted: &HashSet<usize>,
        warnings: &mut Vec<Warning>,
    ) -> Result<()> {
        for (no, (criterion, found)) in self.query.criteria.iter().zip(found).enumerate() {
            if !found.is_empty() || criterion.parts.is_empty() || restricted.contains(&no) {
                continue;
            }
            // The engine is asked for its spaces only where a vector clause found nothing.
            let spaces: &[SpaceId] = if criterion.is_vector() { self.view.current_spaces()? } else { &[] };
            let missing = criterion.parts.iter().find_map(|part| match &part.test {
                Test::Nearest(test) if !spaces.contains(&test.space) => Some(&test.space),
                _ => None,
            });
            warnings.push(match missing {
                Some(space) => Warning::new(
                    "no_data",
                    &criterion.pointer,
                    format!("no current annotation has a vector in space `{space}`"),
                ),
                None => {
                    Warning::new("no_match", &criterion.pointer, "no annotation in scope matches this clause")
                }
            });
        }
        Ok(())
    }

    /// The moments before they are scored, by asset, start and end.
    fn drafts(&self, found: &[ClauseHits], warnings: &mut Vec<Warning>) -> Result<Vec<Draft>> {
        let plan = &self.query.plan;
        let shots = match plan.max_span.is_some() || plan.snap == Some(Snap::Shot) {
            true => Some(self.all_of(known_types::SHOT, false)?),
            false => None,
        };
        let cues = match plan.snap {
            Some(Snap::Cue) => Some(self.all_of(known_types::DIALOGUE, true)?),
            _ => None,
        };
        let mut times_of = TimesFinder::new(self.query, self.reader);
        let lists: Vec<Vec<AssetNo>> = self.query.steps.iter().map(|step| assets_of(step, found)).collect();
        let (mut drafts, mut no_rate): (Vec<Draft>, Vec<AssetId>) = (Vec::new(), Vec::new());
        let mut meter = self.view.budget.meter();
        for asset in common(&lists) {
            meter.steps(ASSET_STEPS)?;
            let Some(document) = self.reader.assets().get(index_of(asset)) else { continue };
            let Some(times) = times_of.of(document) else { continue };
            let grid = match plan.snap {
                None => None,
                Some(Snap::Frame) => Some(Grid::Frames(AssetTimecode::of(&document.asset))),
                Some(Snap::Shot) => shots.as_ref().map(Grid::Annotations),
                Some(Snap::Cue) => cues.as_ref().map(Grid::Annotations),
            };
            let before = drafts.len();
            self.drafts_of(found, asset, &times, shots.as_ref(), grid.as_ref(), &mut meter, &mut drafts)?;
            let links = drafts.get(before..).unwrap_or_default().iter().map(|draft| draft.links.len());
            let bytes = links.map(|links| size_of::<Draft>() + links * size_of::<TimeRange>()).sum::<usize>();
            self.view.budget.keep(bytes as u64)?;
            if matches!(grid, Some(Grid::Frames(None))) && drafts.len() > before {
                no_rate.push(document.asset.id.clone());
            }
        }
        times_of.warnings(warnings);
        if let Some(asset) = no_rate.first() {
            let message =
                format!("{} assets have no frame rate, `{asset}` for one: not snapped there", no_rate.len());
            warnings.push(Warning::new("no_frame_rate", "/snap", message));
        }
        if shots.is_some_and(|shots| shots.is_empty()) && !drafts.is_empty() {
            let pointer = if plan.max_span.is_some() { "/max_span" } else { "/snap" };
            let message = "no SHOT annotation is in scope: nothing was split or snapped";
            warnings.push(Warning::new("no_shots", pointer, message));
        }
        Ok(drafts)
    }

    /// Adds the moments of an asset.
    fn drafts_of(
        &self,
        found: &[ClauseHits],
        asset: AssetNo,
        times: &Times,
        shots: Option<&ClauseHits>,
        grid: Option<&Grid<'_>>,
        meter: &mut Meter<'_>,
        drafts: &mut Vec<Draft>,
    ) -> Result<()> {
        let steps = &self.query.steps;
        let (mut presences, mut links) = (Vec::with_capacity(steps.len()), Vec::with_capacity(steps.len()));
        for step in steps {
            let presence = presence(step, found, asset, times, meter)?;
            let spans = spans(self.query, step, found, asset, &presence, shots, meter)?;
            links.push(Link { spans, within_ns: step.within_ns });
            presences.push(presence);
        }
        let (Some(before), Some(after)) = (presences.first(), presences.last()) else { return Ok(()) };
        let first = drafts.len();
        let mut add = |range, chain| drafts.push(draft(asset, range, chain, grid, &before.none, &after.none));
        match links.as_slice() {
            [only] => only.spans.iter().for_each(|span| add(*span, Vec::new())),
            _ => chains(&links, meter)?.into_iter().for_each(|(range, chain)| add(range, chain)),
        }
        self.finish(found, asset, first, meter, drafts)
    }

    /// Sorts an asset's moments, drops those that snapping made equal, and applies the predicates.
    fn finish(
        &self,
        found: &[ClauseHits],
        asset: AssetNo,
        first: usize,
        meter: &mut Meter<'_>,
        drafts: &mut Vec<Draft>,
    ) -> Result<()> {
        if let Some(own) = drafts.get_mut(first..)
            && !own.is_sorted_by_key(|draft| draft.range)
        {
            own.sort_by_key(|draft| draft.range);
        }
        if self.query.plan.snap.is_none() && self.query.tests.is_empty() {
            return Ok(());
        }
        let id = self.reader.assets().get(index_of(asset)).map(|document| &document.asset.id);
        let mut own = drafts.split_off(first);
        if self.query.plan.snap.is_some() {
            own.dedup_by_key(|draft| draft.range);
        }
        for draft in own {
            if predicates::passes(&self.query.tests, found, (asset, id), draft.range, meter)? {
                drafts.push(draft);
            }
        }
        Ok(())
    }

    /// All annotations of a type, in scope.
    fn all_of(&self, kind: &str, by_language: bool) -> Result<ClauseHits> {
        let kind = AnnotationType::new(kind).map_err(|e| Error::bug(e.to_string()))?;
        let clause = Clause { no: self.query.criteria.len(), ..Clause::any(Some(kind)) };
        let mut filter = self.filter.clone();
        if !by_language {
            filter.languages.clear();
            filter.languages_excluded.clear();
        }
        Ok(self.reader.matches(&clause, &filter, self.view.budget)?.into())
    }
}

/// A moment from a span or a chain (from the start of its first span to the end of its last), grown to the grid.
fn draft(
    asset: AssetNo,
    mut range: TimeRange,
    mut links: Vec<TimeRange>,
    grid: Option<&Grid<'_>>,
    before: &TimeSet,
    after: &TimeSet,
) -> Draft {
    if let Some(grid) = grid {
        range = snapped(range, grid, asset, before, after);
        if let Some(first) = links.first_mut() {
            *first = TimeRange::new(range.start_ns(), first.end_ns()).unwrap_or(*first);
        }
        if let Some(last) = links.last_mut() {
            *last = TimeRange::new(last.start_ns(), range.end_ns()).unwrap_or(*last);
        }
    }
    Draft { asset, range, links }
}
