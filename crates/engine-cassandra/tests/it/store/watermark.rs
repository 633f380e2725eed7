//! The watermark passes only what is carried, whatever dies when.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use rushes_engine_cassandra::store::{CassandraStore, FaultAction, FaultPoint, Faults, StoreOptions};
use rushes_store::AppendMode;
use rushes_store::prelude::*;
use rushes_testkit::store_suite::{asset, asset_id, current, history, lines};
use rushes_types::{AssetId, Commit, ErrorKind};

use crate::store::support::{self, Fixture};

/// What a relay has appended so far.
#[derive(Default)]
struct RelayedSoFar {
    rows: BTreeSet<(AssetId, Commit)>,
    /// Each watermark, with the rows that were appended before it.
    marks: Vec<(Commit, BTreeSet<(AssetId, Commit)>)>,
}

impl RelayedSoFar {
    fn pass(&mut self, store: &CassandraStore) {
        let page = store.outbox(0, 1_000).unwrap();
        self.rows.extend(page.rows.iter().map(|row| (row.asset.clone(), row.commit)));
        if let Some(upto) = page.watermark {
            assert!(self.marks.last().is_none_or(|(last, _)| *last <= upto), "a watermark never goes back");
            self.marks.push((upto, self.rows.clone()));
        }
        if let Some(last) = page.rows.last() {
            store.trim_outbox(last.sequence).unwrap();
        }
    }

    fn upto(&self) -> Commit {
        self.marks.last().map_or(Commit::NONE, |(upto, _)| *upto)
    }

    fn until(&mut self, store: &CassandraStore, done: impl Fn(&Self) -> bool) {
        let since = Instant::now();
        while !done(self) {
            assert!(since.elapsed() < Duration::from_secs(60), "nothing moves: at {}", self.upto());
            self.pass(store);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Every commit up to a watermark was told before it, and every commit at all in the end.
    fn check(&self, store: &CassandraStore, assets: &[&str]) {
        let mut all = BTreeSet::new();
        for on in assets {
            all.extend(history(store, on).into_iter().map(|r| (asset_id(on), r.commit)));
        }
        for (upto, told) in &self.marks {
            let missing: Vec<_> =
                all.iter().filter(|(_, c)| c <= upto).filter(|row| !told.contains(row)).collect();
            assert!(missing.is_empty(), "{missing:?} came up to {upto} and was not told");
        }
        let missing: Vec<_> = all.difference(&self.rows).collect();
        assert!(missing.is_empty(), "{missing:?} was never told");
    }
}

/// Dies at the first such moment that comes once it is armed.
fn dies_at(moment: FaultPoint) -> (Faults, Arc<AtomicBool>) {
    let armed = Arc::new(AtomicBool::new(false));
    let watch = Arc::clone(&armed);
    let faults: Faults = Arc::new(move |at| {
        if at == moment && watch.load(Ordering::SeqCst) { FaultAction::Die } else { FaultAction::Continue }
    });
    (faults, armed)
}

fn with(fixture: &Fixture, faults: Faults) -> Arc<CassandraStore> {
    fixture.another_with(StoreOptions { faults: Some(faults), ..support::options() })
}

fn say(store: &CassandraStore, on: &str, id: &str) -> rushes_types::Result<Option<Commit>> {
    store
        .append_loose(&[lines(on, "m@1", &[(id, 1, "x")])], AppendMode::Partial)
        .map(|receipt| receipt.commit)
}

fn killed_at(moment: FaultPoint, happened: bool) {
    let Some(fixture) = support::fixture() else { return };
    let relay = fixture.own();
    relay.put_assets(&[asset("a"), asset("b")]).unwrap();
    let (faults, armed) = dies_at(moment);
    let mortal = with(&fixture, faults);
    let before = say(&mortal, "a", "before").unwrap().unwrap();
    let mut told = RelayedSoFar::default();
    told.until(relay, |told| told.upto() >= before);
    armed.store(true, Ordering::SeqCst);
    assert_eq!(say(&mortal, "a", "last").unwrap_err().kind(), ErrorKind::Cancelled);
    drop(mortal);
    let after = say(relay, "b", "after").unwrap().unwrap();
    let since = Instant::now();
    told.until(relay, |told| told.upto() >= after);
    assert!(since.elapsed() > Duration::from_secs(2), "the watermark waits for the dead to be closed");
    told.check(relay, &["a", "b"]);
    assert_eq!(current(&**relay, "a").len(), if happened { 2 } else { 1 });
    // What was killed is sent again, by another process.
    assert_eq!(say(relay, "a", "last").unwrap().is_some(), !happened);
    assert_eq!(current(&**relay, "a").len(), 2);
    relay.purge().unwrap();
    assert_eq!(current(&**relay, "a").len(), 2);
    let cql = "SELECT piece FROM strays";
    let strays = relay.cluster().block_on(relay.cluster().rows::<(i64,)>(cql, ())).unwrap();
    assert!(strays.is_empty(), "content of no commit is found and removed");
}

#[test]
fn a_writer_killed_after_its_note_holds_the_watermark_until_it_is_closed() {
    killed_at(FaultPoint::Noted, false);
}

#[test]
fn a_writer_killed_before_its_conditional_write_holds_the_watermark_until_it_is_closed() {
    killed_at(FaultPoint::Ready, false);
}

#[test]
fn a_commit_whose_writer_was_killed_before_it_heard_of_it_is_carried() {
    killed_at(FaultPoint::Made, true);
}

#[test]
fn a_writer_that_slept_while_it_was_closed_commits_only_above_the_watermark() {
    let Some(fixture) = support::fixture() else { return };
    let relay = fixture.own();
    relay.put_assets(&[asset("a"), asset("b")]).unwrap();
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let asleep = Arc::new(AtomicU32::new(0));
    let (watch, count) = (Arc::clone(&gate), Arc::clone(&asleep));
    let faults: Faults = Arc::new(move |at| {
        if at == FaultPoint::Ready && count.fetch_add(1, Ordering::SeqCst) == 0 {
            let open = watch.0.lock().unwrap();
            drop(watch.1.wait_while(open, |open| !*open).unwrap());
        }
        FaultAction::Continue
    });
    // Its heart must stop with it: a process that sleeps does not publish either.
    let sleeper = with(&fixture, faults);
    let mut told = RelayedSoFar::default();
    std::thread::scope(|scope| {
        let late = scope.spawn(|| say(&sleeper, "a", "late"));
        while asleep.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        sleeper.stop_publishing();
        let after = say(relay, "b", "after").unwrap().unwrap();
        told.until(relay, |told| told.upto() >= after);
        let said = told.upto();
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        let commit = late.join().unwrap().unwrap().unwrap();
        assert!(commit > said, "{commit} was made below the watermark {said}");
        told.until(relay, |told| told.rows.contains(&(asset_id("a"), commit)));
    });
    told.check(relay, &["a", "b"]);
}

#[test]
fn only_one_process_relays_and_another_takes_over() {
    let Some(mut fixture) = support::fixture() else { return };
    let other = fixture.another();
    fixture.own().put_assets(&[asset("a")]).unwrap();
    let first = fixture.own().outbox(0, 10).unwrap();
    assert_eq!((first.rows.len(), first.watermark.is_some()), (1, true), "the first page carries one");
    assert!(other.outbox(0, 10).unwrap().rows.is_empty(), "the other holds the lease");
    fixture.close();
    let page = other.outbox(0, 10).unwrap();
    assert_eq!((page.rows.len(), page.watermark.is_some()), (1, true));
}

#[test]
fn whatever_dies_when_no_commit_is_passed_over() {
    let Some(fixture) = support::fixture() else { return };
    let relay = fixture.own();
    let assets = ["a", "b", "c", "d"];
    relay.put_assets(&assets.map(asset)).unwrap();
    let done = AtomicBool::new(false);
    let mut told = RelayedSoFar::default();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3_u32)
            .map(|n| {
                let fixture = &fixture;
                scope.spawn(move || {
                    for life in 0..3_u32 {
                        // Each life ends at another moment, after another number of changes.
                        let moment =
                            [FaultPoint::Noted, FaultPoint::Ready, FaultPoint::Made][(n + life) as usize % 3];
                        let left = AtomicU32::new(3 + 2 * n + life);
                        let faults: Faults = Arc::new(move |at| {
                            let dies = at == moment && left.fetch_sub(1, Ordering::SeqCst) == 1;
                            if dies { FaultAction::Die } else { FaultAction::Continue }
                        });
                        let store = with(fixture, faults);
                        for turn in 0.. {
                            let id = format!("{n}-{life}-{turn}");
                            let on = assets[(n + turn) as usize % assets.len()];
                            if say(&store, on, &id).is_err() {
                                break;
                            }
                        }
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            for writer in writers {
                writer.join().unwrap();
            }
            done.store(true, Ordering::SeqCst);
        });
        while !done.load(Ordering::SeqCst) {
            told.pass(relay);
        }
    });
    let last = say(relay, "a", "last").unwrap().unwrap();
    told.until(relay, |told| told.upto() >= last);
    told.check(relay, &assets);
    assert!(told.marks.len() > 1);
}
