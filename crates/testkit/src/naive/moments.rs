//! Moments of one asset.

use rushes_plan::time::AssetTimecode;
use rushes_plan::{ClauseRefOf, Mode, PredicateOf, RankBy, ResolvedClause, Snap, Window};
use rushes_types::limits::TIME_NS_MAX;
use rushes_types::{Annotation, AssetDocument};

use super::clauses::{Match, Search, is_vector, within};
use super::instants::{Range, Rules, at, meet};
use super::{Draft, Groups};

/// The matches of a step's clauses, in all assets.
pub(super) struct StepMatches {
    all: Vec<Vec<Match>>,
    any: Vec<Vec<Match>>,
    none: Vec<Vec<Match>>,
}

fn ranges(matches: &[Match], asset: &str) -> Vec<Range> {
    matches.iter().filter(|m| m.asset == asset).map(|m| (m.start, m.end)).collect()
}

/// Windows of a plan in an asset; `None` if a timecode has no meaning there.
fn windows(document: &AssetDocument, windows: &[Window]) -> Option<Vec<Range>> {
    let timecode = AssetTimecode::of(&document.asset);
    let mut ranges = Vec::new();
    for window in windows {
        let from = window.from.as_ref().map_or(Some(0), |i| i.in_asset(timecode.as_ref()))?;
        let to = window.to.as_ref().map_or(Some(TIME_NS_MAX), |i| i.in_asset(timecode.as_ref()))?;
        if from <= to {
            ranges.push((from, to));
        }
    }
    Some(ranges)
}

/// The limits of all steps in an asset: groups that must be present, and excluded times; `None`: nothing matches.
fn limits(search: &Search<'_>, document: &AssetDocument) -> Option<(Vec<Vec<Range>>, Vec<Range>)> {
    let plan = search.plan;
    let mut must = Vec::new();
    let included = windows(document, &plan.scope.time)?;
    if !plan.scope.time.is_empty() {
        must.push(included);
    }
    let exclude = plan.scope.exclude.as_ref();
    let excluded = exclude.map_or(Some(Vec::new()), |e| windows(document, &e.time))?;
    for model in &plan.require_analysed {
        let mut looked = Vec::new();
        for analysed in &document.analysed {
            if analysed.model.as_str() != model && analysed.model.name() != model {
                continue;
            }
            let pins: Vec<_> = plan
                .runs
                .iter()
                .filter(|r| r.asset == document.asset.id.as_str() && r.model == analysed.model.name())
                .collect();
            let counts = if pins.is_empty() {
                analysed.validity.contains(search.at)
            } else {
                search.at.sees(analysed.validity.born) && pins.iter().any(|r| r.run == analysed.run.as_str())
            };
            if counts {
                looked.push((analysed.range.start_ns(), analysed.range.end_ns()));
            }
        }
        must.push(looked);
    }
    Some((must, excluded))
}

/// Matches the clauses of a step; vector clauses only where the other clauses leave time.
pub(super) fn matches(search: &Search<'_>, groups: &Groups<'_>) -> StepMatches {
    let plain = |clauses: &[&ResolvedClause]| -> Vec<Vec<Match>> {
        let found = |c: &&ResolvedClause| if is_vector(c) { Vec::new() } else { search.matches(c) };
        clauses.iter().map(found).collect()
    };
    let mut step =
        StepMatches { all: plain(&groups.all), any: plain(&groups.any), none: plain(&groups.none) };
    let eligible = |a: &Annotation| {
        let asset = a.asset.as_str();
        let document = search.archive.documents.iter().find(|d| d.asset.id == a.asset);
        let Some((mut must, mut none)) = document.and_then(|d| limits(search, d)) else { return false };
        let others = |clauses: &[&ResolvedClause], found: &[Vec<Match>]| -> Vec<Vec<Range>> {
            let plain = clauses.iter().zip(found).filter(|(c, _)| !is_vector(c));
            plain.map(|(_, matches)| ranges(matches, asset)).collect()
        };
        if search.plan.mode == Mode::Intersection {
            must.extend(others(&groups.all, &step.all));
        }
        must.push(vec![(0, TIME_NS_MAX)]);
        none.extend(others(&groups.none, &step.none).into_iter().flatten());
        Rules { must, none: &none }.meets((a.range.start_ns(), a.range.end_ns()))
    };
    let near = |clauses: &[&ResolvedClause]| -> Vec<Option<Vec<Match>>> {
        clauses.iter().map(|c| is_vector(c).then(|| search.nearest(c, &eligible))).collect()
    };
    let (all, any, none) = (near(&groups.all), near(&groups.any), near(&groups.none));
    for (found, near) in [(&mut step.all, all), (&mut step.any, any), (&mut step.none, none)] {
        for (slot, near) in found.iter_mut().zip(near) {
            if let Some(near) = near {
                *slot = near;
            }
        }
    }
    step
}

/// The moments of an asset, by start and end.
pub(super) fn of_asset<'a>(
    search: &Search<'a>,
    document: &'a AssetDocument,
    groups: &[Groups<'_>],
    matches: &[StepMatches],
) -> Vec<Draft<'a>> {
    let asset = document.asset.id.as_str();
    let Some((must, excluded)) = limits(search, document) else { return Vec::new() };
    let mut steps: Vec<Vec<Range>> = Vec::new();
    let mut nones: Vec<Vec<Range>> = Vec::new();
    for step in matches {
        let mut none: Vec<Range> = step.none.iter().flat_map(|m| ranges(m, asset)).collect();
        none.extend(&excluded);
        steps.push(spans(search, asset, step, &must, &none));
        nones.push(none);
    }
    let mut drafts = Vec::new();
    for first in &steps[0] {
        let mut chain = vec![*first];
        if follow(&steps, groups, &mut chain) {
            drafts.push(draft(search, document, chain, &nones));
        }
    }
    drafts.sort_by_key(|d| (d.start, d.end));
    if search.plan.snap.is_some() {
        drafts.dedup_by_key(|d| (d.start, d.end));
    }
    drafts.retain(|d| predicates(search, asset, (d.start, d.end)));
    for draft in &mut drafts {
        values(search, asset, matches, draft);
    }
    drafts
}

/// Continues with the earliest span that leads to a complete chain, trying each.
fn follow(steps: &[Vec<Range>], groups: &[Groups<'_>], chain: &mut Vec<Range>) -> bool {
    let Some(next) = steps.get(chain.len()) else { return true };
    let within = groups[chain.len()].within.unwrap_or(i64::MAX);
    let end = chain.last().unwrap().1;
    let mut candidates: Vec<Range> =
        next.iter().copied().filter(|(s, _)| *s >= end && *s - end <= within).collect();
    candidates.sort_unstable();
    for candidate in candidates {
        chain.push(candidate);
        if follow(steps, groups, chain) {
            return true;
        }
        chain.pop();
    }
    false
}

fn spans(
    search: &Search<'_>,
    asset: &str,
    step: &StepMatches,
    must: &[Vec<Range>],
    none: &[Range],
) -> Vec<Range> {
    let plan = search.plan;
    let mut groups: Vec<Vec<Range>> = step.all.iter().map(|m| ranges(m, asset)).collect();
    let positive: Vec<Range> = step.all.iter().chain(&step.any).flat_map(|m| ranges(m, asset)).collect();
    if !step.any.is_empty() {
        groups.push(step.any.iter().flat_map(|m| ranges(m, asset)).collect());
    }
    groups.extend(must.iter().cloned());
    let present = Rules { must: groups, none }.pieces();
    let mut spans = present.clone();
    if plan.mode == Mode::Union {
        for span in &mut spans {
            let stretch = *span;
            for m in positive.iter().filter(|m| meet(**m, stretch)) {
                *span = (span.0.min(m.0), span.1.max(m.1));
            }
        }
        spans = joined(spans, 0, &[]);
    }
    spans = joined(spans, plan.merge_gap.0, none);
    if plan.mode == Mode::Union {
        spans = spans.into_iter().flat_map(|s| Rules { must: vec![vec![s]], none }.pieces()).collect();
    }
    if let Some(max) = plan.max_span {
        let shots = shots(search, asset, "SHOT", false);
        spans = spans.into_iter().flat_map(|s| split(s, max.0, &shots)).collect();
    }
    spans.retain(|s| present.iter().any(|p| meet(*s, *p)));
    spans
}

/// Joins ranges until no two are at most `gap` apart without anything of `none` between.
fn joined(mut spans: Vec<Range>, gap: i64, none: &[Range]) -> Vec<Range> {
    loop {
        let mut pair = None;
        for (i, a) in spans.iter().enumerate() {
            for (j, b) in spans.iter().enumerate() {
                let apart = b.0 - a.1;
                let between = |c: &Range| a.1 <= c.0 && c.1 <= b.0 && c != a && c != b;
                let blocked = none.iter().any(|n| meet(*n, (a.1, b.0.max(a.1)))) || spans.iter().any(between);
                let overlap = none.is_empty() && a.0 <= b.0 && apart <= 0;
                if i != j && (overlap || (a.1 <= b.0 && apart <= gap && !blocked)) {
                    pair = Some((i, j));
                }
            }
        }
        let Some((i, j)) = pair else { break };
        let both = (spans[i].0.min(spans[j].0), spans[i].1.max(spans[j].1));
        spans = spans.iter().enumerate().filter(|(n, _)| *n != i && *n != j).map(|(_, s)| *s).collect();
        spans.push(both);
    }
    spans.sort_unstable();
    spans
}

fn split(span: Range, max: i64, shots: &[Range]) -> Vec<Range> {
    let mut pieces = Vec::new();
    let mut start = span.0;
    while span.1 - start > max {
        let cuts: Vec<i64> = shots.iter().map(|s| s.0).filter(|c| start < *c && *c < span.1).collect();
        let in_time = cuts.iter().copied().filter(|c| *c <= start + max).max();
        let Some(cut) = in_time.or_else(|| cuts.iter().copied().min()) else { break };
        pieces.push((start, cut));
        start = cut;
    }
    pieces.push((start, span.1));
    pieces
}

/// All visible annotations of a type in the asset.
fn shots(search: &Search<'_>, asset: &str, kind: &str, by_language: bool) -> Vec<Range> {
    let mut plan = search.plan.clone();
    plan.min_confidence = 0.0;
    if !by_language {
        plan.scope.languages.clear();
        if let Some(exclude) = &mut plan.scope.exclude {
            exclude.languages.clear();
        }
    }
    let clause = ResolvedClause::of_type(kind);
    let search = Search { archive: search.archive, plan: &plan, at: search.at };
    ranges(&search.matches(&clause), asset)
}

fn draft<'a>(
    search: &Search<'a>,
    document: &'a AssetDocument,
    mut links: Vec<Range>,
    nones: &[Vec<Range>],
) -> Draft<'a> {
    let last = links.len() - 1;
    let (mut start, mut end) = (links[0].0, links[last].1);
    let asset = document.asset.id.as_str();
    let grid = match search.plan.snap {
        None => None,
        Some(Snap::Frame) => {
            if let Some(tc) = AssetTimecode::of(&document.asset) {
                (start, end) = tc.snap(start, end);
            }
            None
        }
        Some(Snap::Shot) => Some(shots(search, asset, "SHOT", false)),
        Some(Snap::Cue) => Some(shots(search, asset, "DIALOGUE_SEARCH", true)),
    };
    if let Some(grid) = grid {
        let is_point = start == end;
        let begins = grid.iter().filter(|g| g.0 <= start && start < g.1).map(|g| g.0).max();
        let ends = grid
            .iter()
            .filter(|g| if is_point { g.0 <= end && end < g.1 } else { g.0 < end && end <= g.1 })
            .map(|g| g.1)
            .min();
        let free = |range: Range, none: &[Range]| range.0 < range.1 && !none.iter().any(|n| meet(*n, range));
        let (before, after) = (begins.map(|b| (b, start)), ends.map(|e| (end, e)));
        if let Some(grown) = before.filter(|r| free(*r, &nones[0])) {
            start = grown.0;
        }
        if let Some(grown) = after.filter(|r| free(*r, &nones[nones.len() - 1])) {
            end = grown.1;
        }
    }
    links[0].0 = start;
    links[last].1 = end;
    Draft { document, start, end, links, values: Vec::new(), score: 0.0, attribute: None }
}

fn predicates(search: &Search<'_>, asset: &str, span: Range) -> bool {
    search.plan.predicates.iter().all(|predicate| match predicate {
        PredicateOf::Duration(bounds) => within(bounds, (span.1 - span.0) as f64 / 1e9),
        PredicateOf::OtherThan(other) => {
            let (low, high) = (other.start_ns.max(span.0), other.end_ns.min(span.1));
            let instant = other.start_ns == other.end_ns || span.0 == span.1;
            other.asset_id != asset || low > high || (low == high && !instant)
        }
        PredicateOf::Coverage(coverage) => {
            let ranges = referred(search, asset, &coverage.clause);
            let share = if span.0 == span.1 {
                f64::from(u8::from(at(&ranges, span.0)))
            } else {
                let inside: Vec<Range> = Rules { must: vec![ranges, vec![span]], none: &[] }.pieces();
                inside.iter().map(|p| p.1 - p.0).sum::<i64>() as f64 / (span.1 - span.0) as f64
            };
            within(&coverage.share, share)
        }
        PredicateOf::Near(near) => {
            let ranges = referred(search, asset, &near.clause);
            let is_near = ranges.iter().any(|r| {
                let apart = (r.0 - span.1).max(span.0 - r.1).max(0);
                apart <= near.within.0
            });
            is_near != near.negate
        }
    })
}

fn referred(search: &Search<'_>, asset: &str, clause: &ClauseRefOf<ResolvedClause>) -> Vec<Range> {
    let clause = match clause {
        ClauseRefOf::Own(own) => own,
        ClauseRefOf::Pointer(pointer) => match pointer.strip_prefix("/all/").map(|i| i.parse::<usize>()) {
            Some(Ok(i)) => &search.plan.all[i],
            _ => panic!("the reference knows pointers into `all` only"),
        },
    };
    let matches = match is_vector(clause) {
        true => search.nearest(clause, &|_| true),
        false => search.matches(clause),
    };
    ranges(&matches, asset)
}

fn values(search: &Search<'_>, asset: &str, matches: &[StepMatches], draft: &mut Draft<'_>) {
    let mut numbers: Vec<f64> = Vec::new();
    for (step, link) in matches.iter().zip(&draft.links) {
        for clause in step.all.iter().chain(&step.any) {
            let inside = clause.iter().filter(|m| m.asset == asset && meet((m.start, m.end), *link));
            let mut best: Option<f64> = None;
            for m in inside {
                best = Some(best.map_or(m.value, |b| b.max(m.value)));
                if let RankBy::Attribute { attribute, .. } = &search.plan.rank_by {
                    numbers.extend(m.numbers.iter().filter(|(name, _)| name == attribute).map(|(_, n)| *n));
                }
            }
            draft.values.push(best);
        }
    }
    if let RankBy::Attribute { attribute, ascending } = &search.plan.rank_by {
        let best = numbers.into_iter().reduce(|a, b| if *ascending { a.min(b) } else { a.max(b) });
        draft.attribute = best.or_else(|| draft.document.asset.attributes.get(attribute)?.as_f64());
    }
}
