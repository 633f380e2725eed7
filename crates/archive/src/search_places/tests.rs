//! Long searches take turns, a token has no more than its share, and nothing is lost when one is given up.
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::mpsc::channel;

use super::*;

fn places(long_max: usize) -> Arc<SearchPlaces> {
    let limits = SearchLimits::default();
    let per_token = SearchLimits { per_token_max: 3, long_per_token_max: 1, ..limits };
    SearchPlaces::new(SearchLimits { long_max, all_memory_bytes_max: 100, ..per_token })
}

fn never() -> bool {
    false
}

#[test]
fn a_token_has_no_more_searches_than_it_may_and_others_are_not_counted() {
    let places = places(1);
    let mut held: Vec<Place> = (0..3).map(|_| places.enter("a").unwrap()).collect();
    let error = places.enter("a").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(places.enter("b").is_ok());
    held.pop();
    assert!(places.enter("a").is_ok());
    held.clear();
    assert!(places.state().tallies.is_empty());
}

#[test]
fn one_long_search_waits_for_another_and_one_that_is_given_up_leaves_no_trace() {
    let places = places(1);
    let (first, second, third) =
        (places.enter("a").unwrap(), places.enter("c").unwrap(), places.enter("a").unwrap());
    first.enter_long(&never).unwrap();
    assert_eq!(second.enter_long(&|| true).unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(third.enter_long(&never).unwrap_err().kind(), ErrorKind::Busy, "one of the token is long");
    drop((second, third));
    let other = places.enter("b").unwrap();
    std::thread::scope(|scope| {
        let (entered, enters) = channel();
        scope.spawn(move || {
            other.enter_long(&never).unwrap();
            entered.send(()).unwrap();
        });
        while places.state().waiting.is_empty() {
            std::thread::yield_now();
        }
        assert!(enters.try_recv().is_err());
        drop(first);
        enters.recv().unwrap();
    });
    let state = places.state();
    assert_eq!((state.long, state.waiting.len(), state.tallies.len()), (0, 0, 0));
}

#[test]
fn the_place_goes_to_another_token_before_the_same_has_it_again() {
    let mut state = State { last: Some("a".into()), ..State::default() };
    state.waiting.extend([(1, "a".to_owned()), (2, "a".to_owned()), (3, "b".to_owned())]);
    assert_eq!(state.next_up(), Some(3));
    state.leave_queue(3);
    assert_eq!(state.next_up(), Some(1));
}

#[test]
fn what_all_hold_together_is_bounded_and_given_back() {
    let places = places(1);
    let (a, b) = (places.enter("a").unwrap(), places.enter("b").unwrap());
    a.hold(70).unwrap();
    assert_eq!(b.hold(40).unwrap_err().kind(), ErrorKind::Busy);
    a.release(20);
    b.hold(40).unwrap();
    drop(a);
    b.hold(60).unwrap();
    drop(b);
    assert_eq!(places.held_bytes.load(Ordering::Relaxed), 0);
}

#[test]
fn the_clock_of_a_thread_counts_its_work() {
    let before = thread_cpu();
    let sum = (0..1_000_000_u64).fold(0, |sum, n| std::hint::black_box(sum ^ n));
    assert!(thread_cpu() > before, "{sum}");
}

#[test]
fn the_longer_a_search_has_run_the_lower_is_its_priority() {
    let after = |ms| niceness(Duration::from_millis(ms), 500);
    assert_eq!([0, 20, 50, 250, 499, 500, 90_000].map(after), [0, 0, 1, 9, 18, 19, 19]);
    assert_eq!(niceness(Duration::ZERO, 0), NICENESS);
}

#[test]
fn a_place_lowers_the_priority_of_the_thread_that_searches() {
    let places = places(1);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let of_thread = || rustix::process::getpriority_process(None).unwrap();
            let (place, before) = (places.enter("a").unwrap(), of_thread());
            place.has_spent(Duration::from_millis(1));
            assert_eq!(of_thread(), before);
            place.has_spent(Duration::from_secs(9));
            if cfg!(target_os = "linux") {
                assert_eq!(of_thread(), NICENESS);
            }
        });
    });
}
