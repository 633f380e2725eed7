//! Annotations in lists, and every question answered by straight loops over them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rushes_plan::similarity::{nearer_first, similarity_score};
use rushes_plan::{Clause, ClauseMatcher, Filter, PhraseHit, Test};
use rushes_text::{Analyzer, normalise_label};
use rushes_types::{AnnotationType, AssetDocument, AssetId, FusedAnnotation, ReadPoint, Result, SpaceId};

use crate::budget::Budget;
use crate::hit::{hit_order, nearest_test, refuse_nearest, span};
use crate::seam::{AnnotationRef, AssetNo, Eligible, HIT_BYTES, Hit, Hits, IndexReader, Suggestion};
use crate::suggest::{LabelCounts, begins_word};
use crate::visibility::{PinStatus, is_visible};

/// Steps that it takes to match an annotation.
const MATCHED_STEPS: usize = 64;

/// An annotation as the matcher tests it.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateAnnotation {
    /// The annotation, with its validities.
    pub fused: FusedAnnotation,
    /// The space of its vector, if it has one.
    pub space: SpaceId,
}

/// A reader over given annotations: the reference for the others. An engine that cannot decide a match by itself
/// fetches a superset of the matches, builds this reader from it, and passes the call on.
#[derive(Debug)]
pub struct MemoryReader {
    at: ReadPoint,
    assets: Arc<[Arc<AssetDocument>]>,
    /// By asset; by range and key.
    entries: BTreeMap<AssetNo, Vec<Arc<CandidateAnnotation>>>,
    analyzer: Arc<Analyzer>,
}

impl MemoryReader {
    /// A reader at a read point, of assets ascending by id and of annotations in any order, each named once; one whose asset
    /// is not among them is left out.
    #[must_use]
    pub fn new(
        at: ReadPoint,
        assets: Arc<[Arc<AssetDocument>]>,
        annotations: impl IntoIterator<Item = Arc<CandidateAnnotation>>,
        analyzer: Arc<Analyzer>,
    ) -> Self {
        let mut reader = Self { at, assets, entries: BTreeMap::new(), analyzer };
        for listed in annotations {
            if let Some(no) = reader.asset_no(&listed.fused.annotation.asset) {
                reader.entries.entry(no).or_default().push(listed);
            }
        }
        for of_asset in reader.entries.values_mut() {
            // In the order of hits: by start, end and key.
            of_asset.sort_by_cached_key(|e| (e.fused.annotation.range, e.fused.fused_key()));
        }
        reader
    }

    /// The assets that the filter accepts and that have annotations.
    fn filtered<'r>(
        &'r self,
        filter: &'r Filter,
    ) -> impl Iterator<Item = (AssetNo, &'r [Arc<CandidateAnnotation>])> {
        let assets = self.entries.iter();
        assets.filter_map(move |(no, entries)| {
            let document = self.assets.get(usize::try_from(no.0).ok()?)?;
            let takes = filter.assets.as_ref().is_none_or(|ids| ids.contains(&document.asset.id));
            takes.then_some((*no, entries.as_slice()))
        })
    }

    /// The annotations of one asset that the reader sees under the filter.
    fn seen<'r>(
        &'r self,
        entries: &'r [Arc<CandidateAnnotation>],
        filter: &'r Filter,
    ) -> impl Iterator<Item = &'r CandidateAnnotation> {
        let seen = |entry: &&CandidateAnnotation| {
            filter.sees(&entry.fused, &self.at) && filter.passes_language(&entry.fused.annotation)
        };
        entries.iter().map(Arc::as_ref).filter(seen)
    }

    fn sees_as(&self, entry: &CandidateAnnotation, status: PinStatus) -> bool {
        is_visible(&entry.fused.validities, entry.fused.kept, status, &self.at)
    }

    fn hits_of_asset(&self, asset: AssetNo, seen: &[&FusedAnnotation], matcher: &ClauseMatcher) -> Vec<Hit> {
        if let Test::Phrase(_) = &matcher.clause().test {
            let annotations: Vec<_> = seen.iter().map(|fused| &fused.annotation).collect();
            let hit = |found: PhraseHit| {
                let members: Vec<_> = found.members.iter().filter_map(|i| seen.get(*i).copied()).collect();
                joined_hit(asset, &members, found.score)
            };
            return matcher.phrases(&annotations).into_iter().filter_map(hit).collect();
        }
        let hit = |fused: &&FusedAnnotation| {
            matcher.decide(&fused.annotation).map(|score| lone_hit(asset, fused, score, None))
        };
        seen.iter().filter_map(hit).collect()
    }
}

fn joined_hit(asset: AssetNo, members: &[&FusedAnnotation], score: f64) -> Option<Hit> {
    let (first, rest) = members.split_first()?;
    let last = rest.last().unwrap_or(first);
    let confidences = members.iter().map(|fused| fused.annotation.confidence_or_one());
    Some(Hit {
        asset,
        range: span(first.annotation.range, last.annotation.range)?,
        score,
        confidence: confidences.fold(f64::INFINITY, f64::min),
        similarity: None,
        first: first.fused_key(),
        joined: rest.iter().map(|fused| fused.fused_key()).collect(),
    })
}

fn lone_hit(asset: AssetNo, fused: &FusedAnnotation, score: f64, similarity: Option<f64>) -> Hit {
    Hit {
        asset,
        range: fused.annotation.range,
        score,
        confidence: fused.annotation.confidence_or_one(),
        similarity,
        first: fused.fused_key(),
        joined: Vec::new(),
    }
}

impl IndexReader for MemoryReader {
    fn read_point(&self) -> &ReadPoint {
        &self.at
    }

    fn assets(&self) -> &[Arc<AssetDocument>] {
        &self.assets
    }

    fn asset_no(&self, asset: &AssetId) -> Option<AssetNo> {
        let at = self.assets.binary_search_by(|document| document.asset.id.cmp(asset)).ok()?;
        u32::try_from(at).ok().map(AssetNo)
    }

    fn hits(&self, clause: &Clause, filter: &Filter, budget: &Budget) -> Result<Hits> {
        budget.check()?;
        refuse_nearest(clause)?;
        let mut meter = budget.meter();
        let matcher = ClauseMatcher::new(clause, &self.analyzer);
        let mut found = Hits::default();
        for (asset, entries) in self.filtered(filter) {
            let seen: Vec<_> = self.seen(entries, filter).map(|entry| &entry.fused).collect();
            found.examined += seen.len() as u64;
            meter.steps(seen.len().saturating_mul(MATCHED_STEPS))?;
            let before = found.hits.len();
            found.hits.extend(self.hits_of_asset(asset, &seen, &matcher));
            budget.keep((found.hits.len() - before) as u64 * HIT_BYTES)?;
        }
        found.hits.sort_by(hit_order);
        Ok(found)
    }

    fn nearest(
        &self,
        clause: &Clause,
        filter: &Filter,
        eligible: Option<&Eligible>,
        budget: &Budget,
    ) -> Result<Hits> {
        budget.check()?;
        let mut meter = budget.meter();
        let test = nearest_test(clause)?;
        let matcher = ClauseMatcher::new(clause, &self.analyzer);
        let mut examined = 0;
        let mut candidates = Vec::new();
        for (asset, entries) in self.filtered(filter) {
            let times = eligible.map(|by_asset| by_asset.get(&asset));
            for entry in self.seen(entries, filter).filter(|entry| entry.space == test.space) {
                let annotation = &entry.fused.annotation;
                if times.is_none_or(|times| times.is_some_and(|t| t.meets(annotation.range))) {
                    examined += 1;
                    meter.steps(MATCHED_STEPS + test.query.len() / 8)?;
                    let raw = matcher.passes(annotation).then(|| matcher.similarity(annotation)).flatten();
                    candidates.extend(raw.map(|raw| (raw, asset, &entry.fused)));
                }
            }
        }
        candidates.sort_by(|a, b| {
            let name = |c: &(f64, AssetNo, &FusedAnnotation)| {
                let annotation = &c.2.annotation;
                (annotation.id.clone(), annotation.model.clone(), annotation.run.clone(), c.1)
            };
            nearer_first(test.metric, a.0, b.0).then_with(|| name(a).cmp(&name(b)))
        });
        candidates.truncate(test.k.unwrap_or(usize::MAX));
        budget.keep(candidates.len() as u64 * HIT_BYTES)?;
        let hit = |(raw, asset, fused): (f64, AssetNo, &FusedAnnotation)| {
            lone_hit(asset, fused, similarity_score(test.metric, raw), Some(raw))
        };
        let mut hits: Vec<Hit> = candidates.into_iter().map(hit).collect();
        hits.sort_by(hit_order);
        Ok(Hits { hits, approximate: false, examined })
    }

    fn fetch(&self, refs: &[AnnotationRef], budget: &Budget) -> Result<Vec<Option<FusedAnnotation>>> {
        let mut meter = budget.meter();
        let get = |wanted: &AnnotationRef| {
            let entries = self.entries.get(&wanted.asset).map_or(&[][..], Vec::as_slice);
            meter.steps(entries.len())?;
            let found = entries.iter().find(|e| e.fused.fused_key() == wanted.key);
            // What is kept is seen through a pin, and what is current in any case.
            Ok(found.filter(|e| self.sees_as(e, PinStatus::Pinned)).map(|e| e.fused.clone()))
        };
        refs.iter().map(get).collect()
    }

    fn find(&self, asset: &AssetId, annotation_id: &str, budget: &Budget) -> Result<Option<FusedAnnotation>> {
        let entries = self.asset_no(asset).and_then(|no| self.entries.get(&no));
        budget.meter().steps(entries.map_or(0, Vec::len))?;
        let named = || {
            let all = entries.into_iter().flatten();
            all.filter(|entry| entry.fused.annotation.id.as_str() == annotation_id)
        };
        let current = named().find(|entry| self.sees_as(entry, PinStatus::Current));
        let found = current.or_else(|| named().find(|entry| self.sees_as(entry, PinStatus::Pinned)));
        Ok(found.map(|entry| entry.fused.clone()))
    }

    fn spaces(&self, filter: &Filter, budget: &Budget) -> Result<Vec<SpaceId>> {
        let mut meter = budget.meter();
        let mut spaces = std::collections::BTreeSet::new();
        for (_, entries) in self.filtered(filter) {
            meter.steps(entries.len())?;
            let current = entries.iter().filter(|entry| self.sees_as(entry, PinStatus::Current));
            let with_vector = current.filter(|entry| entry.fused.annotation.vector.is_some());
            spaces.extend(with_vector.map(|entry| entry.space.clone()));
        }
        Ok(spaces.into_iter().collect())
    }

    fn suggest(
        &self,
        typed: &str,
        filter: &Filter,
        limit: usize,
        budget: &Budget,
    ) -> Result<Vec<Suggestion>> {
        let mut meter = budget.meter();
        let typed = normalise_label(typed);
        let mut counts: BTreeMap<(String, AnnotationType), LabelCounts> = BTreeMap::new();
        for (_, entries) in self.filtered(filter) {
            meter.steps(entries.len().saturating_mul(MATCHED_STEPS))?;
            for entry in self.seen(entries, filter) {
                let annotation = &entry.fused.annotation;
                let Some(label) = annotation.label.as_deref() else { continue };
                let normalised = normalise_label(label);
                if begins_word(&normalised, &typed) {
                    counts.entry((normalised, annotation.kind.clone())).or_default().add(label, 1);
                }
            }
        }
        Ok(crate::suggest::best(counts, limit))
    }
}
