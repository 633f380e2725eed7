//! The index's seam.

use std::collections::HashMap;
use std::sync::Arc;

use rushes_plan::{Clause, ClauseCounts, Filter, Query};
use rushes_types::{
    AnnotationType, AssetDocument, AssetId, AssetStep, BucketNo, Commit, Error, FusedAnnotation, FusedKey,
    ReadPoint, Result, SpaceId, TimeRange, TimeSet,
};

use crate::budget::Budget;
pub use crate::hit::{AssetNo, HIT_BYTES, Hit, Hits};
use crate::matches::Matches;

/// What changed on an asset, as an index receives it: with buckets only where it [keeps
/// them](IndexCapabilities::keeps_buckets).
pub type AssetUpdate = AssetStep<BucketContent>;

/// A bucket with the annotations that touch it.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketContent {
    /// Which one of the asset.
    pub no: BucketNo,
    /// Its time, `[start, end)`, in nanoseconds.
    pub range: TimeRange,
    /// The current annotations that touch it, ascending by start and key.
    pub annotations: Vec<Arc<FusedAnnotation>>,
}

/// One annotation of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnnotationRef {
    /// Its asset.
    pub asset: AssetNo,
    /// Where it lies in it.
    pub key: FusedKey,
}

/// A request to an outside engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineRequest {
    /// What it is for: the clause's place in the plan, or in words.
    pub what: String,
    /// Where it goes.
    pub path: String,
    /// Its body, JSON.
    pub body: String,
}

/// Where a vector clause may look: by asset, the times an annotation must meet.
pub type Eligible = HashMap<AssetNo, TimeSet>;

/// What an index holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IndexCounts {
    /// Entries, superseded ones too.
    pub entries: u64,
    /// Vectors.
    pub vectors: u64,
    /// Immutable segments.
    pub segments: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// A label as it is offered to someone typing.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// The label (or word) as written.
    pub text: String,
    /// The annotation type.
    pub kind: AnnotationType,
    /// How many current annotations carry it.
    pub count: u64,
}

/// What an engine of the index can do beyond the laws that all engines hold. Callers ask before a call instead of
/// handling its error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IndexCapabilities {
    /// Does it keep buckets too, so that updates must carry them? The embedded one does not: it joins annotations by
    /// itself.
    pub keeps_buckets: bool,
    /// Can it be rebuilt while it is searched and written to, by [`Index::reindex`]?
    pub reindexes_online: bool,
    /// Is everything purged when [`Index::purge`] returns? An engine that removes bytes at a time of its own is asked again.
    pub purges_at_once: bool,
}

/// Makes annotations searchable. Laws:
///
/// * `apply` then `publish`: a reader sees nothing of an update before the publish, and all of it after; a
///   publish is durable on return. Publishing the read point `P` promises that every commit up to `P` has been
///   applied. An update whose `upto` is not above the asset's progress changes nothing; one whose
///   `after` is above it is a [`rushes_types::ErrorKind::Conflict`] (a gap).
/// * Readers are snapshots: they answer the same however long they are held.
/// * A reader for an earlier read point answers as a reader opened then did, for as long as
///   [`rushes_types::limits::READ_POINT_SECONDS`]; later [`rushes_types::ErrorKind::Gone`].
/// * Erased annotations are in no reader opened after the publish, whatever its read point.
pub trait Index: Send + Sync {
    /// What this engine can do.
    fn capabilities(&self) -> IndexCapabilities;
    /// Accepts updates; they are not visible yet.
    fn apply(&self, updates: &[AssetUpdate]) -> Result<()>;
    /// Makes everything applied visible, and `upto` the read point.
    fn publish(&self, upto: Commit) -> Result<()>;
    /// The commit up to which an asset was applied (published or not).
    fn progress(&self, asset: &AssetId) -> Result<Commit>;
    /// A reader at the newest read point, or at an earlier one.
    fn reader(&self, at: Option<&ReadPoint>) -> Result<Arc<dyn IndexReader>>;
    /// Merges segments, drops what no read point needs. Called from time to time; bounded work; `true`
    /// when there is more to do.
    fn maintain(&self) -> Result<bool>;
    /// Rewrites what holds erased bytes until none is left on disk. `false` where that cannot be done yet: call it
    /// again later. Never `false` where [`IndexCapabilities::purges_at_once`].
    fn purge(&self) -> Result<bool>;
    /// Rebuilds the index with the present configuration, from its own content, while readers and writers go on.
    /// Returns how many documents it copied. `step` is called with how many were copied so far, and of how many; if it
    /// fails, its error is returned and the index is unchanged. Only for an index that declares
    /// [`IndexCapabilities::reindexes_online`].
    fn reindex(&self, _step: &mut dyn FnMut(u64, u64) -> Result<()>) -> Result<u64> {
        Err(Error::bug("an online rebuild was asked of an index that does not declare it"))
    }
    /// Empties the index, for a rebuild.
    fn clear(&self) -> Result<()>;
    /// What it holds.
    fn counts(&self) -> Result<IndexCounts>;
    /// Goes through all that is kept, as far as the engine lets one: every block is read and its checksum tried. Gives what is
    /// wrong, in words. `progress` hears how many bytes were read since it was last called, and may break off.
    fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        progress(0)?;
        Ok(Vec::new())
    }
    /// What can be told in seconds, however much is kept: whether files and ends of chains fit what they say of each other, and
    /// whether some of what is kept is there. Gives what is wrong, in words.
    fn examine_quickly(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}

/// A snapshot of the index at a read point. Laws:
///
/// * Every read takes a budget: what is found is held in it, and the call ends with its error soon after it is spent or
///   the caller has gone. An engine that waits for another looks before each request and after it.
/// * `hits` are exactly the annotations that are visible (current at the read point and not replaced by a
///   pin, or of a pinned run), pass the filter and match the clause by the shared definitions of a match
///   (`rushes_plan`, `rushes_text`), with exactly their scores: an engine that cannot decide by itself fetches a
///   superset and lets the shared matcher decide.
/// * `nearest`: the `k` best of the visible annotations of the space that pass type, confidence, attributes,
///   filter and threshold, and meet `eligible` where it is given. Similarity is computed in f64 over the
///   stored f32 in index order. At `k`, ties go to the lower annotation id, then model, run and asset. With
///   `exact` always the mathematically nearest.
pub trait IndexReader: Send + Sync {
    /// The read point.
    fn read_point(&self) -> &ReadPoint;
    /// The assets, ascending by id: position = [`AssetNo`].
    fn assets(&self) -> &[Arc<AssetDocument>];
    /// The number of an asset.
    fn asset_no(&self, asset: &AssetId) -> Option<AssetNo>;
    /// What matches a clause other than a vector clause.
    fn hits(&self, clause: &Clause, filter: &Filter, budget: &Budget) -> Result<Hits>;
    /// What [`hits`](IndexReader::hits) finds, in columns: for searches that show a few of many matches.
    fn matches(&self, clause: &Clause, filter: &Filter, budget: &Budget) -> Result<Matches> {
        Ok(self.hits(clause, filter, budget)?.into())
    }
    /// One match of a clause in full; `matches` are of this reader.
    fn hit(&self, matches: &Matches, place: usize) -> Result<Hit> {
        matches.hit(place)
    }
    /// What is nearest, for a vector clause.
    fn nearest(
        &self,
        clause: &Clause,
        filter: &Filter,
        eligible: Option<&Eligible>,
        budget: &Budget,
    ) -> Result<Hits>;
    /// What a search by the clause would go through, as far as known before it: upper bounds, read from tables and never
    /// from lists. Nothing by default: then only the plan's own words count.
    fn counts(&self, _clause: &Clause, _filter: &Filter, _budget: &Budget) -> Result<ClauseCounts> {
        Ok(ClauseCounts::default())
    }
    /// How many annotations the filter admits.
    fn annotations(&self, filter: &Filter, budget: &Budget) -> Result<u64> {
        self.count(&Clause::any(None), filter, budget)
    }
    /// How many hits a clause has that is no vector clause, where nobody wants to see them.
    fn count(&self, clause: &Clause, filter: &Filter, budget: &Budget) -> Result<u64> {
        budget.passing(|budget| Ok(self.matches(clause, filter, budget)?.len() as u64))
    }
    /// Whole annotations, in the order asked; `None` for those that no query on this reader can see.
    fn fetch(&self, refs: &[AnnotationRef], budget: &Budget) -> Result<Vec<Option<FusedAnnotation>>>;
    /// Finds an annotation of an asset by its id (for `like`); the current one, else a kept one.
    fn find(&self, asset: &AssetId, annotation_id: &str, budget: &Budget) -> Result<Option<FusedAnnotation>>;
    /// The spaces that current annotations have vectors in, within the filter's assets.
    fn spaces(&self, filter: &Filter, budget: &Budget) -> Result<Vec<SpaceId>>;
    /// Labels that begin with what was typed (each word of the label may be the beginning), most frequent
    /// first, within the filter's assets.
    fn suggest(&self, typed: &str, filter: &Filter, limit: usize, budget: &Budget)
    -> Result<Vec<Suggestion>>;
    /// Words of labels and text that begin with a folded beginning, those of most annotations first, at most `limit`.
    /// They come from the dictionary: some may have no current annotation any more, and their order is approximate.
    fn words_beginning(&self, _folded: &str, _limit: usize, _budget: &Budget) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    /// The requests that an outside engine gets for a query, as far as known before it answers, for people to read;
    /// empty where there is no outside engine.
    fn requests(&self, _query: &Query, _filter: &Filter) -> Vec<EngineRequest> {
        Vec::new()
    }
    /// All labels but those of dialogue, most frequent first, within the filter's assets: the names that questions
    /// may hold.
    fn labels(&self, filter: &Filter, budget: &Budget) -> Result<Vec<Suggestion>> {
        let all = self.suggest("", filter, usize::MAX, budget)?;
        Ok(all.into_iter().filter(|label| !label.kind.is_dialogue()).collect())
    }
}
