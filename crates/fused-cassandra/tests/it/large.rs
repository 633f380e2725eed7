//! Much at one place.

use std::time::Instant;

use rushes_fused::{FusedStore, FusedUpdate, MemoryFused};
use rushes_testkit::fused_suite::{annotation, update};
use rushes_types::*;

use crate::support::{self, Keyspace};

/// Annotations of a run on asset `a`, `each` a second, without vectors.
fn run(commit: u64, many: i64, each: i64) -> FusedUpdate {
    let rows: Vec<FusedAnnotation> = (0..many)
        .map(|n| {
            let start = n / each * 1_000_000_000 + n % each * (1_000_000_000 / each);
            let mut row = annotation("a", &format!("r{commit}-{n}"), start, "joey in the kitchen");
            row.annotation.run = RunId::new(&format!("run-{commit}")).unwrap();
            row.annotation.vector = None;
            row.lifetimes = vec![Lifetime::from(Commit(commit))];
            row
        })
        .collect();
    update("a", commit - 1, commit, &rows)
}

fn id() -> AssetId {
    AssetId::new("a").unwrap()
}

/// Annotations in each partition, largest first.
fn partitions(keyspace: &Keyspace) -> Vec<usize> {
    let table = keyspace.0.table("fused_annotations");
    let places = format!("SELECT DISTINCT asset, chunk, part FROM {table}");
    let count = format!("SELECT COUNT(*) FROM {table} WHERE asset = ? AND chunk = ? AND part = ?");
    let places = keyspace.0.block_on(keyspace.0.rows::<(String, i64, i32)>(&places, ())).unwrap();
    let counts = keyspace.0.block_on(keyspace.0.rows_of_each::<(i64,), _>(&count, places)).unwrap();
    let mut counts: Vec<usize> = counts.iter().flatten().map(|(n,)| *n as usize).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts
}

#[test]
fn a_hot_second_is_spread_over_partitions_and_read_in_order() {
    let Some((store, keyspace)) = support::fresh() else { return };
    let wanted = MemoryFused::new().unwrap();
    const MANY: i64 = 40_000;
    for commit in [1, 2] {
        let step = run(commit, MANY / 2, MANY);
        store.apply(std::slice::from_ref(&step), &[]).unwrap();
        wanted.apply(&[step], &[]).unwrap();
    }
    // Some of each level change and are erased: versions of one key may lie in different partitions.
    let mut last = update("a", 2, 3, &[]);
    for commit in [1, 2] {
        for (n, change) in run(commit, MANY / 2, MANY).changes.into_iter().enumerate().take(3_000) {
            let Change::Put(mut row) = change else { continue };
            last.changes.push(if n % 3 == 0 {
                Change::Erased(row.fused_key())
            } else {
                row.lifetimes[0].died = Commit(3);
                Change::Put(row)
            });
        }
    }
    store.apply(std::slice::from_ref(&last), &[]).unwrap();
    wanted.apply(&[last], &[]).unwrap();
    assert_eq!(store.content_digest(&id()).unwrap(), wanted.content_digest(&id()).unwrap());
    let mut after = None;
    let mut pages = Vec::new();
    loop {
        let page = store.annotations(&id(), TimeRange::everything(), after, 9_000).unwrap();
        after = page.last().map(FusedAnnotation::fused_key);
        let is_last = page.len() < 9_000;
        pages.extend(page);
        if is_last {
            break;
        }
    }
    let all = wanted.annotations(&id(), TimeRange::everything(), None, usize::MAX).unwrap();
    assert!(pages == all, "the pages are not those of the store in memory");
    let changed = |s: &dyn FusedStore| {
        let mut changes = Vec::new();
        s.changes(&id(), Commit(2), &mut |change| {
            changes.push(change);
            Ok(())
        })
        .unwrap();
        changes
    };
    assert!(changed(&store) == changed(&wanted));
    let counts = partitions(&keyspace);
    assert!(counts.len() > 2 && counts[0] <= 33_000, "{counts:?}");
    assert_eq!(counts.iter().sum::<usize>(), all.len(), "no version is left that does not count");
}

#[test]
fn a_worker_that_writes_for_long_gives_signs_and_is_waited_for() {
    // Few requests at once: the signs must not wait behind those of the work itself.
    let Some(keyspace) = support::narrow(2) else { return };
    let (slow, other) = (keyspace.worker(), keyspace.worker());
    let (long, short) = (run(1, 60_000, 100), run(1, 1, 1));
    let since = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| slow.apply(std::slice::from_ref(&long), &[]).unwrap());
        while since.elapsed().as_millis() < 300 {
            std::thread::yield_now();
        }
        other.apply(&[short], &[]).unwrap();
    });
    let all = other.annotations(&id(), TimeRange::everything(), None, usize::MAX).unwrap();
    assert_eq!(all.len(), 60_000, "the first came first, and the other changed nothing");
}

#[test]
#[ignore = "prints how fast updates are applied beside what the driver does with the same rows"]
#[allow(clippy::print_stderr, reason = "it is there to print")]
fn how_fast_updates_are_applied() {
    let Some((store, keyspace)) = support::fresh() else { return };
    for (many, each) in [(3_000_i64, 2_i64), (100_000, 100_000), (200_000, 100)] {
        store.clear().unwrap();
        let mut step = run(1, many, each);
        let seconds = many / each;
        let pairs = many;
        step.word_counts = (0..2_000).map(|n| (format!("word{n}"), 1)).collect();
        step.annotation_count = many;
        let mut rows = step.changes.iter().filter_map(|c| match c {
            Change::Put(f) => Some(f.fused_key()),
            Change::Erased(_) => None,
        });
        let per = usize::try_from(each).unwrap();
        for second in 0..seconds.max(1) {
            let annotations = rows.by_ref().take(per).map(|k| BucketMember {
                start_ns: k.start_ns,
                key: k.key,
                end_ns: k.start_ns + 5,
            });
            step.buckets.push(Bucket {
                no: BucketNo(second.unsigned_abs()),
                annotations: annotations.collect(),
                intersections: Vec::new(),
                truncated: false,
            });
        }
        drop(rows);
        let since = Instant::now();
        store.apply(std::slice::from_ref(&step), &[]).unwrap();
        let ours = since.elapsed().as_secs_f64();
        let bare = bare(&keyspace, &step);
        let since = Instant::now();
        store.content_digest(&id()).unwrap();
        let read = since.elapsed().as_secs_f64();
        let mut next = run(2, many, each);
        next.word_counts = step.word_counts.clone();
        let since = Instant::now();
        store.apply(&[next], &[]).unwrap();
        let more = since.elapsed().as_secs_f64();
        let largest = partitions(&keyspace)[0];
        let rate = |s: f64| many as f64 / s;
        eprintln!(
            "{many} annotations, {each} a second: {:.0} annotations/s and {:.0} pairs/s in {ours:.2} s; the driver alone \
             {:.0}/s ({:.2} of it); a second update {:.0}/s; read {:.0}/s; largest partition {largest}",
            rate(ours),
            pairs as f64 / ours,
            rate(bare),
            bare / ours,
            rate(more),
            rate(read),
        );
    }
}

/// The same rows by the driver alone, into tables of the same shape: unlogged batches, as many under way.
fn bare(keyspace: &Keyspace, step: &FusedUpdate) -> f64 {
    let cluster = &keyspace.0;
    let define = |cql: &str| cluster.block_on(cluster.define(cql)).unwrap();
    let (rows, buckets) = (cluster.table("bare_rows"), cluster.table("bare_buckets"));
    define(&format!(
        "CREATE TABLE IF NOT EXISTS {rows} (asset text, chunk bigint, part int, start_ns bigint, key blob,
        epoch bigint, body blob, PRIMARY KEY ((asset, chunk, part), start_ns, key, epoch))"
    ));
    define(&format!(
        "CREATE TABLE IF NOT EXISTS {buckets} (asset text, chunk bigint, no bigint, body blob,
        PRIMARY KEY ((asset, chunk), no))"
    ));
    let put = format!(
        "INSERT INTO {rows} (asset, chunk, part, start_ns, key, epoch, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
    );
    let put_bucket = format!("INSERT INTO {buckets} (asset, chunk, no, body) VALUES (?, ?, ?, ?)");
    let mut encoded: Vec<(i64, i64, Vec<u8>, Vec<u8>)> = Vec::new();
    for change in &step.changes {
        let Change::Put(f) = change else { continue };
        let mut body = Vec::new();
        rushes_wire::codec::encode_annotation(f, &mut body);
        let key = f.fused_key();
        encoded.push((key.start_ns / 512_000_000_000, key.start_ns, key.key.to_bytes().to_vec(), body));
    }
    let bucket = |b: &Bucket| {
        let mut body = Vec::new();
        rushes_wire::codec::encode_bucket(b, &mut body);
        ("a", (b.no.0 / 512).cast_signed(), b.no.0.cast_signed(), body)
    };
    let encoded_buckets: Vec<_> = step.buckets.iter().map(bucket).collect();
    let since = Instant::now();
    let groups = encoded.chunk_by(|a, b| a.0 == b.0).flat_map(|same| same.chunks(128)).map(|group| {
        group.iter().map(|(chunk, start, key, body)| ("a", *chunk, 1i32, *start, key, 1i64, body)).collect()
    });
    cluster.block_on(cluster.write_groups(&put, groups)).unwrap();
    cluster.block_on(cluster.write_many(&put_bucket, &encoded_buckets)).unwrap();
    let took = since.elapsed().as_secs_f64();
    define(&format!("TRUNCATE TABLE {rows}"));
    define(&format!("TRUNCATE TABLE {buckets}"));
    took
}

#[test]
#[ignore = "prints the partitions of a title of three million annotations; takes minutes and 4 GB"]
#[allow(clippy::print_stderr, reason = "it is there to print")]
fn a_title_of_three_million_annotations() {
    let Some((store, keyspace)) = support::fresh() else { return };
    let since = Instant::now();
    const MANY: i64 = 3_000_000;
    store.apply(&[run(1, MANY, MANY / 7_200)], &[]).unwrap();
    let applied = since.elapsed().as_secs_f64();
    let counts = partitions(&keyspace);
    let since = Instant::now();
    let mut read = 0;
    store
        .changes(&id(), Commit::NONE, &mut |_| {
            read += 1;
            Ok(())
        })
        .unwrap();
    eprintln!(
        "{MANY} annotations applied in {applied:.0} s, {} partitions of {} to {}, {read} read in {:.0} s",
        counts.len(),
        counts.last().unwrap(),
        counts[0],
        since.elapsed().as_secs_f64()
    );
}
