//! What is spent is counted, and what is over ends.
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::*;

thread_local! {
    static CPU_MS: Cell<u64> = const { Cell::new(0) };
}

/// Every reading is a millisecond later than the one before on its thread.
fn ticking() -> Duration {
    CPU_MS.with(|ms| {
        ms.set(ms.get() + 1);
        Duration::from_millis(ms.get())
    })
}

fn limits(cpu_ms: u64) -> BudgetLimits {
    let long = Duration::from_millis(5);
    BudgetLimits { cpu: Duration::from_millis(cpu_ms), memory_bytes: 100, answer_bytes: 100, long }
}

#[test]
fn a_loop_ends_when_the_cpu_time_is_spent_and_not_before() {
    let budget = Budget::new(limits(10), ticking);
    let mut meter = budget.meter();
    let steps = (0..u64::MAX).find(|_| meter.step().is_err()).unwrap();
    assert!(steps > 9 * u64::from(STEPS) && steps < 12 * u64::from(STEPS), "{steps}");
    let error = budget.check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.mend_text().is_some_and(|mend| mend.contains("fewer")), "{error}");
    assert!(Budget::of_maintenance().meter().steps(usize::MAX).is_ok());
}

#[test]
fn the_time_of_threads_that_help_counts_and_none_is_counted_twice() {
    let budget = Budget::new(limits(1_000), ticking);
    let (mut outer, mut inner) = (budget.meter(), budget.meter());
    for _ in 0..3 {
        outer.look().unwrap();
        inner.look().unwrap();
    }
    assert_eq!(budget.spent(), Duration::from_millis(6));
    thread::scope(|scope| {
        // A helper reads its clock at the beginning, at its look and at its end.
        scope.spawn(|| budget.meter().look().unwrap());
    });
    assert_eq!(budget.spent(), Duration::from_millis(8));
}

#[test]
fn memory_is_given_back_by_what_holds_it_for_a_while() {
    let budget = Budget::new(limits(1_000), ticking);
    budget.keep(60).unwrap();
    let mut held = budget.hold(20).unwrap();
    held.grow(20).unwrap();
    assert_eq!(held.grow(1).unwrap_err().kind(), ErrorKind::TooLarge);
    drop(held);
    assert_eq!(budget.held_bytes(), 60);
    budget.keep(40).unwrap();
}

struct Places(Arc<AtomicUsize>, Arc<AtomicU64>);

impl Company for Places {
    fn hold(&self, _bytes: u64) -> Result<()> {
        Err(Error::new(ErrorKind::Busy, "all is taken"))
    }

    fn release(&self, _bytes: u64) {}

    fn has_spent(&self, cpu: Duration) {
        self.1.store(ns(cpu), Ordering::SeqCst);
    }

    fn enter_long(&self, _given_up: &dyn Fn() -> bool) -> Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn a_search_that_turns_out_long_asks_for_a_place_once_and_a_thread_with_a_permit_never() {
    let (entered, spent) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let budget = Budget::new(limits(1_000), ticking).among(Places(Arc::clone(&entered), Arc::clone(&spent)));
    let mut scanning = budget.meter().without_waiting();
    (0..10).for_each(|_| scanning.look().unwrap());
    assert_eq!(entered.load(Ordering::SeqCst), 0);
    let holding = budget.holding();
    (0..3).for_each(|_| budget.check().unwrap());
    assert_eq!(entered.load(Ordering::SeqCst), 0);
    drop(holding);
    (0..3).for_each(|_| budget.check().unwrap());
    assert_eq!(entered.load(Ordering::SeqCst), 1);
    assert_eq!(u128::from(spent.load(Ordering::SeqCst)), budget.spent().as_nanos());
    assert_eq!(budget.keep(1).unwrap_err().kind(), ErrorKind::Busy);
    assert_eq!(budget.held_bytes(), 0);
}

#[test]
fn a_search_whose_caller_has_gone_ends_at_its_next_look() {
    let budget = Budget::new(limits(1_000), ticking).given_up_when(|| true);
    let mut meter = budget.meter();
    let steps = (0..u32::MAX).find(|_| meter.step().is_err()).unwrap();
    assert!(steps <= STEPS);
    assert_eq!(budget.check().unwrap_err().kind(), ErrorKind::Cancelled);
}
