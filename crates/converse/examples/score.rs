//! Scores how talks are read: `cargo run -p rushes-converse --example score -- names.toml talks.toml`.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::error::Error;
use std::{env, fs};

use rushes_ask::questions::WrittenLexicon;
use rushes_converse::talks;

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = env::args().skip(1);
    let mut next = || files.next().ok_or("name the file of names and the file of talks");
    let names = WrittenLexicon::read(&fs::read_to_string(next()?)?)?;
    let score = talks::score(&talks::read(&fs::read_to_string(next()?)?)?, &names);
    for miss in &score.misses {
        println!(
            "{}.{} {}\n    wanted {:?}\n    got    {}\n    {}",
            miss.talk, miss.turn, miss.say, miss.wanted, miss.got, miss.why
        );
    }
    println!("{} of {} turns have the right plan", score.right, score.turns);
    Ok(())
}
