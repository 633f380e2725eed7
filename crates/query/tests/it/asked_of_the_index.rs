//! What a search asks of an index, counted: each thing once, and nothing that it has no use for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use rushes_index::{
    AnnotationRef, AssetNo, Budget, BudgetLimits, Eligible, Hits, Index, IndexReader, MemoryIndex, Suggestion,
};
use rushes_plan::{Clause, Filter, Like, Plan};
use rushes_query::{View, search};
use rushes_testkit::archive::Archive;
use rushes_types::{
    Annotation, AnnotationId, AnnotationType, Asset, AssetDocument, AssetId, Commit, ErrorKind,
    FusedAnnotation, Metric, Model, ModelRef, MovieId, ReadPoint, Result, RunId, Space, SpaceId, TimeRange,
    Validity,
};
use serde_json::{Value as Json, json};

/// Passes everything on, and counts.
struct Counting {
    inner: Arc<dyn IndexReader>,
    assets: AtomicUsize,
    spaces: AtomicUsize,
    fetched: AtomicUsize,
}

impl Counting {
    fn new(inner: Arc<dyn IndexReader>) -> Self {
        let none = || AtomicUsize::new(0);
        Self { inner, assets: none(), spaces: none(), fetched: none() }
    }
}

impl IndexReader for Counting {
    fn read_point(&self) -> &ReadPoint {
        self.inner.read_point()
    }
    fn assets(&self) -> &[Arc<AssetDocument>] {
        self.assets.fetch_add(1, SeqCst);
        self.inner.assets()
    }
    fn asset_no(&self, asset: &AssetId) -> Option<AssetNo> {
        self.inner.asset_no(asset)
    }
    fn hits(&self, clause: &Clause, filter: &Filter, budget: &Budget) -> Result<Hits> {
        self.inner.hits(clause, filter, budget)
    }
    fn nearest(
        &self,
        clause: &Clause,
        filter: &Filter,
        eligible: Option<&Eligible>,
        budget: &Budget,
    ) -> Result<Hits> {
        self.inner.nearest(clause, filter, eligible, budget)
    }
    fn fetch(&self, refs: &[AnnotationRef], budget: &Budget) -> Result<Vec<Option<FusedAnnotation>>> {
        self.fetched.fetch_add(refs.len(), SeqCst);
        self.inner.fetch(refs, budget)
    }
    fn find(&self, asset: &AssetId, id: &str, budget: &Budget) -> Result<Option<FusedAnnotation>> {
        self.inner.find(asset, id, budget)
    }
    fn spaces(&self, filter: &Filter, budget: &Budget) -> Result<Vec<SpaceId>> {
        self.spaces.fetch_add(1, SeqCst);
        self.inner.spaces(filter, budget)
    }
    fn suggest(
        &self,
        typed: &str,
        filter: &Filter,
        limit: usize,
        budget: &Budget,
    ) -> Result<Vec<Suggestion>> {
        self.inner.suggest(typed, filter, limit, budget)
    }
}

/// An asset with a vector each second.
fn archive(seconds: i64) -> Archive {
    let asset = AssetId::new("film").unwrap();
    let model = ModelRef::parse("clip@1").unwrap();
    let fused = |second: i64| FusedAnnotation {
        annotation: Annotation {
            asset: asset.clone(),
            model: model.clone(),
            run: RunId::loose(),
            id: AnnotationId::new(&format!("n{second:05}")).unwrap(),
            kind: AnnotationType::new("SCENE_SEARCH").unwrap(),
            range: TimeRange::new(second * 1_000_000_000, (second + 1) * 1_000_000_000).unwrap(),
            label: Some("sea".into()),
            text: None,
            words: Vec::new(),
            language: None,
            vector: Some(vec![1.0, second as f32]),
            confidence: None,
            attributes: Default::default(),
        },
        validities: vec![Validity { born: Commit(1), died: Commit::NEVER }],
        kept: false,
    };
    let space = |id: &str| Space {
        id: SpaceId::new(id).unwrap(),
        dimensions: 2,
        metric: Metric::Cosine,
        encoder: None,
    };
    let registered = |name: &str, id: &str| Model {
        model: ModelRef::parse(name).unwrap(),
        types: Vec::new(),
        language: None,
        space: Some(space(id)),
    };
    let document = AssetDocument {
        asset: Asset::new(asset.clone(), MovieId::new("film").unwrap()),
        models: vec![registered("clip@1", "clip-space"), registered("unused@1", "unused-space")],
        analysed: Vec::new(),
    };
    Archive {
        documents: vec![document],
        annotations: (0..seconds).map(fused).collect(),
        upto: Commit(1),
        ..Archive::default()
    }
}

fn counting(archive: &Archive) -> Counting {
    let index = MemoryIndex::default();
    archive.fill(&index).unwrap();
    Counting::new(index.reader(None).unwrap())
}

fn total(plan: &Json, view: &View<'_>, archive: &Archive) -> usize {
    search(Plan::read(plan).unwrap().into(), view, archive).unwrap().total
}

#[test]
fn spaces_are_asked_for_where_a_vector_clause_found_nothing_and_once_a_snapshot() {
    let archive = archive(3);
    let reader = counting(&archive);
    let view = View::of(&reader, Budget::of_maintenance());
    let asked = || reader.spaces.load(SeqCst);
    assert_eq!(total(&json!({"all": [{"label": "sea"}]}), &view, &archive), 1);
    assert_eq!(total(&json!({"all": [{"label": "nobody says this"}]}), &view, &archive), 0);
    let near = |space: &str| json!({"all": [{"vector": {"values": [1, 0], "space": space}}]});
    assert_eq!(total(&near("clip-space"), &view, &archive), 1);
    assert_eq!(asked(), 0, "a search that has no use for spaces asked for them");
    assert_eq!(total(&near("unused-space"), &view, &archive), 0);
    assert_eq!(total(&near("unused-space"), &view, &archive), 0);
    assert_eq!(asked(), 1);
}

fn the_whole(start_ns: i64, end_ns: i64) -> Like {
    Like { asset_id: "film".into(), annotation_id: None, start_ns: Some(start_ns), end_ns: Some(end_ns) }
}

#[test]
fn models_are_gathered_once_however_many_annotations_are_looked_at() {
    let archive = archive(1_000);
    let reader = counting(&archive);
    let view = View::of(&reader, Budget::of_maintenance());
    let found = view.vectors_like(&the_whole(500_000_000, 900_000_000_000)).unwrap().unwrap();
    assert_eq!(found[0].0.id.as_str(), "clip-space");
    // Of those that are shown a whole second the first.
    assert_eq!(found[0].1, [1.0, 1.0]);
    let once = reader.assets.load(SeqCst);
    assert!(once <= 3, "the assets were gone through {once} times");
    view.vectors_like(&the_whole(0, 3)).unwrap();
    view.spaces().unwrap();
    assert!(reader.assets.load(SeqCst) <= once + 2);
}

#[test]
fn looking_for_what_is_shown_is_given_up_when_the_caller_goes_away_and_is_bounded() {
    let archive = archive(20_000);
    let reader = counting(&archive);
    let looks = AtomicUsize::new(0);
    let budget = Budget::new(BudgetLimits::NONE, || Duration::ZERO)
        .given_up_when(move || looks.fetch_add(1, SeqCst) >= 4);
    let view = View { budget: &budget, ..View::of(&reader, Budget::of_maintenance()) };
    let error = view.vectors_like(&the_whole(0, 36_000_000_000_000)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(reader.fetched.load(SeqCst) < 2_000, "it went on");
    reader.fetched.store(0, SeqCst);
    assert!(
        View::of(&reader, Budget::of_maintenance())
            .vectors_like(&the_whole(0, 36_000_000_000_000))
            .unwrap()
            .is_some()
    );
    assert!(reader.fetched.load(SeqCst) < 20_000);
}
