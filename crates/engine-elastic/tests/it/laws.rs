//! The laws of the index.

use rushes_testkit::index_history::Dice;
use rushes_testkit::index_model::answers_as_the_memory_index;

use crate::fixtures::Elastic;

rushes_testkit::index_laws!(perhaps Elastic::new());

#[test]
fn it_answers_as_the_memory_index() {
    let cases = std::env::var("RUSHES_CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(3);
    let seed = std::env::var("RUSHES_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_260);
    let mut dice = Dice(seed);
    for _ in 0..cases {
        let seed = dice.roll(u64::MAX);
        let Some(mut fixture) = Elastic::new() else { return };
        println!("seed {seed}");
        answers_as_the_memory_index(seed, 14, &mut fixture, &|_| ());
    }
}
