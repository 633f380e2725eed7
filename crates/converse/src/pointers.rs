//! Where the parts of a sentence stand in the plan that it changed.

use rushes_ask::Reading;
use rushes_plan::Plan;

use crate::delta::Delta;
use crate::facet::same;

/// A reading with pointers into the new plan; what is not in it has none.
pub(crate) fn relocated(delta: &Delta, plan: Option<&Plan>) -> Reading {
    let mut reading = delta.reading.clone();
    let moved = |pointer: &str| relocate(pointer, &delta.plan, plan?);
    for span in &mut reading.spans {
        span.pointer = span.pointer.as_deref().and_then(moved);
    }
    reading.alternative = None;
    // The steps of a search are told of the plan that is searched.
    reading.preparation = rushes_plan::Preparation::default();
    reading
}

fn relocate(pointer: &str, from: &Plan, to: &Plan) -> Option<String> {
    // The words were read beside one clause that stands first.
    let own = match pointer.strip_prefix("/all/").and_then(|rest| rest.parse::<usize>().ok()) {
        Some(at) => format!("/all/{}", at.checked_sub(1)?),
        None => pointer.to_owned(),
    };
    let clauses = from.clauses();
    let Some((_, clause)) = clauses.iter().find(|(place, _)| *place == own) else {
        return to.to_json().pointer(&own).map(|_| own);
    };
    let found = to.clauses().into_iter().find(|(_, other)| same(clause, other));
    found.map(|(place, _)| place)
}
