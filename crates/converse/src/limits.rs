//! Limits of conversations, and how the tests, numbers and orders of two plans become one.

use rushes_plan::{Bounds, Plan, Predicate, RankBy, Top};

/// Most turns of a conversation that one request brings: the server keeps none of them.
pub const TURNS_MAX: usize = 1_000;
/// Most turns that are looked through for who was named earlier: "both of them".
pub(crate) const TURNS_LOOKED_BACK_MAX: usize = 12;
/// Most names that a first name is looked for among.
pub(crate) const NAMESAKES_MAX: usize = 50;
/// How near things are whose order does not matter any more, where nothing was said of it, in nanoseconds.
pub(crate) const UNORDERED_WITHIN_NS: i64 = 60 * rushes_types::NS_PER_SECOND;
/// Longest line that is said instead of another without saying that it is one, in words.
pub(crate) const LINE_WORDS_MAX: usize = 6;
/// Most moments that a request says were shown.
pub const SHOWN_MAX: usize = 1_000;
/// Most operations of a patch.
pub const OPERATIONS_MAX: usize = 1_000;

/// What is said of lengths, numbers and order takes the place of what was said of them before.
pub(crate) fn merge_tests(plan: &mut Plan, said: &Plan) {
    for predicate in &said.predicates {
        match predicate {
            Predicate::Duration(bounds) => set_length(plan, *bounds),
            other if !plan.predicates.contains(other) => plan.predicates.push(other.clone()),
            _ => {}
        }
    }
    if said.rank_by != RankBy::Score {
        plan.rank_by = said.rank_by.clone();
    }
    if said.min_confidence > 0.0 {
        plan.min_confidence = said.min_confidence;
    }
    if !said.group_by.is_empty() {
        plan.group_by.clone_from(&said.group_by);
        // "per season instead" says nothing of how many of each.
        if said.top.is_some() || !matches!(plan.top, Some(Top::Moments(_))) {
            plan.top.clone_from(&said.top);
        }
        if said.top.is_some() {
            plan.limit = said.limit;
        }
    } else if let Some(top) = &said.top {
        plan.top = Some(top.clone());
        plan.limit = said.limit;
    }
    if let Some(limit) = said.limit {
        set_number(plan, limit);
    }
}

/// How many: in the field that says it already.
pub(crate) fn set_number(plan: &mut Plan, number: usize) {
    match &mut plan.top {
        Some(Top::Moments(n)) => *n = number,
        Some(Top::Levels(levels)) => {
            if let Some(last) = levels.last_mut() {
                *last = Some(number);
            }
        }
        None => plan.limit = Some(number),
    }
}

/// The bounds of the length of moments: each side by itself, and what can no longer be true goes.
pub(crate) fn set_length(plan: &mut Plan, said: Bounds) {
    let own = plan.predicates.iter_mut().find_map(|predicate| match predicate {
        Predicate::Duration(bounds) => Some(bounds),
        _ => None,
    });
    let Some(own) = own else {
        plan.predicates.push(Predicate::Duration(said));
        return;
    };
    if said.gt.is_some() || said.gte.is_some() {
        (own.gt, own.gte) = (said.gt, said.gte);
    }
    if said.lt.is_some() || said.lte.is_some() {
        (own.lt, own.lte) = (said.lt, said.lte);
    }
    let (low, high) = (own.gt.or(own.gte), own.lt.or(own.lte));
    if matches!((low, high), (Some(low), Some(high)) if low > high) {
        *own = said;
    }
}
