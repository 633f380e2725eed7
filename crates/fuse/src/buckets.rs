//! Buckets: which annotations touch a second, and where they overlap in it.

use rushes_types::limits::{BUCKET_INTERSECTION_MEMBERS_MAX, BUCKET_INTERSECTIONS_MAX};
use rushes_types::{Bucket, BucketMember, BucketNo, Intersection, TimeRange};

fn buckets_of(member: &BucketMember, bucket_ns: i64) -> Option<(u64, u64)> {
    let (first, last) = TimeRange::new(member.start_ns, member.end_ns).ok()?.buckets(bucket_ns);
    Some((first.0, last.0))
}

/// The buckets that must be recomputed, as runs `first ..= last`, ascending and apart.
#[must_use]
pub fn touched(
    bucket_ns: i64,
    added: &[BucketMember],
    removed: &[BucketMember],
) -> Vec<(BucketNo, BucketNo)> {
    let both = added.iter().chain(removed);
    let mut runs: Vec<(u64, u64)> = both.filter_map(|m| buckets_of(m, bucket_ns)).collect();
    runs.sort_unstable();
    let mut out: Vec<(BucketNo, BucketNo)> = Vec::new();
    for (first, last) in runs {
        match out.last_mut() {
            Some((_, end)) if first <= end.0.saturating_add(1) => end.0 = end.0.max(last),
            _ => out.push((BucketNo(first), BucketNo(last))),
        }
    }
    out
}

/// The members that touch each bucket, bucket by bucket: a sweep over a sorted list.
struct Sweep<'a> {
    coming: &'a [BucketMember],
    present: Vec<BucketMember>,
}

impl<'a> Sweep<'a> {
    fn new(sorted: &'a [BucketMember]) -> Self {
        Self { coming: sorted, present: Vec::new() }
    }

    /// Those that touch `[start, end)`, sorted. Buckets must be asked in ascending order.
    fn at(&mut self, start_ns: i64, end_ns: i64) -> &[BucketMember] {
        self.present.retain(|m| m.end_ns >= start_ns);
        while let Some((first, rest)) = self.coming.split_first().filter(|(m, _)| m.start_ns < end_ns) {
            if first.end_ns >= start_ns {
                self.present.push(*first);
            }
            self.coming = rest;
        }
        &self.present
    }
}

/// Recomputes the touched buckets from their old rows (ascending; a missing one is empty) and from the added and
/// removed members (each sorted).
#[must_use]
pub fn rebucket(
    bucket_ns: i64,
    added: &[BucketMember],
    removed: &[BucketMember],
    old: &[Bucket],
) -> Vec<Bucket> {
    let runs = touched(bucket_ns, added, removed);
    let count: u64 = runs.iter().map(|(first, last)| last.0 - first.0 + 1).sum();
    let mut out = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    let (mut coming, mut going) = (Sweep::new(added), Sweep::new(removed));
    let mut old = old.iter().peekable();
    for no in runs.into_iter().flat_map(|(first, last)| first.0..=last.0).map(BucketNo) {
        let start_ns = no.start_ns(bucket_ns);
        let end_ns = start_ns.saturating_add(bucket_ns);
        while old.next_if(|b| b.no < no).is_some() {}
        let was = old.next_if(|b| b.no == no).map_or(&[][..], |b| &b.annotations);
        let annotations = merged(was, going.at(start_ns, end_ns), coming.at(start_ns, end_ns));
        let (intersections, truncated) = intersections(start_ns, end_ns, &annotations);
        out.push(Bucket { no, annotations, intersections, truncated });
    }
    out
}

fn identity(member: &BucketMember) -> (i64, rushes_types::AnnotationKey) {
    (member.start_ns, member.key)
}

/// `was` without `gone` and with `come`; all are sorted, and so is the answer.
fn merged(was: &[BucketMember], gone: &[BucketMember], come: &[BucketMember]) -> Vec<BucketMember> {
    let mut out = Vec::with_capacity(was.len() + come.len());
    let mut gone = gone.iter().peekable();
    let mut come = come.iter().peekable();
    for member in was {
        while gone.next_if(|g| identity(g) < identity(member)).is_some() {}
        if gone.next_if(|g| identity(g) == identity(member)).is_some() {
            continue;
        }
        while let Some(new) = come.next_if(|c| identity(c) < identity(member)) {
            out.push(*new);
        }
        if come.peek().is_none_or(|c| identity(c) != identity(member)) {
            out.push(*member);
        }
    }
    out.extend(come);
    out
}

/// The maximal stretches within `[start, end)` in which the same set of at least two annotations is present
/// throughout, and whether some were left out.
///
/// Intervals make stretches of positive length. A point event makes a separate instant, with all that is present there
/// (an interval counts at both its ends); it does not cut the stretch that it lies in.
///
/// Work is bounded: boundaries are sorted once, and members are listed only for what is kept.
#[must_use]
pub fn intersections(start_ns: i64, end_ns: i64, members: &[BucketMember]) -> (Vec<Intersection>, bool) {
    if members.len() < 2 {
        return (Vec::new(), false);
    }
    let mut found = stretches(start_ns, end_ns, members);
    instants(start_ns, end_ns, members, &mut found);
    found.sort_unstable();
    let mut out = Vec::new();
    let mut listed = 0usize;
    for (from, to, count) in found {
        listed = listed.saturating_add(count);
        if out.len() == BUCKET_INTERSECTIONS_MAX || listed > BUCKET_INTERSECTION_MEMBERS_MAX {
            return (out, true);
        }
        // A point event starts and ends at one instant, so it is never there throughout a stretch.
        let is_there = |m: &BucketMember| m.start_ns <= from && m.end_ns >= to;
        let mut positions = Vec::with_capacity(count);
        positions.extend((0u32..).zip(members).filter(|(_, m)| is_there(m)).map(|(n, _)| n));
        out.push(Intersection { start_ns: from, end_ns: to, members: positions });
    }
    (out, false)
}

/// Stretches as (start, end, number of members).
fn stretches(start_ns: i64, end_ns: i64, members: &[BucketMember]) -> Vec<(i64, i64, usize)> {
    let mut present = 0i64;
    let mut steps: Vec<(i64, i64)> = Vec::new();
    for member in members {
        let (from, to) = (member.start_ns.max(start_ns), member.end_ns.min(end_ns));
        if from >= to {
            continue; // a point, or it only touches
        }
        if from == start_ns {
            present += 1;
        } else {
            steps.push((from, 1));
        }
        if to < end_ns {
            steps.push((to, -1));
        }
    }
    steps.sort_unstable();
    let mut out = Vec::new();
    let mut from = start_ns;
    for (at, step) in steps.into_iter().chain([(end_ns, 0)]) {
        if at > from {
            if present >= 2 {
                out.push((from, at, usize::try_from(present).unwrap_or(0)));
            }
            from = at;
        }
        present += step;
    }
    out
}

/// Adds the instants of point events as (at, at, number of members).
fn instants(start_ns: i64, end_ns: i64, members: &[BucketMember], out: &mut Vec<(i64, i64, usize)>) {
    let is_here = |m: &&BucketMember| m.start_ns == m.end_ns && (start_ns..end_ns).contains(&m.start_ns);
    let mut points: Vec<i64> = members.iter().filter(is_here).map(|m| m.start_ns).collect();
    if points.is_empty() {
        return;
    }
    points.dedup(); // members are sorted by start
    let mut ends: Vec<i64> = members.iter().map(|m| m.end_ns).collect();
    ends.sort_unstable();
    for at in points {
        let begun = members.partition_point(|m| m.start_ns <= at);
        let over = ends.partition_point(|end| *end < at);
        if begun - over >= 2 {
            out.push((at, at, begun - over));
        }
    }
}
