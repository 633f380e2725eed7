//! A question cut into words, with what is known of each: what the finders of senses look at.

use std::collections::BTreeMap;

use rushes_text::{Analyzer, Language};

use crate::Asking;
use crate::languages::{Found, Languages, Role};
use crate::lexicon::Lexicon;
use crate::near_names::variants;
use crate::token::{Kind, Token};

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
    /// Has any word a capital?
    pub has_capital: bool,
}

impl<'q> Question<'q> {
    pub fn new(text: &'q str, lexicon: &'q Lexicon<'q>, asking: Asking<'q>) -> Self {
        let languages = asking.languages;
        let mut tokens = languages.tokens(text);
        let spoken = languages.language(text, &tokens, |word| {
            let named = lexicon.names().named(word);
            named.iter().any(|name| name.target.is_label() && name.count > 0)
        });
        let said = said(&tokens, lexicon);
        let language = Language::parse(languages.tag(spoken));
        let analyzer = Analyzer::new(Language::En);
        let mut tried = 0;
        for at in 0..tokens.len() {
            let word = &tokens[at].folded;
            let candidate = tokens[at].kind == Kind::Word
                && !said[at]
                && tried < REPAIRED_MAX
                && !word.contains(|c: char| c.is_ascii_digit())
                && !languages.has_word(word)
                && lexicon.names().named(word).is_empty()
                && !variants(&analyzer, language, word)
                    .iter()
                    .any(|(form, _)| !lexicon.names().named(form).is_empty());
            let next = tokens.get(at + 1).map(|next| next.folded.as_str());
            let counts = next
                .is_some_and(|next| next.parse::<u32>().is_ok() || !lexicon.names().named(next).is_empty());
            if candidate {
                tried += 1;
                let numbered = next.is_some_and(|next| next.parse::<u32>().is_ok());
                let short = !counts && word.chars().count() < REPAIRED_CHARS_MIN;
                if let Some(meant) = languages.repaired(word, next, spoken, short, numbered) {
                    meant.clone_into(&mut tokens[at].frame);
                }
            }
        }
        let lower = |t: &Token| text.get(t.start..t.end).is_some_and(|w| w.starts_with(char::is_lowercase));
        let has_case = tokens.iter().any(lower);
        let upper = |t: &Token| text.get(t.start..t.end).is_some_and(|w| w.starts_with(char::is_uppercase));
        let has_capital = tokens.iter().any(upper);
        let typing = asking.typing && text.ends_with(char::is_alphanumeric);
        Self {
            text,
            tokens,
            spoken,
            language,
            lexicon,
            languages,
            typing,
            analyzer,
            said,
            has_case,
            has_capital,
        }
    }

    /// The phrases at a token, the longest first.
    pub fn phrases(&self, at: usize) -> impl Iterator<Item = Found> + '_ {
        self.languages.at(&self.tokens, at, self.spoken)
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
