//! What would find something where a question found nothing: the plan with one thing less, each tried.

use rushes_plan::{Ask, ClauseRef, Near, Plan, PlanClause, Predicate, Scope, VectorSource, time::Duration};

use crate::answer::{ClauseReport, RemedyKind};

/// How far apart clauses are looked for that never meet, in seconds.
const NEAR_S: [i64; 2] = [10, 60];
const NS_PER_S: i64 = 1_000_000_000;

/// A plan that may find something, and what it changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    pub kind: RemedyKind,
    /// The field that it leaves out, as a JSON pointer into the plan that found nothing.
    pub pointer: Option<String>,
    /// What it is, for people.
    pub message: String,
    pub plan: Plan,
}

/// The plans to try, the one that changes least first. `found` says how often each clause was found.
pub(crate) fn candidates(plan: &Plan, found: &[ClauseReport]) -> Vec<Candidate> {
    let is_lost = |pointer: &str| found.iter().any(|report| report.clause == pointer && report.hits == 0);
    let mut out = Vec::new();
    let all_found = (0..plan.all.len()).all(|at| !is_lost(&format!("/all/{at}")));
    if all_found && plan.all.len() > 1 && plan.then.is_empty() {
        out.extend(NEAR_S.iter().map(|seconds| near(plan, *seconds)));
    }
    let mut add = |kind, pointer: &str, message: String, change: &dyn Fn(&mut Plan)| {
        let mut plan = plan.clone();
        change(&mut plan);
        out.push(Candidate { kind, pointer: Some(pointer.to_owned()), message, plan });
    };
    for step in (0..plan.then.len()).filter(|at| plan.then.get(*at).is_some_and(|step| step.within.is_some()))
    {
        let message = "later, however long it takes".to_owned();
        add(RemedyKind::Within, &format!("/then/{step}/within"), message, &|plan| {
            plan.then.iter_mut().skip(step).take(1).for_each(|step| step.within = None);
        });
    }
    // What matches nothing first, then whatever else could be in the way.
    let order = |lost: bool| (0..plan.all.len()).filter(move |at| is_lost(&format!("/all/{at}")) == lost);
    for at in order(true).chain(order(false)) {
        if plan.all.len() + plan.any.len() > 1 {
            let message = format!("without {}", plan.all.get(at).map(in_words).unwrap_or_default());
            add(RemedyKind::Without, &format!("/all/{at}"), message, &|plan| {
                plan.all.remove(at);
            });
        }
    }
    for (at, clause) in plan.none.iter().enumerate() {
        let message = format!("even where {} is", in_words(clause));
        add(RemedyKind::Allowed, &format!("/none/{at}"), message, &|plan| {
            plan.none.remove(at);
        });
    }
    for (at, _) in plan.predicates.iter().enumerate() {
        add(
            RemedyKind::Untested,
            &format!("/where/{at}"),
            "of any length, wherever it is".to_owned(),
            &|plan| {
                plan.predicates.remove(at);
            },
        );
    }
    if plan.scope != Scope::default() {
        let message = "in all that there is".to_owned();
        add(RemedyKind::Anywhere, "/scope", message, &|plan| plan.scope = Scope::default());
    }
    if plan.min_confidence > 0.0 {
        let message = "however sure the models were".to_owned();
        add(RemedyKind::Unsure, "/min_confidence", message, &|plan| plan.min_confidence = 0.0);
    }
    out
}

/// The first clause with the others near it.
fn near(plan: &Plan, seconds: i64) -> Candidate {
    let mut nearer = plan.clone();
    for clause in nearer.all.split_off(1) {
        let near = Near {
            clause: ClauseRef::Own(Box::new(clause)),
            within: Duration(seconds.saturating_mul(NS_PER_S)),
            negate: false,
        };
        nearer.predicates.push(Predicate::Near(near));
    }
    let message = format!("each is there, never at once: within {seconds} s of each other");
    Candidate { kind: RemedyKind::Near, pointer: None, message, plan: nearer }
}

/// A clause as people say it.
fn in_words(clause: &PlanClause) -> String {
    match &clause.ask {
        Some(Ask::Label { label, .. }) => format!("“{label}”"),
        Some(Ask::Text { ask, .. }) => format!("the words “{}”", ask.text),
        Some(Ask::Phrase { ask, .. }) => format!("“{}” being said", ask.phrase),
        Some(Ask::Vector { vector }) => match &vector.source {
            VectorSource::Text(text) => format!("“{text}”"),
            _ => "what it looks like".to_owned(),
        },
        None => format!(
            "any {}",
            clause.kind().unwrap_or("annotation").trim_end_matches("_SEARCH").to_lowercase()
        ),
    }
}
