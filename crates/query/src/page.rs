//! A page of moments, with their evidence.

use std::collections::BTreeSet;

use rushes_index::{AnnotationRef, AssetNo, Hit, IndexReader, Meter};
use rushes_plan::time::AssetTimecode;
use rushes_plan::{Mode, Query};
use rushes_types::limits::TIME_NS_MAX;
use rushes_types::{Asset, FusedAnnotation, Result, TimeRange, TimeSet};

use crate::answer::{EVIDENCE_MAX, EVIDENCE_PER_CLAUSE_MAX, Evidence, Moment, Span};
use crate::bytes::json_bytes;
use crate::clause_hits::ClauseHits;
use crate::explain::explanation;
use crate::learned::{Placement, Reranked};
use crate::marks::Marker;
use crate::rank::Folded;
use crate::score::{ClauseValues, Draft, ScoredClause, Scores};
use crate::view::View;

/// Moments whose evidence is read at once.
const MOMENTS_AT_ONCE: usize = 256;
/// Annotations that are read at once for their attributes.
const FETCHED_AT_ONCE: usize = 512;
/// Steps that it takes to read an annotation.
const FETCHED_STEPS: usize = 128;

/// Everything that a page is made of.
pub(crate) struct Pages<'a> {
    pub query: &'a Query,
    pub reader: &'a dyn IndexReader,
    pub found: &'a [ClauseHits],
    pub scored_clauses: &'a [ScoredClause],
    pub drafts: &'a [Draft],
    pub values: &'a ClauseValues,
    pub scores: &'a Scores,
    pub ranked_by: &'a [Option<f64>],
    pub reranked: Option<&'a Reranked<'a>>,
    pub view: &'a View<'a>,
}

/// The moments of a page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub moments: Vec<Moment>,
    /// How many of those that were asked for are on it, or are gone.
    pub taken: usize,
    /// Their length in an answer.
    pub bytes: usize,
}

impl<'a> Pages<'a> {
    /// What learning ranks.
    pub fn placement(&self) -> Placement<'a> {
        Placement {
            scored_clauses: self.scored_clauses,
            found: self.found,
            values: self.values,
            drafts: self.drafts,
            totals: &self.scores.totals,
        }
    }

    /// The moments of a page: as many as are asked for, or as fit into so many bytes, but one at least.
    ///
    /// # Errors
    /// Those of the index and of the budget.
    pub fn page(&self, kept: &[Folded], bytes_max: usize) -> Result<Page> {
        let mut page = Page::default();
        let mut meter = self.view.budget.meter();
        let mut marker = Marker::new(self.query, &self.view.analyzer);
        // Few at a time, so that texts beyond the page are not read.
        for some in kept.chunks(MOMENTS_AT_ONCE) {
            for moment in self.moments(some, &mut marker, &mut meter)? {
                let bytes = moment.as_ref().map_or(Ok(0), json_bytes)?;
                if page.bytes.saturating_add(bytes) > bytes_max && !page.moments.is_empty() {
                    return Ok(page);
                }
                page.bytes = page.bytes.saturating_add(bytes);
                page.taken += 1;
                page.moments.extend(moment);
            }
        }
        Ok(page)
    }

    /// A moment for each that is kept; `None` where it is gone.
    fn moments(
        &self,
        kept: &[Folded],
        marker: &mut Marker<'_>,
        meter: &mut Meter<'_>,
    ) -> Result<Vec<Option<Moment>>> {
        let mut wanted: Vec<AnnotationRef> = Vec::new();
        let mut chosen: Vec<Vec<(usize, Hit)>> = Vec::with_capacity(kept.len());
        for kept in kept {
            let draft = self.drafts.get(kept.draft);
            chosen.push(draft.map_or(Ok(Vec::new()), |draft| self.evidence(draft, meter))?);
        }
        for (_, hit) in chosen.iter().flatten() {
            let keys = std::iter::once(hit.first).chain(hit.joined.iter().copied());
            wanted.extend(keys.map(|key| AnnotationRef { asset: hit.asset, key }));
        }
        let mut fetched = self.reader.fetch(&wanted, self.view.budget)?.into_iter();
        let mut moments = Vec::with_capacity(kept.len());
        for (kept, chosen) in kept.iter().zip(chosen) {
            let mut evidence = Vec::with_capacity(chosen.len());
            for (criterion, hit) in chosen {
                let annotations: Vec<FusedAnnotation> =
                    fetched.by_ref().take(1 + hit.joined.len()).flatten().collect();
                meter.steps(FETCHED_STEPS)?;
                if let Some(mut piece) = self.piece(criterion, &hit, &annotations) {
                    marker.mark(&mut piece, meter)?;
                    evidence.push(piece);
                }
            }
            moments.push(self.moment(*kept, evidence, meter)?);
        }
        Ok(moments)
    }

    /// The best evidence, best first: at least the best of each clause.
    fn evidence(&self, draft: &Draft, meter: &mut Meter<'_>) -> Result<Vec<(usize, Hit)>> {
        let mut firsts: Vec<(usize, Hit)> = Vec::new();
        let mut others: Vec<(usize, Hit)> = Vec::new();
        for scored in self.scored_clauses {
            let (Some(found), Some(link)) = (self.found.get(scored.criterion), draft.link(scored.step))
            else {
                continue;
            };
            let mut hits: Vec<usize> = found.meeting(draft.asset, link).map(|(no, _)| no).collect();
            meter.steps(1 + hits.len())?;
            hits.sort_by(|a, b| found.value(*b).total_cmp(&found.value(*a)));
            for (rank, no) in hits.into_iter().take(EVIDENCE_PER_CLAUSE_MAX).enumerate() {
                let chosen = if rank == 0 { &mut firsts } else { &mut others };
                chosen.push((scored.criterion, found.hit(no, self.reader)?));
            }
        }
        let best_first = |a: &(usize, Hit), b: &(usize, Hit)| {
            let place = |c: &(usize, Hit)| (c.0, c.1.range, c.1.first);
            let value = |c: &(usize, Hit)| c.1.score * c.1.confidence;
            value(b).total_cmp(&value(a)).then_with(|| place(a).cmp(&place(b)))
        };
        others.sort_by(best_first);
        others.truncate(EVIDENCE_MAX.saturating_sub(firsts.len()));
        firsts.extend(others);
        firsts.sort_by(best_first);
        Ok(firsts)
    }

    fn piece(&self, criterion: usize, hit: &Hit, annotations: &[FusedAnnotation]) -> Option<Evidence> {
        let (first, rest) = annotations.split_first()?;
        let annotation = &first.annotation;
        let texts: Vec<&str> = annotations.iter().filter_map(|a| a.annotation.text.as_deref()).collect();
        Some(Evidence {
            clause: self.query.criteria.get(criterion).map(|c| c.pointer.clone()).unwrap_or_default(),
            annotation_id: annotation.id.to_string(),
            joined: rest.iter().map(|a| a.annotation.id.to_string()).collect(),
            model: annotation.model.to_string(),
            run: annotation.run.to_string(),
            kind: annotation.kind.to_string(),
            label: annotation.label.clone(),
            text: (!texts.is_empty()).then(|| texts.join(" ")),
            marks: Vec::new(),
            language: annotation.language.clone(),
            start_ns: hit.range.start_ns(),
            end_ns: hit.range.end_ns(),
            confidence: hit.confidence,
            score: hit.score,
            similarity: hit.similarity,
        })
    }

    fn moment(&self, kept: Folded, evidence: Vec<Evidence>, meter: &mut Meter<'_>) -> Result<Option<Moment>> {
        let Some(draft) = self.drafts.get(kept.draft) else { return Ok(None) };
        let Some(document) = self.reader.assets().get(index_of(draft.asset)) else { return Ok(None) };
        let plan = &self.query.plan;
        let (start_ns, end_ns) = padded(draft.range, plan.pad.before.0, plan.pad.after.0, &document.asset);
        let timecode = AssetTimecode::of(&document.asset).map(|tc| tc.span(start_ns, end_ns));
        let (timecode_in, timecode_out) = timecode.unzip();
        let best = self.values.of(kept.draft);
        let ranks = self.scores.ranks(kept.draft, self.scored_clauses.len());
        let best_part = match plan.mode {
            Mode::Union => Some(self.most_clauses(draft, meter)?),
            Mode::Intersection => None,
        };
        let explained = || explanation(self.query, self.scored_clauses, self.found, self.reader, best, ranks);
        let explain = plan.explain.then(explained).transpose()?;
        Ok(Some(Moment {
            asset_id: document.asset.id.to_string(),
            movie_id: document.asset.movie.to_string(),
            title: document.asset.title.clone(),
            series: document.asset.series.clone(),
            season: document.asset.season,
            episode: document.asset.episode,
            start_ns,
            end_ns,
            timecode_in,
            timecode_out,
            score: self.scores.totals.get(kept.draft).copied().unwrap_or_default(),
            best: best_part,
            steps: draft.links.iter().map(|l| span(*l)).collect(),
            count: plan.fold.map(|_| kept.count),
            ranked_by: self.ranked_by.get(kept.draft).copied().flatten(),
            evidence,
            ranking: self
                .reranked
                .map(|reranked| reranked.of_moment(kept.draft, draft, plan.explain, self.view))
                .transpose()?,
            explain,
        }))
    }

    /// The part of the moment where most of its clauses are present: the longest such part, the first of equally long
    /// ones.
    fn most_clauses(&self, draft: &Draft, meter: &mut Meter<'_>) -> Result<Span> {
        let sets: Vec<TimeSet> =
            self.scored_clauses.iter().filter_map(|scored| self.clause_in(draft, scored)).collect();
        let mut borders: BTreeSet<i64> = BTreeSet::from([draft.range.start_ns(), draft.range.end_ns()]);
        for set in &sets {
            let stretches = set.stretches().iter().flat_map(|(start, end)| [*start, *end]);
            borders.extend(stretches.chain(set.points().iter().copied()));
            meter.steps(set.stretches().len() + set.points().len())?;
        }
        borders.retain(|b| draft.range.meets_point(*b));
        let borders: Vec<i64> = borders.into_iter().collect();
        let mut best: (usize, i64, std::cmp::Reverse<i64>) =
            (0, 0, std::cmp::Reverse(draft.range.start_ns()));
        let mut current: Option<(usize, i64)> = None;
        let mut parts: Vec<(usize, i64, i64)> = Vec::new();
        for pair in borders.windows(2) {
            let &[from, to] = pair else { continue };
            let Ok(part) = TimeRange::new(from, to) else { continue };
            meter.steps(sets.len())?;
            let count = sets.iter().filter(|set| set.covered_ns(part) > 0).count();
            match (current, parts.last_mut()) {
                (Some((last, _)), Some(open)) if last == count => open.2 = to,
                _ => parts.push((count, from, to)),
            }
            current = Some((count, from));
        }
        // An instant counts where a point event meets other annotations.
        for at in
            sets.iter().flat_map(|set| set.points().iter().copied()).filter(|p| draft.range.meets_point(*p))
        {
            meter.steps(sets.len())?;
            parts.push((sets.iter().filter(|set| set.meets_point(at)).count(), at, at));
        }
        let mut chosen = draft.range;
        for (count, from, to) in parts {
            let rank = (count, to - from, std::cmp::Reverse(from));
            if rank > best
                && let Ok(part) = TimeRange::new(from, to)
            {
                (best, chosen) = (rank, part);
            }
        }
        Ok(span(chosen))
    }

    /// When a clause is present in its step of the moment.
    fn clause_in(&self, draft: &Draft, scored: &ScoredClause) -> Option<TimeSet> {
        let link = draft.link(scored.step)?;
        let ranges: Vec<TimeRange> =
            self.found.get(scored.criterion)?.meeting(draft.asset, link).map(|(_, range)| range).collect();
        let clipped = TimeSet::of([link]);
        (!ranges.is_empty()).then(|| TimeSet::intersection(&[&TimeSet::of(ranges), &clipped]))
    }
}

/// The number that each moment is ranked by: of its matched annotations the largest (ascending: the smallest), else the
/// asset's.
///
/// # Errors
/// Those of the index and of the budget.
pub(crate) fn attribute_values(
    pages: &Pages<'_>,
    attribute: &str,
    ascending: bool,
) -> Result<Vec<Option<f64>>> {
    let budget = pages.view.budget;
    let mut meter = budget.meter();
    let mut values: Vec<Option<f64>> = Vec::with_capacity(pages.drafts.len());
    for drafts in pages.drafts.chunk_by(|a, b| a.asset == b.asset) {
        let mut wanted: Vec<AnnotationRef> = Vec::new();
        let mut owners: Vec<usize> = Vec::new();
        for (i, draft) in drafts.iter().enumerate() {
            for scored in pages.scored_clauses {
                let (Some(found), Some(link)) = (pages.found.get(scored.criterion), draft.link(scored.step))
                else {
                    continue;
                };
                for (no, _) in found.meeting(draft.asset, link) {
                    meter.step()?;
                    let hit = found.hit(no, pages.reader)?;
                    for key in std::iter::once(hit.first).chain(hit.joined.iter().copied()) {
                        wanted.push(AnnotationRef { asset: hit.asset, key });
                        owners.push(i);
                    }
                }
            }
        }
        let asset = drafts.first().and_then(|d| pages.reader.assets().get(usize::try_from(d.asset.0).ok()?));
        let of_asset = asset.and_then(|d| d.asset.attributes.get(attribute)).and_then(|v| v.as_f64());
        let mut best: Vec<Option<f64>> = vec![None; drafts.len()];
        let _held = budget.hold((wanted.len() * size_of::<(AnnotationRef, usize)>()) as u64)?;
        for (wanted, owners) in wanted.chunks(FETCHED_AT_ONCE).zip(owners.chunks(FETCHED_AT_ONCE)) {
            meter.steps(wanted.len().saturating_mul(FETCHED_STEPS))?;
            for (fetched, owner) in pages.reader.fetch(wanted, budget)?.into_iter().zip(owners) {
                let number = fetched.and_then(|a| a.annotation.attributes.get(attribute)?.as_f64());
                if let (Some(number), Some(slot)) = (number, best.get_mut(*owner)) {
                    let better = |x: f64| if ascending { x.min(number) } else { x.max(number) };
                    *slot = Some(slot.map_or(number, better));
                }
            }
        }
        values.extend(best.into_iter().map(|value| value.or(of_asset)));
    }
    Ok(values)
}

fn span(range: TimeRange) -> Span {
    Span { start_ns: range.start_ns(), end_ns: range.end_ns() }
}

/// The range with time added around it, inside the media.
fn padded(range: TimeRange, before_ns: i64, after_ns: i64, asset: &Asset) -> (i64, i64) {
    let latest = asset.duration_ns.unwrap_or(TIME_NS_MAX).max(range.end_ns());
    let start = range.start_ns().saturating_sub(before_ns).max(0);
    (start, range.end_ns().saturating_add(after_ns).min(latest))
}

/// The number of an asset as an index.
pub(crate) fn index_of(asset: AssetNo) -> usize {
    usize::try_from(asset.0).unwrap_or(usize::MAX)
}
