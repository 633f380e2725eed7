//! A question cut into words, with what is known of each: what the finders of senses look at.

use std::collections::BTreeMap;

use rushes_plan::Name;
use rushes_text::{Analyzer, Language};

use crate::Asking;
use crate::languages::{Found, Languages, Role};
use crate::lexicon::Lexicon;
use crate::memo::Memo;
use crate::token::{Kind, Token};
use crate::work::Counter;

/// Frame words in a row between two words that belong together.
const FRAMES_MAX: usize = 6;
/// Words of a question that are compared with all frame words for typing mistakes.
const REPAIRED_MAX: usize = 48;
/// Shorter words are mistyped frame words only before a number: "tpo 3".
const REPAIRED_CHARS_MIN: usize = 5;

/// A question, ready to be read.
pub(crate) struct Question<'q> {
    pub text: &'q str,
    pub tokens: Vec<Token>,
    /// Index of the language among [`Languages`].
    pub spoken: usize,
    /// What its words are inflected by.
    pub language: Language,
    pub lexicon: &'q Lexicon<'q>,
    pub languages: &'q Languages,
    /// Does it end within a word that is still being typed?
    pub typing: bool,
    pub analyzer: Analyzer,
    /// Is the token's word said or written in the archive?
    said: Vec<bool>,
    /// Does the question write some words in capitals and others not, so that a capital tells something?
    pub has_case: bool,
    /// Has any word a capital that frames nothing?
    pub has_capital: bool,
    /// The phrases at each token, the longest first.
    found: Vec<Vec<Found>>,
    /// The longest run of words at each token that is exactly a name.
    exact: Vec<Option<(usize, &'q [Name])>>,
    /// What else was found at each token.
    pub memo: Memo,
    /// Counts the steps that reading takes.
    pub work: Counter,
}

impl<'q> Question<'q> {
    pub fn new(text: &'q str, lexicon: &'q Lexicon<'q>, asking: Asking<'q>) -> Self {
        let languages = asking.languages;
        let tokens = languages.tokens(text);
        let spoken = languages.language(text, &tokens, |word| {
            let named = lexicon.names().named(word);
            named.iter().any(|name| name.target.is_label() && name.count > 0)
        });
        let said = said(&tokens, lexicon);
        let begins = |is_kind: fn(char) -> bool| {
            let source = |t: &Token| text.get(t.start..t.end).is_some_and(|word| word.starts_with(is_kind));
            tokens.iter().any(source)
        };
        let mut question = Self {
            text,
            spoken,
            language: Language::parse(languages.tag(spoken)),
            lexicon,
            languages,
            typing: asking.typing && text.ends_with(char::is_alphanumeric),
            analyzer: Analyzer::new(Language::En),
            said,
            has_case: begins(char::is_lowercase),
            has_capital: false,
            found: Vec::new(),
            exact: Vec::new(),
            memo: Memo::of(tokens.len()),
            work: Counter::default(),
            tokens,
        };
        question.repair();
        let at = |at| languages.at(&question.tokens, at, spoken).collect();
        question.found = (0..question.tokens.len()).map(at).collect();
        // "I", and the word that begins a sentence, tell nothing of names.
        let named = |at: &usize| {
            question.is_capital(*at) && !question.is_personal(*at) && question.found[*at].is_empty()
        };
        question.has_capital = (0..question.tokens.len()).any(|at| named(&at));
        question.exact = (0..question.tokens.len()).map(|at| question.find_exact(at)).collect();
        question
    }

    /// Takes mistyped words for the frame words that they were meant to be.
    fn repair(&mut self) {
        let mut tried = 0;
        for at in 0..self.tokens.len() {
            if tried == REPAIRED_MAX {
                break;
            }
            if self.is_strange(at) {
                tried += 1;
                if let Some(meant) = self.meant(at) {
                    self.tokens[at].frame = meant;
                }
            }
        }
    }

    /// Is it a word that nobody says, frames nothing, and names nothing in any form?
    fn is_strange(&self, at: usize) -> bool {
        let word = &self.tokens[at].folded;
        let names = self.lexicon.names();
        self.tokens[at].kind == Kind::Word
            && !self.is_said(at)
            && !word.contains(|c: char| c.is_ascii_digit())
            && !self.languages.has_word(word)
            && names.named(word).is_empty()
            && !self.variants(word).iter().any(|(form, _)| !names.named(form).is_empty())
            && self.labels_meant(word).is_empty()
    }

    /// The frame word that a strange word was meant to be.
    fn meant(&self, at: usize) -> Option<String> {
        let word = &self.tokens[at].folded;
        let next = self.tokens.get(at + 1).map(|next| next.folded.as_str());
        let numbered = next.is_some_and(|next| next.parse::<u32>().is_ok());
        let counts = numbered || next.is_some_and(|next| !self.lexicon.names().named(next).is_empty());
        let short = !counts && word.chars().count() < REPAIRED_CHARS_MIN;
        self.languages.repaired(word, next, self.spoken, short, numbered).map(str::to_owned)
    }

    /// The phrases at a token, the longest first.
    pub fn phrases(&self, at: usize) -> impl Iterator<Item = Found> + '_ {
        self.work.look();
        self.found.get(at).into_iter().flatten().copied()
    }

    /// The longest run of words that is exactly a name.
    pub fn exact(&self, at: usize) -> Option<(usize, &'q [Name])> {
        self.work.names(1);
        *self.exact.get(at)?
    }

    /// The longest phrase at a token that `wanted` takes.
    pub fn find<T>(&self, at: usize, wanted: impl Fn(Role) -> Option<T>) -> Option<(usize, T)> {
        self.phrases(at).find_map(|found| Some((found.len, wanted(found.role)?)))
    }

    /// The length of the longest phrase of a role at a token.
    pub fn is(&self, at: usize, role: Role) -> Option<usize> {
        self.find(at, |r| (r == role).then_some(())).map(|(len, ())| len)
    }

    /// Does a phrase of one of the roles begin here?
    pub fn is_any(&self, at: usize, roles: &[Role]) -> bool {
        self.find(at, |r| roles.contains(&r).then_some(())).is_some()
    }

    pub fn is_english(&self) -> bool {
        self.language == Language::En
    }

    pub fn kind(&self, at: usize) -> Option<&Kind> {
        self.tokens.get(at).map(|t| &t.kind)
    }

    pub fn is_word(&self, at: usize) -> bool {
        self.kind(at) == Some(&Kind::Word)
    }

    pub fn mark(&self, at: usize) -> Option<char> {
        match self.tokens.get(at)?.kind {
            Kind::Mark(c) => Some(c),
            _ => None,
        }
    }

    /// Is this the last word, and still being typed?
    pub fn is_begun(&self, at: usize) -> bool {
        self.typing && at + 1 == self.tokens.len() && self.is_word(at)
    }

    /// Does a part of the question that ends here end within a word that is still being typed?
    pub fn ends_begun(&self, end: usize) -> bool {
        self.typing && end == self.text.len()
    }

    /// Is the word said or written in the archive, so that it is no mistyped name?
    pub fn is_said(&self, at: usize) -> bool {
        self.said.get(at).copied().unwrap_or_default()
    }

    /// Does the token end where the next begins?
    pub fn touches(&self, at: usize) -> bool {
        matches!((self.tokens.get(at), self.tokens.get(at + 1)), (Some(a), Some(b)) if a.end == b.start)
    }

    pub fn is_capital(&self, at: usize) -> bool {
        let token = self.tokens.get(at).and_then(|t| self.text.get(t.start..t.end));
        token.is_some_and(|t| t.starts_with(char::is_uppercase))
    }

    /// The token that begins at a byte.
    pub fn token_at(&self, start: usize) -> Option<usize> {
        self.tokens.binary_search_by_key(&start, |token| token.start).ok()
    }

    /// The next token that is not a framing word; in a long row of them only the first ones are examined.
    pub fn skip_frames(&self, mut at: usize) -> usize {
        let frames =
            |r| matches!(r, Role::Frame | Role::Asking | Role::Place | Role::Of | Role::One).then_some(());
        for _ in 0..FRAMES_MAX {
            match self.find(at, frames) {
                Some((len, ())) => at += len,
                None => break,
            }
        }
        at
    }

    /// Is the next thing a quote?
    pub fn quote_follows(&self, at: usize) -> bool {
        let at = self.skip_frames(at);
        let at = at + usize::from(matches!(self.mark(at), Some(':' | ',')));
        matches!(self.kind(at), Some(Kind::Quote(_)))
    }

    /// The source from a token up to another; `None` where there is no word in it.
    pub fn slice(&self, from: usize, to: usize) -> Option<&'q str> {
        let inside = self.tokens.get(from..to)?;
        let (first, last) = (inside.first()?, inside.last()?);
        let has_word = inside.iter().any(|t| t.kind == Kind::Word);
        has_word.then(|| self.text.get(first.start..last.end)).flatten()
    }
}

/// Which words the archive says, asked once for all.
fn said(tokens: &[Token], lexicon: &Lexicon<'_>) -> Vec<bool> {
    let mut words: BTreeMap<&str, bool> = BTreeMap::new();
    for token in tokens.iter().filter(|t| t.kind == Kind::Word) {
        words.insert(&token.folded, false);
    }
    let asked: Vec<String> = words.keys().map(|word| (*word).to_owned()).collect();
    for (known, said) in words.values_mut().zip(lexicon.says(&asked)) {
        *known = said;
    }
    tokens.iter().map(|t| words.get(t.folded.as_str()).copied().unwrap_or_default()).collect()
}
