//! The nearest vectors. The engine ranks in 32 bits with a bounded error; everything that may be among the nearest
//! within that bound is fetched, and the shared definition ranks it in 64 bits.

use std::collections::HashMap;
use std::sync::Arc;

use rushes_index::{AssetNo, Budget, Eligible, Hits, IndexReader};
use rushes_plan::similarity::l2_f64;
use rushes_plan::{Clause, Filter, NearestTest, Test};
use rushes_types::{Asset, AssetId, FusedKey, Metric, Result, TimeSet};
use serde_json::{Value, json};

use crate::compile::{all_of, any_of, limits, of_assets};
use crate::document::is_even;
use crate::names::vector_field;
use crate::point_in_time::{Fields, PAGE};
use crate::reader::{Collected, ElasticReader};

/// Extra hits of a page, so that one page is usually enough.
const PAGE_MORE: usize = 50;
/// Most hits of the first page, while the share of eligible hits is a guess. Each page ranks everything once more.
const FIRST_PAGE_MAX: usize = 2_000;
/// Most stretches of time listed in a request; more are left to the matcher.
const STRETCHES_MAX: usize = 200;
/// Candidates of an approximate search for each requested neighbour, and the least.
const OVERSAMPLE: usize = 4;
const CANDIDATES_MIN: usize = 200;

/// Added to the cosine, because scores must be positive.
const LIFT: f64 = 2.0;

/// Bounds on the true similarity, given a score of the engine.
#[derive(Debug, Clone, Copy)]
struct Bound {
    metric: Metric,
    /// Relative error of a sum of products over the dimensions: each product and step may be off by half a unit in the
    /// last of 24 bits; doubled.
    error: f64,
    /// Length of the query.
    length: f64,
}

impl Bound {
    fn new(test: &NearestTest) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a vector has few dimensions")]
        let steps = (test.query.len() + 32) as f64;
        let length = l2_f64(&test.query, &vec![0.0; test.query.len()]);
        Self { metric: test.metric, error: steps * (2.0_f64).powi(-23), length }
    }

    /// The lowest score that a vector with this similarity (a cosine, or a distance) can have.
    fn lowest_score_of(&self, near: f64) -> f64 {
        let score = match self.metric {
            Metric::Cosine => near + LIFT - self.error,
            Metric::L2 => 1.0 / (1.0 + self.farthest(near)),
        };
        // The score itself has 24 bits.
        score * (1.0 - (2.0_f64).powi(-22))
    }

    /// The largest distance that the engine may compute for a vector at this distance.
    fn farthest(&self, distance: f64) -> f64 {
        // Both vectors are rounded; the other one is at most as long as the query plus the distance.
        distance + self.error * (2.0 * self.length + 2.0 * distance.max(0.0))
    }

    /// The worst similarity that this score can mean: the least cosine, the largest distance.
    fn worst_of(&self, score: f64) -> f64 {
        let slack = (2.0_f64).powi(-22);
        match self.metric {
            Metric::Cosine => score - LIFT - self.error - score * slack,
            Metric::L2 => {
                let said = (1.0 / (score * (1.0 - slack)).max(f64::MIN_POSITIVE) - 1.0).max(0.0);
                said + self.error * (2.0 * self.length + 3.0 * said)
            }
        }
    }

    /// The score below which nothing can be as near as the worst case of `score`.
    fn cut_below(&self, score: f64) -> f64 {
        self.lowest_score_of(self.worst_of(score))
    }
}

fn script(field: &str, test: &NearestTest) -> Value {
    let source = match test.metric {
        Metric::Cosine => format!("cosineSimilarity(params.query, '{field}') + {LIFT:.1}"),
        Metric::L2 => format!("1.0 / (1.0 + l2norm(params.query, '{field}'))"),
    };
    json!({"source": source, "params": {"query": test.query}})
}

/// The request for the exact similarities of everything within the limits.
pub(crate) fn exact_query(field: &str, test: &NearestTest, mut parts: Vec<Value>) -> Value {
    parts.push(json!({"exists": {"field": field}}));
    let mut query = json!({"script_score": {"query": all_of(parts), "script": script(field, test)}});
    if let Some(threshold) = test.threshold {
        let least = Bound::new(test).lowest_score_of(threshold);
        if least > 0.0 {
            query["script_score"]["min_score"] = least.into();
        }
    }
    query
}

/// The request for approximate neighbours within the limits.
fn approximate_query(field: &str, test: &NearestTest, k: usize, parts: Vec<Value>) -> Value {
    let wanted = k.saturating_mul(OVERSAMPLE).clamp(CANDIDATES_MIN, PAGE);
    json!({"knn": {
        "field": field, "query_vector": test.query, "k": wanted, "num_candidates": wanted, "filter": all_of(parts),
    }})
}

/// Are the times too many to be listed in a request?
fn are_many(assets: &[(&Asset, &TimeSet)]) -> bool {
    let stretches: usize =
        assets.iter().map(|(_, times)| times.stretches().len() + times.points().len()).sum();
    stretches > STRETCHES_MAX
}

/// About which share of the assets' time is eligible.
#[expect(clippy::cast_precision_loss, reason = "a guess")]
fn share(assets: &[(&Asset, &TimeSet)]) -> f64 {
    let (mut counts, mut all) = (0.0, 0.0);
    for (asset, times) in assets {
        counts += times.stretches().iter().map(|(from, to)| (to - from) as f64).sum::<f64>();
        let last = times.stretches().last().map_or(0, |(_, to)| *to);
        all += asset.duration_ns.unwrap_or(last).max(last) as f64;
    }
    if all > 0.0 { counts / all } else { 1.0 }
}

/// Hits of the first page, so that it likely holds `k` eligible ones.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a guess"
)]
fn first_page(k: usize, share: f64) -> usize {
    let least = k.saturating_add(PAGE_MORE).min(PAGE);
    let guess = k as f64 / share.max(f64::MIN_POSITIVE);
    (guess as usize).saturating_add(PAGE_MORE).clamp(least, FIRST_PAGE_MAX.max(least))
}

/// Hits of the next page, given how many of the `seen` ones were eligible.
fn next_page(k: usize, counted: usize, seen: usize) -> usize {
    let missing = k.saturating_sub(counted);
    // A quarter more than needed at the current rate.
    let more = match counted {
        0 => seen.saturating_mul(4),
        _ => missing.saturating_mul(seen) / counted * 5 / 4,
    };
    more.saturating_add(PAGE_MORE).min(PAGE)
}

/// The times that annotations must overlap; only their assets, if the times are too many.
fn meeting(assets: &[(&Asset, &TimeSet)], many: bool) -> Option<Value> {
    if many {
        let ids: Vec<&AssetId> = assets.iter().map(|(asset, _)| &asset.id).collect();
        return of_assets(ids.into_iter());
    }
    let of_asset = |(asset, times): &(&Asset, &TimeSet)| {
        let range = |from: i64, to: i64| {
            all_of(vec![
                json!({"range": {"start_ns": {"lte": to}}}),
                json!({"range": {"end_ns": {"gte": from}}}),
            ])
        };
        let ranges = times.pieces().iter().map(|piece| range(piece.start_ns(), piece.end_ns())).collect();
        all_of(vec![json!({"term": {"asset": asset.id.as_str()}}), any_of(ranges)])
    };
    Some(any_of(assets.iter().map(of_asset).collect()))
}

type Scored = HashMap<(AssetNo, FusedKey), f64>;

impl ElasticReader {
    pub(crate) fn nearest_hits(
        &self,
        clause: &Clause,
        filter: &Filter,
        eligible: Option<&Eligible>,
        budget: &Budget,
    ) -> Result<Hits> {
        let Test::Nearest(test) = &clause.test else {
            return self.over(Vec::new()).nearest(clause, filter, eligible, budget);
        };
        if test.k == Some(0) || eligible.is_some_and(|eligible| eligible.is_empty()) {
            return Ok(Hits::default());
        }
        let field = vector_field(&test.space, test.query.len());
        let mut parts = limits(clause, filter, &self.at);
        let mut size = test.k.map_or(PAGE, |k| first_page(k, 1.0));
        if let Some(eligible) = eligible {
            let asset = |no: &AssetNo| self.listing.documents.get(usize::try_from(no.0).ok()?);
            let mut assets: Vec<_> =
                eligible.iter().filter_map(|(no, times)| Some((&asset(no)?.asset, times))).collect();
            // In one order, so that the same question makes the same request.
            assets.sort_unstable_by(|(a, _), (b, _)| a.id.cmp(&b.id));
            let many = are_many(&assets);
            parts.extend(meeting(&assets, many));
            if let Some(k) = test.k.filter(|_| many) {
                size = first_page(k, share(&assets));
            }
        }
        let of_field = json!({"term": {"vector_field": field}});
        let with = |more: Vec<Value>| all_of(parts.iter().cloned().chain(more).collect());
        if !is_even(&test.query) {
            let all = self.collect(&with(vec![of_field]), Fields::Whole, budget)?;
            return self.over(all.annotations).nearest(clause, filter, eligible, budget);
        }
        // Vectors that the engine cannot rank are few, and always fetched; most spaces have none.
        let is_odd = json!({"term": {"odd_vector": true}});
        let mut candidates = match self.count_of(&all_of(vec![of_field.clone(), is_odd.clone()]), budget)? {
            0 => Collected::none(budget)?,
            _ => self.collect(&with(vec![of_field, is_odd]), Fields::Whole, budget)?,
        };
        let mut approximate = false;
        if self.state.spaces.contains_key(&field) {
            if let Some(k) = self.approximate_k(test, &field, eligible, budget)? {
                approximate = true;
                let query = approximate_query(&field, test, k, parts);
                let size = k.saturating_mul(OVERSAMPLE).clamp(CANDIDATES_MIN, PAGE);
                self.collect_some(&query, size, budget, &mut candidates)?;
            } else {
                let query = exact_query(&field, test, parts);
                self.ranked(clause, filter, eligible, &query, size, budget, &mut candidates)?;
            }
        }
        let hits = self.over(candidates.annotations).nearest(clause, filter, eligible, budget)?;
        Ok(Hits { approximate, ..hits })
    }

    /// How many neighbours to ask an approximate search for; `None` where the search is exact.
    fn approximate_k(
        &self,
        test: &NearestTest,
        field: &str,
        eligible: Option<&Eligible>,
        budget: &Budget,
    ) -> Result<Option<usize>> {
        let known = self.state.spaces.get(field);
        let allowed = self.config.approximate && !test.exact && eligible.is_none();
        let of_metric = known.is_some_and(|known| known.metric == test.metric);
        let Some(k) = test.k.filter(|k| allowed && of_metric && k.saturating_mul(OVERSAMPLE) <= PAGE) else {
            return Ok(None);
        };
        let many = self.config.approximate_rows_min;
        let vectors = self.count_of(&json!({"exists": {"field": field}}), budget)?;
        Ok((vectors >= many).then_some(k))
    }

    /// How many documents a query finds at the point in time.
    pub(crate) fn count_of(&self, query: &Value, budget: &Budget) -> Result<u64> {
        let request = json!({
            "size": 0, "track_total_hits": false, "query": query,
            "aggs": {"found": {"filter": {"match_all": {}}}},
        });
        let answer = self.point.aggregate(&request, budget)?;
        Ok(answer.pointer("/found/doc_count").and_then(Value::as_u64).unwrap_or_default())
    }

    fn collect_some(
        &self,
        query: &Value,
        size: usize,
        budget: &Budget,
        all: &mut Collected<'_>,
    ) -> Result<()> {
        let sort = json!(["_score", "_shard_doc"]);
        self.point.pages(query, Fields::Whole, &sort, size, budget, &mut |hits| {
            hits.iter().try_for_each(|found| all.extend(self.candidate(found)?, found.bytes()))?;
            Ok(None)
        })
    }

    /// All that may be among the nearest, by the engine's scores: best first, until the rest is certainly too far. The
    /// first page has at most `size` hits.
    fn ranked(
        &self,
        clause: &Clause,
        filter: &Filter,
        eligible: Option<&Eligible>,
        query: &Value,
        size: usize,
        budget: &Budget,
        candidates: &mut Collected<'_>,
    ) -> Result<()> {
        let Test::Nearest(test) = &clause.test else { return Ok(()) };
        let bound = Bound::new(test);
        // Everything eligible, at any distance.
        let all = Clause { test: Test::Nearest(NearestTest { k: None, ..test.clone() }), ..clause.clone() };
        let (mut read, mut scores) = (0, Vec::new());
        let sort = json!([{"_score": "desc"}, {"_shard_doc": "asc"}]);
        self.point.pages(query, Fields::Whole, &sort, size, budget, &mut |hits| {
            let mut page = Vec::new();
            let mut scored = Scored::new();
            for found in hits {
                let Some(candidate) = self.candidate(found)? else { continue };
                if let Some(no) = self.asset_no(&candidate.fused.annotation.asset) {
                    scored.insert((no, candidate.fused.fused_key()), found.score.unwrap_or_default());
                }
                candidates.extend(Some(Arc::clone(&candidate)), found.bytes())?;
                page.push(candidate);
            }
            read += page.len();
            let counting =
                budget.passing(|budget| self.over(page).nearest(&all, filter, eligible, budget))?;
            scores
                .extend(counting.hits.iter().filter_map(|hit| scored.get(&(hit.asset, hit.first)).copied()));
            let Some(k) = test.k else { return Ok(Some(PAGE)) };
            let Some(kth) = kth_best(&mut scores, k) else {
                return Ok(Some(next_page(k, scores.len(), read)));
            };
            let last = hits.last().and_then(|found| found.score).unwrap_or_default();
            Ok((last >= bound.cut_below(kth)).then_some(PAGE_MORE))
        })
    }
}

fn kth_best(scores: &mut [f64], k: usize) -> Option<f64> {
    let at = k.checked_sub(1).filter(|at| *at < scores.len())?;
    Some(*scores.select_nth_unstable_by(at, |a, b| b.total_cmp(a)).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rushes_plan::similarity::similarity;
    use rushes_types::SpaceId;

    fn test(query: Vec<f32>, metric: Metric) -> NearestTest {
        NearestTest {
            space: SpaceId::new("s").unwrap(),
            query: query.into(),
            metric,
            exact: true,
            k: Some(3),
            threshold: None,
        }
    }

    /// What an engine would say that sums in 32 bits.
    fn engine(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
        match metric {
            Metric::Cosine => {
                let length = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
                let (a_length, b_length) = (length(a), length(b));
                let dot: f32 = a.iter().zip(b).map(|(x, y)| (x / a_length) * (y / b_length)).sum();
                f64::from((f64::from(dot) + LIFT) as f32)
            }
            Metric::L2 => {
                let squares: f32 = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum();
                f64::from((1.0 / (1.0 + f64::from(squares.sqrt()))) as f32)
            }
        }
    }

    #[test]
    fn a_page_is_as_large_as_its_hits_count() {
        assert_eq!((first_page(100, 1.0), first_page(100, 0.1)), (150, 1_050));
        assert_eq!((first_page(100, 0.0), first_page(5_000, 0.5)), (FIRST_PAGE_MAX, 5_050));
        assert_eq!((next_page(100, 20, 150), next_page(100, 0, 150)), (800, 650));
        assert_eq!(next_page(9_000, 1, 10_000), PAGE);
    }

    #[test]
    fn scores_in_32_bits_stay_within_the_bounds() {
        let mut random = 7_u64;
        let mut number = move || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((random >> 40) as f32 / (1 << 23) as f32 - 1.0) * 3.0
        };
        for metric in [Metric::Cosine, Metric::L2] {
            for dimensions in [1, 2, 7, 64, 512] {
                for round in 0..40 {
                    let a: Vec<f32> = (0..dimensions).map(|_| number()).collect();
                    // Some near, some far.
                    let b: Vec<f32> = a
                        .iter()
                        .map(|x| if round % 2 == 0 { x + number() * 1e-4 } else { number() })
                        .collect();
                    let bound = Bound::new(&test(a.clone(), metric));
                    let (truth, score) = (similarity(metric, &a, &b), engine(metric, &a, &b));
                    assert!(
                        score >= bound.lowest_score_of(truth),
                        "{metric:?} {dimensions}: {truth} {score}"
                    );
                    let worst = bound.worst_of(score);
                    let holds = if metric == Metric::Cosine { truth >= worst } else { truth <= worst };
                    assert!(holds, "{metric:?} {dimensions}: {truth} {score} {worst}");
                }
            }
        }
    }
}
