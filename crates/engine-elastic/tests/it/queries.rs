//! Answers, held to the naive reference and to the scenarios that editors can read.

use std::path::Path;

use rushes_engine_elastic::{ElasticConfig, ElasticIndex, ElasticOptions};
use rushes_index::Index;
use rushes_testkit::query_suite::{answers_as_the_naive_reference_does, run_query_laws};
use rushes_testkit::scenarios::{read_scenarios, run_scenarios};
use rushes_testkit::servers;

use crate::fixtures::prefix;

/// Gives a test a maker of empty indices, all the same one that is cleared each time; without a cluster, nothing.
fn with_elastic(test: impl FnOnce(&dyn Fn() -> Box<dyn Index>)) {
    let Some(url) = servers::elasticsearch() else { return };
    let config = ElasticConfig { prefix: prefix(), ..ElasticConfig::at(&url) };
    let open = || ElasticIndex::open(config.clone(), ElasticOptions::default()).unwrap();
    let dropped = DropIndices(open());
    test(&|| {
        let index = open();
        index.clear().unwrap();
        Box::new(index)
    });
    drop(dropped);
}

struct DropIndices(ElasticIndex);

impl Drop for DropIndices {
    fn drop(&mut self) {
        let _ = self.0.drop_indices();
    }
}

fn scenarios() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

#[test]
fn random_plans_are_answered_as_the_naive_reference_does() {
    let cases = std::env::var("RUSHES_CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(8);
    with_elastic(|make| run_query_laws(cases, make));
}

#[test]
fn scenarios_are_answered_as_they_say() {
    with_elastic(|make| assert!(run_scenarios(&scenarios(), make) >= 25));
}

#[test]
fn the_naive_reference_and_the_engine_agree_on_scenarios() {
    with_elastic(|make| {
        for (file, scenario) in read_scenarios(&scenarios()).into_iter().step_by(8) {
            if let Some(plan) = scenario.plain_plan() {
                let found = answers_as_the_naive_reference_does(&scenario.archive(), &plan, &*make());
                assert!(found < 100, "{file}");
            }
        }
    });
}
