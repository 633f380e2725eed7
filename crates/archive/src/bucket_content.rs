//! Buckets with the annotations that they name, as an index keeps them.
//!
//! A bucket row holds keys; the annotation itself is one row, however many buckets it touches. Buckets are read page by
//! page, and of each page only those annotations that no page before it named: an annotation of ten minutes is read and
//! decoded once, not six hundred times, and shared between its buckets.

use std::collections::HashMap;
use std::sync::Arc;

use rushes_fuse::touched;
use rushes_index::BucketContent;
use rushes_timeline::{TimelineStore, buckets_in};
use rushes_types::{
    AssetId, Bucket, BucketMember, BucketNo, Change, FusedAnnotation, FusedKey, Result, TimeRange,
};

/// Buckets, and annotations, read in one call.
pub(crate) const PAGE: usize = 4_096;

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
    buckets_in(timeline, asset, &ranges, PAGE, &mut |page| {
        annotations.load(timeline, asset, &page)?;
        for bucket in &page {
            contents.push(content(bucket, annotations.of(bucket), bucket_ns)?);
        }
        Ok(())
    })?;
    Ok(contents)
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
