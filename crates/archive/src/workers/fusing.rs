//! Fuses what has been committed.

use rushes_events::Topic;
use rushes_fuse::driver::{Options, fuse_batch};
use rushes_types::Result;

use super::dead_letters::FailureCounts;
use super::deliveries::{last_positions, newest};
use super::pass::{FUSE_CONSUMER, Pass};
use crate::engines::Engines;
use crate::words::Words;

/// Events taken at once.
const EVENTS: usize = 1024;
/// Assets fused in one go: where one of them fails, each is tried alone.
const ASSETS_PER_STEP: usize = 64;

/// What fusion needs to know of the archive.
#[derive(Debug, Clone)]
pub struct FuseSettings {
    /// Length of a bucket in nanoseconds.
    pub bucket_ns: i64,
    /// Language of text whose language is not given.
    pub default_language: String,
}

/// Fuses the assets that events name. Events are acknowledged when what they caused is durable.
///
/// # Errors
/// Where a store or the log fails, or an annotation cannot be read; the events come again.
pub(super) fn fuse_pass(
    engines: &Engines,
    settings: &FuseSettings,
    attempts: &mut FailureCounts,
    stopping: &(dyn Fn() -> bool + Sync),
) -> Result<Pass> {
    let delivered = engines.events.poll(Topic::Committed, FUSE_CONSUMER, EVENTS)?;
    if delivered.is_empty() {
        return Ok(Pass::IDLE);
    }
    let (assets, watermarks) = newest(&delivered);
    let words = Words::new(&settings.default_language);
    let options = Options { bucket_ns: settings.bucket_ns, ..Options::new(&words) };
    for some in assets.chunks(ASSETS_PER_STEP) {
        let fuse = |assets: &[_]| fuse_batch(&*engines.store, &*engines.timeline, assets, options, stopping);
        let mut done = true;
        match fuse(some) {
            Ok(all) => done = all,
            // Which of them is it?
            Err(_) => attempts.each(
                &*engines.events,
                (Topic::Committed, FUSE_CONSUMER),
                &delivered,
                some,
                |asset| fuse(std::slice::from_ref(asset)).map(|all| done &= all),
            )?,
        }
        if !done {
            // What is applied stays; the events are not acknowledged and come again.
            return Ok(Pass::CUT_SHORT);
        }
    }
    if !watermarks.is_empty() {
        engines.timeline.apply(&[], &watermarks)?;
    }
    engines.events.acknowledge(Topic::Committed, FUSE_CONSUMER, &last_positions(&delivered))?;
    Ok(Pass::of(assets.len()))
}
