//! Changes of a plan: what comes in, takes the place of something, goes, or must not be there.

use rushes_plan::{Mode, Plan, PlanClause, Warning};
use rushes_types::known_types;

use crate::facet::{Family, named, same};
use crate::limits::merge_tests;
use crate::scope::{Scoping, merge_scope};
use crate::words::Words;

/// How what is said comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coming {
    /// Beside what is there; of what a moment has only one, in its place.
    Beside,
    /// Beside what is there, or as an alternative to it: "also".
    Also,
    /// As an alternative: "or".
    Either,
    /// Of its kind, nothing else: "only".
    Only,
    /// In the place of what answered the same question: "the same with".
    Instead,
}

/// A plan that is being changed.
#[derive(Debug)]
pub(crate) struct Edit<'w> {
    pub plan: Plan,
    pub words: &'w Words,
    /// What the plan before the last one did not ask: what was said last is corrected first.
    pub latest: Vec<PlanClause>,
    /// People of earlier plans who are not in this one, the last first.
    pub earlier: Vec<PlanClause>,
    pub warnings: Vec<Warning>,
}

impl Edit<'_> {
    pub fn warn(&mut self, code: &'static str, message: impl Into<String>) {
        self.warnings.push(Warning::new(code, "/say", message));
    }

    pub fn family(&self, clause: &PlanClause) -> Family {
        Family::of(clause, self.words)
    }

    /// Is anything asked for that must be there?
    pub fn is_empty(&self) -> bool {
        self.plan.all.is_empty() && self.plan.any.is_empty()
    }

    /// Brings in all that another plan asks.
    pub fn bring(&mut self, said: &Plan, coming: Coming) {
        if said.mode == Mode::Union && self.plan.mode != Mode::Union {
            self.plan.mode = Mode::Union;
            let mut all = std::mem::take(&mut self.plan.all);
            self.plan.any.append(&mut all);
        }
        self.positive(&said.all, coming);
        self.alternatives(&said.any, coming);
        for clause in &said.none {
            self.deny(clause);
        }
        self.plan.then.extend(said.then.iter().cloned());
        let scoping = match coming {
            Coming::Also | Coming::Either => Scoping::Widen,
            _ => Scoping::Set,
        };
        merge_scope(&mut self.plan.scope, &said.scope, scoping);
        merge_tests(&mut self.plan, said);
    }

    fn positive(&mut self, said: &[PlanClause], coming: Coming) {
        let families: Vec<Family> = said.iter().map(|clause| self.family(clause)).collect();
        // Several of a kind take the place of all of the kind.
        let mut done: Vec<&Family> = Vec::new();
        for family in &families {
            if done.contains(&family) {
                continue;
            }
            done.push(family);
            let of: Vec<PlanClause> = said
                .iter()
                .zip(&families)
                .filter(|(_, f)| *f == family)
                .map(|(clause, _)| clause.clone())
                .collect();
            self.one_family(of, family, coming);
        }
    }

    fn one_family(&mut self, of: Vec<PlanClause>, family: &Family, coming: Coming) {
        for clause in &of {
            self.plan.none.retain(|denied| !same(denied, clause));
        }
        let own = self.of_family(family);
        let takes_all = match coming {
            Coming::Only => family.is_exclusive() || family.is_person() || of.iter().all(|c| self.asks(c)),
            // Of alternatives, and of what is narrowed to one of them, all go.
            Coming::Instead => {
                let in_any = own.iter().all(|place| matches!(place, Place::Any(_) | Place::ThenAny(..)));
                of.len() >= own.len() || in_any || of.iter().any(|clause| self.asks(clause))
            }
            Coming::Beside => family.is_exclusive() && of.len() == 1,
            Coming::Also | Coming::Either => false,
        };
        match coming {
            Coming::Either => self.or_else(of, family),
            Coming::Also if family.is_exclusive() && !own.is_empty() => self.or_else(of, family),
            _ if takes_all && !own.is_empty() => self.replace_all(of, &own),
            Coming::Instead if !own.is_empty() => {
                let at = self.likeliest(&own, &of);
                self.replace_all(of, &[at]);
            }
            Coming::Instead => {
                self.take_meant(&of);
                of.into_iter().for_each(|clause| self.put(clause));
            }
            _ => of.into_iter().for_each(|clause| self.put(clause)),
        }
    }

    /// Is the clause asked for already?
    pub fn asks(&self, clause: &PlanClause) -> bool {
        self.plan.all.iter().chain(&self.plan.any).any(|own| same(own, clause))
    }

    /// Must the clause not be there?
    pub fn denies(&self, clause: &PlanClause) -> bool {
        self.plan.none.iter().any(|own| same(own, clause))
    }

    /// The clauses of a family, by their places: of the first step, then of those that follow.
    pub fn of_family(&self, family: &Family) -> Vec<Place> {
        let mut places = Vec::new();
        self.each(|place, clause| {
            if self.family(clause) == *family {
                places.push(place);
            }
        });
        places
    }

    pub fn each(&self, mut look: impl FnMut(Place, &PlanClause)) {
        self.plan.all.iter().enumerate().for_each(|(i, clause)| look(Place::All(i), clause));
        self.plan.any.iter().enumerate().for_each(|(i, clause)| look(Place::Any(i), clause));
        for (step, then) in self.plan.then.iter().enumerate() {
            then.all.iter().enumerate().for_each(|(i, clause)| look(Place::ThenAll(step, i), clause));
            then.any.iter().enumerate().for_each(|(i, clause)| look(Place::ThenAny(step, i), clause));
        }
    }

    pub fn at(&self, place: Place) -> Option<&PlanClause> {
        match place {
            Place::All(i) => self.plan.all.get(i),
            Place::Any(i) => self.plan.any.get(i),
            Place::ThenAll(step, i) => self.plan.then.get(step)?.all.get(i),
            Place::ThenAny(step, i) => self.plan.then.get(step)?.any.get(i),
        }
    }

    /// Of several clauses the one that a correction or an exchange means: one that shares a word with it, else what came
    /// last, else the last.
    pub fn likeliest(&self, own: &[Place], of: &[PlanClause]) -> Place {
        let words = |clause: &PlanClause| crate::pattern::words_of(&named(clause));
        let new: Vec<String> = of.iter().flat_map(words).collect();
        let shares = |place: &&Place| {
            self.at(**place).is_some_and(|clause| words(clause).iter().any(|word| new.contains(word)))
        };
        let latest = |place: &&Place| {
            self.at(**place).is_some_and(|clause| self.latest.iter().any(|late| same(late, clause)))
        };
        let found = own.iter().find(shares).or_else(|| own.iter().rev().find(latest)).or(own.last());
        found.copied().unwrap_or(Place::All(0))
    }

    /// Puts clauses where others were; the first place takes them all, unless each has its own.
    pub fn replace_all(&mut self, of: Vec<PlanClause>, places: &[Place]) {
        let one_each = of.len() == places.len();
        let mut new = of.into_iter();
        let mut gone: Vec<Place> = Vec::new();
        for place in places {
            if one_each {
                if let (Some(clause), Some(own)) = (new.next(), self.slot(*place)) {
                    *own = clause;
                }
            } else {
                gone.push(*place);
            }
        }
        if one_each {
            return;
        }
        let first = places.first().copied();
        self.take(&gone);
        for clause in new {
            match first {
                Some(Place::ThenAll(step, _) | Place::ThenAny(step, _)) if self.plan.then.len() > step => {
                    self.plan.then[step].all.push(clause);
                }
                Some(Place::Any(_)) if !self.plan.any.is_empty() => self.plan.any.push(clause),
                _ => self.put(clause),
            }
        }
        self.drop_empty_steps();
    }

    fn slot(&mut self, place: Place) -> Option<&mut PlanClause> {
        match place {
            Place::All(i) => self.plan.all.get_mut(i),
            Place::Any(i) => self.plan.any.get_mut(i),
            Place::ThenAll(step, i) => self.plan.then.get_mut(step)?.all.get_mut(i),
            Place::ThenAny(step, i) => self.plan.then.get_mut(step)?.any.get_mut(i),
        }
    }

    pub fn put(&mut self, clause: PlanClause) {
        if self.asks(&clause) {
            return;
        }
        // "all shots" stood for nothing being named.
        let shots = PlanClause::of_type(known_types::SHOT);
        self.plan.all.retain(|own| !same(own, &shots));
        if self.plan.mode == Mode::Union {
            self.plan.any.push(clause);
        } else {
            self.plan.all.push(clause);
        }
    }

    /// Takes clauses out.
    pub fn take(&mut self, places: &[Place]) {
        let keep = |list: &mut Vec<PlanClause>, at: &dyn Fn(usize) -> Place| {
            let mut i = 0;
            list.retain(|_| {
                i += 1;
                !places.contains(&at(i - 1))
            });
        };
        keep(&mut self.plan.all, &Place::All);
        keep(&mut self.plan.any, &Place::Any);
        for (step, then) in self.plan.then.iter_mut().enumerate() {
            keep(&mut then.all, &|i| Place::ThenAll(step, i));
            keep(&mut then.any, &|i| Place::ThenAny(step, i));
        }
        // One alternative is none.
        if self.plan.any.len() == 1 && self.plan.mode != Mode::Union {
            self.plan.all.append(&mut self.plan.any);
        }
    }

    pub fn drop_empty_steps(&mut self) {
        self.plan.then.retain(|step| !(step.all.is_empty() && step.any.is_empty()));
        if self.is_empty() && !self.plan.then.is_empty() {
            let first = self.plan.then.remove(0);
            self.plan.all = first.all;
            self.plan.any = first.any;
            self.plan.none.extend(first.none);
        }
    }

    /// Alternatives, all in one list.
    fn alternatives(&mut self, said: &[PlanClause], coming: Coming) {
        let Some(first) = said.first() else { return };
        let family = self.family(first);
        let own = self.of_family(&family);
        let takes = family.is_exclusive() || matches!(coming, Coming::Only | Coming::Instead);
        if takes {
            self.take(&own);
        }
        let other = self.plan.any.iter().any(|clause| self.family(clause) != family);
        if other && coming != Coming::Either {
            self.warn(
                "not_understood",
                "a plan has one list of alternatives: it has one more choice in it now",
            );
        }
        for clause in said {
            if !self.asks(clause) {
                self.plan.any.push(clause.clone());
            }
        }
    }

    /// Makes clauses alternatives to what answers the same question, else to what came last.
    fn or_else(&mut self, of: Vec<PlanClause>, family: &Family) {
        let own: Vec<Place> =
            self.of_family(family).into_iter().filter(|place| matches!(place, Place::All(_))).collect();
        let in_any = self.plan.any.iter().any(|clause| self.family(clause) == *family);
        if !in_any {
            let from = match own.as_slice() {
                [] => self.plan.all.len().checked_sub(1),
                own => match self.likeliest(own, &of) {
                    Place::All(i) => Some(i),
                    _ => None,
                },
            };
            if let Some(i) = from.filter(|i| *i < self.plan.all.len()) {
                if !self.plan.any.is_empty() {
                    self.warn(
                        "not_understood",
                        "a plan has one list of alternatives: it has one more choice in it now",
                    );
                }
                let clause = self.plan.all.remove(i);
                self.plan.any.push(clause);
            }
        }
        for clause in of {
            if !self.plan.any.iter().any(|own| same(own, &clause)) {
                self.plan.any.push(clause);
            }
        }
    }

    /// What must not be there; what asked for it goes.
    pub fn deny(&mut self, clause: &PlanClause) {
        let mut places = Vec::new();
        self.each(|place, own| {
            if same(own, clause) {
                places.push(place);
            }
        });
        self.take(&places);
        self.drop_empty_steps();
        if !self.plan.none.iter().any(|denied| same(denied, clause)) {
            self.plan.none.push(clause.clone());
        }
    }

    /// Where nothing is named any more but the rest narrows something: all shots.
    pub fn settle(&mut self) {
        if !self.is_empty() {
            return;
        }
        let bare = Plan { any: Vec::new(), all: Vec::new(), ..self.plan.clone() };
        if bare != Plan::default() {
            self.plan.all.push(PlanClause::of_type(known_types::SHOT));
        }
    }
}

/// Where a clause stands that must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    All(usize),
    Any(usize),
    ThenAll(usize, usize),
    ThenAny(usize, usize),
}
