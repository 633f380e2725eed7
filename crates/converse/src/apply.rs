//! Does to a plan what a sentence says.

use rushes_plan::{Ask, Bounds, Knowledge, Plan, PlanClause, RankBy, Stretch};
use rushes_types::Result;

use crate::cue::Cue;
use crate::delta::Delta;
use crate::edit::{Coming, Edit};
use crate::facet::{Facet, Family, same};
use crate::give_up::{drop_named, facet_said, widen};
use crate::limits::{LINE_WORDS_MAX, set_length, set_number};
use crate::people;
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
        Act::Closer | Act::Wider => {
            let step = if cue.act == Act::Closer { 1 } else { -1 };
            sizes::shift(edit, step, around.knowledge)?;
            Ok(why("asks for another size of shot"))
        }
        Act::Longer
        | Act::Shorter
        | Act::Earliest
        | Act::Latest
        | Act::LongerThan
        | Act::ShorterThan
        | Act::Number
        | Act::Apart
        | Act::Reverse => Ok(why(arrange(edit, cue, around)?)),
        Act::Widen => {
            if let Some(facet) = cue.facet {
                widen(edit, facet);
            }
            Ok(why("gives a condition up"))
        }
        Act::Deny => deny(edit, cue, around),
        Act::Drop => drop_named(edit, cue, around),
        Act::Other => people::other(edit, cue, around),
        Act::Alone => {
            people::alone(edit);
            Ok(why("leaves nobody else"))
        }
        Act::Both => {
            people::together(edit, cue.number);
            Ok(why("means those who were named"))
        }
        Act::Restore if cue.new.is_none() => {
            people::restore(edit);
            Ok(why("takes back that somebody must not be there"))
        }
        Act::Idle => Ok(why("asks for no change")),
        Act::Outside => {
            edit.warn("not_understood", "that asks for no moments; the help says what else can be done");
            Ok(why("speaks of something else than moments"))
        }
        Act::Back | Act::Forward | Act::Clear | Act::Anew => Ok(why("speaks of the conversation")),
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
    }
}

/// Order, length, number, and what follows what. Tells why.
fn arrange(edit: &mut Edit<'_>, cue: &Cue<'_>, around: &Around<'_>) -> Result<&'static str> {
    let order = match cue.act {
        Act::Longer => Some((RankBy::Duration, "puts the longest first")),
        Act::Shorter => Some((RankBy::Shortest, "puts the shortest first")),
        Act::Earliest => Some((RankBy::Start, "puts the earliest first")),
        Act::Latest => Some((RankBy::Latest, "puts the latest first")),
        _ => None,
    };
    if let Some((order, why)) = order {
        edit.plan.rank_by = order;
        return Ok(why);
    }
    Ok(match cue.act {
        Act::LongerThan | Act::ShorterThan => {
            set_length(&mut edit.plan, bounds(cue));
            "says how long"
        }
        Act::Apart => {
            edit.apart(cue.new.unwrap_or_default(), around)?;
            "says how soon it follows"
        }
        Act::Reverse => {
            edit.reverse();
            "turns the order round"
        }
        _ => {
            match cue.number.and_then(|n| usize::try_from(n).ok()) {
                Some(n) => set_number(&mut edit.plan, n),
                None => edit.warn("not_understood", "the number is not known; write it in digits"),
            }
            "says how many"
        }
    })
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
    recognise(edit, cue.act, text, &mut delta, around)?;
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
        Act::Either if delta.plan.any.len() > 1 => {
            edit.bring(&delta.plan, Coming::Only);
            "is any of that name"
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

/// What the words mean beside what was asked: a line where lines were, a part of a name, all of one name.
fn recognise(edit: &Edit<'_>, act: Act, text: &str, delta: &mut Delta, around: &Around<'_>) -> Result<()> {
    if act == Act::Either {
        let any = people::all_called(text, edit, around)?;
        if any.len() > 1 {
            delta.plan = Plan { any, ..Plan::default() };
            return Ok(());
        }
    }
    let compares = matches!(act, Act::Either | Act::Also | Act::Meant | Act::Swap | Act::Same | Act::About);
    if !compares || !delta.names_nothing() {
        return Ok(());
    }
    if let Some(clause) = people::named_in_part(text, edit, around)? {
        delta.plan = Plan { all: vec![clause], ..Plan::default() };
    } else if let Some(line) = line_like_last(edit, text) {
        delta.plan = Plan { all: vec![line], ..Plan::default() };
    }
    Ok(())
}

/// "objection", "or overruled": where a line was asked for last, a few words that name nothing are another.
fn line_like_last(edit: &Edit<'_>, text: &str) -> Option<PlanClause> {
    let is = |family: Family| move |clause: &&PlanClause| Family::of(clause, edit.words) == family;
    let clauses: Vec<&PlanClause> = edit.plan.all.iter().chain(&edit.plan.any).collect();
    let described = clauses.iter().any(|clause| is(Family::Meaning)(clause));
    let last = if described { edit.latest.last() } else { clauses.into_iter().rfind(is(Family::Spoken)) };
    let mut line = last.filter(is(Family::Spoken))?.clone();
    let count = crate::pattern::words_of(text).len();
    let said = match &mut line.ask {
        Some(Ask::Text { ask, words }) => (&mut ask.text, words),
        Some(Ask::Phrase { ask, words }) => (&mut ask.phrase, words),
        _ => return None,
    };
    (1..=LINE_WORDS_MAX).contains(&count).then(|| {
        *said.0 = text.to_owned();
        *said.1 = None;
    })?;
    Some(line)
}

/// Somebody or something must not be there.
fn deny(edit: &mut Edit<'_>, cue: &Cue<'_>, around: &Around<'_>) -> Result<Done> {
    let Some(text) = cue.new else {
        people::deny_spoken_of(edit);
        return Ok(Done { why: format!("“{}” means who was named last", cue.says), ..Done::default() });
    };
    if let Some(facet) = facet_said(text, edit.words) {
        widen(edit, facet);
        return Ok(Done { why: format!("“{}” gives a condition up", cue.says), ..Done::default() });
    }
    let read = Delta::of(text, around.knowledge)?;
    if read.is_empty() {
        edit.warn("not_understood", format!("`{text}` names nothing that a plan can ask"));
    }
    read.positive().for_each(|clause| edit.deny(clause));
    Ok(Done { why: format!("“{}” must not be there", cue.says), read: Some(read), spoken_of: None })
}

fn bounds(cue: &Cue<'_>) -> Bounds {
    // Numbers of seconds that people say are exact.
    let seconds = cue.number.and_then(|n| u32::try_from(n).ok()).map(f64::from);
    match cue.act {
        Act::LongerThan => Bounds { gt: seconds, ..Bounds::default() },
        _ => Bounds { lt: seconds, ..Bounds::default() },
    }
}

/// Something in the place of something else that is named, or of what answers the same question. Tells what was read.
fn exchange(edit: &mut Edit<'_>, cue: &Cue<'_>, delta: Delta, around: &Around<'_>) -> Result<Delta> {
    let Some(old) = cue.old else {
        edit.bring(&delta.plan, Coming::Instead);
        return Ok(delta);
    };
    let gone = match people::spoken_of(edit, old) {
        Some(person) => Delta::asking(person),
        None => Delta::of(old, around.knowledge)?,
    };
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
