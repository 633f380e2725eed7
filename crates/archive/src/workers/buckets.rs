//! The buckets that an index which keeps them wants with an update.

use std::collections::HashMap;
use std::sync::Arc;

use rushes_fuse::touched;
use rushes_index::BucketContent;
use rushes_timeline::TimelineStore;
use rushes_types::{
    AssetId, Bucket, BucketMember, BucketNo, Change, FusedAnnotation, FusedKey, Result, TimeRange,
};

/// Buckets, and annotations, read at once.
const PAGE: usize = 4_096;

/// The buckets that changes touch, as they stand now. An erased annotation says no more where it ended, so with
/// one all buckets are taken.
///
/// # Errors
/// Where the fused store fails.
pub(super) fn touched_buckets(
    fused: &dyn TimelineStore,
    asset: &AssetId,
    changes: &[Change],
    bucket_ns: i64,
) -> Result<Vec<BucketContent>> {
    let mut members = Vec::with_capacity(changes.len());
    let mut known: HashMap<FusedKey, Arc<FusedAnnotation>> = HashMap::new();
    let mut everything = false;
    for change in changes {
        match change {
            Change::Put(fused) => {
                let key = fused.fused_key();
                let end_ns = fused.annotation.range.end_ns();
                members.push(BucketMember { start_ns: key.start_ns, key: key.key, end_ns });
                known.insert(key, Arc::new((**fused).clone()));
            }
            Change::Erased(_) => everything = true,
        }
    }
    members.sort_unstable();
    let ranges =
        if everything { vec![(BucketNo(0), BucketNo(u64::MAX))] } else { touched(bucket_ns, &members, &[]) };
    let mut out = Vec::new();
    for (first, last) in ranges {
        each_page(fused, asset, first, last, |page| {
            let keys = page.iter().flat_map(|b| &b.annotations).map(key_of);
            let mut missing: Vec<FusedKey> = keys.filter(|key| !known.contains_key(key)).collect();
            missing.sort_unstable();
            missing.dedup();
            for keys in missing.chunks(PAGE) {
                for fused in fused.get(asset, keys)?.into_iter().flatten() {
                    known.insert(fused.fused_key(), Arc::new(fused));
                }
            }
            for bucket in page {
                out.push(content(bucket, &known, bucket_ns)?);
            }
            Ok(())
        })?;
    }
    Ok(out)
}

const fn key_of(member: &BucketMember) -> FusedKey {
    FusedKey { start_ns: member.start_ns, key: member.key }
}

fn each_page(
    fused: &dyn TimelineStore,
    asset: &AssetId,
    mut from: BucketNo,
    last: BucketNo,
    mut each: impl FnMut(&[Bucket]) -> Result<()>,
) -> Result<()> {
    loop {
        let page = fused.buckets(asset, from, last, PAGE)?;
        each(&page)?;
        match page.last() {
            Some(end) if page.len() == PAGE && end.no < last => from = BucketNo(end.no.0.saturating_add(1)),
            _ => return Ok(()),
        }
    }
}

fn content(
    bucket: &Bucket,
    known: &HashMap<FusedKey, Arc<FusedAnnotation>>,
    bucket_ns: i64,
) -> Result<BucketContent> {
    let start_ns = bucket.no.start_ns(bucket_ns);
    let range = TimeRange::new(start_ns, start_ns.saturating_add(bucket_ns));
    Ok(BucketContent {
        no: bucket.no,
        range: range.map_err(|e| rushes_types::Error::bug(e.to_string()))?,
        annotations: bucket.annotations.iter().filter_map(|m| known.get(&key_of(m)).cloned()).collect(),
    })
}
