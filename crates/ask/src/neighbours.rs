//! What tells a name from the same words: what stands beside it, and what it is the title of.

use rushes_plan::{NAME_WORDS_MAX, Name, Target};
use rushes_types::known_types;

use crate::item::ItemKind;
use crate::languages::{Found, Role};
use crate::marked_names::REEL_CHARS_MIN;
use crate::names::further;
use crate::question::Question;
use crate::sense::{FRAME, MENTION, NAME, Sense};

/// Words in brackets behind a name that only say which it is.
const ASIDE_WORDS_MAX: usize = 4;
/// How far from the word for a type a label of it tells which is meant.
const KIND_TOKENS_MAX: usize = 4;
/// Types whose labels are brands.
const BRANDS: [&str; 2] = ["LOGO_SEARCH", "BRAND_SEARCH"];
/// How far before a bound its number stands: "15 sec max".
const BOUND_TOKENS_MAX: usize = 3;

impl Question<'_> {
    /// A title of several words is a name; of one word it takes a place, a noun or a capital before it is likelier
    /// than the word.
    pub fn title_cost(&self, at: usize, len: usize) -> (i32, &'static str) {
        if self.is_mention(at) {
            return (MENTION, "marked as a name");
        }
        if len > 1 {
            let parts: &[Role] = &[Role::Not, Role::Then, Role::Before, Role::After, Role::Or, Role::Last];
            let structural =
                (at..at + len).any(|i| self.is_any(i, parts)) && !(self.is_capital(at) && self.has_case);
            // "Clara and Jonas" are two people, before a colon their film.
            let pair = self.mark(at + len) != Some(':') && self.is_joint(at, len, known_types::CHARACTER);
            // "the goldfish" is the thing, "The Goldfish" may be the episode.
            let thing = len > 1
                && !self.is_capital(at)
                && self.is_any(at, &[Role::Every])
                && self
                    .exact(at + 1)
                    .is_some_and(|(more, names)| more + 1 == len && names[0].target.is_label());
            let doubt = if (structural || pair || thing) && self.tokens.len() > len { 70 } else { 0 };
            return (NAME + further(len) + doubt, "a title");
        }
        let tells = (at == 0 && self.is_capital(at)) || self.phrases(at).next().is_none();
        if tells && self.is_scoped_series(at) {
            return (FRAME - 6, "a series before its season");
        }
        // An id, such as "s03e02b".
        let word = &self.tokens[at].folded;
        if word.len() > REEL_CHARS_MIN
            && word.contains(|c: char| c.is_ascii_digit())
            && word.contains(|c: char| c.is_alphabetic())
        {
            return (NAME, "an id");
        }
        let number = self.tokens[at].folded.bytes().all(|b| b.is_ascii_digit());
        let capital = self.is_capital(at) && self.has_case;
        let frames = self.phrases(at).any(|found| found.len == len && !found.repaired);
        let heads = at == 0 && self.is_capital(at) && matches!(self.mark(1), Some(',' | ':'));
        let cost = match (number || capital, frames, self.is_said(at)) {
            _ if self.tokens.len() == 1 => NAME,
            // "Us: Mara"
            (true, true, _) if heads && self.mark(1) == Some(':') => 20,
            // "Home, the terrace"
            (_, false, _) if heads => 60,
            // "of Us" among words without capitals
            (true, true, _) if at > 0 && self.is_any(at - 1, &[Role::Of, Role::Not, Role::Titled]) => 26,
            (true, true, _) => 55,
            (true, false, said) => 60 + 35 * i32::from(said && !number),
            (false, true, _) => 122,
            (false, false, said) => 100 + 25 * i32::from(said),
        };
        (cost, "a title of one word")
    }

    /// "Us, season 2": does a season follow?
    pub fn is_scoped_series(&self, at: usize) -> bool {
        let next = at + 1 + usize::from(self.mark(at + 1) == Some(','));
        let key = &self.tokens[at].folded;
        let named = self.lexicon.names().named(key);
        named.iter().any(|name| matches!(name.target, Target::Series(_)))
            && !named.iter().any(|name| name.target.is_label())
            && self.scope(next).is_some()
    }

    /// "shots of Will and May", "Will running": a verb stands neither behind "of" nor before "and", "in" or a participle.
    pub fn is_modal_name(&self, at: usize, len: usize) -> bool {
        let next = at + len;
        if self.is(at, Role::Modal) != Some(len) {
            return false;
        }
        let ends = |end: &str| self.tokens.get(next).is_some_and(|token| token.folded.ends_with(end));
        // "will kisses", but "will kiss"
        let doing = ends("ing") || (ends("s") && self.is_doing(next));
        let behind = |i: usize| {
            self.is_any(i, &[Role::Of, Role::With]) || (self.is_any(i, &[Role::And, Role::Or]) && i > 0)
        };
        let joins = next < self.tokens.len() && self.is_any(next, &[Role::And, Role::Or, Role::Place]);
        doing || joins || at.checked_sub(1).is_some_and(behind)
    }

    /// "logo" beside a brand that is a label of logos: the word for its type.
    pub fn kind_at(&self, at: usize, kind: &str) -> Option<usize> {
        let word = &self.tokens.get(at)?.folded;
        let name = kind.trim_end_matches("_SEARCH").to_lowercase();
        let brand = ["logo", "brand", "sponsor"].contains(&name.as_str());
        if let Some(len) = self.is(at, Role::Brand).filter(|_| brand) {
            return Some(len);
        }
        (*word == name || word.strip_suffix('s') == Some(&name)).then_some(1)
    }

    /// "any logo", "emotions": all labels of a type that is no part of the usual ones.
    pub fn kind_alone(&self, at: usize) -> Option<String> {
        const USUAL: [&str; 6] = ["CHARACTER", "SCENE", "OBJECT", "DIALOGUE", "SHOT", "MOVEMENT"];
        let word = self.tokens.get(at).filter(|_| self.is_word(at))?.folded.to_uppercase();
        let one = word.strip_suffix('S').unwrap_or(&word);
        let every = at.checked_sub(1).is_some_and(|i| self.is_any(i, &[Role::Every, Role::Not]));
        let asked = (one != word || every) && !USUAL.contains(&one) && self.exact(at).is_none();
        // "logos and brands"
        let brand = self.is_any(at, &[Role::Brand]).then(|| BRANDS.map(str::to_owned)).into_iter().flatten();
        let kinds = [format!("{one}_SEARCH"), one.to_owned()].into_iter().chain(brand);
        let known = kinds.filter(|_| asked).find(|kind| self.lexicon.names().most(kind) > 0)?;
        // "the sound of rain" names one of them.
        let near = at.saturating_sub(KIND_TOKENS_MAX)..at + KIND_TOKENS_MAX;
        let of_kind = |name: &Name| matches!(&name.target, Target::Label { kind, .. } if *kind == known);
        let named = near.clone().any(|i| self.exact(i).is_some_and(|(_, names)| names.iter().any(of_kind)));
        (!named).then_some(known)
    }

    /// "sponsor Sky Tyres": the same before it.
    pub fn kind_before(&self, at: usize, senses: &mut Vec<Sense>) {
        // "the sound of rain"
        let of = self.is(at + 1, Role::Of).unwrap_or(0);
        let named = self.exact(at + 1 + of).map_or(&[][..], |(_, names)| names);
        let told = named.iter().any(|name| match &name.target {
            Target::Label { kind, .. } => self.kind_at(at, kind).is_some(),
            _ => false,
        });
        if told {
            senses.push(Sense::new(at, 1, ItemKind::Frame, FRAME, "the type of the name behind it"));
        }
    }

    /// "no art and no max": a bound with no number before or behind it.
    pub fn counts_nothing(&self, at: usize, len: usize) -> bool {
        const BOUNDS: &[Role] = &[Role::AtMost, Role::AtLeast, Role::OrMore, Role::OrLess, Role::Within];
        let framed =
            |found: Found| found.len == len && !found.role.is_plain() && !BOUNDS.contains(&found.role);
        let counted = |i: usize| self.number(i).is_some() || self.duration(i).is_some();
        let before = (at.saturating_sub(BOUND_TOKENS_MAX)..at).any(counted);
        let next = self.skip_frames(at + len);
        self.is_any(at, BOUNDS)
            && !self.phrases(at).any(framed)
            && !(before || counted(at + len) || counted(next) || self.is_any(next, &[Role::Confidence]))
    }

    /// "the sky", "some guy": a part of somebody's name, in small letters behind an article.
    pub fn is_common_noun(&self, at: usize, len: usize, name: &Name) -> bool {
        let article = |i: usize| {
            self.is_any(i, &[Role::One, Role::Every])
                && !self.is_any(i, &[Role::And, Role::Noun, Role::Nouns])
        };
        let Target::Label { label, .. } = &name.target else { return false };
        let part = label.contains(' ') && label.split(' ').any(|word| word == name.written);
        len == 1 && part && !self.is_capital(at) && at.checked_sub(1).is_some_and(article)
    }

    /// ", outside,": nothing that the word could belong to.
    pub fn stands_between_marks(&self, at: usize, next: usize) -> bool {
        let ends = |at: usize| matches!(self.mark(at), Some(',' | ':' | ';' | '.'));
        at.checked_sub(1).is_some_and(ends) && (next >= self.tokens.len() || ends(next))
    }

    /// "Robin the presenter": a name with another name of the same behind it.
    pub fn apposed(&self, at: usize, senses: &mut Vec<Sense>) {
        let Some((len, names)) = self.exact(at) else { return };
        let Some((more, others)) = self.exact(at + len) else { return };
        let same = |name: &&Name| others.iter().any(|other| other.target == name.target);
        if let Some(Target::Label { kind, label }) = names.iter().find(same).map(|name| &name.target) {
            let what = ItemKind::Label { kind: kind.clone(), label: label.clone(), members: Vec::new() };
            senses.push(Sense::new(at, len + more, what, NAME, "a name, told twice"));
        }
    }

    /// "(the bird)" behind a name that several have.
    pub fn aside(&self, at: usize) -> Option<(usize, ItemKind)> {
        let begins = self.mark(at) == Some('(') && at > 0;
        let named = (at.saturating_sub(NAME_WORDS_MAX)..at).any(|i| {
            self.exact(i).is_some_and(|(len, names)| {
                i + len == at && names.iter().filter(|n| n.target.is_label()).count() > 1
            })
        });
        let words = (at + 1..).take(ASIDE_WORDS_MAX).take_while(|i| self.is_word(*i)).count();
        let ends = self.mark(at + 1 + words) == Some(')');
        (begins && named && words > 0 && ends).then_some((words + 2, ItemKind::Idle))
    }
}
