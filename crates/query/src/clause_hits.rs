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

    /// Of the matches at these places, the ones that have an instant in `low ..= high`, by start.
    fn touching_in(
        &self,
        place: Range<usize>,
        low: i64,
        high: i64,
    ) -> impl Iterator<Item = (usize, TimeRange)> {
        let (ranges, mut at) = (self.found.ranges(), place.start);
        std::iter::from_fn(move || {
            loop {
                let range = *ranges.get(at).filter(|range| at < place.end && range.start_ns() <= high)?;
                let (this, block) = (at, at / BLOCK);
                if range.end_ns() >= low {
                    at += 1;
                    return Some((this, range));
                }
                // It has ended, as all of its block may have.
                let has_ended = self.ends.get(block).is_none_or(|latest| *latest < low);
                at = if has_ended { (block + 1) * BLOCK } else { this + 1 };
            }
        })
    }

    /// The asset's matches that have an instant in `low ..= high`, by start.
    pub fn touching(&self, asset: AssetNo, low: i64, high: i64) -> impl Iterator<Item = (usize, TimeRange)> {
        let place = self.place(asset);
        let start = place.start + self.ended(place.clone(), low);
        self.touching_in(start..place.end, low, high)
    }

    /// How many of the first of the matches at these places, those of one asset, ended before a time.
    fn ended(&self, place: Range<usize>, low: i64) -> usize {
        let reaches = self.reaches.get(place).unwrap_or_default();
        reaches.partition_point(|reach| *reach < low)
    }

    /// Of the matches at these places, those of one asset, the ones that meet the range, by start.
    pub fn meeting_in(
        &self,
        place: Range<usize>,
        range: TimeRange,
    ) -> impl Iterator<Item = (usize, TimeRange)> {
        let start = place.start + self.ended(place.clone(), range.start_ns());
        let touching = self.touching_in(start..place.end, range.start_ns(), range.end_ns());
        touching.filter(move |(_, found)| found.meets(range))
    }

    /// The same for one range after the other, each with its sweep.
    pub fn swept(&self, sweep: &mut Sweep, range: TimeRange) -> impl Iterator<Item = (usize, TimeRange)> {
        let (low, high) = (range.start_ns(), range.end_ns());
        sweep.pass(low, &self.reaches);
        let touching = self.touching_in(sweep.from..sweep.place.end, low, high);
        touching.filter(move |(_, found)| found.meets(range))
    }

    /// The asset's matches that meet the range, by start.
    pub fn meeting(&self, asset: AssetNo, range: TimeRange) -> impl Iterator<Item = (usize, TimeRange)> {
        self.meeting_in(self.place(asset), range)
    }
}

/// Goes through the matches of one asset beside ranges that mostly come by start: those that have ended are passed once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sweep {
    place: Range<usize>,
    /// All before it end before `low`.
    from: usize,
    low: i64,
}

impl Sweep {
    /// Over the matches at these places, those of one asset.
    pub fn over(place: Range<usize>) -> Self {
        Self { from: place.start, low: i64::MIN, place }
    }

    /// Passes what ended before a time.
    fn pass(&mut self, low: i64, reaches: &[i64]) {
        if low < self.low {
            self.from = self.place.start;
        }
        self.low = low;
        let rest = reaches.get(self.from..self.place.end).unwrap_or_default();
        self.from += rest.iter().take_while(|reach| **reach < low).count();
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

#[cfg(test)]
mod tests {
    use rushes_types::{AnnotationKey, FusedKey};

    use super::*;

    fn range(start: u64, length: u64) -> TimeRange {
        TimeRange::new(i64::try_from(start).unwrap(), i64::try_from(start + length).unwrap()).unwrap()
    }

    /// Matches of a few assets, some of them long and most of them short.
    fn matches(roll: &mut impl FnMut(u64) -> u64) -> ClauseHits {
        let mut hits = Vec::new();
        for asset in 0..3 {
            let mut ranges: Vec<TimeRange> = (0..roll(300))
                .map(|_| {
                    let length = if roll(20) == 0 { roll(400) } else { roll(4) };
                    range(roll(900), length)
                })
                .collect();
            ranges.sort();
            hits.extend(ranges.into_iter().map(|range| Hit {
                asset: AssetNo(asset),
                range,
                score: 1.0,
                confidence: 1.0,
                similarity: None,
                first: FusedKey { start_ns: range.start_ns(), key: AnnotationKey(0) },
                joined: Vec::new(),
            }));
        }
        ClauseHits::of_parts(vec![Hits { hits, approximate: false, examined: 0 }])
    }

    #[test]
    fn a_sweep_and_a_look_up_find_what_going_through_all_finds() {
        let mut random = 7_u64;
        let mut roll = move |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below.max(1)
        };
        for _ in 0..60 {
            let found = matches(&mut roll);
            for asset in (0..3).map(AssetNo) {
                let place = found.place(asset);
                let mut asked: Vec<TimeRange> = (0..80).map(|_| range(roll(950), roll(30))).collect();
                asked.sort();
                // Some come late: a sweep starts over for them.
                asked.extend([range(3, 50), range(800, 2), range(0, 0)]);
                let mut sweep = Sweep::over(place.clone());
                for asked in asked {
                    let all = place.clone().zip(found.of(asset)).map(|(no, range)| (no, *range));
                    let all: Vec<(usize, TimeRange)> = all.filter(|(_, range)| asked.meets(*range)).collect();
                    assert_eq!(found.swept(&mut sweep, asked).collect::<Vec<_>>(), all, "{asked:?}");
                    assert_eq!(found.meeting_in(place.clone(), asked).collect::<Vec<_>>(), all, "{asked:?}");
                }
            }
        }
    }
}
