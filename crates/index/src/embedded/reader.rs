//! A reader: a read point over the published segments.

use std::sync::{Arc, OnceLock};

use rushes_plan::{Clause, ClauseMatcher, Filter, Test};
use rushes_text::{Analyzer, normalise_label};
use rushes_types::{AnnotationKey, AssetDocument, AssetId, FusedAnnotation, ReadPoint, Result, SpaceId};

use super::entry::{Entry, NONE};
use super::gate::{Asked, AssetSet};
use super::labels::{self, Counts, LabelCount};
use super::lives::{Life, Overrides, SEEN_CURRENT};
use super::nearest::Search;
use super::segment::Segment;
use super::snapshot::Part;
use super::{hits, nearest, phrase};
use crate::hit::{nearest_test, refuse_nearest};
use crate::seam::{AnnotationRef, AssetNo, Eligible, Hits, IndexReader, Suggestion};
use crate::suggest::best;

/// Which of several annotations of one id is meant: a current one (`false`) first, then by time.
type Rank = (bool, (i64, i64, AnnotationKey));

/// A segment as a read point sees it.
#[derive(Debug)]
pub(super) struct ReaderPart {
    pub segment: Arc<Segment>,
    overrides: Arc<Overrides>,
    /// For each asset of the segment its number in the reader, or [`NONE`].
    assets: Vec<u32>,
    /// How each life of the segment is seen.
    lives: Vec<u8>,
    /// How each overriding life is seen.
    overriding: Vec<u8>,
    /// How often each label is carried, once it was asked for.
    label_counts: OnceLock<Vec<LabelCount>>,
}

impl ReaderPart {
    pub fn asset_no(&self, row: u32) -> AssetNo {
        AssetNo(self.assets.get(row as usize).copied().unwrap_or(NONE))
    }

    /// The number of an entry's asset, or [`NONE`].
    #[inline]
    pub fn asset_of(&self, entry: Entry<'_>) -> AssetNo {
        let source = self.segment.sources.get(entry.source() as usize);
        source.map_or(AssetNo(NONE), |source| self.asset_no(source.asset))
    }

    /// How an entry is seen.
    #[inline]
    pub fn seen(&self, no: u32, entry: Entry<'_>) -> u8 {
        let seen = match self.overrides.number(no) {
            Some(number) => self.overriding.get(number as usize),
            None => self.lives.get(entry.life() as usize),
        };
        seen.copied().unwrap_or(0)
    }

    /// Is a life of the segment current?
    pub fn is_current(&self, life: u32) -> bool {
        self.lives.get(life as usize).is_some_and(|seen| seen & SEEN_CURRENT != 0)
    }

    /// The overridden entries, and whether each is current.
    pub fn overridden(&self) -> impl Iterator<Item = (u32, bool)> {
        let is_current =
            |number: u32| self.overriding.get(number as usize).is_some_and(|s| s & SEEN_CURRENT != 0);
        self.overrides.numbers().map(move |(no, number)| (no, is_current(number)))
    }

    /// How often each label is carried by what is current.
    pub fn label_counts(&self) -> Result<&[LabelCount]> {
        if let Some(counts) = self.label_counts.get() {
            return Ok(counts);
        }
        let counts = labels::label_counts(self)?;
        Ok(self.label_counts.get_or_init(|| counts))
    }

    pub fn life(&self, no: u32, entry: Entry<'_>) -> Result<&Life> {
        let own = || self.segment.lives.get(entry.life() as usize);
        self.overrides.life(no).or_else(own).ok_or_else(|| self.segment.broken("an entry has no lifetimes"))
    }

    /// A whole annotation with its life.
    pub fn fused(&self, no: u32, entry: Entry<'_>) -> Result<FusedAnnotation> {
        let life = self.life(no, entry)?;
        Ok(FusedAnnotation {
            annotation: self.segment.annotation(entry)?,
            validities: life.validities.clone(),
            kept: life.kept,
        })
    }
}

#[derive(Debug)]
pub(crate) struct EmbeddedReader {
    at: ReadPoint,
    assets: Vec<Arc<AssetDocument>>,
    parts: Vec<ReaderPart>,
    settings: ReaderSettings,
}

/// What readers need to know beside what is stored.
#[derive(Debug, Clone)]
pub(crate) struct ReaderSettings {
    pub analyzer: Arc<Analyzer>,
    pub approximate_rows_min: usize,
}

impl EmbeddedReader {
    /// `assets` ascend by id.
    pub fn new(
        at: ReadPoint,
        assets: Vec<Arc<AssetDocument>>,
        parts: &[Part],
        settings: ReaderSettings,
    ) -> Self {
        let part = |part: &Part| ReaderPart {
            assets: part.segment.assets.iter().map(|id| position(&assets, id).unwrap_or(NONE)).collect(),
            lives: part.segment.lives.iter().map(|life| life.seen(&at)).collect(),
            overriding: part.overrides.lives().iter().map(|life| life.seen(&at)).collect(),
            segment: part.segment.clone(),
            overrides: part.overrides.clone(),
            label_counts: OnceLock::new(),
        };
        let parts = parts.iter().map(part).collect();
        Self { at, assets, parts, settings }
    }

    fn asset_set(&self, filter: &Filter) -> AssetSet {
        let Some(ids) = &filter.assets else { return AssetSet::All };
        let mut bits = vec![0_u64; self.assets.len().div_ceil(64)];
        for no in ids.iter().filter_map(|id| position(&self.assets, id)) {
            bits[(no >> 6) as usize] |= 1 << (no & 63);
        }
        AssetSet::Some(bits)
    }

    /// The entries of one asset in one part, with their numbers.
    fn of_asset<'r>(
        &self,
        part: &'r ReaderPart,
        asset: &AssetId,
    ) -> Result<impl Iterator<Item = (u32, Entry<'r>)> + use<'r>> {
        let range = part.segment.asset_row(asset).map_or(0..0, |row| part.segment.asset_entries(row));
        let entries = part.segment.entries()?.slice(range.clone());
        Ok(range.zip(entries.iter().map(Entry)))
    }

    /// Labels that are counted part by part, the most frequent first.
    fn counted(
        &self,
        filter: &Filter,
        limit: usize,
        count: impl Fn(&ReaderPart, Asked<'_>, &mut Counts) -> Result<()>,
    ) -> Result<Vec<Suggestion>> {
        let clause = Clause::any(None);
        let matcher = ClauseMatcher::new(&clause, &self.settings.analyzer);
        let assets = self.asset_set(filter);
        let asked = Asked { matcher: &matcher, filter, assets: &assets };
        let mut counts = Counts::new();
        self.parts.iter().try_for_each(|part| count(part, asked, &mut counts))?;
        Ok(best(counts, limit))
    }

    fn fetch_one(&self, wanted: &AnnotationRef) -> Result<Option<FusedAnnotation>> {
        let Some(document) = self.assets.get(wanted.asset.0 as usize) else { return Ok(None) };
        for part in &self.parts {
            for no in part.segment.locate(&document.asset.id, wanted.key)? {
                let entry = part.segment.entries()?.get(no);
                if let Some(entry) = entry
                    && part.seen(no, entry) != 0
                {
                    return part.fused(no, entry).map(Some);
                }
            }
        }
        Ok(None)
    }
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

    fn hits(&self, clause: &Clause, filter: &Filter) -> Result<Hits> {
        refuse_nearest(clause)?;
        let matcher = ClauseMatcher::new(clause, &self.settings.analyzer);
        let assets = self.asset_set(filter);
        let asked = Asked { matcher: &matcher, filter, assets: &assets };
        match &clause.test {
            Test::Phrase(test) => phrase::hits(&self.parts, asked, test),
            test => hits::hits(&self.parts, asked, test),
        }
    }

    fn nearest(&self, clause: &Clause, filter: &Filter, eligible: Option<&Eligible>) -> Result<Hits> {
        let test = nearest_test(clause)?;
        let matcher = ClauseMatcher::new(clause, &self.settings.analyzer);
        let assets = self.asset_set(filter);
        let asked = Asked { matcher: &matcher, filter, assets: &assets };
        let approximate_rows_min = self.settings.approximate_rows_min;
        nearest::nearest(Search { parts: &self.parts, asked, test, eligible, approximate_rows_min })
    }

    fn fetch(&self, refs: &[AnnotationRef]) -> Result<Vec<Option<FusedAnnotation>>> {
        refs.iter().map(|wanted| self.fetch_one(wanted)).collect()
    }

    fn find(&self, asset: &AssetId, annotation_id: &str) -> Result<Option<FusedAnnotation>> {
        let Ok(id) = rushes_types::AnnotationId::new(annotation_id) else { return Ok(None) };
        if self.asset_no(asset).is_none() {
            return Ok(None);
        }
        // A key tells its model, run and id only by asking: but an asset has few models and runs.
        let mut best: Option<(Rank, &ReaderPart, u32)> = None;
        for part in &self.parts {
            let Some(row) = part.segment.asset_row(asset) else { continue };
            let of_asset = part.segment.sources.iter().filter(|source| source.asset == row);
            let mut keys: Vec<_> =
                of_asset.map(|source| AnnotationKey::of(&source.model, &source.run, &id)).collect();
            keys.sort_unstable();
            for (no, entry) in self.of_asset(part, asset)? {
                let seen = part.seen(no, entry);
                if seen == 0 || keys.binary_search(&entry.key()).is_err() {
                    continue;
                }
                let rank = (seen & SEEN_CURRENT == 0, entry.order());
                if best.as_ref().is_none_or(|(known, ..)| rank < *known) {
                    best = Some((rank, part, no));
                }
            }
        }
        let Some((_, part, no)) = best else { return Ok(None) };
        let entry = part.segment.entries()?.get(no);
        entry.map(|entry| part.fused(no, entry)).transpose()
    }

    fn spaces(&self) -> Result<Vec<SpaceId>> {
        let mut spaces = std::collections::BTreeSet::new();
        for part in &self.parts {
            let entries = part.segment.entries()?;
            for (no, table) in part.segment.spaces.iter().enumerate() {
                if spaces.contains(&table.space) {
                    continue;
                }
                let vectors = part.segment.vectors(no)?;
                let is_seen = |row| {
                    let stats = vectors.stats(row)?;
                    let entry = entries.get(stats.entry)?;
                    let asset = part.segment.sources.get(entry.source() as usize)?.asset;
                    Some(part.asset_no(asset).0 != NONE && part.seen(stats.entry, entry) & SEEN_CURRENT != 0)
                };
                if (0..vectors.count()).any(|row| is_seen(row) == Some(true)) {
                    spaces.insert(table.space.clone());
                }
            }
        }
        Ok(spaces.into_iter().collect())
    }

    fn suggest(&self, typed: &str, filter: &Filter, limit: usize) -> Result<Vec<Suggestion>> {
        let typed = normalise_label(typed);
        self.counted(filter, limit, |part, asked, counts| {
            labels::labels_beginning(part, asked, &typed, counts)
        })
    }

    fn words_beginning(&self, folded: &str, limit: usize) -> Result<Vec<String>> {
        labels::words_beginning(&self.parts, folded, limit)
    }

    fn labels(&self, filter: &Filter) -> Result<Vec<Suggestion>> {
        self.counted(filter, usize::MAX, labels::all_labels)
    }
}
