//! The words that frame a question, in every language that has a file in `lang`, and what they mean.

mod file;
mod glossary;
mod role;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

use rushes_plan::sound_key;
use rushes_text::{Language, detect};
use rushes_types::{Error, Result};

use crate::token::{Kind, Token, tokens};
use file::LanguageFile;
use glossary::Glossary;
pub(crate) use role::{Level, MINUTE, Role};

/// The files of `lang`, in the order of their names.
const FILES: &[&str] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));
/// The language that is understood beside that of the question.
const ENGLISH: &str = "en";
/// Longest phrase, in words and marks.
const PHRASE_TOKENS_MAX: usize = 8;
/// Fewer letters make no mistyped frame word.
const TYPO_CHARS_MIN: usize = 5;
/// From this length on, a wrong letter is a typing mistake too, not only one that is missing, doubled or swapped.
const WRONG_LETTER_CHARS_MIN: usize = 7;

struct Phrase {
    /// What follows the first word.
    rest: Vec<String>,
    role: Role,
    language: usize,
}

/// A language of frame words.
#[derive(Debug)]
struct Known {
    tag: String,
    /// Letters and marks that are seen in few other languages.
    letters: Vec<char>,
    /// Words of people who speak to each other.
    personal: HashSet<String>,
}

/// A phrase that was found at a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its length in tokens.
    pub len: usize,
    /// What it means.
    pub role: Role,
    /// Was one of its words mistyped?
    pub repaired: bool,
    /// Is it English, in a question of another language?
    pub foreign: bool,
}

/// The frame words of languages. Those that are built in are [`Languages::built_in`]; a further language is a text of
/// the same form as the files in `lang`.
#[derive(Default)]
pub struct Languages {
    /// By their first word, the longest first.
    phrases: HashMap<String, Vec<Phrase>>,
    known: Vec<Known>,
    english: usize,
    /// All words of all phrases.
    words: HashSet<String>,
    /// Reasons, tags of languages, names of the vocabulary: roles hold their index.
    texts: Vec<String>,
    /// Words that lose their vowel before another, such as "l'".
    elided: HashSet<String>,
    /// Words that end what is said: "without".
    parting: HashSet<String>,
    /// Words that introduce what is said: "that".
    introducing: HashSet<String>,
    /// First words of phrases, by how they sound.
    by_sound: HashMap<String, Vec<String>>,
    /// What stands for each name of the vocabulary, in all languages.
    vocabulary: BTreeMap<String, Vec<String>>,
    glossary: Glossary,
}

impl std::fmt::Debug for Languages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Languages").field("known", &self.known).finish_non_exhaustive()
    }
}

impl Languages {
    /// The languages that are built in.
    pub fn built_in() -> &'static Languages {
        static BUILT_IN: OnceLock<Languages> = OnceLock::new();
        // A test holds every file readable; one that is not is left out rather than ending the program.
        BUILT_IN.get_or_init(|| {
            let readable = FILES.iter().filter_map(|text| LanguageFile::read(text).ok()).collect();
            Languages::of(readable)
        })
    }

    /// The languages that are built in, with further ones.
    ///
    /// # Errors
    /// Where a text is no file of a language.
    pub fn with(further: &[&str]) -> Result<Self> {
        let files: Result<Vec<_>> =
            FILES.iter().chain(further).map(|text| LanguageFile::read(text)).collect();
        Ok(Self::of(files?))
    }

    /// Their tags (BCP 47).
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|known| known.tag.as_str())
    }

    fn of(files: Vec<LanguageFile>) -> Self {
        let mut languages = Self {
            elided: files.iter().flat_map(LanguageFile::elided).collect(),
            parting: files.iter().flat_map(LanguageFile::parting).collect(),
            introducing: files.iter().flat_map(LanguageFile::introducing).collect(),
            ..Self::default()
        };
        for file in files {
            let language = languages.known.len();
            if file.tag == ENGLISH {
                languages.english = language;
            }
            for (role, phrase) in file.phrases(&mut languages.texts) {
                languages.add(language, role, &phrase);
            }
            for (name, phrases) in file.vocabulary() {
                let keys = phrases.map(|phrase| languages.key(phrase)).collect::<Vec<_>>();
                languages.vocabulary.entry(name.to_owned()).or_default().extend(keys);
            }
            let meanings = file.meanings().map(|(english, phrases)| {
                (english.to_owned(), phrases.map(|phrase| languages.key(phrase)).collect())
            });
            let meanings: Vec<(String, Vec<String>)> = meanings.collect();
            languages.glossary.add(&file.tag, meanings.into_iter());
            let personal = file.personal().map(|word| languages.key(&word)).collect();
            languages.known.push(Known { tag: file.tag, letters: file.letters.chars().collect(), personal });
        }
        for word in languages.phrases.keys() {
            languages.by_sound.entry(sound_key(word)).or_default().push(word.clone());
        }
        for phrases in languages.phrases.values_mut() {
            phrases.sort_by_key(|p| std::cmp::Reverse(p.rest.len()));
        }
        languages
    }

    fn key(&self, phrase: &str) -> String {
        let words = self.tokens(phrase).into_iter().filter(|t| t.kind == Kind::Word).map(|t| t.folded);
        words.collect::<Vec<_>>().join(" ")
    }

    fn add(&mut self, language: usize, role: Role, phrase: &str) {
        let mut words = self.tokens(phrase).into_iter().map(|t| t.folded);
        let Some(first) = words.next() else { return };
        let rest: Vec<String> = words.collect();
        self.words.extend(rest.iter().cloned());
        if rest.len() < PHRASE_TOKENS_MAX {
            self.phrases.entry(first).or_default().push(Phrase { rest, role, language });
        }
    }

    /// The tokens of a question.
    pub(crate) fn tokens(&self, text: &str) -> Vec<Token> {
        tokens(text, |word| self.elided.contains(word))
    }

    /// A text that a role holds the index of.
    pub(crate) fn text(&self, index: u16) -> &str {
        self.texts.get(usize::from(index)).map_or("", String::as_str)
    }

    /// What stands for a name of the vocabulary.
    pub(crate) fn vocabulary(&self, name: &str) -> &[String] {
        self.vocabulary.get(name).map_or(&[], Vec::as_slice)
    }

    /// What everyday words mean in English.
    pub(crate) fn glossary(&self) -> &Glossary {
        &self.glossary
    }

    /// All phrases at a token in a language or in English, the longest first.
    pub(crate) fn at<'a>(
        &'a self,
        tokens: &'a [Token],
        at: usize,
        language: usize,
    ) -> impl Iterator<Item = Found> + 'a {
        let first = tokens.get(at).filter(|t| !matches!(t.kind, Kind::Quote(_)));
        let phrases = first.and_then(|first| self.phrases.get(&first.frame)).map_or(&[][..], Vec::as_slice);
        let of = move |p: &&Phrase| p.language == language || p.language == self.english;
        let fits = move |p: &&Phrase| {
            let mut rest = tokens.iter().skip(at + 1);
            p.rest.iter().all(|word| {
                rest.next().is_some_and(|t| t.frame == *word && !matches!(t.kind, Kind::Quote(_)))
            })
        };
        phrases.iter().filter(of).filter(fits).map(move |p| {
            let len = p.rest.len() + 1;
            let repaired = tokens.iter().skip(at).take(len).any(|t| t.frame != t.folded);
            Found { len, role: p.role, repaired, foreign: p.language != language }
        })
    }

    /// The level that a word alone names in a language or in English.
    pub(crate) fn level(&self, word: &str, language: usize) -> Option<Level> {
        let phrases = self.phrases.get(word)?.iter();
        let mut of = phrases.filter(|p| p.language == language || p.language == self.english);
        of.find_map(|p| match p.role {
            Role::Level(level) if p.rest.is_empty() => Some(level),
            _ => None,
        })
    }

    /// Is it a word of a phrase of any language, wherever in it?
    pub(crate) fn has_word(&self, folded: &str) -> bool {
        self.words.contains(folded) || self.phrases.contains_key(folded)
    }

    /// Is the word alone a phrase of any language?
    pub(crate) fn knows(&self, folded: &str) -> bool {
        self.phrases.get(folded).is_some_and(|phrases| phrases.iter().any(|p| p.rest.is_empty()))
    }

    /// Does the word alone deny what follows, and is never part of what is said: "without"?
    pub(crate) fn parts(&self, word: &str) -> bool {
        self.parting.contains(word)
    }

    /// Does the word introduce what is said: "that"?
    pub(crate) fn introduces(&self, word: &str) -> bool {
        self.introducing.contains(word)
    }

    /// Do words of a phrase of a language, or of English, begin so?
    pub(crate) fn begins_word(&self, beginning: &str, language: usize) -> bool {
        let of = |p: &Phrase| p.language == language || p.language == self.english;
        self.phrases.iter().any(|(first, phrases)| first.starts_with(beginning) && phrases.iter().any(of))
    }

    /// Is it a word of people who speak to each other in a language?
    pub(crate) fn is_personal(&self, word: &str, language: usize) -> bool {
        self.known.get(language).is_some_and(|known| known.personal.contains(word))
    }

    /// Is the word alone a framing word in some language?
    pub(crate) fn frames(&self, folded: &str) -> bool {
        let frames = |p: &Phrase| p.rest.is_empty() && p.role.frames();
        self.phrases.get(folded).is_some_and(|phrases| phrases.iter().any(frames))
    }

    /// Is the word alone a framing word in a language?
    pub(crate) fn frames_in(&self, folded: &str, language: usize) -> bool {
        let frames = |p: &Phrase| p.rest.is_empty() && p.role.frames() && p.language == language;
        self.phrases.get(folded).is_some_and(|phrases| phrases.iter().any(frames))
    }

    /// The frame word that a word was meant to be, where one mistake makes it: in longer words a wrong letter, in all
    /// a letter that is missing, too many, or in its neighbour's place. The first letter must be right. Where `goes_on`,
    /// the next word must be of the same phrase.
    pub(crate) fn repaired(
        &self,
        word: &str,
        next: Option<&str>,
        language: usize,
        goes_on: bool,
        counted: bool,
    ) -> Option<&str> {
        let letters = word.chars().count();
        let first = word.chars().next().filter(|_| letters >= 3)?;
        let alike = self.by_sound.get(&sound_key(word)).map_or(&[][..], Vec::as_slice);
        let of = |p: &&Phrase| p.language == language || p.language == self.english;
        let continued = |p: &Phrase| next.is_some_and(|next| p.rest.first().is_some_and(|word| word == next));
        let near = |known: &str, counted: bool| {
            let theirs = known.chars().count();
            let anagram = letters == theirs && letters >= WRONG_LETTER_CHARS_MIN && is_anagram(word, known);
            let by_ear = letters >= TYPO_CHARS_MIN
                && alike.iter().any(|other| other == known)
                && rushes_text::within(word, known, 1).is_some();
            if known.starts_with(first) && (anagram || by_ear) {
                return Some(true);
            }
            let swapped = letters == theirs && is_swapped(word, known);
            let long = letters >= TYPO_CHARS_MIN
                && (letters != theirs || letters >= WRONG_LETTER_CHARS_MIN || counted);
            let near = known.starts_with(first) && theirs >= 3 && (swapped || long);
            (near && rushes_text::within(word, known, 1).is_some()).then_some(swapped)
        };
        let beginnings = self.phrases.iter().filter_map(|(known, phrases)| {
            // "sesson 2"
            let level = |p: &Phrase| matches!(p.role, Role::Level(_));
            let swapped = near(known, counted && phrases.iter().any(level))?;
            let own = || phrases.iter().filter(of);
            let continues = own().any(continued);
            // Words that only frame are too near to too many others: "passagers" is no "passages".
            let fits = own().any(|p| swapped || continues || p.role.is_structural());
            (fits && (continues || !goes_on)).then_some((continues, phrases.len(), known))
        });
        // Of several the one that goes on, then that most phrases begin with.
        let begun = beginnings
            .max_by_key(|(continues, count, known)| (*continues, *count, std::cmp::Reverse(*known)));
        if let Some((.., known)) = begun {
            return Some(known);
        }
        // A further word of a phrase: "at leats".
        let inside =
            self.words.iter().filter(|known| letters >= TYPO_CHARS_MIN && near(known, false) == Some(true));
        inside.min().map(String::as_str)
    }

    /// The language that most of a question's framing is in; English where nothing tells.
    /// Names tell nothing: Otto is eight in Italian.
    pub(crate) fn language(&self, text: &str, tokens: &[Token], is_name: impl Fn(&str) -> bool) -> usize {
        let mut votes = vec![0_u32; self.known.len()];
        for at in (0..tokens.len()).filter(|at| tokens[*at].kind == Kind::Word) {
            // A number is one in every language.
            let number = tokens[at].folded.bytes().all(|b| b.is_ascii_digit());
            if number || is_name(&tokens[at].folded) {
                continue;
            }
            let mut lengths = vec![0_usize; self.known.len()];
            let known = self.phrases.get(&tokens[at].folded).map_or(&[][..], Vec::as_slice);
            // "is" and "was" are verbs of several languages: they tell none.
            for phrase in known.iter().filter(|phrase| phrase.role != Role::Finite) {
                let mut next = tokens.iter().skip(at + 1);
                if phrase.rest.iter().all(|w| next.next().is_some_and(|t| t.folded == *w)) {
                    lengths[phrase.language] = lengths[phrase.language].max(phrase.rest.len() + 1);
                }
            }
            // A word of only one language is stronger evidence than one of several.
            let weight = if lengths.iter().filter(|n| **n > 0).count() == 1 { 4 } else { 1 };
            for (vote, length) in votes.iter_mut().zip(lengths) {
                *vote += weight * u32::try_from(length).unwrap_or(1);
            }
        }
        for c in text.chars() {
            for (vote, known) in votes.iter_mut().zip(&self.known) {
                *vote += u32::from(known.letters.contains(&c));
            }
        }
        let most = votes.iter().copied().max().unwrap_or(0);
        // A few words of plain letters tell a guesser too little.
        if most == 0 && text.is_ascii() {
            return self.english;
        }
        if most == 0 {
            let tag = detect(text, Language::En);
            return self.known.iter().position(|k| k.tag == tag.as_str()).unwrap_or(self.english);
        }
        if votes.get(self.english) == Some(&most) {
            return self.english;
        }
        // "na" is of two languages: of those that as much speaks for, the one that knows most words.
        let known = |i: &usize| self.glossary.known_of(*i, tokens.iter().map(|t| t.folded.as_str()));
        let tied = (0..votes.len()).rev().filter(|i| votes[*i] == most);
        tied.max_by_key(known).unwrap_or(self.english)
    }

    /// The tag of a language, and what the words of it are inflected by.
    pub(crate) fn tag(&self, language: usize) -> &str {
        self.known.get(language).map_or(ENGLISH, |known| known.tag.as_str())
    }

    /// What cannot be read in the built-in files, for the test that they all can.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn check() -> Result<()> {
        FILES.iter().try_for_each(|text| LanguageFile::read(text).map(|_| ()))
    }
}

/// Are two words of one length the same but for two neighbours that changed places?
pub(crate) fn is_swapped(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let differ: Vec<usize> = (0..a.len().min(b.len())).filter(|i| a[*i] != b[*i]).collect();
    matches!(differ[..], [i, j] if j == i + 1 && a[i] == b[j] && a[j] == b[i])
}

/// Have two words the same letters, and the same at either end: "whitout"?
fn is_anagram(a: &str, b: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    a.chars().last() == b.chars().last() && sorted(a) == sorted(b)
}

/// Makes an error of what is wrong with a file of a language.
fn invalid(message: impl Into<String>) -> Error {
    Error::invalid(message).mend("docs/asking.md says what such a file holds")
}
