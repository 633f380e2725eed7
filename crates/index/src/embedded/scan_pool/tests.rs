//! The bound holds, turns are fair, and nothing is lost by a panic or by giving up.
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::Barrier;

use super::*;

/// Counts who is at work.
#[derive(Default)]
struct AtWork {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl AtWork {
    fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let done = work();
        self.now.fetch_sub(1, Ordering::SeqCst);
        done
    }
}

fn sum(pool: &ScanPool, pieces: &[u64], threads: usize, at_work: &AtWork) -> Result<u64> {
    let work = |pieces: &mut dyn Iterator<Item = &u64>| {
        let mut sum = 0;
        for piece in pieces {
            at_work.during(|| {
                // Long enough that others would be at work too.
                (0..2_000).for_each(|_| std::hint::spin_loop());
                sum += piece;
            });
        }
        Ok(sum)
    };
    pool.run(pieces, threads, None, &work).map(|sums| sums.into_iter().sum())
}

#[test]
fn sixty_four_searches_at_once_scan_with_no_more_threads_than_there_are_permits() {
    for permits in [1, 3] {
        let (pool, at_work, start) = (ScanPool::new(permits), AtWork::default(), Barrier::new(64));
        let pieces: Vec<u64> = (1..=20).collect();
        thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    start.wait();
                    assert_eq!(sum(&pool, &pieces, 16, &at_work).unwrap(), 210);
                });
            }
        });
        assert!((1..=permits).contains(&at_work.most.load(Ordering::SeqCst)));
        let state = pool.state();
        assert_eq!((state.free, state.queue.len()), (permits, 0));
        drop(state);
        assert!(!pool.is_wanted());
    }
}

#[test]
fn one_search_alone_has_all_permits_and_a_small_one_no_helper() {
    let pool = ScanPool::new(4);
    let together = Barrier::new(4);
    // Each piece waits for three others: it ends only where four threads work at once.
    let work = |pieces: &mut dyn Iterator<Item = &u64>| {
        for _ in pieces {
            together.wait();
        }
        Ok(thread::current().id())
    };
    let threads = pool.run(&[0; 4], 4, None, &work).unwrap();
    assert_eq!(threads.iter().collect::<std::collections::HashSet<_>>().len(), 4);
    let alone = |pieces: &mut dyn Iterator<Item = &u64>| {
        pieces.for_each(drop);
        Ok(thread::current().id())
    };
    assert_eq!(pool.run(&[0; 100], 1, None, &alone).unwrap(), [thread::current().id()]);
}

#[test]
fn a_small_search_does_not_wait_for_the_end_of_a_large_one() {
    let pool = ScanPool::new(1);
    let (started, small_done) = (Barrier::new(2), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            let large = |pieces: &mut dyn Iterator<Item = &u64>| {
                for (no, _) in pieces.enumerate() {
                    if no == 0 {
                        started.wait();
                    }
                    // Ends only once the small one is done, which begins while this one is at work.
                    if no == 1_000_000 {
                        return Err(Error::bug("the small search never came to its turn"));
                    }
                    if small_done.load(Ordering::SeqCst) {
                        break;
                    }
                    thread::yield_now();
                }
                Ok(0)
            };
            pool.run(&vec![0; 1_000_001], 1, None, &large).unwrap();
        });
        started.wait();
        assert_eq!(sum(&pool, &[1, 2], 1, &AtWork::default()).unwrap(), 3);
        small_done.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_panic_is_an_error_of_that_search_and_its_permits_come_back() {
    let pool = ScanPool::new(3);
    let work = |pieces: &mut dyn Iterator<Item = &u64>| {
        for piece in pieces {
            assert!(*piece != 7, "a piece that panics");
        }
        Ok(())
    };
    let error = pool.run(&(0..100).collect::<Vec<_>>(), 3, None, &work).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Bug);
    assert_eq!(pool.state().free, 3);
    assert_eq!(sum(&pool, &[1, 2], 3, &AtWork::default()).unwrap(), 3);
}

#[test]
fn a_search_that_is_given_up_stops_at_work_and_while_it_waits() {
    let pool = ScanPool::new(1);
    let (stop, seen) = (AtomicBool::new(false), AtomicUsize::new(0));
    let cancelled = || stop.load(Ordering::SeqCst);
    let work = |pieces: &mut dyn Iterator<Item = &u64>| {
        for _ in pieces {
            if seen.fetch_add(1, Ordering::SeqCst) == 4 {
                stop.store(true, Ordering::SeqCst);
            }
        }
        Ok(())
    };
    let error = pool.run(&[0; 100], 1, Some(&cancelled), &work).unwrap_err();
    assert_eq!((error.kind(), seen.load(Ordering::SeqCst)), (ErrorKind::Cancelled, 5));
    stop.store(false, Ordering::SeqCst);
    let held = pool.permit(None).unwrap();
    thread::scope(|scope| {
        let waits = scope.spawn(|| pool.permit(Some(&cancelled)).map(drop));
        while !pool.is_wanted() {
            thread::yield_now();
        }
        stop.store(true, Ordering::SeqCst);
        assert_eq!(waits.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    });
    assert!(!pool.is_wanted());
    drop(held);
    assert_eq!(pool.state().free, 1);
}
