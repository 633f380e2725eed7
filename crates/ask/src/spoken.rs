//! Senses that are words said or talked about: how far they go.

use rushes_plan::{Name, Target};
use rushes_types::known_types;

use crate::item::ItemKind;
use crate::languages::Role;
use crate::question::Question;
use crate::sense::{FRAME, SAID, SAID_WORD, Sense, UNUSED};
use crate::token::Kind;

/// Most words that are said in a row.
pub(crate) const SAID_TOKENS_MAX: usize = 128;
/// Words before whom they are said to, where they are no sentence: "thank you so much".
const GREETING_TOKENS_MAX: usize = 5;
/// Words of what a line is wanted for, before its colon.
const HEAD_TOKENS_MAX: usize = 6;
/// Words around what is said that only frame it.
const FRAME_TOKENS_MAX: usize = 6;
/// Phrases in a row that say that a line is remembered: "says something like, it goes …".
const RECALLED_MAX: usize = 4;

impl Question<'_> {
    /// Words after "says": up to a comma, a word that continues the question, or a place. What is shouted in some
    /// manner may be said, or be how it looks.
    pub fn said(&self, at: usize, len: usize, manner: bool, senses: &mut Vec<Sense>) {
        let mut begin = at + len;
        // "a quote about geese", "a quote for the poster: …"
        if let Some(more) =
            self.find(begin, |role| matches!(role, Role::About | Role::Concerning).then_some(()))
        {
            return self.about(at, len + more.0, senses);
        }
        if let Some((purpose, _)) = self.purpose(begin) {
            begin += purpose + usize::from(self.mark(begin + purpose) == Some(':'));
        }
        begin += usize::from(self.mark(begin) == Some(':') && self.is_word(begin + 1));
        let that = self.tokens.get(begin).is_some_and(|token| self.languages.introduces(&token.folded));
        begin += usize::from(that && self.is_word(begin + 1));
        begin = self.behind_head(begin);
        let end = self.without_frame(begin, self.end_of_words(begin, false));
        // "saying goodbye to Leo"
        let to = |i: &usize| self.is(*i, Role::Toward).is_some_and(|toward| self.is_person(i + toward));
        let whom = (begin + 1..end.min(begin + GREETING_TOKENS_MAX)).find(to);
        let end = whom.filter(|whom| !self.states(begin, *whom)).unwrap_or(end);
        // "¿Dónde dice Ines «…»?": who says it may stand between.
        let quoted = self.quote_follows(begin) || matches!(self.kind(end), Some(Kind::Quote(_)));
        let aimed = manner
            && !(end > begin + 1 && self.states(begin, end))
            && (end <= begin + 1
                || self.is_any(
                    begin,
                    &[Role::Place, Role::Of, Role::Every, Role::One, Role::With, Role::Toward],
                ));
        // "said by Otto" says who it was.
        let by = self
            .is(begin, Role::Toward)
            .is_some_and(|toward| self.has_quote() || self.is_person(begin + toward));
        let said = self.slice(begin, end).filter(|_| !quoted && !aimed && !by && self.scope(begin).is_none());
        // "who say it monica": who it was stands behind.
        let pronoun = self.is(begin, Role::Frame) == Some(1) && self.is_person(begin + 1);
        let names_speaker = pronoun && self.exact(begin + 1).is_some_and(|(len, _)| begin + 1 + len == end);
        if names_speaker && !quoted {
            return self.framing(at, len, false, senses);
        }
        // "singing" may have a label of its own.
        let labelled = manner && said.is_none() && len == 1 && self.is_doing(at);
        if labelled && !quoted {
            return;
        }
        // "what say Mara about geese"
        let asked_of = self.exact(begin).filter(|_| self.is_person(begin)).map(|(len, _)| begin + len);
        if asked_of.is_some_and(|next| self.is_any(next, &[Role::About, Role::Concerning])) {
            return self.framing(at, len, false, senses);
        }
        if said.is_some() && self.said_by_whom(begin, end, senses) {
            return self.framing(at, len, false, senses);
        }
        // "singing happy birthday": what somebody does, and what is said.
        if manner && len == 1 && end > begin + 1 && said.is_some() && self.is_doing(at) {
            return self.words_said(begin, begin, end, true, senses);
        }
        if manner && !quoted {
            let why = "how it is said";
            senses.push(Sense::new(at, len, ItemKind::Word, FRAME + UNUSED * i32::from(said.is_some()), why));
        } else if said.is_none() && !quoted && !self.has_quote() && at > 0 {
            // "everything that Otto says" is all that he says.
            senses.push(Sense::new(at, len, ItemKind::Dialogue, FRAME, "all that is said"));
        } else {
            self.framing(at, len, said.is_some(), senses);
        }
        self.words_said(at, begin, end, said.is_some(), senses);
    }

    /// "a quote for a mug: …": what it is wanted for, up to a colon, is no part of what is said.
    fn behind_head(&self, begin: usize) -> usize {
        let word = |i: &usize| self.is_word(*i) || self.mark(*i) == Some('-');
        let words = (begin..).take(HEAD_TOKENS_MAX).take_while(word).count();
        let heads = self.is_any(begin, &[Role::PurposeOf]) && self.mark(begin + words) == Some(':');
        if heads { begin + words + 1 } else { begin }
    }

    /// "the word salt is spoken anywhere": what stands behind the words only frames them.
    fn without_frame(&self, begin: usize, end: usize) -> usize {
        let behind = |i: &usize| self.is_any(*i, &[Role::SaidBehind, Role::AboutBehind]);
        let frames =
            |i: usize| self.phrases(i).any(|found| found.role.frames() || found.role == Role::SaidBehind);
        let tail = (begin + 1..end).rev().take(FRAME_TOKENS_MAX).take_while(|i| frames(*i) || behind(i));
        tail.filter(behind).last().filter(|_| self.is_asked_word(begin)).unwrap_or(end)
    }

    /// Do words say that what begins here is a word, a name or a sentence, rather than who says it?
    fn is_asked_word(&self, begin: usize) -> bool {
        (begin.saturating_sub(FRAME_TOKENS_MAX)..begin)
            .any(|i| self.is(i, Role::Say).is_some_and(|len| len > 1 && i + len == begin))
    }

    /// "¿dónde dice Inés que …", "wo sagt Mara …": outside English, who says it stands between. Answers whether it does.
    fn said_by_whom(&self, begin: usize, end: usize, senses: &mut Vec<Sense>) -> bool {
        let named = self.exact(begin).filter(|_| !self.is_english() && self.is_person(begin));
        let Some((len, _)) = named.filter(|(len, _)| begin + len < end) else { return false };
        self.words_said(begin + len, begin + len, end, true, senses);
        true
    }

    /// Words after "goes something like": up to a comma, whatever they are.
    pub fn recalled(&self, at: usize, len: usize, senses: &mut Vec<Sense>) {
        let mut begin = at + len;
        for _ in 1..RECALLED_MAX {
            begin += self.is(begin, Role::Recalled).unwrap_or(0);
        }
        if self.quote_follows(begin) {
            return self.framing(at, len, false, senses);
        }
        let words = (begin..self.tokens.len()).take(SAID_TOKENS_MAX).take_while(|i| self.is_word(*i));
        let end = words.last().map_or(begin, |last| last + 1);
        let said = self.slice(begin, end).filter(|_| end > begin + 1 && self.lines_before(at + 1));
        if let Some(said) = said {
            let what = ItemKind::Spoken(said.to_owned());
            senses.push(Sense::new(
                at,
                end - at,
                what,
                SAID + 4 * i32::try_from(end - begin).unwrap_or(0),
                "a line as it is remembered",
            ));
        }
    }

    /// Words after "talks about"; several parted by "or" are alternatives.
    pub fn about(&self, at: usize, len: usize, senses: &mut Vec<Sense>) {
        let begin = at + len;
        if self.quote_follows(begin) {
            return self.framing(at, len, false, senses);
        }
        let end = self.end_of_words(begin, true);
        let frames = [Role::Frame, Role::Place, Role::Of, Role::And, Role::One];
        let mut alternatives: Vec<Vec<&str>> = vec![Vec::new()];
        for i in begin..end {
            if self.is(i, Role::Or).is_some() && alternatives.last().is_some_and(|words| !words.is_empty()) {
                alternatives.push(Vec::new());
            } else if self.is_word(i) && !self.is_any(i, &frames) {
                let word = self.slice(i, i + 1);
                alternatives.last_mut().into_iter().for_each(|words| words.extend(word));
            }
        }
        let mut topics: Vec<String> = alternatives.iter().map(|words| words.join(" ")).collect();
        topics.retain(|words| !words.is_empty());
        self.framing(at, len, !topics.is_empty(), senses);
        if !topics.is_empty() {
            let what = ItemKind::About(topics);
            senses.push(Sense::new(at, end - at, what, cost(end - begin), "words that are talked about"));
        }
    }

    /// "says" without words of its own only frames; with them that is unlikely.
    fn framing(&self, at: usize, len: usize, unlikely: bool, senses: &mut Vec<Sense>) {
        let cost = FRAME + UNUSED * i32::from(unlikely);
        senses.push(Sense::new(at, len, ItemKind::Frame, cost, "frames what is said"));
    }

    /// Where words that are said or talked about end.
    pub fn end_of_words(&self, begin: usize, talked: bool) -> usize {
        if begin >= self.tokens.len() || self.always_ends(begin) {
            return begin;
        }
        let ends = self.ends_of_words(talked);
        ends.get(begin + 1).map_or(begin + 1, |end| (*end).min(begin + SAID_TOKENS_MAX))
    }

    /// Does a token end words that are said, even as the first of them?
    pub fn always_ends(&self, at: usize) -> bool {
        match self.kind(at) {
            None | Some(Kind::Quote(_)) => true,
            Some(Kind::Mark('-' | '–' | '—')) => self.is_dash(at),
            Some(Kind::Mark(c)) => matches!(c, ',' | ';' | '?' | '!' | '.' | '(' | ')' | '→' | '>'),
            Some(Kind::Word) => {
                self.begins_a_part(at)
                    || self.is(at, Role::Idle).is_some_and(|len| len > 1)
                    || self.is_without(at)
                    || self.place_follows(at)
            }
        }
    }

    /// "then", "before", where another part of the question follows rather than more of what is said.
    fn begins_a_part(&self, at: usize) -> bool {
        let link = |role| match role {
            Role::Then | Role::While => Some(true),
            Role::Before | Role::After => Some(false),
            _ => None,
        };
        let idiom = self.is(at, Role::Idiom).unwrap_or(0);
        self.find(at, link).is_some_and(|(len, parts)| len >= idiom && !self.goes_on_saying(at + len, parts))
    }

    /// Does a dash stand by itself, between spaces?
    pub fn is_dash(&self, at: usize) -> bool {
        at > 0 && !self.touches(at) && !self.touches(at - 1)
    }

    /// Does a word end words that are said before it?
    pub fn ends_inside(&self, at: usize, talked: bool) -> bool {
        let why = talked && self.is_any(at, &[Role::Reason]);
        let purpose = || {
            let ends = |len: usize| at + len == self.tokens.len() || self.mark(at + len).is_some();
            self.purpose(at).is_some_and(|(len, _)| ends(len))
        };
        let thing = || !talked && self.thing_follows(at);
        self.is_word(at)
            && (why || thing() || self.is_counted(at) || self.somebody_follows(at, talked) || purpose())
    }

    /// "without" and "but not"; a "not" inside what is said is part of it.
    fn is_without(&self, at: usize) -> bool {
        let alone = |len: usize| {
            let word = self.tokens.get(at).map_or("", |t| t.frame.as_str());
            len == 1 && self.languages.parts(word)
        };
        self.is(at, Role::Not)
            .is_some_and(|len| alone(len) || (len > 1 && self.is_any(at, &[Role::And, Role::But])))
    }

    /// "to Otto": who is spoken to or with. In what is said that is the end of the question, else it may be said too.
    fn somebody_follows(&self, at: usize, talked: bool) -> bool {
        let Some(toward) = self.is(at, Role::Toward) else { return false };
        let name = at + toward;
        let is_person = |found: &Name| matches!(&found.target, Target::Label { kind, .. } if kind == known_types::CHARACTER);
        self.exact(name).is_some_and(|(len, names)| {
            names.iter().any(is_person) && (talked || name + len == self.tokens.len())
        })
    }

    /// "with the guitar" at the end of the question: a thing that is seen. What is said goes on with "with you".
    fn thing_follows(&self, at: usize) -> bool {
        let Some(with) = self.is(at, Role::With) else { return false };
        let name = self.skip_frames(at + with);
        let is_object =
            |found: &Name| matches!(&found.target, Target::Label { kind, .. } if kind == known_types::OBJECT);
        name > at + with
            && self
                .exact(name)
                .is_some_and(|(len, names)| names.iter().any(is_object) && name + len == self.tokens.len())
    }

    /// A preposition, then the name of a place or a season.
    fn place_follows(&self, at: usize) -> bool {
        if self.is(at, Role::Place).is_none() {
            return false;
        }
        let name = self.skip_frames(at);
        let is_place = |len: usize, found: &Name| match &found.target {
            Target::Label { kind, .. } => kind == known_types::SCENE,
            _ => len > 1 || (self.is_capital(name) && self.has_case),
        };
        let named = self.exact(name);
        named.is_some_and(|(len, names)| names.iter().any(|found| is_place(len, found)))
            || self.scope(name).is_some()
    }
}

fn cost(tokens: usize) -> i32 {
    SAID + SAID_WORD * i32::try_from(tokens).unwrap_or(i32::MAX / SAID_WORD - SAID)
}
