//! What words alone ask for: a question that goes on from another, read by itself.

use rushes_ask::{ParsedQuestion, Reading, ask};
use rushes_plan::{Knowledge, Mode, Plan, PlanClause, Predicate, Scope, Target, Warning};
use rushes_types::{Result, known_types};

use crate::facet::{Family, named};
use crate::pattern::words_of;
use crate::sentence::Sentence;
use crate::words::Words;

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
        let words = Words::built_in();
        // "Frankie saying it" says nothing of what is said, and "now" nothing at all.
        let quotes = Sentence::new(text).quotes();
        plan.all.retain(|clause| !is_filler(clause, quotes, words));
        plan.any.retain(|clause| !is_filler(clause, quotes, words));
        if plan.any.len() == 1 && plan.mode != Mode::Union {
            plan.all.append(&mut plan.any);
        }
        if let Some(scope) = title_looked_in(text, &plan, knowledge, words)? {
            plan = Plan { scope, ..Plan::default() };
        }
        if plan.mode == Mode::Union {
            plan.all.append(&mut plan.any);
            plan.mode = Mode::Intersection;
        }
        Ok(Self { plan, reading, warnings })
    }

    /// One clause, without words that were read.
    pub fn asking(clause: PlanClause) -> Self {
        let plan = Plan { all: vec![clause], ..Plan::default() };
        Self { plan, reading: Reading::default(), warnings: Vec::new() }
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

    /// Does it only describe, without a name that the archive knows?
    pub fn names_nothing(&self) -> bool {
        let describes = |clause: &PlanClause| clause.kind().is_none();
        self.is_positive() && self.positive().all(describes) && self.plan.none.is_empty()
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

/// Is it a line of which only "it" is known, or a description of words that only go on, as "now" and "him"?
fn is_filler(clause: &PlanClause, quotes: bool, words: &Words) -> bool {
    let said = words_of(&named(clause));
    match Family::of(clause, words) {
        // A quote is meant as it is written.
        Family::Spoken => !quotes && words.ones.contains(&said),
        Family::Meaning => !said.is_empty() && said.iter().all(|word| words.goes_on(word)),
        _ => false,
    }
}

/// "in Mercy", of a film that is called as somebody is: nobody is in a person.
fn title_looked_in(
    text: &str,
    plan: &Plan,
    knowledge: &dyn Knowledge,
    words: &Words,
) -> Result<Option<Scope>> {
    let said = words_of(text);
    let Some((first, name)) = said.split_first() else { return Ok(None) };
    let person = matches!(plan.all.as_slice(), [one] if one.kind() == Some(known_types::CHARACTER));
    let only = Plan { all: plan.all.clone(), ..Plan::default() } == *plan;
    if !(person && only && words.inside.contains(&vec![first.clone()])) {
        return Ok(None);
    }
    let names = knowledge.names()?;
    let titles = names.named(&name.join(" ")).iter().map(|name| &name.target);
    let mut scope = Scope::default();
    match titles.filter(|target| !target.is_label()).min() {
        Some(Target::Series(name)) => scope.series.push(name.clone()),
        Some(Target::Movie(name)) => scope.movies.push(name.clone()),
        Some(Target::Collection(name)) => scope.collections.push(name.clone()),
        Some(Target::Asset(name)) => scope.assets.push(name.clone()),
        Some(Target::Label { .. }) | None => return Ok(None),
    }
    Ok(Some(scope))
}
