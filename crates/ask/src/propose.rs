//! Finds every sense of every stretch of a question.

use rushes_plan::Name;

use crate::item::{Corrected, ItemKind};
use crate::languages::{Found, Role};
use crate::lattice::Lattice;
use crate::question::Question;
use crate::sense::{
    FOREIGN, FRAME, FURTHER, IDIOM, JOINT, Lead, MARK, NAME, QUOTE, REPAIRED, SCRAP, Sense, TORN, TRANSLATED,
    TYPED, UNUSED, WORD, WORD_THAT_NAMES,
};
use crate::token::Kind;

/// How far from a slash another one parts the question too, in tokens.
const SLASH_TOKENS_MAX: usize = 8;

/// All senses of a question.
pub(crate) fn lattice(question: &Question<'_>) -> Lattice {
    let mut typos = 0;
    let mut senses: Vec<Vec<Sense>> =
        (0..question.tokens.len()).map(|at| question.senses(at, &mut typos)).collect();
    // A rule may see what begins further on.
    let mut further: Vec<Sense> = question.lines().collect();
    for (at, here) in senses.iter_mut().enumerate() {
        further.extend(here.extract_if(.., |sense| sense.from != at));
    }
    for sense in further {
        if let Some(here) = senses.get_mut(sense.from) {
            here.push(sense);
        }
    }
    if question.is_plea() {
        for (at, here) in senses.iter_mut().enumerate() {
            *here = vec![Sense::new(at, 1, ItemKind::Idle, FRAME, "asks for help")];
        }
    }
    Lattice::new(senses)
}

impl Question<'_> {
    /// The senses that begin at a token.
    fn senses(&self, at: usize, typos: &mut usize) -> Vec<Sense> {
        let mut senses = Vec::new();
        match self.kind(at) {
            Some(Kind::Quote(said)) => self.quote(at, said, &mut senses),
            Some(Kind::Mark(c)) => self.mark_senses(at, *c, &mut senses),
            _ => {}
        }
        self.ruled(at, &mut senses);
        for found in self.phrases(at) {
            self.framed(at, found, &mut senses);
        }
        for sense in &mut senses {
            self.charge_repairs(sense);
        }
        if self.is_begun(at) && self.languages.begins_word(&self.tokens[at].folded, self.spoken) {
            senses.push(Sense::new(
                at,
                1,
                ItemKind::Frame,
                FRAME + TYPED,
                "the beginning of a word that frames",
            ));
        }
        if self.is_word(at) {
            let names = self.names(at, typos);
            let named = names.iter().any(|name| name.cost <= NAME + TRANSLATED);
            let cost = WORD + if named { WORD_THAT_NAMES } else { 0 };
            // "falls down" is what somebody does, "no smoking" denies it.
            for idiom in senses.iter_mut().filter(|sense| sense.what == ItemKind::Word && sense.cost == IDIOM)
            {
                let doing = names
                    .iter()
                    .any(|name| name.to == idiom.to && matches!(name.what, ItemKind::Label { .. }));
                let denies = self.is(at, Role::Not) == Some(1) && self.is_doing(at + 1);
                let holds = doing || denies || self.ends_in_label(at, idiom.to);
                idiom.cost += if holds { UNUSED } else { 0 };
            }
            senses.extend(names);
            if let Some(kind) = self.kind_alone(at) {
                senses.push(Sense::new(at, 1, ItemKind::Kind(kind), NAME, "all of a type"));
            }
            if self.is_scrap(at) {
                senses.push(Sense::new(at, 1, ItemKind::Idle, SCRAP, "too short to mean something"));
            }
            senses.push(Sense::new(at, 1, ItemKind::Word, cost, "a word that is left over"));
        }
        senses
    }

    /// "on the phone", "at night": a preposition of place, then a label to the end; "the last kiss" one of them.
    fn ends_in_label(&self, at: usize, end: usize) -> bool {
        const BEGINNINGS: &[Role] = &[Role::Place, Role::Of, Role::With, Role::Ordinal(1), Role::Last];
        let begins = self.is_any(at, BEGINNINGS);
        let named = |i: usize| {
            let label = |names: &[Name]| names.iter().any(|name| name.target.is_label());
            let exactly = self.exact(i).is_some_and(|(len, names)| i + len == end && label(names));
            let ranks = self.is_any(at, &[Role::Ordinal(1), Role::Last]);
            exactly
                || (i + 1 == end && ranks && self.is_doing(i))
                || (i + 1 == end && label(&self.labels_meant(&self.tokens[i].folded)))
        };
        let inside = (at + 1..end).take_while(|i| !named(*i));
        let last = at + 1 + inside.clone().count();
        begins && last < end && inside.into_iter().all(|i| self.phrases(i).next().is_some())
    }

    /// A single letter, or two that are a frame word with its letters swapped ("fo"), beside other words.
    fn is_scrap(&self, at: usize) -> bool {
        let word = self.tokens.get(at).map_or("", |token| token.folded.as_str());
        let plain =
            word.bytes().all(|b| b.is_ascii_alphabetic()) && self.tokens.len() > 1 && !self.is_said(at);
        let hyphened = matches!(self.mark(at + 1), Some('-' | '&' | '/'))
            || at.checked_sub(1).is_some_and(|i| matches!(self.mark(i), Some('-' | '&' | '/')));
        let swapped = || word.chars().rev().collect::<String>();
        let strange = word.len() == 1 || (word.len() == 2 && self.languages.frames(&swapped()));
        // "teh"
        let turned = || {
            let letters: Vec<char> = word.chars().collect();
            (1..letters.len()).any(|i| {
                let mut other = letters.clone();
                other.swap(i - 1, i);
                self.languages.frames_in(&other.iter().collect::<String>(), self.spoken)
            })
        };
        let strange = strange || (word.len() == 3 && turned() && self.exact(at).is_none());
        plain && strange && !hyphened && self.phrases(at).next().is_none()
    }

    fn quote(&self, at: usize, said: &str, senses: &mut Vec<Sense>) {
        if let Some(title) = self.quoted_title(said) {
            let what = ItemKind::Scope(title);
            // ""Fog": Mara" looks in it.
            let heads = at == 0 && self.mark(at + 1) == Some(':');
            senses.push(Sense::new(at, 1, what, if heads { QUOTE - 4 } else { 36 }, "a title in quotes"));
        }
        senses.push(Sense::new(at, 1, ItemKind::Phrase(said.to_owned()), QUOTE, "a quote"));
    }

    fn mark_senses(&self, at: usize, c: char, senses: &mut Vec<Sense>) {
        let follows = at + 1 < self.tokens.len();
        let mut add = |len, what, cost, why| senses.push(Sense::new(at, len, what, cost, why));
        match c {
            '-' | '!' if follows && self.is_apart(at) && (self.touches(at) || self.adds()) => {
                add(1, ItemKind::Not, MARK, "not, as search engines write it");
            }
            ',' | ';' | ':' | '.' | '?' | '!' | '|' => add(1, ItemKind::Comma, MARK, "a mark"),
            '/' if follows && at > 0 && self.parts_with_slashes(at) => {
                add(1, ItemKind::Comma, MARK, "a mark");
            }
            '/' if follows && at > 0 => add(1, ItemKind::Or, JOINT, "alternatives"),
            '>' | '→' if follows && at > 0 => add(1, ItemKind::Then, FRAME, "what follows"),
            '-' | '=' if self.mark(at + 1) == Some('>') && self.touches(at) => {
                add(2, ItemKind::Then, FRAME, "what follows");
            }
            '@' if self.touches(at) => add(1, ItemKind::Frame, MARK, "marks a name"),
            _ => {}
        }
        // In every case, so that each token has a sense.
        let cost = if matches!(c, '/' | '>' | '→') { UNUSED } else { MARK + 1 };
        senses.push(Sense::new(at, 1, ItemKind::Frame, cost, "a mark").leading(Lead::Open));
    }

    /// "Mara / galley / night": slashes between spaces part what is asked for, where there are several.
    fn parts_with_slashes(&self, at: usize) -> bool {
        let apart = |i: usize| self.mark(i) == Some('/') && i > 0 && !self.touches(i) && !self.touches(i - 1);
        let near = at.saturating_sub(SLASH_TOKENS_MAX)..(at + SLASH_TOKENS_MAX).min(self.tokens.len());
        apart(at) && near.filter(|i| apart(*i)).count() > 1
    }

    /// Is there white space before a mark, and something that was asked for?
    fn is_apart(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|i| self.tokens.get(i));
        before.zip(self.tokens.get(at)).is_some_and(|(before, mark)| before.end < mark.start)
    }

    /// Amounts, scopes and numbers of moments: rules of several words.
    fn ruled(&self, at: usize, senses: &mut Vec<Sense>) {
        let found = [
            (self.amount(at).cloned(), "an amount"),
            (self.scope(at).cloned(), "a scope"),
            (self.top(at).cloned(), "how many, in which order"),
            (self.purpose(at), "what it is wanted for"),
            (self.aside(at), "an aside about a name"),
            (self.bracketed(at), "an aside about films"),
            (self.purpose_behind(at), "what it is wanted for"),
            (self.reason(at), "why it is wanted"),
            (self.heading(at), "a heading"),
            (self.courtesy(at), "politeness"),
            (self.on_behalf(at), "who wants it"),
        ];
        for (place, (found, why)) in (0..).zip(found) {
            if let Some((len, what)) = found {
                senses.push(Sense::new(at, len, what, phrase_cost(len) + place, why));
            }
        }
    }

    /// What a phrase of the frame says.
    fn framed(&self, at: usize, found: Found, senses: &mut Vec<Sense>) {
        let Found { len, role, foreign, .. } = found;
        // "in Them": a title within words that frame.
        let named = |i: usize| self.is_capital(i) && self.has_case && self.exact(i).is_some();
        let torn = (at + 1..at + len).any(named);
        let cost = phrase_cost(len) + if foreign { FOREIGN } else { 0 } + if torn { TORN } else { 0 };
        let mut add = |what, cost, why| senses.push(Sense::new(at, len, what, cost, why));
        match role {
            Role::Concerning if self.lines_before(at) => self.about(at, len, senses),
            Role::Frame
            | Role::Concerning
            | Role::Toward
            | Role::With
            | Role::Every
            | Role::Asking
            | Role::Noun
            | Role::Nouns
            | Role::Of
            | Role::Level(_)
            | Role::Speaking => {
                add(ItemKind::Frame, cost, "frames the question");
            }
            // "best scene" is one, before "best" and "scene with" frame.
            Role::Best => add(ItemKind::Frame, cost + 10, "frames the question"),
            Role::Place => {
                let place = Sense::new(at, len, ItemKind::Frame, cost, "where");
                senses.push(place.leading(Lead::Place));
            }
            Role::Titled => {
                let titled = Sense::new(at, len, ItemKind::Frame, cost, "a title follows");
                senses.push(titled.leading(Lead::Titled));
            }
            Role::Apart => add(ItemKind::Apart, cost - 5, "each by itself"),
            Role::Help => add(ItemKind::Idle, cost, "asks for help"),
            Role::Recalled => self.recalled(at, len, senses),
            Role::EitherOrder
                if !self.is_any(at, &[Role::Before, Role::After, Role::Or]) || self.away_before(at) =>
            {
                add(ItemKind::Frame, cost - 5, "in either order");
            }
            Role::Silence => add(ItemKind::Silence, cost, "no dialogue"),
            // "lines by Mara" asks for lines; "the line "…"" only frames a quote.
            Role::Dialogue if self.quote_follows(at + len) => add(ItemKind::Frame, cost, "frames a quote"),
            Role::Dialogue => {
                add(ItemKind::Dialogue, cost, "dialogue");
                self.line_behind(at, len, senses);
            }
            // "any of the judges": each of a group would do.
            Role::Union if self.is_group(at + len) => add(ItemKind::Frame, cost, "one of a group"),
            Role::Union => add(ItemKind::Union, cost, "every one in full"),
            Role::Ordinal(1) if self.begins_sequence(at, len) => {
                add(ItemKind::Frame, cost, "begins a sequence");
            }
            Role::Idle => add(ItemKind::Idle, cost, "says nothing of what is seen or said"),
            Role::Idiom => add(ItemKind::Word, IDIOM, "words that belong together"),
            _ => self.joining(at, found, cost, senses),
        }
    }

    /// What a phrase says of how the parts of a question belong together.
    fn joining(&self, at: usize, found: Found, cost: i32, senses: &mut Vec<Sense>) {
        let Found { len, role, .. } = found;
        let mut add = |what, cost, why| senses.push(Sense::new(at, len, what, cost, why));
        match role {
            Role::Then => add(ItemKind::Then, cost, "what follows"),
            Role::Before => add(ItemKind::Before, cost, "what follows"),
            Role::After => add(ItemKind::After, cost, "what came before"),
            Role::While => add(ItemKind::But, JOINT, "at the same time"),
            Role::Not if at + len < self.tokens.len() => add(ItemKind::Not, cost - 5, "not"),
            // "Mara yes, Otto no".
            Role::Not if at > 0 => add(ItemKind::NotBehind, cost - 5, "not what stands before"),
            Role::AboutBehind if at > 0 => {
                add(ItemKind::AboutBehind, cost - 5, "what stands before is talked about");
            }
            Role::NotBehind if at > 0 => add(ItemKind::NotBehind, cost - 5, "not what stands before"),
            Role::Nobody => self.nobody(at, len, cost, senses),
            // "with nobody walking"
            Role::Deserted if self.is_word(at + len) && self.is_doing(at + len) => {
                add(ItemKind::Not, cost - 5, "nobody does this");
            }
            Role::Deserted => add(ItemKind::Nobody, cost - 5, "nobody is there"),
            Role::But => add(ItemKind::But, JOINT, "but"),
            Role::Only => add(ItemKind::Only, cost, "only this"),
            Role::Or => add(ItemKind::Or, JOINT, "alternatives"),
            Role::And => add(ItemKind::And, JOINT, "and"),
            _ => self.telling(at, found, cost, senses),
        }
    }

    /// What a phrase says that shows something, or tells what is said.
    fn telling(&self, at: usize, found: Found, cost: i32, senses: &mut Vec<Sense>) {
        let Found { len, role, .. } = found;
        let mut add = |what, cost, why| senses.push(Sense::new(at, len, what, cost, why));
        match role {
            Role::Unsayable(why) => {
                add(ItemKind::Inexpressible(self.languages.text(why).to_owned()), cost, "cannot be said");
            }
            Role::Shown(name) => {
                if let Some((kind, label)) = self.shown(self.languages.text(name)) {
                    let what = ItemKind::Label { kind, label, members: Vec::new() };
                    add(what, NAME - 4 + FURTHER * i32::try_from(len - 1).unwrap_or(0), "how it is shot");
                }
            }
            // "a quote from Otto about …"
            Role::Say if self.is(at, Role::Dialogue).is_some_and(|longer| longer > len) => {}
            Role::Say | Role::Manner => self.said(at, len, role == Role::Manner, senses),
            Role::About => self.about(at, len, senses),
            Role::Going => self.going(at, len, senses),
            Role::SaidBehind if at > 0 => add(ItemKind::Frame, cost, "frames what is said before"),
            Role::Reason if len == 1 => add(ItemKind::Frame, cost, "why"),
            Role::Tell => self.told_to(at, len, senses),
            // "Doctor" before "Marchetti".
            Role::Honorific if self.is_person(at + len) || self.is_strange_word(at + len) => {
                add(ItemKind::Frame, cost, "before a name");
            }
            _ => {}
        }
    }

    /// "nobody says …", "nobody laughing" deny what follows; "nobody in the galley" says that nobody is there.
    fn nobody(&self, at: usize, len: usize, cost: i32, senses: &mut Vec<Sense>) {
        let next = at + len;
        if self.tokens.len() == len {
            return;
        }
        const ENDS: &[Role] = &[Role::Place, Role::And, Role::Or, Role::But, Role::Then, Role::Idle];
        let ends = next >= self.tokens.len() || !self.is_word(next) || self.is_any(next, ENDS);
        let (what, why) = match ends {
            true => (ItemKind::Nobody, "nobody is there"),
            false => (ItemKind::Not, "nobody does this"),
        };
        senses.push(Sense::new(at, len, what, cost - 5, why));
    }

    /// Is it a word that frames nothing, and that nobody says: perhaps a mistyped name?
    fn is_strange_word(&self, at: usize) -> bool {
        self.is_word(at) && !self.is_said(at) && self.phrases(at).next().is_none() && self.exact(at).is_none()
    }

    /// "first the lamp, then …", "in the galley first Mara, then …".
    fn begins_sequence(&self, at: usize, len: usize) -> bool {
        let named = || {
            let next = self.skip_frames(at + len);
            self.exact(next).is_some() || self.is_doing(next)
        };
        self.then_behind(at) && (at == 0 || named())
    }

    /// The label of an archive that stands for a name of the vocabulary of shots, in whatever language it is labelled.
    fn shown(&self, name: &str) -> Option<(String, String)> {
        let keys = self.languages.vocabulary(name);
        keys.iter().find_map(|key| self.lexicon.shot_label(key))
    }

    /// A frame word that was mistyped costs more, and is said.
    fn charge_repairs(&self, sense: &mut Sense) {
        let said = matches!(sense.what, ItemKind::Spoken(_) | ItemKind::About(_));
        let to = if said { sense.from + 1 } else { sense.to };
        let inside = self.tokens.get(sense.from..to).unwrap_or_default();
        let repaired: Vec<&str> =
            inside.iter().filter(|t| t.frame != t.folded).map(|t| t.frame.as_str()).collect();
        if !repaired.is_empty() {
            sense.cost += REPAIRED * i32::try_from(repaired.len()).unwrap_or(1);
            sense.corrected = Some(Corrected::Typed(repaired.join(" ")));
        }
    }
}

fn phrase_cost(len: usize) -> i32 {
    FRAME + FURTHER * i32::try_from(len.saturating_sub(1)).unwrap_or(0)
}
