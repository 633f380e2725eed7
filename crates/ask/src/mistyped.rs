//! Names that are mistyped, or written by ear.

use rushes_plan::{Name, Target, sound_key};
use rushes_text::{tokenise, within};
use rushes_types::known_types;

use crate::item::Corrected;
use crate::languages::is_swapped;
use crate::names::{Run, Written};
use crate::question::Question;
use crate::sense::{MISTYPED, MISTYPED_SURELY, Sense};
use crate::token::Kind;

/// Most words of a question that are checked against all names for typing mistakes.
pub(crate) const TYPOS_MAX: usize = 48;
/// Fewer letters make no mistyped name.
pub(crate) const TYPO_CHARS_MIN: usize = 4;
/// From this length on, one mistake leaves no doubt of what was meant.
pub(crate) const MISTYPED_SURE_CHARS: usize = 5;
/// In shorter names of things a wrong letter makes another word: "crowd" is no crown.
const WRONG_LETTER_CHARS_MIN: usize = 7;
/// Fewer letters are no name that was written by ear.
const HEARD_CHARS_MIN: usize = 3;
/// Mistakes in a name that was written by ear.
const HEARD_EDITS_MAX: u8 = 2;
/// Letters that a name may have more or fewer where it sounds the same, from this length on.
const HEARD_CHARS_MAX: usize = 3;
const HEARD_LONG_CHARS_MIN: usize = 6;
/// What ends a form of a word rather than another word.
const FORM_ENDS: [&str; 4] = ["ed", "er", "ers", "ing"];

/// Mistyped words beside what they may be meant for.
struct Guess<'g> {
    key: &'g str,
    words: usize,
    letters: usize,
    names: &'g [Name],
}

impl Question<'_> {
    /// Names with typing mistakes. Words that the archive knows are not mistyped.
    pub fn mistyped(&self, at: usize, runs: &[&Run], typos: &mut usize, senses: &mut Vec<Sense>) {
        if self.is_said(at) && self.tokens.len() > 1 && !self.starts_name(at) {
            return;
        }
        for run in runs.iter().rev() {
            let Some(key) = run.spellings.first() else { continue };
            let (words, letters) = (key.split(' ').count(), key.chars().count());
            if letters < HEARD_CHARS_MIN || *typos >= TYPOS_MAX || (words == 1 && self.is_said(at)) {
                continue;
            }
            *typos += 1;
            self.work.names(1);
            let names = self.lexicon.names();
            let near = if letters < TYPO_CHARS_MIN { &[] } else { names.near(words, key) };
            let guess = Guess { key, words, letters, names: near };
            let guess = if near.is_empty() || self.is_another_word(&guess) {
                let heard = names.sounding(key);
                Guess { names: if heard.is_empty() { self.without_vowel(key) } else { heard }, ..guess }
            } else {
                guess
            };
            if !guess.names.is_empty()
                && (guess.names == near || guess.is_heard())
                && !self.is_another_word(&guess)
            {
                self.weigh(at, run.tokens, guess.names, &guess.written(), senses);
            }
        }
    }

    /// "irs": a person of four letters without a vowel of it.
    fn without_vowel(&self, key: &str) -> &[Name] {
        if key.chars().count() != HEARD_CHARS_MIN {
            return &[];
        }
        let places = key.char_indices().skip(1).map(|(at, _)| at);
        let filled = places.flat_map(|at| "aeiou".chars().map(move |vowel| (at, vowel)));
        let mut named = filled.filter_map(|(at, vowel)| {
            let mut whole = key.to_owned();
            whole.insert(at, vowel);
            self.work.names(1);
            Some(self.lexicon.names().named(&whole)).filter(|names| names.first().is_some_and(is_person))
        });
        // Where several are as near, none is meant.
        named.next().filter(|_| named.next().is_none()).unwrap_or_default()
    }

    /// Is it another word, however near the name is?
    fn is_another_word(&self, guess: &Guess<'_>) -> bool {
        let key = guess.key;
        let heard = |name: &str| sound_key(key) == sound_key(name);
        let swapped = |name: &str| is_swapped(key, name);
        let is = |test: &dyn Fn(&Name, &str) -> bool| {
            guess.names.iter().any(|name| test(name, &fold(&name.written)))
        };
        // "wall" is no Will: a name that is an ordinary word is not guessed.
        let ordinary = |_: &Name, name: &str| self.languages.knows(name) && !swapped(name) && !heard(name);
        // "interview" is no Interviewer; a last letter may be missing.
        let begins = |_: &Name, name: &str| {
            guess.words == 1 && name.starts_with(key) && name.chars().count() > guess.letters + 1
        };
        let end = FORM_ENDS.iter().find(|end| key.ends_with(**end));
        let is_form = |_: &Name, name: &str| {
            let other = |end: &str| !name.ends_with(end) && !swapped(name) && !heard(name);
            end.is_some_and(|end| {
                other(end) && key.strip_suffix(end).is_some_and(|stem| name.starts_with(stem))
            })
        };
        // "wall" is not "walk", "dripping" not "dropping": a wrong letter there makes another word.
        let changed = |name: &Name, folded: &str| {
            let short = guess.letters < WRONG_LETTER_CHARS_MIN && folded.chars().count() == guess.letters;
            // "cute" is not "cut"; a last letter may be doubled.
            let longer = key.strip_prefix(folded).is_some_and(|more| more == "e");
            let changed = (short && !swapped(folded) && !heard(folded)) || changes_first_vowel(key, folded);
            (longer || changed) && !is_person(name)
        };
        is(&ordinary) || is(&begins) || is(&is_form) || is(&changed)
    }

    /// Is the word the first of a longer name, mistyped further on?
    fn starts_name(&self, at: usize) -> bool {
        self.tokens.get(at + 1).is_some_and(|t| t.kind == Kind::Word && !self.languages.knows(&t.folded))
    }
}

impl Guess<'_> {
    /// Was a name written by ear: does it sound so, and is it near enough in letters?
    fn is_heard(&self) -> bool {
        self.names.iter().any(|name| {
            let name = fold(&name.written);
            let short = self.letters < TYPO_CHARS_MIN && name.chars().count() != self.letters + 1;
            let long = self.letters >= HEARD_LONG_CHARS_MIN
                && name.chars().count().abs_diff(self.letters) <= HEARD_CHARS_MAX;
            !short && (long || within(self.key, &name, HEARD_EDITS_MAX).is_some())
        })
    }

    fn written(&self) -> Written {
        let first = self.names.first();
        let near = |name: &Name| {
            let name = fold(&name.written);
            within(self.key, &name, 1).is_some() || sound_key(&name) == sound_key(self.key)
        };
        let lacks = |name: &Name| {
            let longer = fold(&name.written).chars().count() == self.letters + 1;
            longer && is_person(name) && self.letters >= TYPO_CHARS_MIN
        };
        let sure =
            first.is_some_and(|name| (self.letters >= MISTYPED_SURE_CHARS && near(name)) || lacks(name));
        let cost = if sure { MISTYPED_SURELY } else { MISTYPED };
        let corrected = first.map(|name| Corrected::Typed(name.written.clone()));
        Written { cost, why: "a mistyped name", corrected }
    }
}

fn is_person(name: &Name) -> bool {
    matches!(&name.target, Target::Label { kind, .. } if kind == known_types::CHARACTER)
}

/// Do two words of one length differ in one letter, which is the first vowel of both?
fn changes_first_vowel(a: &str, b: &str) -> bool {
    let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u');
    let differ: Vec<(usize, (char, char))> =
        a.chars().zip(b.chars()).enumerate().filter(|(_, (a, b))| a != b).collect();
    match differ[..] {
        [(at, (a_letter, b_letter))] => {
            is_vowel(a_letter) && is_vowel(b_letter) && !a.chars().take(at).any(is_vowel)
        }
        _ => false,
    }
}

pub(crate) fn fold(text: &str) -> String {
    let words: Vec<String> = tokenise(text).into_iter().map(|token| token.folded).collect();
    words.join(" ")
}
