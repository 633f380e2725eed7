//! Searches within a budget: they end soon after it is spent or the caller has gone, and counts are bounds of what is read.

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
        let all = Budget::unlimited();
        let found = reader.hits_within(&clause, &Filter::default(), &all).unwrap();
        assert_eq!(found, reader.hits(&clause, &Filter::default()).unwrap(), "{name}");
        assert!(hits == 0 || found.hits.len() == hits, "{name}: {}", found.hits.len());
        assert!(all.looks() > 1, "{name} is never looked at");
        for last in (0..all.looks()).step_by(1 + usize::try_from(all.looks() / 5).unwrap()) {
            let asked = AtomicU64::new(0);
            let budget = Budget::unlimited().given_up_when(move || asked.fetch_add(1, SeqCst) >= last);
            let error = reader.hits_within(&clause, &Filter::default(), &budget).unwrap_err();
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
    assert!(reader.nearest_within(&near, &Filter::default(), None, &Budget::new(limits, clock)).is_ok());
    let late = || {
        static READ: AtomicU64 = AtomicU64::new(0);
        Duration::from_millis(READ.fetch_add(1, SeqCst))
    };
    for (name, clause, _) in questions() {
        let budget = Budget::new(limits, late);
        let error = reader.hits_within(&clause, &Filter::default(), &budget).unwrap_err();
        assert_eq!((error.kind(), budget.looks()), (ErrorKind::TooLarge, 2), "{name}");
    }
    let error =
        reader.nearest_within(&near, &Filter::default(), None, &Budget::new(limits, late)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[test]
fn what_is_found_is_held_against_the_budget_before_it_is_too_much() {
    let reader = reader();
    let half = HIT_BYTES * (LINES as u64) / 2;
    let budget = || Budget::new(BudgetLimits { memory_bytes: half, ..BudgetLimits::NONE }, || Duration::ZERO);
    for (name, clause, hits) in questions() {
        let budget = budget();
        let found = reader.hits_within(&clause, &Filter::default(), &budget);
        assert!(budget.held_bytes() <= half, "{name}");
        assert_eq!(found.err().map(|e| e.kind()), (hits > 0).then_some(ErrorKind::TooLarge), "{name}");
    }
    let all = near(&[1.0, 0.5], None, Metric::Cosine, Some(-1.0));
    let found = reader.nearest_within(&all, &Filter::default(), None, &budget());
    assert_eq!(found.unwrap_err().kind(), ErrorKind::TooLarge);
    // Working memory is given back: what stays is that of the hits.
    let whole = Budget::unlimited();
    reader.hits_within(&beginning("word1"), &Filter::default(), &whole).unwrap();
    let hits = reader.hits(&beginning("word1"), &Filter::default()).unwrap().hits.len() as u64;
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
        let counts = reader.counts(&clause, &all).unwrap();
        let found = reader.hits(&clause, &all).unwrap();
        assert!(counts.listed >= found.hits.len() as u64, "{name}: {counts:?}");
        assert_eq!(counts.entries, 3 * LINES as u64, "{name}");
    }
    let counts = reader.counts(&beginning("word1"), &all).unwrap();
    assert_eq!(counts.expansions, reader.hits(&beginning("word1"), &all).unwrap().hits.len() as u64);
    assert_eq!(reader.counts(&words(&["again"], true, Fuzziness::Exact), &all).unwrap().expansions, 1);
    let near = near(&[1.0, 0.5], Some(10), Metric::Cosine, None);
    assert_eq!(reader.counts(&near, &all).unwrap().vectors, LINES as u64);
    let other = Filter { assets: Some(vec![asset_id("another")]), ..Filter::default() };
    assert_eq!(reader.counts(&near, &other).unwrap().vectors, 0);
    assert_eq!(reader.counts(&label(&["nobody"]), &all).unwrap().listed, 0);
}
