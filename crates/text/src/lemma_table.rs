//! Which lemmas has a form? Tables of seven languages, made by `data/words.py` (see `data/README.md`).
//!
//! A table maps endings of words, read from the last letter to the first, to rules that make the lemmas: what ends in
//! "ies" ends in "y". The longest ending that is known counts; a whole word (marked by `^`) is longer than any ending.
//! So the words of a lexicon are exact, and a word that no lexicon has is treated as those that look like it.
//!
//! Rejected: lists of whole words with stems for all others (ten times the size, and a stem never meets a lemma).

use crate::language::Language;
use fst::raw::{Fst, Output};
use std::sync::OnceLock;

/// How a lemma is made of the folded form.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// Taken out where it stands first: the "ge" and "zu" inside of German and Dutch verbs.
    infix: &'static str,
    /// Characters cut from the end.
    cut: usize,
    /// What is put in their place.
    rest: &'static str,
}

/// The table of one language.
struct Table {
    endings: Fst<&'static [u8]>,
    rules: Vec<Vec<Rule>>,
}

macro_rules! tables {
    ($($language:ident $name:literal)*) => {
        /// The table of a language that has one.
        fn table(language: Language) -> Option<&'static Table> {
            match language {
                $(Language::$language => {
                    static TABLE: OnceLock<Option<Table>> = OnceLock::new();
                    let read = || Table::read(
                        include_bytes!(concat!("../data/lemmas-", $name, ".fst")),
                        include_str!(concat!("../data/lemmas-", $name, ".rules")),
                    );
                    TABLE.get_or_init(read).as_ref()
                })*
                _ => None,
            }
        }
    };
}

tables! { De "de" En "en" Es "es" Fr "fr" It "it" Nl "nl" Pt "pt" }

impl Table {
    /// `None` only where the file is broken, which a test rules out.
    fn read(fst: &'static [u8], rules: &'static str) -> Option<Table> {
        let rules: Option<Vec<Vec<Rule>>> = rules.lines().map(|line| line.split(' ').map(rule).collect()).collect();
        Some(Table { endings: Fst::new(fst).ok()?, rules: rules? })
    }

    fn rules(&self, lower: &str) -> &[Rule] {
        let mut node = self.endings.root();
        let mut output = Output::zero();
        let mut found = None;
        let mut bytes = [0_u8; 4];
        let letters = lower.chars().rev().chain(['^']);
        'letters: for letter in letters {
            if node.is_final() {
                found = Some(output.cat(node.final_output()));
            }
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                let Some(at) = node.find_input(byte) else { break 'letters };
                let transition = node.transition(at);
                output = output.cat(transition.out);
                node = self.endings.node(transition.addr);
            }
        }
        if node.is_final() {
            found = Some(output.cat(node.final_output()));
        }
        let number = found.and_then(|found| usize::try_from(found.value()).ok());
        number.and_then(|number| self.rules.get(number)).map_or(&[], Vec::as_slice)
    }
}

fn rule(text: &'static str) -> Option<Rule> {
    let mut parts = text.split('|');
    Some(Rule { infix: parts.next()?, cut: parts.next()?.parse().ok()?, rest: parts.next()? })
}

impl Rule {
    fn lemma(&self, folded: &str, out: &mut String) {
        out.clear();
        match folded.find(self.infix) {
            Some(at) => {
                out.push_str(&folded[..at]);
                out.push_str(&folded[at + self.infix.len()..]);
            }
            None => out.push_str(folded),
        }
        for _ in 0..self.cut {
            out.pop();
        }
        out.push_str(self.rest);
    }
}

/// Whether the language has a table: its words are then known by lemmas and not by stems.
pub(crate) fn has_table(language: Language) -> bool {
    table(language).is_some()
}

/// Calls `each` with the folded lemmas of a word; with the word itself where the table says nothing of it.
pub(crate) fn for_each_lemma(language: Language, lower: &str, folded: &str, mut each: impl FnMut(&str)) {
    let rules = table(language).map_or(&[][..], |table| table.rules(lower));
    // Numbers and mixtures have no inflection that a table could know.
    if rules.is_empty() || !lower.chars().all(char::is_alphabetic) {
        each(folded);
        return;
    }
    let mut lemma = String::new();
    for rule in rules {
        rule.lemma(folded, &mut lemma);
        each(if lemma.is_empty() { folded } else { &lemma });
    }
}

#[cfg(test)]
mod tests;
