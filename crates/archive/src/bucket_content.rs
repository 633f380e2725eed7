//! Buckets with the annotations that they name, as an index keeps them.
//!
//! A bucket row holds keys; the annotation itself is one row, however many buckets it touches. Buckets are read page by
//! page, and of each page only those annotations that no page before it named: an annotation of ten minutes is read and
//! decoded once, not six hundred times, and shared between its buckets.

use std::collections::HashMap;
use std::sync::Arc;

use rushes_fuse::touched;
use rushes_index::BucketContent;
use rushes_timeline::TimelineStore;
use rushes_types::{
    AssetId, Bucket, BucketMember, BucketNo, Change, FusedAnnotation, FusedKey, Result, TimeRange,
};

/// Buckets, and annotations, read in one call.
pub(crate) const PAGE: usize = 4_096;

/// Ranges of touched buckets are read together where at most so many others lie between them: an engine on other machines
/// answers once for hundreds of lines of dialogue, and the embedded one reads so few rows as fast as it begins another scan.
const GAP: u64 = 32;

/// The first and the last of neighbouring buckets.
type BucketRange = (BucketNo, BucketNo);

/// The buckets that changes touch, in their present state. The end of an erased annotation is no longer known, so if
/// there is one, all buckets are taken.
///
/// # Errors
/// Where the timeline fails.
pub(crate) fn touched_buckets(
    timeline: &dyn TimelineStore,
    asset: &AssetId,
    changes: &[Change],
    bucket_ns: i64,
) -> Result<Vec<BucketContent>> {
    let mut members = Vec::with_capacity(changes.len());
    let mut annotations = Annotations::default();
    let mut everything = false;
    for change in changes {
        match change {
            Change::Put(fused) => {
                let key = fused.fused_key();
                let end_ns = fused.annotation.range.end_ns();
                members.push(BucketMember { start_ns: key.start_ns, key: key.key, end_ns });
                annotations.insert((**fused).clone());
            }
            Change::Erased(_) => everything = true,
        }
    }
    members.sort_unstable();
    let ranges =
        if everything { vec![(BucketNo(0), BucketNo(u64::MAX))] } else { touched(bucket_ns, &members, &[]) };
    let mut contents = Vec::new();
    for (first, last) in joined(&ranges) {
        let mut next = Some(first);
        while let Some(from) = next.filter(|from| *from <= last) {
            let mut page = timeline.buckets(asset, from, last, PAGE)?;
            next = after(&page, PAGE);
            page.retain(|bucket| is_within(bucket.no, &ranges));
            annotations.load(timeline, asset, &page)?;
            for bucket in &page {
                contents.push(content(bucket, annotations.of(bucket), bucket_ns)?);
            }
        }
    }
    Ok(contents)
}

/// Ascending ranges with those made one that lie closer than [`GAP`].
fn joined(ranges: &[BucketRange]) -> Vec<BucketRange> {
    let mut joined: Vec<BucketRange> = Vec::new();
    for (first, last) in ranges.iter().copied() {
        match joined.last_mut() {
            Some((_, end)) if first.0 <= end.0.saturating_add(GAP) => *end = last.max(*end),
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// Is a bucket in one of these ascending ranges?
fn is_within(no: BucketNo, ranges: &[BucketRange]) -> bool {
    let next = ranges.partition_point(|(first, _)| *first <= no);
    next.checked_sub(1).and_then(|i| ranges.get(i)).is_some_and(|(_, last)| no <= *last)
}

/// Where the next page begins; `None` where this one is the last.
pub(crate) fn after(page: &[Bucket], asked: usize) -> Option<BucketNo> {
    let last = page.last().filter(|_| page.len() == asked)?;
    last.no.0.checked_add(1).map(BucketNo)
}

/// The annotations that buckets name, each read once.
#[derive(Default)]
pub(crate) struct Annotations(HashMap<FusedKey, Arc<FusedAnnotation>>);

impl Annotations {
    fn insert(&mut self, annotation: FusedAnnotation) {
        self.0.insert(annotation.fused_key(), Arc::new(annotation));
    }

    /// Reads those of a page that are not here yet.
    pub(crate) fn load(
        &mut self,
        timeline: &dyn TimelineStore,
        asset: &AssetId,
        page: &[Bucket],
    ) -> Result<()> {
        let keys = page.iter().flat_map(|bucket| &bucket.annotations).map(key_of);
        let mut missing: Vec<FusedKey> = keys.filter(|key| !self.0.contains_key(key)).collect();
        missing.sort_unstable();
        missing.dedup();
        for keys in missing.chunks(PAGE) {
            for annotation in timeline.get(asset, keys)?.into_iter().flatten() {
                self.insert(annotation);
            }
        }
        Ok(())
    }

    /// Those of a bucket, in its order.
    pub(crate) fn of(&self, bucket: &Bucket) -> Vec<Arc<FusedAnnotation>> {
        bucket.annotations.iter().filter_map(|member| self.0.get(&key_of(member)).cloned()).collect()
    }
}

const fn key_of(member: &BucketMember) -> FusedKey {
    FusedKey { start_ns: member.start_ns, key: member.key }
}

fn content(bucket: &Bucket, annotations: Vec<Arc<FusedAnnotation>>, bucket_ns: i64) -> Result<BucketContent> {
    let start_ns = bucket.no.start_ns(bucket_ns);
    let range = TimeRange::new(start_ns, start_ns.saturating_add(bucket_ns));
    let range = range.map_err(|e| rushes_types::Error::bug(e.to_string()))?;
    Ok(BucketContent { no: bucket.no, range, annotations })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: u64, last: u64) -> BucketRange {
        (BucketNo(first), BucketNo(last))
    }

    #[test]
    fn near_ranges_are_read_together_and_what_lies_between_is_left_out() {
        let ranges = [range(3, 5), range(9, 9), range(9 + GAP, 60), range(61 + GAP, u64::MAX)];
        assert_eq!(joined(&ranges), [range(3, 60), range(61 + GAP, u64::MAX)]);
        assert!(joined(&[]).is_empty());
        let within: Vec<u64> = (0..12).filter(|no| is_within(BucketNo(*no), &ranges)).collect();
        assert_eq!(within, [3, 4, 5, 9]);
        assert!(is_within(BucketNo(u64::MAX), &ranges) && !is_within(BucketNo(61), &ranges));
    }
}
