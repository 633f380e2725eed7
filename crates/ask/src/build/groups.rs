//! Which group of a step a clause goes to: what is denied, and what is an alternative.

use rushes_plan::{Ask, PlanClause};

use super::{Builder, Group};
use crate::clauses::{dialogue, text};
use crate::item::ItemKind;

impl Builder<'_> {
    /// "Otto isn't in it": what was asked for last is denied, with what "and" or "or" joins to it.
    pub(super) fn deny_behind(&mut self, at: usize) {
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
                *own = left.labels.join(" or ");
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
                let asked = atoms.iter().any(|atom| atom.group != Group::None);
                or || ((and || (comma && asked)) && first.as_ref() == kind)
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
