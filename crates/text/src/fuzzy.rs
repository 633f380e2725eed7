//! How many typing mistakes lie between two words?
//!
//! Optimal string alignment, as Lucene counts: insert, delete, replace or swap two neighbours costs one each, over
//! characters of the folded spelling. [`within`] compares two words; [`FuzzyAutomaton`] walks a whole term dictionary
//! (`fst`), and a test holds the two to the same answers.

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use std::sync::OnceLock;

/// More edits than this match too much to be of use, and the automata grow fast.
pub const MAX_EDITS: u8 = 2;

/// A longer word is matched exactly: it is no word anyone types, and its automaton takes long to build.
pub const MAX_FUZZY_CHARS: usize = 48;

/// How many typing mistakes are forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Fuzziness {
    /// None.
    #[default]
    Exact,
    /// One.
    One,
    /// Two.
    Two,
    /// By length as Elasticsearch does: none up to 2 characters, one for 3 to 5, two above.
    Auto,
}

impl Fuzziness {
    /// The edits forgiven in a folded word.
    ///
    /// Always fewer than the word has characters, else "a" would meet every word of one letter; none in a word of
    /// more than [`MAX_FUZZY_CHARS`].
    #[must_use]
    pub fn max_edits(self, folded: &str) -> u8 {
        if folded.chars().nth(MAX_FUZZY_CHARS).is_some() {
            return 0;
        }
        let asked = match self {
            Fuzziness::Exact => return 0,
            Fuzziness::One => 1,
            Fuzziness::Two => 2,
            Fuzziness::Auto => match folded.chars().take(6).count() {
                0..=2 => 0,
                3..=5 => 1,
                _ => 2,
            },
        };
        let others = folded.chars().take(usize::from(MAX_EDITS) + 1).count().saturating_sub(1);
        asked.min(u8::try_from(others).unwrap_or(MAX_EDITS))
    }
}

/// The distance of two words if it is at most `max`; `max` above [`MAX_EDITS`] counts as that.
#[must_use]
pub fn within(a: &str, b: &str, max: u8) -> Option<u8> {
    if a == b {
        return Some(0);
    }
    let max = max.min(MAX_EDITS);
    if max == 0 {
        return None;
    }
    // A word's characters on the stack, unless it is longer than any real word.
    let (mut a_short, mut b_short) = (['\0'; SHORT], ['\0'; SHORT]);
    let (a_long, b_long): (Vec<char>, Vec<char>);
    let a_chars = match collect(a, &mut a_short) {
        Some(len) => &a_short[..len],
        None => {
            a_long = a.chars().collect();
            &a_long[..]
        }
    };
    let b_chars = match collect(b, &mut b_short) {
        Some(len) => &b_short[..len],
        None => {
            b_long = b.chars().collect();
            &b_long[..]
        }
    };
    banded(a_chars, b_chars, usize::from(max))
}

const SHORT: usize = MAX_FUZZY_CHARS;

fn collect(word: &str, out: &mut [char; SHORT]) -> Option<usize> {
    let mut len = 0;
    for c in word.chars() {
        *out.get_mut(len)? = c;
        len += 1;
    }
    Some(len)
}

/// Cells farther than this from the diagonal cannot be within [`MAX_EDITS`].
const BAND: usize = MAX_EDITS as usize;
const BAND_WIDTH: usize = 2 * BAND + 1;
/// Larger than any distance looked for, small enough to add to.
const FAR: usize = 100;

/// Row `i`, band cell `k` is the distance of `a[..i]` and `b[..i + k - BAND]`.
fn banded(a: &[char], b: &[char], max: usize) -> Option<u8> {
    if a.len().abs_diff(b.len()) > max {
        return None;
    }
    let mut two_back = [FAR; BAND_WIDTH];
    let mut back = [FAR; BAND_WIDTH];
    let mut row = [FAR; BAND_WIDTH];
    for i in 0..=a.len() {
        for k in 0..BAND_WIDTH {
            let Some(j) = (i + k).checked_sub(BAND).filter(|j| *j <= b.len()) else {
                row[k] = FAR;
                continue;
            };
            let mut best = if i == 0 { j } else { FAR };
            if i > 0 && k + 1 < BAND_WIDTH {
                best = best.min(back[k + 1] + 1);
            }
            if j > 0 && k > 0 {
                best = best.min(row[k - 1] + 1);
            }
            if i > 0 && j > 0 {
                best = best.min(back[k] + usize::from(a[i - 1] != b[j - 1]));
            }
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(two_back[k] + 1);
            }
            row[k] = best;
        }
        if row.iter().min().is_none_or(|least| *least > max)
            && back.iter().min().is_none_or(|least| *least > max)
        {
            return None;
        }
        (two_back, back) = (back, row);
    }
    let distance = *back.get((b.len() + BAND).checked_sub(a.len())?)?;
    u8::try_from(distance).ok().filter(|distance| usize::from(*distance) <= max)
}

/// Finds in an `fst` all words within some edits of one word.
pub struct FuzzyAutomaton {
    dfa: DFA,
}

impl std::fmt::Debug for FuzzyAutomaton {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FuzzyAutomaton").finish_non_exhaustive()
    }
}

impl FuzzyAutomaton {
    /// For one folded word; `max` above [`MAX_EDITS`] counts as that.
    #[must_use]
    pub fn new(folded: &str, max: u8) -> FuzzyAutomaton {
        // A builder costs milliseconds, an automaton microseconds.
        static BUILDERS: [OnceLock<LevenshteinAutomatonBuilder>; MAX_EDITS as usize + 1] =
            [const { OnceLock::new() }; MAX_EDITS as usize + 1];
        let max = max.min(MAX_EDITS);
        let builder = BUILDERS[usize::from(max)].get_or_init(|| LevenshteinAutomatonBuilder::new(max, true));
        FuzzyAutomaton { dfa: builder.build_dfa(folded) }
    }

    /// The distance of a dictionary word, if it is within reach.
    #[must_use]
    pub fn distance(&self, term: &str) -> Option<u8> {
        match self.dfa.eval(term) {
            Distance::Exact(distance) => Some(distance),
            Distance::AtLeast(_) => None,
        }
    }
}

impl fst::Automaton for FuzzyAutomaton {
    type State = u32;

    fn start(&self) -> u32 {
        self.dfa.initial_state()
    }

    fn is_match(&self, state: &u32) -> bool {
        matches!(self.dfa.distance(*state), Distance::Exact(_))
    }

    fn can_match(&self, state: &u32) -> bool {
        *state != SINK_STATE
    }

    fn accept(&self, state: &u32, byte: u8) -> u32 {
        self.dfa.transition(*state, byte)
    }
}

#[cfg(test)]
mod tests;
