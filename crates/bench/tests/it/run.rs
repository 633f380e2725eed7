use rushes_archive::NoProgress;
use rushes_bench::limits::Sizes;
use rushes_bench::test_beds::Embedded;
use rushes_bench::{BenchOptions, ComparisonOptions, Spec, run, run_comparison};

/// The benchmark with tiny parameters: it runs, its answers stay the same, and it leaves nothing behind.
#[test]
fn a_small_benchmark_runs_twice_with_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let options = BenchOptions {
        spec: Spec { seed: 5, hours: 1, dimensions: 16 },
        ingest_hours: 1,
        queries: 3,
        sizes: Sizes { file_bytes: 1 << 20, memory_bytes: 1 << 20 },
        ..BenchOptions::new(folder.path())
    };
    let first = run(&options, &NoProgress).unwrap();
    let second = run(&options, &NoProgress).unwrap();
    assert_eq!(first.answers, second.answers, "{first}\n{second}");
    assert!(first.searches.iter().all(|s| s.count >= 3), "{first}");
    assert!(first.searches.iter().any(|s| s.moments > 0.0), "nothing was found\n{first}");
    assert!(first.rates.iter().all(|r| r.count > 0 && r.per_second > 0.0), "{first}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something was left behind");
}

/// Side by side with itself: both sides answer the same, and nothing is left.
#[test]
fn two_sides_do_the_same_work_and_answer_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let options = ComparisonOptions {
        spec: Spec { seed: 5, hours: 1, dimensions: 16 },
        queries: 3,
        events: 9_000,
        ..ComparisonOptions::new(folder.path())
    };
    let beside = run_comparison(&options, &Embedded, &NoProgress).unwrap();
    assert!(beside.same_answers && beside.searches.iter().all(|s| s.same != Some(false)), "{beside}");
    assert!(beside.steps.len() == 6 && beside.pairs > beside.annotations, "{beside}");
    assert!(beside.steps.iter().all(|s| s.engines.per_second > 0.0 && s.share.is_none()), "{beside}");
    assert!(beside.disk.iter().all(|d| d.embedded > Some(0) && d.engines > Some(0)), "{beside}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something was left behind");
}
