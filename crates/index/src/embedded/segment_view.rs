//! A segment as a read point sees it; all searchers read through it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rushes_types::{AssetId, FusedAnnotation, ReadPoint, Result};

use super::entry::{Entry, NONE};
use super::segment::Segment;
use super::snapshot_segment::SnapshotSegment;
use super::tombstones::Tombstones;
use super::validities::{EntryValidity, SEEN_CURRENT};
use crate::seam::AssetNo;

/// How many current entries of a source carry a label; lists of these ascend by label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LabelCount {
    pub label: u32,
    pub source: u32,
    pub count: i64,
}

/// Follows ascending entries through the assets of a view.
#[derive(Debug, Default)]
pub(super) struct AssetCursor {
    row: u32,
    /// The first entry after those of the asset.
    end: u32,
    asset: u32,
}

impl AssetCursor {
    /// The asset of an entry, which is not before the last one.
    #[inline]
    pub fn of(&mut self, view: &SegmentView, entry: u32) -> AssetNo {
        if entry >= self.end {
            self.row = view.segment.row_of_entry(entry, self.row);
            self.end = view.segment.asset_entries(self.row).end;
            self.asset = view.asset_no(self.row).0;
        }
        AssetNo(self.asset)
    }
}

/// For each number its row, up to the last number; [`NONE`] for numbers that no row has.
fn rows_of(numbers: &[u32]) -> Vec<u32> {
    let known = || (0_u32..).zip(numbers).filter(|(_, no)| **no != NONE);
    let mut rows = vec![NONE; known().map(|(_, no)| *no as usize + 1).max().unwrap_or(0)];
    for (row, no) in known() {
        if let Some(slot) = rows.get_mut(*no as usize) {
            *slot = row;
        }
    }
    rows
}

/// A segment as a read point sees it.
#[derive(Debug)]
pub(super) struct SegmentView {
    pub segment: Arc<Segment>,
    tombstones: Arc<Tombstones>,
    /// For each asset of the segment its number in the reader, or [`NONE`].
    assets: Vec<u32>,
    /// For each asset of the reader, up to the last that the segment has, its row in the segment, or [`NONE`].
    rows: Vec<u32>,
    /// How each validity of the segment is seen.
    seen: Vec<u8>,
    /// How each validity of the tombstones is seen.
    seen_tombstones: Vec<u8>,
    /// How all entries without tombstones are seen, where that is the same for all: none of them was written as dead or
    /// kept.
    seen_alike: Option<u8>,
    /// How many current entries carry each label; computed on first use.
    label_counts: OnceLock<Vec<LabelCount>>,
}

impl SegmentView {
    /// `asset_no` gives an asset's number in the reader.
    pub fn new(of: &SnapshotSegment, at: &ReadPoint, asset_no: impl Fn(&AssetId) -> Option<AssetNo>) -> Self {
        let seen =
            |validities: &[EntryValidity]| validities.iter().map(|validity| validity.seen(at)).collect();
        let own: Vec<u8> = seen(&of.segment.validities);
        let alike = own.windows(2).all(|pair| pair[0] == pair[1]);
        let assets: Vec<u32> =
            of.segment.assets.iter().map(|id| asset_no(id).map_or(NONE, |no| no.0)).collect();
        Self {
            seen_alike: own.first().copied().filter(|_| alike),
            rows: rows_of(&assets),
            assets,
            seen: own,
            seen_tombstones: seen(of.tombstones.validities()),
            segment: of.segment.clone(),
            tombstones: of.tombstones.clone(),
            label_counts: OnceLock::new(),
        }
    }

    /// The row of an asset of the reader, where the segment has it.
    pub fn row_of(&self, asset: AssetNo) -> Option<u32> {
        self.rows.get(asset.0 as usize).copied().filter(|row| *row != NONE)
    }

    pub fn asset_no(&self, row: u32) -> AssetNo {
        AssetNo(self.assets.get(row as usize).copied().unwrap_or(NONE))
    }

    /// The number of an entry's asset, or [`NONE`].
    #[inline]
    pub fn asset_of(&self, entry: Entry<'_>) -> AssetNo {
        self.asset_of_source(entry.source())
    }

    /// The number of a source's asset, or [`NONE`].
    #[inline]
    pub fn asset_of_source(&self, source: u32) -> AssetNo {
        let source = self.segment.sources.get(source as usize);
        source.map_or(AssetNo(NONE), |source| self.asset_no(source.asset))
    }

    /// How an entry is seen.
    #[inline]
    pub fn seen(&self, no: u32, entry: Entry<'_>) -> u8 {
        self.seen_as(no).unwrap_or_else(|| self.seen.get(entry.validity() as usize).copied().unwrap_or(0))
    }

    /// How an entry is seen, where that is known without reading it.
    #[inline]
    pub fn seen_as(&self, no: u32) -> Option<u8> {
        match self.tombstones.number(no) {
            Some(number) => Some(self.seen_tombstones.get(number as usize).copied().unwrap_or(0)),
            None => self.seen_alike,
        }
    }

    /// How many current entries carry each label.
    pub fn label_counts(&self) -> Result<&[LabelCount]> {
        if let Some(counts) = self.label_counts.get() {
            return Ok(counts);
        }
        let counts = self.count_labels()?;
        Ok(self.label_counts.get_or_init(|| counts))
    }

    /// Adds up what the segment tallied once, and corrects it for the entries with tombstones.
    fn count_labels(&self) -> Result<Vec<LabelCount>> {
        let is_current = |seen: Option<&u8>| seen.is_some_and(|seen| seen & SEEN_CURRENT != 0);
        let was_current = |validity: u32| is_current(self.seen.get(validity as usize));
        let mut counts: BTreeMap<(u32, u32), i64> = BTreeMap::new();
        for tally in self.segment.label_tallies()? {
            if was_current(tally.validity) {
                *counts.entry((tally.label, tally.source)).or_default() += i64::from(tally.count);
            }
        }
        let entries = self.segment.entries()?;
        for (no, number) in self.tombstones.numbers() {
            let Some(entry) = entries.get(no).filter(|entry| entry.label() != NONE) else { continue };
            let is_current = is_current(self.seen_tombstones.get(number as usize));
            let change = i64::from(is_current) - i64::from(was_current(entry.validity()));
            if change != 0 {
                *counts.entry((entry.label(), entry.source())).or_default() += change;
            }
        }
        let count = |((label, source), count)| LabelCount { label, source, count };
        Ok(counts.into_iter().map(count).filter(|c| c.count > 0).collect())
    }

    fn validity(&self, no: u32, entry: Entry<'_>) -> Result<&EntryValidity> {
        let own = || self.segment.validities.get(entry.validity() as usize);
        self.tombstones
            .validity(no)
            .or_else(own)
            .ok_or_else(|| self.segment.broken("an entry has no validity"))
    }

    /// A whole annotation with its validity.
    pub fn fused(&self, no: u32, entry: Entry<'_>) -> Result<FusedAnnotation> {
        let validity = self.validity(no, entry)?;
        Ok(FusedAnnotation {
            annotation: self.segment.annotation(entry)?,
            validities: validity.intervals.clone(),
            kept: validity.kept,
        })
    }
}
