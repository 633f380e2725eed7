//! Sets of talks with the plan that is right after each turn, and how many turns are read so.
//!
//! A talk is `turns`, a list of rows: what is said, then the plans in short of which each is right, or one of `=like:3` (the
//! plan before, and like the third moment that was shown), `=unlike:2`, `=unlike:last` (the plan before, without that
//! moment), `=undo`, `=redo`, `=empty`, or `!` (it asks for no moments, and is to change nothing).

use rushes_ask::in_short;
use rushes_ask::questions::comparable;
use rushes_plan::{Ask, Knowledge, Plan, Predicate, Stretch, VectorSource};
use rushes_types::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::history::History;
use crate::turn::{Conversation, Step, converse};

/// How many moments are said to be shown after each turn.
const SHOWN: i64 = 12;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    talk: Vec<TalkRows>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TalkRows {
    turns: Vec<Vec<String>>,
}

/// A turn with what is right after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What is said.
    pub say: String,
    /// Plans in short of which each is right, or one form that begins with `=`.
    pub right: Vec<String>,
}

/// Reads a set of talks.
///
/// # Errors
/// Where the text is no such set.
pub fn read(toml: &str) -> Result<Vec<Vec<Row>>> {
    let bad = |why: String| Error::invalid(why).mend("write [[talk]] with turns = [[said, plan, …], …]");
    let file: File = toml::from_str(toml).map_err(|e| bad(format!("this is no set of talks: {e}")))?;
    let row = |row: Vec<String>| {
        let mut cells = row.into_iter();
        let (say, right) = (cells.next().unwrap_or_default(), cells.collect::<Vec<_>>());
        if right.is_empty() { Err(bad(format!("`{say}` has no plan"))) } else { Ok(Row { say, right }) }
    };
    file.talk.into_iter().map(|talk| talk.turns.into_iter().map(row).collect()).collect()
}

/// A turn that was not read as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Miss {
    /// Which talk, counted from 1.
    pub talk: usize,
    /// Which turn of it, counted from 1.
    pub turn: usize,
    /// What was said.
    pub say: String,
    /// What would have been right.
    pub wanted: Vec<String>,
    /// The plan in short that it became.
    pub got: String,
    /// Why.
    pub why: String,
}

/// The score of a set of talks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Score {
    /// Turns after which the plan is right.
    pub right: usize,
    /// All turns.
    pub turns: usize,
    /// The others.
    pub misses: Vec<Miss>,
}

/// What is right after a turn.
#[derive(Debug, Clone, Default)]
struct Wanted {
    /// Plans in short; an empty list: no plan.
    plans: Vec<String>,
    /// What the last turn must have added.
    predicate: Option<Predicate>,
    like: Option<Stretch>,
}

/// Leads all talks, and counts. A turn that was read wrongly stays in its talk.
#[must_use]
pub fn score(talks: &[Vec<Row>], knowledge: &dyn Knowledge) -> Score {
    let mut score = Score::default();
    for (talk, rows) in talks.iter().enumerate() {
        lead(talk + 1, rows, knowledge, &mut score);
    }
    score
}

fn lead(talk: usize, rows: &[Row], knowledge: &dyn Knowledge, score: &mut Score) {
    let shown: Vec<Stretch> = (1..=SHOWN).map(moment).collect();
    let mut history = History::default();
    // What was right after each turn that counts, as the history should have it.
    let (mut wanted, mut at) = (vec![Wanted::default()], 0_usize);
    for (turn, row) in rows.iter().enumerate() {
        let conversation = Conversation { turns: history.turns(), at: history.at(), shown: &shown };
        let (why, step) = match converse(&conversation, &row.say, knowledge) {
            Ok(turned) => {
                history.take(&row.say, &turned);
                (turned.why, Some(turned.step))
            }
            Err(error) => (error.to_string(), None),
        };
        match row.right.first().map(String::as_str) {
            Some("=undo") => at = at.saturating_sub(1),
            Some("=redo") => at = (at + 1).min(wanted.len() - 1),
            Some("!") => {}
            _ => {
                wanted.truncate(at + 1);
                let next = next(&wanted[at], &row.right, history.plan());
                wanted.push(next);
                at += 1;
            }
        }
        let moved = match row.right.first().map(String::as_str) {
            Some("=undo") => step == Some(Step::Back),
            Some("=redo") => step == Some(Step::Forward),
            Some("!") => matches!(step, Some(Step::Stays) | None),
            _ => true,
        };
        score.turns += 1;
        if moved && is_right(history.plan(), &wanted[at]) {
            score.right += 1;
        } else {
            let got = history.plan().map_or_else(|| "=empty".to_owned(), in_short);
            let miss =
                Miss { talk, turn: turn + 1, say: row.say.clone(), wanted: row.right.clone(), got, why };
            score.misses.push(miss);
        }
    }
}

/// The moment that is shown at a place.
fn moment(place: i64) -> Stretch {
    const SECOND: i64 = 1_000_000_000;
    Stretch { asset_id: format!("shown-{place}"), start_ns: place * SECOND, end_ns: (place + 5) * SECOND }
}

fn next(before: &Wanted, right: &[String], now: Option<&Plan>) -> Wanted {
    let first = right.first().map_or("", String::as_str);
    let numbered = |form: &str| first.strip_prefix(form).and_then(|n| n.parse::<i64>().ok());
    let same = Wanted { plans: before.plans.clone(), ..Wanted::default() };
    if first == "=empty" {
        Wanted::default()
    } else if let Some(n) = numbered("=like:") {
        Wanted { like: Some(moment(n)), ..same }
    } else if let Some(n) = numbered("=unlike:") {
        Wanted { predicate: Some(Predicate::OtherThan(moment(n))), ..same }
    } else if first == "=unlike:last" {
        // Whichever moment was spoken of: the last of those that are left out now.
        let mut others = now.into_iter().flat_map(|plan| &plan.predicates);
        let last = others.rfind(|p| matches!(p, Predicate::OtherThan(_))).cloned();
        Wanted { predicate: last.or(Some(Predicate::OtherThan(moment(1)))), ..same }
    } else {
        Wanted { plans: right.iter().map(|plan| comparable(plan)).collect(), ..Wanted::default() }
    }
}

/// Moments that are like others or left out are no part of a plan in short: they are looked for by themselves.
fn is_right(plan: Option<&Plan>, wanted: &Wanted) -> bool {
    let Some(plan) = plan else { return wanted.plans.is_empty() };
    let likes = |clause: &rushes_plan::PlanClause| match &clause.ask {
        Some(Ask::Vector { vector }) => match &vector.source {
            VectorSource::Like(like) => Some(like.clone()),
            _ => None,
        },
        _ => None,
    };
    if let Some(like) = &wanted.like
        && !plan.all.iter().filter_map(likes).any(|own| own.asset_id == like.asset_id)
    {
        return false;
    }
    if wanted.predicate.as_ref().is_some_and(|predicate| !plan.predicates.contains(predicate)) {
        return false;
    }
    let mut bare = plan.clone();
    bare.all.retain(|clause| likes(clause).is_none());
    bare.predicates.retain(|predicate| !matches!(predicate, Predicate::OtherThan(_)));
    let own = comparable(&in_short(&bare));
    let by_file = |short: &str| comparable(&short.replace("@movie\"", "@asset\""));
    // A film of one file has the id of its file.
    wanted.plans.iter().any(|wanted| *wanted == own || by_file(wanted) == by_file(&own))
}
