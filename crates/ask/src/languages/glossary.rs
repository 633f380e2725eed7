//! Everyday words of languages, by the English words that labels have for them: "llorando" is "cry".

use std::collections::HashMap;

use rushes_text::{Analyzer, Forms, Language};

/// By a spelling, the English words: their index in [`Glossary::english`].
type Meanings = HashMap<String, Vec<u16>>;

/// What words mean in English.
#[derive(Default)]
pub(crate) struct Glossary {
    english: Vec<String>,
    /// For each language, as words are spelled (folded).
    spelled: Vec<Meanings>,
    /// For each language, by the forms that its words are known by. Phrases have none.
    inflected: Vec<Meanings>,
}

fn note(meanings: &mut Meanings, key: &str, english: u16) {
    let known = meanings.entry(key.to_owned()).or_default();
    if !known.contains(&english) {
        known.push(english);
    }
}

impl Glossary {
    /// Adds a language, in the order of the languages: English words with the folded phrases for each.
    pub(super) fn add(&mut self, tag: &str, meanings: impl Iterator<Item = (String, Vec<String>)>) {
        let (language, analyzer) = (Language::parse(tag), Analyzer::new(Language::En));
        let (mut spelled, mut inflected, mut forms) = (Meanings::new(), Meanings::new(), Forms::new());
        for (english, phrases) in meanings {
            let at = self.index(english);
            for phrase in phrases.iter().filter(|phrase| !phrase.is_empty()) {
                note(&mut spelled, phrase, at);
                if !phrase.contains(' ') {
                    analyzer.forms(phrase, phrase, language, &mut forms);
                    forms.iter().for_each(|form| note(&mut inflected, form, at));
                }
            }
        }
        self.spelled.push(spelled);
        self.inflected.push(inflected);
    }

    fn index(&mut self, english: String) -> u16 {
        let at = self.english.iter().position(|known| *known == english).unwrap_or_else(|| {
            self.english.push(english);
            self.english.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    fn words(&self, found: Option<&Vec<u16>>) -> Vec<&str> {
        let word = |at: &u16| self.english.get(usize::from(*at)).map(String::as_str);
        found.into_iter().flatten().filter_map(word).collect()
    }

    /// What folded words mean in a language: as they are spelled, else in the forms that the word has there.
    pub fn meanings<'f>(
        &self,
        words: &str,
        language: usize,
        forms: impl Iterator<Item = &'f str>,
    ) -> Vec<&str> {
        let spelled = self.spelled.get(language).and_then(|known| known.get(words));
        let inflected = || forms.into_iter().find_map(|form| self.inflected.get(language)?.get(form));
        self.words(spelled.or_else(inflected))
    }

    /// How many folded words a language has, as they are spelled.
    pub(super) fn known_of<'w>(&self, language: usize, words: impl Iterator<Item = &'w str>) -> usize {
        let spelled = self.spelled.get(language);
        words.filter(|word| spelled.is_some_and(|known| known.contains_key(*word))).count()
    }

    /// What a folded word means in any language, as it is spelled.
    pub fn meanings_anywhere(&self, word: &str) -> Vec<&str> {
        self.words(self.spelled.iter().find_map(|known| known.get(word)))
    }
}
