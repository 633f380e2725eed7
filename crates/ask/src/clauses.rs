//! The clauses that questions ask for.

use rushes_plan::{Ask, PhraseAsk, PlanClause, TextAsk};
use rushes_types::known_types;

/// A dialogue clause.
pub(crate) fn dialogue() -> PlanClause {
    PlanClause::of_type(known_types::DIALOGUE)
}

/// What asks for words, as they are or in any form.
pub(crate) fn phrase(said: &str, analysed: Option<bool>) -> Ask {
    let ask = PhraseAsk { phrase: said.to_owned(), analysed, ..PhraseAsk::default() };
    Ask::Phrase { ask, words: None }
}

pub(crate) fn text(words: String) -> Ask {
    Ask::Text { ask: TextAsk { text: words, ..TextAsk::default() }, words: None }
}
