//! Does a plan make sense? What cannot be, and names that nobody has.

use rushes_plan::{Ask, Knowledge, Plan, PlanClause, Predicate, Warning};
use rushes_types::{Result, known_types};

use crate::facet::{named, same};

/// What of a plan can never be found together, each with the place of the field.
#[must_use]
pub fn contradictions(plan: &Plan) -> Vec<Warning> {
    let mut found = Vec::new();
    let mut steps = vec![("".to_owned(), &plan.all, &plan.any, &plan.none)];
    for (i, step) in plan.then.iter().enumerate() {
        steps.push((format!("/then/{i}"), &step.all, &step.any, &step.none));
    }
    for (pointer, all, any, none) in steps {
        for (i, denied) in none.iter().enumerate() {
            let only = any.len() == 1 && same(&any[0], denied);
            if only || all.iter().any(|clause| same(clause, denied)) {
                let message =
                    format!("{0} must be there and must not: nothing can be {0} without it", named(denied));
                found.push(Warning::new("contradiction", format!("{pointer}/none/{i}"), message));
            }
        }
        let places: Vec<&PlanClause> =
            all.iter().filter(|c| c.kind() == Some(known_types::SCENE) && is_label(c)).collect();
        if let [first, second, ..] = places.as_slice()
            && !same(first, second)
        {
            let message = format!("{} and {} are both to be where a moment is", named(first), named(second));
            found.push(Warning::new("unlikely", format!("{pointer}/all"), message));
        }
    }
    if let Some(exclude) = &plan.scope.exclude {
        let clashes = |name: &str, clash: bool| {
            clash.then(|| {
                let message = format!("the same {name} are looked in and left out");
                Warning::new("contradiction", format!("/scope/exclude/{name}"), message)
            })
        };
        let all_out = |own: &[i64], out: &[i64]| !own.is_empty() && own.iter().all(|n| out.contains(n));
        found.extend(clashes("seasons", all_out(&plan.scope.seasons, &exclude.seasons)));
        found.extend(clashes("series", plan.scope.series.iter().any(|name| exclude.series.contains(name))));
    }
    for (i, predicate) in plan.predicates.iter().enumerate() {
        if let Predicate::Duration(bounds) = predicate
            && let (Some(low), Some(high)) = (bounds.gt.or(bounds.gte), bounds.lt.or(bounds.lte))
            && low > high
        {
            let message = format!("no moment is longer than {low} s and shorter than {high} s");
            found.push(Warning::new("contradiction", format!("/where/{i}/duration"), message));
        }
    }
    found
}

fn is_label(clause: &PlanClause) -> bool {
    matches!(clause.ask, Some(Ask::Label { .. }))
}

/// Labels that no name of the archive is, each with the place of its clause: what somebody else made up.
///
/// # Errors
/// Where the names cannot be read.
pub fn unknown_names(plan: &Plan, knowledge: &dyn Knowledge) -> Result<Vec<Warning>> {
    let names = knowledge.names()?;
    let mut found = Vec::new();
    for (pointer, clause) in plan.clauses() {
        let Some(Ask::Label { label, .. }) = &clause.ask else { continue };
        let key = crate::pattern::words_of(label).join(" ");
        let known = names.named(&key).iter().any(|name| name.target.is_label())
            || !knowledge.aliases(clause.kind(), label)?.is_empty();
        if !known {
            let message = format!("no label here is called `{label}`");
            found.push(Warning::new("unknown_name", pointer, message));
        }
    }
    Ok(found)
}
