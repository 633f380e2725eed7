//! A rebuild while clients write: nothing that they commit is left behind, and it ends.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rushes_archive::{Archive, Body, Caller, IngestOptions, NoProgress, OpenOptions, Rebuild, Stage};
use rushes_events::{Event, Topic};
use rushes_store::EraseTarget;
use rushes_types::{AssetId, Commit};
use tempfile::TempDir;

use crate::flow::{Open, line};
use crate::watched;

const HOUR: Duration = Duration::from_secs(3600);
/// Processors are shared with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

fn commit(archive: &Archive, n: usize) {
    let body = line(&format!("e{n}"), "faces@1", "CHARACTER_SEARCH", "Joey", 2, 8);
    archive.ingest(&Caller::local(), Body::Lines(body.as_bytes()), &IngestOptions::default()).unwrap();
}

fn erase(archive: &Archive, n: usize) {
    let asset = AssetId::new(&format!("e{n}")).unwrap();
    archive.erase(&Caller::local(), &EraseTarget::Asset(asset)).unwrap();
}

/// Nobody writes any more: every commit can be searched within a while.
fn rests(open: &Open, when: &str) {
    let status = open.archive.status().unwrap();
    let caught_up = open.archive.wait_caught_up(status.last_commit, PATIENCE).unwrap();
    let status = open.archive.status().unwrap();
    assert!(caught_up, "{when}: the read point stays at {} of {}", status.read_point, status.last_commit);
    assert!(!status.catching_up, "{when}");
    open.verify_clean();
}

fn purged(open: &Open, when: &str) {
    let until = Instant::now() + PATIENCE;
    while open.archive.verify(&open.caller, &NoProgress).unwrap().unpurged_for_s.is_some() {
        assert!(Instant::now() < until, "{when}: what was erased is not purged");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Rebuilds an archive with something in its outbox; at one of the rebuild's calls to the log and the timeline, somebody
/// commits. `false` where there were not so many calls.
fn commit_lands_at(moment: usize, what: Rebuild) -> bool {
    let (open, hook) = watched::open(HOUR);
    commit(&open.archive, 1);
    commit(&open.archive, 2);
    open.catch_up();
    open.archive.pause(Stage::Relay);
    commit(&open.archive, 3);
    let (archive, landed) = (Arc::clone(&open.archive), Arc::new(AtomicBool::new(false)));
    let (mut call, has_landed) = (0, Arc::clone(&landed));
    hook.set(move |_, _| {
        if call == moment {
            commit(&archive, 1);
            erase(&archive, 2);
            has_landed.store(true, Ordering::SeqCst);
        }
        call += 1;
    });
    open.archive.rebuild(&open.caller, what, &NoProgress).unwrap();
    hook.clear();
    open.archive.resume(Stage::Relay);
    rests(&open, &format!("{what:?}, commit before call {moment}"));
    landed.load(Ordering::SeqCst)
}

#[test]
fn a_commit_that_lands_at_any_moment_of_a_rebuild_can_be_searched() {
    for what in [Rebuild::All, Rebuild::Index] {
        let moments = (0..).take_while(|moment| commit_lands_at(*moment, what)).count();
        assert!(moments >= 3, "{moments}");
    }
}

#[test]
fn an_erasure_that_lands_in_a_rebuild_is_purged_though_nothing_is_written_after_it() {
    let (open, hook) = watched::open(Duration::ZERO);
    commit(&open.archive, 1);
    open.catch_up();
    open.archive.pause(Stage::Relay);
    commit(&open.archive, 2);
    let (archive, mut erased) = (Arc::clone(&open.archive), false);
    hook.set(move |call, _| {
        if call == "append" && !erased {
            erase(&archive, 1);
            erased = true;
        }
    });
    open.archive.rebuild(&open.caller, Rebuild::All, &NoProgress).unwrap();
    hook.clear();
    open.archive.resume(Stage::Relay);
    rests(&open, "an erasure in a rebuild");
    purged(&open, "an erasure in a rebuild");
}

#[test]
fn a_rebuild_ends_though_clients_commit_faster_than_it_carries() {
    for what in [Rebuild::All, Rebuild::Index] {
        let (open, hook) = watched::open(HOUR);
        commit(&open.archive, 1);
        open.catch_up();
        open.archive.pause(Stage::Relay);
        commit(&open.archive, 2);
        let (archive, commits) = (Arc::clone(&open.archive), Arc::new(AtomicUsize::new(0)));
        let committed = Arc::clone(&commits);
        // Whenever something is carried, something new has come. It stops after a hundred, so that this test ends.
        hook.set(move |_, _| {
            if committed.load(Ordering::SeqCst) < 100 {
                commit(&archive, 3 + committed.fetch_add(1, Ordering::SeqCst));
            }
        });
        open.archive.rebuild(&open.caller, what, &NoProgress).unwrap();
        hook.clear();
        let during = commits.load(Ordering::SeqCst);
        assert!((1..20).contains(&during), "{what:?}: {during} commits before the rebuild ended");
        open.archive.resume(Stage::Relay);
        rests(&open, "a rebuild under traffic");
    }
}

#[test]
fn rebuilds_under_traffic_that_then_stops_leave_nothing_behind() {
    let dir = TempDir::new().unwrap();
    let options = OpenOptions { purge_after: Duration::ZERO, ..OpenOptions::default() };
    let archive = Archive::open(&dir.path().join("a"), options).unwrap();
    let open = Open { archive, caller: Caller::local(), dir };
    commit(&open.archive, 0);
    for what in [Rebuild::All, Rebuild::Index, Rebuild::All] {
        let writing = AtomicBool::new(true);
        std::thread::scope(|scope| {
            for client in 0..2 {
                let (archive, writing) = (&open.archive, &writing);
                scope.spawn(move || {
                    let mut n = client;
                    // The last of them comes after the rebuild has begun its end, or just before it.
                    while writing.load(Ordering::SeqCst) {
                        commit(archive, n % 40);
                        n += 2;
                    }
                });
            }
            open.archive.rebuild(&open.caller, what, &NoProgress).unwrap();
            writing.store(false, Ordering::SeqCst);
        });
        rests(&open, &format!("{what:?} under traffic"));
    }
    erase(&open.archive, 1);
    open.archive.rebuild(&open.caller, Rebuild::All, &NoProgress).unwrap();
    rests(&open, "after an erasure");
    purged(&open, "after an erasure");
}

/// An archive with three commits that all can be searched, closed; the number of the last one.
fn three_commits(folder: &Path) -> Commit {
    let archive = Archive::open(folder, OpenOptions::default()).unwrap();
    (0..3).for_each(|n| commit(&archive, n));
    let last = archive.status().unwrap().last_commit;
    assert!(archive.wait_caught_up(last, PATIENCE).unwrap());
    archive.close();
    last
}

/// Leaves numbers out, as taking over a damaged store does, and tells nobody.
fn leave_out(folder: &Path, last: Commit, numbers: u8) {
    let database = fjall::Database::builder(folder.join("store")).open().unwrap();
    let rows = database.keyspace("rows", fjall::KeyspaceCreateOptions::default).unwrap();
    let mut counters = rows.get(b"c").unwrap().unwrap().to_vec();
    assert_eq!(u64::from(counters[0]), last.0, "the first counter is the last commit");
    counters[0] += numbers;
    rows.insert(b"c", counters).unwrap();
    database.persist(fjall::PersistMode::SyncAll).unwrap();
}

fn until(is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn behind(archive: &Archive, topic: Topic) -> u64 {
    archive
        .engines()
        .events
        .lag()
        .unwrap()
        .iter()
        .filter(|lag| lag.topic == topic)
        .map(|lag| lag.behind)
        .sum()
}

/// Numbers that are left out, where who left them out was ended before he told anyone: no row of the outbox speaks of them.
#[test]
fn commits_that_nothing_was_said_of_do_not_hold_the_read_point_back() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("a");
    let last = three_commits(&folder);
    leave_out(&folder, last, 4);
    let archive = Archive::open(&folder, OpenOptions::default()).unwrap();
    let left_out = archive.status().unwrap().last_commit;
    assert_eq!(left_out.0, last.0 + 4);
    assert!(archive.wait_caught_up(left_out, PATIENCE).unwrap(), "{:?}", archive.status().unwrap());
    commit(&archive, 9);
    let last = archive.status().unwrap().last_commit;
    assert!(archive.wait_caught_up(last, PATIENCE).unwrap());
    archive.close();
}

/// The same, where it was said and did not come to the end.
#[test]
fn commits_that_only_fusion_was_told_of_do_not_hold_the_read_point_back() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("a");
    let last = three_commits(&folder);
    leave_out(&folder, last, 4);
    let stages = vec![Stage::Relay, Stage::Fuse];
    let archive = Archive::open(&folder, OpenOptions { stages, ..OpenOptions::default() }).unwrap();
    until(|| behind(&archive, Topic::Fused) > 0);
    archive.engines().events.skip(Topic::Fused, "index").unwrap();
    archive.close();
    drop(archive);
    let archive = Archive::open(&folder, OpenOptions::default()).unwrap();
    let left_out = archive.status().unwrap().last_commit;
    assert!(archive.wait_caught_up(left_out, PATIENCE).unwrap(), "{:?}", archive.status().unwrap());
    archive.close();
}

/// A rebuild tells of all commits at its beginning; what the relay carries then speaks of fewer.
#[test]
fn what_was_told_of_all_commits_is_not_taken_back_by_what_is_told_of_fewer() {
    let open = Open::new();
    commit(&open.archive, 1);
    open.catch_up();
    let last = open.archive.status().unwrap().last_commit;
    open.archive.pause(Stage::Relay);
    let relays =
        || open.archive.status().unwrap().workers.iter().any(|(name, h)| *name == "relay" && h.running);
    until(|| !relays());
    let all = Commit(last.0 + 5);
    for upto in [all, last] {
        let told = Event::Watermark { partition: None, upto };
        open.archive.engines().events.append(Topic::Committed, &[told]).unwrap();
        until(|| behind(&open.archive, Topic::Committed) == 0);
    }
    open.archive.resume(Stage::Relay);
    assert!(open.archive.wait_caught_up(all, PATIENCE).unwrap(), "{:?}", open.archive.status().unwrap());
}
