//! Which number is a word? "two" is `2`, "vierundzwanzig" is `24`: a form beside its lemma, in seven languages.
//!
//! Only numbers that are one word: "twenty-four" is two words of a text, as it is two in a question.

use crate::fold::fold_word;
use crate::language::Language;
use std::collections::HashMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("../data/numbers.tsv");

/// The digits of a folded word that is a number.
pub(crate) fn digits(language: Language, folded: &str) -> Option<&'static str> {
    static NUMBERS: OnceLock<HashMap<Language, Numbers>> = OnceLock::new();
    NUMBERS.get_or_init(parse).get(&language)?.get(folded).copied()
}

/// Folded word to digits.
type Numbers = HashMap<String, &'static str>;

fn parse() -> HashMap<Language, Numbers> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).flat_map(|line| {
        let mut fields = line.split('\t');
        let language = Language::parse(fields.next().unwrap_or_default());
        let digits = fields.next().unwrap_or_default();
        fields.next().unwrap_or_default().split(' ').map(move |word| (language, word, digits))
    });
    let mut numbers: HashMap<Language, Numbers> = HashMap::new();
    for (language, word, digits) in rows {
        numbers.entry(language).or_default().insert(fold_word(word), digits);
    }
    numbers
}

#[cfg(test)]
mod tests;
