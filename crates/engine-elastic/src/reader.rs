//! A snapshot: a point in time of the annotations, the assets of a generation, and the shared matcher over the hits.

use std::collections::BTreeSet;
use std::sync::Arc;

use rushes_index::{
    AnnotationRef, AssetNo, CandidateAnnotation, Eligible, EngineRequest, Hits, IndexReader, MemoryReader,
    Suggestion, space_of,
};
use rushes_plan::{Clause, Filter, Query, Test};
use rushes_text::Analyzer;
use rushes_types::{AssetDocument, AssetId, FusedAnnotation, ReadPoint, Result, SpaceId};
use serde_json::{Value, json};

use crate::assets::Listing;
use crate::compile::{all_of, compile, current, is_annotation, is_exact};
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

    /// Everything that a query finds.
    pub fn collect(&self, query: &Value, fields: Fields) -> Result<Vec<Arc<CandidateAnnotation>>> {
        let mut all = Vec::new();
        self.point.scan(query, fields, &mut |found| {
            all.extend(self.candidate(found)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// The shared matcher over these annotations.
    pub fn over(&self, annotations: Vec<Arc<CandidateAnnotation>>) -> MemoryReader {
        MemoryReader::new(self.at.clone(), self.listing.documents.clone(), annotations, self.analyzer.clone())
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

    fn hits(&self, clause: &Clause, filter: &Filter) -> Result<Hits> {
        let query = compile(clause, filter, &self.at, &self.analyzer);
        match &clause.test {
            // The matcher rejects it.
            Test::Nearest(_) => self.over(Vec::new()).hits(clause, filter),
            Test::Phrase(_) => self.phrase_hits(clause, filter, &query),
            _ => self.over(self.collect(&query, Fields::Body)?).hits(clause, filter),
        }
    }

    fn nearest(&self, clause: &Clause, filter: &Filter, eligible: Option<&Eligible>) -> Result<Hits> {
        self.nearest_hits(clause, filter, eligible)
    }

    fn annotations(&self, filter: &Filter) -> Result<u64> {
        if !is_exact(filter, &self.at) {
            return Ok(self.hits(&Clause::any(None), filter)?.hits.len() as u64);
        }
        let query = compile(&Clause::any(None), filter, &self.at, &self.analyzer);
        let answer = self.point.aggregate(&json!({
            "size": 0, "track_total_hits": false, "query": query,
            "aggs": {"all": {"filter": {"match_all": {}}}},
        }))?;
        Ok(answer.pointer("/all/doc_count").and_then(Value::as_u64).unwrap_or_default())
    }

    fn fetch(&self, refs: &[AnnotationRef]) -> Result<Vec<Option<FusedAnnotation>>> {
        let mut fetched = Vec::with_capacity(refs.len());
        for refs in refs.chunks(NAMES_MAX) {
            let name = |wanted: &AnnotationRef| {
                let document = self.listing.documents.get(usize::try_from(wanted.asset.0).ok()?)?;
                Some(annotation_id(&document.asset.id, wanted.key))
            };
            let names: BTreeSet<String> = refs.iter().filter_map(name).collect();
            let query = all_of(vec![json!({"ids": {"values": names}}), is_annotation()]);
            let found = if names.is_empty() { Vec::new() } else { self.collect(&query, Fields::Whole)? };
            fetched.extend(self.over(found).fetch(refs)?);
        }
        Ok(fetched)
    }

    fn find(&self, asset: &AssetId, annotation_id: &str) -> Result<Option<FusedAnnotation>> {
        let query = all_of(vec![
            json!({"term": {"asset": asset.as_str()}}),
            json!({"term": {"annotation_id": annotation_id}}),
            is_annotation(),
        ]);
        self.over(self.collect(&query, Fields::Whole)?).find(asset, annotation_id)
    }

    fn spaces(&self) -> Result<Vec<SpaceId>> {
        let with_vector = all_of(vec![current(&self.at), json!({"exists": {"field": "space"}})]);
        if !is_exact(&Filter::default(), &self.at) {
            return self.over(self.collect(&with_vector, Fields::Whole)?).spaces();
        }
        let answer = self.point.aggregate(&json!({
            "size": 0, "track_total_hits": false, "query": with_vector,
            "aggs": {"spaces": {"terms": {"field": "space", "size": SPACES_MAX}}},
        }))?;
        let buckets = answer.pointer("/spaces/buckets").and_then(Value::as_array);
        let names = buckets.into_iter().flatten().filter_map(|bucket| bucket.get("key")?.as_str());
        let spaces: BTreeSet<SpaceId> = names.filter_map(|name| SpaceId::new(name).ok()).collect();
        Ok(spaces.into_iter().collect())
    }

    fn suggest(&self, typed: &str, filter: &Filter, limit: usize) -> Result<Vec<Suggestion>> {
        self.suggestions(typed, filter, limit, true)
    }

    fn words_beginning(&self, folded: &str, limit: usize) -> Result<Vec<String>> {
        self.words(folded, limit)
    }

    fn requests(&self, query: &Query, filter: &Filter) -> Vec<EngineRequest> {
        self.requests_of(query, filter)
    }

    fn labels(&self, filter: &Filter) -> Result<Vec<Suggestion>> {
        self.suggestions("", filter, usize::MAX, false)
    }
}
