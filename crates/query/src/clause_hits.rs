//! The matches of each clause, laid out so that an asset's part is found at once.

use std::ops::Range;

use rushes_index::{AssetNo, Hit, Hits, IndexReader, Matches};
use rushes_types::{Result, TimeRange, TimeSet};

/// The latest end is kept per block of matches, so that a search by time can skip whole blocks.
const BLOCK: usize = 64;

/// The matches of one clause of the plan.
#[derive(Debug, Default)]
pub(crate) struct ClauseHits {
    /// By asset, start, end and key.
    found: Matches,
    /// The latest end of each block.
    ends: Vec<i64>,
    /// For each match, the latest end among it and the asset's matches before it: non-decreasing within an asset, so
    /// that one binary search skips what ended before a time.
    reaches: Vec<i64>,
}

impl From<Matches> for ClauseHits {
    fn from(found: Matches) -> Self {
        let ranges = found.ranges();
        let mut reaches: Vec<i64> = Vec::with_capacity(ranges.len());
        for (_, place) in found.assets() {
            let mut reach = i64::MIN;
            for range in ranges.get(place.clone()).unwrap_or_default() {
                reach = reach.max(range.end_ns());
                reaches.push(reach);
            }
        }
        let latest = |block: &[TimeRange]| block.iter().map(|range| range.end_ns()).max().unwrap_or(i64::MIN);
        let ends = ranges.chunks(BLOCK).map(latest).collect();
        Self { found, ends, reaches }
    }
}

impl ClauseHits {
    /// Combines the hits of a clause's parts; an annotation found twice counts once, with the better score.
    pub fn of_parts(parts: Vec<Hits>) -> Self {
        let approximate = parts.iter().any(|p| p.approximate);
        let examined = parts.iter().map(|p| p.examined).sum();
        let several = parts.len() > 1;
        let mut lists = parts.into_iter().map(|p| p.hits);
        // Nearly always there is one part: its list is used as it is.
        let mut hits: Vec<Hit> = lists.next().unwrap_or_default();
        hits.extend(lists.flatten());
        if several {
            let key = |h: &Hit| (h.asset, h.range, h.first, h.joined.len());
            hits.sort_by(|a, b| key(a).cmp(&key(b)).then(value(b).total_cmp(&value(a))));
            hits.dedup_by(|b, a| key(a) == key(b) && a.joined == b.joined);
        }
        Matches::from(Hits { hits, approximate, examined }).into()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Was approximate search used?
    pub fn is_approximate(&self) -> bool {
        self.found.approximate
    }

    /// Annotations looked at.
    pub fn examined(&self) -> u64 {
        self.found.examined
    }

    /// The assets with matches, ascending.
    pub fn assets(&self) -> impl ExactSizeIterator<Item = AssetNo> {
        self.found.assets().iter().map(|(asset, _)| *asset)
    }

    /// What a match is worth before weighting.
    pub fn value(&self, no: usize) -> f64 {
        self.found.values().get(no).copied().unwrap_or_default()
    }

    /// A match in full.
    ///
    /// # Errors
    /// Those of the index.
    pub fn hit(&self, no: usize, reader: &dyn IndexReader) -> Result<Hit> {
        reader.hit(&self.found, no)
    }

    /// Where the asset's matches are.
    pub fn place(&self, asset: AssetNo) -> Range<usize> {
        let assets = self.found.assets();
        let at = assets.binary_search_by_key(&asset, |(no, _)| *no);
        at.ok().and_then(|i| assets.get(i)).map_or(0..0, |(_, range)| range.clone())
    }

    /// The same for one asset after the other, ascending: `from` is where the last one was looked for, 0 at first.
    pub fn place_from(&self, from: &mut usize, asset: AssetNo) -> Range<usize> {
        let rest = self.found.assets().get(*from..).unwrap_or_default();
        *from += rest.iter().take_while(|(no, _)| *no < asset).count();
        let next = self.found.assets().get(*from).filter(|(no, _)| *no == asset);
        next.map_or(0..0, |(_, range)| range.clone())
    }

    /// When the asset's matches are, by start.
    pub fn of(&self, asset: AssetNo) -> &[TimeRange] {
        self.found.ranges().get(self.place(asset)).unwrap_or_default()
    }

    /// When the clause is present in the asset.
    pub fn set(&self, asset: AssetNo) -> TimeSet {
        TimeSet::of(self.of(asset).iter().copied())
    }

    /// Of the matches at these places, those of one asset, the ones that have an instant in `low ..= high`, by start.
    pub fn touching_in(
        &self,
        place: Range<usize>,
        low: i64,
        high: i64,
    ) -> impl Iterator<Item = (usize, TimeRange)> {
        let ranges = self.found.ranges();
        let mine = ranges.get(place.clone()).unwrap_or_default();
        let end = place.start + mine.partition_point(|range| range.start_ns() <= high);
        let reaches = self.reaches.get(place.clone()).unwrap_or_default();
        let start = place.start + reaches.partition_point(|reach| *reach < low);
        let blocks = start / BLOCK..end.div_ceil(BLOCK);
        let near = blocks.filter(move |b| self.ends.get(*b).is_some_and(|latest| *latest >= low));
        let within = near.flat_map(move |b| (b * BLOCK).max(start)..((b + 1) * BLOCK).min(end));
        within
            .filter_map(move |i| ranges.get(i).map(|range| (i, *range)))
            .filter(move |(_, range)| range.end_ns() >= low)
    }

    /// The asset's matches that have an instant in `low ..= high`, by start.
    pub fn touching(&self, asset: AssetNo, low: i64, high: i64) -> impl Iterator<Item = (usize, TimeRange)> {
        self.touching_in(self.place(asset), low, high)
    }

    /// Of the matches at these places, those of one asset, the ones that meet the range, by start.
    pub fn meeting_in(
        &self,
        place: Range<usize>,
        range: TimeRange,
    ) -> impl Iterator<Item = (usize, TimeRange)> {
        let touching = self.touching_in(place, range.start_ns(), range.end_ns());
        touching.filter(move |(_, found)| found.meets(range))
    }

    /// The asset's matches that meet the range, by start.
    pub fn meeting(&self, asset: AssetNo, range: TimeRange) -> impl Iterator<Item = (usize, TimeRange)> {
        self.meeting_in(self.place(asset), range)
    }
}

/// The value of a hit before weighting: its score times its confidence.
fn value(hit: &Hit) -> f64 {
    hit.score * hit.confidence
}

/// The assets that are in every list; all ascending.
pub(crate) fn common(lists: &[Vec<AssetNo>]) -> Vec<AssetNo> {
    let Some((shortest, _)) = lists.iter().enumerate().min_by_key(|(_, list)| list.len()) else {
        return Vec::new();
    };
    let mut common = lists.get(shortest).cloned().unwrap_or_default();
    for list in lists {
        common.retain(|asset| list.binary_search(asset).is_ok());
    }
    common
}
