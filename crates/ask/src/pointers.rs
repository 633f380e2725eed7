//! Which fields a plan has, found without writing the plan as JSON, since it may hold vectors.

use rushes_plan::{Plan, RankBy};

/// Does the plan, when written, contain the field that a part of the question became?
pub(crate) fn holds(plan: &Plan, pointer: &str) -> bool {
    let mut steps = pointer.split('/').skip(1);
    let (Some(field), first, second, third) = (steps.next(), steps.next(), steps.next(), steps.next()) else {
        return true;
    };
    let number = |step: Option<&str>| step.and_then(|step| step.parse::<usize>().ok());
    let listed = |step: Option<&str>, len: usize| match step {
        None => len > 0,
        Some(_) => number(step).is_some_and(|n| n < len),
    };
    match field {
        "all" => listed(first, plan.all.len()),
        "any" => listed(first, plan.any.len()),
        "none" => listed(first, plan.none.len()),
        "then" => match (number(first).and_then(|n| plan.then.get(n)), second) {
            (Some(step), Some("all")) => listed(third, step.all.len()),
            (Some(step), Some("any")) => listed(third, step.any.len()),
            (Some(step), Some("none")) => listed(third, step.none.len()),
            (Some(step), Some("within")) => step.within.is_some(),
            (step, second) => second.is_none() && (step.is_some() || listed(first, plan.then.len())),
        },
        "where" => match (number(first).and_then(|n| plan.predicates.get(n)), second) {
            (Some(test), Some(name)) => test.clause().is_some_and(|(own, _)| own == name),
            (test, _) => test.is_some() || listed(first, plan.predicates.len()),
        },
        "scope" => {
            // Names and numbers: a few, and no vectors.
            let scope = serde_json::to_value(&plan.scope).unwrap_or_default();
            let rest = pointer.get("/scope".len()..).unwrap_or_default();
            !plan.scope.is_empty() && scope.pointer(rest).is_some()
        }
        "mode" => true,
        "min_confidence" => plan.min_confidence > 0.0,
        "group_by" => !plan.group_by.is_empty(),
        "top" => plan.top.is_some(),
        "rank_by" => plan.rank_by != RankBy::Score,
        "limit" => plan.limit.is_some(),
        _ => false,
    }
}
