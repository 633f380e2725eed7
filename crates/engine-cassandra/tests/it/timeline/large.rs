//! Much at one place.

use std::time::Instant;

use rushes_testkit::timeline_suite::{annotation, update};
use rushes_timeline::{MemoryTimeline, TimelineStore, TimelineUpdate};
use rushes_types::*;

use rushes_engine_cassandra::timeline::TimelineOptions;

use crate::timeline::support::{self, Keyspace};

/// Annotations of a run on asset `a`, `each` a second, without vectors.
fn run(commit: u64, many: i64, each: i64) -> TimelineUpdate {
    let rows: Vec<FusedAnnotation> = (0..many)
        .map(|n| {
            let start = n / each * 1_000_000_000 + n % each * (1_000_000_000 / each);
            let mut row = annotation("a", &format!("r{commit}-{n}"), start, "joey in the kitchen");
            row.annotation.run = RunId::new(&format!("run-{commit}")).unwrap();
            row.annotation.vector = None;
            row.validities = vec![Validity::from(Commit(commit))];
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
    let wanted = MemoryTimeline::new().unwrap();
    const MANY: i64 = 40_000;
    for commit in [1, 2] {
        let step = run(commit, MANY / 2, MANY);
        store.apply(std::slice::from_ref(&step), &[]).unwrap();
        wanted.apply(&[step], &[]).unwrap();
    }
    // Some of each level change and are erased: versions of one key may lie in different partitions.
    let mut last = update("a", 2, 3, &[]);
    for commit in [1, 2] {
        for (n, change) in run(commit, MANY / 2, MANY).step.changes.into_iter().enumerate().take(3_000) {
            let Change::Put(mut row) = change else { continue };
            last.step.changes.push(if n % 3 == 0 {
                Change::Erased(row.fused_key())
            } else {
                row.validities[0].died = Commit(3);
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
    let changed = |s: &dyn TimelineStore| {
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
    // One request after the other: the work is long, and the signs must not wait behind its requests. A server that is busy
    // answers late, so the other waits for a sign as long as it does by default.
    let Some(keyspace) = support::narrow(1) else { return };
    let settings =
        || TimelineOptions { patience: TimelineOptions::default().patience, ..support::settings() };
    let [slow, other] = [(); 2].map(|()| keyspace.worker_with(settings()));
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

/// A first update with buckets and words, as fusion makes it.
fn whole(asset: &str, many: i64, each: i64) -> TimelineUpdate {
    let mut step = run(1, many, each);
    step.step.asset = AssetId::new(asset).unwrap();
    step.word_counts = (0..many.min(2_000)).map(|n| (format!("word{n}"), 1)).collect();
    step.annotation_count = many;
    let mut members = Vec::new();
    for change in &mut step.step.changes {
        let Change::Put(fused) = change else { continue };
        fused.annotation.asset = step.step.asset.clone();
        let key = fused.fused_key();
        members.push(BucketMember { start_ns: key.start_ns, key: key.key, end_ns: key.start_ns + 5 });
    }
    for (no, annotations) in (0..).zip(members.chunks(usize::try_from(each).unwrap())) {
        let (annotations, intersections) = (annotations.to_vec(), Vec::new());
        step.step.buckets.push(Bucket { no: BucketNo(no), annotations, intersections, truncated: false });
    }
    step
}

#[test]
#[ignore = "prints how fast updates are applied beside what the driver does with the same rows"]
#[allow(clippy::print_stderr, reason = "it is there to print")]
fn how_fast_updates_are_applied() {
    let Some((store, keyspace)) = support::fresh() else { return };
    // Assets in one call, annotations of each, and of each second.
    for (assets, many, each) in [(1, 3_000, 2), (40, 3_000, 2), (1, 100_000, 100_000), (1, 200_000, 100)] {
        store.clear().unwrap();
        let steps: Vec<TimelineUpdate> = (0..assets).map(|n| whole(&format!("a{n}"), many, each)).collect();
        let pairs = assets * many;
        let rows: usize =
            steps.iter().map(|s| s.step.changes.len() + s.step.buckets.len() + s.word_counts.len()).sum();
        let since = Instant::now();
        store.apply(&steps, &[]).unwrap();
        let ours = since.elapsed().as_secs_f64();
        let bare = bare(&keyspace, &steps);
        let since = Instant::now();
        for step in &steps {
            store.content_digest(&step.step.asset).unwrap();
        }
        let read = since.elapsed().as_secs_f64();
        eprintln!(
            "{assets} x {many} annotations, {each} a second: {:.0} pairs/s and {:.0} rows/s in {ours:.2} s; the driver alone \
             {:.0} rows/s: {:.2} of it; read {:.0}/s; largest partition {}",
            pairs as f64 / ours,
            rows as f64 / ours,
            rows as f64 / bare,
            bare / ours,
            pairs as f64 / read,
            partitions(&keyspace)[0],
        );
    }
}

/// Seconds that the same rows take by the driver alone, into tables of the same shape: unlogged batches, as many under
/// way at once.
fn bare(keyspace: &Keyspace, steps: &[TimelineUpdate]) -> f64 {
    let cluster = &keyspace.0;
    let define = |name: &str, columns: &str| {
        let table = cluster.table(name);
        cluster.block_on(cluster.define(&format!("CREATE TABLE IF NOT EXISTS {table} ({columns})"))).unwrap();
        table
    };
    let rows = define(
        "bare_rows",
        "asset text, chunk bigint, part int, start_ns bigint, key blob, epoch bigint, body blob,
         PRIMARY KEY ((asset, chunk, part), start_ns, key, epoch)",
    );
    let buckets = define(
        "bare_buckets",
        "asset text, chunk bigint, no bigint, body blob, PRIMARY KEY ((asset, chunk), no)",
    );
    let words = define(
        "bare_words",
        "bucket int, slice int, word text, asset text, n bigint, PRIMARY KEY ((bucket, slice), word, asset)",
    );
    let put = format!(
        "INSERT INTO {rows} (asset, chunk, part, start_ns, key, epoch, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
    );
    let put_bucket = format!("INSERT INTO {buckets} (asset, chunk, no, body) VALUES (?, ?, ?, ?)");
    let put_word = format!("INSERT INTO {words} (bucket, slice, word, asset, n) VALUES (?, ?, ?, ?, ?)");
    type Encoded<'a> = (&'a str, i64, i32, i64, Vec<u8>, i64, Vec<u8>);
    let mut encoded: Vec<Encoded<'_>> = Vec::new();
    let (mut encoded_buckets, mut encoded_words) = (Vec::new(), Vec::new());
    for (slice, step) in (0i32..).zip(steps) {
        let asset = step.step.asset.as_str();
        for change in &step.step.changes {
            let Change::Put(fused) = change else { continue };
            let mut body = Vec::new();
            rushes_wire::codec::encode_annotation(fused, &mut body);
            let (start, key) = (fused.annotation.range.start_ns(), fused.fused_key().key.to_bytes().to_vec());
            encoded.push((asset, start / 512_000_000_000, 1, start, key, 1, body));
        }
        for bucket in &step.step.buckets {
            let mut body = Vec::new();
            rushes_wire::codec::encode_bucket(bucket, &mut body);
            encoded_buckets.push((asset, (bucket.no.0 / 512).cast_signed(), bucket.no.0.cast_signed(), body));
        }
        let many = step.word_counts.len();
        let word = |n: usize| i32::try_from(n * 32 / many).unwrap();
        let some = step.word_counts.iter().enumerate();
        encoded_words.extend(some.map(|(n, (w, by))| (word(n), slice, w.as_str(), asset, *by)));
    }
    let since = Instant::now();
    let groups = encoded.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).flat_map(|same| same.chunks(128));
    cluster.block_on(cluster.write_groups(&put, groups.map(<[_]>::to_vec))).unwrap();
    let groups = encoded_buckets.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).flat_map(|same| same.chunks(128));
    cluster.block_on(cluster.write_groups(&put_bucket, groups.map(<[_]>::to_vec))).unwrap();
    let groups = encoded_words.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).map(<[_]>::to_vec);
    cluster.block_on(cluster.write_groups(&put_word, groups)).unwrap();
    let took = since.elapsed().as_secs_f64();
    for table in [rows, buckets, words] {
        cluster.block_on(cluster.define(&format!("TRUNCATE TABLE {table}"))).unwrap();
    }
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
