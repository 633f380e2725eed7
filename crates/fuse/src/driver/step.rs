//! One step of an asset: which commits it takes, what is read for it, what is decided.

use std::collections::{BTreeSet, HashMap};

use crate::{ReadSet, RowSelection, StepInput, StepOutcome, TextAnalysis, resolved_language};
use rushes_store::{CommitRecord, Effect, History, RunSegment};
use rushes_timeline::{TimelineStore, TimelineUpdate, buckets_in};
use rushes_types::{
    Annotation, Asset, AssetDocument, AssetId, AssetStep, Bucket, Commit, FusedAnnotation, FusedKey, Model,
    ModelRef, Result, TimeRange,
};

use crate::driver::{HISTORY_PAGE, Options, annotations_of};

/// Rows read from the fused store at once.
const READ_PAGE: usize = 10_000;

/// What a step of an asset works on, read from both stores and decoded.
pub struct LoadedStep {
    asset_id: AssetId,
    asset: Option<Asset>,
    before: Option<AssetDocument>,
    models: Vec<Model>,
    records: Vec<CommitRecord>,
    segments: HashMap<u64, Vec<Annotation>>,
    rows: Vec<FusedAnnotation>,
    languages: Option<HashMap<FusedKey, Option<String>>>,
    after: Commit,
    upto: Commit,
    has_more: bool,
}

/// The commits of an asset's next step: what is to be read for it, and how much that is.
pub struct PendingStep<'a> {
    asset_id: &'a AssetId,
    records: Vec<CommitRecord>,
    after: Commit,
    upto: Commit,
    has_more: bool,
}

/// Looks at which commits an asset's next step takes; `None` when it is fused up to its newest commit.
///
/// # Errors
/// Where a store fails.
pub fn next_step<'a>(
    source: &dyn History,
    fused: &dyn TimelineStore,
    asset_id: &'a AssetId,
    options: Options<'_>,
) -> Result<Option<PendingStep<'a>>> {
    let after = fused.progress(asset_id)?;
    let mut records = source.history(asset_id, after, options.history_page)?;
    // What is committed from now on brings another event.
    let has_more = records.len() >= options.history_page;
    let has_more = cut(&mut records, options.step_annotations_max) || has_more;
    let upto = records.last().map(|r| r.commit);
    Ok(upto.map(|upto| PendingStep { asset_id, records, after, upto, has_more }))
}

/// Reads what the next step of an asset works on; `None` when it is fused up to its newest commit.
///
/// # Errors
/// Where a store fails.
pub fn load_step(
    source: &dyn History,
    fused: &dyn TimelineStore,
    asset_id: &AssetId,
    options: Options<'_>,
) -> Result<Option<LoadedStep>> {
    let next = next_step(source, fused, asset_id, options)?;
    next.map(|next| next.read(source, fused, options)).transpose()
}

impl PendingStep<'_> {
    /// New annotations in the step's commits.
    #[must_use]
    pub fn annotations(&self) -> u64 {
        self.records.iter().map(annotations).fold(0, u64::saturating_add)
    }

    /// Reads what the step works on.
    ///
    /// # Errors
    /// Where a store fails.
    pub fn read(
        self,
        source: &dyn History,
        fused: &dyn TimelineStore,
        options: Options<'_>,
    ) -> Result<LoadedStep> {
        let Self { asset_id, records, after, upto, has_more } = self;
        let is_fresh = after == Commit::NONE;
        let asset = source.asset(asset_id)?;
        let before = if is_fresh { None } else { fused.document(asset_id)? };
        let language = asset.as_ref().and_then(|a| a.language.as_deref());
        let languages = match &before {
            Some(document) if asset.is_some() && document.asset.language.as_deref() != language => {
                Some(languages(source, asset_id, language, options.linguist)?)
            }
            _ => None,
        };
        let mut wanted = crate::read_set(is_fresh, &records);
        if languages.is_some() {
            wanted.rows = RowSelection::Whole;
        }
        let mut segments = HashMap::new();
        for segment in &wanted.segments {
            segments.insert(segment.id, annotations_of(source, asset_id, segment)?);
        }
        let rows = read_rows(fused, asset_id, &wanted, &segments)?;
        let models = models(source, before.as_ref(), &wanted.segments)?;
        let asset_id = asset_id.clone();
        Ok(LoadedStep {
            asset_id,
            asset,
            before,
            models,
            records,
            segments,
            rows,
            languages,
            after,
            upto,
            has_more,
        })
    }
}

impl LoadedStep {
    /// The commit that the step ends at.
    #[must_use]
    pub const fn upto(&self) -> Commit {
        self.upto
    }

    /// Did the asset have more commits, when this was read, than one step takes?
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.has_more
    }

    /// Fuses: decides what becomes of annotations and buckets. Of `fused`, only the touched buckets are read.
    ///
    /// # Errors
    /// Where the fused store fails.
    pub fn decide(self, fused: &dyn TimelineStore, options: Options<'_>) -> Result<TimelineUpdate> {
        let input = StepInput {
            asset: self.asset,
            before: self.before,
            models: &self.models,
            records: &self.records,
            segments: self.segments,
            rows: self.rows,
            languages: self.languages.as_ref(),
        };
        let advanced = crate::advance(input, options.linguist);
        let is_fresh = self.after == Commit::NONE;
        let buckets = rebucketed(fused, &self.asset_id, is_fresh, &advanced, options.bucket_ns)?;
        Ok(TimelineUpdate {
            step: AssetStep {
                document: advanced.document,
                asset: self.asset_id,
                after: self.after,
                upto: self.upto,
                changes: advanced.changes,
                buckets,
            },
            word_counts: advanced.word_counts,
            annotation_count: advanced.annotation_count,
        })
    }
}

/// New annotations of a commit.
fn annotations(record: &CommitRecord) -> u64 {
    match &record.effect {
        Effect::Segment(segment) | Effect::Restored(segment) => segment.annotations,
        _ => 0,
    }
}

/// Keeps as many commits as a step takes, at least one. Returns whether any are left.
fn cut(records: &mut Vec<CommitRecord>, annotations_max: u64) -> bool {
    let mut sum = 0u64;
    let mut kept = 0;
    for record in records.iter() {
        sum = sum.saturating_add(annotations(record));
        if kept > 0 && sum > annotations_max {
            break;
        }
        kept += 1;
    }
    let leaves = records.len() > kept;
    records.truncate(kept);
    leaves
}

/// The language that each annotation of the asset has, now that the asset's is another.
fn languages(
    source: &dyn History,
    asset: &AssetId,
    language: Option<&str>,
    linguist: &dyn TextAnalysis,
) -> Result<HashMap<FusedKey, Option<String>>> {
    let mut out = HashMap::new();
    let mut after = Commit::NONE;
    loop {
        let records = source.history(asset, after, HISTORY_PAGE)?;
        let Some(last) = records.last() else { return Ok(out) };
        after = last.commit;
        for record in &records {
            let Effect::Segment(segment) = &record.effect else { continue };
            for annotation in annotations_of(source, asset, segment)? {
                let key = FusedKey { start_ns: annotation.range.start_ns(), key: annotation.key() };
                let annotation = crate::with_text(annotation);
                out.insert(key, resolved_language(&annotation, language, linguist));
            }
        }
    }
}

fn read_rows(
    fused: &dyn TimelineStore,
    asset: &AssetId,
    wanted: &ReadSet,
    segments: &HashMap<u64, Vec<Annotation>>,
) -> Result<Vec<FusedAnnotation>> {
    let (starts, keys) = match &wanted.rows {
        RowSelection::Whole => return read_range(fused, asset, TimeRange::everything()),
        RowSelection::Some { starts, keys } => (starts, keys),
    };
    let mut rows = Vec::new();
    for range in starts {
        rows.append(&mut read_range(fused, asset, *range)?);
    }
    let known = |a: &Annotation| FusedKey { start_ns: a.range.start_ns(), key: a.key() };
    let of_segments = wanted.may_be_known.iter().filter_map(|id| segments.get(id)).flatten().map(known);
    let mut keys: Vec<FusedKey> = keys.iter().copied().chain(of_segments).collect();
    keys.sort_unstable();
    keys.dedup();
    rows.extend(fused.get(asset, &keys)?.into_iter().flatten());
    Ok(rows)
}

fn read_range(fused: &dyn TimelineStore, asset: &AssetId, range: TimeRange) -> Result<Vec<FusedAnnotation>> {
    let mut rows: Vec<FusedAnnotation> = Vec::new();
    loop {
        let after = rows.last().map(FusedAnnotation::fused_key);
        let mut page = fused.annotations(asset, range, after, READ_PAGE)?;
        let full = page.len() == READ_PAGE;
        rows.append(&mut page);
        if !full {
            return Ok(rows);
        }
    }
}

/// The models that the document names and the segments are of, by their names. Read in one call, since each call to a
/// remote store means waiting.
fn models(
    source: &dyn History,
    before: Option<&AssetDocument>,
    segments: &[RunSegment],
) -> Result<Vec<Model>> {
    let known = before.into_iter().flat_map(|d| d.models.iter().map(|m| &m.model));
    let wanted: BTreeSet<&ModelRef> = known.chain(segments.iter().map(|s| &s.model)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut models = source.models()?;
    models.retain(|model| wanted.contains(&model.model));
    models.sort_by(|a, b| a.model.cmp(&b.model));
    Ok(models)
}

fn rebucketed(
    fused: &dyn TimelineStore,
    asset: &AssetId,
    is_fresh: bool,
    advanced: &StepOutcome,
    bucket_ns: i64,
) -> Result<Vec<Bucket>> {
    let mut old: Vec<Bucket> = Vec::new();
    if !is_fresh {
        let ranges = crate::touched(bucket_ns, &advanced.added, &advanced.removed);
        buckets_in(fused, asset, &ranges, READ_PAGE, &mut |page| {
            old.extend(page);
            Ok(())
        })?;
    }
    Ok(crate::rebucket(bucket_ns, &advanced.added, &advanced.removed, &old))
}
