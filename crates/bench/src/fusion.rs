//! How fast fusion decides: decoded annotations become fused annotations and buckets, encoded as they are stored, on
//! one thread. Reading and decoding are measured separately; the rest of the durable figure's time is the disk's.

use std::time::{Duration, Instant};

use rushes_archive::Words;
use rushes_fuse::driver::{Options, load_step};
use rushes_timeline::MemoryTimeline;
use rushes_types::{AssetId, Change, Error, Result};
use rushes_wire::codec::{encode_annotation, encode_bucket};

use crate::World;
use crate::memory;
use crate::report::Rate;
use crate::subject::Subject;

/// The rates of fusion in memory.
pub struct FusionRates {
    /// Reading, then deciding.
    pub rates: Vec<Rate>,
    /// Pairs of an annotation and a second that it touches.
    pub pairs: u64,
}

/// Pairs of an annotation and a second that it touches, over some assets whose commits are not fused yet.
pub fn pairs(subject: &Subject, assets: &[AssetId]) -> Result<u64> {
    let engines = subject.engines();
    let nothing = MemoryTimeline::new()?;
    let words = Words::new(subject.default_language());
    let options = Options { bucket_ns: subject.bucket_ns(), ..Options::new(&words) };
    let mut pairs = 0;
    for asset in assets {
        let Some(step) = load_step(&*engines.store, &nothing, asset, options)? else { continue };
        let update = step.decide(&nothing, options)?;
        pairs += update.step.buckets.iter().map(|bucket| bucket.annotations.len() as u64).sum::<u64>();
    }
    Ok(pairs)
}

/// Two rates: annotations read and decoded, and pairs of an annotation and a second that it touches, fused and
/// encoded.
pub fn in_memory(subject: &Subject, world: &World) -> Result<FusionRates> {
    memory::reset_peak();
    let engines = subject.engines();
    let nothing = MemoryTimeline::new()?;
    let words = Words::new(subject.default_language());
    let options = Options { bucket_ns: subject.bucket_ns(), ..Options::new(&words) };
    let (mut reading, mut fusing) = (Duration::ZERO, Duration::ZERO);
    let (mut annotations, mut pairs, mut bytes) = (0u64, 0u64, 0u64);
    let mut row = Vec::new();
    for asset in subject.asset_ids(world)? {
        let began = Instant::now();
        let Some(step) = load_step(&*engines.store, &nothing, &asset, options)? else { continue };
        reading += began.elapsed();
        if !engines.store.history(&asset, step.upto(), 1)?.is_empty() {
            return Err(Error::bug(format!("asset `{asset}` was not fused in one step")));
        }
        let began = Instant::now();
        let update = step.decide(&nothing, options)?;
        for change in &update.step.changes {
            if let Change::Put(fused) = change {
                row.clear();
                encode_annotation(fused, &mut row);
                bytes += row.len() as u64;
            }
        }
        for bucket in &update.step.buckets {
            row.clear();
            encode_bucket(bucket, &mut row);
            bytes += row.len() as u64;
            pairs += bucket.annotations.len() as u64;
        }
        fusing += began.elapsed();
        annotations += update.step.changes.len() as u64;
    }
    let rate = |what: &str, count, bytes, time: Duration| Rate {
        peak_bytes: memory::peak_bytes(),
        ..Rate::new(what, count, bytes, time.as_secs_f64())
    };
    let rates = vec![
        rate("… read and decoded for fusion, 1 thread", annotations, 0, reading),
        rate("… fused and encoded, 1 thread, pairs of annotation and second", pairs, bytes, fusing),
    ];
    Ok(FusionRates { rates, pairs })
}
