//! Second step: names of people, places, things and titles, inflected and mistyped ones too.

use rushes_plan::{NAME_WORDS_MAX, Name, Target};
use rushes_text::{Forms, Language};
use rushes_types::known_types;

use crate::grammar::Sense;
use crate::scan::{ItemKind, Scanner, ScopePart};
use crate::token::{Kind, tokens};

/// Most words of a question that are checked against all names for typing mistakes.
const TYPOS_MAX: usize = 48;
/// Fewer letters make no mistyped name.
const TYPO_CHARS_MIN: usize = 4;
/// Words of a name that may be mistyped.
const TYPO_WORDS_MAX: usize = 3;

/// A name found at a token.
pub(crate) struct NameMatch {
    pub tokens: usize,
    pub item: ItemKind,
    pub corrected: Option<String>,
    pub also: Vec<String>,
}

impl<'q> Scanner<'q> {
    pub fn is_capital(&self, at: usize) -> bool {
        let token = self.tokens.get(at).and_then(|t| self.text.get(t.start..t.end));
        token.and_then(|t| t.chars().next()).is_some_and(char::is_uppercase)
    }

    /// The keys of the next 1 … n words, each with its length in tokens; a hyphen or a full stop may stand between words.
    fn keys(&self, at: usize, words_max: usize) -> Vec<(usize, String)> {
        let mut keys: Vec<(usize, String)> = Vec::new();
        let mut key = String::new();
        let mut i = at;
        while keys.len() < words_max {
            match self.tokens.get(i).map(|t| &t.kind) {
                Some(Kind::Word) => {
                    if !key.is_empty() {
                        key.push(' ');
                    }
                    key.push_str(&self.tokens[i].folded);
                    keys.push((i + 1 - at, key.clone()));
                }
                Some(Kind::Mark('-' | '–' | '.' | '&' | '/'))
                    if !key.is_empty() && i + 1 < self.tokens.len() => {}
                _ => break,
            }
            i += 1;
        }
        keys
    }

    /// The longest run of words that is exactly a name.
    pub fn exact(&self, at: usize) -> Option<(usize, &'q [Name])> {
        let names = self.lexicon.names();
        let keys = self.keys(at, NAME_WORDS_MAX);
        keys.iter().rev().find_map(|(len, key)| {
            let found = names.named(key);
            (!found.is_empty()).then_some((*len, found))
        })
    }

    pub fn named(&self, at: usize) -> Option<NameMatch> {
        let names = self.lexicon.names();
        let keys = self.keys(at, NAME_WORDS_MAX);
        keys.iter().rev().find_map(|(len, key)| self.choose(at, *len, names.named(key), None))
    }

    /// Which of several names is meant here.
    fn choose(
        &self,
        at: usize,
        tokens: usize,
        names: &[Name],
        corrected: Option<String>,
    ) -> Option<NameMatch> {
        let place = at.checked_sub(1).is_some_and(|_| self.after_place(at));
        let titled = self.after_title_noun(at);
        let is_scene =
            |n: &&Name| matches!(&n.target, Target::Label { kind, .. } if kind == known_types::SCENE);
        let labels = || names.iter().filter(|n| n.target.is_label());
        let title = names.iter().filter(|n| !n.target.is_label()).min_by(|a, b| a.target.cmp(&b.target));
        let title = title.filter(|_| titled || tokens > 1 || (place && self.is_capital(at)));
        let label = if place { labels().find(is_scene).or_else(|| labels().next()) } else { labels().next() };
        let chosen = if titled { title.or(label) } else { label.or(title) }?;
        let other = |n: &&Name| n.target != chosen.target && n.target.is_label();
        let also = names.iter().filter(other).filter_map(|n| match &n.target {
            Target::Label { kind, label } => Some(format!("{label} ({kind})")),
            _ => None,
        });
        let item = match &chosen.target {
            Target::Label { kind, label } => ItemKind::Label { kind: kind.clone(), label: label.clone() },
            title => ItemKind::Scope(ScopePart::Title(title.clone())),
        };
        let corrected = corrected.map(|_| chosen.written.clone());
        Some(NameMatch { tokens, item, corrected, also: also.collect() })
    }

    /// Is there a preposition of place, with or without an article, before the token?
    fn after_place(&self, at: usize) -> bool {
        (1..=3).any(|back| {
            at.checked_sub(back).is_some_and(|i| {
                self.is(i, Sense::Place).is_some_and(|len| len <= back && self.skip_frames(i) == at)
            })
        })
    }

    fn after_title_noun(&self, at: usize) -> bool {
        (1..=2).any(|back| {
            at.checked_sub(back).is_some_and(|i| self.is(i, Sense::Titled).is_some_and(|len| len == back))
        })
    }

    pub fn quoted_title(&self, at: usize, said: &str) -> Option<ScopePart> {
        if !self.after_title_noun(at) {
            return None;
        }
        let key: Vec<String> = tokens(said).into_iter().map(|t| t.folded).collect();
        let titles = self.lexicon.names().named(&key.join(" ")).iter().filter(|n| !n.target.is_label());
        titles.map(|n| &n.target).min().map(|target| ScopePart::Title(target.clone()))
    }

    /// A name in another number or case: "lanterns", "gansos".
    pub fn inflected(&self, at: usize) -> Option<NameMatch> {
        let names = self.lexicon.names();
        let keys = self.keys(at, TYPO_WORDS_MAX);
        for (len, key) in keys.iter().rev() {
            let (head, last) = key.rsplit_once(' ').map_or(("", key.as_str()), |(head, last)| (head, last));
            if last.chars().count() < 3 {
                continue;
            }
            let mut forms = Forms::new();
            let mut tried: Vec<String> = Vec::new();
            for language in [self.language, Language::En] {
                self.analyzer.forms(last, last, language, &mut forms);
                tried.extend(forms.iter().map(str::to_owned));
            }
            tried.extend(
                ["s", "es", "n", "en", "e", "x"]
                    .iter()
                    .filter_map(|end| last.strip_suffix(end))
                    .map(str::to_owned),
            );
            tried.push(format!("{last}s"));
            for form in tried {
                let key = if head.is_empty() { form } else { format!("{head} {form}") };
                let labels = names.named(&key).iter().any(|n| n.target.is_label());
                if labels && let Some(named) = self.choose(at, *len, names.named(&key), None) {
                    return Some(named);
                }
            }
        }
        None
    }

    /// A name with typing mistakes. Words that the archive knows, or that frame questions, are not mistyped.
    pub fn mistyped(&self, at: usize, typos: &mut usize) -> Option<NameMatch> {
        let first = self.tokens.get(at)?;
        if self.lexicon.knows_word(&first.folded) && self.tokens.len() > 1 && !self.starts_name(at) {
            return None;
        }
        for (len, key) in self.keys(at, TYPO_WORDS_MAX).iter().rev() {
            let words = key.split(' ').count();
            if key.chars().count() < TYPO_CHARS_MIN || *typos >= TYPOS_MAX {
                continue;
            }
            if words == 1 && (self.grammar.knows(key) || self.lexicon.knows_word(key)) {
                continue;
            }
            *typos += 1;
            let near = self.lexicon.names().near(words, key);
            let corrected = near.first().map(|n| n.written.clone());
            if let Some(named) = self.choose(at, *len, near, corrected) {
                return Some(named);
            }
        }
        None
    }

    /// Is the word the first of a longer name, mistyped further on?
    fn starts_name(&self, at: usize) -> bool {
        self.tokens.get(at + 1).is_some_and(|t| t.kind == Kind::Word && !self.grammar.knows(&t.folded))
    }
}
