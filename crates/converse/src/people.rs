//! Who is meant: by a pronoun, by a part of a name, by "both" and "the other".

use rushes_plan::{Ask, Name, Plan, PlanClause, Target};
use rushes_types::{Result, known_types};

use crate::apply::{Around, Done};
use crate::cue::Cue;
use crate::edit::{Coming, Edit};
use crate::facet::{named, same};
use crate::limits::NAMESAKES_MAX;
use crate::pattern::words_of;
use crate::sentence::Sentence;

/// How many "both" are.
const BOTH: usize = 2;

fn people(edit: &Edit<'_>) -> Vec<PlanClause> {
    let clauses = edit.plan.all.iter().chain(&edit.plan.any);
    clauses.filter(|clause| edit.family(clause).is_person()).cloned().collect()
}

/// Who was named last.
pub(crate) fn last_person(edit: &Edit<'_>) -> Option<PlanClause> {
    people(edit).pop()
}

/// Who "him" is, where the words are nothing but a pronoun.
pub(crate) fn spoken_of(edit: &Edit<'_>, text: &str) -> Option<PlanClause> {
    let sentence = Sentence::new(text);
    let pronoun = sentence.len() == 1 && edit.words.is_pronoun(&sentence, 0);
    if pronoun { last_person(edit) } else { None }
}

pub(crate) fn deny_spoken_of(edit: &mut Edit<'_>) {
    match last_person(edit) {
        Some(person) => edit.deny(&person),
        None => edit.warn("not_understood", "nobody was named before; say who is meant"),
    }
}

/// Who must not be there, and was named so last, may be.
pub(crate) fn restore(edit: &mut Edit<'_>) {
    let denied = edit.plan.none.iter().rposition(|clause| edit.family(clause).is_person());
    match denied {
        Some(at) => {
            let person = edit.plan.none.remove(at);
            edit.bring(&Plan { all: vec![person], ..Plan::default() }, Coming::Also);
        }
        None => edit.warn("not_understood", "nobody was left out; say who is meant"),
    }
}

/// Nobody but who was named last.
pub(crate) fn alone(edit: &mut Edit<'_>) {
    let mut people = people(edit);
    match people.pop() {
        Some(_) if people.is_empty() => edit
            .warn("not_understood", "a plan cannot ask that nobody else is there; say who must not be there"),
        Some(_) => people.iter().for_each(|person| {
            edit.forget(person);
        }),
        None => edit.warn("not_understood", "nobody was named before; say who is meant"),
    }
}

/// All of those who are alternatives, else those of this plan with who was named before, until there are enough.
pub(crate) fn together(edit: &mut Edit<'_>, number: Option<i64>) {
    let wanted = number.and_then(|n| usize::try_from(n).ok()).unwrap_or(BOTH);
    let mut people = people(edit);
    let missing = wanted.saturating_sub(people.len());
    let mut earlier: Vec<PlanClause> = edit.earlier.iter().take(missing).cloned().collect();
    if people.len() + earlier.len() < wanted {
        edit.warn("not_understood", format!("fewer than {wanted} people were named; say who is meant"));
        return;
    }
    earlier.reverse();
    earlier.append(&mut people);
    for person in &earlier {
        edit.forget(person);
    }
    earlier.into_iter().for_each(|person| edit.put(person));
}

fn clause_of(name: &Name) -> Option<PlanClause> {
    match &name.target {
        Target::Label { kind, label } if kind == known_types::CHARACTER => {
            Some(PlanClause::of_type(kind.clone()).asking(Ask::Label { label: label.clone(), labels: None }))
        }
        _ => None,
    }
}

/// The people of a name, or whose name begins with it.
fn namesakes(key: &str, around: &Around<'_>) -> Result<Vec<PlanClause>> {
    let names = around.knowledge.names()?;
    let begins = names.labels_beginning(&format!("{key} "), NAMESAKES_MAX);
    let mut found: Vec<PlanClause> = Vec::new();
    for clause in names.named(key).iter().chain(begins).filter_map(clause_of) {
        if !found.iter().any(|known| same(known, &clause)) {
            found.push(clause);
        }
    }
    Ok(found)
}

/// "either Frank": all that are called so, where the plan looks for one of them or for the name.
///
/// # Errors
/// Where the names cannot be read.
pub(crate) fn all_called(text: &str, edit: &Edit<'_>, around: &Around<'_>) -> Result<Vec<PlanClause>> {
    let found = namesakes(&words_of(text).join(" "), around)?;
    let speaks = people(edit).iter().any(|own| found.iter().any(|one| same(one, own)));
    Ok(if speaks { found } else { Vec::new() })
}

/// "the Petrova", of somebody of the same first name as who is looked for: the one person whose name has these words.
///
/// # Errors
/// Where the names cannot be read.
pub(crate) fn named_in_part(text: &str, edit: &Edit<'_>, around: &Around<'_>) -> Result<Option<PlanClause>> {
    let mut wanted = words_of(text);
    wanted.retain(|word| !edit.words.articles.contains(&vec![word.clone()]));
    if wanted.is_empty() {
        return Ok(None);
    }
    for person in people(edit).iter().rev() {
        let Some(first) = words_of(&named(person)).into_iter().next() else { continue };
        let mut found = namesakes(&first, around)?;
        found.retain(|one| {
            let own = words_of(&named(one));
            wanted.iter().all(|word| own.contains(word))
        });
        if let [one] = found.as_slice() {
            return Ok(Some(one.clone()));
        }
    }
    Ok(None)
}

/// The other one of two that share a name.
pub(crate) fn other(edit: &mut Edit<'_>, cue: &Cue<'_>, around: &Around<'_>) -> Result<Done> {
    let text = cue.new.or(cue.old).unwrap_or_default();
    let names = around.knowledge.names()?;
    let key = words_of(text).join(" ");
    let found = names.named(&key).iter().find_map(|name| match &name.target {
        Target::Label { kind, label } => {
            let clause =
                PlanClause::of_type(kind.clone()).asking(Ask::Label { label: label.clone(), labels: None });
            (!edit.asks(&clause)).then_some(clause)
        }
        _ => None,
    });
    let found = match found {
        Some(found) => Some(found),
        None => namesakes(&key, around)?.into_iter().find(|clause| !edit.asks(clause)),
    };
    match found {
        Some(clause) => edit.bring(&Plan { all: vec![clause], ..Plan::default() }, Coming::Instead),
        None => edit.warn("not_understood", format!("there is no other `{text}`")),
    }
    Ok(Done { why: format!("“{}” means another of the same name", cue.says), ..Done::default() })
}

impl Edit<'_> {
    /// Words that were taken for a description, where it turns out what they were: "frank", then "I meant Frank Senior".
    pub fn take_meant(&mut self, of: &[PlanClause]) {
        let words: Vec<String> = of.iter().flat_map(|clause| words_of(&named(clause))).collect();
        let places: Vec<_> = self.of_family(&crate::facet::Family::Meaning);
        let shares = |place: &crate::edit::Place| {
            self.at(*place).is_some_and(|own| words_of(&named(own)).iter().all(|word| words.contains(word)))
        };
        let gone: Vec<_> = places.into_iter().filter(shares).collect();
        self.take(&gone);
    }
}
