//! Presence: the instants at which something holds, as stretches `[start, end)` and instants at which a
//! point event holds. All arithmetic of matching is done on these sets.
//!
//! An interval covers `[start, end)`, yet a point event `p` meets it when `start <= p <= end`. So what two
//! sets share at an instant depends on whether a point event is there, and an intersection of three
//! sets is not the intersection of two of them with the third: `[2, 8)`, `[8, 9)` and a point at 8 meet at 8,
//! though the first two share nothing. Intersections are therefore made of all sets at once.

use crate::limits::TIME_NS_MAX;
use crate::time::TimeRange;

/// A set of stretches of positive length, of instants where a point event is, and of holes: instants of a
/// stretch that no point event meets, because something that must not be there is there.
///
/// Stretches are ascending, apart and do not touch. Points are ascending and apart; they may lie inside
/// or at the border of a stretch: `[2, 8)` and a point at 8 meet a stretch `[8, 9)` in the instant 8. Holes
/// are ascending, lie inside or at the border of a stretch, and are no points. A hole inside a stretch
/// splits it in two [pieces](TimeSet::pieces) without removing time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeSet {
    stretches: Vec<(i64, i64)>,
    points: Vec<i64>,
    holes: Vec<i64>,
}

impl TimeSet {
    /// The set of all instants that one of the ranges covers, in any order.
    #[must_use]
    pub fn of(ranges: impl IntoIterator<Item = TimeRange>) -> Self {
        let ranges = ranges.into_iter();
        let mut stretches: Vec<(i64, i64)> = Vec::with_capacity(ranges.size_hint().0);
        let mut points = Vec::new();
        let mut ascend = true;
        for range in ranges {
            let (start, end) = (range.start_ns(), range.end_ns());
            if range.is_point() {
                points.push(start);
                continue;
            }
            // Ranges nearly always come by start: then they are joined as they come.
            match stretches.last_mut() {
                Some(last) if last.0 <= start && start <= last.1 => last.1 = last.1.max(end),
                last => {
                    ascend &= last.is_none_or(|last| last.0 <= start);
                    stretches.push((start, end));
                }
            }
        }
        if !ascend {
            return Self::from_parts(stretches, points);
        }
        Self { stretches, points: sorted(points), holes: Vec::new() }
    }

    /// Every instant there is.
    #[must_use]
    pub fn everything() -> Self {
        Self { stretches: vec![(0, TIME_NS_MAX)], points: Vec::new(), holes: Vec::new() }
    }

    /// Sorts and joins stretches and points given in any order; empty stretches are dropped.
    #[must_use]
    pub fn from_parts(mut stretches: Vec<(i64, i64)>, points: Vec<i64>) -> Self {
        stretches.retain(|(s, e)| s < e);
        if !stretches.is_sorted() {
            // Stable, because it merges lists that ascend each: what unions consist of.
            stretches.sort();
        }
        let mut joined: Vec<(i64, i64)> = Vec::with_capacity(stretches.len());
        for (start, end) in stretches {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        Self { stretches: joined, points: sorted(points), holes: Vec::new() }
    }

    /// The stretches `[start, end)`, ascending, apart; holes are not taken out.
    #[must_use]
    pub fn stretches(&self) -> &[(i64, i64)] {
        &self.stretches
    }

    /// The instants of point events, ascending.
    #[must_use]
    pub fn points(&self) -> &[i64] {
        &self.points
    }

    /// The instants of stretches that no point event meets, ascending.
    #[must_use]
    pub fn holes(&self) -> &[i64] {
        &self.holes
    }

    /// Is nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty() && self.points.is_empty()
    }

    /// Is the set present at an instant where a point event is: `start <= at <= end`?
    #[must_use]
    pub fn meets_point(&self, at_ns: i64) -> bool {
        (self.touches(at_ns) && self.holes.binary_search(&at_ns).is_err())
            || self.points.binary_search(&at_ns).is_ok()
    }

    /// Does the instant lie inside or at the border of a stretch?
    fn touches(&self, at_ns: i64) -> bool {
        let i = self.stretches.partition_point(|(_, end)| *end < at_ns);
        self.stretches.get(i).is_some_and(|(start, _)| *start <= at_ns)
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

    /// Where at least one of the sets is present.
    #[must_use]
    pub fn union(sets: &[&Self]) -> Self {
        if let [one] = sets {
            return (*one).clone();
        }
        let stretches = sets.iter().flat_map(|s| s.stretches.iter().copied()).collect();
        let points = sets.iter().flat_map(|s| s.points.iter().copied()).collect();
        let mut all = Self::from_parts(stretches, points);
        let holes = sets.iter().flat_map(|s| s.holes.iter().copied());
        all.set_holes(holes.filter(|p| !sets.iter().any(|s| s.meets_point(*p))).collect());
        all
    }

    /// Where all of the sets are present: where their stretches overlap, and the point events of each that
    /// meet all the others. Of no set: nothing.
    #[must_use]
    pub fn intersection(sets: &[&Self]) -> Self {
        let (first, second, rest) = match sets {
            [] => return Self::default(),
            [only] => return (*only).clone(),
            [first, second, rest @ ..] => (first, second, rest),
        };
        // What overlaps is ascending and apart as both lists are.
        let mut stretches = overlaps(&first.stretches, &second.stretches);
        for set in rest {
            stretches = overlaps(&stretches, &set.stretches);
        }
        let mut points: Vec<i64> = Vec::new();
        for set in sets {
            points.extend(set.points.iter().filter(|p| sets.iter().all(|other| other.meets_point(**p))));
        }
        let mut all = Self { stretches, points: sorted(points), holes: Vec::new() };
        all.set_holes(sets.iter().flat_map(|s| s.holes.iter().copied()).collect());
        all
    }

    /// Where this set is present and `other` is not. A stretch of `other` takes its time away, and the point
    /// events at its borders; a point of `other` takes away that instant only, and so leaves a hole.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        let mut stretches = Vec::with_capacity(self.stretches.len());
        let mut cuts = other.stretches.as_slice();
        for &(mut start, end) in &self.stretches {
            while let [(_, cut_end), later @ ..] = cuts
                && *cut_end <= start
            {
                cuts = later;
            }
            for &(cut_start, cut_end) in cuts {
                if cut_start >= end {
                    break;
                }
                if start < cut_start {
                    stretches.push((start, cut_start));
                }
                start = start.max(cut_end);
            }
            if start < end {
                stretches.push((start, end));
            }
        }
        let points = self.points.iter().copied().filter(|p| !other.meets_point(*p)).collect();
        let mut rest = Self { stretches, points, holes: Vec::new() };
        let borders = other.stretches.iter().flat_map(|(start, end)| [*start, *end]);
        rest.set_holes(
            borders.chain(other.points.iter().copied()).chain(self.holes.iter().copied()).collect(),
        );
        rest
    }

    /// The maximal stretches, cut at the holes inside them, and the points that touch none of them, by start.
    #[must_use]
    pub fn pieces(&self) -> Vec<TimeRange> {
        let mut pieces = Vec::with_capacity(self.stretches.len() + self.points.len());
        let mut points = self.points.as_slice();
        let mut push = |start, end| pieces.extend(TimeRange::new(start, end));
        for &(mut start, end) in &self.stretches {
            while let [point, later @ ..] = points
                && *point <= end
            {
                if *point < start {
                    push(*point, *point);
                }
                points = later;
            }
            let first = self.holes.partition_point(|hole| *hole <= start);
            for &hole in self.holes.iter().skip(first).take_while(|hole| **hole < end) {
                push(start, hole);
                start = hole;
            }
            push(start, end);
        }
        for point in points {
            push(*point, *point);
        }
        pieces
    }

    /// How much of the range the stretches cover, in nanoseconds.
    #[must_use]
    pub fn covered_ns(&self, range: TimeRange) -> i64 {
        let first = self.stretches.partition_point(|(_, end)| *end <= range.start_ns());
        let within = self.stretches.iter().skip(first).take_while(|(start, _)| *start < range.end_ns());
        within.map(|(start, end)| (*end).min(range.end_ns()) - (*start).max(range.start_ns())).sum()
    }

    fn set_holes(&mut self, mut holes: Vec<i64>) {
        holes.retain(|p| self.touches(*p) && self.points.binary_search(p).is_err());
        holes.sort_unstable();
        holes.dedup();
        self.holes = holes;
    }
}

/// Instants ascending, each once.
fn sorted(mut points: Vec<i64>) -> Vec<i64> {
    points.sort_unstable();
    points.dedup();
    points
}

/// Where stretches of both lists overlap; both ascending and apart.
fn overlaps(mut a: &[(i64, i64)], mut b: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut both = Vec::with_capacity(a.len().min(b.len()));
    while let ([one, a_rest @ ..], [other, b_rest @ ..]) = (a, b) {
        let (start, end) = (one.0.max(other.0), one.1.min(other.1));
        if start < end {
            both.push((start, end));
        }
        if one.1 <= other.1 {
            a = a_rest;
        } else {
            b = b_rest;
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ranges: &[(i64, i64)]) -> TimeSet {
        TimeSet::of(ranges.iter().map(|(s, e)| TimeRange::new(*s, *e).unwrap()))
    }

    fn pieces(set: &TimeSet) -> Vec<(i64, i64)> {
        set.pieces().iter().map(|r| (r.start_ns(), r.end_ns())).collect()
    }

    #[test]
    fn joey_and_kitchen_meet_from_4_to_8_and_unite_from_2_to_9() {
        let (joey, kitchen) = (set(&[(2, 8)]), set(&[(4, 9)]));
        assert_eq!(pieces(&TimeSet::intersection(&[&joey, &kitchen])), [(4, 8)]);
        assert_eq!(pieces(&TimeSet::union(&[&joey, &kitchen])), [(2, 9)]);
    }

    #[test]
    fn touching_stretches_share_nothing_unless_a_point_event_is_there() {
        let (before, after, point) = (set(&[(2, 8)]), set(&[(8, 9)]), set(&[(8, 8)]));
        assert!(TimeSet::intersection(&[&before, &after]).is_empty());
        assert_eq!(pieces(&TimeSet::intersection(&[&before, &after, &point])), [(8, 8)]);
    }

    #[test]
    fn a_point_that_must_not_be_there_splits_but_removes_no_time() {
        let rest = set(&[(2, 8)]).without(&set(&[(5, 5)]));
        assert_eq!(pieces(&rest), [(2, 5), (5, 8)]);
        assert!(!rest.meets_point(5) && rest.meets_point(4));
        assert_eq!(rest.covered_ns(TimeRange::new(0, 10).unwrap()), 6);
    }

    #[test]
    fn at_an_instant_what_must_not_be_there_counts_with_its_ends() {
        let points = set(&[(3, 3), (4, 4), (6, 6), (7, 7)]);
        assert_eq!(pieces(&points.without(&set(&[(4, 6)]))), [(3, 3), (7, 7)]);
        let rest = set(&[(0, 9)]).without(&set(&[(4, 6)]));
        assert_eq!(pieces(&rest), [(0, 4), (6, 9)]);
        assert!(!rest.meets_point(4) && !rest.meets_point(6) && rest.meets_point(7));
    }

    #[test]
    fn points_at_a_stretch_belong_to_it() {
        assert_eq!(pieces(&set(&[(1, 1), (2, 8), (2, 2), (5, 5), (8, 8), (9, 9)])), [(1, 1), (2, 8), (9, 9)]);
    }

    #[test]
    fn sets_agree_with_a_walk_over_half_units() {
        // Every instant is tried: even numbers are whole units, where point events can be; odd ones lie
        // between, where only stretches are.
        let ranges = [(0, 3), (3, 3), (3, 5), (6, 6), (7, 9), (9, 9), (2, 4), (5, 7)];
        for code in 0..(1 << 12) {
            let pick = |shift: u32| {
                let picked = (0..4).filter(|i| code >> (shift + i) & 1 == 1);
                set(&picked.map(|i| ranges[(i as usize * 3 + shift as usize) % 8]).collect::<Vec<_>>())
            };
            let (a, b, none) = (pick(0), pick(4), pick(8));
            let rest = TimeSet::intersection(&[&a, &b]).without(&none);
            for at in 0..10 {
                let point = |s: &TimeSet| s.points().contains(&at);
                let met = (point(&a) || point(&b))
                    && a.meets_point(at)
                    && b.meets_point(at)
                    && !none.meets_point(at);
                assert_eq!(rest.points().contains(&at), met, "{a:?} {b:?} {none:?} at {at}");
                let between = TimeRange::new(at, at + 1).unwrap();
                let covers = |s: &TimeSet| s.covered_ns(between) == 1;
                assert_eq!(covers(&rest), covers(&a) && covers(&b) && !covers(&none));
            }
        }
    }
}
