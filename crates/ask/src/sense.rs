//! What a stretch of a question may mean, and what that costs.
//!
//! Costs are in hundredths of a word that is left over. Only their differences count: what explains more words at once
//! costs less than its parts, a name less than a leftover word, a mistyped name more than an exact one. What depends on
//! the neighbours is in [`Sense::beside`].

use rushes_types::known_types;

use crate::item::{Corrected, ItemKind, ScopePart};

/// A word that nothing explains.
pub(crate) const WORD: i32 = 90;
/// What a word that is a name costs more as a leftover.
pub(crate) const WORD_THAT_NAMES: i32 = 40;
/// One that goes on with the word before.
const WORD_MORE: i32 = 60;
/// Words that mean something together.
pub(crate) const IDIOM: i32 = 62;
/// A phrase that frames the question.
pub(crate) const FRAME: i32 = 30;
/// Each further word of a phrase.
pub(crate) const FURTHER: i32 = 3;
/// An English phrase in a question of another language.
pub(crate) const FOREIGN: i32 = 8;
/// A phrase that frames, with a name in it.
pub(crate) const TORN: i32 = 40;
/// A word of one or two letters that means nothing.
pub(crate) const SCRAP: i32 = 55;
/// "and", "or", a mark.
pub(crate) const JOINT: i32 = 20;
pub(crate) const MARK: i32 = 4;
pub(crate) const QUOTE: i32 = 10;
/// A name, exactly.
pub(crate) const NAME: i32 = 50;
/// A name written together or apart, in another number or case, unfinished, in another language, mistyped: what that adds.
pub(crate) const JOINED: i32 = 6;
pub(crate) const INFLECTED: i32 = 12;
pub(crate) const BEGUN: i32 = 24;
pub(crate) const TRANSLATED: i32 = 16;
pub(crate) const MISTYPED: i32 = 30;
/// A place by a part of its name.
pub(crate) const PART: i32 = 20;
pub(crate) const MISTYPED_SURELY: i32 = 8;
/// A name, or a frame word, that is still being typed.
pub(crate) const TYPED: i32 = 4;
/// A frame word that is mistyped.
pub(crate) const REPAIRED: i32 = 28;
/// A name that was marked as one: `@Mara`.
pub(crate) const MENTION: i32 = 2;
/// Words that are said: once, and each.
pub(crate) const SAID: i32 = 25;
pub(crate) const SAID_WORD: i32 = 12;
/// A line that is said so: once, each word, each name in it. One that only sounds as if it were said costs more.
pub(crate) const LINE: i32 = 50;
pub(crate) const LINE_WORD: i32 = 8;
pub(crate) const LINE_NAME: i32 = 32;
pub(crate) const LIKELY_WORD: i32 = 8;
/// What the whole reading leaves unused, or says in vain.
pub(crate) const UNUSED: i32 = 60;
/// A reading that looks for nothing.
pub(crate) const NOTHING: i32 = 45;
/// Two readings whose costs differ by at most this are both likely.
pub(crate) const NEAR_TIE: i32 = 12;
/// A second reading is worth showing up to this difference.
pub(crate) const WORTH_SHOWING: i32 = 70;

/// What stands before a sense, as far as it matters to what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lead {
    /// The beginning, or a comma.
    Start,
    Open,
    /// A preposition of place.
    Place,
    /// "the episode called".
    Titled,
    /// A word that names nothing.
    Word,
    Name,
    /// A sequence word after something that it can follow.
    Link,
    /// A sequence word after a word that names nothing: "nervous before".
    LinkOfWord,
}

pub(crate) const LEADS: [Lead; 8] = [
    Lead::Start,
    Lead::Open,
    Lead::Place,
    Lead::Titled,
    Lead::Word,
    Lead::Name,
    Lead::Link,
    Lead::LinkOfWord,
];

/// What a sense makes of the lead before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leads {
    /// This, whatever came before.
    To(Lead),
    /// The same: words that only frame.
    On,
    /// A sequence word.
    Link,
}

/// One meaning of a stretch of the question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sense {
    /// First token.
    pub from: usize,
    /// One past the last.
    pub to: usize,
    pub what: ItemKind,
    /// What it costs by itself.
    pub cost: i32,
    /// Where the cost comes from.
    pub why: &'static str,
    pub leads: Leads,
    pub corrected: Option<Corrected>,
    pub also: Vec<String>,
}

impl Sense {
    pub fn new(from: usize, len: usize, what: ItemKind, cost: i32, why: &'static str) -> Self {
        let leads = match &what {
            ItemKind::Word => Leads::To(Lead::Word),
            ItemKind::Label { .. } | ItemKind::Scope(ScopePart::Title(_) | ScopePart::Assets(_)) => {
                Leads::To(Lead::Name)
            }
            ItemKind::Comma | ItemKind::But => Leads::To(Lead::Start),
            ItemKind::Frame | ItemKind::Idle | ItemKind::And | ItemKind::Or => Leads::On,
            // "arguing then making up" are two things.
            ItemKind::Then => Leads::To(Lead::Link),
            ItemKind::Before | ItemKind::After => Leads::Link,
            _ => Leads::To(Lead::Open),
        };
        Self { from, to: from + len.max(1), what, cost, why, leads, corrected: None, also: Vec::new() }
    }

    /// The same, leading to something.
    pub fn leading(self, lead: Lead) -> Self {
        Self { leads: Leads::To(lead), ..self }
    }

    /// What stands before the sense that follows this one.
    pub fn after(&self, before: Lead) -> Lead {
        match (self.leads, before) {
            (Leads::To(lead), _) => lead,
            (Leads::On, Lead::Titled | Lead::Name) => Lead::Open,
            (Leads::On, before) => before,
            (Leads::Link, Lead::Word) => Lead::LinkOfWord,
            (Leads::Link, _) => Lead::Link,
        }
    }

    /// What it costs more, or less, because of what stands before.
    pub fn beside(&self, before: Lead) -> i32 {
        match (&self.what, before) {
            (ItemKind::Word, Lead::Word) => WORD_MORE - WORD,
            // "nervous right before a first date" is one thing, not two after each other.
            (ItemKind::Word, Lead::LinkOfWord) => 90,
            // "an awkward silence", "a wedding speech", "crying alone" mean something together.
            (ItemKind::Silence, Lead::Word) if self.to - self.from == 1 => 80,
            (ItemKind::Dialogue, Lead::Word) => 50,
            (ItemKind::Inexpressible(_), Lead::Word) => 80,
            (ItemKind::Scope(ScopePart::Title(_) | ScopePart::Assets(_)), Lead::Titled) => -60,
            (ItemKind::Scope(ScopePart::Title(_) | ScopePart::Assets(_)), Lead::Place) => -30,
            (ItemKind::Label { .. }, Lead::Titled) => 20,
            // A place that is also somebody stands behind a preposition.
            (ItemKind::Label { kind, .. }, Lead::Start)
                if kind == known_types::SCENE && !self.also.is_empty() =>
            {
                8
            }
            (ItemKind::Label { kind, .. }, Lead::Place) if kind == known_types::SCENE => -24,
            _ => 0,
        }
    }
}
