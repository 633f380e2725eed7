//! Searches within a budget: they end soon after it is spent or the caller has gone, and counts are bounds of what is read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rushes_index::{Budget, BudgetLimits, HIT_BYTES, IndexReader};
use rushes_plan::{Clause, Filter, Fuzziness, Test, WordsTest};
use rushes_testkit::index_suite::{
    IndexFixture, asset_id, clause, current, label, labelled, line, near, phrase, put, update, vectored,
    word, words,
};
use rushes_types::{Commit, ErrorKind, Metric};

use crate::fixtures::Embedded;

const LINES: usize = 12_000;

/// Lines of dialogue, each with a word of its own, as many faces of one name, and a few vectors.
fn reader() -> Arc<dyn IndexReader> {
    static FILLED: OnceLock<(Embedded, Arc<dyn IndexReader>)> = OnceLock::new();
    let fill = || {
        // One segment: a counter of steps begins anew with each.
        let embedded = Embedded::flushing(256 << 20);
        let start = |no: usize| i64::try_from(no * 4).unwrap();
        let spoken =
            |no: usize| line("film", &format!("l{no}"), start(no), &format!("we met word{no} again"));
        let seen = |no: usize| labelled("film", &format!("f{no}"), start(no), "Joey");
        #[allow(clippy::cast_precision_loss, reason = "small whole numbers")]
        let shown = |no: usize| vectored("film", &format!("v{no}"), start(no), &[1.0, no as f32 / 100.0]);
        let all = (0..LINES).flat_map(|no| [spoken(no), seen(no), shown(no)]);
        let changes = all.map(|annotation| put(&current(annotation, 1))).collect();
        embedded.index().apply(&[update("film", 0, 1, changes)]).unwrap();
        embedded.index().publish(Commit(1)).unwrap();
        let reader = embedded.index().reader(None).unwrap();
        (embedded, reader)
    };
    FILLED.get_or_init(fill).1.clone()
}

fn beginning(text: &str) -> Clause {
    let prefix = rushes_plan::Word { prefix: true, ..word(text) };
    let test = WordsTest { words: vec![prefix], every: true, analysed: false, fuzziness: Fuzziness::Exact };
    clause(Test::Words(test))
}

fn unlimited() -> Budget {
    Budget::new(BudgetLimits::NONE, || Duration::ZERO)
}

/// Every way to search, and how many hits it has.
fn questions() -> Vec<(&'static str, Clause, usize)> {
    let fuzzy = |text| words(&[text], false, Fuzziness::Two);
    vec![
        ("any", clause(Test::Any), 3 * LINES),
        ("label", label(&["joey"]), LINES),
        ("words", words(&["met", "again"], true, Fuzziness::Exact), LINES),
        ("beginning", beginning("w"), LINES),
        ("fuzzy", fuzzy("werd11"), 0),
        ("phrase", phrase(&["we", "met"], 0), LINES),
        ("sloppy phrase", phrase(&["met", "again"], 3), LINES),
    ]
}

#[test]
fn a_search_ends_within_a_look_after_its_caller_has_gone() {
    let reader = reader();
    for (name, clause, hits) in questions() {
        let all = unlimited();
        let found = reader.hits(&clause, &Filter::default(), &all).unwrap();
        assert_eq!(
            found,
            reader.hits(&clause, &Filter::default(), Budget::of_maintenance()).unwrap(),
            "{name}"
        );
        assert!(hits == 0 || found.hits.len() == hits, "{name}: {}", found.hits.len());
        assert!(all.looks() > 1, "{name} is never looked at");
        for last in (0..all.looks()).step_by(1 + usize::try_from(all.looks() / 5).unwrap()) {
            let asked = AtomicU64::new(0);
            let budget = unlimited().given_up_when(move || asked.fetch_add(1, SeqCst) >= last);
            let error = reader.hits(&clause, &Filter::default(), &budget).unwrap_err();
            assert_eq!((error.kind(), budget.looks()), (ErrorKind::Cancelled, last + 1), "{name}");
        }
    }
}

#[test]
fn a_search_ends_when_its_cpu_time_is_spent_also_in_a_scan_of_vectors() {
    let reader = reader();
    let clock = || Duration::from_secs(1);
    let limits = BudgetLimits { cpu: Duration::from_millis(1), ..BudgetLimits::NONE };
    // One clock stands, the other goes on by a millisecond at each look: the second look is too late.
    let near = near(&[1.0, 0.5], Some(10), Metric::Cosine, None);
    assert!(reader.nearest(&near, &Filter::default(), None, &Budget::new(limits, clock)).is_ok());
    let late = || {
        static READ: AtomicU64 = AtomicU64::new(0);
        Duration::from_millis(READ.fetch_add(1, SeqCst))
    };
    for (name, clause, _) in questions() {
        let budget = Budget::new(limits, late);
        let error = reader.hits(&clause, &Filter::default(), &budget).unwrap_err();
        assert_eq!((error.kind(), budget.looks()), (ErrorKind::TooLarge, 2), "{name}");
    }
    let error = reader.nearest(&near, &Filter::default(), None, &Budget::new(limits, late)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[test]
fn what_is_found_is_held_against_the_budget_before_it_is_too_much() {
    let reader = reader();
    let half = HIT_BYTES * (LINES as u64) / 2;
    let budget = || Budget::new(BudgetLimits { memory_bytes: half, ..BudgetLimits::NONE }, || Duration::ZERO);
    for (name, clause, hits) in questions() {
        let budget = budget();
        let found = reader.hits(&clause, &Filter::default(), &budget);
        assert!(budget.held_bytes() <= half, "{name}");
        assert_eq!(found.err().map(|e| e.kind()), (hits > 0).then_some(ErrorKind::TooLarge), "{name}");
    }
    let all = near(&[1.0, 0.5], None, Metric::Cosine, Some(-1.0));
    let found = reader.nearest(&all, &Filter::default(), None, &budget());
    assert_eq!(found.unwrap_err().kind(), ErrorKind::TooLarge);
    // Working memory is given back: what stays is that of the hits.
    let whole = unlimited();
    reader.hits(&beginning("word1"), &Filter::default(), &whole).unwrap();
    let hits =
        reader.hits(&beginning("word1"), &Filter::default(), Budget::of_maintenance()).unwrap().hits.len()
            as u64;
    assert!(
        (hits * HIT_BYTES..(hits + 64) * HIT_BYTES).contains(&whole.held_bytes()),
        "{}",
        whole.held_bytes()
    );
}

#[test]
fn counts_bound_what_a_search_reads() {
    let reader = reader();
    let all = Filter::default();
    for (name, clause, _) in questions().into_iter().filter(|(name, ..)| *name != "fuzzy") {
        let counts = reader.counts(&clause, &all, Budget::of_maintenance()).unwrap();
        let found = reader.hits(&clause, &all, Budget::of_maintenance()).unwrap();
        assert!(counts.listed >= found.hits.len() as u64, "{name}: {counts:?}");
        assert_eq!(counts.entries, 3 * LINES as u64, "{name}");
    }
    let counts = reader.counts(&beginning("word1"), &all, Budget::of_maintenance()).unwrap();
    assert_eq!(
        counts.expansions,
        reader.hits(&beginning("word1"), &all, Budget::of_maintenance()).unwrap().hits.len() as u64
    );
    assert_eq!(
        reader
            .counts(&words(&["again"], true, Fuzziness::Exact), &all, Budget::of_maintenance())
            .unwrap()
            .expansions,
        1
    );
    let near = near(&[1.0, 0.5], Some(10), Metric::Cosine, None);
    assert_eq!(reader.counts(&near, &all, Budget::of_maintenance()).unwrap().vectors, LINES as u64);
    let other = Filter { assets: Some(vec![asset_id("another")]), ..Filter::default() };
    assert_eq!(reader.counts(&near, &other, Budget::of_maintenance()).unwrap().vectors, 0);
    assert_eq!(reader.counts(&label(&["nobody"]), &all, Budget::of_maintenance()).unwrap().listed, 0);
}

#[test]
fn counts_are_near_what_a_search_looks_at() {
    let (reader, all) = (reader(), Filter::default());
    for (name, clause, hits) in questions().into_iter().filter(|(_, _, hits)| *hits > 0) {
        let counts = reader.counts(&clause, &all, Budget::of_maintenance()).unwrap();
        let looked_at = reader.hits(&clause, &all, Budget::of_maintenance()).unwrap().examined;
        let counted = match &clause.test {
            Test::Words(test) if test.every => counts.shortest,
            Test::Phrase(_) => counts.lines,
            _ => counts.listed,
        };
        assert!((looked_at.div_ceil(3)..=3 * looked_at).contains(&counted), "{name}: {counts:?} {looked_at}");
        assert!(counted >= hits as u64, "{name}: {counts:?}");
    }
    // The rarer of two words bounds how many have both.
    let both = words(&["again", "word7"], true, Fuzziness::Exact);
    let counts = reader.counts(&both, &all, Budget::of_maintenance()).unwrap();
    assert!(counts.shortest < 10 && counts.listed >= LINES as u64, "{counts:?}");
}

#[test]
fn what_was_found_in_passing_is_given_back() {
    let (reader, all, budget) = (reader(), Filter::default(), unlimited());
    assert_eq!(reader.count(&label(&["joey"]), &all, &budget).unwrap(), LINES as u64);
    assert_eq!(budget.held_bytes(), 0);
}

/// Rust files below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn a_budget_that_is_never_spent_is_named_only_where_no_request_reads() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut named = BTreeSet::new();
    for folder in std::fs::read_dir(crates).unwrap() {
        let folder = folder.unwrap().path();
        let mut files = Vec::new();
        // What tests share may read as it likes.
        if !folder.ends_with("testkit") && folder.join("src").is_dir() {
            sources(&folder.join("src"), &mut files);
        }
        for file in files.iter().filter(|file| !file.ends_with("tests.rs")) {
            let text = std::fs::read_to_string(file).unwrap();
            let code = text.split("mod tests {").next().unwrap();
            if ["of_maintenance()", "BudgetLimits::NONE"].iter().any(|name| code.contains(name)) {
                named.insert(file.strip_prefix(crates).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(named.into_iter().collect::<Vec<_>>(), ["archive/src/verify.rs", "index/src/budget.rs"]);
}
