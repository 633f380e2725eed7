//! What is written onto a word and is no part of it: articles, pronouns, negations.
//!
//! "l'homme", "dell'arte", "don't", "dímelo" are known as homme, arte, do, decir: the rest is looked for as it is.

use crate::language::Language;

/// French and Italian write an article or pronoun onto the next word: "l'homme" is known as "homme" too.
pub(crate) fn without_elision(lower: &str, language: Language) -> Option<&str> {
    let particles: &[&str] = match language {
        Language::Fr => &[
            "l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu",
            "quelqu",
        ],
        Language::It => &[
            "l", "d", "c", "m", "t", "s", "v", "n", "un", "gl", "dell", "nell", "all", "sull", "dall",
            "coll", "quell", "quest", "bell", "sant", "tutt", "mezz", "senz", "com", "dov", "cos", "nessun",
            "ciascun",
        ],
        _ => return None,
    };
    let (particle, rest) = lower.split_once('\'')?;
    (particles.contains(&particle) && !rest.is_empty()).then_some(rest)
}

/// English: "don't" is "do", "we're" is "we", "dog's" is "dog".
pub(crate) fn without_contraction(lower: &str, language: Language) -> Option<&str> {
    if language != Language::En {
        return None;
    }
    match lower {
        "can't" => return Some("can"),
        "won't" => return Some("will"),
        "shan't" => return Some("shall"),
        "ain't" => return Some("be"),
        "cannot" => return Some("can"),
        _ => {}
    }
    let endings = ["n't", "'s", "'re", "'ve", "'ll", "'d", "'m"];
    endings.iter().find_map(|ending| lower.strip_suffix(ending)).filter(|rest| !rest.is_empty())
}

const SPANISH: &[&str] = &["me", "te", "se", "lo", "la", "le", "los", "las", "les", "nos", "os"];
const ITALIAN: &[&str] = &[
    "mi", "ti", "si", "ci", "vi", "lo", "la", "li", "le", "ne", "gli", "me", "te", "se", "ce", "ve", "glie",
];
/// Of the Italian ones, those that only stand before another.
const ITALIAN_FIRST: &[&str] = &["me", "te", "se", "ce", "ve", "glie"];
/// Short Italian infinitives, whose shape alone would not tell them from the beginning of another word.
const ITALIAN_SHORT: &[&str] = &["far", "dar", "dir", "star"];
/// Pronouns that follow one another.
const CLITICS_MAX: usize = 2;
/// A verb of fewer letters is not looked for before a pronoun.
const HOST_CHARS_MIN: usize = 4;

/// The verbs that a word may be with pronouns at its end: "decirlo", "dímelo", "farlo", "dandogli".
///
/// What is no verb with pronouns is rarely cut ("charla"), and then it is known by its own lemma all the same.
pub(crate) fn without_clitics(lower: &str, language: Language) -> Vec<String> {
    let clitics = match language {
        Language::Es => SPANISH,
        Language::It => ITALIAN,
        _ => return Vec::new(),
    };
    let mut hosts = Vec::new();
    // What is left, how many pronouns were cut, which was the last of them in the word.
    let mut rests: Vec<(&str, &str)> = vec![(lower, "")];
    for number in 1..=CLITICS_MAX {
        let cut = rests.iter().flat_map(|(rest, last)| {
            clitics.iter().filter_map(move |clitic| {
                let last = if last.is_empty() { *clitic } else { *last };
                Some((rest.strip_suffix(clitic)?, last))
            })
        });
        rests = cut.collect();
        hosts.extend(rests.iter().filter_map(|(rest, last)| match language {
            Language::It => italian_host(rest, last),
            _ => spanish_host(rest, number),
        }));
    }
    hosts
}

fn italian_host(rest: &str, last: &str) -> Option<String> {
    if ITALIAN_FIRST.contains(&last) {
        return None;
    }
    let is_long = rest.chars().count() >= HOST_CHARS_MIN;
    // "ne" after "er" ends many other words: interne, moderne.
    let is_infinitive =
        is_long && (rest.ends_with("ar") || rest.ends_with("ir") || rest.ends_with("er") && last != "ne");
    match rest {
        _ if rest.ends_with("ndo") && is_long => Some(rest.to_owned()),
        _ if is_infinitive || ITALIAN_SHORT.contains(&rest) => Some(format!("{rest}e")),
        _ => None,
    }
}

fn spanish_host(rest: &str, clitics: usize) -> Option<String> {
    if rest.chars().count() < 2 {
        return None;
    }
    let opened = rest.replace('á', "a").replace('é', "e").replace('í', "i").replace('ó', "o");
    let is_accented = opened != rest;
    let is_long = rest.chars().count() >= HOST_CHARS_MIN;
    let is_infinitive = ["ar", "er", "ir"].iter().any(|ending| opened.ends_with(ending));
    let takes = opened.ends_with("ndo") && is_accented
        || is_infinitive && is_long && (clitics == 1 || is_accented)
        || is_infinitive && opened == "ir"
        || is_accented && (clitics == CLITICS_MAX || is_long);
    takes.then_some(opened)
}

#[cfg(test)]
mod tests;
