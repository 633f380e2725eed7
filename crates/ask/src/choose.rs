//! Builds the cheapest readings of a question, and weighs what each leaves unused.

use std::collections::HashMap;

use rushes_plan::{Plan, PlanClause};
use rushes_types::known_types;
use rushes_types::limits::CLAUSES_MAX;

use crate::build::{Built, build};
use crate::clauses::{dialogue, phrase};
use crate::item::{Item, ItemKind, ScopePart};
use crate::languages::Role;
use crate::lattice::{Lattice, Path};
use crate::plan_of::{PlanWithPointers, plan_of};
use crate::question::Question;
use crate::sense::{NOTHING, UNUSED};
use crate::{pointers, settle};

/// A whole reading with its plan.
pub(crate) struct Candidate {
    /// What it costs, with what it leaves unused.
    pub cost: i32,
    pub items: Vec<Item>,
    pub built: Built,
    pub planned: PlanWithPointers,
    /// Are its words searched by their meaning?
    pub by_meaning: bool,
    /// What is looked for although nothing was named, and why.
    pub instead: Option<String>,
}

impl Candidate {
    /// Do the readings part the question differently, or see other kinds of things in it? Else they only differ in
    /// which of its namesakes a name is, which is told at the name.
    pub fn differs_in_words(&self, other: &Self) -> bool {
        let shape = |items: &[Item]| -> Vec<(usize, usize, u8)> {
            let kind = |item: &Item| match item.kind {
                ItemKind::Label { .. } => 0,
                ItemKind::Word => 1,
                ItemKind::Frame | ItemKind::Idle | ItemKind::And | ItemKind::But | ItemKind::Comma => 2,
                _ => 3,
            };
            items.iter().map(|item| (item.start, item.end, kind(item))).collect()
        };
        shape(&self.items) != shape(&other.items)
    }
}

impl Candidate {
    /// Is every leftover word one that could be meant? A reading that only leaves a frame word over is none to show.
    pub fn is_sensible(&self, question: &Question<'_>) -> bool {
        let frames = |item: &Item| {
            let token = question.token_at(item.start);
            item.kind == ItemKind::Word
                && token.is_some_and(|at| {
                    question.tokens[at].end == item.end && question.phrases(at).any(|found| found.len == 1)
                })
        };
        !self.items.iter().any(frames)
    }
}

/// The cheapest readings, the cheapest first.
pub(crate) fn candidates(question: &Question<'_>, lattice: &Lattice, base: &Plan) -> Vec<Candidate> {
    let has_encoder = question.lexicon.has_encoder();
    let readings = lattice.readings(&question.work);
    let mut all: Vec<Candidate> =
        readings.iter().map(|path| candidate(question, path, base, has_encoder)).collect();
    all.sort_by_key(|candidate| candidate.cost);
    all
}

fn candidate(question: &Question<'_>, path: &Path<'_>, base: &Plan, has_encoder: bool) -> Candidate {
    let items = items(question, path);
    let by_meaning =
        has_encoder && items.iter().any(|item| matches!(item.kind, ItemKind::Word | ItemKind::Line(_)));
    let mut built = build(question, &items, by_meaning);
    settle::settle(&mut built);
    let in_vain = built
        .unused
        .iter()
        .filter(|at| !items.get(**at).is_some_and(|item| matches!(item.kind, ItemKind::Inexpressible(_))));
    let mut cost = path.cost + UNUSED * i32::try_from(in_vain.count()).unwrap_or(i32::MAX / UNUSED);
    let mut planned = plan_of(&items, &built, base, question.lexicon);
    let mut instead = None;
    if planned.plan.all.is_empty() && planned.plan.any.is_empty() {
        // What only denies is unlikely.
        cost += if planned.plan.none.is_empty() { NOTHING } else { 0 };
        instead = look_for_something(question, &items, &mut planned);
    }
    retain_pointers(&mut planned);
    Candidate { cost, items, built, planned, by_meaning, instead }
}

/// Where nothing is named: all shots, where the question narrows or orders them, else its words as they are.
fn look_for_something(
    question: &Question<'_>,
    items: &[Item],
    planned: &mut PlanWithPointers,
) -> Option<String> {
    let tokens = 0..question.tokens.len();
    // Who asks for help alone asks for no moments.
    if items.iter().all(|item| matches!(item.kind, ItemKind::Frame | ItemKind::Idle | ItemKind::Comma))
        && tokens.clone().any(|at| question.is_any(at, &[Role::Help]))
    {
        return None;
    }
    // "all shots", "show me everything": no word says more than that.
    let all = |at: usize| {
        question.is_any(at, &[Role::Noun, Role::Nouns, Role::Every, Role::Asking]) || !question.is_word(at)
    };
    let shots =
        tokens.clone().all(all) && tokens.clone().any(|at| question.is_any(at, &[Role::Noun, Role::Nouns]));
    // What is meant instead finds room, however much is denied.
    while planned.plan.clause_count() >= CLAUSES_MAX && planned.plan.none.pop().is_some() {}
    let spoken = items.iter().any(|item| matches!(item.kind, ItemKind::Scope(ScopePart::Language(_))));
    let narrowed = items.iter().any(|item| {
        matches!(
            item.kind,
            ItemKind::Scope(_)
                | ItemKind::Window(_)
                | ItemKind::Duration(_)
                | ItemKind::Confidence(_)
                | ItemKind::Top(..)
                | ItemKind::Group(_)
                | ItemKind::Rank(_)
                | ItemKind::Limit(_)
        )
    });
    if spoken {
        planned.plan.all.push(dialogue());
        return Some("nothing is named, so all that is said in the language is meant".to_owned());
    }
    if narrowed || shots || !planned.plan.none.is_empty() {
        planned.plan.all.push(PlanClause::of_type(known_types::SHOT));
        return Some("nothing is named, so all shots are meant; name a person, a place or words".to_owned());
    }
    let first = tokens.clone().find(|at| question.is_word(*at))?;
    let last = tokens.rev().find(|at| question.is_word(*at))?;
    let words = question.slice(first, last + 1)?;
    planned.plan.all.push(dialogue().asking(phrase(words, None)));
    let begin = question.tokens.get(first).map_or(0, |token| token.start);
    let item = items.iter().position(|item| item.start <= begin && begin < item.end)?;
    planned.pointers.insert(item, "/all/0".to_owned());
    Some(format!("`{words}` names nothing, so the words are looked for as they are said"))
}

/// What was set by hand stays, and seasons with episodes may have become assets: then the field above is meant.
fn retain_pointers(planned: &mut PlanWithPointers) {
    let PlanWithPointers { plan, pointers, .. } = planned;
    // Many words may have become one field: each is looked for once.
    let mut known: HashMap<String, String> = HashMap::new();
    pointers.retain(|_, pointer| {
        let held = known.entry(pointer.clone()).or_insert_with(|| {
            let mut held = pointer.clone();
            while !held.is_empty() && !pointers::holds(plan, &held) {
                held.truncate(held.rfind('/').unwrap_or(0));
            }
            held
        });
        pointer.clone_from(held);
        !pointer.is_empty()
    });
}

/// The parts of the question that a reading sees.
fn items(question: &Question<'_>, path: &Path<'_>) -> Vec<Item> {
    let place = |from: usize, to: usize| {
        let start = question.tokens.get(from).map_or(0, |token| token.start);
        (start, question.tokens.get(to.saturating_sub(1)).map_or(start, |token| token.end))
    };
    let item = |sense: &&crate::sense::Sense| {
        let (start, end) = place(sense.from, sense.to);
        let (corrected, also) = (sense.corrected.clone(), sense.also.clone());
        Item { start, end, kind: sense.what.clone(), corrected, also }
    };
    path.senses.iter().map(item).collect()
}
