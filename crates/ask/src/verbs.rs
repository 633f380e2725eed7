//! What somebody does, by the verb of a label: "singing" of `sing to (a person)`, in any form, mistyped too.

use rushes_plan::{Name, Target};
use rushes_types::known_types;

use crate::item::{Corrected, ItemKind};
use crate::languages::{Role, is_swapped};
use crate::mistyped::{MISTYPED_SURE_CHARS, TYPO_CHARS_MIN, TYPOS_MAX, fold};
use crate::names::{Run, Written};
use crate::question::Question;
use crate::sense::{FRAME, INFLECTED, MISTYPED, Sense};

/// What follows the verb of a label that has an object: `sing to (a person)`.
const VERB_ENDS: [&str; 8] = ["to", "on", "at", "with", "for", "into", "in", "from"];
/// What stands before one that names a part of the body: `hand wave`.
const VERB_HEADS: [&str; 2] = ["hand", "head"];
/// Is it a label of what is done, felt, heard or how it is shot: of neither people, places nor things?
pub(crate) fn is_deed(target: &Target) -> bool {
    const THINGS: [&str; 3] = [known_types::CHARACTER, known_types::SCENE, known_types::OBJECT];
    matches!(target, Target::Label { kind, .. } if !THINGS.contains(&kind.as_str()))
}

impl Question<'_> {
    /// "singing" is "sing to (a person)", "waving" is "hand wave": the verb of a label.
    pub fn weigh_verb(&self, at: usize, run: &Run, forms: &[(String, bool)], senses: &mut Vec<Sense>) {
        let direct = |(form, _): &(String, bool)| !self.lexicon.names().named(form).is_empty();
        if forms.iter().any(direct) {
            return;
        }
        for (form, _) in forms.iter().filter(|(form, _)| form.chars().count() > 2) {
            for key in verb_keys(form) {
                let labels: Vec<Name> = self
                    .lexicon
                    .names()
                    .named(&key)
                    .iter()
                    .filter(|name| is_deed(&name.target))
                    .cloned()
                    .collect();
                let written = Written::otherwise(INFLECTED, "the verb of a name");
                self.weigh(at, run.tokens, &labels, &written, senses);
            }
        }
    }

    /// Is the word, in any form, a label of neither people nor places?
    pub fn names_doing(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        let labelled = |form: &str| self.lexicon.shot_label(form).is_some();
        let is_verb = |form: &str| form.chars().count() > 2 && verb_keys(form).any(|key| labelled(&key));
        let forms = self.variants(&token.folded);
        self.work.names(forms.len() * VERB_ENDS.len());
        forms.iter().any(|(form, _)| labelled(form) || is_verb(form))
            || self.labels_meant(&token.folded).iter().any(|name| is_deed(&name.target))
    }

    /// "talking to Otto": a verb that usually frames is what somebody does, where it has a label and somebody follows.
    pub fn deed_toward(&self, at: usize, senses: &mut Vec<Sense>) {
        let toward = self.is(at + 1, Role::Toward).filter(|_| self.is_any(at, &[Role::Frame]));
        let Some(_) = toward.filter(|len| self.is_person(at + 1 + len) && self.is_doing(at)) else { return };
        let forms = self.variants(&self.tokens[at].folded);
        let named = |form: &str| {
            let keys = std::iter::once(form.to_owned()).chain(verb_keys(form));
            keys.filter_map(|key| self.lexicon.shot_label(&key)).next()
        };
        if let Some((kind, label)) = forms.iter().find_map(|(form, _)| named(form)) {
            let what = ItemKind::Label { kind, label, members: Vec::new() };
            senses.push(Sense::new(at, 1, what, FRAME - 4, "what is done toward somebody"));
        }
    }

    /// "lauging", "smilling": what somebody does, mistyped in another form. A wrong letter in a short verb makes another.
    pub fn mistyped_verb(&self, at: usize, typos: &mut usize, senses: &mut Vec<Sense>) {
        let word = &self.tokens[at].folded;
        if *typos >= TYPOS_MAX || self.is_said(at) || !self.is_english() {
            return;
        }
        *typos += 1;
        let names = self.lexicon.names();
        for stem in stems(word).filter(|stem| stem.chars().count() >= TYPO_CHARS_MIN) {
            let keys = VERB_ENDS.iter().map(|end| format!("{stem} {end}"));
            let near = std::iter::once((1, stem.clone())).chain(keys.map(|key| (2, key)));
            for (words, key) in near {
                let fits = |name: &&Name| {
                    let verb = fold(&name.written);
                    let verb = verb.split(' ').next().unwrap_or_default();
                    let same = verb.chars().count() == stem.chars().count();
                    let sure = !same || is_swapped(verb, &stem) || stem.chars().count() > MISTYPED_SURE_CHARS;
                    is_deed(&name.target) && sure && rushes_text::within(&stem, verb, 1).is_some()
                };
                let found: Vec<Name> = names.near(words, &key).iter().filter(fits).cloned().collect();
                let corrected = found.first().map(|name| Corrected::Typed(name.written.clone()));
                let written = Written { cost: MISTYPED, why: "what somebody does, mistyped", corrected };
                self.weigh(at, 1, &found, &written, senses);
            }
        }
    }
}

/// What a label may be called of which a word is the verb.
pub(crate) fn verb_keys(form: &str) -> impl Iterator<Item = String> {
    let ends = VERB_ENDS.iter().map(move |end| format!("{form} {end}"));
    ends.chain(VERB_HEADS.iter().map(move |head| format!("{head} {form}")))
}

/// What a word was before "ing" or "ed": "shooting" is "shoot", "waving" "wave", "running" "run".
pub(crate) fn stems(word: &str) -> impl Iterator<Item = String> {
    let bare = ["ing", "in", "ed"].iter().filter_map(|end| word.strip_suffix(end));
    bare.filter(|stem| stem.chars().count() > 2).flat_map(|stem| {
        let mut letters = stem.chars().rev();
        let doubled = letters.next() == letters.next();
        let single = doubled.then(|| stem.chars().take(stem.chars().count() - 1).collect::<String>());
        [Some(stem.to_owned()), Some(format!("{stem}e")), single].into_iter().flatten()
    })
}

/// What somebody is doing, of a stem: "cri" and "cry" become "crying", "danc" "dancing", "run" "running".
pub(crate) fn participles(stem: &str) -> impl Iterator<Item = String> {
    let plain = stem.strip_suffix('i').map_or_else(|| stem.to_owned(), |stem| format!("{stem}y"));
    let last = plain.chars().last().unwrap_or_default();
    [format!("{plain}ing"), format!("{plain}{last}ing")].into_iter()
}
