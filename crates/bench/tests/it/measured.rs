//! The benchmark on real engines, small: it does the same work on both, and leaves nothing behind.

use rushes_archive::NoProgress;
use rushes_bench::{ComparisonOptions, Spec, run_comparison};
use rushes_engines::Configured;
use rushes_testkit::servers;

/// The parts of an archive that can run elsewhere than in its folder, with the engine of each, and how many steps of the
/// benchmark each has.
const PARTS: [(&str, &str, usize); 4] = [
    ("store", "cassandra", 2),
    ("events", "kafka", 2),
    ("fused", "cassandra", 1),
    ("index", "elasticsearch", 1),
];

/// A configuration with every part elsewhere; `None` where a server is not named.
fn configured() -> Option<Configured> {
    let (node, server, url) = (servers::cassandra()?, servers::kafka()?, servers::elasticsearch()?);
    let parts: String = PARTS.map(|(part, engine, _)| format!("{part} = '{engine}'\n")).concat();
    let text = format!(
        "[engines]\n{parts}[cassandra]\nnodes = ['{node}']\n[elasticsearch]\nurls = ['{url}']\n[kafka]\n\
         servers = ['{server}']\npartitions = 3\nreplication = 1\nmin_insync = 1\n"
    );
    Some(Configured::read(&text.parse().unwrap(), &[]).unwrap())
}

#[test]
fn a_small_benchmark_finds_the_same_answers_on_real_engines() {
    let Some(configured) = configured() else { return };
    let folder = tempfile::tempdir().unwrap();
    let options = ComparisonOptions {
        spec: Spec { seed: 5, hours: 1, dimensions: 16 },
        queries: 2,
        events: 5_000,
        ..ComparisonOptions::new(folder.path().join("bench"))
    };
    let beside = run_comparison(&options, &configured, &NoProgress).unwrap();
    assert!(beside.same_answers && beside.searches.iter().all(|s| s.same != Some(false)), "{beside}");
    for step in &beside.steps {
        assert!(step.engines.per_second > 0.0 && step.share.is_none_or(|share| share > 0.0), "{beside}");
        assert!(step.ceiling.as_ref().is_none_or(|c| c.rows > 0 && c.bytes > 0), "{beside}");
    }
    let with_ceiling = beside.steps.iter().filter(|step| step.ceiling.is_some()).count();
    assert_eq!(with_ceiling, PARTS.iter().map(|(.., steps)| steps).sum::<usize>(), "{beside}");
}
