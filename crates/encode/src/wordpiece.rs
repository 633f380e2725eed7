//! Words cut into the longest pieces that a vocabulary has, from the left (WordPiece).

use std::collections::HashMap;

use crate::basic::for_each_word;

/// Words of at least this many characters are not looked up: they are not real words, and the lookup would take long.
pub const UNKNOWN_CHARS_MIN: usize = 101;
/// The prefix of a piece that continues a word.
const GOES_ON: &str = "##";

/// A vocabulary, ready to cut texts with.
#[derive(Debug)]
pub struct WordPieces {
    /// Pieces that begin a word, with their numbers.
    first: HashMap<&'static str, u32>,
    /// Pieces that continue a word.
    later: HashMap<&'static str, u32>,
    /// Bytes of the longest piece.
    longest: usize,
}

impl WordPieces {
    /// Of a vocabulary: one piece a line, numbered from 0; a piece that goes on with a word begins with `##`.
    #[must_use]
    pub fn new(vocabulary: &'static str) -> Self {
        let mut pieces = Self { first: HashMap::new(), later: HashMap::new(), longest: 0 };
        for (number, piece) in (0..).zip(vocabulary.lines()) {
            pieces.longest = pieces.longest.max(piece.len());
            match piece.strip_prefix(GOES_ON).filter(|rest| !rest.is_empty()) {
                Some(rest) => pieces.later.insert(rest, number),
                None => pieces.first.insert(piece, number),
            };
        }
        pieces
    }

    /// Calls `each` with the number of every piece of a text. A word that cannot be split completely has none.
    pub fn for_each(&self, text: &str, each: &mut dyn FnMut(u32)) {
        let mut numbers = Vec::new();
        for_each_word(text, &mut String::new(), &mut |word| {
            numbers.clear();
            if self.cut(word, &mut numbers) {
                numbers.iter().for_each(|number| each(*number));
            }
        });
    }

    /// The pieces of one word; `false` where it cannot be cut.
    fn cut(&self, word: &str, numbers: &mut Vec<u32>) -> bool {
        if word.chars().nth(UNKNOWN_CHARS_MIN - 1).is_some() {
            return false;
        }
        let mut rest = word;
        while !rest.is_empty() {
            let pieces = if numbers.is_empty() { &self.first } else { &self.later };
            let longest = rest.len().min(self.longest);
            let found = (1..=longest).rev().find_map(|end| {
                let piece = rest.get(..end)?;
                Some((*pieces.get(piece)?, end))
            });
            let Some((number, end)) = found else { return false };
            numbers.push(number);
            rest = rest.get(end..).unwrap_or_default();
        }
        true
    }
}
