//! Who is meant by what stands beside a name: the part that an actor plays, a relative of somebody.

use rushes_plan::{Name, Target};
use rushes_types::known_types;

use crate::item::ItemKind;
use crate::languages::Role;
use crate::question::Question;
use crate::sense::{FRAME, NAME, Sense};

/// Words between an actor and the parts that are told.
const PARTS_TOKENS_MAX: usize = 12;
/// Words between somebody and "her dad".
const RELATIVE_TOKENS_MAX: usize = 8;

impl Question<'_> {
    fn people(&self, at: usize) -> Option<(usize, Vec<&Name>)> {
        let (len, names) = self.exact(at)?;
        let person = |name: &&Name| matches!(&name.target, Target::Label { kind, .. } if kind == known_types::CHARACTER);
        let people: Vec<&Name> = names.iter().filter(person).collect();
        (!people.is_empty()).then_some((len, people))
    }

    /// "Lisa Kudrow in the role of Ursula" is only that part of hers. Where the parts stand further on, as in
    /// "David Schwimmer, as Ross or as Russ", the name of the actor only frames them.
    pub fn played(&self, at: usize, senses: &mut Vec<Sense>) {
        let Some((len, actor)) = self.people(at) else { return };
        let part = |from: usize| {
            let name = from + self.is(from, Role::PartOf)?;
            let (more, names) = self.people(name)?;
            let both = actor.iter().find(|own| names.iter().any(|name| name.target == own.target));
            Some((name + more, both?.target.clone()))
        };
        if let Some((end, Target::Label { kind, label })) = part(at + len) {
            let what = ItemKind::Label { kind, label, members: Vec::new() };
            senses.push(Sense::new(at, end - at, what, NAME, "an actor in a part"));
        } else if actor.len() > 1 && (at + len..at + len + PARTS_TOKENS_MAX).any(|i| part(i).is_some()) {
            senses.push(Sense::new(at, len, ItemKind::Frame, FRAME, "an actor, whose parts follow"));
        }
    }

    /// "Monica and her dad": the one who is called Monica's dad.
    pub fn related(&self, at: usize, senses: &mut Vec<Sense>) {
        let Some(token) = self.tokens.get(at + 1).filter(|_| self.is_any(at, &[Role::Possessive])) else {
            return;
        };
        let owners = (at.saturating_sub(RELATIVE_TOKENS_MAX)..at).rev();
        let called = |i: usize| {
            self.people(i)?;
            let first = &self.tokens[i].folded;
            let keys = [format!("{first}s {}", token.folded), format!("{first} s {}", token.folded)];
            self.work.names(keys.len());
            keys.iter().flat_map(|key| self.lexicon.names().named(key)).next()
        };
        if let Some(Target::Label { kind, label }) =
            owners.into_iter().find_map(called).map(|name| &name.target)
        {
            let what = ItemKind::Label { kind: kind.clone(), label: label.clone(), members: Vec::new() };
            senses.push(Sense::new(at, 2, what, NAME, "who belongs to somebody"));
        }
    }
}
