//! What is written onto a word and is no part of it: articles, pronouns, negations.

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
        _ => {}
    }
    let endings = ["n't", "'s", "'re", "'ve", "'ll", "'d", "'m"];
    endings.iter().find_map(|ending| lower.strip_suffix(ending)).filter(|rest| !rest.is_empty())
}

const SPANISH: &[&str] = &["me", "te", "se", "lo", "la", "le", "los", "las", "les", "nos", "os"];
const ITALIAN: &[&str] =
    &["mi", "ti", "si", "ci", "vi", "lo", "la", "li", "le", "ne", "gli", "me", "te", "se", "ce", "ve", "glie"];
/// Pronouns that follow one another.
const CLITICS_MAX: usize = 2;

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
    let mut rests = vec![lower];
    for number in 1..=CLITICS_MAX {
        let pairs = rests.iter().flat_map(|rest| clitics.iter().map(move |clitic| (*rest, *clitic)));
        rests = pairs.filter_map(|(rest, clitic)| rest.strip_suffix(clitic)).collect();
        let verbs = rests.iter().filter_map(|rest| verb(rest, number, language));
        hosts.extend(verbs);
    }
    hosts
}

/// The verb that is left when so many pronouns are cut off, if it looks like one that takes them.
fn verb(rest: &str, clitics: usize, language: Language) -> Option<String> {
    if rest.chars().count() < 2 {
        return None;
    }
    let open = |text: &str| text.replace('á', "a").replace('é', "e").replace('í', "i").replace('ó', "o");
    let opened = open(rest);
    let is_accented = opened != rest;
    let is_long = rest.chars().count() >= 4;
    if language == Language::It {
        return match rest {
            _ if rest.ends_with("ndo") => Some(rest.to_owned()),
            _ if rest.ends_with("ar") || rest.ends_with("er") || rest.ends_with("ir") => Some(format!("{rest}e")),
            _ => None,
        };
    }
    let is_infinitive = ["ar", "er", "ir"].iter().any(|ending| opened.ends_with(ending));
    let takes = opened.ends_with("ndo") && is_accented
        || is_infinitive && is_long && (clitics == 1 || is_accented)
        || is_infinitive && opened == "ir"
        || is_accented && (clitics == 2 || is_long);
    takes.then_some(opened)
}
