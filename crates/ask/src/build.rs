//! Second pass: from items to steps of clauses, with scope and links.

mod groups;
mod words;

use std::collections::BTreeSet;

use rushes_plan::{Ask, PlanClause};
use rushes_types::known_types;
use rushes_types::limits::CLAUSES_MAX;

use crate::clauses::{dialogue, text};
use crate::item::{Item, ItemKind, ScopePart};
use crate::question::Question;

/// Which group of a step a clause goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    All,
    Any,
    None,
}

/// A clause with the items that it was made of.
#[derive(Debug, Clone)]
pub(crate) struct Atom {
    pub clause: PlanClause,
    pub group: Group,
    pub items: Vec<usize>,
    /// Labels of which each would do, where the clause has several.
    pub labels: Vec<String>,
}

/// A step of the sequence while the question is read: what must be present together.
#[derive(Debug, Clone, Default)]
pub(crate) struct DraftStep {
    pub atoms: Vec<Atom>,
    /// At most this long after the step before, in nanoseconds, and the item that says so.
    pub within: Option<(i64, usize)>,
    /// The item that made it follow.
    pub link: Option<usize>,
}

/// What the items say together.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// In the order of time.
    pub steps: Vec<DraftStep>,
    /// Something near which moments must be: how far, and the clause.
    pub near: Vec<(i64, Atom)>,
    /// Items of the scope that are excluded.
    pub excluded: BTreeSet<usize>,
    /// Items that say something that was not used.
    pub unused: BTreeSet<usize>,
}

struct Builder<'a> {
    question: &'a Question<'a>,
    items: &'a [Item],
    has_encoder: bool,
    built: Built,
    /// The step that new clauses go to.
    current: usize,
    /// While clauses are negated: the item of the "not", and the type of the last clause that it negated.
    not: Option<(usize, Option<Option<String>>)>,
    /// A distance that waits for the step that it belongs to.
    within: Option<(i64, usize)>,
    /// A distance between every two steps.
    each: Option<(i64, usize)>,
    /// A distance that waits for what must be near.
    near: Option<(i64, usize)>,
    /// "before X, Y" and "after X, Y": waits for the comma.
    leading: Option<(bool, usize)>,
    /// The step that the last "or" made its `any` in, and the item of that "or" while its right side is awaited.
    or: Option<usize>,
    /// The item after the last atom: the items from there on are checked for commas.
    last_atom: Option<usize>,
    last_comma: Option<usize>,
}

/// Builds steps from items.
pub(crate) fn build(question: &Question<'_>, items: &[Item], has_encoder: bool) -> Built {
    let mut builder = Builder {
        question,
        items,
        has_encoder,
        built: Built { steps: vec![DraftStep::default()], ..Built::default() },
        current: 0,
        not: None,
        within: None,
        each: None,
        near: None,
        leading: None,
        or: None,
        last_atom: None,
        last_comma: items.iter().rposition(|item| item.kind == ItemKind::Comma),
    };
    let mut at = 0;
    while at < items.len() {
        at = builder.item(at);
    }
    builder.finish()
}

impl Builder<'_> {
    fn step(&mut self) -> &mut DraftStep {
        // `current` is an index of a step that was made.
        let last = self.built.steps.len() - 1;
        &mut self.built.steps[self.current.min(last)]
    }

    /// Processes an item; returns the index of the next one.
    fn item(&mut self, at: usize) -> usize {
        let item = &self.items[at];
        self.question.work.parts(1);
        match &item.kind {
            ItemKind::Word => return self.words(at),
            ItemKind::Phrase(said) => self.said(said, None, at),
            ItemKind::Spoken(said) => self.said(said, Some(true), at),
            ItemKind::Line(said) => self.line(said, at),
            ItemKind::About(topics) => {
                for (n, topic) in topics.iter().enumerate() {
                    self.or = if n > 0 { Some(at) } else { self.or };
                    self.atom(dialogue().asking(text(topic.clone())), vec![at]);
                }
            }
            ItemKind::Dialogue => self.atom(dialogue(), vec![at]),
            // "a slam, then silence, then …": a step of its own cannot only deny.
            ItemKind::Silence if self.is_whole_step(at) => return self.words(at),
            ItemKind::Silence => {
                self.not = Some((at, None));
                self.atom(dialogue(), vec![at]);
                self.not = None;
            }
            ItemKind::Label { kind, label, members } => {
                if self.members(kind, members, at) {
                    return at + 1;
                }
                let ask = Ask::Label { label: label.clone(), labels: None };
                self.atom(PlanClause::of_type(kind).asking(ask), vec![at]);
            }
            ItemKind::Kind(kind) => self.atom(PlanClause::of_type(kind), vec![at]),
            ItemKind::Not => self.not = Some((at, None)),
            ItemKind::Or => self.or = Some(at),
            ItemKind::NotBehind => self.deny_behind(at),
            ItemKind::AboutBehind => self.talk_of_behind(at),
            ItemKind::Only => self.not = None,
            ItemKind::And | ItemKind::Frame | ItemKind::Idle => {}
            ItemKind::Comma | ItemKind::But => self.comma(),
            ItemKind::Nobody => {
                self.not = Some((at, None));
                self.atom(PlanClause::of_type(known_types::CHARACTER), vec![at]);
                self.not = None;
            }
            ItemKind::Then | ItemKind::Before | ItemKind::After => self.link(at),
            ItemKind::Within(ns) => self.distance(*ns, at),
            ItemKind::WithinEach(ns) => self.each = Some((*ns, at)),
            ItemKind::NearBehind(ns) => self.near_behind(*ns, at),
            ItemKind::Apart => self.part(at),
            ItemKind::Near(ns) => self.near = Some((*ns, at)),
            ItemKind::Scope(_) => {
                // "in Fog or Landfall" are both in the scope.
                let scoped = |or: usize| self.items[..or].iter().rev().find(|i| i.kind != ItemKind::Frame);
                self.or.take_if(|or| scoped(*or).is_some_and(|i| matches!(i.kind, ItemKind::Scope(_))));
                if self.denies_scope(at) || self.goes_on_excluding(at) {
                    self.built.excluded.insert(at);
                    self.not = None;
                }
            }
            ItemKind::Inexpressible(_) => {
                self.built.unused.insert(at);
            }
            ItemKind::Group(_)
            | ItemKind::Top(..)
            | ItemKind::Rank(_)
            | ItemKind::Limit(_)
            | ItemKind::Duration(_) => {}
            ItemKind::Window(_) | ItemKind::Confidence(_) | ItemKind::Union => {}
        }
        at + 1
    }

    /// "except in season 2": a "not" that has not negated anything yet.
    fn denies_scope(&self, at: usize) -> bool {
        matches!(self.not, Some((not, None))
            if self.items[not + 1..at].iter().all(|i| matches!(i.kind, ItemKind::Frame | ItemKind::Comma)))
    }

    /// "except in season 2 and season 4".
    fn goes_on_excluding(&self, at: usize) -> bool {
        let mut before = (0..at).rev().filter(|i| self.items[*i].kind != ItemKind::Frame);
        let joined =
            before.next().is_some_and(|i| matches!(self.items[i].kind, ItemKind::And | ItemKind::Or));
        joined && before.next().is_some_and(|i| self.built.excluded.contains(&i))
    }

    fn comma(&mut self) {
        if let Some((before, link)) =
            self.leading.take_if(|(_, link)| self.last_atom.is_some_and(|a| a > *link))
        {
            self.follow(!before, link);
        }
    }

    /// A sequence word: what came before is one step, what follows is another.
    fn link(&mut self, at: usize) {
        let (empty, what) = (self.step().atoms.is_empty(), &self.items[at].kind);
        self.not = None;
        self.or = None;
        if let Some((before, link)) = self.leading.take() {
            self.follow(!before, link);
        }
        match what {
            // "then at most 10 s later": said twice.
            ItemKind::Then if empty && self.within.is_some() && self.step().link.is_some() => {
                self.step().within = self.within.take();
            }
            ItemKind::Then if empty => {
                self.built.unused.insert(at);
            }
            ItemKind::Then | ItemKind::Before => {
                if empty {
                    self.leading = Some((true, at));
                } else {
                    self.follow(true, at);
                }
            }
            _ => {
                if empty {
                    self.leading = Some((false, at));
                } else {
                    self.follow(false, at);
                }
            }
        }
    }

    /// Begins a step after the current one, or before it.
    fn follow(&mut self, after: bool, link: usize) {
        if self.step().atoms.is_empty() {
            return;
        }
        let within = self.within.take();
        self.not = None;
        self.or = None;
        if after {
            let current = self.current + 1;
            self.built.steps.insert(current, DraftStep { link: Some(link), within, ..DraftStep::default() });
            self.current = current;
        } else {
            let later = self.step();
            let kept = (later.link.take(), later.within.take());
            (later.link, later.within) = (Some(link), within);
            let earlier = DraftStep { link: kept.0, within: kept.1, ..DraftStep::default() };
            let current = self.current;
            self.built.steps.insert(current, earlier);
        }
    }

    /// "within 10 s": of the link that comes next, else of the one before.
    fn distance(&mut self, ns: i64, at: usize) {
        let next = self.items[at + 1..].iter().find(|i| !matches!(i.kind, ItemKind::Frame));
        let comes =
            next.is_some_and(|i| matches!(i.kind, ItemKind::Then | ItemKind::Before | ItemKind::After));
        // With "A after B" the later of the two is the one behind the current step.
        let current = self.current;
        let linked = |step: Option<&DraftStep>| step.is_some_and(|s| s.link.is_some() && s.within.is_none());
        let before =
            self.items[..at].iter().rev().find(|i| !matches!(i.kind, ItemKind::Frame | ItemKind::Comma));
        if !comes && before.is_some_and(|i| i.kind == ItemKind::And) && !self.step().atoms.is_empty() {
            // "Otto, and within 15 s the captain".
            self.within = Some((ns, at));
            self.follow(true, at);
        } else if comes || self.built.steps.len() == 1 {
            self.within = Some((ns, at));
        } else if linked(self.built.steps.get(current)) {
            self.step().within = Some((ns, at));
        } else if linked(self.built.steps.get(current + 1)) {
            self.built.steps[current + 1].within = Some((ns, at));
        } else {
            self.within = Some((ns, at));
        }
    }

    /// A clause.
    fn atom(&mut self, clause: PlanClause, items: Vec<usize>) {
        let at = items.first().copied().unwrap_or(0);
        let last = self.last_atom.replace(items.last().copied().unwrap_or(at));
        if let Some((ns, near)) = self.near.take() {
            let items = std::iter::once(near).chain(items).collect();
            self.built.near.push((ns, Atom { clause, group: Group::All, items, labels: Vec::new() }));
            return;
        }
        if let Some((before, link)) = self.leading.take() {
            // "after "geese first" Otto": without a comma, one clause is what leads.
            if self.step().atoms.is_empty() || self.joins(last, at) {
                self.leading = Some((before, link));
            } else {
                self.follow(!before, link);
            }
        }
        let negated = self.denied(last, at, clause.common.kind.as_ref());
        let or = self.or.take();
        if !negated && or.is_some() && self.second_list(&clause, &items) {
            return;
        }
        let group = match (negated, or) {
            (true, _) => Group::None,
            (false, Some(or)) => self.alternative(or, clause.common.kind.as_ref()),
            (false, None) => Group::All,
        };
        let work = &self.question.work;
        let step = self.step();
        // Beyond what a plan takes nothing is kept.
        let kept = step.atoms.len().min(CLAUSES_MAX);
        work.parts(kept);
        match step.atoms[..kept].iter_mut().find(|a| a.group == group && a.clause == clause) {
            Some(known) => known.items.extend(items),
            None => step.atoms.push(Atom { clause, group, items, labels: Vec::new() }),
        }
    }

    /// Does a clause still belong to the leading part: is a comma to come, or are there words between it and the clause
    /// before?
    fn joins(&self, last: Option<usize>, at: usize) -> bool {
        let from = last.map_or(0, |l| l + 1);
        from < at || self.last_comma.is_some_and(|comma| comma > at)
    }

    fn finish(mut self) -> Built {
        if let Some((_, link)) = self.leading {
            self.built.unused.insert(link);
        }
        if let Some((ns, item)) = self.each {
            let linked = self.built.steps.iter_mut().filter(|step| step.link.is_some());
            let mut used = false;
            for step in linked {
                step.within.get_or_insert((ns, item));
                used = true;
            }
            if !used {
                self.built.unused.insert(item);
            }
        }
        if let Some((_, item)) = self.within.or(self.near) {
            self.built.unused.insert(item);
        }
        if let Some(or) = self.or {
            self.built.unused.insert(or);
        }
        if let Some((not, None)) = self.not {
            self.built.unused.insert(not);
        }
        self.built
    }
}

/// The parts of the scope, with whether they are excluded.
pub(crate) fn scope_parts<'i>(
    items: &'i [Item],
    built: &'i Built,
) -> impl Iterator<Item = (usize, &'i ScopePart, bool)> {
    items.iter().enumerate().filter_map(|(at, item)| match &item.kind {
        ItemKind::Scope(part) => Some((at, part, built.excluded.contains(&at))),
        _ => None,
    })
}
