//! Answers, held to the naive reference and to scenarios that editors can read.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod asked_of_the_index;
mod speed;

use std::path::Path;

use rushes_index::{EmbeddedIndex, EmbeddedOptions, Index, MemoryIndex, Shortcuts};
use rushes_testkit::query_suite::{answers_as_the_naive_reference_does, run_query_laws};
use rushes_testkit::scenarios::{read_scenarios, run_scenarios};

fn make() -> Box<dyn Index> {
    Box::new(MemoryIndex::default())
}

#[test]
fn random_plans_are_answered_as_the_naive_reference_does() {
    let cases = std::env::var("RUSHES_CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(192);
    run_query_laws(cases, &make);
}

#[test]
fn scenarios_are_answered_as_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    assert!(run_scenarios(&folder, &make) >= 25);
}

#[test]
fn the_naive_reference_and_the_engine_agree_on_scenarios() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    for (file, scenario) in read_scenarios(&folder) {
        if let Some(plan) = scenario.plain_plan() {
            let found = answers_as_the_naive_reference_does(&scenario.archive(), &plan, &*make());
            assert!(found < 100, "{file}");
        }
    }
}

/// Does something with a maker of embedded indices, each in a folder of its own.
fn with_embedded(shortcuts: Shortcuts, test: impl FnOnce(&dyn Fn() -> Box<dyn Index>)) {
    let folder = tempfile::tempdir().unwrap();
    let made = std::cell::Cell::new(0);
    test(&|| {
        made.set(made.get() + 1);
        let own = folder.path().join(made.get().to_string());
        std::fs::create_dir(&own).unwrap();
        Box::new(
            EmbeddedIndex::open(&own, EmbeddedOptions { shortcuts, ..EmbeddedOptions::default() }).unwrap(),
        )
    });
}

#[test]
fn the_embedded_index_gives_the_same_answers() {
    let cases = std::env::var("RUSHES_CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(48);
    with_embedded(Shortcuts::ALL, |make| run_query_laws(cases, make));
}

#[test]
fn the_embedded_index_answers_scenarios_as_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    with_embedded(Shortcuts::ALL, |make| {
        run_scenarios(&folder, make);
    });
}

#[test]
fn scenarios_and_random_plans_are_answered_the_same_with_each_shortcut_switched_off() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    for (off, shortcuts) in Shortcuts::switched_off() {
        println!("without {off}");
        with_embedded(shortcuts, |make| {
            assert!(run_scenarios(&folder, make) >= 25);
            run_query_laws(6, make);
        });
    }
}
