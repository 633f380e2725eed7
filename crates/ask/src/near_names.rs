//! Names that are not written as they are: in another form, unfinished, or mistyped.

use rushes_plan::{Name, Target};
use rushes_text::{Analyzer, Forms, Language};
use rushes_types::known_types;

use crate::item::Corrected;
use crate::languages::Role;
use crate::names::{NAMESAKES_MAX, Run, Written};
use crate::question::Question;
use crate::sense::{INFLECTED, PART, Sense, TYPED};
use crate::token::{Kind, Token};
use crate::verbs::{is_deed, participles, stems};

/// Fewer letters are the beginning of too many names.
const BEGUN_CHARS_MIN: usize = 2;

/// Words of a name in another form.
const FORM_WORDS_MAX: usize = 4;
/// Forms of a word that are tried.
const VARIANTS_MAX: usize = 40;

impl Question<'_> {
    /// Names in another number, case or tense: "lanterns", "gansos", "answering the phone".
    pub fn inflected(&self, at: usize, runs: &[&Run], senses: &mut Vec<Sense>) {
        for run in runs {
            let Some(key) = run.spellings.first() else { continue };
            let words: Vec<&str> = key.split(' ').collect();
            // "answer the phone" is called "answer phone".
            let last = words.len() - 1;
            let is_bare =
                |(at, word): &(usize, &&str)| *at == 0 || *at == last || !self.languages.frames(word);
            let bare: Vec<&str> = words.iter().enumerate().filter(is_bare).map(|(_, word)| *word).collect();
            let longer = bare.len() < words.len();
            self.weigh_forms(at, run, &words, senses);
            // "cake cutting" is "cutting cake".
            if let [what, doing] = words[..] {
                let deed = |name: &&Name| is_deed(&name.target);
                let named = self.lexicon.names().named(&format!("{doing} {what}"));
                let deeds: Vec<Name> = named.iter().filter(deed).cloned().collect();
                let written = Written::otherwise(INFLECTED, "what is done, the other way round");
                self.weigh(at, run.tokens, &deeds, &written, senses);
            }
            if longer {
                self.weigh_forms(at, run, &bare, senses);
            }
        }
    }

    /// "Mara's cabin", "Otto and Mara's cabin", where one place has all of these words.
    pub fn part_of_place(&self, at: usize, runs: &[&Run], senses: &mut Vec<Sense>) {
        for run in runs {
            let Some(tokens) = self.tokens.get(at..at + run.tokens) else { continue };
            let joins = |at: usize| self.is(at, Role::And) == Some(1);
            let told: Vec<usize> = (at..at + run.tokens).filter(|at| !joins(*at)).collect();
            let words: Vec<&str> = told.iter().map(|at| self.tokens[*at].folded.as_str()).collect();
            let plain = |at: &usize| self.is_word(*at) && !self.languages.knows(&self.tokens[*at].folded);
            let owned = |token: &Token| token.whole != token.folded || token.folded.ends_with('s');
            let distinct = (1..words.len()).all(|i| !words[..i].contains(&words[i]));
            let ends = told.first() == Some(&at) && told.last() == Some(&(at + run.tokens - 1));
            if words.len() < 2 || !distinct || !ends || !told.iter().all(plain) || !tokens.iter().any(owned) {
                continue;
            }
            let written = Written::otherwise(PART, "a place by a part of its name");
            self.weigh(at, run.tokens, self.lexicon.names().place_with(&words), &written, senses);
        }
    }

    /// Names whose first and last words are forms of these.
    fn weigh_forms(&self, at: usize, run: &Run, words: &[&str], senses: &mut Vec<Sense>) {
        let Some((last, head)) = words.split_last() else { return };
        if words.len() > FORM_WORDS_MAX || (head.is_empty() && last.chars().count() < 3) {
            return;
        }
        let begins = |(form, _): &&(String, bool)| self.lexicon.names().begins_label(form);
        let firsts: Vec<(String, bool)> = match head.split_first() {
            Some((first, _)) => self.variants(first).iter().filter(begins).cloned().collect(),
            None => vec![(String::new(), true)],
        };
        let middle: String = head.iter().skip(1).fold(String::new(), |so_far, word| so_far + word + " ");
        if firsts.is_empty() {
            return;
        }
        let lasts = self.variants(last);
        self.work.names(firsts.len() * lasts.len());
        if head.is_empty() {
            self.weigh_verb(at, run, &lasts, senses);
        }
        for (first, first_plain) in &firsts {
            for (last, last_plain) in lasts.iter() {
                let start = if first.is_empty() { String::new() } else { format!("{first} ") };
                let key = format!("{start}{middle}{last}");
                // People have no other forms but the plural: "frankly" is not Frank.
                let fits = |n: &&Name| match &n.target {
                    Target::Label { kind, .. } => {
                        kind != known_types::CHARACTER || (*last_plain && *first_plain)
                    }
                    _ => false,
                };
                let labels: Vec<Name> =
                    self.lexicon.names().named(&key).iter().filter(fits).cloned().collect();
                let written = Written::otherwise(INFLECTED, "a name in another form");
                self.weigh(at, run.tokens, &labels, &written, senses);
            }
        }
    }

    /// The last word, while it is being typed, is the beginning of a name.
    pub fn begun(&self, at: usize, runs: &[&Run], senses: &mut Vec<Sense>) {
        let last = self.tokens.len().saturating_sub(1);
        if self.tokens.last().is_none_or(|token| token.end != self.text.len() || token.kind != Kind::Word) {
            return;
        }
        for run in runs.iter().filter(|run| at + run.tokens == last + 1) {
            let Some(key) = run.spellings.first() else { continue };
            let letters = self.tokens[last].folded.chars().count();
            if letters < BEGUN_CHARS_MIN || self.tokens[last].folded.bytes().all(|b| b.is_ascii_digit()) {
                continue;
            }
            let begun = self.lexicon.names().labels_beginning(key, NAMESAKES_MAX);
            let short = 8 * i32::from(letters == BEGUN_CHARS_MIN);
            let cost = TYPED + short;
            for name in begun {
                let corrected = Some(Corrected::Begun(name.written.clone()));
                let written = Written { cost, why: "the beginning of a name", corrected };
                self.weigh(at, run.tokens, std::slice::from_ref(name), &written, senses);
            }
        }
    }
}

/// A word and what it may be a form of, each with whether it is only that in the plural.
pub(crate) fn variants(analyzer: &Analyzer, language: Language, word: &str) -> Vec<(String, bool)> {
    // English has no other plurals: "cute" is no "cut".
    let ends: &[&str] =
        if language == Language::En { &["s", "es"] } else { &["s", "es", "n", "en", "e", "x"] };
    let endings = ends.iter().filter_map(|end| word.strip_suffix(end));
    let mut out: Vec<(String, bool)> = vec![(word.to_owned(), true), (format!("{word}s"), true)];
    out.extend(endings.map(|plain| (plain.to_owned(), true)));
    if language == Language::En {
        out.extend(stems(word).map(|stem| (stem, false)));
        let silent = word.strip_suffix('e').map(|stem| (stem.to_owned(), false));
        let doing: Vec<String> = out.iter().chain(&silent).flat_map(|(form, _)| participles(form)).collect();
        out.extend(doing.into_iter().map(|form| (form, false)));
    }
    let mut forms = Forms::new();
    for language in [language, Language::En] {
        analyzer.forms(word, word, language, &mut forms);
        for form in forms.iter() {
            // Stems lack the "e" of "dance" and the "y" of "carry".
            let whole = form.strip_suffix('i').map_or_else(|| format!("{form}e"), |stem| format!("{stem}y"));
            out.extend([(form.to_owned(), false), (whole, false)]);
        }
    }
    out.retain(|(form, _)| !form.is_empty());
    out.truncate(VARIANTS_MAX);
    out
}
