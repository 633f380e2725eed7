//! The buckets of many ranges, read with few calls.

use rushes_types::{AssetId, Bucket, BucketNo, Result};

use crate::TimelineStore;

/// Ranges are read together where at most so many buckets lie between them: an engine on other machines answers once for
/// hundreds of lines of dialogue, and the embedded one reads so few rows as fast as it begins another scan.
const GAP: u64 = 32;

/// The first and the last of neighbouring buckets.
pub type BucketRange = (BucketNo, BucketNo);

/// Reads the buckets in ascending ranges, at most `page` in one call, and hands on what each call brought.
///
/// # Errors
/// Where the timeline fails, or what is called.
pub fn buckets_in(
    timeline: &dyn TimelineStore,
    asset: &AssetId,
    ranges: &[BucketRange],
    page: usize,
    each: &mut dyn FnMut(Vec<Bucket>) -> Result<()>,
) -> Result<()> {
    for (first, last) in joined(ranges) {
        let mut next = Some(first);
        while let Some(from) = next.filter(|from| *from <= last) {
            let mut buckets = timeline.buckets(asset, from, last, page)?;
            next = next_page(&buckets, page);
            buckets.retain(|bucket| is_within(bucket.no, ranges));
            each(buckets)?;
        }
    }
    Ok(())
}

/// Where the next page begins; `None` where this one is the last.
#[must_use]
pub fn next_page(page: &[Bucket], asked: usize) -> Option<BucketNo> {
    let last = page.last().filter(|_| page.len() == asked)?;
    last.no.0.checked_add(1).map(BucketNo)
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
