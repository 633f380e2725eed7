//! Writes and fsyncs that fail, crashes at any moment, and fsyncs that are shared.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rushes_kv::{FaultPoint, Faults};
use rushes_store::prelude::*;
use rushes_store::{AppendMode, EmbeddedStore, StoreOptions};
use rushes_testkit::store_suite::{asset, current, history, lines, run_id, spec};
use rushes_types::{ErrorKind, Result, RunMode};

/// Fails the `n`-th call of a kind, counting from 0, and every later one.
pub fn fail_from(point: FaultPoint, n: u64, kind: std::io::ErrorKind) -> Faults {
    let calls = AtomicU64::new(0);
    Arc::new(move |at| {
        if at == point && calls.fetch_add(1, Ordering::SeqCst) >= n {
            return Err(std::io::Error::from(kind));
        }
        Ok(())
    })
}

pub fn open(path: &Path, faults: Option<Faults>) -> EmbeddedStore {
    EmbeddedStore::open(path, StoreOptions { faults, ..StoreOptions::default() }).unwrap()
}

/// What a crash leaves: the files as they are, while the process still runs. Journals are mostly a hole.
pub fn copy_as_after_a_crash(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_as_after_a_crash(&entry.path(), &target);
        } else {
            let bytes = std::fs::read(entry.path()).unwrap();
            let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
            std::fs::write(&target, &bytes[..end]).unwrap();
            std::fs::File::options().write(true).open(&target).unwrap().set_len(bytes.len() as u64).unwrap();
        }
    }
}

/// The steps of a small scenario, in order.
type Operation = fn(&EmbeddedStore) -> Result<()>;

const STEPS: [Operation; 8] = [
    |s| s.put_assets(&[asset("a"), asset("b")]).map(drop),
    |s| {
        s.append_loose(
            &[lines("a", "m@1", &[("1", 0, "x")]), lines("b", "m@1", &[("1", 0, "x")])],
            AppendMode::Partial,
        )
        .map(drop)
    },
    |s| s.open_run(&spec("r", "a", "m@1", RunMode::Replace, None)).map(drop),
    |s| {
        s.append(&run_id("r"), &[lines("a", "m@1", &[("2", 0, "y"), ("3", 1, "y")])], AppendMode::Partial)
            .map(drop)
    },
    |s| s.append(&run_id("r"), &[lines("a", "m@1", &[("4", 0, "y")])], AppendMode::Partial).map(drop),
    |s| s.commit_run(&run_id("r")).map(drop),
    |s| s.append_loose(&[lines("a", "m@1", &[("5", 9, "z")])], AppendMode::Partial).map(drop),
    |s| s.erase(&rushes_store::EraseTarget::Run(run_id("r"))).map(drop),
];

type StoreState = (Vec<rushes_types::Run>, [Vec<rushes_store::CommitRecord>; 2], usize, u64, u64);

fn see(store: &dyn AnnotationStore) -> StoreState {
    let counts = store.counts().unwrap();
    (
        store.runs(None, None, 10).unwrap(),
        ["a", "b"].map(|on| history(store, on)),
        current(store, "a").len() + current(store, "b").len(),
        counts.annotations,
        store.outbox(0, 100).unwrap().rows.last().map_or(0, |row| row.commit.0),
    )
}

/// What a store shows after each number of steps.
fn expected() -> Vec<StoreState> {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), None);
    let mut seen = vec![see(&store)];
    for step in STEPS {
        step(&store).unwrap();
        seen.push(see(&store));
    }
    seen
}

#[test]
fn whatever_write_or_fsync_fails_what_was_acknowledged_is_there_and_nothing_is_torn() {
    let expected = expected();
    for point in [FaultPoint::Write, FaultPoint::Sync] {
        for n in 0..=STEPS.len() as u64 + 2 {
            let folder = tempfile::tempdir().unwrap();
            let crashed = tempfile::tempdir().unwrap();
            let store = open(folder.path(), Some(fail_from(point, n, std::io::ErrorKind::Other)));
            let done = STEPS.iter().take_while(|step| step(&store).is_ok()).count();
            if done < STEPS.len() {
                let refused = store.put_assets(&[asset("late")]).unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::Storage);
                assert!(refused.message().contains("open the archive again"), "{refused}");
                // The failed step may show in what is not committed, but not as a commit.
                assert_eq!(store.last_commit().unwrap().0, expected[done].4);
                assert_eq!(
                    store.outbox(0, 100).unwrap().rows.last().map_or(0, |r| r.commit.0),
                    expected[done].4
                );
            }
            copy_as_after_a_crash(folder.path(), crashed.path());
            drop(store);
            for path in [folder.path(), crashed.path()] {
                let store = open(path, None);
                let seen = see(&store);
                let whole = seen == expected[done] || expected.get(done + 1) == Some(&seen);
                assert!(whole, "{point:?} {n}: after {done} steps there is {seen:?}");
                // Sending all of it again ends where it would have ended, but for what was erased since.
                for step in STEPS.iter().skip(done) {
                    step(&store).unwrap();
                }
                assert_eq!(see(&store), expected[STEPS.len()], "{point:?} {n}");
            }
        }
    }
}

#[test]
fn a_journal_cut_anywhere_leaves_whole_steps() {
    let expected = expected();
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), None);
    let before = used(&folder.path().join("0.jnl"));
    for step in STEPS {
        step(&store).unwrap();
    }
    let journal = std::fs::read(folder.path().join("0.jnl")).unwrap();
    let end = used(&folder.path().join("0.jnl"));
    let mut last = 0;
    for cut in (before..end).step_by(((end - before) / 40).max(1)).chain([journal.len()]) {
        let crashed = tempfile::tempdir().unwrap();
        copy_as_after_a_crash(folder.path(), crashed.path());
        std::fs::write(crashed.path().join("0.jnl"), &journal[..cut]).unwrap();
        let reopened = open(crashed.path(), None);
        let seen = see(&reopened);
        let at = expected.iter().rposition(|e| *e == seen);
        // The sweep after the last step is no step of its own.
        let at = at.unwrap_or_else(|| panic!("cut at {cut}: torn: {seen:?}"));
        assert!(at >= last, "a longer journal holds no less");
        last = at;
    }
    assert_eq!(last, STEPS.len());
}

fn used(journal: &Path) -> usize {
    let bytes = std::fs::read(journal).unwrap();
    bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1)
}

#[test]
fn a_full_disk_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let full = fail_from(FaultPoint::Write, 1, std::io::ErrorKind::StorageFull);
    let store = open(folder.path(), Some(full));
    store.put_assets(&[asset("a")]).unwrap();
    assert_eq!(store.put_assets(&[asset("b")]).unwrap_err().kind(), ErrorKind::StorageFull);
    let later = store.put_assets(&[asset("b")]).unwrap_err();
    assert_eq!(later.kind(), ErrorKind::StorageFull);
    assert!(later.message().contains("make room"), "{later}");
    assert!(store.asset(&asset("a").id).unwrap().is_some(), "reads go on");
}

#[test]
fn concurrent_requests_share_fsyncs() {
    const THREADS: usize = 8;
    const REQUESTS: usize = 20;
    let folder = tempfile::tempdir().unwrap();
    // A slow disk: what comes while it syncs must be gathered by the next sync.
    let slow: Faults = Arc::new(|point| {
        if point == FaultPoint::Sync {
            std::thread::sleep(std::time::Duration::from_millis(3));
        }
        Ok(())
    });
    let store = open(folder.path(), Some(slow));
    store.put_assets(&[asset("a")]).unwrap();
    let before = store.fsyncs();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let store = &store;
            scope.spawn(move || {
                for n in 0..REQUESTS {
                    let id = format!("{thread}-{n}");
                    store.append_loose(&[lines("a", "m@1", &[(&id, 0, "x")])], AppendMode::Partial).unwrap();
                }
            });
        }
    });
    let fsyncs = store.fsyncs() - before;
    assert!(fsyncs <= (THREADS * REQUESTS / 2) as u64, "{fsyncs} fsyncs for {} requests", THREADS * REQUESTS);
    assert_eq!(current(&store, "a").len(), THREADS * REQUESTS);
}

#[test]
fn a_store_of_another_format_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let layout = rushes_kv::Layout { what: "a later store", format: 99, tables: &[], cache_bytes: 1 << 20 };
    drop(rushes_kv::Folder::open(folder.path(), layout, None).unwrap());
    let error = EmbeddedStore::open(folder.path(), StoreOptions::default()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("`99`") && error.message().contains("`1`"), "{error}");
}
