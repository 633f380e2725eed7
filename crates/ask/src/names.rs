//! Senses that are names: of people, places, things and titles; written together or apart, in another number or case,
//! mistyped or unfinished too.

use rushes_plan::{NAME_WORDS_MAX, Name, Target};
use rushes_types::known_types;

use crate::item::{Corrected, ItemKind, ScopePart};
use crate::languages::{Found, Role};
use crate::question::Question;
use crate::sense::{FURTHER, INFLECTED, JOINED, MENTION, NAME, Sense};
use crate::token::{Kind, tokens};

/// Words of a name that may be mistyped.
pub(crate) const TYPO_WORDS_MAX: usize = 3;
/// What a namesake costs that is written in another case than the question has.
const OTHER_CASE: i32 = 14;
/// Names of the same words that are weighed.
pub(crate) const NAMESAKES_MAX: usize = 5;
/// Spellings of the same words that are looked up: with and without the "'s", together and apart.
const SPELLINGS_MAX: usize = 4;

/// What follows a name that stands by itself.
const ENDS: &[Role] = &[
    Role::Place,
    Role::And,
    Role::But,
    Role::Or,
    Role::Not,
    Role::Then,
    Role::Before,
    Role::After,
    Role::While,
    Role::With,
    Role::Manner,
    Role::Confidence,
    Role::Idle,
];

/// Words in a row with the spellings they are looked up by.
pub(crate) struct Run {
    pub tokens: usize,
    pub spellings: Vec<String>,
}

/// How the words of a name differ from the name.
#[derive(Clone)]
pub(crate) struct Written {
    pub cost: i32,
    pub why: &'static str,
    pub corrected: Option<Corrected>,
}

impl Written {
    fn exactly() -> Self {
        Self { cost: 0, why: "a name", corrected: None }
    }

    pub fn otherwise(cost: i32, why: &'static str) -> Self {
        Self { cost, why, corrected: None }
    }
}

impl<'q> Question<'q> {
    /// The next 1 … n words; a hyphen or a full stop may stand between words.
    fn runs(&self, at: usize, words_max: usize) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut spellings: Vec<String> = Vec::new();
        let mut i = at;
        while runs.len() < words_max {
            match self.tokens.get(i) {
                Some(token) if token.kind == Kind::Word => {
                    let joined = i > at && self.touches(i - 1) && self.is_word(i - 1);
                    spellings = spelled(&spellings, [&token.folded, &token.whole], joined);
                    runs.push(Run { tokens: i + 1 - at, spellings: spellings.clone() });
                    // "Rachel's green dress" is no Rachel Green.
                    if token.whole != token.folded {
                        spellings.retain(|spelling| spelling.ends_with(&token.whole));
                    }
                }
                Some(token)
                    if matches!(token.kind, Kind::Mark('-' | '–' | '.' | '&' | '/'))
                        && i > at
                        && i + 1 < self.tokens.len() => {}
                _ => break,
            }
            i += 1;
        }
        self.work.names(runs.len());
        runs
    }

    /// The longest run of words that is exactly a name.
    pub fn find_exact(&self, at: usize) -> Option<(usize, &'q [Name])> {
        let names = self.lexicon.names();
        self.runs(at, NAME_WORDS_MAX).iter().rev().find_map(|run| {
            let found = run.spellings.iter().map(|key| names.named(key)).find(|found| !found.is_empty())?;
            Some((run.tokens, found))
        })
    }

    /// All names at a token. `typos` counts the comparisons with all names so far.
    pub fn names(&self, at: usize, typos: &mut usize) -> Vec<Sense> {
        let names = self.lexicon.names();
        let runs = self.runs(at, NAME_WORDS_MAX);
        let mut senses = Vec::new();
        for run in &runs {
            for key in &run.spellings {
                self.weigh(at, run.tokens, names.named(key), &Written::exactly(), &mut senses);
                let joined = key.replace(' ', "");
                let apart: Vec<Name> = names.joined(&joined).filter(|_| joined == *key).cloned().collect();
                let together = Written::otherwise(JOINED, "a name, written together");
                self.weigh(at, run.tokens, &apart, &together, &mut senses);
                if joined != *key && run.tokens <= TYPO_WORDS_MAX + 1 && !self.all_frame(at, run.tokens) {
                    let apart = Written::otherwise(JOINED, "a name, written apart");
                    self.weigh(at, run.tokens, names.named(&joined), &apart, &mut senses);
                    let others: Vec<Name> = names.joined(&joined).cloned().collect();
                    self.weigh(at, run.tokens, &others, &apart, &mut senses);
                }
            }
        }
        // A title that is one word may be that word.
        let surely = |sense: &&Sense| sense.cost <= NAME + INFLECTED || sense.to > at + 1;
        let longest = senses.iter().filter(surely).map(|sense| sense.to - at).max().unwrap_or(0);
        let is_frame = self
            .phrases(at)
            .any(|found| !found.repaired && !found.role.is_plain() && found.role != Role::Manner);
        let further = runs.iter().take(TYPO_WORDS_MAX).filter(|run| run.tokens > longest);
        let further: Vec<&Run> = further.filter(|run| run.tokens > 1 || !is_frame).collect();
        self.reels(at, &runs, &mut senses);
        self.apposed(at, &mut senses);
        self.kind_before(at, &mut senses);
        self.played(at, &mut senses);
        self.related(at, &mut senses);
        self.deed_toward(at, &mut senses);
        self.marked(at, &mut senses);
        self.sequel(at, &mut senses);
        self.inflected(at, &further, &mut senses);
        self.translated(at, &further, &mut senses);
        let longer: Vec<&Run> = runs.iter().filter(|run| run.tokens > longest && run.tokens > 1).collect();
        self.part_of_place(at, &longer, &mut senses);
        if self.typing {
            self.begun(at, &further, &mut senses);
        }
        if senses.is_empty() && !is_frame {
            self.foreign_word(at, &mut senses);
        }
        if senses.is_empty() && !is_frame {
            self.mistyped(at, &further, typos, &mut senses);
            if senses.is_empty() {
                self.mistyped_verb(at, typos, &mut senses);
            }
        }
        // "benny colle": a name of more words, of which the last is mistyped.
        let next = at + longest;
        let strange = longest > 0
            && self.is_word(next)
            && !self.is_said(next)
            && self.phrases(next).next().is_none()
            && self.exact(next).is_none();
        if strange {
            let longer: Vec<&Run> = further.iter().copied().filter(|run| run.tokens == longest + 1).collect();
            self.mistyped(at, &longer, typos, &mut senses);
        }
        senses
    }

    fn all_frame(&self, at: usize, len: usize) -> bool {
        (at..at + len).all(|i| self.languages.knows(&self.tokens[i].folded))
    }

    /// The senses of names that the same words stand for.
    pub(crate) fn weigh(
        &self,
        at: usize,
        len: usize,
        names: &[Name],
        written: &Written,
        senses: &mut Vec<Sense>,
    ) {
        let mut particles = Vec::new();
        let mut add = |what: ItemKind, cost: i32, why, also| {
            let known = |sense: &Sense| sense.to == at + len && sense.what == what;
            if !senses.iter().any(known) {
                let mut sense = Sense::new(at, len, what, cost + written.cost, why);
                (sense.corrected, sense.also) = (written.corrected.clone(), also);
                senses.push(sense);
            }
        };
        if let Some((kind, label, members)) = group(names) {
            add(ItemKind::Label { kind, label, members }, NAME - 1, "a name of a group", Vec::new());
        }
        let labels = names.iter().filter(|name| name.target.is_label()).take(NAMESAKES_MAX);
        // "Rose with a rose": of namesakes the one that is written so.
        let inflected = written.cost == INFLECTED;
        let several = labels.clone().count() > 1
            && (inflected || labels.clone().any(|n| self.text_of(at, len) == n.written));
        for (rank, name) in (0..).zip(labels) {
            let Target::Label { kind, label } = &name.target else { continue };
            let (more, why) = self.doubts(at, len, name, kind);
            let what = ItemKind::Label { kind: kind.clone(), label: label.clone(), members: Vec::new() };
            let is_person = kind == known_types::CHARACTER;
            // Where nothing has a capital, a thing stands behind an article, and is told in brackets.
            let article = at.checked_sub(1).is_some_and(|i| self.is_any(i, &[Role::One, Role::Every]));
            let is_other = match self.has_capital {
                true => self.text_of(at, len) != name.written,
                false => is_person && (article || inflected || self.mark(at + len) == Some('(')),
            };
            let more = more + if several && is_other { OTHER_CASE } else { 0 };
            let why = if more == 0 { written.why } else { why };
            add(what.clone(), NAME + further(len) + more + 5 * rank, why, others(names, name));
            if let Some(particle) = self.particle(at + len, kind).or_else(|| self.kind_at(at + len, kind)) {
                let mut sense = Sense::new(
                    at,
                    len + particle,
                    what,
                    NAME + further(len + particle) + more + 5 * rank + written.cost,
                    why,
                );
                (sense.corrected, sense.also) = (written.corrected.clone(), others(names, name));
                particles.push(sense);
            }
        }
        if let Some(title) = self.title_of(names) {
            let (cost, why) = self.title_cost(at, len);
            // "Landfall S02E01" is a series and an episode, though the asset may be called so.
            let coded = matches!(self.scope(at + len - 1), Some((1, ItemKind::Scope(ScopePart::Codes(_)))));
            let cost = cost + if coded && len > 1 { 2 * NAME } else { 0 };
            add(ItemKind::Scope(title), cost, why, Vec::new());
        }
        senses.extend(particles);
    }

    /// "down" behind "sits", where somebody's doing has a label.
    fn particle(&self, at: usize, kind: &str) -> Option<usize> {
        let named = [known_types::CHARACTER, known_types::SCENE, known_types::OBJECT].contains(&kind);
        self.is(at, Role::Particle).filter(|_| !named)
    }

    /// What speaks against a label: words that usually frame, and two names that are joined.
    fn doubts(&self, at: usize, len: usize, name: &Name, kind: &str) -> (i32, &'static str) {
        if self.is_mention(at) {
            return (MENTION - NAME, "marked as a name");
        }
        let capital = self.is_capital(at) && self.has_case;
        let inside = at > 0 && !matches!(self.mark(at - 1), Some('.' | '?' | '!'));
        // A number that counts something is a longer sense by itself.
        let frames = |found: Found| {
            let counts = matches!(found.role, Role::Number(_)) || found.role.is_plain();
            let does = matches!(found.role, Role::Manner | Role::Idiom) && kind != known_types::CHARACTER;
            found.len == len && !found.repaired && !counts && !does
        };
        if self.phrases(at).any(frames) {
            let next = at + len;
            if self.tokens.get(next - 1).is_some_and(|last| last.whole != last.folded) {
                return (-26, "a name that usually frames, and owns something");
            }
            if self.tokens.len() == len {
                return (-22, "the whole question is a name that usually frames");
            }
            if self.is_any(next, &[Role::Say, Role::About]) || self.mark(next) == Some(':') {
                return (-22, "a name that usually frames, before what is said");
            }
            if self.is_modal_name(at, len) || self.counts_nothing(at, len) {
                return (-24, "a name that usually frames, where no verb or number can be");
            }
            if self.stands_between_marks(at, next) {
                return (-32, "a name that usually frames, by itself between marks");
            }
            if capital && inside {
                return (-26, "a name that usually frames, with a capital");
            }
            if capital && self.text_of(at, len) == name.written && self.stands_as_name(next) {
                return (-24, "a name that usually frames, written as the name");
            }
            return (70, "a name, but its word usually frames");
        }
        let rare = name.count.saturating_mul(20) < self.lexicon.names().most(kind);
        let counted = at.checked_sub(1).is_some_and(|i| self.is(i, Role::One) == Some(1));
        if kind == known_types::CHARACTER && rare && counted && !(capital && inside) {
            return (50, "a rare name after an article: more likely the word");
        }
        if kind == known_types::CHARACTER && self.is_common_noun(at, len, name) {
            return (50, "a part of a name behind an article: more likely the word");
        }
        if self.is_joint(at, len, kind) {
            return (70, "a name of two that are names themselves");
        }
        (0, "a name")
    }

    /// Does what follows a word at the beginning tell that the word is a name: "May with …", but not "May I …"?
    fn stands_as_name(&self, next: usize) -> bool {
        if next >= self.tokens.len() || !self.is_word(next) || self.is_any(next, ENDS) {
            return true;
        }
        self.is_counted(next) || (self.phrases(next).next().is_none() && self.exact(next).is_none())
    }

    fn text_of(&self, at: usize, len: usize) -> &str {
        self.slice(at, at + len).unwrap_or_default()
    }

    /// Is the next name that of a group?
    pub fn is_group(&self, at: usize) -> bool {
        self.exact(self.skip_frames(at))
            .or_else(|| self.exact(at))
            .is_some_and(|(_, names)| group(names).is_some())
    }

    /// Is a name marked as one, `@Mara`?
    pub fn is_mention(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|i| self.mark(i) == Some('@') && self.touches(i))
    }

    /// "Monica and Rachel", where both are labels of the same type.
    pub fn is_joint(&self, at: usize, len: usize, kind: &str) -> bool {
        let labelled = |from: usize, to: usize| {
            let runs = if from < to { self.runs(from, NAME_WORDS_MAX) } else { Vec::new() };
            runs.iter().filter(|run| run.tokens == to - from).flat_map(|run| &run.spellings).any(|key| {
                let of_kind = |n: &Name| matches!(&n.target, Target::Label { kind: own, .. } if own == kind);
                self.lexicon.names().named(key).iter().any(of_kind)
            })
        };
        (at + 1..at + len).any(|i| {
            self.is(i, Role::And)
                .is_some_and(|and| labelled(at, i) && i + and < at + len && labelled(i + and, at + len))
        })
    }

    /// A title in quotes.
    pub fn quoted_title(&self, said: &str) -> Option<ScopePart> {
        let key: Vec<String> = tokens(said, |_| false).into_iter().map(|t| t.whole).collect();
        self.title_of(self.lexicon.names().named(&key.join(" ")))
    }
}

pub(crate) fn further(len: usize) -> i32 {
    FURTHER * i32::try_from(len.saturating_sub(1)).unwrap_or(0)
}

/// The spellings so far with a further word: each of its spellings, apart and, after an elision, joined.
fn spelled(so_far: &[String], word: [&String; 2], joined: bool) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut add = |spelling: String| {
        if out.len() < SPELLINGS_MAX && !out.contains(&spelling) {
            out.push(spelling);
        }
    };
    for word in word {
        if so_far.is_empty() {
            add(word.clone());
        }
        for before in so_far {
            add(format!("{before} {word}"));
            if joined {
                add(format!("{before}{word}"));
            }
        }
    }
    out
}

/// An alias of several labels of one type, none of which is called so itself, is the name of a group.
fn group(names: &[Name]) -> Option<(String, String, Vec<String>)> {
    let mut labels = names.iter().filter_map(|name| match &name.target {
        Target::Label { kind, label } => Some((kind, label, &name.written)),
        _ => None,
    });
    let (kind, first, written) = labels.next()?;
    let mut members = vec![first.clone()];
    for (own, label, _) in labels {
        if own != kind {
            return None;
        }
        members.push(label.clone());
    }
    (members.len() > 1 && !members.contains(written)).then(|| (kind.clone(), written.clone(), members))
}

/// What else the words of a name stand for.
fn others(names: &[Name], chosen: &Name) -> Vec<String> {
    let others = names.iter().filter(|n| n.target != chosen.target);
    let label = |n: &Name| match &n.target {
        Target::Label { kind, label } => Some(format!("{label} ({kind})")),
        _ => None,
    };
    others.filter_map(label).collect()
}
