//! A line of dialogue with what was looked for marked in it.
//!
//! An answer says which annotations matched, not which of their words: those are found again here, for the eye only.

use rushes_text::{Analyzer, Fuzziness, Language, detect, fold, within};
use serde_json::Value;

use crate::output::hit;

/// Most letters of a line that are shown around its hit.
const TEXT_CHARS_MAX: usize = 160;

/// A line with the words that the clause looks for marked; a long one is cut around the first of them.
#[must_use]
pub fn mark(line: &str, clause: &Value) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let marked = hits(line, &words, clause);
    let (from, to) = window(&words, &marked);
    let mut parts = Vec::new();
    let mut run: Vec<&str> = Vec::new();
    for (word, is_hit) in words.iter().zip(&marked).take(to).skip(from) {
        if *is_hit {
            run.push(word);
            continue;
        }
        if !run.is_empty() {
            parts.push(hit(&std::mem::take(&mut run).join(" ")));
        }
        parts.push((*word).to_owned());
    }
    if !run.is_empty() {
        parts.push(hit(&run.join(" ")));
    }
    let before = if from > 0 { "… " } else { "" };
    let after = if to < words.len() { " …" } else { "" };
    format!("{before}{}{after}", parts.join(" "))
}

/// What the clause looks for, word by word.
fn wanted(clause: &Value) -> Vec<String> {
    let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or("").to_owned();
    let resolved = clause.get("words").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let words: Vec<String> = match resolved {
        [] => format!("{} {}", text(clause, "phrase"), text(clause, "text"))
            .split_whitespace()
            .map(plain)
            .collect(),
        words => words.iter().map(|w| plain(&text(w, "text"))).collect(),
    };
    words.into_iter().filter(|w| !w.is_empty()).collect()
}

/// Which words are hits. Of a phrase those in a row; where none are (slop), each of its words.
fn hits(line: &str, words: &[&str], clause: &Value) -> Vec<bool> {
    let wanted = wanted(clause);
    let same = Same::of(line, clause);
    let plain: Vec<String> = words.iter().map(|w| plain(w)).collect();
    let mut marked = vec![false; words.len()];
    let is_phrase = clause.get("phrase").is_some_and(Value::is_string);
    if is_phrase && !wanted.is_empty() {
        for start in 0..plain.len() {
            let row = plain.get(start..start + wanted.len()).unwrap_or(&[]);
            if row.len() == wanted.len() && row.iter().zip(&wanted).all(|(a, b)| same.are(a, b)) {
                marked.iter_mut().skip(start).take(wanted.len()).for_each(|m| *m = true);
            }
        }
    }
    if !marked.contains(&true) {
        for (mark, word) in marked.iter_mut().zip(&plain) {
            *mark = wanted.iter().any(|w| same.are(word, w));
        }
    }
    marked
}

/// A word as it is compared: folded, letters and digits only.
fn plain(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// When two words are the same to the clause.
struct Same {
    prefix: bool,
    edits: Option<Fuzziness>,
    forms: Option<(Analyzer, Language)>,
}

impl Same {
    fn of(line: &str, clause: &Value) -> Self {
        let is_phrase = clause.get("phrase").is_some_and(Value::is_string);
        let analysed = clause.get("analysed").and_then(Value::as_bool).unwrap_or(!is_phrase);
        let edits = match clause.get("fuzziness") {
            Some(Value::String(_)) => Some(Fuzziness::Auto),
            Some(Value::Number(n)) if n.as_u64() == Some(1) => Some(Fuzziness::One),
            Some(Value::Number(n)) if n.as_u64() == Some(2) => Some(Fuzziness::Two),
            _ => None,
        };
        let language = detect(line, Language::En);
        Self {
            prefix: clause.get("prefix").and_then(Value::as_bool) == Some(true),
            edits,
            forms: analysed.then(|| (Analyzer::new(Language::En), language)),
        }
    }

    fn are(&self, said: &str, wanted: &str) -> bool {
        said == wanted
            || (self.prefix && said.starts_with(wanted))
            || self.edits.is_some_and(|f| within(wanted, said, f.max_edits(wanted)).is_some())
            || self.forms.as_ref().is_some_and(|(analyzer, language)| {
                // Short lines are often taken for another language than they are.
                [*language, Language::En].iter().any(|l| analyzer.same_word(said, wanted, *l))
            })
    }
}

/// The words that are shown: all of a short line, else those around the first hit.
fn window(words: &[&str], marked: &[bool]) -> (usize, usize) {
    let length = |words: &[&str]| words.iter().map(|w| w.chars().count() + 1).sum::<usize>();
    if length(words) <= TEXT_CHARS_MAX {
        return (0, words.len());
    }
    let first = marked.iter().position(|hit| *hit).unwrap_or(0);
    let (mut from, mut to) = (first, (first + 1).min(words.len()));
    while length(words.get(from..to).unwrap_or(&[])) < TEXT_CHARS_MAX && (from > 0 || to < words.len()) {
        from = from.saturating_sub(1);
        to = (to + 1).min(words.len());
    }
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn hits_are_marked() {
        let salt = json!({"phrase": "pass the salt"});
        assert_eq!(
            mark("Could you pass the Salt? And the piano?", &salt),
            "Could you [pass the Salt?] And the piano?"
        );
        assert_eq!(mark("The salt, pass", &json!({"phrase": "pass salt", "slop": 4})), "The [salt, pass]");
        assert_eq!(mark("We ran on our feet", &json!({"text": "run foot"})), "We [ran] on our [feet]");
        assert_eq!(mark("The captain", &json!({"text": "capten", "fuzziness": "auto"})), "The [captain]");
        assert_eq!(mark("Starving", &json!({"text": "star", "prefix": true})), "[Starving]");
    }

    #[test]
    fn long_lines_are_cut_around_the_first_hit() {
        let long = format!("{} salt {}", "before ".repeat(60), "after ".repeat(60));
        let marked = mark(&long, &json!({"text": "salt"}));
        assert!(
            marked.starts_with("… before") && marked.ends_with("after …") && marked.contains("[salt]"),
            "{marked}"
        );
        assert!(marked.chars().count() < TEXT_CHARS_MAX + 30);
    }
}
