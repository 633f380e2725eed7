//! Which lemmas has a form? Tables of seven languages, made by `data/words.py` (see `data/README.md`).
//!
//! A table maps endings of words, read from the last letter to the first, to the rules that make the lemmas: what ends
//! in "ies" ends in "y". The longest ending that is known counts; a whole word (marked by `^`) is longer than any
//! ending. So the words of a lexicon are exact, and a word that no lexicon has is treated as those that look like it.
//! The number of an ending is where its line of rules begins, so nothing is read or built before the first question.
//!
//! Rejected: lists of whole words with stems for all others (ten times the size, and a stem never meets a lemma).

use crate::language::Language;
use fst::raw::{Fst, Output};
use std::sync::OnceLock;

/// Up to this many letters a word is known whole or not at all: its ending says nothing.
const WHOLE_CHARS_MAX: usize = 3;

/// Marks the beginning of a word, so that the key is the whole of it.
const WHOLE: char = '^';

/// One table of a language.
struct Table {
    endings: Fst<&'static [u8]>,
    /// Lines of rules parted by spaces, each `infix|characters cut|rest`.
    rules: &'static str,
}

macro_rules! tables {
    ($($language:ident $($name:literal)+;)*) => {
        /// The tables of a language, the first to be asked first; the last knows endings too. None for most.
        fn tables(language: Language) -> &'static [Table] {
            match language {
                $(Language::$language => {
                    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
                    TABLES.get_or_init(|| {
                        [$(Table::new(
                            include_bytes!(concat!("../data/lemmas-", $name, ".fst")),
                            include_str!(concat!("../data/lemmas-", $name, ".rules")),
                        )),+].into_iter().flatten().collect()
                    })
                })*
                _ => &[],
            }
        }
    };
}

tables! {
    De "de";
    En "en";
    Es "es-seen" "es";
    Fr "fr";
    It "it";
    Nl "nl";
    Pt "pt-seen" "pt";
}

impl Table {
    /// `None` only where the file is broken, which a test rules out.
    fn new(endings: &'static [u8], rules: &'static str) -> Option<Table> {
        Some(Table { endings: Fst::new(endings).ok()?, rules })
    }

    /// The rules of a word; of its longest known ending only where these count.
    fn rules(&self, lower: &str, endings_count: bool) -> Option<&'static str> {
        let mut node = self.endings.root();
        let mut output = Output::zero();
        let mut of_ending = None;
        let mut bytes = [0_u8; 4];
        for letter in lower.chars().rev().chain([WHOLE]) {
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                let Some(at) = node.find_input(byte) else { return self.line(of_ending?) };
                let transition = node.transition(at);
                output = output.cat(transition.out);
                node = self.endings.node(transition.addr);
            }
            if node.is_final() && (endings_count || letter == WHOLE) {
                of_ending = Some(output.cat(node.final_output()));
            }
        }
        self.line(of_ending?)
    }

    fn line(&self, start: Output) -> Option<&'static str> {
        self.rules.get(usize::try_from(start.value()).ok()?..)?.lines().next()
    }
}

/// Puts in `out` what a rule makes of a folded form; `None` where it makes no word.
fn apply(rule: &str, folded: &str, out: &mut String) -> Option<()> {
    let mut parts = rule.split('|');
    let (infix, cut, rest) = (parts.next()?, parts.next()?.parse::<usize>().ok()?, parts.next()?);
    out.clear();
    // Taken out where it stands first: the "ge" and "zu" inside of German and Dutch verbs.
    match folded.split_once(infix).filter(|_| !infix.is_empty()) {
        Some((before, after)) => out.extend([before, after]),
        None => out.push_str(folded),
    }
    for _ in 0..cut {
        out.pop()?;
    }
    out.push_str(rest);
    (!out.is_empty()).then_some(())
}

/// Whether the language has a table: its words are then known by lemmas and not by stems.
pub(crate) fn has_table(language: Language) -> bool {
    !tables(language).is_empty()
}

/// Calls `each` with the folded lemmas of a word; with the word itself where the tables say nothing of it.
pub(crate) fn for_each_lemma(language: Language, lower: &str, folded: &str, mut each: impl FnMut(&str)) {
    let tables = tables(language);
    // Numbers and mixtures have no inflection that a table could know.
    let is_word = lower.chars().all(char::is_alphabetic);
    let is_long = lower.chars().count() > WHOLE_CHARS_MAX;
    let last = tables.len().saturating_sub(1);
    let mut asked = tables.iter().enumerate().filter(|_| is_word);
    let Some(rules) = asked.find_map(|(idx, table)| table.rules(lower, is_long && idx == last)) else {
        each(folded);
        return;
    };
    let mut lemma = String::new();
    for rule in rules.split(' ') {
        match apply(rule, folded, &mut lemma) {
            Some(()) => each(&lemma),
            None => each(folded),
        }
    }
}

#[cfg(test)]
mod tests;
