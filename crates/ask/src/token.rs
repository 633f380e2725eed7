//! Cuts a question into words, quotes and marks.

use rushes_text::{fold_word, tokenise};

/// A piece of the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// First byte in the question.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// As compared: without case and accents, and without the "'s" of a genitive; for a mark, the mark.
    pub folded: String,
    /// The same with what was taken off as a genitive: in a name it may belong to it.
    pub whole: String,
    /// The frame word that it is, or was meant to be.
    pub frame: String,
    /// What it is.
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// Text in quotes.
    Quote(String),
    Mark(char),
}

/// Marks that mean something; other punctuation is white space.
const MARKS: &str = ",;:+&/%-–—>→<≤≥=?!.()|@";

impl Token {
    fn new(start: usize, end: usize, folded: String, kind: Kind) -> Self {
        Self { start, end, whole: folded.clone(), frame: folded.clone(), folded, kind }
    }
}

/// The tokens of a question. A word that `is_elided` lost its vowel before the next: "l'épisode" is two words to us.
pub(crate) fn tokens(text: &str, is_elided: impl Fn(&str) -> bool) -> Vec<Token> {
    let mut out = Vec::new();
    let mut plain = 0;
    for (start, end, inner) in quotes(text) {
        words(text, plain, start, &is_elided, &mut out);
        let said = text.get(inner.0..inner.1).unwrap_or_default().trim().to_owned();
        if !tokenise(&said).is_empty() {
            out.push(Token::new(start, end, String::new(), Kind::Quote(said)));
        }
        plain = end;
    }
    words(text, plain, text.len(), &is_elided, &mut out);
    // Writing without spaces is cut into pairs of characters that overlap: here each ends where the next begins.
    for i in 1..out.len() {
        out[i - 1].end = out[i - 1].end.min(out[i].start);
    }
    out
}

/// What closes a quote that `c` opens.
fn closing(c: char) -> Option<&'static str> {
    Some(match c {
        '"' => "\"",
        '\u{201c}' => "\u{201d}\"",
        '\u{201e}' => "\u{201c}\u{201d}\"",
        '\u{201d}' => "\u{201d}",
        '\u{ab}' => "\u{bb}",
        '\u{bb}' => "\u{ab}",
        '\u{2039}' => "\u{203a}",
        '\u{203a}' => "\u{2039}",
        '\'' | '\u{2018}' | '\u{201a}' => "'\u{2019}\u{2018}",
        '\u{300c}' => "\u{300d}",
        _ => return None,
    })
}

type Quote = (usize, usize, (usize, usize));

/// The quotes: where each begins and ends, and what is in it. One that is never closed runs to the end, unless it is
/// an apostrophe.
fn quotes(text: &str) -> Vec<Quote> {
    let mut found = Vec::new();
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let is_word = |at: Option<&(usize, char)>| at.is_some_and(|(_, c)| c.is_alphanumeric());
    let mut i = 0;
    // If an apostrophe is not closed, the search is not repeated: the next one cannot be closed either.
    let mut single_closes = true;
    while let Some((start, c)) = chars.get(i).copied() {
        let single = matches!(c, '\'' | '\u{2018}' | '\u{201a}');
        let before = i.checked_sub(1).and_then(|b| chars.get(b));
        let opens = !single || (single_closes && !is_word(before) && is_word(chars.get(i + 1)));
        let Some(ends) = closing(c).filter(|_| opens) else {
            i += 1;
            continue;
        };
        let close = (i + 1..chars.len()).find(|j| {
            let (_, c) = chars[*j];
            ends.contains(c) && !(single && is_word(chars.get(j + 1)))
        });
        let inner = start + c.len_utf8();
        match close {
            Some(j) => {
                let (at, c) = chars[j];
                found.push((start, at + c.len_utf8(), (inner, at)));
                i = j + 1;
            }
            None if single => {
                single_closes = false;
                i += 1;
            }
            None => {
                found.push((start, text.len(), (inner, text.len())));
                break;
            }
        }
    }
    found
}

/// Words and marks of a part of the question without quotes.
fn words(text: &str, from: usize, to: usize, is_elided: &impl Fn(&str) -> bool, out: &mut Vec<Token>) {
    let part = text.get(from..to).unwrap_or_default();
    let mut at = 0;
    for token in tokenise(part) {
        marks(part, at, token.start, from, out);
        at = at.max(token.end);
        let source = part.get(token.start..token.end).unwrap_or_default();
        let folded = spelled(&token.lower, &token.folded);
        word(source, &token.lower, folded, from + token.start, is_elided, out);
    }
    marks(part, at, part.len(), from, out);
}

fn marks(part: &str, from: usize, to: usize, offset: usize, out: &mut Vec<Token>) {
    for (at, c) in part.get(from..to).unwrap_or_default().char_indices() {
        if MARKS.contains(c) {
            let start = offset + from + at;
            out.push(Token::new(start, start + c.len_utf8(), c.to_string(), Kind::Mark(c)));
        }
    }
}

/// The form in which a word is compared: without accents, except that French "ou" (or) is not "où" (where).
pub(crate) fn spelled<'a>(lower: &'a str, folded: &'a str) -> &'a str {
    if lower == "où" { lower } else { folded }
}

/// One word; elisions become two, and an English genitive is its noun.
fn word(
    source: &str,
    lower: &str,
    folded: &str,
    start: usize,
    is_elided: &impl Fn(&str) -> bool,
    out: &mut Vec<Token>,
) {
    let end = start + source.len();
    let mut push = |start, end, folded: &str| {
        if !folded.is_empty() {
            out.push(Token::new(start, end, folded.to_owned(), Kind::Word));
        }
    };
    if let Some((head, tail)) = lower.split_once('\'') {
        if is_elided(head) && tail.chars().count() > 1 {
            let cut = source.char_indices().nth(head.chars().count());
            let cut = cut.map_or(end, |(at, c)| start + at + c.len_utf8());
            push(start, cut, head);
            return push(cut, end, &fold_word(tail));
        }
        if tail == "s" {
            push(start, end, &fold_word(head));
            if let Some(token) = out.last_mut().filter(|token| token.start == start) {
                folded.clone_into(&mut token.whole);
            }
            return;
        }
    }
    push(start, end, folded);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<Token> {
        tokens(text, |word| ["l", "d"].contains(&word))
    }

    fn quoted(text: &str) -> Vec<String> {
        let said = |t: Token| if let Kind::Quote(said) = t.kind { Some(said) } else { None };
        cut(text).into_iter().filter_map(said).collect()
    }

    #[test]
    fn quotes_of_all_kinds_are_found() {
        for text in
            ["\"a b\" c", "“a b” c", "„a b“ c", "« a b » c", "»a b« c", "'a b' c", "‘a b’ c", "„a b” c"]
        {
            assert_eq!(quoted(text), ["a b"], "{text}");
        }
        assert_eq!(quoted("'Kettle's on' now"), ["Kettle's on"]);
        assert_eq!(quoted("Otto's dog and Mara's"), [""; 0]);
        assert_eq!(quoted("she says \"never closed"), ["never closed"]);
        assert_eq!(quoted("\"\" and “ ”"), [""; 0]);
    }

    #[test]
    fn elisions_are_parted_and_genitives_are_their_nouns() {
        let folded = |text: &str| cut(text).into_iter().map(|t| t.folded).collect::<Vec<_>>();
        assert_eq!(folded("l’épisode d'Otto"), ["l", "episode", "d", "otto"]);
        assert_eq!(folded("Mara's 1:30"), ["mara", "1", ":", "30"]);
        assert_eq!(folded("doesn't"), ["doesnt"]);
        assert_eq!(cut("Lucien's").first().map(|t| t.whole.as_str()), Some("luciens"));
    }
}
