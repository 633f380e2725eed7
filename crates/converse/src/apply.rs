//! Does to a plan what a sentence says.

use rushes_plan::{Ask, Knowledge, Plan, PlanClause, RankBy, Stretch, Target};
use rushes_types::Result;

use crate::cue::Cue;
use crate::delta::Delta;
use crate::edit::{Coming, Edit};
use crate::facet::{Facet, same};
use crate::give_up::{drop_named, widen};
use crate::limits::set_number;
use crate::scope::forget_scope;
use crate::shown::{like, unlike};
use crate::sizes;
use crate::words::Act;

/// What a change may look at beside the plan.
pub(crate) struct Around<'a> {
    pub knowledge: &'a dyn Knowledge,
    /// The moments that were shown, best first.
    pub shown: &'a [Stretch],
    /// The moment that was last spoken of.
    pub spoken_of: Option<Stretch>,
}

/// What was done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    /// The moment that was spoken of.
    pub spoken_of: Option<Stretch>,
    /// How the words that came in were read.
    pub read: Option<Delta>,
    /// Why it is this that was done.
    pub why: String,
}

/// Does what a part of a sentence says.
///
/// # Errors
/// Where the words cannot be read at all.
pub(crate) fn apply(edit: &mut Edit<'_>, cue: &Cue<'_>, around: &Around<'_>) -> Result<Done> {
    let why = |what: &str| Done { why: format!("“{}” {what}", cue.says), ..Done::default() };
    match cue.act {
        Act::Like => like(edit, cue, around),
        Act::Unlike => unlike(edit, cue, around),
        Act::Longer => {
            edit.plan.rank_by = RankBy::Duration;
            Ok(why("puts the longest first"))
        }
        Act::Shorter => {
            edit.plan.rank_by = RankBy::Shortest;
            Ok(why("puts the shortest first"))
        }
        Act::Closer | Act::Wider => {
            let step = if cue.act == Act::Closer { 1 } else { -1 };
            sizes::shift(edit, step, around.knowledge)?;
            Ok(why("asks for another size of shot"))
        }
        Act::Number => {
            match cue.number.and_then(|n| usize::try_from(n).ok()) {
                Some(n) => set_number(&mut edit.plan, n),
                None => edit.warn("not_understood", "the number is not known; write it in digits"),
            }
            Ok(why("says how many"))
        }
        Act::Widen => {
            if let Some(facet) = cue.facet {
                widen(edit, facet);
            }
            Ok(why("gives a condition up"))
        }
        Act::Deny => {
            deny_spoken_of(edit);
            Ok(why("means who was named last"))
        }
        Act::Drop => drop_named(edit, cue, around),
        Act::Other => other(edit, cue, around),
        Act::Restore if cue.new.is_none() => {
            let denied = edit.plan.none.iter().rposition(|clause| edit.family(clause).is_person());
            match denied {
                Some(at) => {
                    let person = edit.plan.none.remove(at);
                    edit.bring(&Plan { all: vec![person], ..Plan::default() }, Coming::Also);
                }
                None => edit.warn("not_understood", "nobody was left out; say who is meant"),
            }
            Ok(why("takes back that somebody must not be there"))
        }
        Act::Restore
        | Act::Beside
        | Act::Meant
        | Act::Swap
        | Act::Same
        | Act::About
        | Act::Also
        | Act::Either
        | Act::Only
        | Act::Then
        | Act::Before => bring(edit, cue, around),
        Act::Back | Act::Forward | Act::Clear | Act::Anew => Ok(why("speaks of the conversation")),
    }
}

/// What comes in, in its manner.
fn bring(edit: &mut Edit<'_>, cue: &Cue<'_>, around: &Around<'_>) -> Result<Done> {
    let text = cue.new.unwrap_or_default();
    // "change the season to 3"
    let numbered = match cue.facet {
        Some(Facet::Season) => format!("season {text}"),
        Some(Facet::Episode) => format!("episode {text}"),
        _ => text.to_owned(),
    };
    let mut delta = match cue.act {
        Act::Then => Delta::following(text, around.knowledge)?,
        _ => Delta::beside(&edit.plan, &numbered, around.knowledge)?,
    };
    if delta.is_empty() {
        edit.warn("not_understood", format!("`{text}` names nothing that a plan can ask"));
    }
    let why = match cue.act {
        Act::Then => {
            edit.step(&delta.plan, false);
            "is what follows"
        }
        Act::Before => {
            edit.step(&delta.plan, true);
            "is what comes before"
        }
        Act::Beside | Act::Restore => {
            edit.bring(&delta.plan, Coming::Beside);
            "comes beside what was asked"
        }
        Act::Also => {
            edit.bring(&delta.plan, Coming::Also);
            "adds to what was asked"
        }
        // What was left out and is fine need not be there.
        Act::Either if delta.positive().all(|clause| edit.denies(clause)) && delta.is_positive() => {
            edit.plan.none.retain(|denied| !delta.positive().any(|clause| same(clause, denied)));
            "may be there again"
        }
        Act::Either => {
            edit.bring(&delta.plan, Coming::Either);
            "is an alternative"
        }
        Act::Only => {
            edit.bring(&delta.plan, Coming::Only);
            "narrows what was asked"
        }
        Act::Swap => {
            delta = exchange(edit, cue, delta, around)?;
            "takes the place of what was asked"
        }
        _ => {
            edit.bring(&delta.plan, Coming::Instead);
            "keeps all but what it names"
        }
    };
    let why = format!("“{}” {why}", cue.says);
    Ok(Done { why, read: Some(delta), spoken_of: None })
}

/// Something in the place of something else that is named, or of what answers the same question. Tells what was read.
fn exchange(edit: &mut Edit<'_>, cue: &Cue<'_>, delta: Delta, around: &Around<'_>) -> Result<Delta> {
    let Some(old) = cue.old else {
        edit.bring(&delta.plan, Coming::Instead);
        return Ok(delta);
    };
    let gone = Delta::of(old, around.knowledge)?;
    let mut places = Vec::new();
    for clause in gone.positive().chain(&gone.plan.none) {
        places.extend(place_of(edit, clause));
    }
    if !places.is_empty() && delta.is_positive() {
        let first = places.remove(0);
        let mut new: Vec<PlanClause> = delta.positive().cloned().collect();
        edit.take(&places);
        if new.len() == 1 {
            edit.replace_all(new, &[first]);
        } else {
            let rest = new.split_off(1);
            edit.replace_all(new, &[first]);
            let more = Plan { all: rest, ..Plan::default() };
            edit.bring(&more, Coming::Also);
        }
        let tests = Plan { all: Vec::new(), any: Vec::new(), ..delta.plan.clone() };
        edit.bring(&tests, Coming::Beside);
        return Ok(delta);
    }
    // Each is forgotten, not only the first that is there.
    let cleared = gone.positive().filter(|clause| edit.forget(clause)).count() > 0;
    if forget_scope(&mut edit.plan.scope, &gone.plan.scope) || cleared {
        edit.bring(&delta.plan, Coming::Instead);
        Ok(delta)
    } else {
        // "with Otto, not in season 1" where nothing was in season 1: it only denies.
        let whole = Delta::of(cue.says, around.knowledge)?;
        edit.bring(&whole.plan, Coming::Beside);
        Ok(whole)
    }
}

fn place_of(edit: &Edit<'_>, clause: &PlanClause) -> Option<crate::edit::Place> {
    let family = edit.family(clause);
    let of = edit.of_family(&family);
    of.into_iter().find(|place| edit.at(*place).is_some_and(|own| same(own, clause)))
}

/// Who was named last.
pub(crate) fn last_person(edit: &Edit<'_>) -> Option<PlanClause> {
    let mut persons =
        edit.plan.all.iter().chain(&edit.plan.any).filter(|clause| edit.family(clause).is_person());
    persons.next_back().cloned()
}

fn deny_spoken_of(edit: &mut Edit<'_>) {
    match last_person(edit) {
        Some(person) => edit.deny(&person),
        None => edit.warn("not_understood", "nobody was named before; say who is meant"),
    }
}

/// The other one of two that share a name.
fn other(edit: &mut Edit<'_>, cue: &Cue<'_>, around: &Around<'_>) -> Result<Done> {
    let text = cue.new.or(cue.old).unwrap_or_default();
    let names = around.knowledge.names()?;
    let key = crate::pattern::words_of(text).join(" ");
    let found = names.named(&key).iter().find_map(|name| match &name.target {
        Target::Label { kind, label } => {
            let clause =
                PlanClause::of_type(kind.clone()).asking(Ask::Label { label: label.clone(), labels: None });
            (!edit.asks(&clause)).then_some(clause)
        }
        _ => None,
    });
    match found {
        Some(clause) => edit.bring(&Plan { all: vec![clause], ..Plan::default() }, Coming::Instead),
        None => edit.warn("not_understood", format!("there is no other `{text}`")),
    }
    Ok(Done { why: format!("“{}” means another of the same name", cue.says), ..Done::default() })
}
