//! Turns a question in words into a plan, in three steps whose results are all visible.
//!
//! 1. *Senses*: every stretch of the question is given every sense that it may have, each with a cost: a name (exactly,
//!    in another form, mistyped, unfinished), a frame phrase in one of the [`Languages`], a quote, an amount, a part of
//!    the scope, a word that is left over (`propose`, `names`, `mistyped`, `verbs`, `amounts`, `scopes`, `tops`, `spoken`,
//!    `lines`, `asides`). What was found at a word is kept (`memo`), and the steps are counted (`work`). Together they
//!    are a lattice ([`lattice_of`] prints it).
//! 2. *Reading*: the cheapest ways through the lattice are built into steps of clauses, and what they leave unused is
//!    charged; the cheapest whole reading is taken, the second best is told where it is nearly as likely (`lattice`,
//!    `sense`, `build`, `choose`).
//! 3. *Plan*: all of it goes into a [`Plan`], which can be edited and sent again; the [`Reading`] says what
//!    each part of the question became, and what was not understood (`plan_of`, `told`, `prepare`).
//!
//! Pure: no archive, no clock, no files.

mod amounts;
mod asides;
mod build;
mod choose;
mod clauses;
mod item;
mod languages;
mod lattice;
mod lexicon;
mod lines;
mod marked_names;
mod memo;
mod mistyped;
mod names;
mod near_names;
mod neighbours;
mod number;
mod parts;
mod plan_of;
mod pointers;
mod prepare;
mod propose;
mod question;
pub mod questions;
mod scopes;
mod sense;
mod settle;
mod short;
mod spoken;
mod token;
mod told;
mod tops;
mod translated;
mod verbs;
mod work;

use std::fmt::Write as _;

use rushes_plan::{Alternative, Knowledge, Plan, Warning};
use rushes_types::limits::QUERY_BYTES_MAX;
use rushes_types::{Error, ErrorKind, Result};

pub use languages::Languages;
pub use rushes_plan::{Episode, NAME_WORDS_MAX, Name, Names, Target};
pub use rushes_plan::{Reading, ReadingKind, ReadingSpan};
pub use short::{in_short, sorted};
pub use work::Work;

use choose::{Candidate, candidates};
use lexicon::Lexicon;
use question::Question;
use sense::{NEAR_TIE, WORTH_SHOWING};

/// A question that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedQuestion {
    /// The plan.
    pub plan: Plan,
    /// What each part of the question became.
    pub reading: Reading,
    /// What was not understood, or was corrected.
    pub warnings: Vec<Warning>,
    /// How much work that was.
    pub work: Work,
}

/// How a question is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'l> {
    /// The frame words.
    pub languages: &'l Languages,
    /// Is it still being typed, so that its last word may be the beginning of one?
    pub typing: bool,
}

impl Default for Asking<'static> {
    fn default() -> Self {
        Self { languages: Languages::built_in(), typing: false }
    }
}

/// Reads a question, and adds what it asks to a plan. What the plan says already was set by hand, and stays. In union
/// mode the clauses go to `any`, else to `all`.
///
/// # Errors
/// [`ErrorKind::TooLarge`] for more than [`QUERY_BYTES_MAX`] bytes; [`ErrorKind::Invalid`] where neither question nor plan
/// name anything to look for; where the names cannot be read.
pub fn ask(question: &str, base: &Plan, knowledge: &dyn Knowledge) -> Result<ParsedQuestion> {
    ask_as(Asking::default(), question, base, knowledge)
}

/// [`ask`], with frame words of other languages, or of a question that is still being typed.
///
/// # Errors
/// As [`ask`].
pub fn ask_as(
    asking: Asking<'_>,
    question: &str,
    base: &Plan,
    knowledge: &dyn Knowledge,
) -> Result<ParsedQuestion> {
    check_length(question)?;
    let lexicon = &Lexicon::of(knowledge)?;
    let question = Question::new(question, lexicon, asking);
    let lattice = propose::lattice(&question);
    let mut readings = candidates(&question, &lattice, base).into_iter();
    lexicon.checked()?;
    let best = readings.next().ok_or_else(asks_nothing)?;
    let plan = &best.planned.plan;
    if plan.all.is_empty() && plan.any.is_empty() {
        if plan.none.is_empty() {
            return Err(asks_nothing());
        }
        return Err(Error::invalid("the question only says what must not be there")
            .mend("say as well what must be, such as a place or a person")
            .at("/q"));
    }
    let mut warnings = best.planned.warnings.clone();
    warnings.extend(told::notes(&question, &best));
    let mut reading = told::reading(&question, &best);
    let second = readings.find(|other| other.planned.plan != *plan && other.is_sensible(&question));
    if let Some(second) = second.filter(|second| second.cost - best.cost <= WORTH_SHOWING) {
        let other = told::reading(&question, &second).in_short();
        if second.cost - best.cost <= NEAR_TIE && best.differs_in_words(&second) {
            let message = format!("it could as well be read as: {other}");
            warnings.push(Warning::new("ambiguous", "/q", message));
        }
        reading.alternative =
            Some(Alternative { meaning: other, plan: Box::new(second.planned.plan.clone()) });
    }
    lexicon.checked()?;
    Ok(ParsedQuestion { reading, warnings, plan: best.planned.plan, work: question.work.so_far() })
}

/// The senses of a question with their costs, one a line, and the costs of the whole readings: how it comes to be read
/// as it is.
///
/// # Errors
/// As [`ask`].
pub fn lattice_of(question: &str, knowledge: &dyn Knowledge) -> Result<String> {
    check_length(question)?;
    let lexicon = &Lexicon::of(knowledge)?;
    let question = Question::new(question, lexicon, Asking::default());
    let lattice = propose::lattice(&question);
    let mut out = lattice.to_string();
    for Candidate { cost, planned, .. } in candidates(&question, &lattice, &Plan::default()) {
        let _ = writeln!(out, "= {cost:4} {}", in_short(&planned.plan));
    }
    Ok(out)
}

fn check_length(question: &str) -> Result<()> {
    if question.len() > QUERY_BYTES_MAX {
        let message = format!("the question has {} bytes", question.len());
        let mend = format!("at most {QUERY_BYTES_MAX} are accepted");
        return Err(Error::new(ErrorKind::TooLarge, message).mend(mend).at("/q"));
    }
    Ok(())
}

fn asks_nothing() -> Error {
    Error::invalid("the question names nothing to look for")
        .mend("name a person, a place or words that are said")
        .at("/q")
}
