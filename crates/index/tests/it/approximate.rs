//! Approximate search: nearly what exact search finds, said to be so, and never a wrong figure.

use std::collections::BTreeSet;

use std::time::Duration;

use rushes_index::{Budget, BudgetLimits, Hits, Index, IndexReader};
use rushes_plan::{Clause, Filter, NearestTest, Test};
use rushes_testkit::index_history::Dice;
use rushes_testkit::index_model::Memory;
use rushes_testkit::index_suite::{IndexFixture, asset_id, clause, current, put, update, vectored};
use rushes_types::{Commit, ErrorKind, Metric, SpaceId};

use crate::fixtures::Embedded;

const DIMENSIONS: usize = 96;
const ASSETS: usize = 6;
const VECTORS: usize = 900;
const K: usize = 20;

/// Vectors in clusters that have something in common, as those of real models do.
fn vector(centres: &[Vec<f32>], dice: &mut Dice) -> Vec<f32> {
    let centre = &centres[usize::try_from(dice.roll(centres.len() as u64)).unwrap()];
    centre.iter().map(|x| 1.0 + x + 0.4 * unit(dice)).collect()
}

#[allow(clippy::cast_precision_loss, reason = "small whole numbers")]
fn unit(dice: &mut Dice) -> f32 {
    dice.roll(2_001) as f32 / 1_000.0 - 1.0
}

fn fill(index: &dyn Index, centres: &[Vec<f32>], dice: &mut Dice) {
    for asset in 0..ASSETS {
        let name = format!("a{asset}");
        let one = |no: usize, dice: &mut Dice| {
            let start = i64::try_from(no).unwrap();
            put(&current(vectored(&name, &format!("v{no}"), start, &vector(centres, dice)), 1))
        };
        let changes = (0..VECTORS).map(|no| one(no, dice)).collect();
        index.apply(&[update(&name, 0, 1, changes)]).unwrap();
    }
    index.publish(Commit(1)).unwrap();
}

fn question(query: &[f32], metric: Metric, exact: bool) -> Clause {
    let space = SpaceId::new("clip-space").unwrap();
    clause(Test::Nearest(NearestTest {
        space,
        query: query.into(),
        metric,
        exact,
        k: Some(K),
        threshold: None,
    }))
}

fn ask(reader: &dyn IndexReader, clause: &Clause, filter: &Filter) -> Hits {
    reader.nearest(clause, filter, None, Budget::of_maintenance()).unwrap()
}

#[test]
fn approximate_search_finds_nearly_all_and_says_that_it_is() {
    let dice = &mut Dice(11);
    let centres: Vec<Vec<f32>> = (0..40).map(|_| (0..DIMENSIONS).map(|_| unit(dice)).collect()).collect();
    let (embedded, memory) = (Embedded::approximating(100), Memory::default());
    let seed = dice.0;
    fill(embedded.index(), &centres, &mut Dice(seed));
    fill(memory.index(), &centres, &mut Dice(seed));
    while embedded.index().maintain().unwrap() {}
    let (reader, truth) = (embedded.index().reader(None).unwrap(), memory.index().reader(None).unwrap());
    let everything = Filter::default();
    let (mut found, mut wanted) = (0, 0);
    for _ in 0..30 {
        let query = vector(&centres, dice);
        let exact = ask(&*truth, &question(&query, Metric::Cosine, true), &everything);
        assert_eq!(ask(&*reader, &question(&query, Metric::Cosine, true), &everything).hits, exact.hits);
        let guess = ask(&*reader, &question(&query, Metric::Cosine, false), &everything);
        assert!(guess.approximate && !exact.approximate);
        assert_eq!(guess.hits.len(), K);
        assert!(guess.examined < exact.examined, "{} {}", guess.examined, exact.examined);
        // What is found has the similarity and the score that exact search gives it.
        let known: BTreeSet<_> = exact.hits.iter().map(|hit| (hit.asset, hit.first)).collect();
        let same: Vec<_> = guess.hits.iter().filter(|hit| known.contains(&(hit.asset, hit.first))).collect();
        assert!(same.iter().all(|hit| exact.hits.contains(hit)));
        found += same.len();
        wanted += K;
    }
    assert!(found * 100 >= wanted * 95, "{found} of {wanted} were found");
}

#[test]
fn where_a_filter_leaves_few_all_of_them_are_compared() {
    let dice = &mut Dice(12);
    let centres: Vec<Vec<f32>> = (0..10).map(|_| (0..DIMENSIONS).map(|_| unit(dice)).collect()).collect();
    let embedded = Embedded::approximating(100);
    fill(embedded.index(), &centres, dice);
    let reader = embedded.index().reader(None).unwrap();
    let query = vector(&centres, dice);
    let one = Filter { assets: Some(vec![asset_id("a3")]), ..Filter::default() };
    let unlikely = Clause { min_confidence: 2.0, ..question(&query, Metric::Cosine, false) };
    let (guess, exact) = (question(&query, Metric::Cosine, false), question(&query, Metric::Cosine, true));
    assert_eq!(ask(&*reader, &guess, &one), ask(&*reader, &exact, &one));
    assert!(ask(&*reader, &unlikely, &Filter::default()).hits.is_empty());
    // Euclidean distances are not told by directions.
    let (guess, exact) = (question(&query, Metric::L2, false), question(&query, Metric::L2, true));
    assert_eq!(ask(&*reader, &guess, &Filter::default()), ask(&*reader, &exact, &Filter::default()));
}

#[test]
fn sixty_four_searches_at_once_answer_as_each_alone_and_one_that_is_given_up_stops() {
    let dice = &mut Dice(13);
    let centres: Vec<Vec<f32>> = (0..10).map(|_| (0..DIMENSIONS).map(|_| unit(dice)).collect()).collect();
    let embedded = Embedded::approximating(100);
    fill(embedded.index(), &centres, dice);
    let reader = embedded.index().reader(None).unwrap();
    let questions: Vec<Clause> =
        (0..64).map(|no| question(&vector(&centres, dice), Metric::Cosine, no % 2 == 0)).collect();
    let alone: Vec<Hits> = questions.iter().map(|one| ask(&*reader, one, &Filter::default())).collect();
    let start = std::sync::Barrier::new(questions.len());
    std::thread::scope(|scope| {
        for (one, alone) in questions.iter().zip(&alone) {
            let (reader, start) = (&reader, &start);
            scope.spawn(move || {
                start.wait();
                assert_eq!(ask(&**reader, one, &Filter::default()), *alone);
            });
        }
    });
    let gone = Budget::new(BudgetLimits::NONE, || Duration::ZERO).given_up_when(|| true);
    let given_up = reader.nearest(&questions[0], &Filter::default(), None, &gone);
    assert_eq!(given_up.unwrap_err().kind(), ErrorKind::Cancelled);
}
