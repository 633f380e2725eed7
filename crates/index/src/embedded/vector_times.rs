//! When the annotations of vectors are, row by row: so that rows outside the times in question are passed over without
//! reading their entries.

use std::ops::Range;

use rushes_types::{TimeRange, TimeSet};

use super::entry::Entries;
use super::vectors::Vectors;

/// The times of the rows of one space of a segment.
#[derive(Debug)]
pub(crate) struct VectorTimes {
    ranges: Vec<TimeRange>,
    /// The first row of each asset; one more at the end.
    firsts: Vec<usize>,
}

impl VectorTimes {
    /// `ends` has for each asset the first entry after its own. `None` where a row has no entry, or an entry no range.
    pub fn of(vectors: Vectors<'_>, entries: Entries<'_>, ends: impl Iterator<Item = u32>) -> Option<Self> {
        let count = vectors.count();
        let mut times = Self { ranges: Vec::with_capacity(count), firsts: vec![0] };
        for end in ends {
            while times.ranges.len() < count {
                let entry = vectors.stats(times.ranges.len())?.entry;
                if entry >= end {
                    break;
                }
                times.ranges.push(entries.get(entry)?.range()?);
            }
            times.firsts.push(times.ranges.len());
        }
        (times.ranges.len() == count).then_some(times)
    }

    /// The rows of an asset.
    pub fn rows_of(&self, asset: u32) -> Range<usize> {
        let at = asset as usize;
        let from = self.firsts.get(at).copied().unwrap_or(self.ranges.len());
        from..self.firsts.get(at + 1).copied().unwrap_or(from)
    }

    /// The rows of an asset whose annotations meet the times, as runs of rows.
    pub fn meeting(&self, asset: u32, times: &TimeSet) -> Vec<Range<usize>> {
        let rows = self.rows_of(asset);
        let (mut runs, mut walk): (Vec<Range<usize>>, _) = (Vec::new(), Walk { times, stretch: 0, point: 0 });
        for (row, range) in rows.clone().zip(self.ranges.get(rows).unwrap_or_default()) {
            if !walk.meets(*range) {
                continue;
            }
            match runs.last_mut() {
                Some(last) if last.end == row => last.end = row + 1,
                _ => runs.push(row..row + 1),
            }
        }
        runs
    }
}

/// Goes through times beside ranges that ascend by start.
struct Walk<'t> {
    times: &'t TimeSet,
    stretch: usize,
    point: usize,
}

impl Walk<'_> {
    /// The same as [`TimeSet::meets`].
    #[inline]
    fn meets(&mut self, range: TimeRange) -> bool {
        if range.is_point() {
            return self.times.meets(range);
        }
        let (stretches, points) = (self.times.stretches(), self.times.points());
        while stretches.get(self.stretch).is_some_and(|(_, end)| *end <= range.start_ns()) {
            self.stretch += 1;
        }
        if stretches.get(self.stretch).is_some_and(|(start, _)| *start < range.end_ns()) {
            return true;
        }
        while points.get(self.point).is_some_and(|point| *point < range.start_ns()) {
            self.point += 1;
        }
        points.get(self.point).is_some_and(|point| *point <= range.end_ns())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_finds_what_meets_as_the_set_does() {
        let range = |start, end| TimeRange::new(start, end).unwrap();
        let times = TimeSet::of([range(2, 5), range(7, 7), range(9, 12), range(12, 12), range(20, 30)]);
        let mut all: Vec<TimeRange> =
            (0..34).flat_map(|start| [0, 1, 2, 9].map(|length| range(start, start + length))).collect();
        all.sort();
        let mut walk = Walk { times: &times, stretch: 0, point: 0 };
        for range in all {
            assert_eq!(walk.meets(range), times.meets(range), "{range:?}");
        }
    }
}
