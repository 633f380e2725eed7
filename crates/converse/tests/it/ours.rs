//! Whole talks, turn by turn.

use rushes_ask::questions::WrittenLexicon;
use rushes_converse::talks::{self, Score};

const NAMES: &str = include_str!("../../talks/names.toml");
const OURS: &str = include_str!("../../talks/ours.toml");

fn told(score: &Score) -> String {
    score.misses.iter().fold(String::new(), |out, miss| {
        out + &format!(
            "{}.{} {}\n    wanted {:?}\n    got    {}\n    {}\n",
            miss.talk, miss.turn, miss.say, miss.wanted, miss.got, miss.why
        )
    })
}

#[test]
fn our_talks_have_the_plan_that_is_right_after_every_turn() {
    let knowledge = WrittenLexicon::read(NAMES).unwrap();
    let score = talks::score(&talks::read(OURS).unwrap(), &knowledge);
    assert!(score.turns >= 150, "{} turns", score.turns);
    assert_eq!(score.right, score.turns, "\n{}", told(&score));
}
