//! `rushes questions`: how well questions in words are read.

use std::path::Path;

use anyhow::Context;
use rushes_ask::questions::{DEVELOP, HELD_OUT, LATER, LEXICON, Score, Tally, WrittenLexicon, read, score};
use serde_json::json;

use crate::exit::{Failure, Outcome};
use crate::output::{self, bold};

/// Runs `rushes questions`.
pub fn run(file: Option<&Path>, lexicon: Option<&Path>, json_output: bool) -> Outcome {
    let text = |path: &Path| {
        std::fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))
    };
    let lexicon = lexicon.map(text).transpose()?;
    let lexicon = WrittenLexicon::read(lexicon.as_deref().unwrap_or(LEXICON)).map_err(|e| usage(&e))?;
    let sets = match file {
        Some(path) => vec![(path.display().to_string(), text(path)?)],
        None => vec![
            ("developed on".to_owned(), DEVELOP.to_owned()),
            ("second look".to_owned(), LATER.to_owned()),
            ("held out".to_owned(), HELD_OUT.to_owned()),
        ],
    };
    let mut scores = Vec::new();
    for (name, toml) in sets {
        scores.push((name, score(&read(&toml).map_err(|e| usage(&e))?, &lexicon)));
    }
    if json_output {
        let sets: Vec<_> = scores.iter().map(|(name, score)| json!({"set": name, "score": score})).collect();
        return output::json(&json!({"sets": sets}));
    }
    for (name, score) in &scores {
        print(name, score);
    }
    Ok(())
}

fn usage(error: &rushes_types::Error) -> Failure {
    Failure::Usage(error.message().to_owned())
}

fn print(name: &str, score: &Score) {
    output::line(&bold(&format!("{name}: {}", of(score.all))));
    for (category, tally) in score.categories.iter().chain(&score.languages) {
        output::line(&format!("  {category:14} {}", of(*tally)));
    }
    for miss in &score.misses {
        output::line(&format!("  wrong ({}, {}): {}", miss.category, miss.language, miss.ask));
        output::line(&format!("    wanted {}", miss.wanted.join("\n        or ")));
        output::line(&format!("    got    {}", miss.got));
    }
}

fn of(tally: Tally) -> String {
    let share = (tally.right * 1000).checked_div(tally.asked).unwrap_or(0);
    format!("{} of {} right ({}.{} %)", tally.right, tally.asked, share / 10, share % 10)
}
