//! Names in the language of the question, where the archive is labelled in English: "llorando" finds `cry`, "krankenhaus"
//! `hospital`.

use rushes_plan::{Name, Target};
use rushes_text::{Forms, Language};
use rushes_types::known_types;

use crate::names::{Run, Written};
use crate::near_names::variants;
use crate::question::Question;
use crate::sense::{FOREIGN, Sense, TRANSLATED};
use crate::verbs::{is_deed, verb_keys};

impl Question<'_> {
    /// The labels that words stand for by what they mean in English. The spelling of a label itself costs less.
    pub fn translated(&self, at: usize, runs: &[&Run], senses: &mut Vec<Sense>) {
        for run in runs {
            let Some(key) = run.spellings.first() else { continue };
            let written = Written::otherwise(TRANSLATED, "a name, by what the words mean in English");
            self.weigh(at, run.tokens, &self.labels_meant(key), &written, senses);
        }
    }

    /// The same of a word of another language than the question, where it is nothing else.
    pub fn foreign_word(&self, at: usize, senses: &mut Vec<Sense>) {
        let Some(token) = self.tokens.get(at).filter(|_| self.is_english() && !self.is_said(at)) else {
            return;
        };
        let meanings = self.languages.glossary().meanings_anywhere(&token.folded);
        let names = self.labels_called(&meanings);
        let written = Written::otherwise(TRANSLATED + FOREIGN, "a name, in another language");
        self.weigh(at, 1, &names, &written, senses);
    }

    /// The labels that folded words stand for in the language of the question.
    pub fn labels_meant(&self, words: &str) -> Vec<Name> {
        if self.is_english() {
            return Vec::new();
        }
        self.work.names(1);
        let mut forms = Forms::new();
        if !words.contains(' ') {
            self.analyzer.forms(words, words, self.language, &mut forms);
        }
        self.labels_called(&self.languages.glossary().meanings(words, self.spoken, forms.iter()))
    }

    /// The labels of things, places and what is done that have one of these English names, in any form: as it is, else
    /// inflected, else as the verb of a longer one. People are called as they are called.
    fn labels_called(&self, english: &[&str]) -> Vec<Name> {
        let is_thing = |name: &&Name| matches!(&name.target, Target::Label { kind, .. } if kind != known_types::CHARACTER);
        let names = self.lexicon.names();
        let mut out: Vec<Name> = Vec::new();
        for word in english {
            let mut found: Vec<Name> = names.named(word).iter().filter(is_thing).cloned().collect();
            if found.is_empty() {
                let forms = variants(&self.analyzer, Language::En, word);
                self.work.names(forms.len());
                let inflected = forms.iter().flat_map(|(form, _)| names.named(form));
                found.extend(inflected.filter(is_thing).cloned());
            }
            if found.is_empty() && !word.contains(' ') {
                let deeds = verb_keys(word).flat_map(|key| names.named(&key).to_vec());
                found.extend(deeds.filter(|name| is_deed(&name.target)));
            }
            for name in found {
                if !out.iter().any(|known| known.target == name.target) {
                    out.push(name);
                }
            }
        }
        out
    }
}
