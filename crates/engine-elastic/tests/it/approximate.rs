//! How much of the exact answer an approximate one holds.

use rushes_index::Budget;
use rushes_plan::{Clause, Filter, NearestTest, Test};
use rushes_testkit::index_history::Dice;
use rushes_testkit::index_suite::{IndexFixture, clause, current, put, update, vectored};
use rushes_types::{Change, Commit, Metric, SpaceId};

use crate::fixtures::Elastic;

const DIMENSIONS: usize = 32;
const VECTORS: i64 = 3_000;

fn random_vector(dice: &mut Dice) -> Vec<f32> {
    (0..DIMENSIONS).map(|_| dice.number(2_001) as f32 / 1_000.0 - 1.0).collect()
}

fn nearest(query: &[f32], exact: bool) -> Clause {
    let space = SpaceId::new("clip-space").unwrap();
    let query = query.into();
    clause(Test::Nearest(NearestTest {
        space,
        query,
        metric: Metric::Cosine,
        exact,
        k: Some(10),
        threshold: None,
    }))
}

#[test]
fn an_approximate_answer_holds_most_of_the_exact_one_with_true_similarities() {
    let Some(fixture) = Elastic::with(|config| config.approximate_rows_min = 1_000) else { return };
    let mut dice = Dice(7);
    let mut at = 0;
    let changes: Vec<Change> = std::iter::repeat_with(|| {
        at += 1;
        put(&current(vectored("a", &format!("{at:05}"), at, &random_vector(&mut dice)), 1))
    })
    .take(usize::try_from(VECTORS).unwrap())
    .collect();
    fixture.index().apply(&[update("a", 0, 1, changes)]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    let reader = fixture.index().reader(None).unwrap();
    let (mut common, mut asked) = (0, 0);
    for _ in 0..30 {
        let query = random_vector(&mut dice);
        let exact = reader
            .nearest(&nearest(&query, true), &Filter::default(), None, Budget::of_maintenance())
            .unwrap();
        let rough = reader
            .nearest(&nearest(&query, false), &Filter::default(), None, Budget::of_maintenance())
            .unwrap();
        assert!(!exact.approximate && rough.approximate);
        assert_eq!(rough.hits.len(), 10);
        asked += exact.hits.len();
        common += rough.hits.iter().filter(|hit| exact.hits.contains(hit)).count();
    }
    println!("{common} of the {asked} nearest are found approximately");
    assert!(common * 10 >= asked * 9, "{common} of {asked}");
}
