//! What words alone ask for: a question that goes on from another, read by itself.

use rushes_ask::{ParsedQuestion, Reading, ask};
use rushes_plan::{Knowledge, Mode, Plan, PlanClause, Predicate, Warning};
use rushes_types::{Result, known_types};

/// What a part of a sentence asks for.
#[derive(Debug, Clone)]
pub(crate) struct Delta {
    /// A plan that may ask for nothing by itself.
    pub plan: Plan,
    /// What each part became.
    pub reading: Reading,
    pub warnings: Vec<Warning>,
}

impl Delta {
    /// Reads words. They may only deny, narrow or order, so they are read beside something that is looked for.
    ///
    /// # Errors
    /// As [`ask`].
    pub fn of(text: &str, knowledge: &dyn Knowledge) -> Result<Self> {
        let beside = Plan { all: vec![PlanClause::of_type(known_types::SHOT)], ..Plan::default() };
        let ParsedQuestion { mut plan, reading, warnings, .. } = ask(text, &beside, knowledge)?;
        plan.all.remove(0);
        if plan.mode == Mode::Union {
            plan.all.append(&mut plan.any);
            plan.mode = Mode::Intersection;
        }
        Ok(Self { plan, reading, warnings })
    }

    /// Reads words that go on from a plan: "at least 5", where the plan tests lengths, is of seconds.
    ///
    /// # Errors
    /// As [`ask`].
    pub fn beside(plan: &Plan, text: &str, knowledge: &dyn Knowledge) -> Result<Self> {
        let tests = |plan: &Plan| plan.predicates.iter().any(|test| matches!(test, Predicate::Duration(_)));
        if tests(plan) && text.trim_end().ends_with(|c: char| c.is_ascii_digit()) {
            let seconds = Self::of(&format!("{text} seconds"), knowledge)?;
            if tests(&seconds.plan) && !seconds.is_positive() {
                return Ok(seconds);
            }
        }
        Self::of(text, knowledge)
    }

    /// Reads what follows something, with how soon it does.
    ///
    /// # Errors
    /// As [`ask`].
    pub fn following(text: &str, knowledge: &dyn Knowledge) -> Result<Self> {
        // What stands before is in the plan already: any quote holds its place.
        let mut delta = Self::of(&format!("\"…\" then {text}"), knowledge)?;
        if delta.plan.then.is_empty() {
            return Self::of(text, knowledge);
        }
        delta.plan.all.clear();
        Ok(delta)
    }

    /// Does it ask for nothing at all?
    pub fn is_empty(&self) -> bool {
        self.plan == Plan::default()
    }

    /// Does it name something that must be there?
    pub fn is_positive(&self) -> bool {
        !(self.plan.all.is_empty() && self.plan.any.is_empty())
    }

    /// The clauses that must be there.
    pub fn positive(&self) -> impl Iterator<Item = &PlanClause> {
        self.plan.all.iter().chain(&self.plan.any)
    }
}
