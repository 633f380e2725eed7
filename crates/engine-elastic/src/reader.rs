//! A snapshot: a point in time of the annotations, the assets of a generation, and the shared matcher over the hits.

use std::collections::BTreeSet;
use std::sync::Arc;

use rushes_index::{
    AnnotationRef, AssetNo, Budget, CandidateAnnotation, Eligible, EngineRequest, Held, Hits, IndexReader,
    MemoryReader, Suggestion, space_of,
};
use rushes_plan::{Clause, Filter, Query, Test};
use rushes_text::Analyzer;
use rushes_types::{AssetDocument, AssetId, FusedAnnotation, ReadPoint, Result, SpaceId};
use serde_json::{Value, json};

use crate::assets::Listing;
use crate::compile::{all_of, compile, decides, filtered, is_annotation, is_exact};
use crate::config::ElasticConfig;
use crate::meta::State;
use crate::names::annotation_id;
use crate::point_in_time::{Fields, PointInTime, SearchHit};

/// Annotations fetched by `_id` at once.
const NAMES_MAX: usize = 5_000;
/// Most spaces that are listed.
const SPACES_MAX: usize = 10_000;

/// Reads at a read point.
#[derive(Debug)]
pub(crate) struct ElasticReader {
    pub at: ReadPoint,
    pub listing: Listing,
    pub state: State,
    pub point: PointInTime,
    pub analyzer: Arc<Analyzer>,
    pub config: Arc<ElasticConfig>,
}

impl ElasticReader {
    /// The asset's document, if the reader sees it.
    pub fn document_of(&self, asset: &str) -> Option<&Arc<AssetDocument>> {
        let at = self.listing.documents.binary_search_by(|d| d.asset.id.as_str().cmp(asset)).ok()?;
        self.listing.documents.get(at)
    }

    /// A hit as input of the shared matcher; `None` if its asset is not visible, or if it was written before an
    /// erasure.
    pub fn candidate(&self, found: &SearchHit<'_>) -> Result<Option<Arc<CandidateAnnotation>>> {
        let Some(document) = self.document_of(found.asset()) else { return Ok(None) };
        let asset = &document.asset.id;
        if self.listing.erased_upto.get(asset).is_some_and(|erased_upto| found.commit() <= *erased_upto) {
            return Ok(None);
        }
        let fused = found.annotation(asset)?;
        let space = space_of(Some(document), &fused.annotation.model)?;
        Ok(Some(Arc::new(CandidateAnnotation { fused, space })))
    }

    /// Everything that a query finds, held as long as it is.
    pub fn collect<'b>(&self, query: &Value, fields: Fields, budget: &'b Budget) -> Result<Collected<'b>> {
        let mut all = Collected::none(budget)?;
        self.point
            .scan(query, fields, budget, &mut |found| all.extend(self.candidate(found)?, found.bytes()))?;
        Ok(all)
    }

    /// The shared matcher over these annotations.
    pub fn over(&self, annotations: Vec<Arc<CandidateAnnotation>>) -> MemoryReader {
        MemoryReader::new(self.at.clone(), self.listing.documents.clone(), annotations, self.analyzer.clone())
    }
}

/// Candidates with the memory that they take.
#[derive(Debug)]
pub(crate) struct Collected<'b> {
    pub annotations: Vec<Arc<CandidateAnnotation>>,
    pub held: Held<'b>,
}

impl<'b> Collected<'b> {
    pub fn none(budget: &'b Budget) -> Result<Self> {
        Ok(Self { annotations: Vec::new(), held: budget.hold(0)? })
    }

    /// Takes in a candidate of so many bytes.
    pub fn extend(&mut self, candidate: Option<Arc<CandidateAnnotation>>, bytes: usize) -> Result<()> {
        if candidate.is_some() {
            self.held.grow((size_of::<CandidateAnnotation>() + bytes) as u64)?;
        }
        self.annotations.extend(candidate);
        Ok(())
    }
}

impl IndexReader for ElasticReader {
    fn read_point(&self) -> &ReadPoint {
        &self.at
    }

    fn assets(&self) -> &[Arc<AssetDocument>] {
        &self.listing.documents
    }

    fn asset_no(&self, asset: &AssetId) -> Option<AssetNo> {
        let at = self.listing.documents.binary_search_by(|document| document.asset.id.cmp(asset)).ok()?;
        u32::try_from(at).ok().map(AssetNo)
    }

    fn hits(&self, clause: &Clause, filter: &Filter, budget: &Budget) -> Result<Hits> {
        let query = compile(clause, filter, &self.at, &self.analyzer);
        match &clause.test {
            // The matcher rejects it.
            Test::Nearest(_) => self.over(Vec::new()).hits(clause, filter, budget),
            Test::Phrase(_) => self.phrase_hits(clause, filter, &query, budget),
            _ => {
                let found = self.collect(&query, Fields::Body, budget)?;
                self.over(found.annotations).hits(clause, filter, budget)
            }
        }
    }

    fn nearest(
        &self,
        clause: &Clause,
        filter: &Filter,
        eligible: Option<&Eligible>,
        budget: &Budget,
    ) -> Result<Hits> {
        self.nearest_hits(clause, filter, eligible, budget)
    }

    fn count(&self, clause: &Clause, filter: &Filter, budget: &Budget) -> Result<u64> {
        if !decides(clause) || !is_exact(filter, &self.at) {
            return budget.passing(|budget| Ok(self.hits(clause, filter, budget)?.hits.len() as u64));
        }
        self.count_of(&compile(clause, filter, &self.at, &self.analyzer), budget)
    }

    fn fetch(&self, refs: &[AnnotationRef], budget: &Budget) -> Result<Vec<Option<FusedAnnotation>>> {
        let mut fetched = Vec::with_capacity(refs.len());
        for refs in refs.chunks(NAMES_MAX) {
            let name = |wanted: &AnnotationRef| {
                let document = self.listing.documents.get(usize::try_from(wanted.asset.0).ok()?)?;
                Some(annotation_id(&document.asset.id, wanted.key))
            };
            let names: BTreeSet<String> = refs.iter().filter_map(name).collect();
            let query = all_of(vec![json!({"ids": {"values": names}}), is_annotation()]);
            let found = match names.is_empty() {
                true => Collected::none(budget)?,
                false => self.collect(&query, Fields::Whole, budget)?,
            };
            fetched.extend(self.over(found.annotations).fetch(refs, budget)?);
        }
        Ok(fetched)
    }

    fn find(&self, asset: &AssetId, annotation_id: &str, budget: &Budget) -> Result<Option<FusedAnnotation>> {
        let query = all_of(vec![
            json!({"term": {"asset": asset.as_str()}}),
            json!({"term": {"annotation_id": annotation_id}}),
            is_annotation(),
        ]);
        let found = self.collect(&query, Fields::Whole, budget)?;
        self.over(found.annotations).find(asset, annotation_id, budget)
    }

    fn spaces(&self, filter: &Filter, budget: &Budget) -> Result<Vec<SpaceId>> {
        let mut parts = filtered(filter, &self.at);
        parts.push(json!({"exists": {"field": "space"}}));
        let with_vector = all_of(parts);
        if !is_exact(filter, &self.at) {
            let found = self.collect(&with_vector, Fields::Whole, budget)?;
            return self.over(found.annotations).spaces(filter, budget);
        }
        let request = json!({
            "size": 0, "track_total_hits": false, "query": with_vector,
            "aggs": {"spaces": {"terms": {"field": "space", "size": SPACES_MAX}}},
        });
        let answer = self.point.aggregate(&request, budget)?;
        let buckets = answer.pointer("/spaces/buckets").and_then(Value::as_array);
        let names = buckets.into_iter().flatten().filter_map(|bucket| bucket.get("key")?.as_str());
        let spaces: BTreeSet<SpaceId> = names.filter_map(|name| SpaceId::new(name).ok()).collect();
        Ok(spaces.into_iter().collect())
    }

    fn suggest(
        &self,
        typed: &str,
        filter: &Filter,
        limit: usize,
        budget: &Budget,
    ) -> Result<Vec<Suggestion>> {
        self.suggestions(typed, filter, limit, true, budget)
    }

    fn words_beginning(&self, folded: &str, limit: usize, budget: &Budget) -> Result<Vec<String>> {
        self.words(folded, limit, budget)
    }

    fn requests(&self, query: &Query, filter: &Filter) -> Vec<EngineRequest> {
        self.requests_of(query, filter)
    }

    fn labels(&self, filter: &Filter, budget: &Budget) -> Result<Vec<Suggestion>> {
        self.suggestions("", filter, usize::MAX, false, budget)
    }
}
