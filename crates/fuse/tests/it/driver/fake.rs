//! A store of one asset, just as much of it as fusion reads, with the real one's rules on erasing.

use std::collections::HashMap;

use rushes_fuse::TextAnalysis;
use rushes_store::{Block, CommitRecord, Effect, Erased, History, RunSegment};
use rushes_types::*;

/// Words are cut at spaces; `bonjour` is French.
pub struct Plain;

impl TextAnalysis for Plain {
    fn detect(&self, text: &str) -> Option<String> {
        text.contains("bonjour").then(|| "fr".to_owned())
    }

    fn words(&self, text: &str, each: &mut dyn FnMut(&str)) {
        text.to_lowercase().split_whitespace().for_each(each);
    }

    fn label(&self, label: &str) -> String {
        label.to_lowercase()
    }
}

#[derive(Clone)]
pub struct Fake {
    pub asset: Option<Asset>,
    pub records: Vec<CommitRecord>,
    pub segments: HashMap<u64, Vec<Annotation>>,
    pub next: u64,
}

pub fn asset_id() -> AssetId {
    AssetId::new("a").unwrap()
}

pub fn annotation(model: &str, run: &str, id: &str, start: i64, end: i64, label: &str) -> Annotation {
    Annotation {
        asset: asset_id(),
        model: ModelRef::parse(model).unwrap(),
        run: RunId::new(run).unwrap(),
        id: AnnotationId::new(id).unwrap(),
        kind: AnnotationType::new("SCENE_SEARCH").unwrap(),
        range: TimeRange::new(start, end).unwrap(),
        label: Some(label.to_owned()),
        text: None,
        words: Vec::new(),
        language: None,
        vector: (label == "vector").then(|| vec![start as f32, 1.0]),
        confidence: Some(0.5),
        attributes: Attributes::new(),
    }
}

pub fn line(a: &Annotation) -> String {
    let vector = a.vector.as_ref().map(|v| format!(r#","embedding_vector":{v:?}"#)).unwrap_or_default();
    format!(
        r#"{{"asset_id":"{}","model":"{}","type":"{}","annotation_id":"{}","label":"{}","confidence_score":0.5,"time_range":{{"start_time_ns":{},"end_time_ns":{}}}{vector}}}"#,
        a.asset,
        a.model,
        a.kind,
        a.id,
        a.label.as_deref().unwrap_or_default(),
        a.range.start_ns(),
        a.range.end_ns()
    )
}

impl Fake {
    pub fn new() -> Self {
        let mut fake = Self { asset: None, records: Vec::new(), segments: HashMap::new(), next: 1 };
        fake.register(None);
        fake
    }

    pub fn register(&mut self, language: Option<&str>) {
        let mut asset = Asset::new(asset_id(), MovieId::new("m").unwrap());
        asset.language = language.map(str::to_owned);
        self.asset = Some(asset);
        self.commit(Effect::Registered);
    }

    pub fn commit(&mut self, effect: Effect) -> Commit {
        let commit = Commit(self.next);
        self.next += 1;
        self.records.push(CommitRecord { commit, effect });
        commit
    }

    pub fn segment(
        &mut self,
        model: &str,
        run: &str,
        mode: RunMode,
        coverage: Option<TimeRange>,
        annotations: Vec<Annotation>,
    ) -> Commit {
        let id = self.next * 10;
        let segment = RunSegment {
            id,
            model: ModelRef::parse(model).unwrap(),
            run: RunId::new(run).unwrap(),
            mode,
            coverage,
            annotations: annotations.len() as u64,
        };
        self.segments.insert(id, annotations);
        self.commit(Effect::Segment(segment))
    }

    /// Committed segments of runs that still are there.
    pub fn runs(&self) -> Vec<RunSegment> {
        let run = |r: &CommitRecord| match &r.effect {
            Effect::Segment(s) if !s.run.is_loose() && self.segments.contains_key(&s.id) => Some(s.clone()),
            _ => None,
        };
        self.records.iter().filter_map(run).collect()
    }

    pub fn erase_asset(&mut self) {
        self.asset = None;
        self.records.clear();
        self.segments.clear();
        self.commit(Effect::Erased(Erased::Asset));
    }

    pub fn erase_run(&mut self, run: &RunId) {
        self.hollow(|s| s.run == *run);
        self.commit(Effect::Erased(Erased::Run(run.clone())));
    }

    pub fn erase_model(&mut self, model: &ModelRef) {
        self.hollow(|s| s.model == *model);
        self.commit(Effect::Erased(Erased::Model(model.clone())));
    }

    /// What a replace segment superseded stays superseded; an append segment goes.
    fn hollow(&mut self, gone: impl Fn(&RunSegment) -> bool) {
        let segments = &mut self.segments;
        self.records.retain_mut(|record| match &mut record.effect {
            Effect::Segment(s) | Effect::Restored(s) if gone(s) => {
                segments.remove(&s.id);
                s.annotations = 0;
                s.mode == RunMode::Replace
            }
            _ => true,
        });
    }

    pub fn erase_annotation(&mut self, victim: &Annotation) {
        for list in self.segments.values_mut() {
            list.retain(|a| a.key() != victim.key());
        }
        self.commit(Effect::Erased(Erased::Annotation {
            model: victim.model.clone(),
            run: victim.run.clone(),
            id: victim.id.clone(),
            start_ns: victim.range.start_ns(),
        }));
    }
}

impl History for Fake {
    fn asset(&self, _: &AssetId) -> Result<Option<Asset>> {
        Ok(self.asset.clone())
    }

    fn models(&self) -> Result<Vec<Model>> {
        Ok(Vec::new())
    }

    fn assets_with_history(&self, _: Option<&AssetId>, _: usize) -> Result<Vec<AssetId>> {
        Ok(vec![asset_id()])
    }

    fn history(&self, _: &AssetId, after: Commit, limit: usize) -> Result<Vec<CommitRecord>> {
        Ok(self.records.iter().filter(|r| r.commit > after).take(limit).cloned().collect())
    }

    fn blocks(&self, _: &AssetId, segment: u64, each: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        let Some(annotations) = self.segments.get(&segment) else { return Ok(()) };
        let bytes = annotations.iter().flat_map(|a| (line(a) + "\n").into_bytes()).collect();
        let positions = (0..annotations.len() as u32).collect();
        each(Block { format: BlockFormat::Lines, positions, bytes })
    }
}
