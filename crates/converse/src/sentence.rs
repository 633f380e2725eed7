//! A sentence as words with their places; what stands in quotes is nobody's command.

use rushes_text::{Token, tokenise};

/// What opens or closes a quote.
const QUOTES: [char; 7] = ['"', '“', '”', '„', '«', '»', '‟'];

/// A sentence.
#[derive(Debug)]
pub(crate) struct Sentence<'s> {
    pub text: &'s str,
    pub tokens: Vec<Token>,
    /// Of each word: does it stand in quotes?
    quoted: Vec<bool>,
}

impl<'s> Sentence<'s> {
    pub fn new(text: &'s str) -> Self {
        let tokens = tokenise(text);
        let mut quoted = Vec::with_capacity(tokens.len());
        let (mut at, mut inside) = (0, false);
        for token in &tokens {
            let between = text.get(at..token.start).unwrap_or_default();
            let marks = between.chars().filter(|c| QUOTES.contains(c)).count();
            inside ^= marks % 2 == 1;
            quoted.push(inside);
            at = token.start;
        }
        Self { text, tokens, quoted }
    }

    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The word at a place, unless it is quoted.
    pub fn word(&self, at: usize) -> Option<&str> {
        let token = self.tokens.get(at)?;
        (!self.quoted.get(at).copied().unwrap_or_default()).then_some(token.folded.as_str())
    }

    /// Do these words stand at a place, before another?
    pub fn is_row(&self, at: usize, to: usize, row: &[String]) -> bool {
        at + row.len() <= to
            && row.iter().enumerate().all(|(i, word)| self.word(at + i) == Some(word.as_str()))
    }

    /// The longest of these rows that stands at a place.
    pub fn longest(&self, at: usize, to: usize, rows: &[Vec<String>]) -> Option<usize> {
        rows.iter().filter(|row| !row.is_empty() && self.is_row(at, to, row)).map(Vec::len).max()
    }

    /// Is there a comma, a colon or a dash before the word?
    pub fn comma_before(&self, at: usize) -> bool {
        let start = at.checked_sub(1).and_then(|before| self.tokens.get(before)).map_or(0, |token| token.end);
        let end = self.tokens.get(at).map_or(self.text.len(), |token| token.start);
        self.text
            .get(start..end)
            .is_some_and(|between| between.contains([',', ';', ':', '.', '–', '—', '!', '-']))
    }

    /// Does the sentence ask?
    pub fn asks(&self) -> bool {
        self.text.trim_end().ends_with(['?', '？'])
    }

    /// Does any of it stand in quotes?
    pub fn quotes(&self) -> bool {
        self.quoted.contains(&true)
    }

    /// The text from a word up to another, with quotes that belong to it.
    pub fn slice(&self, from: usize, to: usize) -> &'s str {
        let (Some(first), Some(last)) =
            (self.tokens.get(from), to.checked_sub(1).and_then(|at| self.tokens.get(at)))
        else {
            return "";
        };
        let (mut start, mut end) = (first.start, last.end);
        if let Some(mark) = self.text.get(..start).and_then(|before| before.chars().next_back())
            && (QUOTES.contains(&mark) || matches!(mark, '\'' | '‘' | '@' | '#' | '-'))
        {
            start -= mark.len_utf8();
        }
        if let Some(mark) = self.text.get(end..).and_then(|after| after.chars().next())
            && (QUOTES.contains(&mark) || matches!(mark, '\'' | '’' | '%'))
        {
            end += mark.len_utf8();
        }
        self.text.get(start..end).unwrap_or_default()
    }

    /// Where the sentence falls into parts: places of words that a comma or the like stands before.
    pub fn parts(&self) -> Vec<(usize, usize)> {
        let mut parts = Vec::new();
        let mut from = 0;
        for at in 1..self.len() {
            let inside = self.quoted[at] && self.quoted[at - 1];
            if !inside && self.parted(at) {
                parts.push((from, at));
                from = at;
            }
        }
        parts.push((from, self.len()));
        parts
    }

    fn parted(&self, at: usize) -> bool {
        let (start, end) = (self.tokens[at - 1].end, self.tokens[at].start);
        self.text.get(start..end).is_some_and(|between| {
            between.contains([',', ';', '–', '—', '!', '?'])
                || between.contains(". ")
                || between.contains(" - ")
        })
    }
}
