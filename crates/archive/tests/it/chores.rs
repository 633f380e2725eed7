//! Long work of which one at a time is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rushes_archive::NoProgress;
use rushes_store::EraseTarget;
use rushes_types::AssetId;

use crate::flow::line;
use crate::watched;

#[test]
fn who_asks_for_long_work_waits_for_the_maintenance_worker() {
    let (open, hook) = watched::open(Duration::ZERO);
    open.ingest(&line("e1", "faces@1", "CHARACTER_SEARCH", "Joey", 2, 8));
    let (begun, purge_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let mut is_first = true;
    hook.set(move |call, _| {
        if call == "purge" && std::mem::take(&mut is_first) {
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
        }
    });
    open.archive.erase(&open.caller, &EraseTarget::Asset(AssetId::new("e1").unwrap())).unwrap();
    purge_begun.recv_timeout(Duration::from_secs(60)).unwrap();
    // The maintenance worker is in the middle of its purge, and stays there until this one has asked for its own.
    let done = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let asked = open.archive.purge(&open.caller, &NoProgress);
            done.store(true, Ordering::SeqCst);
            asked
        });
        std::thread::sleep(Duration::from_millis(200));
        assert!(!done.load(Ordering::SeqCst), "{:?}", asked.join().unwrap());
        go_on.send(()).unwrap();
        asked.join().unwrap().unwrap();
    });
    open.verify_clean();
}
