//! What many annotations do to partitions, and how fast they come in. Prints; run it with
//! `cargo test --release -p rushes-engine-cassandra -- --ignored --nocapture scale`.
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "it prints what it measures")]

use std::borrow::Cow;
use std::time::Instant;

use rushes_engine_cassandra::client::Cluster;
use rushes_engine_cassandra::store::CassandraStore;
use rushes_store::prelude::*;
use rushes_store::{AppendMode, BlockFormat, BlockInput};
use rushes_testkit::store_suite::{asset, asset_id, model, run_id, spec};
use rushes_types::{AnnotationHeader, AnnotationId, Commit, RunMode};

use crate::store::support;

/// Lines as models write them, about 230 bytes each, numbered from `from`.
fn request(on: &str, by: &str, from: u64, count: u64) -> BlockInput<'static> {
    let mut bytes = String::new();
    let mut rows = Vec::new();
    for (position, n) in (0..).zip(from..from + count) {
        let start = n * 40_000_000;
        let id = format!("{by}-{n:08}");
        bytes.push_str(&format!(
            "{{\"asset_id\":\"{on}\",\"model\":\"{by}\",\"type\":\"OBJECT_SEARCH\",\"annotation_id\":\"{id}\",\
             \"time_range\":{{\"start_time_ns\":{start},\"end_time_ns\":{}}},\"label\":\"thing {}\",\
             \"confidence_score\":0.{:03}}}\n",
            start + 1_000_000_000,
            n % 997,
            n % 1_000
        ));
        let digest = u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        rows.push(AnnotationHeader {
            id: AnnotationId::new(&id).unwrap(),
            start_ns: start.cast_signed(),
            digest,
            position,
            source: u64::from(position) + 1,
        });
    }
    BlockInput {
        asset: asset_id(on),
        model: model(by),
        format: BlockFormat::Lines,
        rows: Cow::Owned(rows),
        bytes: Cow::Owned(bytes.into_bytes()),
    }
}

fn rate(what: &str, annotations: u64, bytes: usize, since: Instant) -> f64 {
    let seconds = since.elapsed().as_secs_f64();
    let rate = annotations as f64 / seconds;
    println!(
        "{what}: {annotations} annotations, {:.1} MB in {seconds:.2} s: {rate:.0}/s, {:.1} MB/s",
        bytes as f64 / 1e6,
        bytes as f64 / 1e6 / seconds
    );
    rate
}

/// Largest partition of each table, in rows and bytes of content; one partition at a time, since a page of blocks is large.
fn partitions(store: &CassandraStore, on: &str) {
    let cluster = store.cluster();
    for (table, piece) in [("blocks", true), ("ids", true), ("history", false)] {
        let key = if piece { "piece, chunk" } else { "chunk" };
        let cql = format!("SELECT DISTINCT asset, {key} FROM {table}");
        let (column, filter) =
            if piece { ("data", "piece = ? AND chunk = ?") } else { ("value", "chunk = ?") };
        let of_one = format!("SELECT {column} FROM {table} WHERE asset = ? AND {filter}");
        let (mut count, mut largest) = (0, (0, 0));
        let mut weigh = |rows: Vec<(Option<Vec<u8>>,)>| {
            let bytes: usize = rows.iter().map(|(data,)| data.as_ref().map_or(0, Vec::len)).sum();
            count += 1;
            if bytes > largest.1 {
                largest = (rows.len(), bytes);
            }
        };
        cluster.block_on(async {
            if piece {
                for key in cluster.rows::<(String, i64, i32)>(&cql, ()).await.unwrap() {
                    weigh(cluster.rows(&of_one, key).await.unwrap());
                }
            } else {
                for key in cluster.rows::<(String, i64)>(&cql, ()).await.unwrap() {
                    weigh(cluster.rows(&of_one, key).await.unwrap());
                }
            }
        });
        println!("  {table}: {count} partitions, the largest {} rows, {} bytes", largest.0, largest.1);
    }
    let cql = "SELECT name, value FROM heads WHERE asset = ?";
    let rows = cluster.block_on(cluster.rows::<(Option<String>, Option<Vec<u8>>)>(cql, (on,))).unwrap();
    let size = |(name, value): &(Option<String>, Option<Vec<u8>>)| {
        name.as_ref().map_or(0, String::len) + value.as_ref().map_or(0, Vec::len)
    };
    println!("  heads of `{on}`: {} rows, {} bytes", rows.len(), rows.iter().map(size).sum::<usize>());
}

/// What the driver does at most: unlogged batches of the same bytes, as many at once, into one table.
fn bare(cluster: &Cluster, requests: &[BlockInput<'static>]) -> f64 {
    let make = "CREATE TABLE IF NOT EXISTS bare (p bigint, c int, data blob, PRIMARY KEY (p, c)) \
         WITH compression = {'enabled': false}";
    cluster.block_on(cluster.define(make)).unwrap();
    let since = Instant::now();
    let groups = (0_i64..).zip(requests).map(|(p, request)| {
        let rows = (0_i32..).zip(request.bytes.chunks(64 << 10));
        rows.map(|(c, data)| (p, c, data)).collect::<Vec<_>>()
    });
    let groups: Vec<Vec<_>> =
        groups.flat_map(|g| g.chunks(4).map(<[_]>::to_vec).collect::<Vec<_>>()).collect();
    cluster.block_on(cluster.write_groups("INSERT INTO bare (p, c, data) VALUES (?, ?, ?)", groups)).unwrap();
    let annotations = requests.iter().map(|r| r.rows.len() as u64).sum();
    rate("bare driver, unlogged batches", annotations, requests.iter().map(|r| r.bytes.len()).sum(), since)
}

#[test]
#[ignore = "measures; takes a minute"]
fn scale_write_path_beside_the_bare_driver() {
    let Some(fixture) = support::fixture() else { return };
    let store = fixture.own();
    let names: Vec<String> = (0..20).map(|n| format!("a{n}")).collect();
    let assets: Vec<_> = names.iter().map(|n| asset(n)).collect();
    store.put_assets(&assets).unwrap();
    let requests: Vec<_> = names.iter().map(|on| request(on, "m@1", 0, 20_000)).collect();
    let bytes = requests.iter().map(|r| r.bytes.len()).sum();
    let most = bare(store.cluster(), &requests);
    for threads in [1, 4] {
        let by = format!("loose{threads}@1");
        let requests: Vec<_> = names.iter().map(|on| request(on, &by, 0, 20_000)).collect();
        let since = Instant::now();
        std::thread::scope(|scope| {
            for part in requests.chunks(requests.len().div_ceil(threads)) {
                scope.spawn(move || {
                    for request in part {
                        store.append_loose(std::slice::from_ref(request), AppendMode::Partial).unwrap();
                    }
                });
            }
        });
        let loose = rate(&format!("append_loose, {threads} threads"), 400_000, bytes, since);
        println!("  {:.2} of the bare driver", loose / most);
        let by = format!("run{threads}@1");
        let requests: Vec<_> = names.iter().map(|on| request(on, &by, 0, 20_000)).collect();
        let since = Instant::now();
        std::thread::scope(|scope| {
            for part in requests.chunks(requests.len().div_ceil(threads)) {
                let by = by.as_str();
                scope.spawn(move || {
                    for request in part {
                        let run = format!("{by}-{}", request.asset);
                        store
                            .open_run(&spec(&run, request.asset.as_str(), by, RunMode::Replace, None))
                            .unwrap();
                        store
                            .append(&run_id(&run), std::slice::from_ref(request), AppendMode::Partial)
                            .unwrap();
                        store.commit_run(&run_id(&run)).unwrap();
                    }
                });
            }
        });
        let runs = rate(&format!("through runs, {threads} threads"), 400_000, bytes, since);
        println!("  {:.2} of the bare driver", runs / most);
    }
    let again = Instant::now();
    for request in &requests {
        let receipt = store.append_loose(std::slice::from_ref(request), AppendMode::Partial).unwrap();
        assert_eq!(receipt.accepted, 20_000);
        let receipt = store.append_loose(std::slice::from_ref(request), AppendMode::Partial).unwrap();
        assert_eq!(receipt.duplicates, 20_000);
    }
    rate("sent twice", 800_000, bytes * 2, again);
}

#[test]
#[ignore = "measures; takes minutes"]
fn scale_a_hot_asset_of_a_thousand_commits() {
    let Some(fixture) = support::fixture() else { return };
    let store = fixture.own();
    store.put_assets(&[asset("hot")]).unwrap();
    let since = Instant::now();
    for n in 0..1_000 {
        let receipt =
            store.append_loose(&[request("hot", "m@1", n * 100, 100)], AppendMode::Partial).unwrap();
        assert_eq!(receipt.accepted, 100);
        if n % 100 == 99 {
            println!("  after {} commits: {:.2} s", n + 1, since.elapsed().as_secs_f64());
            let rows = store.outbox(0, 10_000).unwrap().rows;
            store.trim_outbox(rows.last().unwrap().sequence).unwrap();
        }
    }
    rate("a hot asset, 100 a commit", 100_000, 0, since);
    partitions(store, "hot");
    let other = fixture.another();
    let since = Instant::now();
    let receipt = other.append_loose(&[request("hot", "m@1", 99_950, 100)], AppendMode::Partial).unwrap();
    assert_eq!((receipt.accepted, receipt.duplicates), (50, 50));
    println!(
        "  a process that comes new to it: {:.2} s for its first request",
        since.elapsed().as_secs_f64()
    );
    let since = Instant::now();
    assert_eq!(other.history(&asset_id("hot"), Commit::NONE, 10_000).unwrap().len(), 1_002);
    println!("  its history: {:.3} s", since.elapsed().as_secs_f64());
}

#[test]
#[ignore = "measures; takes minutes"]
fn scale_a_title_of_three_million_annotations() {
    let Some(fixture) = support::fixture() else { return };
    let store = fixture.own();
    store.put_assets(&[asset("big")]).unwrap();
    store.open_run(&spec("r", "big", "m@1", RunMode::Replace, None)).unwrap();
    let since = Instant::now();
    let mut bytes = 0;
    for n in 0..150 {
        let request = request("big", "m@1", n * 20_000, 20_000);
        bytes += request.bytes.len();
        assert_eq!(store.append(&run_id("r"), &[request], AppendMode::Partial).unwrap().accepted, 20_000);
    }
    store.commit_run(&run_id("r")).unwrap();
    rate("a title of three million", 3_000_000, bytes, since);
    partitions(store, "big");
    let since = Instant::now();
    let segment = rushes_testkit::store_suite::segment_of(&**store, "big", "r").unwrap();
    let mut read = 0;
    store
        .blocks(&asset_id("big"), segment.id, &mut |block| {
            read += block.positions.len();
            Ok(())
        })
        .unwrap();
    assert_eq!(read, 3_000_000);
    println!("  read back in {:.2} s", since.elapsed().as_secs_f64());
}
