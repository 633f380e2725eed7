//! Turns a question in words into a plan, in three steps whose results are all visible.
//!
//! 1. *Parse*: quotes are dialogue; framing words, numbers, times, seasons, sequences, negations and alternatives are
//!    recognised in English, Spanish, French and German (`grammar`, `scan`).
//! 2. *Link*: names of people, places, things and titles are found, mistyped ones too, over the names that [`Knowledge`] has; what is left
//!    is meaning, for a vector clause where an encoder is known, else for words (`names`, `build`).
//! 3. *Plan*: all of it goes into a [`Plan`], which can be edited and sent again; the [`Reading`] says what
//!    each part of the question became, and what was not understood (`plan_of`).
//!
//! Pure: no archive, no clock, no files.

mod build;
mod clauses;
mod grammar;
mod lexicon;
mod number;
mod plan_of;
mod pointers;
pub mod questions;
mod scan;
mod scan_amount;
mod scan_names;
mod scan_scope;
mod scan_top;
mod settle;
mod short;
mod token;

use rushes_plan::{Knowledge, Plan, Warning};
use rushes_types::limits::QUERY_BYTES_MAX;
use rushes_types::{Error, ErrorKind, Result};

pub use rushes_plan::{Episode, NAME_WORDS_MAX, Name, Names, Target};
pub use rushes_plan::{Reading, ReadingKind, ReadingSpan};
pub use short::in_short;

use build::Built;
use lexicon::Lexicon;
use plan_of::PlanWithPointers;
use scan::{Item, ItemKind, Scanner};

/// A question that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedQuestion {
    /// The plan.
    pub plan: Plan,
    /// What each part of the question became.
    pub reading: Reading,
    /// What was not understood, or was corrected.
    pub warnings: Vec<Warning>,
}

/// Reads a question, and adds what it asks to a plan. What the plan says already was set by hand, and stays. In union
/// mode the clauses go to `any`, else to `all`.
///
/// # Errors
/// [`ErrorKind::TooLarge`] for more than [`QUERY_BYTES_MAX`] bytes; [`ErrorKind::Invalid`] where neither question nor plan
/// name anything to look for; where the names cannot be read.
pub fn ask(question: &str, base: &Plan, knowledge: &dyn Knowledge) -> Result<ParsedQuestion> {
    if question.len() > QUERY_BYTES_MAX {
        let message = format!("the question has {} bytes", question.len());
        let mend = format!("at most {QUERY_BYTES_MAX} are accepted");
        return Err(Error::new(ErrorKind::TooLarge, message).mend(mend).at("/q"));
    }
    let lexicon = &Lexicon::of(knowledge)?;
    let scanner = Scanner::new(question, lexicon);
    let items = scanner.items();
    let by_meaning = items.iter().any(|item| item.kind == ItemKind::Word) && lexicon.has_encoder();
    lexicon.checked()?;
    let built = build::build(question, &items, by_meaning);
    let PlanWithPointers { plan, mut pointers, mut warnings } =
        plan_of::plan_of(&items, &built, base, lexicon);
    if plan.all.is_empty() && plan.any.is_empty() {
        let error = if plan.none.is_empty() {
            Error::invalid("the question names nothing to look for")
                .mend("name a person, a place or words that are said")
        } else {
            Error::invalid("the question only says what must not be there")
                .mend("say as well what must be, such as a place or a person")
        };
        return Err(error.at("/q"));
    }
    warnings.extend(notes(question, &items, &built));
    pointers.retain(|_, pointer| {
        // What was set by hand stays, and seasons with episodes may have become assets: then the field above is meant.
        while !pointer.is_empty() && !pointers::holds(&plan, pointer) {
            pointer.truncate(pointer.rfind('/').unwrap_or(0));
        }
        !pointer.is_empty()
    });
    let spans =
        items.iter().enumerate().map(|(at, item)| span(question, at, item, &built, by_meaning, &pointers));
    let reading = Reading { language: scanner.language.as_str().to_owned(), spans: spans.collect() };
    Ok(ParsedQuestion { plan, reading, warnings })
}

/// What the asker should know: what was corrected, and what was not used.
fn notes(question: &str, items: &[Item], built: &Built) -> Vec<Warning> {
    let words = |item: &Item| question.get(item.start..item.end).unwrap_or_default();
    let mut notes = Vec::new();
    for (at, item) in items.iter().enumerate() {
        if let Some(corrected) = &item.corrected {
            let message = format!(
                "`{}` was taken for `{corrected}`; write it in quotes to look for it as said",
                words(item)
            );
            notes.push(Warning::new("corrected", "/q", message));
        }
        if let (false, ItemKind::Label { label, kind }) = (item.also.is_empty(), &item.kind) {
            let message = format!("`{label}` is taken as {kind}; it also names {}", item.also.join(", "));
            notes.push(Warning::new("ambiguous", "/q", message));
        }
        if built.unused.contains(&at) {
            let why = match &item.kind {
                ItemKind::Inexpressible(why) => (*why).to_owned(),
                ItemKind::Or => {
                    "a step takes one list of alternatives; ask for the other one by itself".to_owned()
                }
                _ => "nothing stands there that it could belong to".to_owned(),
            };
            notes.push(Warning::new(
                "not_understood",
                "/q",
                format!("`{}` was left out: {why}", words(item)),
            ));
        }
    }
    notes
}

fn span(
    question: &str,
    at: usize,
    item: &Item,
    built: &Built,
    by_meaning: bool,
    pointers: &std::collections::BTreeMap<usize, String>,
) -> ReadingSpan {
    let pointer = pointers.get(&at).cloned();
    let kind = if built.unused.contains(&at) { ReadingKind::Unknown } else { plan_of::kind_of(&item.kind) };
    let text = question.get(item.start..item.end).unwrap_or_default().to_owned();
    let meaning = short::meaning(&item.kind, pointer.as_deref(), by_meaning, &text);
    let (corrected, also) = (item.corrected.clone(), item.also.clone());
    ReadingSpan { start: item.start, end: item.end, text, kind, pointer, meaning, corrected, also }
}
