//! Does a sentence that commands nothing go on from what was asked, or ask something new?

use rushes_plan::Plan;
use rushes_types::known_types;

use crate::delta::Delta;
use crate::edit::Coming;
use crate::facet::{Facet, Family, same};
use crate::sentence::Sentence;
use crate::words::Words;

/// Longest question that is no sentence, in words: "pizza?".
const FRAGMENT_WORDS: usize = 3;

/// What was decided, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    Refine(String, Coming),
    Anew(String),
    /// It says nothing that a plan could ask.
    Neither,
}

/// Decides. `goes_on`: the word that goes on from what was asked, where the sentence begins with one.
pub(crate) fn choose(
    sentence: &Sentence<'_>,
    delta: &Delta,
    last: &Plan,
    goes_on: Option<&str>,
    words: &Words,
) -> Choice {
    let refine = |why: &str| Choice::Refine(why.to_owned(), Coming::Beside);
    if delta.is_empty() {
        return Choice::Neither;
    }
    let families: Vec<Family> = delta.positive().map(|clause| Family::of(clause, words)).collect();
    if !delta.is_positive() {
        let widens = goes_on.is_some_and(|word| word.eq_ignore_ascii_case("and")) && !sentence.asks();
        let coming = if widens { Coming::Also } else { Coming::Beside };
        return Choice::Refine("it names nothing to look for by itself".to_owned(), coming);
    }
    let own: Vec<Family> = last.clauses().into_iter().map(|(_, clause)| Family::of(clause, words)).collect();
    let person = families.iter().any(Family::is_person);
    let is_new_scene = person && families.len() > 1;
    if let Some(word) = goes_on {
        let why = format!("it goes on with “{word}”");
        let lower = word.to_lowercase();
        if !(words.is_placing(&lower) && is_new_scene) {
            let exchanges = (lower == "and" && sentence.asks())
                || matches!(lower.as_str(), "now" | "and now" | "this time");
            return Choice::Refine(why, if exchanges { Coming::Instead } else { Coming::Beside });
        }
    }
    if speaks_of_before(sentence, person, words) {
        return refine("it speaks of what was asked before");
    }
    if delta.positive().any(|clause| last.none.iter().any(|denied| same(denied, clause))) {
        return refine("it asks for what was left out");
    }
    if sentence.asks() && families.len() == 1 && sentence.len() <= FRAGMENT_WORDS {
        let coming = if own.contains(&families[0]) { Coming::Instead } else { Coming::Beside };
        return Choice::Refine("it asks in a word for one thing more".to_owned(), coming);
    }
    if sentence.longest(0, sentence.len(), &words.asking).is_some() {
        return Choice::Anew("it asks, and names what to look for".to_owned());
    }
    if families.iter().all(Family::is_setting) {
        return refine("it only says how it is to be seen");
    }
    let shares = |facet: Facet| families.iter().all(|family| facet.has(family));
    let had_person = own.iter().any(Family::is_person);
    if had_person && shares(Facet::Action) {
        let why = "it says what somebody does, and not who";
        return Choice::Refine(why.to_owned(), Coming::Instead);
    }
    if had_person && shares(Facet::Place) {
        return refine("it says where, and not who");
    }
    let line = shares(Facet::Dialogue) && words.tells_of_a_line(sentence);
    if had_person && line && !own.contains(&Family::Spoken) {
        return refine("it says what is said, and not by whom");
    }
    let restates = delta.positive().any(|clause| last.clauses().iter().any(|(_, own)| same(own, clause)));
    if restates {
        return Choice::Anew("it names again what was asked, with something else".to_owned());
    }
    let only_shots = last.clauses().iter().all(|(_, clause)| clause.kind() == Some(known_types::SHOT));
    if only_shots {
        return refine("nothing was named before");
    }
    Choice::Anew("it names what to look for, and nothing of it goes on from what was asked".to_owned())
}

/// Does it speak of somebody or of moments that were there before? Who is named in it may be meant by "her".
fn speaks_of_before(sentence: &Sentence<'_>, person: bool, words: &Words) -> bool {
    let all = 0..sentence.len();
    let pronoun = all.clone().find(|at| words.is_pronoun(sentence, *at));
    let moments = all.clone().any(|at| sentence.longest(at, sentence.len(), &words.moments).is_some());
    let it = !person && sentence.longest(0, sentence.len(), &words.ones).is_some();
    pronoun.is_some_and(|at| !person || at == 0) || moments || it
}
