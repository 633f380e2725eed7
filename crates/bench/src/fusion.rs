//! How fast fusion decides: what is stored is read, decoded, fused and encoded to rows, on one thread, into memory.
//! What is missing to the durable figure is the disk's.

use std::time::Instant;

use rushes_fused::FusedStore;
use rushes_types::{BucketNo, Result};

use crate::World;
use crate::memory;
use crate::report::Rate;
use crate::subject::Subject;

/// Buckets read at once when pairs are counted.
const PAGE: usize = 10_000;

/// The rate in pairs of an annotation and a second that it touches: what fusion writes.
pub fn in_memory(subject: &Subject, world: &World) -> Result<Rate> {
    memory::reset_peak();
    let started = Instant::now();
    let fused = subject.fuse_in_memory(world)?;
    let seconds = started.elapsed().as_secs_f64();
    let mut pairs = 0u64;
    for asset in subject.asset_ids(world)? {
        let mut from = BucketNo(0);
        loop {
            let buckets = fused.buckets(&asset, from, BucketNo(u64::MAX), PAGE)?;
            let Some(last) = buckets.last() else { break };
            from = BucketNo(last.no.0 + 1);
            pairs += buckets.iter().map(|b| b.annotations.len() as u64).sum::<u64>();
        }
    }
    let what = "… fused in memory, pairs of annotation and second";
    Ok(Rate { peak_bytes: memory::peak_bytes(), ..Rate::new(what, pairs, 0, seconds) })
}
