//! How well does a word of a text match a word of a query?
//!
//! [`TermMatcher`] is the definition, on every engine. An index may find candidates in any way that misses none: the
//! accessors say what to look up, [`TermMatcher::quality`] decides.

use crate::analyzer::{Analyzer, Forms};
use crate::fold::{fold_word, lower_word};
use crate::fuzzy::{Fuzziness, FuzzyAutomaton, within};
use crate::language::Language;
use crate::tokenise::is_single_paired;

/// The same folded spelling.
pub const QUALITY_EXACT: f64 = 1.0;
/// The same analysed form.
pub const QUALITY_FORM: f64 = 0.9;
/// The word begins as asked; the same for long and short beginnings, so that a score does not jump as one types.
pub const QUALITY_PREFIX: f64 = 0.8;
/// A compound of which the word is a part ("Haus" of "Puppenhaus").
pub const QUALITY_PART: f64 = 0.6;
/// One typing mistake.
pub const QUALITY_FUZZY_ONE: f64 = 0.7;
/// Two typing mistakes.
pub const QUALITY_FUZZY_TWO: f64 = 0.5;

/// How a query word may match besides by its exact spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TermOptions {
    /// By an analysed form ("ran" meets "running").
    pub analysed: bool,
    /// By a word that begins with it.
    pub prefix: bool,
    /// By a word with typing mistakes.
    pub fuzziness: Fuzziness,
}

/// A query word, compiled for comparison with the words of texts.
#[derive(Debug, Clone)]
pub struct TermMatcher {
    analyzer: Analyzer,
    lower: String,
    folded: String,
    options: TermOptions,
    max_edits: u8,
    /// One character of a script cut into pairs: it meets every pair that begins with it.
    is_single_paired: bool,
    /// In the order of [`Language::ALL`], and last the language-less; empty where forms do not count.
    forms: Vec<(Language, Forms)>,
}

impl TermMatcher {
    /// For one word as typed. Cut text with [`crate::tokenise()`] first: a word here is taken whole.
    #[must_use]
    pub fn new(analyzer: &Analyzer, word: &str, options: TermOptions) -> TermMatcher {
        TermMatcher::from_spellings(analyzer, &lower_word(word), &fold_word(word), options)
    }

    /// For the two spellings of a [`crate::Token`].
    #[must_use]
    pub fn from_spellings(
        analyzer: &Analyzer,
        lower: &str,
        folded: &str,
        options: TermOptions,
    ) -> TermMatcher {
        let mut forms = Vec::new();
        if options.analysed {
            for language in Language::ALL.iter().copied().chain([Language::Und]) {
                let mut of_language = Forms::new();
                analyzer.forms_asked(lower, folded, language, &mut of_language);
                forms.push((language, of_language));
            }
        }
        // A pair of characters with one exchanged is another word, not a typing mistake.
        let is_paired = folded.chars().any(|c| crate::script::is_paired(crate::script::script_of(c)));
        TermMatcher {
            analyzer: analyzer.clone(),
            lower: lower.to_owned(),
            folded: folded.to_owned(),
            options,
            max_edits: if is_paired { 0 } else { options.fuzziness.max_edits(folded) },
            is_single_paired: is_single_paired(folded),
            forms,
        }
    }

    /// How well a word of a text matches this one, in (0, 1]; the best way counts. `None`: no match.
    #[must_use]
    pub fn quality(&self, token_lower: &str, token_folded: &str, language: Language) -> Option<f64> {
        if self.folded.is_empty() {
            return None;
        }
        if let Some(quality) = self.quality_exact(token_folded) {
            return Some(quality);
        }
        let mut token_forms = Forms::new();
        if self.forms(language).is_some() {
            self.analyzer.forms(token_lower, token_folded, language, &mut token_forms);
        }
        self.quality_inexact(token_folded, &token_forms, language)
    }

    /// The same for a caller that already has the forms of the text's word: they must be those of [`Analyzer::forms`]
    /// in this language.
    #[must_use]
    pub fn quality_with_forms(
        &self,
        token_folded: &str,
        token_forms: &Forms,
        language: Language,
    ) -> Option<f64> {
        if self.folded.is_empty() {
            return None;
        }
        if let Some(quality) = self.quality_exact(token_folded) {
            return Some(quality);
        }
        self.quality_inexact(token_folded, token_forms, language)
    }

    fn quality_inexact(&self, token_folded: &str, token_forms: &Forms, language: Language) -> Option<f64> {
        let forms = self.forms(language);
        if forms.is_some_and(|forms| forms.meets(token_forms)) {
            return Some(QUALITY_FORM);
        }
        let of_part = forms.is_some_and(|forms| forms.is_part_of(token_forms)).then_some(QUALITY_PART);
        of_part.into_iter().chain(self.quality_spelling(token_folded)).reduce(f64::max)
    }

    fn quality_exact(&self, token_folded: &str) -> Option<f64> {
        let is_exact =
            token_folded == self.folded || self.is_single_paired && token_folded.starts_with(&self.folded);
        is_exact.then_some(QUALITY_EXACT)
    }

    /// What the spelling alone is worth, where it is not the same.
    fn quality_spelling(&self, token_folded: &str) -> Option<f64> {
        if self.options.prefix && token_folded.starts_with(&self.folded) {
            return Some(QUALITY_PREFIX);
        }
        match within(&self.folded, token_folded, self.max_edits)? {
            0 => Some(QUALITY_EXACT),
            1 => Some(QUALITY_FUZZY_ONE),
            _ => Some(QUALITY_FUZZY_TWO),
        }
    }

    /// The key under which the word itself is found in a dictionary of folded spellings.
    #[must_use]
    pub fn exact(&self) -> &str {
        &self.folded
    }

    /// The lower-case spelling, accents kept.
    #[must_use]
    pub fn lower(&self) -> &str {
        &self.lower
    }

    /// How the word was asked for.
    #[must_use]
    pub fn options(&self) -> TermOptions {
        self.options
    }

    /// The forms to look for among the forms of words in this language; `None` where forms do not count.
    #[must_use]
    pub fn forms(&self, language: Language) -> Option<&Forms> {
        self.forms.iter().find(|(of, _)| *of == language).map(|(_, forms)| forms)
    }

    /// The beginning to look for in a dictionary of folded spellings, where words that begin so count. Also given,
    /// whatever the options, for one character of a script cut into pairs.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        let counts = (self.options.prefix || self.is_single_paired) && !self.folded.is_empty();
        counts.then_some(self.folded.as_str())
    }

    /// The typing mistakes forgiven in this word.
    #[must_use]
    pub fn max_edits(&self) -> u8 {
        self.max_edits
    }

    /// What finds the misspelt words in a dictionary of folded spellings; `None` where no mistake is forgiven.
    #[must_use]
    pub fn fuzzy_automaton(&self) -> Option<FuzzyAutomaton> {
        (self.max_edits > 0).then(|| FuzzyAutomaton::new(&self.folded, self.max_edits))
    }
}

#[cfg(test)]
mod tests;
