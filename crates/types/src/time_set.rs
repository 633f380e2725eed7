//! Presence: the instants at which something holds, as stretches `[start, end)` and instants at which a
//! point event holds. All arithmetic of matching is done on these sets.

use crate::time::TimeRange;

/// A set of stretches of positive length, and of instants where a point event is.
///
/// Stretches are ascending, apart and do not touch. Points are ascending and apart; they may lie inside
/// or at the border of a stretch: `[2, 8)` and a point at 8 meet a stretch `[8, 9)` in the instant 8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeSet {
    stretches: Vec<(i64, i64)>,
    points: Vec<i64>,
}

impl TimeSet {
    /// The set of all instants that one of the ranges covers, in any order.
    #[must_use]
    pub fn of(ranges: impl IntoIterator<Item = TimeRange>) -> Self {
        let mut stretches = Vec::new();
        let mut points = Vec::new();
        for range in ranges {
            if range.is_point() {
                points.push(range.start_ns());
            } else {
                stretches.push((range.start_ns(), range.end_ns()));
            }
        }
        Self::from_parts(stretches, points)
    }

    /// Sorts and joins stretches and points given in any order; empty stretches are dropped.
    #[must_use]
    pub fn from_parts(mut stretches: Vec<(i64, i64)>, mut points: Vec<i64>) -> Self {
        stretches.retain(|(s, e)| s < e);
        if !stretches.is_sorted() {
            stretches.sort_unstable();
        }
        let mut joined: Vec<(i64, i64)> = Vec::with_capacity(stretches.len());
        for (start, end) in stretches {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        points.sort_unstable();
        points.dedup();
        Self { stretches: joined, points }
    }

    /// The stretches `[start, end)`, ascending, apart.
    #[must_use]
    pub fn stretches(&self) -> &[(i64, i64)] {
        &self.stretches
    }

    /// The instants of point events, ascending.
    #[must_use]
    pub fn points(&self) -> &[i64] {
        &self.points
    }

    /// Is nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty() && self.points.is_empty()
    }

    /// Is the set present at an instant where a point event is: `start <= at <= end`?
    #[must_use]
    pub fn meets_point(&self, at_ns: i64) -> bool {
        let i = self.stretches.partition_point(|(_, end)| *end < at_ns);
        self.stretches.get(i).is_some_and(|(start, _)| *start <= at_ns)
            || self.points.binary_search(&at_ns).is_ok()
    }

    /// Does the range meet the set, in a stretch of positive length or at a point event of either?
    #[must_use]
    pub fn meets(&self, range: TimeRange) -> bool {
        if range.is_point() {
            return self.meets_point(range.start_ns());
        }
        let i = self.stretches.partition_point(|(_, end)| *end <= range.start_ns());
        if self.stretches.get(i).is_some_and(|(start, _)| *start < range.end_ns()) {
            return true;
        }
        let p = self.points.partition_point(|p| *p < range.start_ns());
        self.points.get(p).is_some_and(|p| *p <= range.end_ns())
    }
}
