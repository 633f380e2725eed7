//! Steps that follow one another: a further one, how soon, the other way round, in any order.

use rushes_plan::time::Duration;
use rushes_plan::{ClauseRef, Near, Plan, PlanStep, Predicate};
use rushes_types::Result;

use crate::apply::Around;
use crate::delta::Delta;
use crate::edit::Edit;
use crate::limits::{UNORDERED_WITHIN_NS, merge_tests};
use crate::scope::{Scoping, merge_scope};

impl Edit<'_> {
    /// A further step behind the last one, or before the first.
    pub fn step(&mut self, said: &Plan, first: bool) {
        let step = |plan: &mut Plan| PlanStep {
            all: std::mem::take(&mut plan.all),
            any: std::mem::take(&mut plan.any),
            none: std::mem::take(&mut plan.none),
            within: None,
        };
        let mut said = said.clone();
        if first {
            let own = step(&mut self.plan);
            self.plan.then.insert(0, own);
            (self.plan.all, self.plan.any, self.plan.none) = (said.all, said.any, said.none);
        } else {
            let new = step(&mut said);
            if !(new.all.is_empty() && new.any.is_empty()) {
                self.plan.then.push(new);
            }
            self.plan.then.append(&mut said.then);
            merge_scope(&mut self.plan.scope, &said.scope, Scoping::Set);
            merge_tests(&mut self.plan, &said);
        }
    }

    /// The steps the other way round; each gap stays between the two that it was between.
    pub fn reverse(&mut self) {
        if self.plan.then.is_empty() {
            self.warn("not_understood", "nothing follows anything in the plan; say `then` and what follows");
            return;
        }
        let plan = &mut self.plan;
        let first = PlanStep {
            all: std::mem::take(&mut plan.all),
            any: std::mem::take(&mut plan.any),
            none: std::mem::take(&mut plan.none),
            within: None,
        };
        let gaps: Vec<Option<Duration>> = plan.then.iter().map(|step| step.within).rev().collect();
        let mut steps = plan.then.drain(..).rev().chain([first]);
        if let Some(first) = steps.next() {
            (plan.all, plan.any, plan.none) = (first.all, first.any, first.none);
        }
        let then = steps.zip(gaps).map(|(step, within)| PlanStep { within, ..step }).collect();
        plan.then = then;
    }

    /// How soon the last step follows the one before it: "5 seconds".
    ///
    /// # Errors
    /// As [`Delta::of`].
    pub fn apart(&mut self, length: &str, around: &Around<'_>) -> Result<()> {
        // Any two quotes: only what is between them counts.
        let read = Delta::of(&format!("\"a\" then \"a\" within {length}"), around.knowledge)?;
        let within = read.plan.then.first().and_then(|step| step.within);
        match (self.plan.then.last_mut(), within) {
            (Some(last), Some(within)) => last.within = Some(within),
            (None, _) => {
                self.warn(
                    "not_understood",
                    "nothing follows anything in the plan; say `then` and what follows",
                );
            }
            (_, None) => self.warn("not_understood", format!("`{length}` is no length; write `5 seconds`")),
        }
        Ok(())
    }
}

/// What followed is only near. A step of alternatives stays: a plan can ask for one thing near, and not for one of several.
pub(crate) fn unordered(plan: &mut Plan) {
    let is_plain = |step: &PlanStep| step.any.is_empty() && step.none.is_empty();
    if !plan.then.iter().all(is_plain) {
        return;
    }
    for step in plan.then.drain(..) {
        let within = step.within.unwrap_or(Duration(UNORDERED_WITHIN_NS));
        let near = |clause| Near { clause: ClauseRef::Own(Box::new(clause)), within, negate: false };
        plan.predicates.extend(step.all.into_iter().map(|clause| Predicate::Near(near(clause))));
    }
}
