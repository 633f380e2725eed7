//! Conditions that are given up.

use rushes_plan::{Plan, PlanClause, Predicate, RankBy, Scope};
use rushes_types::Result;

use crate::apply::{Around, Done};
use crate::cue::Cue;
use crate::delta::Delta;
use crate::edit::Edit;
use crate::facet::{Facet, Family, named, same};
use crate::pattern::words_of;
use crate::people::spoken_of;
use crate::scope::forget_scope;
use crate::sentence::Sentence;
use crate::words::Words;

/// A condition goes.
pub(crate) fn drop_named(edit: &mut Edit<'_>, cue: &Cue<'_>, around: &Around<'_>) -> Result<Done> {
    let done = Done { why: format!("“{}” gives a condition up", cue.says), ..Done::default() };
    if let Some(facet) = cue.facet {
        widen(edit, facet);
        return Ok(done);
    }
    let text = cue.old.unwrap_or_default();
    if let Some(facet) = facet_said(text, edit.words) {
        widen(edit, facet);
        return Ok(done);
    }
    if let Some(person) = spoken_of(edit, text) {
        edit.forget(&person);
        return Ok(done);
    }
    let gone = Delta::of(text, around.knowledge)?;
    let mut went = false;
    for clause in gone.positive().chain(&gone.plan.none) {
        went |= edit.forget(clause) || edit.forget_by_words(clause);
    }
    went |= forget_scope(&mut edit.plan.scope, &gone.plan.scope);
    went |= forget_tests(&mut edit.plan, &gone.plan);
    if !went {
        edit.warn("not_understood", format!("nothing of the plan says `{text}`"));
    }
    Ok(Done { read: Some(gone), ..done })
}

/// The part of a plan that words name, with or without an article: "the length".
pub(crate) fn facet_said(text: &str, words: &Words) -> Option<Facet> {
    let sentence = Sentence::new(text);
    let skipped = usize::from(matches!(sentence.word(0), Some("the" | "a" | "an")) && sentence.len() > 1);
    words.facet(&sentence, skipped, sentence.len())
}

/// Tests, numbers and orders that a plan and what was said have in common go.
fn forget_tests(plan: &mut Plan, gone: &Plan) -> bool {
    let before = plan.clone();
    if gone.predicates.iter().any(|p| matches!(p, Predicate::Duration(_))) {
        plan.predicates.retain(|p| !matches!(p, Predicate::Duration(_)));
    }
    if gone.rank_by != RankBy::Score {
        plan.rank_by = RankBy::Score;
    }
    if gone.top.is_some() || gone.limit.is_some() {
        (plan.top, plan.limit) = (None, None);
    }
    if !gone.group_by.is_empty() {
        plan.group_by.clear();
        plan.top = None;
    }
    if gone.min_confidence > 0.0 {
        plan.min_confidence = 0.0;
    }
    *plan != before
}

/// A part of the plan says nothing any more.
pub(crate) fn widen(edit: &mut Edit<'_>, facet: Facet) {
    let before = edit.plan.clone();
    let mut places = Vec::new();
    let families: Vec<Family> = edit
        .plan
        .clauses()
        .into_iter()
        .filter(|(pointer, _)| !pointer.contains("/none/"))
        .map(|(_, clause)| edit.family(clause))
        .collect();
    for family in families.iter().filter(|family| facet.has(family)) {
        places.extend(edit.of_family(family));
    }
    edit.take(&places);
    edit.drop_empty_steps();
    if !places.is_empty() || matches!(facet, Facet::Place | Facet::Person) {
        let words = edit.words;
        edit.plan.none.retain(|clause| !facet.has(&Family::of(clause, words)));
    }
    let nothing_else = edit.plan == before;
    widen_rest(&mut edit.plan, facet, nothing_else);
    if edit.plan == before {
        edit.warn("not_understood", format!("the plan says nothing of the {}", facet.name()));
    }
}

fn widen_rest(plan: &mut Plan, facet: Facet, nothing_else: bool) {
    let scope = &mut plan.scope;
    match facet {
        // "anywhere": of titles, where no place is asked for.
        Facet::Place if nothing_else => *scope = Scope::default(),
        Facet::Season => {
            scope.seasons.clear();
            scope.episodes.clear();
            if let Some(exclude) = &mut scope.exclude {
                exclude.seasons.clear();
                exclude.episodes.clear();
            }
        }
        Facet::Episode => {
            scope.episodes.clear();
            scope.assets.clear();
        }
        Facet::Title => {
            *scope = Scope {
                languages: std::mem::take(&mut scope.languages),
                time: std::mem::take(&mut scope.time),
                ..Scope::default()
            };
        }
        Facet::Language => scope.languages.clear(),
        Facet::Time => scope.time.clear(),
        Facet::Length => {
            let had = plan.predicates.len();
            plan.predicates.retain(|p| !matches!(p, Predicate::Duration(_)));
            if plan.predicates.len() == had && matches!(plan.rank_by, RankBy::Duration | RankBy::Shortest) {
                plan.rank_by = RankBy::Score;
            }
        }
        Facet::Order if plan.rank_by == RankBy::Score => crate::steps::unordered(plan),
        Facet::Order => plan.rank_by = RankBy::Score,
        Facet::Number => (plan.top, plan.limit) = (None, None),
        Facet::Group => {
            plan.group_by.clear();
            plan.top = None;
        }
        Facet::Confidence => plan.min_confidence = 0.0,
        Facet::Denied => {
            plan.none.clear();
            scope.exclude = None;
        }
        _ => {}
    }
    if scope_is_bare(plan) {
        plan.scope.exclude = None;
    }
}

fn scope_is_bare(plan: &Plan) -> bool {
    plan.scope.exclude.as_ref().is_some_and(|exclude| exclude.is_empty())
}

impl Edit<'_> {
    /// Takes out what asks the same, whether it must be there or must not. Tells whether anything went.
    pub fn forget(&mut self, clause: &PlanClause) -> bool {
        let before = self.plan.clone();
        let mut places = Vec::new();
        self.each(|place, own| {
            if same(own, clause) {
                places.push(place);
            }
        });
        self.take(&places);
        self.plan.none.retain(|denied| !same(denied, clause));
        for step in &mut self.plan.then {
            step.none.retain(|denied| !same(denied, clause));
        }
        self.plan.predicates.retain(|predicate| match predicate {
            Predicate::Near(near) => match &near.clause {
                rushes_plan::ClauseRef::Own(own) => !same(own, clause),
                rushes_plan::ClauseRef::Pointer(_) => true,
            },
            _ => true,
        });
        self.drop_empty_steps();
        self.plan != before
    }

    /// Takes out the clauses whose words hold all of another's: "forget the kitchen" of a plan that asks for "the kitchen at
    /// night".
    fn forget_by_words(&mut self, clause: &PlanClause) -> bool {
        let wanted = words_of(&named(clause));
        let holds = |own: &PlanClause| {
            let own = words_of(&named(own));
            !wanted.is_empty() && wanted.iter().all(|word| own.contains(word))
        };
        let clauses: Vec<PlanClause> =
            self.plan.clauses().into_iter().map(|(_, own)| own.clone()).filter(holds).collect();
        clauses.iter().filter(|own| self.forget(own)).count() > 0
    }
}
