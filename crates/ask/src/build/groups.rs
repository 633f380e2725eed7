//! Which group of a step a clause goes to: what is denied, and what is an alternative.

use rushes_plan::{Ask, PlanClause, Target};
use rushes_types::known_types;
use rushes_types::limits::CLAUSES_MAX;

use super::{Atom, Builder, Group};
use crate::clauses::{dialogue, text};
use crate::item::ItemKind;

impl Builder<'_> {
    /// "Otto isn't in it": what was asked for last is denied, with what "and" or "or" joins to it.
    pub(super) fn deny_behind(&mut self, at: usize) {
        if self.deny_topic(at) {
            return;
        }
        let items = self.items;
        let step = self.step();
        let (mut before, mut kind, mut denied) = (at, None, false);
        for atom in step.atoms.iter_mut().rev() {
            let last = atom.items.iter().max().copied().unwrap_or(0);
            let between = items.get(last + 1..before).unwrap_or_default();
            let joined = between.iter().any(|i| matches!(i.kind, ItemKind::And | ItemKind::Or))
                && between.iter().all(|i| matches!(i.kind, ItemKind::And | ItemKind::Or | ItemKind::Frame));
            if denied && !(joined && atom.clause.common.kind == kind) {
                break;
            }
            kind.clone_from(&atom.clause.common.kind);
            (atom.group, denied) = (Group::None, true);
            before = atom.items.iter().min().copied().unwrap_or(0);
        }
        if !denied {
            self.built.unused.insert(at);
        }
    }

    /// "talking about Otto while he isn't there": whoever is talked of is not seen.
    pub(super) fn deny_topic(&mut self, at: usize) -> bool {
        let Some(atom) = self.step().atoms.last() else { return false };
        let topic = match &atom.clause.ask {
            Some(Ask::Text { ask, .. }) if atom.clause.kind().is_some() => ask.text.clone(),
            _ => return false,
        };
        let key: Vec<String> = rushes_text::tokenise(&topic).into_iter().map(|token| token.folded).collect();
        let person =
            self.question.lexicon.names().named(&key.join(" ")).iter().find_map(|name| match &name.target {
                Target::Label { kind, label } if kind == known_types::CHARACTER => Some(label.clone()),
                _ => None,
            });
        let Some(label) = person else { return false };
        if let Some(Ask::Text { ask, .. }) = self.step().atoms.last_mut().and_then(|a| a.clause.ask.as_mut())
            && key.join(" ") == label.to_lowercase()
        {
            ask.text.clone_from(&label);
        }
        let clause = PlanClause::of_type(known_types::CHARACTER).asking(Ask::Label { label, labels: None });
        self.step().atoms.push(Atom { clause, group: Group::None, items: vec![at], labels: Vec::new() });
        true
    }

    /// The members of a group are alternatives, or all denied. Where there are alternatives already, the group stays
    /// one clause. Answers whether it did.
    pub(super) fn members(&mut self, kind: &str, members: &[String], at: usize) -> bool {
        let has_any = self.step().atoms.iter().any(|atom| atom.group == Group::Any);
        if members.is_empty() || self.near.is_some() || self.or.is_some() || (has_any && self.not.is_none()) {
            return false;
        }
        let last = self.last_atom;
        let before = self.not.clone();
        for (n, label) in members.iter().enumerate() {
            if n > 0 {
                // What holds of the first holds of each.
                (self.last_atom, self.not) = (last, before.clone());
                self.or = (self.not.is_none()).then_some(at);
            }
            let ask = Ask::Label { label: label.clone(), labels: None };
            self.atom(PlanClause::of_type(kind).asking(ask), vec![at]);
        }
        true
    }

    /// "Otto, at most 10 s away": what was asked for last is what moments must be near.
    pub(super) fn near_behind(&mut self, ns: i64, at: usize) {
        let step = self.step();
        let asked = step.atoms.iter().filter(|atom| atom.group == Group::All).count();
        match step.atoms.pop_if(|atom| atom.group == Group::All && asked > 1) {
            Some(mut atom) => {
                atom.items.push(at);
                self.built.near.push((ns, atom));
            }
            None => {
                self.built.unused.insert(at);
            }
        }
    }

    /// "Otto and Mara, whether together or not": each by itself.
    pub(super) fn part(&mut self, at: usize) {
        let step = self.step();
        let kind = step.atoms.last().map(|atom| atom.clause.common.kind.clone());
        let same =
            |atom: &&mut Atom| atom.group == Group::All && Some(&atom.clause.common.kind) == kind.as_ref();
        let mut parted = 0;
        for atom in step.atoms.iter_mut().filter(same) {
            (atom.group, parted) = (Group::Any, parted + 1);
        }
        if parted < 2 {
            self.built.unused.insert(at);
        }
    }

    /// Is there nothing else between two links?
    pub(super) fn is_whole_step(&self, at: usize) -> bool {
        let links =
            |i: &crate::item::Item| matches!(i.kind, ItemKind::Then | ItemKind::Before | ItemKind::After);
        let plain =
            |i: &&crate::item::Item| !matches!(i.kind, ItemKind::Frame | ItemKind::Comma | ItemKind::And);
        let before = self.items[..at].iter().rev().find(plain);
        let after = self.items[at + 1..].iter().find(plain);
        before.is_some_and(links) && after.is_none_or(links)
    }

    /// "money is mentioned": what was asked for last is what people talk about.
    pub(super) fn talk_of_behind(&mut self, at: usize) {
        let last = self.step().atoms.last_mut();
        let words = last.as_ref().and_then(|atom| match &atom.clause.ask {
            Some(Ask::Label { label, .. }) => Some(label.clone()),
            Some(Ask::Text { ask, .. }) if atom.clause.kind().is_none() => Some(ask.text.clone()),
            Some(Ask::Vector { vector }) if atom.clause.kind().is_none() => vector.options.words.clone(),
            _ => None,
        });
        // Behind a quote it only frames.
        if let Some((atom, words)) = last.zip(words) {
            atom.clause = dialogue().asking(text(words));
            atom.items.push(at);
        }
    }

    /// A step has one list of alternatives. In a second one, labels of one type become one clause that takes each.
    pub(super) fn second_list(&mut self, clause: &PlanClause, items: &[usize]) -> bool {
        let step = self.step();
        let has_any = step.atoms.iter().any(|a| a.group == Group::Any);
        let Some(left) = step.atoms.last_mut().filter(|a| has_any && a.group == Group::All) else {
            return false;
        };
        match (&mut left.clause.ask, &clause.ask) {
            (Some(Ask::Label { label: own, .. }), Some(Ask::Label { label, .. }))
                if left.clause.common == clause.common =>
            {
                if left.labels.is_empty() {
                    left.labels.push(own.clone());
                }
                left.labels.push(label.clone());
                own.push_str(" or ");
                own.push_str(label);
                left.items.extend_from_slice(items);
                true
            }
            _ => false,
        }
    }

    /// Is a clause negated? A "not" negates one clause, and those joined to it by "or", "nor", "and" or a comma.
    pub(super) fn denied(&mut self, last: Option<usize>, at: usize, kind: Option<&String>) -> bool {
        let Some((not, denied)) = &self.not else { return false };
        let goes_on = match denied {
            None => true,
            Some(first) => {
                let from = last.map_or(not + 1, |l| l + 1);
                let between = self.items.get(from..at).unwrap_or_default();
                let or = between.iter().any(|i| i.kind == ItemKind::Or);
                let and = between.iter().any(|i| i.kind == ItemKind::And);
                let comma = between.iter().any(|i| matches!(i.kind, ItemKind::Comma | ItemKind::But));
                // "without Otto, Mara": after what is denied comes what is asked for.
                let atoms = self.built.steps.get(self.current).map_or(&[][..], |step| &step.atoms);
                let asked = || atoms.iter().take(CLAUSES_MAX).any(|atom| atom.group != Group::None);
                or || (first.as_ref() == kind && (and || (comma && asked())))
            }
        };
        self.not = goes_on.then(|| (*not, Some(kind.cloned())));
        if goes_on {
            self.or = None;
        }
        goes_on
    }

    /// An "or" puts the clause before it, with those in its list, and the one after it under `any`.
    pub(super) fn alternative(&mut self, or: usize, kind: Option<&String>) -> Group {
        let step = self.step();
        let has_any = step.atoms.iter().any(|a| a.group == Group::Any);
        let Some(left) = step.atoms.last().filter(|a| a.group != Group::None) else {
            self.built.unused.insert(or);
            return Group::All;
        };
        if left.group == Group::Any {
            return Group::Any;
        }
        if has_any {
            // A step has one list of alternatives.
            self.built.unused.insert(or);
            return Group::All;
        }
        let left_kind = left.clause.common.kind.clone();
        let items = self.items;
        let (mut before, mut is_left) = (or, true);
        for atom in self.step().atoms.iter_mut().rev() {
            let last = atom.items.iter().max().copied().unwrap_or(0);
            let between = items.get(last + 1..before).unwrap_or_default();
            let listed = std::mem::take(&mut is_left)
                || (between.iter().all(|i| matches!(i.kind, ItemKind::Comma | ItemKind::Frame))
                    && between.iter().any(|i| i.kind == ItemKind::Comma)
                    && atom.clause.common.kind == left_kind
                    && kind == left_kind.as_ref());
            if !listed || atom.group != Group::All {
                break;
            }
            atom.group = Group::Any;
            before = atom.items.iter().min().copied().unwrap_or(0);
        }
        Group::Any
    }
}
