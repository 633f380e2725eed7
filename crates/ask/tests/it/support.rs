//! What the tests of wordings share.

use rushes_ask::questions::{LEXICON, WrittenLexicon};
use rushes_ask::{ask, in_short, lattice_of, sorted};
use rushes_plan::Plan;

/// The names of our own show.
pub fn ours() -> WrittenLexicon {
    WrittenLexicon::read(LEXICON).unwrap()
}

/// The plan in short of a question; `!` where it is refused.
pub fn short_of(question: &str, lexicon: &WrittenLexicon) -> String {
    ask(question, &Plan::default(), lexicon).map_or_else(|_| "!".to_owned(), |asked| in_short(&asked.plan))
}

/// Each question becomes its plan, in whatever order; all that do not are told together.
pub fn reads(lexicon: &WrittenLexicon, examples: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (question, wanted) in examples {
        let got = short_of(question, lexicon);
        if sorted(&got) != sorted(wanted) {
            let lattice = lattice_of(question, lexicon).unwrap();
            wrong.push(format!("{question}\n wanted {wanted}\n got    {got}\n{lattice}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
