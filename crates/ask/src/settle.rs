//! Tidies the built steps: words are joined, steps that name nothing are dropped.

use rushes_plan::{Ask, Fuzziness, PlanClause, VectorSource};

use crate::build::{Atom, Built, DraftStep, Group};
use crate::clauses::dialogue;

/// Turns the steps into what a plan can express.
pub(crate) fn settle(built: &mut Built) {
    built.merge_meaning();
    built.drop_empty_steps();
    built.drop_bare_dialogue();
}

impl Built {
    /// Joins the words of a step that are searched by meaning into one clause.
    fn merge_meaning(&mut self) {
        for step in &mut self.steps {
            let mut merged: Option<Atom> = None;
            let mut rest = Vec::new();
            for atom in std::mem::take(&mut step.atoms) {
                let free = atom.clause.kind().is_none() && atom.group == Group::All;
                match (&mut merged, free) {
                    (Some(first), true) => {
                        join(&mut first.clause, &atom.clause);
                        first.items.extend(atom.items);
                    }
                    (None, true) => merged = Some(atom),
                    (_, false) => rest.push(atom),
                }
            }
            rest.extend(merged);
            step.atoms = rest;
        }
    }

    /// A step without anything that must be present cannot be searched: what it negates moves to its neighbour.
    fn drop_empty_steps(&mut self) {
        let mut kept: Vec<DraftStep> = Vec::new();
        for step in std::mem::take(&mut self.steps) {
            let positive = step.atoms.iter().any(|a| a.group != Group::None);
            if positive || kept.is_empty() {
                kept.push(step);
            } else {
                self.unused.extend(step.link);
                self.unused.extend(step.within.map(|(_, item)| item));
                if let Some(before) = kept.last_mut() {
                    before.atoms.extend(step.atoms);
                }
            }
        }
        if kept.len() > 1 && !kept[0].atoms.iter().any(|a| a.group != Group::None) {
            let first = kept.remove(0);
            self.unused.extend(kept[0].link.take());
            self.unused.extend(kept[0].within.take().map(|(_, item)| item));
            kept[0].atoms.extend(first.atoms);
        }
        self.steps = kept;
    }

    /// "the lines where Mara says …": what is said is dialogue already.
    fn drop_bare_dialogue(&mut self) {
        for step in &mut self.steps {
            let says = |a: &Atom| match &a.clause.ask {
                Some(Ask::Phrase { .. }) => true,
                Some(Ask::Text { .. } | Ask::Vector { .. }) => a.clause.kind().is_some(),
                _ => false,
            };
            if step.atoms.iter().any(|a| a.group != Group::None && says(a)) {
                let bare = dialogue();
                step.atoms.retain(|a| a.group == Group::None || a.clause != bare);
            }
        }
    }
}

/// Joins the words of two clauses.
fn join(first: &mut PlanClause, second: &PlanClause) {
    match (&mut first.ask, &second.ask) {
        (Some(Ask::Text { ask: own, .. }), Some(Ask::Text { ask, .. })) => {
            own.prefix = ask.prefix;
            if ask.fuzziness != Fuzziness::Exact {
                own.fuzziness = ask.fuzziness;
            }
            add(&mut own.text, &ask.text);
        }
        (Some(Ask::Vector { vector: own }), Some(Ask::Vector { vector })) => {
            if let (VectorSource::Text(own), VectorSource::Text(more)) = (&mut own.source, &vector.source) {
                add(own, more);
            }
            if let (Some(own), Some(more)) = (&mut own.options.words, &vector.options.words) {
                add(own, more);
            }
        }
        _ => {}
    }
}

fn add(own: &mut String, more: &str) {
    own.push(' ');
    own.push_str(more);
}
