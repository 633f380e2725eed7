//! By which forms is a word known?
//!
//! Seven languages have tables of lemmas, and their words are known by these alone (see `lemma_table`). In the others
//! a stemmer wants the accents ("corrió" is `corr`, "corrio" is not), a searcher often leaves them out. So each word,
//! of a text and of a query alike, gets the stem of its accented spelling *and* the stem of its folded spelling, both
//! folded afterwards, and the stems of the lemmas of its irregular forms. Two words are the same in a language when
//! their sets meet. Typing no accents can then lose a form ("corrio" meets "corrió" but not "corriendo"), never the
//! word itself, whose folded spelling is compared before any form.
//!
//! Rejected: folding before stemming (stems go wrong), and stems beside lemmas ("university" would find "universe").

use crate::compounds::{self, PART_MARK};
use crate::contractions;
use crate::fold::{fold_word, lower_word};
use crate::irregular;
use crate::language::Language;
use crate::lemma_table;
use crate::lemmas::UserLemmas;
use crate::numbers;
use frostem::Stemmer;

/// The forms of one word: folded, sorted, each once. Reuse one value for many words: it keeps its buffers.
#[derive(Debug, Clone, Default)]
pub struct Forms {
    strings: Vec<String>,
    len: usize,
}

impl Forms {
    /// None yet.
    #[must_use]
    pub fn new() -> Forms {
        Forms::default()
    }

    /// The forms, sorted.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.strings[..self.len]
    }

    /// The forms, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.as_slice().iter().map(String::as_str)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the two sets have a form in common that is of the whole word.
    #[must_use]
    pub fn meets(&self, other: &Forms) -> bool {
        self.shares(other, false)
    }

    /// Whether the word of a question, whose forms these are, is a part of the other.
    #[must_use]
    pub fn is_part_of(&self, other: &Forms) -> bool {
        self.shares(other, true)
    }

    fn shares(&self, other: &Forms, of_parts: bool) -> bool {
        // The sets hold one to five forms: comparing all is cheaper than anything clever.
        let mut ours = self.as_slice().iter().filter(|form| form.starts_with(PART_MARK) == of_parts);
        ours.any(|form| other.as_slice().contains(form))
    }

    fn clear(&mut self) {
        self.len = 0;
    }

    fn insert(&mut self, form: &str) {
        if form.is_empty() {
            return;
        }
        let Err(at) = self.as_slice().binary_search_by(|held| held.as_str().cmp(form)) else { return };
        if self.len == self.strings.len() {
            self.strings.push(String::new());
        }
        let spare = &mut self.strings[self.len];
        spare.clear();
        spare.push_str(form);
        self.strings[at..=self.len].rotate_right(1);
        self.len += 1;
    }
}

/// How words are reduced: a default language for text whose own is not known, and the operator's lemmas.
#[derive(Debug, Clone, Default)]
pub struct Analyzer {
    /// Used where a language is [`Language::Und`].
    pub default_language: Language,
    /// Lemmas in addition to what is built in.
    pub user_lemmas: UserLemmas,
}

impl Analyzer {
    /// With the built-in lemmas only.
    #[must_use]
    pub fn new(default_language: Language) -> Analyzer {
        Analyzer { default_language, user_lemmas: UserLemmas::default() }
    }

    /// Puts in `out` the forms by which a word of a text is known in a language; `out` is cleared first.
    ///
    /// `lower` and `folded` are the two spellings of a [`crate::Token`]. A word of a language without a stemmer is
    /// known by its folded spelling and its lemmas. What is written onto a word (l'homme, don't, decirlo) is no part of
    /// it.
    pub fn forms(&self, lower: &str, folded: &str, language: Language, out: &mut Forms) {
        self.forms_of_whole(lower, folded, language, out);
        let language = self.or_default(language);
        if compounds::has_compounds(language) {
            let lemmas: Vec<String> = out.iter().map(str::to_owned).collect();
            for part in lemmas.iter().flat_map(|lemma| compounds::parts(language, lemma)) {
                out.insert(&format!("{PART_MARK}{part}"));
            }
        }
    }

    /// The same for a word of a question: it is asked for as a part of others, and its own parts do not count.
    pub(crate) fn forms_asked(&self, lower: &str, folded: &str, language: Language, out: &mut Forms) {
        self.forms_of_whole(lower, folded, language, out);
        if compounds::has_compounds(self.or_default(language)) {
            let lemmas: Vec<String> = out.iter().map(str::to_owned).collect();
            lemmas.iter().for_each(|lemma| out.insert(&format!("{PART_MARK}{lemma}")));
        }
    }

    fn forms_of_whole(&self, lower: &str, folded: &str, language: Language, out: &mut Forms) {
        out.clear();
        let language = self.or_default(language);
        let stemmer = language.stemmer();
        match contractions::without_elision(lower, language) {
            Some(rest) => self.add_word(stemmer, language, rest, &fold_word(rest), out),
            None => self.add_word(stemmer, language, lower, folded, out),
        }
    }

    /// The language itself, or the default where it is not known.
    #[must_use]
    pub fn or_default(&self, language: Language) -> Language {
        if language == Language::Und { self.default_language } else { language }
    }

    /// Whether two words have the same folded spelling or share a form.
    #[must_use]
    pub fn same_word(&self, a: &str, b: &str, language: Language) -> bool {
        let (a_folded, b_folded) = (fold_word(a), fold_word(b));
        if a_folded == b_folded {
            return true;
        }
        let (mut a_forms, mut b_forms) = (Forms::new(), Forms::new());
        self.forms(&lower_word(a), &a_folded, language, &mut a_forms);
        self.forms(&lower_word(b), &b_folded, language, &mut b_forms);
        a_forms.meets(&b_forms)
    }

    fn add_word(
        &self,
        stemmer: Option<Stemmer>,
        language: Language,
        lower: &str,
        folded: &str,
        out: &mut Forms,
    ) {
        if lemma_table::has_table(language) {
            self.add_lemmas(language, lower, folded, out);
            return;
        }
        add_stems(stemmer, lower, folded, out);
        // "he'll" folds to "hell" and "we're" to "were": no lemma may be read out of a contraction.
        if !lower.contains('\'') {
            for lemma in irregular::lemmas(language, folded) {
                add_stems(stemmer, lemma, &fold_word(lemma), out);
            }
        }
        for lemma in self.user_lemmas.of(language, folded) {
            add_stems(stemmer, lemma, &fold_word(lemma), out);
        }
    }

    fn add_lemmas(&self, language: Language, lower: &str, folded: &str, out: &mut Forms) {
        let mut add = |lower: &str, folded: &str| {
            lemma_table::for_each_lemma(language, lower, folded, |lemma| out.insert(lemma));
        };
        match contractions::without_contraction(lower, language) {
            Some(word) => add(word, &fold_word(word)),
            None => add(lower, folded),
        }
        for host in contractions::without_clitics(lower, language) {
            add(&host, &fold_word(&host));
        }
        for lemma in self.user_lemmas.of(language, folded) {
            add(lemma, &fold_word(lemma));
        }
        if let Some(digits) = numbers::digits(language, folded) {
            out.insert(digits);
        }
    }
}

fn add_stems(stemmer: Option<Stemmer>, lower: &str, folded: &str, out: &mut Forms) {
    let Some(stemmer) = stemmer else {
        out.insert(folded);
        return;
    };
    let stem = stemmer.stem(folded);
    if stem.is_ascii() {
        out.insert(&stem);
    } else {
        out.insert(&fold_word(&stem));
    }
    if lower != folded {
        out.insert(&fold_word(&stemmer.stem(lower)));
    }
}

#[cfg(test)]
mod tests;
