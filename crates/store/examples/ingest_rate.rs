//! How many annotations a second the store takes, durable and deduplicated.
//!
//! `cargo run --release -p rushes-store --example ingest_rate -- [FOLDER] [ANNOTATIONS] [ROWS] [THREADS] [MODE]`
//! with lines of about 300 bytes; the mode is `loose` (requests go round 200 assets), `run` (one run an asset)
//! or `again` (each request is sent twice).
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Instant;

use rushes_store::prelude::*;
use rushes_store::{AppendMode, BlockFormat, BlockInput, EmbeddedStore, RunSpec, StoreOptions};
use rushes_types::{AnnotationHeader, AnnotationId, Asset, AssetId, ModelRef, MovieId, RunMode};

const ASSETS: u64 = 200;

fn number<T: std::str::FromStr>(place: usize, default: T) -> T {
    std::env::args().nth(place).and_then(|a| a.parse().ok()).unwrap_or(default)
}

fn asset(n: u64) -> AssetId {
    AssetId::new(&format!("asset-{n:04}")).unwrap()
}

/// A request of unique annotations.
fn request(n: u64, rows: u64) -> BlockInput<'static> {
    let mut bytes = Vec::new();
    let mut kept = Vec::new();
    for row in 0..rows {
        let serial = n * rows + row;
        let mut noise = serial.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut vector = String::new();
        for _ in 0..12 {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            vector.push_str(&format!("0.{:05},", noise % 100_000));
        }
        let id = format!("{noise:016x}-{serial:08}");
        let line = format!(
            "{{\"asset_id\":\"asset\",\"model\":\"faces@3\",\"annotation_id\":\"{id}\",\"type\":\"CHARACTER_SEARCH\",\
             \"time_range\":{{\"start_time_ns\":{},\"end_time_ns\":{}}},\"label\":\"Joey\",\"embedding_vector\":[{vector}0]}}\n",
            serial * 1_000_000,
            serial * 1_000_000 + 500_000_000,
        );
        bytes.extend_from_slice(line.as_bytes());
        kept.push(AnnotationHeader {
            id: AnnotationId::new(&id).unwrap(),
            start_ns: i64::try_from(serial * 1_000_000).unwrap(),
            digest: u128::from(noise) << 64 | u128::from(serial),
            position: u32::try_from(row).unwrap(),
            source: row + 1,
        });
    }
    BlockInput {
        asset: asset(n % ASSETS),
        model: ModelRef::parse("faces@3").unwrap(),
        format: BlockFormat::Lines,
        rows: Cow::Owned(kept),
        bytes: Cow::Owned(bytes),
    }
}

fn main() {
    let folder: String = number(1, "ingest-rate".to_owned());
    let (annotations, rows, threads): (u64, u64, u64) =
        (number(2, 2_000_000), number(3, 1_000), number(4, 2));
    let mode: String = number(5, "loose".to_owned());
    let store = EmbeddedStore::open(&PathBuf::from(&folder), StoreOptions::default()).unwrap();
    let movie = MovieId::new("movie").unwrap();
    let assets: Vec<Asset> = (0..ASSETS).map(|n| Asset::new(asset(n), movie.clone())).collect();
    store.put_assets(&assets).unwrap();
    let model = ModelRef::parse("faces@3").unwrap();
    let runs: Vec<_> = (0..if mode == "run" { ASSETS } else { 0 })
        .map(|n| {
            let mode = RunMode::Replace;
            store.open_run(&RunSpec { id: None, asset: asset(n), model: model.clone(), mode, coverage: None })
        })
        .collect::<Result<_, _>>()
        .unwrap();
    let (requests, fsyncs) = (annotations / rows, store.fsyncs());
    // Making the requests is not what is measured: each thread's own time in the store is.
    let in_store: Vec<(f64, f64)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|thread| {
                let (store, runs, mode) = (&store, &runs, &mode);
                scope.spawn(move || {
                    let (mut spent, mut slowest) = (0.0, 0.0f64);
                    for n in (thread..requests).step_by(usize::try_from(threads).unwrap()) {
                        let blocks = [request(n, rows)];
                        let begin = Instant::now();
                        let receipt = match runs.get(usize::try_from(n % ASSETS).unwrap()) {
                            Some(run) => store.append(&run.id, &blocks, AppendMode::Partial).unwrap(),
                            None => store.append_loose(&blocks, AppendMode::Partial).unwrap(),
                        };
                        assert_eq!(receipt.accepted, rows);
                        if mode == "again" {
                            assert_eq!(
                                store.append_loose(&blocks, AppendMode::Partial).unwrap().duplicates,
                                rows
                            );
                        }
                        let took = begin.elapsed().as_secs_f64();
                        spent += took;
                        slowest = slowest.max(took);
                    }
                    (spent, slowest)
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    for run in &runs {
        store.commit_run(&run.id).unwrap();
    }
    #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = annotations as f64 / (in_store.iter().map(|(spent, _)| spent).sum::<f64>() / threads as f64);
    let slowest = in_store.iter().map(|(_, slowest)| *slowest).fold(0.0, f64::max);
    println!(
        "{mode}: {annotations} annotations, {rows} a request, {threads} threads: {rate:.0} a second in the store; slowest \
         request {:.0} ms; {requests} requests, {} fsyncs; {} MB on disk",
        slowest * 1e3,
        store.fsyncs() - fsyncs,
        store.counts().unwrap().bytes >> 20
    );
}
