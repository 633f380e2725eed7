//! The words that frame a question, in four languages, and what they mean.

mod de;
mod en;
mod es;
mod fr;

use std::collections::HashMap;
use std::sync::OnceLock;

use rushes_text::{Language, detect, tokenise};

use crate::token::{Kind, Token, spelled};

/// A level that moments are grouped by, or that a scope names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Collection,
    Movie,
    Series,
    Season,
    Episode,
    Asset,
}

/// What a phrase means in a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    /// It frames the question and asks for nothing.
    Frame,
    /// A preposition of place: what follows is more likely a place or a title.
    Place,
    /// One scene, clip, moment.
    Noun,
    /// Several of them: after a number, how many are wanted.
    Nouns,
    Then,
    Before,
    After,
    Not,
    Or,
    And,
    /// What follows is said.
    Say,
    /// What follows is talked about.
    About,
    /// No dialogue.
    Silence,
    /// Dialogue as such.
    Dialogue,
    /// Every instance of any of these.
    Union,
    Best,
    Most,
    Longest,
    Shortest,
    FirstTime,
    InOrder,
    Last,
    /// "per", "each": a level follows.
    Per,
    Level(Level),
    Within,
    /// "of" after a length of time: near, not later.
    Of,
    More,
    AtLeast,
    Less,
    AtMost,
    Between,
    From,
    Until,
    /// "or longer" after a length of time.
    OrMore,
    /// "or shorter" after a length of time.
    OrLess,
    /// "long" after a length of time.
    Long,
    Confidence,
    /// A length of time, in nanoseconds.
    Unit(i64),
    Number(u32),
    /// "a" before a unit.
    One,
    Half,
    Ordinal(u32),
    Pilot,
    Finale,
    /// A language, by its tag.
    Spoken(&'static str),
    /// "the episode called": a title follows.
    Titled,
}

const S: i64 = 1_000_000_000;
pub(crate) const SECOND: Sense = Sense::Unit(S);
pub(crate) const MINUTE: Sense = Sense::Unit(60 * S);
pub(crate) const HOUR: Sense = Sense::Unit(3_600 * S);

/// Phrases of one sense, parted by `|`.
type Table = &'static [(Sense, &'static str)];

/// Longest phrase, in words.
const PHRASE_WORDS_MAX: usize = 6;

struct Phrase {
    /// The words after the first.
    rest: Vec<String>,
    sense: Sense,
    language: Language,
}

/// All phrases, by their first word.
pub(crate) struct Grammar(HashMap<String, Vec<Phrase>>);

impl Grammar {
    /// The grammar.
    pub fn get() -> &'static Grammar {
        static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
        GRAMMAR.get_or_init(|| {
            let mut grammar = Grammar(HashMap::new());
            for (language, tables) in [
                (Language::En, en::TABLE),
                (Language::Es, es::TABLE),
                (Language::Fr, fr::TABLE),
                (Language::De, de::TABLE),
            ] {
                grammar.add(language, tables);
            }
            for phrases in grammar.0.values_mut() {
                phrases.sort_by_key(|p| std::cmp::Reverse(p.rest.len()));
            }
            grammar
        })
    }

    fn add(&mut self, language: Language, table: Table) {
        for (sense, phrases) in table {
            for phrase in phrases.split('|') {
                let mut words = tokenise(phrase).into_iter().map(|t| spelled(&t.lower, &t.folded).to_owned());
                let first = words.next().unwrap_or_else(|| phrase.to_owned());
                let phrase = Phrase { rest: words.collect(), sense: *sense, language };
                debug_assert!(phrase.rest.len() < PHRASE_WORDS_MAX);
                self.0.entry(first).or_default().push(phrase);
            }
        }
    }

    /// The longest phrase at a token that `wanted` takes: its length in tokens, and what `wanted` makes of it.
    pub fn find<T>(
        &self,
        tokens: &[Token],
        at: usize,
        language: Language,
        wanted: impl Fn(Sense) -> Option<T>,
    ) -> Option<(usize, T)> {
        let first = tokens.get(at)?;
        if matches!(first.kind, Kind::Quote(_)) {
            return None;
        }
        let phrases = self.0.get(&first.folded)?.iter();
        let mut fitting =
            phrases.filter(|p| p.language == language || p.language == Language::En).filter(|p| {
                let mut rest = tokens.iter().skip(at + 1);
                p.rest
                    .iter()
                    .all(|word| rest.next().is_some_and(|t| t.folded == *word && t.kind == Kind::Word))
            });
        fitting.find_map(|p| Some((p.rest.len() + 1, wanted(p.sense)?)))
    }

    /// Is the word part of the grammar of any language?
    pub fn knows(&self, folded: &str) -> bool {
        self.0.get(folded).is_some_and(|phrases| phrases.iter().any(|p| p.rest.is_empty()))
    }

    /// Is the word alone a framing word in some language?
    pub fn frames(&self, folded: &str) -> bool {
        let frames = |p: &Phrase| {
            p.rest.is_empty()
                && matches!(p.sense, Sense::Frame | Sense::Place | Sense::Of | Sense::Noun | Sense::Nouns)
        };
        self.0.get(folded).is_some_and(|phrases| phrases.iter().any(frames))
    }

    /// The language that most of a question's framing is in; English where nothing tells.
    pub fn language(&self, text: &str, tokens: &[Token]) -> Language {
        let mut votes = [(Language::En, 0_u32), (Language::Es, 0), (Language::Fr, 0), (Language::De, 0)];
        for (at, token) in tokens.iter().enumerate().filter(|(_, t)| t.kind == Kind::Word) {
            let of = |language: Language| {
                let known = self.0.get(&token.folded).map_or(&[][..], Vec::as_slice);
                let rest = |p: &Phrase| {
                    let mut next = tokens.iter().skip(at + 1);
                    p.rest.iter().all(|w| next.next().is_some_and(|t| t.folded == *w))
                };
                known
                    .iter()
                    .filter(|p| p.language == language)
                    .filter(|p| rest(p))
                    .map(|p| p.rest.len() + 1)
                    .max()
            };
            let found: Vec<Option<usize>> = votes.iter().map(|(language, _)| of(*language)).collect();
            let languages = found.iter().flatten().count();
            for (vote, length) in votes.iter_mut().zip(found) {
                // A word of only one language is stronger evidence than one of several.
                let weight = if languages == 1 { 4 } else { 1 };
                vote.1 += length.map_or(0, |n| weight * u32::try_from(n).unwrap_or(1));
            }
        }
        for c in text.chars() {
            match c {
                '¿' | '¡' | 'ñ' | 'Ñ' | 'ó' | 'í' | 'á' => votes[1].1 += 1,
                'ê' | 'è' | 'ù' | 'ç' | 'œ' | 'à' | 'â' | 'î' => votes[2].1 += 1,
                'ß' | 'ä' | 'ö' => votes[3].1 += 1,
                _ => {}
            }
        }
        let most = votes.iter().map(|(_, n)| *n).max().unwrap_or(0);
        if most == 0 {
            return detect(text, Language::En);
        }
        votes.iter().find(|(_, n)| *n == most).map_or(Language::En, |(language, _)| *language)
    }
}
