//! Where does a word begin and end?
//!
//! The word boundaries of UAX #29, tailored as that standard allows, and implemented directly (a test holds them to
//! the standard's own where nothing is tailored): one pass, no lookups for ASCII.
//!
//! - An apostrophe inside a word joins: "I'm" is one word, folded `im`; "90's" is `90s`. At an edge it is dropped.
//! - All other punctuation parts, `_` too (models write labels like "red_car"), with two exceptions: between digits a
//!   dot joins ("3.14") and a comma before three digits is dropped ("1,000" is `1000`); single letters with dots are
//!   one word ("F.B.I." is `fbi`).
//! - A sign that belongs to a name joins: "C++", "F#", "R&B", "24/7". An emoji with what modifies it is one word, known
//!   without its skin tone; notes (♪), which mark what is sung, are none.
//! - Text without spaces (Han with kana; Hangul; Thai, Lao, Khmer, Burmese) is cut into overlapping pairs of
//!   characters. Every character takes one position and begins exactly one token: the pair of it and the next, or,
//!   at the end of a run, the character alone. So phrases work by position, and a query of one character is a prefix
//!   of every token that begins with it (see `TermMatcher`), which plain bigrams cannot find.
//! - A word longer than [`MAX_TOKEN_BYTES`] is cut in several tokens at consecutive positions; nothing is lost.

mod signs;

use crate::fold::{fold_into, is_apostrophe, is_invisible, lower_into};
use crate::script::{Script, boundary_before, is_paired, script_of};
use signs::{is_emoji, is_tone, joins_sign};
use unicode_normalization::char::is_combining_mark;

/// A longer word is cut in pieces of at most this many bytes: real words are shorter, and stemming is not linear.
pub const MAX_TOKEN_BYTES: usize = 128;

/// One word of a text, owned.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Token {
    /// Lower case with accents, apostrophes as `'`: what [`crate::Analyzer::forms`] stems.
    pub lower: String,
    /// Without case, accents and apostrophes: what is compared. Never empty.
    pub folded: String,
    /// Place in the text, counted in tokens from 0.
    pub position: u32,
    /// First byte in the original text.
    pub start: usize,
    /// One past the last byte in the original text.
    pub end: usize,
}

/// One word of a text, its spellings borrowed from a buffer that the next word overwrites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRef<'a> {
    /// As [`Token::lower`].
    pub lower: &'a str,
    /// As [`Token::folded`].
    pub folded: &'a str,
    /// As [`Token::position`].
    pub position: u32,
    /// As [`Token::start`].
    pub start: usize,
    /// As [`Token::end`].
    pub end: usize,
}

impl TokenRef<'_> {
    /// An owned copy.
    #[must_use]
    pub fn to_token(self) -> Token {
        Token {
            lower: self.lower.to_owned(),
            folded: self.folded.to_owned(),
            position: self.position,
            start: self.start,
            end: self.end,
        }
    }
}

/// All words of a text.
#[must_use]
pub fn tokenise(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    tokenise_into(text, &mut tokens);
    tokens
}

/// Appends all words of a text; positions count from 0 for this text.
pub fn tokenise_into(text: &str, tokens: &mut Vec<Token>) {
    for_each_token(text, |token| tokens.push(token.to_token()));
}

/// Calls `sink` with every word of a text, in order, allocating nothing per ASCII word.
pub fn for_each_token(text: &str, sink: impl FnMut(TokenRef<'_>)) {
    let mut emitter = Emitter { text, sink, position: 0, lower: String::new(), folded: String::new() };
    let mut at = 0;
    while let Some((class, width)) = class_at(text, at) {
        at = match class {
            Class::Letter | Class::Digit => {
                let word = word_end(text, at);
                emitter.word(at, word);
                word.end
            }
            Class::Paired(kind) => emitter.run(at, kind),
            Class::Emoji => emitter.emoji(at),
            _ => at + width,
        };
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    /// Combining marks and invisible characters: part of whatever they follow.
    Mark,
    Apostrophe,
    Dot,
    Comma,
    Paired(Run),
    Emoji,
    /// What joins only inside or after some words: see [`joins_sign`].
    Sign,
    Other,
}

/// Characters of one kind of run pair with each other; Japanese mixes Han and kana within a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    HanOrKana,
    Hangul,
    Unspaced,
}

/// The class and the width in bytes of the character at a byte offset.
fn class_at(text: &str, at: usize) -> Option<(Class, usize)> {
    let byte = *text.as_bytes().get(at)?;
    if byte.is_ascii() {
        let class = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'\'' | b'`' => Class::Apostrophe,
            b'.' => Class::Dot,
            b',' => Class::Comma,
            b'+' | b'#' | b'&' | b'/' => Class::Sign,
            _ => Class::Other,
        };
        return Some((class, 1));
    }
    let c = text.get(at..)?.chars().next()?;
    Some((class_of(c), c.len_utf8()))
}

fn class_of(c: char) -> Class {
    if is_apostrophe(c) {
        return Class::Apostrophe;
    }
    // A zero-width space is how Thai and Khmer mark where words part.
    if c != '\u{200B}' && is_invisible(c) || is_combining_mark(c) || matches!(c, '\u{FF9E}' | '\u{FF9F}') {
        return Class::Mark;
    }
    match script_of(c) {
        Script::Han | Script::Kana if c.is_alphanumeric() => Class::Paired(Run::HanOrKana),
        Script::Hangul if c.is_alphanumeric() => Class::Paired(Run::Hangul),
        Script::Unspaced if c.is_alphabetic() => Class::Paired(Run::Unspaced),
        _ if c.is_alphabetic() => Class::Letter,
        _ if c.is_numeric() => Class::Digit,
        _ if is_emoji(c) => Class::Emoji,
        _ => Class::Other,
    }
}

#[derive(Debug, Clone, Copy)]
struct Word {
    end: usize,
    /// Single letters with dots, which are dropped.
    is_acronym: bool,
}

/// Where the word that begins at `start` with a letter or digit ends.
fn word_end(text: &str, start: usize) -> Word {
    let mut end = start;
    let mut last = Class::Other;
    let mut letters = 0_usize;
    let mut is_acronym = false;
    while let Some((class, width)) = class_at(text, end) {
        let next = end + width;
        match class {
            Class::Letter | Class::Digit => {
                last = class;
                letters += 1;
            }
            Class::Mark => {}
            Class::Apostrophe if is_alphanumeric_at(text, next) => {}
            Class::Dot if last == Class::Digit && is_digit_at(text, next) => {}
            Class::Comma if last == Class::Digit && is_thousands(text, next) => {}
            Class::Dot
                if last == Class::Letter && (letters == 1 || is_acronym) && is_single_letter(text, next) =>
            {
                is_acronym = true;
            }
            Class::Sign => match joins_sign(text, start, end, letters, last) {
                Some(after) => {
                    end = after;
                    last = Class::Sign;
                    continue;
                }
                None => break,
            },
            _ => break,
        }
        end = next;
    }
    Word { end, is_acronym }
}

fn is_alphanumeric_at(text: &str, at: usize) -> bool {
    matches!(class_at(text, at), Some((Class::Letter | Class::Digit, _)))
}

fn is_digit_at(text: &str, at: usize) -> bool {
    matches!(class_at(text, at), Some((Class::Digit, _)))
}

/// Exactly three ASCII digits follow.
fn is_thousands(text: &str, at: usize) -> bool {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    rest.len() >= 3 && rest[..3].iter().all(u8::is_ascii_digit) && !is_digit_at(text, at + 3)
}

/// One letter, with its marks, and no word character after it.
fn is_single_letter(text: &str, at: usize) -> bool {
    let Some((Class::Letter, width)) = class_at(text, at) else { return false };
    let mut next = at + width;
    while let Some((Class::Mark, width)) = class_at(text, next) {
        next += width;
    }
    !matches!(class_at(text, next), Some((Class::Letter | Class::Digit | Class::Apostrophe, _)))
}

struct Emitter<'t, F> {
    text: &'t str,
    sink: F,
    position: u32,
    lower: String,
    folded: String,
}

impl<F: FnMut(TokenRef<'_>)> Emitter<'_, F> {
    fn word(&mut self, start: usize, word: Word) {
        let mut piece_start = start;
        while piece_start < word.end {
            let limit = boundary_before(self.text, piece_start + MAX_TOKEN_BYTES);
            let piece_end = word.end.min(limit);
            self.spell(piece_start, piece_end, word.is_acronym);
            self.emit(piece_start, piece_end);
            piece_start = piece_end;
        }
    }

    /// Emits the pairs of the run of one kind that begins at `start`, and returns where it ends.
    fn run(&mut self, start: usize, kind: Run) -> usize {
        let mut unit_start = start;
        let mut unit_end = end_of_unit(self.text, start);
        while let Some((Class::Paired(next_kind), _)) = class_at(self.text, unit_end)
            && next_kind == kind
        {
            let next_end = end_of_unit(self.text, unit_end);
            self.spell_bounded(unit_start, next_end);
            self.emit(unit_start, next_end);
            (unit_start, unit_end) = (unit_end, next_end);
        }
        self.spell_bounded(unit_start, unit_end);
        self.emit(unit_start, unit_end);
        unit_end
    }

    /// Emits the emoji at `start` with what modifies or follows it in one picture, and returns where it ends.
    fn emoji(&mut self, start: usize) -> usize {
        let is_flag = |at: usize| matches!(char_at(self.text, at), Some('\u{1F1E6}'..='\u{1F1FF}'));
        let mut end = end_of_unit(self.text, start);
        if is_flag(start) && is_flag(end) {
            end = end_of_unit(self.text, end);
        }
        loop {
            let is_joined = self.text[..end].ends_with('\u{200D}');
            match char_at(self.text, end) {
                Some(c) if is_tone(c) || is_joined && is_emoji(c) => end = end_of_unit(self.text, end),
                _ => break,
            }
        }
        self.spell_bounded(start, end);
        if self.folded.chars().any(|c| !is_tone(c)) {
            self.lower.retain(|c| !is_tone(c));
            self.folded.retain(|c| !is_tone(c));
        }
        self.emit(start, end);
        end
    }

    /// A character may carry any number of marks; beyond a token's length they are not looked at.
    fn spell_bounded(&mut self, start: usize, end: usize) {
        let end = end.min(boundary_before(self.text, start + MAX_TOKEN_BYTES));
        self.spell(start, end, false);
    }

    fn spell(&mut self, start: usize, end: usize, is_acronym: bool) {
        let word = &self.text[start..end];
        if word.is_ascii() {
            self.spell_ascii(word, is_acronym);
            return;
        }
        let keeps = |c: char| c != ',' && !(is_acronym && c == '.');
        let kept: std::borrow::Cow<'_, str> =
            if word.chars().all(keeps) { word.into() } else { word.chars().filter(|c| keeps(*c)).collect() };
        lower_into(&kept, &mut self.lower);
        fold_into(&kept, &mut self.folded);
        self.folded.retain(|c| !is_apostrophe(c) && !c.is_whitespace());
    }

    fn spell_ascii(&mut self, word: &str, is_acronym: bool) {
        self.lower.clear();
        self.folded.clear();
        for c in word.chars() {
            match c {
                ',' => {}
                '.' if is_acronym => {}
                '\'' | '`' => self.lower.push('\''),
                _ => {
                    self.lower.push(c.to_ascii_lowercase());
                    self.folded.push(c.to_ascii_lowercase());
                }
            }
        }
    }

    /// A piece of marks alone has no spelling and is no word.
    fn emit(&mut self, start: usize, end: usize) {
        if self.folded.is_empty() {
            return;
        }
        let Emitter { lower, folded, position, sink, .. } = self;
        sink(TokenRef { lower, folded, position: *position, start, end });
        *position = position.saturating_add(1);
    }
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// The character at `at` with the marks after it.
fn end_of_unit(text: &str, at: usize) -> usize {
    let mut end = at + class_at(text, at).map_or(0, |(_, width)| width);
    while let Some((Class::Mark, width)) = class_at(text, end) {
        end += width;
    }
    end
}

/// Whether a folded word is one character of a script that is cut into pairs.
pub(crate) fn is_single_paired(folded: &str) -> bool {
    let mut chars = folded.chars();
    chars.next().is_some_and(|c| is_paired(script_of(c))) && chars.all(is_combining_mark)
}

#[cfg(test)]
mod tests;
