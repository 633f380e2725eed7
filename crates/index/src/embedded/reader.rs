//! A reader: a read point over the published segments.

use std::collections::BTreeSet;
use std::sync::Arc;

use rushes_plan::{Clause, ClauseCounts, ClauseMatcher, Filter, Test};
use rushes_text::{Analyzer, normalise_label};
use rushes_types::{AnnotationKey, AssetDocument, AssetId, FusedAnnotation, ReadPoint, Result, SpaceId};

use super::counts;
use super::entry::{Entry, NONE};
use super::hits;
use super::labels;
use super::labels::Counts;
use super::nearest;
use super::phrase;
use super::scan_pool::ScanPool;
use super::segment_view::SegmentView;
use super::shortcuts::Shortcuts;
use super::snapshot_segment::SnapshotSegment;
use super::validities::SEEN_CURRENT;
use super::vector_search::VectorSearch;
use super::visibility_filter::{AssetSet, ClauseScope};
use crate::budget::{Budget, Meter};
use crate::hit::{nearest_test, refuse_nearest};
use crate::matches::Matches;
use crate::seam::{AnnotationRef, AssetNo, Eligible, HIT_BYTES, Hit, Hits, IndexReader, Suggestion};
use crate::suggest::best;

/// Ranks annotations with the same id: a current one (`false`) first, then by time.
type Rank = (bool, (i64, i64, AnnotationKey));

/// Steps that it takes to find an annotation and to read it.
const FETCHED_STEPS: usize = 256;

#[derive(Debug)]
pub(crate) struct EmbeddedReader {
    at: ReadPoint,
    assets: Vec<Arc<AssetDocument>>,
    views: Vec<SegmentView>,
    settings: ReaderSettings,
}

/// What readers need besides the stored data.
#[derive(Debug, Clone)]
pub(crate) struct ReaderSettings {
    pub analyzer: Arc<Analyzer>,
    pub approximate_rows_min: usize,
    pub pool: Arc<ScanPool>,
    pub shortcuts: Shortcuts,
}

impl EmbeddedReader {
    /// `assets` ascend by id.
    pub fn new(
        at: ReadPoint,
        assets: Vec<Arc<AssetDocument>>,
        segments: &[SnapshotSegment],
        settings: ReaderSettings,
    ) -> Self {
        let asset_no = |id: &AssetId| position(&assets, id).map(AssetNo);
        let views = segments.iter().map(|segment| SegmentView::new(segment, &at, asset_no)).collect();
        Self { at, assets, views, settings }
    }

    /// Does something with the conditions of a clause.
    fn scoped<T>(
        &self,
        clause: &Clause,
        filter: &Filter,
        budget: &Budget,
        search: impl FnOnce(ClauseScope<'_>) -> Result<T>,
    ) -> Result<T> {
        budget.check()?;
        let matcher = ClauseMatcher::new(clause, &self.settings.analyzer);
        let assets = self.asset_set(filter);
        let shortcuts = self.settings.shortcuts;
        search(ClauseScope { matcher: &matcher, filter, assets: &assets, budget, shortcuts })
    }

    fn asset_set(&self, filter: &Filter) -> AssetSet {
        let Some(ids) = &filter.assets else { return AssetSet::All };
        let mut bits = vec![0_u64; self.assets.len().div_ceil(64)];
        for no in ids.iter().filter_map(|id| position(&self.assets, id)) {
            bits[(no >> 6) as usize] |= 1 << (no & 63);
        }
        AssetSet::Some(bits)
    }

    /// The entries of one asset in one view, with their numbers.
    fn of_asset<'r>(
        &self,
        view: &'r SegmentView,
        asset: &AssetId,
    ) -> Result<impl Iterator<Item = (u32, Entry<'r>)> + use<'r>> {
        let range = view.segment.asset_row(asset).map_or(0..0, |row| view.segment.asset_entries(row));
        let entries = view.segment.entries()?.slice(range.clone());
        Ok(range.zip(entries.iter().map(Entry)))
    }

    /// Labels that are counted view by view, the most frequent first.
    fn counted(
        &self,
        filter: &Filter,
        limit: usize,
        budget: &Budget,
        count: impl Fn(&SegmentView, ClauseScope<'_>, &mut Counts) -> Result<()>,
    ) -> Result<Vec<Suggestion>> {
        self.scoped(&Clause::any(None), filter, budget, |scope| {
            let mut counts = Counts::new();
            for view in &self.views {
                budget.check()?;
                count(view, scope, &mut counts)?;
            }
            Ok(best(counts, limit))
        })
    }

    fn fetch_one(&self, wanted: &AnnotationRef) -> Result<Option<FusedAnnotation>> {
        for view in &self.views {
            let Some(row) = view.row_of(wanted.asset) else { continue };
            for no in view.segment.locate_in(row, wanted.key)? {
                let entry = view.segment.entries()?.get(no);
                if let Some(entry) = entry
                    && view.seen(no, entry) != 0
                {
                    return view.fused(no, entry).map(Some);
                }
            }
        }
        Ok(None)
    }
}

/// Has an asset of the set a current annotation with a vector in a space of the segment? Sources are asked first: they
/// say which assets a vector can be of, so that of others' vectors none is read.
fn has_vector(view: &SegmentView, space: usize, assets: &AssetSet, meter: &mut Meter<'_>) -> Result<bool> {
    let (segment, entries) = (&view.segment, view.segment.entries()?);
    let vectors = segment.vectors(space)?;
    for (row, _) in (0_u32..).zip(&segment.assets) {
        meter.step()?;
        let asset = view.asset_no(row);
        if asset.0 == NONE || !assets.contains(asset) {
            continue;
        }
        let of_asset = segment.asset_entries(row);
        for vector in vectors.first_of(of_asset.start)..vectors.first_of(of_asset.end) {
            meter.step()?;
            let Some(stats) = vectors.stats(vector) else { continue };
            if entries.get(stats.entry).is_some_and(|entry| view.seen(stats.entry, entry) & SEEN_CURRENT != 0)
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn position(assets: &[Arc<AssetDocument>], id: &AssetId) -> Option<u32> {
    let at = assets.binary_search_by(|document| document.asset.id.cmp(id)).ok()?;
    u32::try_from(at).ok()
}

impl IndexReader for EmbeddedReader {
    fn read_point(&self) -> &ReadPoint {
        &self.at
    }

    fn assets(&self) -> &[Arc<AssetDocument>] {
        &self.assets
    }

    fn asset_no(&self, asset: &AssetId) -> Option<AssetNo> {
        position(&self.assets, asset).map(AssetNo)
    }

    fn hits(&self, clause: &Clause, filter: &Filter, budget: &Budget) -> Result<Hits> {
        if let Test::Phrase(test) = &clause.test {
            return self.scoped(clause, filter, budget, |scope| phrase::hits(&self.views, scope, test));
        }
        let found = budget.passing(|budget| self.matches(clause, filter, budget))?;
        budget.keep((found.len() as u64).saturating_mul(HIT_BYTES))?;
        let hits = (0..found.len()).map(|place| self.hit(&found, place)).collect::<Result<_>>()?;
        Ok(Hits { hits, approximate: false, examined: found.examined })
    }

    fn matches(&self, clause: &Clause, filter: &Filter, budget: &Budget) -> Result<Matches> {
        if matches!(clause.test, Test::Phrase(_)) {
            return Ok(self.hits(clause, filter, budget)?.into());
        }
        refuse_nearest(clause)?;
        self.scoped(clause, filter, budget, |scope| hits::matches(&self.views, scope, &clause.test))
    }

    fn hit(&self, matches: &Matches, place: usize) -> Result<Hit> {
        match matches.entry(place) {
            Some((entry, score)) => hits::hit_at(&self.views, entry, score),
            None => matches.hit(place),
        }
    }

    fn nearest(
        &self,
        clause: &Clause,
        filter: &Filter,
        eligible: Option<&Eligible>,
        budget: &Budget,
    ) -> Result<Hits> {
        let test = nearest_test(clause)?;
        let ReaderSettings { approximate_rows_min, pool, .. } = &self.settings;
        let (views, approximate_rows_min) = (&self.views, *approximate_rows_min);
        self.scoped(clause, filter, budget, |scope| {
            nearest::nearest(VectorSearch { views, scope, test, eligible, approximate_rows_min, pool })
        })
    }

    fn counts(&self, clause: &Clause, filter: &Filter, budget: &Budget) -> Result<ClauseCounts> {
        counts::counts(&self.views, &self.asset_set(filter), clause, budget)
    }

    fn annotations(&self, filter: &Filter, budget: &Budget) -> Result<u64> {
        self.scoped(&Clause::any(None), filter, budget, |scope| hits::count(&self.views, scope))
    }

    fn fetch(&self, refs: &[AnnotationRef], budget: &Budget) -> Result<Vec<Option<FusedAnnotation>>> {
        let mut meter = budget.meter();
        let one = |wanted| {
            meter.steps(FETCHED_STEPS)?;
            self.fetch_one(wanted)
        };
        refs.iter().map(one).collect()
    }

    fn find(&self, asset: &AssetId, annotation_id: &str, budget: &Budget) -> Result<Option<FusedAnnotation>> {
        let Ok(id) = rushes_types::AnnotationId::new(annotation_id) else { return Ok(None) };
        if self.asset_no(asset).is_none() {
            return Ok(None);
        }
        // A key is a hash of model, run and id, so all combinations are tried: an asset has few models and runs.
        let mut best: Option<(Rank, &SegmentView, u32)> = None;
        let mut meter = budget.meter();
        for view in &self.views {
            let Some(row) = view.segment.asset_row(asset) else { continue };
            let of_asset = view.segment.sources.iter().filter(|source| source.asset == row);
            let mut keys: Vec<_> =
                of_asset.map(|source| AnnotationKey::of(&source.model, &source.run, &id)).collect();
            keys.sort_unstable();
            for (no, entry) in self.of_asset(view, asset)? {
                meter.step()?;
                let seen = view.seen(no, entry);
                if seen == 0 || keys.binary_search(&entry.key()).is_err() {
                    continue;
                }
                let rank = (seen & SEEN_CURRENT == 0, entry.order());
                if best.as_ref().is_none_or(|(known, ..)| rank < *known) {
                    best = Some((rank, view, no));
                }
            }
        }
        let Some((_, view, no)) = best else { return Ok(None) };
        let entry = view.segment.entries()?.get(no);
        entry.map(|entry| view.fused(no, entry)).transpose()
    }

    fn spaces(&self, filter: &Filter, budget: &Budget) -> Result<Vec<SpaceId>> {
        let assets = self.asset_set(filter);
        let mut spaces = BTreeSet::new();
        for view in &self.views {
            for (no, table) in view.segment.spaces.iter().enumerate() {
                if !spaces.contains(&table.space) && has_vector(view, no, &assets, &mut budget.meter())? {
                    spaces.insert(table.space.clone());
                }
            }
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
        let typed = normalise_label(typed);
        self.counted(filter, limit, budget, |view, scope, counts| {
            labels::labels_beginning(view, scope, &typed, counts)
        })
    }

    fn words_beginning(&self, folded: &str, limit: usize, budget: &Budget) -> Result<Vec<String>> {
        labels::words_beginning(&self.views, folded, limit, &mut budget.meter())
    }

    fn labels(&self, filter: &Filter, budget: &Budget) -> Result<Vec<Suggestion>> {
        self.counted(filter, usize::MAX, budget, labels::all_labels)
    }
}
