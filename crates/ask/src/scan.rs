//! First pass: from the question's words to items, each a part of the question with what it says.

use rushes_plan::{Bounds, Name, RankBy, Target, Window};
use rushes_text::{Analyzer, Language};

use crate::grammar::{Grammar, Level, Sense};
use crate::lexicon::Lexicon;
use crate::scan_names::NameMatch;
use crate::token::{Kind, Token, tokens};

/// Frame words in a row between two words that belong together.
const FRAMES_MAX: usize = 6;

/// What a part of the question says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ItemKind {
    /// Words in a row, quoted.
    Phrase(String),
    /// Words that are said, unquoted.
    Spoken(String),
    /// Words that are talked about.
    About(String),
    /// Dialogue as such.
    Dialogue,
    /// A label.
    Label {
        kind: String,
        label: String,
    },
    /// A word that names nothing.
    Word,
    Frame,
    Comma,
    And,
    Or,
    Not,
    /// No dialogue.
    Silence,
    Then,
    Before,
    After,
    /// At most this long between two steps.
    Within(i64),
    /// At most this far from what follows.
    Near(i64),
    Scope(ScopePart),
    Group(Level),
    /// How many, of what level, in which order.
    Top(usize, Option<Level>, RankBy),
    Rank(RankBy),
    Limit(usize),
    Duration(Bounds),
    Window(Window),
    Confidence(f64),
    Union,
    /// Understood, but not expressible in a plan: the reason.
    Inexpressible(&'static str),
}

/// A part of the scope.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ScopePart {
    Seasons(Vec<i64>),
    Episodes(Vec<i64>),
    /// Seasons with episodes: "S01E02".
    Codes(Vec<(i64, i64)>),
    /// The last season there is.
    LastSeason,
    /// The last episode of the season asked for, else of all.
    LastEpisode,
    Language(&'static str),
    Title(Target),
}

/// A part of the question with what it says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    pub kind: ItemKind,
    /// The name taken for mistyped words.
    pub corrected: Option<String>,
    /// What else the words name.
    pub also: Vec<String>,
}

/// What was recognised at a token: how many tokens it takes, and what they say.
pub(crate) type ScanMatch = (usize, ItemKind);

/// Walks the tokens of a question.
pub(crate) struct Scanner<'q> {
    pub text: &'q str,
    pub tokens: Vec<Token>,
    pub language: Language,
    pub lexicon: &'q Lexicon<'q>,
    pub grammar: &'static Grammar,
    pub analyzer: Analyzer,
}

impl<'q> Scanner<'q> {
    pub fn new(text: &'q str, lexicon: &'q Lexicon<'q>) -> Self {
        let grammar = Grammar::get();
        let tokens = tokens(text);
        let language = grammar.language(text, &tokens);
        Self { text, tokens, language, lexicon, grammar, analyzer: Analyzer::new(Language::En) }
    }

    /// The longest phrase at a token that `wanted` takes.
    pub fn find<T>(&self, at: usize, wanted: impl Fn(Sense) -> Option<T>) -> Option<(usize, T)> {
        self.grammar.find(&self.tokens, at, self.language, wanted)
    }

    /// The length of the longest phrase of a sense at a token.
    pub fn is(&self, at: usize, sense: Sense) -> Option<usize> {
        self.find(at, |s| (s == sense).then_some(())).map(|(len, ())| len)
    }

    /// Does a phrase of one of the senses begin here?
    pub fn is_any(&self, at: usize, senses: &[Sense]) -> bool {
        self.find(at, |s| senses.contains(&s).then_some(())).is_some()
    }

    pub fn mark(&self, at: usize) -> Option<char> {
        match self.tokens.get(at)?.kind {
            Kind::Mark(c) => Some(c),
            _ => None,
        }
    }

    /// Does the token end where the next begins?
    pub fn touches(&self, at: usize) -> bool {
        matches!((self.tokens.get(at), self.tokens.get(at + 1)), (Some(a), Some(b)) if a.end == b.start)
    }

    /// The next token that is not a framing word; in a long row of them only the first ones are examined.
    pub fn skip_frames(&self, mut at: usize) -> usize {
        let frames = |s| matches!(s, Sense::Frame | Sense::Place | Sense::Of).then_some(());
        for _ in 0..FRAMES_MAX {
            match self.find(at, frames) {
                Some((len, ())) => at += len,
                None => break,
            }
        }
        at
    }

    /// All items, in order.
    pub fn items(&self) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut typos = 0;
        let mut at = 0;
        while at < self.tokens.len() {
            let (len, item) = self.item(at, &mut typos);
            items.push(item);
            at += len.max(1);
        }
        items
    }

    fn span(&self, at: usize, len: usize, what: ItemKind) -> (usize, Item) {
        let start = self.tokens.get(at).map_or(0, |t| t.start);
        let last = (at + len.max(1) - 1).min(self.tokens.len().saturating_sub(1));
        let end = self.tokens.get(last).map_or(start, |t| t.end);
        (len, Item { start, end, kind: what, corrected: None, also: Vec::new() })
    }

    fn item(&self, at: usize, typos: &mut usize) -> (usize, Item) {
        let span = |len, what| self.span(at, len, what);
        if let Some(Kind::Quote(said)) = self.tokens.get(at).map(|t| &t.kind) {
            return match self.quoted_title(at, said) {
                Some(part) => span(1, ItemKind::Scope(part)),
                None => span(1, ItemKind::Phrase(said.clone())),
            };
        }
        let special = self.amount(at).or_else(|| self.scope(at)).or_else(|| self.top(at));
        let named = self.named(at);
        let structural = self.structural(at);
        let length = |found: &Option<ScanMatch>| found.as_ref().map_or(0, |(len, _)| *len);
        if let Some(named) = named {
            // A name wins over a frame word of its own length only where it is written like a name.
            let longest = length(&special).max(length(&structural));
            let is_frame = matches!(structural, Some((_, ItemKind::Frame))) && length(&special) == 0;
            let wins = named.tokens > longest
                || (named.tokens == longest && (is_frame || (self.is_capital(at) && at > 0)));
            if wins {
                return self.item_of(at, named);
            }
        }
        if let Some((len, what)) = special {
            return span(len, what);
        }
        if let Some((len, what)) = structural {
            return match what {
                ItemKind::Spoken(_) => self.said(at, len),
                ItemKind::About(_) => self.about(at, len),
                // "lines by Mara" asks for lines; "the line "…"" only frames a quote.
                ItemKind::Dialogue if self.quote_follows(at + len) => span(len, ItemKind::Frame),
                what => span(len, what),
            };
        }
        if let Some(Kind::Mark(c)) = self.tokens.get(at).map(|t| &t.kind) {
            let what = match c {
                ',' | ';' | ':' | '.' | '?' | '!' | '|' => ItemKind::Comma,
                '/' => ItemKind::Or,
                '>' | '→' => ItemKind::Then,
                _ => ItemKind::Frame,
            };
            return span(1, what);
        }
        match self.inflected(at).or_else(|| self.mistyped(at, typos)) {
            Some(named) => self.item_of(at, named),
            None => span(1, ItemKind::Word),
        }
    }

    fn item_of(&self, at: usize, named: NameMatch) -> (usize, Item) {
        let (len, mut item) = self.span(at, named.tokens, named.item);
        (item.corrected, item.also) = (named.corrected, named.also);
        (len, item)
    }

    fn quote_follows(&self, at: usize) -> bool {
        let at = self.skip_frames(at);
        let at = at + usize::from(matches!(self.mark(at), Some(':' | ',')));
        matches!(self.tokens.get(at).map(|t| &t.kind), Some(Kind::Quote(_)))
    }

    /// Words that only give the question its shape.
    fn structural(&self, at: usize) -> Option<ScanMatch> {
        self.find(at, |sense| {
            Some(match sense {
                Sense::Frame | Sense::Place | Sense::Noun | Sense::Nouns | Sense::Of | Sense::Titled => {
                    ItemKind::Frame
                }
                Sense::Then => ItemKind::Then,
                Sense::Before => ItemKind::Before,
                Sense::After => ItemKind::After,
                Sense::Not => ItemKind::Not,
                Sense::Silence => ItemKind::Silence,
                Sense::Level(_) => ItemKind::Frame,
                Sense::Ordinal(1) if self.begins_sequence(at) => ItemKind::Frame,
                Sense::Or => ItemKind::Or,
                Sense::And => ItemKind::And,
                Sense::Say => ItemKind::Spoken(String::new()),
                Sense::About => ItemKind::About(String::new()),
                Sense::Dialogue => ItemKind::Dialogue,
                Sense::Union => ItemKind::Union,
                Sense::InOrder => ItemKind::Rank(RankBy::Start),
                Sense::Best => ItemKind::Frame,
                _ => return None,
            })
        })
        .filter(|(_, what)| !matches!(what, ItemKind::Not) || self.negates(at))
    }

    /// "first the lamp, then …".
    fn begins_sequence(&self, at: usize) -> bool {
        at == 0 && (1..self.tokens.len()).any(|i| self.is(i, Sense::Then).is_some())
    }

    /// "no" at the end, or before a comma, negates nothing.
    fn negates(&self, at: usize) -> bool {
        at + 1 < self.tokens.len()
    }

    /// Words after "says": up to a comma, a word that continues the question, or a place.
    fn said(&self, at: usize, len: usize) -> (usize, Item) {
        let begin = at + len;
        if self.quote_follows(begin) {
            return self.span(at, len, ItemKind::Frame);
        }
        let end = self.end_of_words(begin);
        // "¿Dónde dice Ines «…»?": who says it may stand between.
        if matches!(self.tokens.get(end).map(|t| &t.kind), Some(Kind::Quote(_))) {
            return self.span(at, len, ItemKind::Frame);
        }
        match self.slice(begin, end) {
            Some(said) => {
                let (_, item) = self.span(at, end - at, ItemKind::Spoken(said.to_owned()));
                (end - at, item)
            }
            None => self.span(at, len, ItemKind::Frame),
        }
    }

    fn about(&self, at: usize, len: usize) -> (usize, Item) {
        let end = self.end_of_words(at + len);
        let content = |i: &usize| {
            self.tokens[*i].kind == Kind::Word && !self.is_any(*i, &[Sense::Frame, Sense::Place, Sense::Of])
        };
        let words: Vec<&str> = (at + len..end).filter(content).filter_map(|i| self.slice(i, i + 1)).collect();
        if words.is_empty() {
            return self.span(at, len, ItemKind::Frame);
        }
        let (_, item) = self.span(at, end - at, ItemKind::About(words.join(" ")));
        (end - at, item)
    }

    /// Where words that are said or talked about end.
    fn end_of_words(&self, begin: usize) -> usize {
        let mut at = begin;
        while at < self.tokens.len() {
            let stops = match &self.tokens[at].kind {
                Kind::Quote(_) => true,
                Kind::Mark(c) => matches!(c, ',' | ';' | '?' | '!' | '.' | '(' | ')' | '→' | '>'),
                Kind::Word => {
                    self.is_any(at, &[Sense::Then, Sense::Before, Sense::After, Sense::Within])
                        || self.is_without(at)
                        || (at > begin && (self.scope(at).is_some() || self.top(at).is_some()))
                        || self.place_follows(at)
                }
            };
            if stops {
                break;
            }
            at += 1;
        }
        at
    }

    /// "without", also in other languages; a "not" inside a quoted line is part of the line.
    fn is_without(&self, at: usize) -> bool {
        let word = self.tokens.get(at).map_or("", |t| t.folded.as_str());
        matches!(word, "without" | "sin" | "sans" | "ohne") && self.is(at, Sense::Not).is_some()
    }

    /// A preposition, then the name of a place or a season.
    fn place_follows(&self, at: usize) -> bool {
        if self.is(at, Sense::Place).is_none() {
            return false;
        }
        let name = self.skip_frames(at);
        let is_place = |found: &Name| matches!(&found.target, Target::Label { kind, .. } if kind == rushes_types::known_types::SCENE);
        self.exact(name).is_some_and(|(_, names)| names.iter().any(is_place)) || self.scope(name).is_some()
    }

    /// The source from a token up to another; `None` where there is no word in it.
    pub fn slice(&self, from: usize, to: usize) -> Option<&'q str> {
        let inside = self.tokens.get(from..to)?;
        let (first, last) = (inside.first()?, inside.last()?);
        let has_word = inside.iter().any(|t| t.kind == Kind::Word);
        has_word.then(|| self.text.get(first.start..last.end)).flatten()
    }
}
