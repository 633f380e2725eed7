//! How long does it take to make moments of many candidates? The index's own time does not count here: a reader that has
//! its hits at hand. Tiny in every run; `RUSHES_SPEED=1` (with `--release`) measures 200 hours with 100,000 hits a clause.

use std::sync::Arc;
use std::time::Instant;

use rushes_index::{AnnotationRef, AssetNo, Budget, Eligible, Hit, Hits, IndexReader, Suggestion};
use rushes_plan::{Clause, Filter, Plan, Query, resolve};
use rushes_query::{Options, View, execute};
use rushes_testkit::archive::Archive;
use rushes_types::{
    AnnotationKey, Asset, AssetDocument, AssetId, Commit, FusedAnnotation, FusedKey, MovieId, ReadPoint,
    Result, SpaceId, TimeRange,
};
use serde_json::json;

struct AtHand {
    at: ReadPoint,
    assets: Vec<Arc<AssetDocument>>,
    hits: Vec<Hits>,
}

impl AtHand {
    /// `per_asset` hits of each clause in each asset of an hour, each of 1 to 8 seconds.
    fn new(assets: u32, per_asset: u64, clauses: u64) -> Self {
        let document = |no: u32| {
            let id = AssetId::new(&format!("asset-{no:05}")).unwrap();
            let asset = Asset::new(id, MovieId::new("film").unwrap());
            Arc::new(AssetDocument { asset, models: Vec::new(), analysed: Vec::new() })
        };
        let hits = |clause: u64| {
            let mut hits = Vec::new();
            for asset in 0..assets {
                let mut random = u64::from(asset) * 31 + clause * 1_000_003 + 1;
                let mut own: Vec<Hit> = (0..per_asset)
                    .map(|n| {
                        random = random
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1_442_695_040_888_963_407);
                        let start = i64::try_from((random >> 33) % 3_600_000).unwrap() * 1_000_000;
                        let end = start
                            + i64::try_from((random >> 20) % 8).unwrap() * 1_000_000_000
                            + 1_000_000_000;
                        let key = AnnotationKey(u128::from(random) << 32 | u128::from(n));
                        Hit {
                            asset: AssetNo(asset),
                            range: TimeRange::new(start, end).unwrap(),
                            score: 1.0,
                            confidence: ((random >> 40) % 100) as f64 / 100.0,
                            similarity: None,
                            first: FusedKey { start_ns: start, key },
                            joined: Vec::new(),
                        }
                    })
                    .collect();
                own.sort_by_key(|hit| (hit.range, hit.first));
                hits.append(&mut own);
            }
            Hits { hits, approximate: false, examined: 0 }
        };
        let assets = (0..assets).map(document).collect();
        Self { at: ReadPoint::at(Commit(1)), assets, hits: (0..clauses).map(hits).collect() }
    }
}

impl IndexReader for AtHand {
    fn read_point(&self) -> &ReadPoint {
        &self.at
    }
    fn assets(&self) -> &[Arc<AssetDocument>] {
        &self.assets
    }
    fn asset_no(&self, _: &AssetId) -> Option<AssetNo> {
        None
    }
    fn hits(&self, clause: &Clause, _: &Filter, _: &Budget) -> Result<Hits> {
        Ok(self.hits[clause.no].clone())
    }
    fn nearest(&self, _: &Clause, _: &Filter, _: Option<&Eligible>, _: &Budget) -> Result<Hits> {
        Ok(Hits::default())
    }
    fn fetch(&self, refs: &[AnnotationRef], _: &Budget) -> Result<Vec<Option<FusedAnnotation>>> {
        Ok(refs.iter().map(|_| None).collect())
    }
    fn find(&self, _: &AssetId, _: &str, _: &Budget) -> Result<Option<FusedAnnotation>> {
        Ok(None)
    }
    fn spaces(&self, _: &Filter, _: &Budget) -> Result<Vec<SpaceId>> {
        Ok(Vec::new())
    }
    fn suggest(&self, _: &str, _: &Filter, _: usize, _: &Budget) -> Result<Vec<Suggestion>> {
        Ok(Vec::new())
    }
}

#[test]
fn moments_are_made_of_many_candidates() {
    let large = std::env::var_os("RUSHES_SPEED").is_some();
    let (assets, per_asset, rounds) = if large { (200, 500, 21) } else { (3, 20, 1) };
    let reader = AtHand::new(assets, per_asset, 3);
    let (a, b, c) = (json!({"label": "a"}), json!({"label": "b"}), json!({"label": "c"}));
    for (name, plan) in [
        ("intersection of 2", json!({"all": [a, b]})),
        ("intersection of 2 without 1", json!({"all": [a, b], "none": [c]})),
        ("union of 3", json!({"any": [a, b, c], "mode": "union"})),
        ("1 then 1 within 10 s", json!({"all": [a], "then": [{"all": [b], "within": 10}]})),
        (
            "intersection of 2, rrf, top 5 an asset",
            json!({"all": [a, b], "fusion": "rrf", "group_by": ["asset"], "top": 5}),
        ),
    ] {
        let plan = resolve(&Plan::read(&plan).unwrap(), &Archive::default(), None).unwrap().plan;
        let query = Query::compile(&plan).unwrap();
        let mut times = Vec::new();
        let mut total = 0;
        for _ in 0..rounds {
            let start = Instant::now();
            total = execute(&query, &View::of(&reader, Budget::of_maintenance()), Options::default())
                .unwrap()
                .total;
            times.push(start.elapsed());
        }
        times.sort();
        assert!(total > 0, "{name}");
        if large {
            println!("{name}: {total} moments, median {:?}", times[times.len() / 2]);
        }
    }
}
