//! Several workers on one asset: they race, they die, they come late.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rushes_engine_cassandra::timeline::HaltPoint;
use rushes_testkit::timeline_suite::{annotation, update, watermark};
use rushes_timeline::{MemoryTimeline, TimelineEvent, TimelineStore, TimelineUpdate};
use rushes_types::*;

use crate::timeline::support;

fn id() -> AssetId {
    AssetId::new("a").unwrap()
}

fn all(store: &dyn TimelineStore) -> Vec<FusedAnnotation> {
    store.annotations(&id(), TimeRange::everything(), None, usize::MAX).unwrap()
}

fn labels(store: &dyn TimelineStore) -> Vec<String> {
    let mut labels: Vec<String> = all(store).into_iter().filter_map(|f| f.annotation.label).collect();
    labels.sort();
    labels
}

/// An update of asset `a` with words.
fn step(after: u64, upto: u64, names: &[&str], word_by: i64) -> TimelineUpdate {
    let rows: Vec<FusedAnnotation> =
        (0i64..).zip(names).map(|(n, name)| annotation("a", name, n, name)).collect();
    let mut new = update("a", after, upto, &rows);
    new.word_counts = vec![("joey".to_owned(), word_by)];
    new.annotation_count = word_by;
    new
}

fn joeys(store: &dyn TimelineStore) -> (u64, u64) {
    let counts = store.word_counts(&["joey".to_owned()]).unwrap();
    (counts.counts[0], counts.annotations)
}

fn told(store: &dyn TimelineStore) -> Vec<TimelineEvent> {
    store.outbox(0, 99).unwrap().into_iter().map(|row| row.row).collect()
}

#[test]
fn a_worker_that_dies_anywhere_is_followed_by_another_that_gives_the_same() {
    let Some(keyspace) = support::keyspace() else { return };
    let wanted = MemoryTimeline::new().unwrap();
    let first = step(0, 3, &["x", "y"], 2);
    let mut second = step(3, 8, &["x", "z"], 1);
    second.step.changes.push(Change::Erased(annotation("a", "y", 1, "y").fused_key()));
    for update in [&first, &second] {
        wanted.apply(std::slice::from_ref(update), &[]).unwrap();
    }
    for halt in [HaltPoint::Claimed, HaltPoint::Written, HaltPoint::Noted, HaltPoint::Completed] {
        for dies_at in [0, 1] {
            let store = keyspace.worker();
            store.clear().unwrap();
            for (n, good) in [&first, &second].into_iter().enumerate() {
                if n == dies_at {
                    // What the dead worker wrote is not quite the same: a step may end at another commit.
                    let mut bad = good.clone();
                    if halt != HaltPoint::Completed {
                        bad.step.changes.push(Change::Put(Box::new(annotation("a", "half", 5, "half"))));
                        bad.step.upto = Commit(good.step.upto.0 + 1);
                        bad.word_counts.push(("half".to_owned(), 1));
                    }
                    let dying = keyspace.worker();
                    dying.halt_at(Some(halt));
                    let died = dying.apply(&[bad], &[]).unwrap_err();
                    assert_eq!(died.kind(), ErrorKind::Cancelled);
                    let before = if halt == HaltPoint::Completed { good.step.upto } else { good.step.after };
                    assert_eq!(store.progress(&id()).unwrap(), before);
                }
                store.apply(std::slice::from_ref(good), &[]).unwrap();
            }
            if halt == HaltPoint::Completed && dies_at == 1 {
                // The relay finds what is left to do; no other worker runs.
                let rows = store.outbox(0, 9).unwrap();
                store.trim_outbox(rows.last().unwrap().sequence).unwrap();
                let since = Instant::now();
                while joeys(&store) != (3, 3) && since.elapsed() < Duration::from_secs(20) {
                    std::thread::sleep(Duration::from_millis(100));
                    assert!(told(&store).is_empty(), "what was carried is not told again");
                }
            } else {
                assert_eq!(told(&store), [TimelineEvent::Asset(id(), Commit(8))]);
            }
            assert_eq!(joeys(&store), (3, 3), "{halt:?} {dies_at}");
            assert_eq!(store.word_counts(&["half".to_owned()]).unwrap().counts, [0]);
            let digest = |s: &dyn TimelineStore| s.content_digest(&id()).unwrap();
            assert_eq!(digest(&store), digest(&wanted), "{halt:?} {dies_at}");
            store.purge().unwrap();
            assert_eq!(digest(&store), digest(&wanted), "nothing that counts was swept away");
            assert_eq!(rows_kept(&keyspace), 2, "and nothing else is left: {halt:?} {dies_at}");
            store.stop_relaying().unwrap();
        }
    }
}

/// Versions of annotations that the tables hold.
fn rows_kept(keyspace: &support::Keyspace) -> usize {
    let cql = format!("SELECT epoch FROM {}", keyspace.0.table("fused_annotations"));
    keyspace.0.block_on(keyspace.0.rows::<(i64,)>(&cql, ())).unwrap().len()
}

#[test]
fn two_workers_race_on_one_asset_and_every_update_counts_once() {
    let Some(keyspace) = support::keyspace() else { return };
    const STEPS: u64 = 12;
    let work = |n: u64| {
        let store = keyspace.worker();
        loop {
            let at = store.progress(&id()).unwrap().0;
            if at >= STEPS {
                return;
            }
            // Steps are cut anywhere: one worker takes one commit at a time, the other two.
            let upto = (at + 1 + n).min(STEPS);
            let names: Vec<String> = (at + 1..=upto).map(|c| format!("c{c}")).collect();
            let rows: Vec<FusedAnnotation> = (at + 1..=upto)
                .zip(&names)
                .map(|(c, name)| {
                    let mut row = annotation("a", name, c as i64, name);
                    row.validities = vec![Validity::from(Commit(c))];
                    row
                })
                .collect();
            let mut new = update("a", at, upto, &rows);
            new.word_counts = vec![("joey".to_owned(), rows.len() as i64)];
            new.annotation_count = rows.len() as i64;
            match store.apply(&[new], &[]) {
                Ok(()) => {}
                Err(e) if matches!(e.kind(), ErrorKind::Conflict | ErrorKind::Busy) => {}
                Err(e) => panic!("{e}"),
            }
        }
    };
    std::thread::scope(|scope| {
        for n in [0, 1] {
            scope.spawn(move || work(n));
        }
    });
    let store = keyspace.worker();
    assert_eq!(all(&store).len(), STEPS as usize);
    store.purge().unwrap();
    assert_eq!(joeys(&store), (STEPS, STEPS));
    assert_eq!(rows_kept(&keyspace), STEPS as usize);
}

#[test]
fn what_a_late_worker_writes_after_an_erasure_does_not_come_back() {
    let Some(keyspace) = support::keyspace() else { return };
    let (early, late) = (keyspace.worker(), keyspace.worker());
    early.apply(&[step(0, 2, &["x", "y"], 2)], &[]).unwrap();
    // The late worker has claimed and written, and sleeps.
    late.halt_at(Some(HaltPoint::Written));
    assert!(late.apply(&[step(2, 5, &["x", "late"], 1)], &[]).is_err());
    let mut erase = step(2, 7, &[], -1);
    erase.step.changes.push(Change::Erased(annotation("a", "x", 0, "x").fused_key()));
    early.apply(&[erase], &[]).unwrap();
    assert_eq!(labels(&early), ["y"]);
    // It wakes: its row comes after the deletion, with the timestamp of its epoch.
    let cql = format!(
        "INSERT INTO {} (asset, chunk, part, start_ns, key, epoch, body) VALUES ('a', 0, 1, 0, ?, 5, ?) USING TIMESTAMP 5",
        keyspace.0.table("fused_annotations")
    );
    let key = annotation("a", "x", 0, "x").fused_key().key.to_bytes().to_vec();
    keyspace.0.block_on(keyspace.0.write(&cql, (key, vec![1u8]))).unwrap();
    assert_eq!(labels(&early), ["y"]);
    early.apply(&[step(7, 9, &["w"], 1)], &[]).unwrap();
    assert_eq!(labels(&late), ["w", "y"]);
    // A lower commit loses, an old start is a conflict.
    late.halt_at(None);
    late.apply(&[step(2, 5, &["x"], 1)], &[]).unwrap();
    assert_eq!(late.apply(&[step(2, 12, &["x"], 1)], &[]).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(labels(&late), ["w", "y"]);
    assert_eq!(joeys(&late), (2, 2));
}

#[test]
fn a_reader_that_polls_while_updates_are_applied_never_sees_half() {
    let Some(keyspace) = support::keyspace() else { return };
    let writer = keyspace.worker();
    let names: Vec<String> = (0..60).map(|n| format!("n{n}")).collect();
    // Every update rewrites all rows, far apart, with one label.
    let whole = |commit: u64| {
        let label = commit.to_string();
        let rows: Vec<FusedAnnotation> = (0i64..)
            .zip(&names)
            .map(|(n, name)| annotation("a", name, n * 100_000_000_000, &label))
            .collect();
        let mut new = update("a", commit - 1, commit, &rows);
        let member = |f: &FusedAnnotation| {
            let key = f.fused_key();
            BucketMember { start_ns: key.start_ns, key: key.key, end_ns: commit as i64 }
        };
        let bucket = |no| Bucket {
            no: BucketNo(no),
            annotations: rows[..1].iter().map(member).collect(),
            intersections: Vec::new(),
            truncated: false,
        };
        new.step.buckets = (0..8).map(|n| bucket(n * 500)).collect();
        new
    };
    writer.apply(&[whole(1)], &[]).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for commit in 2..25 {
                writer.apply(&[whole(commit)], &[]).unwrap();
            }
            done.store(true, Ordering::Release);
        });
        let reader = keyspace.worker();
        let mut polls = 0;
        while !done.load(Ordering::Acquire) {
            let read = labels(&reader);
            assert_eq!(read.len(), names.len());
            assert!(read.iter().all(|label| *label == read[0]), "half of two updates: {read:?}");
            let buckets = reader.buckets(&id(), BucketNo(0), BucketNo(u64::MAX), usize::MAX).unwrap();
            let ends: Vec<i64> = buckets.iter().map(|b| b.annotations[0].end_ns).collect();
            assert!(ends.len() == 8 && ends.iter().all(|end| *end == ends[0]), "{ends:?}");
            let some: Vec<FusedKey> = whole(1)
                .step
                .changes
                .iter()
                .map(|c| match c {
                    Change::Put(f) => f.fused_key(),
                    Change::Erased(key) => *key,
                })
                .collect();
            let got = reader.get(&id(), &some).unwrap();
            let first = got[0].as_ref().unwrap().annotation.label.clone();
            assert!(got.iter().all(|f| f.as_ref().unwrap().annotation.label == first));
            polls += 1;
        }
        assert!(polls > 3, "the reader was there: {polls} polls");
    });
}

#[test]
fn one_process_at_a_time_relays_and_a_watermark_comes_behind_what_it_covers() {
    let Some(keyspace) = support::keyspace() else { return };
    let (one, other) = (keyspace.worker(), keyspace.worker());
    one.apply(&[step(0, 2, &["x"], 1)], &[watermark(2), Watermark { partition: 3, upto: Commit(9) }])
        .unwrap();
    let rows = told(&one);
    assert_eq!(rows[0], TimelineEvent::Asset(id(), Commit(2)));
    assert_eq!(rows.len(), 3);
    assert!(told(&other).is_empty(), "the other does not relay");
    // A worker died after its note: the update before it must still be told, and the watermark behind it.
    other.halt_at(Some(HaltPoint::Noted));
    assert!(other.apply(&[step(2, 6, &["y"], 1)], &[]).is_err());
    one.stop_relaying().unwrap();
    assert_eq!(told(&other)[0], TimelineEvent::Asset(id(), Commit(2)));
    let last = other.outbox(0, 99).unwrap().last().unwrap().sequence;
    other.trim_outbox(last).unwrap();
    assert!(told(&other).is_empty());
    one.apply(&[step(2, 6, &["y"], 1)], &[watermark(6)]).unwrap();
    assert_eq!(told(&other), [TimelineEvent::Asset(id(), Commit(6)), TimelineEvent::Watermark(watermark(6))]);
    // A relay that falls silent is followed by another.
    drop(other);
    let since = Instant::now();
    while told(&one).is_empty() && since.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(told(&one)[0], TimelineEvent::Asset(id(), Commit(6)));
}
