//! Lines without quotes: what of a question sounds as if somebody said it, and where nothing but that tells so.

use rushes_plan::Target;
use rushes_types::known_types;

use crate::item::ItemKind;
use crate::languages::Role;
use crate::question::Question;
use crate::sense::{FRAME, LIKELY_WORD, LINE, LINE_NAME, LINE_WORD, SAID, SAID_WORD, Sense};
use crate::spoken::SAID_TOKENS_MAX;

/// Fewer words that speak of no "I" and "you" are no line.
const STATEMENT_WORDS_MIN: usize = 4;
/// Words as short as this need not be known from the archive: "than", "into".
const FUNCTION_CHARS_MAX: usize = 4;
/// Colons of a question behind which a line is looked for.
const COLONS_MAX: usize = 2;
/// Words behind a sequence word that are looked at: do they name something, or go on with what is said?
const TAIL_TOKENS_MAX: usize = 12;
/// Words between "tells" and what is told: "her father that".
const ADDRESSEES_MAX: usize = 2;

impl Question<'_> {
    /// The lines in a question: it as a whole, and what stands behind its first colons.
    pub fn lines(&self) -> impl Iterator<Item = Sense> {
        let colons = (0..self.tokens.len()).filter(|at| self.mark(*at) == Some(':') && !self.touches(*at));
        let behind = colons.take(COLONS_MAX).map(|at| at + 1);
        let shouted = (0..self.tokens.len()).filter_map(|at| self.shouted(at));
        std::iter::once(0).chain(behind).filter_map(|from| self.line(from)).chain(shouted)
    }

    /// "janice OH MY GOD": words in capitals behind a person, where the person is not written so.
    fn shouted(&self, at: usize) -> Option<Sense> {
        let in_capitals = |i: usize| {
            let word = self.slice(i, i + 1).filter(|_| self.is_word(i));
            word.is_some_and(|word| {
                word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase)
            })
        };
        let before = at.checked_sub(1)?;
        if !in_capitals(at) || in_capitals(before) || !self.speaker_before(at) {
            return None;
        }
        let inside = (at..self.tokens.len()).take(SAID_TOKENS_MAX).take_while(|i| in_capitals(*i));
        let count = inside.clone().count();
        let asks = inside.clone().any(|i| self.is_counted(i));
        let said = self.slice(at, at + count).filter(|_| count > 1 && !asks)?;
        let cost = SAID + LINE_WORD * i32::try_from(count).unwrap_or(0);
        Some(Sense::new(at, count, ItemKind::Spoken(said.to_owned()), cost, "said aloud, in capitals"))
    }

    /// The rest of the question as a line that somebody says: one that stands in the dialogue so, or that speaks as
    /// people do, and asks for nothing.
    fn line(&self, from: usize) -> Option<Sense> {
        let words: Vec<usize> = (from..self.tokens.len()).filter(|at| self.is_word(*at)).collect();
        let (first, last) = (*words.first()?, *words.last()?);
        let is_plain =
            |at| self.is_word(at) || matches!(self.mark(at), Some(',' | '.' | '?' | '!' | '-' | '…'));
        if words.len() < 2 || words.len() > SAID_TOKENS_MAX || !(from..self.tokens.len()).all(is_plain) {
            return None;
        }
        let (mut names, mut named_to, mut has_content) = (0, 0, false);
        for at in words.iter().copied() {
            if let Some((len, _)) = self.exact(at).filter(|_| at >= named_to) {
                (names, named_to) = (names + 1, at + len);
            }
            has_content |= at >= named_to && self.phrases(at).next().is_none();
        }
        let spoken = from.checked_sub(1).is_some_and(|colon| self.speaker_before(colon));
        let line = self.slice(first, last + 1).filter(|_| has_content || spoken)?;
        let count = i32::try_from(words.len()).unwrap_or(0);
        let cost = LINE + LINE_WORD * count + LINE_NAME * names;
        let scripted = || spoken && self.states(first, last + 1) && !words.iter().any(|at| self.tells(*at));
        let (more, why) = if scripted() {
            (-LINE_NAME * names, "what somebody says, written as in a script")
        } else if self.lexicon.has_line(line) {
            (0, "stands in the dialogue so")
        } else if words.len() > 2 && self.sounds_said(&words) {
            let begins = self.is_personal(first);
            (LIKELY_WORD * count - if begins { LINE_NAME } else { 0 }, "sounds as if it were said")
        } else if self.is_statement(&words) {
            (0, "states something, in words that are said")
        } else {
            return None;
        };
        Some(Sense::new(first, last + 1 - first, ItemKind::Line(line.to_owned()), cost + more, why))
    }

    pub fn is_personal(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| self.languages.is_personal(&token.folded, self.spoken))
    }

    /// Does it speak of "I" and "you", and ask for nothing?
    fn sounds_said(&self, words: &[usize]) -> bool {
        // "for our spring mailing" speaks of a purpose.
        let purpose = |at: usize| {
            at.checked_sub(1).and_then(|i| self.is(i, Role::PurposeOf)).is_some_and(|len| len > 1)
        };
        words.iter().any(|at| self.is_personal(*at) && !purpose(*at))
            && !words.iter().any(|at| self.asks(*at))
    }

    /// "blood is not thicker than wine": a sentence of words that people say, of nobody who is known. What somebody is
    /// doing, and where something is, is seen.
    fn is_statement(&self, words: &[usize]) -> bool {
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
        let framed = |at: usize| self.phrases(at).next().is_some();
        let short = |at: usize| self.tokens[at].folded.chars().count() <= FUNCTION_CHARS_MAX;
        // "Otto: doors close faster than hearts"
        let spoken = first.checked_sub(1).is_some_and(|colon| self.speaker_before(colon));
        // "the house where she lives", "the letter is burned": a thing that is seen. "Nobody …" and "… never …" are said.
        let denies = |at: &usize| self.is_any(*at, &[Role::Not, Role::Nobody]);
        let shows = |at: &usize| self.is_any(*at, &[Role::Relative]) || self.names_something(*at);
        let states = self.states(*first, last + 1);
        let known = || {
            words.iter().all(|at| framed(*at) || short(*at) || self.is_said(*at))
                && words.iter().any(|at| !framed(*at) && self.is_said(*at))
        };
        words.len() >= STATEMENT_WORDS_MIN
            && ((spoken && states) || ((spoken || states) && known()))
            && !self.is_any(*first, &[Role::Addressee])
            && (spoken || denies(first) || !words.iter().any(shows))
            && !words.iter().any(|at| self.asks(*at) || self.is_person(*at) || self.is_seen(*at))
    }

    /// Is a word of those that ask for moments rather than belong to what is said?
    fn asks(&self, at: usize) -> bool {
        const ASKS: &[Role] = &[Role::Asking, Role::Dialogue, Role::Idle];
        let goes = self.is(at, Role::Going).is_some() && self.speaker_before(at);
        let does = self.exact(at).is_some_and(|(len, _)| {
            let verb = at + len + self.is(at + len, Role::Finite).unwrap_or(0);
            self.is_person(at) && self.is_doing(verb)
        });
        self.is_counted(at) || self.tells(at) || goes || does || self.is_any(at, ASKS)
    }

    /// Does a word tell what others say? Who says "I never said" says so of himself.
    fn tells(&self, at: usize) -> bool {
        self.is_any(at, &[Role::Say, Role::Manner, Role::About])
            && !(at.saturating_sub(2)..at).any(|i| self.is_personal(i))
    }

    /// "is crying", "are in": what is seen.
    fn is_seen(&self, at: usize) -> bool {
        let Some(finite) = self.is(at, Role::Finite) else { return false };
        let next = at + finite;
        let doing = self.tokens.get(next).is_some_and(|token| token.folded.ends_with("ing"));
        doing || self.is_doing(next) || self.is_any(next, &[Role::Place])
    }

    /// Do the words make a sentence: are there "I" or "you" in them, a verb that can stand in no heading, or "never"?
    pub fn states(&self, from: usize, to: usize) -> bool {
        let denies = self.is_any(from, &[Role::Not, Role::Nobody]);
        let verb = |at: usize| self.is(at, Role::Finite).is_some();
        denies || (from..to).any(|at| self.is_personal(at)) || (from + 1..to).any(verb)
    }

    /// Does the name of a person begin here?
    pub fn is_person(&self, at: usize) -> bool {
        let person =
            |target: &Target| matches!(target, Target::Label { kind, .. } if kind == known_types::CHARACTER);
        self.exact(at).is_some_and(|(_, names)| names.iter().any(|name| person(&name.target)))
    }

    /// Does the name of a person end before a token?
    fn speaker_before(&self, at: usize) -> bool {
        let ends = |i: &usize| self.exact(*i).is_some_and(|(len, _)| i + len == at) && self.is_person(*i);
        (at.saturating_sub(rushes_plan::NAME_WORDS_MAX)..at).any(|i| ends(&i))
    }

    /// Does what stands behind a sequence word go on with what is said: does it name nothing? Behind one that `parts`,
    /// such as "then", it must be a sentence, too.
    pub fn goes_on_saying(&self, from: usize, parts: bool) -> bool {
        let inside = (from..self.tokens.len()).take(TAIL_TOKENS_MAX).take_while(|at| self.is_word(*at));
        let end = from + inside.clone().count();
        let asks = |at: usize| {
            self.names_something(at)
                || self.is_counted(at)
                || self
                    .is_any(at, &[Role::NotBehind, Role::AboutBehind, Role::Say, Role::Manner, Role::About])
        };
        end > from && (!parts || self.states(from, end)) && !inside.clone().any(asks)
    }

    /// "paul goes never open the door": behind a person, before a sentence.
    pub fn going(&self, at: usize, len: usize, senses: &mut Vec<Sense>) {
        let that = self.tokens.get(at + len).is_some_and(|token| self.languages.introduces(&token.folded));
        let begin = at + len + usize::from(that);
        let end = self.end_of_words(begin, false);
        if self.quote_follows(begin) && self.speaker_before(at) {
            senses.push(Sense::new(at, len, ItemKind::Frame, FRAME, "frames what is said"));
        }
        // "she goes", "who was it that promised"
        let somebody = at.checked_sub(1).is_some_and(|i| self.is(i, Role::Frame) == Some(1));
        let says = (self.speaker_before(at) || somebody) && self.states(begin, end);
        self.words_said(at, begin, end, says, senses);
    }

    /// "tells her father that …": whom, then what is said.
    pub fn told_to(&self, at: usize, len: usize, senses: &mut Vec<Sense>) {
        let mut begin = at + len;
        for _ in 0..ADDRESSEES_MAX {
            begin += self.is(begin, Role::Addressee).unwrap_or(0);
        }
        let whom = self.exact(begin).filter(|_| self.is_person(begin)).map_or(0, |(len, _)| len);
        let mut words = begin + whom;
        let that = self.tokens.get(words).is_some_and(|token| self.languages.introduces(&token.folded));
        words += usize::from(that);
        let end = self.end_of_words(words, false);
        if words == at + len || !(that || self.states(words, end)) || self.quote_follows(words) {
            return;
        }
        senses.push(Sense::new(at, begin - at, ItemKind::Frame, FRAME, "tells"));
        if that {
            senses.push(Sense::new(begin + whom, 1, ItemKind::Frame, FRAME, "what is told follows"));
        }
        self.words_said(words, words, end, true, senses);
    }

    /// "the line he paid me in watches": a sentence behind words for lines.
    pub fn line_behind(&self, at: usize, len: usize, senses: &mut Vec<Sense>) {
        let begin = at + len;
        let end = self.end_of_words(begin, false);
        let asks = (begin..end)
            .any(|i| self.is_any(i, &[Role::Say, Role::Manner, Role::About]) || self.is_person(i));
        let is_line = end > begin + 2 && self.states(begin, end) && !asks;
        self.words_said(at, begin, end, is_line && !self.is_any(begin, &[Role::Place, Role::Toward]), senses);
    }

    /// Adds that words are said, with what leads to them, where they are.
    pub fn words_said(&self, at: usize, begin: usize, end: usize, are_said: bool, senses: &mut Vec<Sense>) {
        if let Some(said) = self.slice(begin, end).filter(|_| are_said) {
            let cost = SAID + SAID_WORD * i32::try_from(end - begin).unwrap_or(i32::MAX / SAID_WORD - SAID);
            let what = ItemKind::Spoken(said.to_owned());
            senses.push(Sense::new(at, end - at, what, cost, "words that are said"));
        }
    }
}
