//! Writing faster than the store below flushes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::place::{Place, sync};

/// Far less than flushing what piles up takes, far more than an fsync does on a busy machine.
const WAIT_MAX: Duration = Duration::from_secs(5);

#[test]
fn who_syncs_does_not_wait_for_a_table_that_is_behind() {
    let place = Place::new();
    let folder = place.open().unwrap();
    let is_over = AtomicBool::new(false);
    let longest = std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..48_u32 {
                let mut batch = folder.batch();
                batch.insert(0, n.to_be_bytes(), vec![7; 4 << 20]);
                folder.write(batch, 0).unwrap();
                folder.table(0).rotate_memtable().unwrap();
                assert!(folder.table(0).sealed_memtable_count() <= 4, "they pile up");
            }
            is_over.store(true, Ordering::Release);
        });
        let mut longest = Duration::ZERO;
        while !is_over.load(Ordering::Acquire) {
            let begun = Instant::now();
            let mut batch = folder.batch();
            batch.insert(1, "k", "v");
            folder.write(batch, 0).unwrap();
            sync(&folder);
            longest = longest.max(begun.elapsed());
        }
        longest
    });
    assert!(longest < WAIT_MAX, "{longest:?}");
    eprintln!("longest write and sync of the other table: {longest:?}");
}
