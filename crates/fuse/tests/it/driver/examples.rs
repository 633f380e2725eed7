//! Single laws, by example.

use std::time::Instant;

use rushes_fuse::driver::{Options, fuse_asset};
use rushes_timeline::{MemoryTimeline, TimelineStore};
use rushes_types::*;

use super::counting::Counting;
use super::fake::{Fake, Plain, annotation, asset_id};

const S: i64 = NS_PER_SECOND;

fn fuse(fake: &Fake, store: &dyn TimelineStore) {
    fuse_asset(fake, store, &asset_id(), Options::new(&Plain)).unwrap();
}

#[test]
fn joey_touches_seven_buckets_and_meets_the_kitchen_from_4_to_8() {
    let mut fake = Fake::new();
    let joey = annotation("faces@1", "-", "j", 2 * S, 8 * S, "Joey");
    let kitchen = annotation("places@1", "-", "k", 4 * S, 9 * S, "kitchen");
    fake.segment("faces@1", "-", RunMode::Append, None, vec![joey]);
    fake.segment("places@1", "-", RunMode::Append, None, vec![kitchen]);
    let store = MemoryTimeline::new().unwrap();
    fuse(&fake, &store);
    let buckets = store.buckets(&asset_id(), BucketNo(0), BucketNo(99), 99).unwrap();
    let met = |b: &Bucket| -> Vec<(i64, i64)> {
        b.intersections.iter().map(|i| (i.start_ns / S, i.end_ns / S)).collect()
    };
    let shown: Vec<_> = buckets.iter().map(|b| (b.no.0, b.annotations.len(), met(b))).collect();
    assert_eq!(
        shown,
        [
            (2, 1, vec![]),
            (3, 1, vec![]),
            (4, 2, vec![(4, 5)]),
            (5, 2, vec![(5, 6)]),
            (6, 2, vec![(6, 7)]),
            (7, 2, vec![(7, 8)]),
            (8, 2, vec![]),
            (9, 1, vec![]),
        ]
    );
}

#[test]
fn a_small_change_reads_and_writes_a_small_number_of_rows() {
    let mut fake = Fake::new();
    let long: Vec<Annotation> =
        (0..3000).map(|n| annotation("faces@1", "r1", &n.to_string(), n * S, (n + 3) * S, "x")).collect();
    fake.segment("faces@1", "r1", RunMode::Replace, None, long);
    let store = Counting::new();
    fuse(&fake, &store);
    let before = store.rows();
    let coverage = TimeRange::new(1000 * S, 1010 * S).unwrap();
    let new = vec![annotation("faces@2", "r2", "n", 1001 * S, 1002 * S, "y")];
    fake.segment("faces@2", "r2", RunMode::Replace, Some(coverage), new);
    fuse(&fake, &store);
    let after = store.rows();
    assert!(after.0 - before.0 < 60, "{} rows read", after.0 - before.0);
    assert!(after.1 - before.1 < 60, "{} rows written", after.1 - before.1);
}

#[test]
fn ten_thousand_annotations_in_one_second_are_bounded_work() {
    let mut fake = Fake::new();
    let crowd: Vec<Annotation> = (0..10_000)
        .map(|n| annotation("faces@1", "r1", &n.to_string(), n * 50_000, n * 50_000 + S / 2, "x"))
        .collect();
    fake.segment("faces@1", "r1", RunMode::Replace, None, crowd);
    let store = Counting::new();
    fuse(&fake, &store);
    let (read, written) = store.rows();
    assert!(read + written < 30_000, "{read} rows read, {written} written");
    let buckets = store.buckets(&asset_id(), BucketNo(0), BucketNo(9), 9).unwrap();
    assert!(buckets[0].truncated && buckets[0].annotations.len() == 10_000);
}

/// `cargo test --release -p rushes-fuse --test it -- --ignored --nocapture an_hour`
#[test]
#[ignore = "a measurement"]
fn an_hour_with_twenty_annotations_a_second() {
    let members: Vec<BucketMember> = (0..72_000i64)
        .map(|n| {
            let start_ns = n * S / 20;
            let key = AnnotationKey(u128::from(n.unsigned_abs()).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c));
            BucketMember { start_ns, key, end_ns: start_ns + 5 * S + (n * 7919) % (25 * S / 1000) * 1000 }
        })
        .collect();
    let since = Instant::now();
    let buckets = rushes_fuse::rebucket(S, &members, &[], &[]);
    let mut bytes = Vec::new();
    let (mut pairs, mut total) = (0, 0);
    for bucket in &buckets {
        bytes.clear();
        rushes_wire::codec::encode_bucket(bucket, &mut bytes);
        pairs += bucket.annotations.len();
        total += bytes.len();
    }
    let took = since.elapsed().as_secs_f64();
    println!("{pairs} pairs, {total} bytes, {took:.3} s: {:.2} M pairs/s", pairs as f64 / took / 1e6);
    let mut fake = Fake::new();
    let annotations = members
        .iter()
        .enumerate()
        .map(|(n, m)| annotation("faces@1", "r1", &n.to_string(), m.start_ns, m.end_ns, "Joey Tribbiani"))
        .collect();
    fake.segment("faces@1", "r1", RunMode::Replace, None, annotations);
    let folder = tempfile::tempdir().unwrap();
    let store = rushes_timeline::EmbeddedTimeline::open(folder.path()).unwrap();
    let since = Instant::now();
    fuse(&fake, &store);
    let took = since.elapsed().as_secs_f64();
    println!("lines to disk, whole: {took:.3} s: {:.2} M pairs/s", pairs as f64 / took / 1e6);
}
