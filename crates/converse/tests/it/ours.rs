//! Whole talks, turn by turn.

use rushes_ask::questions::WrittenLexicon;
use rushes_converse::talks::{self, Score};

const NAMES: &str = include_str!("../../talks/names.toml");
const OURS: &str = include_str!("../../talks/ours.toml");

const KINDS_NAMES: &str = include_str!("../../talks/kinds/names.toml");
const KINDS: &str = include_str!("../../talks/kinds/talks.toml");
/// Turns of the probes that are wrong: three whose words a question does not know either ("wide or extreme wide", "angry",
/// "someone says help"), and two after each.
const KINDS_WRONG: usize = 9;

const STRANGERS_NAMES: &str = include_str!("../../talks/strangers/a/names.toml");
const STRANGERS: &str = include_str!("../../talks/strangers/a/talks.toml");
/// Turns of strangers that are right at least; a set that was read is a test like any other.
const STRANGERS_RIGHT: usize = 112;

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

#[test]
fn probes_of_the_kinds_that_strangers_said_stay_right() {
    let knowledge = WrittenLexicon::read(KINDS_NAMES).unwrap();
    let score = talks::score(&talks::read(KINDS).unwrap(), &knowledge);
    assert!(score.turns >= 250, "{} turns", score.turns);
    assert!(score.right + KINDS_WRONG >= score.turns, "{} right\n{}", score.right, told(&score));
}

#[test]
fn talks_of_strangers_stay_right() {
    let knowledge = WrittenLexicon::read(STRANGERS_NAMES).unwrap();
    let score = talks::score(&talks::read(STRANGERS).unwrap(), &knowledge);
    assert_eq!(score.turns, 120);
    assert!(score.right >= STRANGERS_RIGHT, "{} right\n{}", score.right, told(&score));
}
