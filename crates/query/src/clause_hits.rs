//! The hits of each clause, laid out so that an asset's part is found at once.

use std::ops::Range;

use rushes_index::{AssetNo, Hit, Hits};
use rushes_types::{TimeRange, TimeSet};

/// The latest end is kept per block of hits, so that a search by time can skip whole blocks.
const BLOCK: usize = 64;

/// The matches of one clause of the plan.
#[derive(Debug, Default)]
pub(crate) struct ClauseHits {
    /// By asset, start, end and key.
    pub hits: Vec<Hit>,
    /// The assets with hits, ascending, and the range of their hits.
    pub assets: Vec<(AssetNo, Range<usize>)>,
    /// The latest end of each block.
    ends: Vec<i64>,
    /// For each hit, the latest end among it and the asset's hits before it: non-decreasing within an asset, so that
    /// one binary search skips what ended before a time.
    reaches: Vec<i64>,
    /// Was approximate search used?
    pub approximate: bool,
    /// Annotations looked at.
    pub examined: u64,
}

impl ClauseHits {
    /// Combines the hits of a clause's parts; an annotation found twice counts once, with the better score.
    pub fn new(parts: Vec<Hits>) -> Self {
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
        let mut assets: Vec<(AssetNo, Range<usize>)> = Vec::new();
        for (i, hit) in hits.iter().enumerate() {
            match assets.last_mut() {
                Some((asset, range)) if *asset == hit.asset => range.end = i + 1,
                _ => assets.push((hit.asset, i..i + 1)),
            }
        }
        let mut reaches: Vec<i64> = Vec::with_capacity(hits.len());
        for (_, range) in &assets {
            let mut reach = i64::MIN;
            for hit in hits.get(range.clone()).unwrap_or_default() {
                reach = reach.max(hit.range.end_ns());
                reaches.push(reach);
            }
        }
        let latest = |block: &[Hit]| block.iter().map(|h| h.range.end_ns()).max().unwrap_or(i64::MIN);
        let ends = hits.chunks(BLOCK).map(latest).collect();
        Self { hits, assets, ends, reaches, approximate, examined }
    }

    fn place(&self, asset: AssetNo) -> Range<usize> {
        let at = self.assets.binary_search_by_key(&asset, |(no, _)| *no);
        at.ok().and_then(|i| self.assets.get(i)).map_or(0..0, |(_, range)| range.clone())
    }

    /// The asset's hits.
    pub fn of(&self, asset: AssetNo) -> &[Hit] {
        self.hits.get(self.place(asset)).unwrap_or_default()
    }

    /// When the clause is present in the asset.
    pub fn set(&self, asset: AssetNo) -> TimeSet {
        TimeSet::of(self.of(asset).iter().map(|h| h.range))
    }

    /// The asset's hits that have an instant in `low ..= high`, by start.
    pub fn touching(&self, asset: AssetNo, low: i64, high: i64) -> impl Iterator<Item = (usize, &Hit)> {
        let place = self.place(asset);
        let mine = self.hits.get(place.clone()).unwrap_or_default();
        let end = place.start + mine.partition_point(|h| h.range.start_ns() <= high);
        let reaches = self.reaches.get(place.clone()).unwrap_or_default();
        let start = place.start + reaches.partition_point(|reach| *reach < low);
        let blocks = start / BLOCK..end.div_ceil(BLOCK);
        let near = blocks.filter(move |b| self.ends.get(*b).is_some_and(|latest| *latest >= low));
        let within = near.flat_map(move |b| (b * BLOCK).max(start)..((b + 1) * BLOCK).min(end));
        within
            .filter_map(move |i| self.hits.get(i).map(|hit| (i, hit)))
            .filter(move |(_, hit)| hit.range.end_ns() >= low)
    }

    /// The asset's hits that meet the range, by start.
    pub fn meeting(&self, asset: AssetNo, range: TimeRange) -> impl Iterator<Item = (usize, &Hit)> {
        self.touching(asset, range.start_ns(), range.end_ns()).filter(move |(_, hit)| hit.range.meets(range))
    }
}

/// The value of a hit before weighting: its score times its confidence.
pub(crate) fn value(hit: &Hit) -> f64 {
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
