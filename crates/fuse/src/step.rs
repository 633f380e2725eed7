//! A step: folds commits over the rows that were read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rushes_store::{CommitRecord, Effect, Erased, RunSegment};
use rushes_types::{
    Analysed, Annotation, Asset, AssetDocument, BucketMember, Change, Commit, FusedAnnotation, FusedKey,
    Model, ModelRef, RunMode, Visibility,
};

use crate::analysed;
use crate::rows::RowSet;
use crate::words::{TextAnalysis, WordDeltas, resolved_language, with_text};

/// Everything a step needs; a driver reads it as [`crate::read_set`] says.
pub struct StepInput<'a> {
    /// The asset as the store knows it now; `None` when it is erased.
    pub asset: Option<Asset>,
    /// Its document as of the commit the step starts from.
    pub before: Option<AssetDocument>,
    /// The models as the store knows them now: those of the document and of the segments.
    pub models: &'a [Model],
    /// The commits, ascending.
    pub records: &'a [CommitRecord],
    /// The annotations of the segments, by the segment's id.
    pub segments: HashMap<u64, Vec<Annotation>>,
    /// The fused rows that were read.
    pub rows: Vec<FusedAnnotation>,
    /// Where the asset's language changed: the language that every annotation of the asset has now.
    pub languages: Option<&'a HashMap<FusedKey, Option<String>>>,
}

/// What a step decided. Buckets follow from `added` and `removed`: see [`crate::rebucket`].
#[derive(Debug, Clone, PartialEq)]
pub struct StepOutcome {
    /// The asset's document.
    pub document: Option<AssetDocument>,
    /// Annotations in their present state and erased ones, by key.
    pub changes: Vec<Change>,
    /// Annotations that became current, sorted.
    pub added: Vec<BucketMember>,
    /// Annotations that no longer are, sorted.
    pub removed: Vec<BucketMember>,
    /// The change in each word's count of current annotations.
    pub word_counts: Vec<(String, i64)>,
    /// The change in the number of current annotations.
    pub annotation_count: i64,
}

/// Folds the commits.
#[must_use]
pub fn advance(input: StepInput<'_>, linguist: &dyn TextAnalysis) -> StepOutcome {
    let language = input.asset.as_ref().and_then(|a| a.language.clone());
    let (analysed, models) = match &input.before {
        Some(document) => {
            let models = document.models.iter().map(|m| m.model.clone()).collect();
            (document.analysed.clone(), models)
        }
        None => (Vec::new(), BTreeSet::new()),
    };
    let mut fold = Fold {
        rows: RowSet::of(input.rows),
        words: WordDeltas::new(linguist),
        uses: uses(input.records),
        segments: input.segments,
        analysed,
        models,
        language,
        linguist,
    };
    if let Some(languages) = input.languages {
        fold.rows.change(|key, fused| {
            let Some(language) = languages.get(&key) else { return false };
            let differs = fused.annotation.language != *language;
            fused.annotation.language.clone_from(language);
            differs
        });
    }
    for record in input.records {
        fold.apply(record);
    }
    fold.finish(input.asset, input.models)
}

/// How often each segment occurs: its annotations are moved at the last time, copied before.
fn uses(records: &[CommitRecord]) -> HashMap<u64, usize> {
    let mut out = HashMap::new();
    for record in records {
        if let Effect::Segment(s) | Effect::Restored(s) = &record.effect {
            *out.entry(s.id).or_insert(0) += 1;
        }
    }
    out
}

struct Fold<'l> {
    rows: RowSet,
    words: WordDeltas<'l>,
    uses: HashMap<u64, usize>,
    segments: HashMap<u64, Vec<Annotation>>,
    analysed: Vec<Analysed>,
    models: BTreeSet<ModelRef>,
    language: Option<String>,
    linguist: &'l dyn TextAnalysis,
}

impl Fold<'_> {
    fn apply(&mut self, record: &CommitRecord) {
        match &record.effect {
            Effect::Registered => {}
            Effect::Segment(segment) | Effect::Restored(segment) => self.enter(segment, record.commit),
            Effect::Visibility(run, visibility) => {
                let kept = *visibility == Visibility::Kept;
                self.rows.change(|_, fused| {
                    if fused.annotation.run == *run {
                        fused.kept = kept;
                    }
                    false // seen by comparing `kept`
                });
            }
            Effect::Erased(erased) => self.erase(erased),
        }
    }

    fn enter(&mut self, segment: &RunSegment, commit: Commit) {
        if segment.mode == RunMode::Replace {
            self.rows.supersede(segment.model.name(), segment.coverage, commit, &mut self.words);
        }
        analysed::enter(&mut self.analysed, segment, commit);
        let left = self.uses.get_mut(&segment.id).map_or(0, |n| {
            *n = n.saturating_sub(1);
            *n
        });
        let annotations = if left == 0 {
            self.segments.remove(&segment.id)
        } else {
            self.segments.get(&segment.id).cloned()
        };
        let annotations = annotations.unwrap_or_default();
        if !segment.run.is_loose() || !annotations.is_empty() {
            self.models.insert(segment.model.clone());
        }
        for annotation in annotations {
            let annotation = self.normalised(annotation);
            self.rows.birth(annotation, commit, &mut self.words);
        }
    }

    fn normalised(&self, annotation: Annotation) -> Annotation {
        let mut annotation = with_text(annotation);
        annotation.language = resolved_language(&annotation, self.language.as_deref(), self.linguist);
        annotation
    }

    fn erase(&mut self, erased: &Erased) {
        let words = &mut self.words;
        match erased {
            Erased::Asset => {
                self.rows.erase(|_| true, words);
                self.analysed.clear();
                self.models.clear();
                return;
            }
            Erased::Model(model) => {
                self.rows.erase(|a| a.model == *model, words);
                self.analysed.retain(|c| c.model != *model);
            }
            Erased::Run(run) => {
                self.rows.erase(|a| a.run == *run, words);
                self.analysed.retain(|c| c.run != *run);
            }
            Erased::Annotation { model, run, id, .. } => {
                self.rows.erase(|a| a.id == *id && a.run == *run && a.model == *model, words);
                if !run.is_loose() {
                    return; // its run still counts, and so does its model; not all rows were read
                }
            }
        }
        self.models = self.rows.models();
        self.models.extend(self.analysed.iter().map(|c| c.model.clone()));
    }

    fn finish(self, asset: Option<Asset>, models: &[Model]) -> StepOutcome {
        let known: BTreeMap<&ModelRef, &Model> = models.iter().map(|m| (&m.model, m)).collect();
        let model = |m: &ModelRef| {
            let unknown = || Model { model: m.clone(), types: Vec::new(), language: None, space: None };
            known.get(m).map_or_else(unknown, |m| (*m).clone())
        };
        let document = asset.map(|asset| AssetDocument {
            asset,
            models: self.models.iter().map(model).collect(),
            analysed: self.analysed,
        });
        let rows = self.rows.finish();
        StepOutcome {
            document,
            changes: rows.changes,
            added: rows.added,
            removed: rows.removed,
            annotation_count: self.words.annotations,
            word_counts: self.words.finish(),
        }
    }
}
