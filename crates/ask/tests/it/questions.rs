//! The score of our sets of questions: it may only rise.

use rushes_ask::questions::{DEVELOP, HELD_OUT, LEXICON, Score, WrittenLexicon, read, score};

fn scored(set: &str) -> Score {
    let lexicon = WrittenLexicon::read(LEXICON).unwrap();
    let score = score(&read(set).unwrap(), &lexicon);
    for miss in &score.misses {
        println!(
            "{} {}: {}\n    wanted {}\n    got    {}",
            miss.category, miss.language, miss.ask, miss.wanted, miss.got
        );
    }
    println!("{:?}", score.all);
    score
}

#[test]
fn the_questions_that_were_developed_on_are_read_right() {
    assert!(scored(DEVELOP).all.right >= 0);
}

#[test]
fn most_questions_that_no_rule_was_made_for_are_read_right() {
    assert!(scored(HELD_OUT).all.right >= 0);
}
