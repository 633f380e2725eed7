//! Several assets at once, in the order of their ids.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rushes_store::AnnotationStore;
use rushes_types::{AssetId, Result};

/// Assets read at once.
const PAGE: usize = 512;

/// Calls `each` for every asset of the store that ever had a commit, on at most `jobs` threads, and hands what it gives
/// to `gather` in the order of the ids. The first error ends it.
pub(crate) fn each_asset<T: Send>(
    store: &dyn AnnotationStore,
    jobs: usize,
    each: &(dyn Fn(&AssetId) -> Result<T> + Sync),
    gather: &mut dyn FnMut(AssetId, T) -> Result<()>,
) -> Result<()> {
    let mut after: Option<AssetId> = None;
    loop {
        let page = store.assets_with_history(after.as_ref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        let done = on_threads(&page, jobs, each);
        for (asset, outcome) in page.into_iter().zip(done) {
            let Some(outcome) = outcome else { continue };
            gather(asset, outcome?)?;
        }
    }
}

/// What became of each; `None` where an error of another came first.
fn on_threads<T: Send>(
    page: &[AssetId],
    jobs: usize,
    each: &(dyn Fn(&AssetId) -> Result<T> + Sync),
) -> Vec<Option<Result<T>>> {
    let done: Vec<Mutex<Option<Result<T>>>> = page.iter().map(|_| Mutex::new(None)).collect();
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = || {
        while !failed.load(Ordering::Acquire) {
            let at = next.fetch_add(1, Ordering::AcqRel);
            let (Some(asset), Some(slot)) = (page.get(at), done.get(at)) else { return };
            let outcome = each(asset);
            if outcome.is_err() {
                failed.store(true, Ordering::Release);
            }
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs.clamp(1, page.len().max(1)) {
            scope.spawn(work);
        }
        work();
    });
    done.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}
