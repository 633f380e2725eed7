//! What stands beside a question and says nothing of the moments: what they are wanted for, why, asides in brackets,
//! the heading before a colon, a plea for help.

use rushes_plan::{NAME_WORDS_MAX, Target};
use rushes_types::known_types;

use crate::item::ItemKind;
use crate::languages::Role;
use crate::memo::Match;
use crate::question::Question;

/// Words of what moments are wanted for, where no word tells that they are for that.
const PURPOSE_WORDS_MAX: usize = 6;
/// Words that say why.
const REASON_WORDS_MAX: usize = 12;
/// Words of politeness before or after a question.
const COURTESY_WORDS_MAX: usize = 6;
/// Words of a heading before a colon.
const HEADING_WORDS_MAX: usize = 4;
/// Words of an aside in brackets.
const ASIDE_WORDS_MAX: usize = 8;

impl Question<'_> {
    /// "Mara for the spring window display": behind a name or a comma, up to a mark or the end, without a name in it.
    pub fn purpose_behind(&self, at: usize) -> Option<Match> {
        let from = at + self.is(at, Role::PurposeOf)?;
        let parted = at.checked_sub(1).is_some_and(|i| matches!(self.mark(i), Some(',' | ';' | ')')));
        if !(at == 0 || parted || self.stands_behind_name(at)) || self.is_any(from, &[Role::From, Role::Last])
        {
            return None;
        }
        let end = self.end_of_aside(from, PURPOSE_WORDS_MAX)?;
        // "for internal use only: …"
        if at == 0 && self.mark(end) != Some(':') {
            return None;
        }
        Some((end - at, ItemKind::Idle))
    }

    /// "because we open with it", "so that I can show it": up to a mark or the end, without a name in it.
    pub fn reason(&self, at: usize) -> Option<Match> {
        // What stands behind a colon is asked for, or said.
        let parted = at.checked_sub(1).is_some_and(|i| self.mark(i).is_some_and(|c| c != ':'));
        let comment = self.is(at, Role::Comment).filter(|_| parted);
        if let Some(end) =
            comment.and_then(|len| self.end_of_aside(at, REASON_WORDS_MAX).filter(|end| *end >= at + len))
        {
            return Some((end - at, ItemKind::Idle));
        }
        // "…, we are short of them"
        let speaks =
            parted && self.is_personal(at) && !self.lines_before(at) && !self.is_any(at, &[Role::Asking]);
        let from = at + self.is(at, Role::Reason).filter(|_| at > 0).or(speaks.then_some(1))?;
        let topic = (at.saturating_sub(REASON_WORDS_MAX)..at).any(|i| self.is_any(i, &[Role::About]));
        if !(parted || topic || self.stands_behind_name(at)) {
            return None;
        }
        let end = self.end_of_aside(from, REASON_WORDS_MAX)?;
        Some((end - at, ItemKind::Idle))
    }

    /// "good morning everyone,", "thank you in advance": between marks, without a name.
    pub fn courtesy(&self, at: usize) -> Option<Match> {
        let first = self.is(at, Role::Courtesy)?;
        if at.checked_sub(1).is_some_and(|i| self.mark(i).is_none()) {
            return None;
        }
        let words =
            (at..self.tokens.len()).take(COURTESY_WORDS_MAX + 1).take_while(|i| self.is_word(*i)).count();
        let end = at + words;
        let short = (first..=COURTESY_WORDS_MAX).contains(&words) && words < self.tokens.len();
        let named = (at + first..end).any(|i| self.names_something(i) || self.scope(i).is_some());
        (short && !named).then_some((words, ItemKind::Idle))
    }

    /// "my editor asked for …": who wants the moments.
    pub fn on_behalf(&self, at: usize) -> Option<Match> {
        if at > 0 || !self.is_personal(at) {
            return None;
        }
        let wants =
            |i: usize| self.find(i, |role| (role == Role::Wants).then_some(())).map(|(len, ())| (i, len));
        let (before, len) = (2..=HEADING_WORDS_MAX).find_map(wants)?;
        let plain = (0..before).all(|i| self.is_word(i) && !self.names_something(i));
        (plain && before + len < self.tokens.len()).then_some((before + len, ItemKind::Idle))
    }

    /// "music rights: …": words before the first colon that name nothing, where names follow.
    pub fn heading(&self, at: usize) -> Option<Match> {
        if at > 0 {
            return None;
        }
        let words =
            (0..self.tokens.len()).take(REASON_WORDS_MAX + 1).take_while(|i| self.is_word(*i)).count();
        let plain = |i: &usize| self.phrases(*i).all(|found| found.role.is_plain() || found.role.frames());
        let pressing = self.is_any(0, &[Role::Reason]);
        // "valentines reel - …": behind a dash, what moments are wanted for.
        let purpose = |i: usize| self.is_any(i, &[Role::Purpose]);
        let wanted = (0..words).any(purpose);
        let parts = self.mark(words) == Some(':')
            || (wanted && matches!(self.mark(words), Some('-' | '–' | '—')) && self.is_dash(words));
        let is_heading = (2..=if pressing { REASON_WORDS_MAX } else { HEADING_WORDS_MAX }).contains(&words)
            && parts
            && (0..words).all(|i| (pressing || purpose(i) || plain(&i)) && !self.names_something(i))
            && (words + 1..self.tokens.len()).any(|i| self.names_something(i));
        is_heading.then_some((words, ItemKind::Idle))
    }

    /// "(the first one, not the sequels)": brackets that speak of films or episodes, and name none.
    pub fn bracketed(&self, at: usize) -> Option<Match> {
        if at == 0 || self.mark(at) != Some('(') {
            return None;
        }
        let inside = (at + 1..)
            .take(2 * ASIDE_WORDS_MAX)
            .take_while(|i| *i < self.tokens.len() && !matches!(self.mark(*i), Some('(' | ')')));
        let end = at + 1 + inside.clone().count();
        let aside = |role| matches!(role, Role::Level(_) | Role::Purpose | Role::Reason).then_some(());
        let level = |i| self.find(i, aside).is_some();
        let names = inside.clone().any(|i| self.names_something(i) || self.scope(i).is_some());
        let speaks = self.mark(end) == Some(')') && inside.clone().any(level) && !names;
        speaks.then_some((end + 1 - at, ItemKind::Idle))
    }

    /// "can anyone help me today?" asks for help, and for no moments.
    pub fn is_plea(&self) -> bool {
        let all = 0..self.tokens.len();
        let helps =
            |i: usize| self.find(i, |role| (role == Role::Help).then_some(())).map(|(len, ())| i + len);
        let Some(end) = all.clone().find_map(helps) else { return false };
        // Further pleas may follow: "help me please i dont understand how this works".
        let mut helped = end;
        let mut framed = |i: usize| {
            helped = helps(i).unwrap_or(0).max(helped);
            i < helped || self.phrases(i).next().is_some()
        };
        let rest = (end..self.tokens.len()).filter(|i| self.is_word(*i)).all(&mut framed);
        let asks = |i: usize| {
            self.names_something(i)
                || self.scope(i).is_some()
                || matches!(self.kind(i), Some(crate::token::Kind::Quote(_)))
        };
        rest && !all.clone().any(asks)
    }

    /// Is there a name here that is no word of the frame, or a thing that somebody does?
    pub fn names_something(&self, at: usize) -> bool {
        if !self.is_word(at) {
            return false;
        }
        if self.exact(at).is_some_and(|(len, _)| len > 1) {
            return true;
        }
        let framed =
            self.phrases(at).next().is_some_and(|found| !found.role.is_plain() && found.role != Role::Manner);
        !framed && (self.exact(at).is_some() || self.is_doing(at))
    }

    /// The end of words in a row, at a mark or at the end of the question, that hold no name and no part of a question.
    fn end_of_aside(&self, from: usize, words_max: usize) -> Option<usize> {
        const PARTS: &[Role] = &[
            Role::Or,
            Role::Then,
            Role::Before,
            Role::After,
            Role::Not,
            Role::Say,
            Role::About,
            Role::While,
        ];
        let words = (from..self.tokens.len()).take(words_max + 1).take_while(|i| self.is_word(*i)).count();
        let end = from + words;
        let ends = matches!(self.mark(end), None | Some(',' | ';' | ':' | '.' | '!' | '?' | ')'));
        let asks = |i: usize| {
            self.names_something(i)
                || self.phrases(i).next().is_some_and(|found| PARTS.contains(&found.role))
                || self.scope(i).is_some()
                || self.amount(i).is_some()
                || self.number(i).is_some_and(|_| self.exact(i).is_some())
        };
        ((1..=words_max).contains(&words) && ends && !(from..end).any(asks)).then_some(end)
    }

    /// Does a person, a place or a title end here? What somebody does goes on with "for".
    fn stands_behind_name(&self, at: usize) -> bool {
        // "a cake for a child" says what kind of cake.
        let named = [known_types::CHARACTER, known_types::SCENE];
        (at.saturating_sub(NAME_WORDS_MAX)..at).any(|i| {
            self.exact(i).is_some_and(|(len, names)| {
                let fits = |target: &Target| match target {
                    Target::Label { kind, .. } => named.contains(&kind.as_str()),
                    _ => len > 1 || self.is_capital(i),
                };
                i + len == at && names.iter().any(|name| fits(&name.target))
            })
        })
    }
}
