//! The laws of answers, run on every index: they equal those of the naive reference, also page by page.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rushes_index::{Budget, Index, IndexReader};
use rushes_plan::{Plan, resolve};
use rushes_query::{Answer, View, search};
use serde_json::{Value as Json, json};

use crate::archive::Archive;
use crate::archive_gen::{archives, plans};
use crate::naive;

/// A moment as text, for comparison and for reading.
fn line(asset: &str, start: i64, end: i64, score: f64, count: usize) -> String {
    format!("{asset} {}-{} score={score} count={count}", start as f64 / 1e9, end as f64 / 1e9)
}

fn lines(answer: &Answer) -> Vec<String> {
    let moment =
        |m: &rushes_query::Moment| line(&m.asset_id, m.start_ns, m.end_ns, m.score, m.count.unwrap_or(1));
    answer.moments.iter().map(moment).collect()
}

fn ask(archive: &Archive, reader: &dyn IndexReader, plan: &Json) -> Answer {
    let plan = Plan::read(plan).unwrap();
    search(plan.into(), &View::of(reader, Budget::of_maintenance()), archive).unwrap()
}

/// An answer is what the naive reference finds, in its order, with its scores.
pub fn answers_as_the_naive_reference_does(archive: &Archive, plan: &Json, index: &dyn Index) -> usize {
    archive.fill(index).unwrap();
    let reader = index.reader(None).unwrap();
    let mut plan = plan.clone();
    plan["limit"] = json!(1000);
    let asked = Plan::read(&plan).unwrap();
    let resolved = resolve(&asked, archive, None).unwrap();
    let expected = naive::answer(archive, &resolved.plan, reader.read_point());
    let answer = ask(archive, &*reader, &plan);
    let wanted: Vec<String> =
        expected.moments.iter().map(|m| line(&m.asset, m.start, m.end, m.score, m.count)).collect();
    assert_eq!(lines(&answer), wanted, "plan {plan:#}");
    assert_eq!(answer.total, expected.total);
    answer.total
}

/// An answer's resolved plan, sent again, gives the same answer even if words and names changed since.
pub fn a_resolved_plan_gives_the_same_answer(archive: &Archive, plan: &Json, index: &dyn Index) {
    archive.fill(index).unwrap();
    let reader = index.reader(None).unwrap();
    let first = ask(archive, &*reader, plan);
    let forgetful = Archive { known: Default::default(), ..archive.clone() };
    let again = ask(&forgetful, &*reader, &first.plan.to_json());
    assert_eq!(first.moments, again.moments);
    assert_eq!(first.plan, again.plan);
}

/// Small pages give the same moments as one page, even if word counts change between them.
pub fn pages_join_to_the_whole(archive: &Archive, plan: &Json, index: &dyn Index) {
    archive.fill(index).unwrap();
    let reader = index.reader(None).unwrap();
    let mut plan = plan.clone();
    plan["limit"] = json!(1000);
    let whole = lines(&ask(archive, &*reader, &plan));
    let mut later = archive.clone();
    plan["limit"] = json!(3);
    let mut pages = Vec::new();
    for _ in 0..=whole.len() {
        let page = ask(&later, &*reader, &plan);
        later.known.counts.clear();
        pages.extend(lines(&page));
        match page.next_cursor {
            Some(cursor) => plan["cursor"] = json!(cursor),
            None => break,
        }
    }
    assert_eq!(pages, whole);
}

/// Runs all laws on random archives and plans.
pub fn run_query_laws(cases: u32, make: &dyn Fn() -> Box<dyn Index>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let answered = std::cell::Cell::new(0);
    let laws = |(archive, plan): (Archive, Json)| {
        let found = answers_as_the_naive_reference_does(&archive, &plan, &*make());
        answered.set(answered.get() + u32::from(found > 0));
        a_resolved_plan_gives_the_same_answer(&archive, &plan, &*make());
        pages_join_to_the_whole(&archive, &plan, &*make());
        Ok(())
    };
    if let Err(broken) = runner.run(&(archives(), plans()).prop_map(|pair| pair), laws) {
        panic!("{broken}");
    }
    // Plans that find nothing prove little: the generator must make enough of the others. About a third find something;
    // among a few dozen it may be far fewer by chance.
    assert!(answered.get() >= cases / 12, "only {} of {cases} plans found anything", answered.get());
}
