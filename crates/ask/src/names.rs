//! Senses that are names: of people, places, things and titles; written together or apart, in another number or case,
//! mistyped or unfinished too.

use rushes_plan::{NAME_WORDS_MAX, Name, Target};
use rushes_text::{Forms, Language};
use rushes_types::known_types;

use crate::item::{Corrected, ItemKind, ScopePart};
use crate::languages::{Found, Role};
use crate::question::Question;
use crate::sense::{BEGUN, FURTHER, INFLECTED, JOINED, MENTION, MISTYPED, NAME, Sense};
use crate::token::{Kind, tokens};

/// Most words of a question that are checked against all names for typing mistakes.
const TYPOS_MAX: usize = 48;
/// Fewer letters make no mistyped name.
const TYPO_CHARS_MIN: usize = 4;
/// Words of a name that may be mistyped.
const TYPO_WORDS_MAX: usize = 3;
/// Fewer letters are the beginning of too many names.
const BEGUN_CHARS_MIN: usize = 3;
/// Names of the same words that are weighed.
const NAMESAKES_MAX: usize = 5;
/// Spellings of the same words that are looked up: with and without the "'s", together and apart.
const SPELLINGS_MAX: usize = 4;

/// What follows a name that stands by itself.
const ENDS: &[Role] =
    &[Role::Place, Role::And, Role::Or, Role::Not, Role::Then, Role::Before, Role::After, Role::While];

/// Words in a row with the spellings they are looked up by.
struct Run {
    tokens: usize,
    spellings: Vec<String>,
}

/// How the words of a name differ from the name.
#[derive(Clone)]
struct Written {
    cost: i32,
    why: &'static str,
    corrected: Option<Corrected>,
}

impl Written {
    fn exactly() -> Self {
        Self { cost: 0, why: "a name", corrected: None }
    }

    fn otherwise(cost: i32, why: &'static str) -> Self {
        Self { cost, why, corrected: None }
    }
}

impl Question<'_> {
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
                }
                Some(token)
                    if matches!(token.kind, Kind::Mark('-' | '–' | '.' | '&' | '/'))
                        && i > at
                        && i + 1 < self.tokens.len() => {}
                _ => break,
            }
            i += 1;
        }
        runs
    }

    /// The longest run of words that is exactly a name.
    pub fn exact(&self, at: usize) -> Option<(usize, &[Name])> {
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
        let longest = senses.iter().map(|sense| sense.to - at).max().unwrap_or(0);
        let is_frame = self.phrases(at).any(|found| !found.repaired);
        let further = runs.iter().take(TYPO_WORDS_MAX).filter(|run| run.tokens > longest);
        let further: Vec<&Run> = further.filter(|run| run.tokens > 1 || !is_frame).collect();
        self.inflected(at, &further, &mut senses);
        self.begun(at, &further, &mut senses);
        if senses.is_empty() && !is_frame {
            self.mistyped(at, &further, typos, &mut senses);
        }
        senses
    }

    fn all_frame(&self, at: usize, len: usize) -> bool {
        (at..at + len).all(|i| self.languages.knows(&self.tokens[i].folded))
    }

    /// The senses of names that the same words stand for.
    fn weigh(&self, at: usize, len: usize, names: &[Name], written: &Written, senses: &mut Vec<Sense>) {
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
        for (rank, name) in (0..).zip(labels) {
            let Target::Label { kind, label } = &name.target else { continue };
            let (more, why) = self.doubts(at, len, name, kind);
            let what = ItemKind::Label { kind: kind.clone(), label: label.clone(), members: Vec::new() };
            let why = if more == 0 { written.why } else { why };
            add(what, NAME + further(len) + more + 5 * rank, why, others(names, name));
        }
        let title =
            names.iter().filter(|name| !name.target.is_label()).min_by(|a, b| a.target.cmp(&b.target));
        if let Some(name) = title {
            let (cost, why) = self.title_cost(at, len);
            add(ItemKind::Scope(ScopePart::Title(name.target.clone())), cost, why, Vec::new());
        }
    }

    /// What speaks against a label: words that usually frame, and two names that are joined.
    fn doubts(&self, at: usize, len: usize, name: &Name, kind: &str) -> (i32, &'static str) {
        if self.is_mention(at) {
            return (MENTION - NAME, "marked as a name");
        }
        let capital = self.is_capital(at) && self.has_case;
        let inside = at > 0 && !matches!(self.mark(at - 1), Some('.' | '?' | '!'));
        // A number that counts something is a longer sense by itself.
        let frames =
            |found: Found| found.len == len && !found.repaired && !matches!(found.role, Role::Number(_));
        if self.phrases(at).any(frames) {
            let next = at + len;
            if self.tokens.len() == len {
                return (-22, "the whole question is a name that usually frames");
            }
            if self.is_any(next, &[Role::Say, Role::About]) || self.mark(next) == Some(':') {
                return (-22, "a name that usually frames, before what is said");
            }
            if capital && inside {
                return (-10, "a name that usually frames, with a capital");
            }
            let ends = next == self.tokens.len() || self.is_any(next, ENDS);
            if capital && ends && self.text_of(at, len) == name.written {
                return (-24, "a name that usually frames, written as the name");
            }
            return (70, "a name, but its word usually frames");
        }
        let rare = name.count.saturating_mul(20) < self.lexicon.names().most(kind);
        let counted = at.checked_sub(1).is_some_and(|i| self.is(i, Role::One) == Some(1));
        if kind == known_types::CHARACTER && rare && counted && !(capital && inside) {
            return (50, "a rare name after an article: more likely the word");
        }
        if self.is_joint(at, len, kind) {
            return (70, "a name of two that are names themselves");
        }
        (0, "a name")
    }

    fn text_of(&self, at: usize, len: usize) -> &str {
        self.slice(at, at + len).unwrap_or_default()
    }

    /// Is a name marked as one, `@Mara`?
    fn is_mention(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|i| self.mark(i) == Some('@') && self.touches(i))
    }

    /// "Monica and Rachel", where both are labels of the same type.
    fn is_joint(&self, at: usize, len: usize, kind: &str) -> bool {
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

    /// A title of several words is a name; of one word it takes a place, a noun or a capital before it is likelier
    /// than the word.
    fn title_cost(&self, at: usize, len: usize) -> (i32, &'static str) {
        if self.is_mention(at) {
            return (MENTION, "marked as a name");
        }
        if len > 1 {
            return (NAME + further(len), "a title");
        }
        let number = self.tokens[at].folded.bytes().all(|b| b.is_ascii_digit());
        let capital = self.is_capital(at) && self.has_case;
        let frames = self.phrases(at).any(|found| found.len == len && !found.repaired);
        let cost = match (number || capital, frames, self.is_said(at)) {
            _ if self.tokens.len() == 1 => NAME,
            (true, true, _) => 55,
            (true, false, said) => 60 + 35 * i32::from(said && !number),
            (false, true, _) => 122,
            (false, false, said) => 85 + 40 * i32::from(said),
        };
        (cost, "a title of one word")
    }

    /// A title in quotes.
    pub fn quoted_title(&self, said: &str) -> Option<ScopePart> {
        let key: Vec<String> = tokens(said, |_| false).into_iter().map(|t| t.whole).collect();
        let titles = self.lexicon.names().named(&key.join(" ")).iter().filter(|n| !n.target.is_label());
        titles.map(|n| &n.target).min().map(|target| ScopePart::Title(target.clone()))
    }

    /// Names in another number or case: "lanterns", "gansos".
    fn inflected(&self, at: usize, runs: &[&Run], senses: &mut Vec<Sense>) {
        let names = self.lexicon.names();
        for run in runs {
            let Some(key) = run.spellings.first() else { continue };
            let (head, last) = key.rsplit_once(' ').map_or(("", key.as_str()), |(head, last)| (head, last));
            if last.chars().count() < 3 {
                continue;
            }
            let mut plain: Vec<String> = ["s", "es", "n", "en", "e", "x"]
                .iter()
                .filter_map(|end| last.strip_suffix(end))
                .map(str::to_owned)
                .collect();
            plain.push(format!("{last}s"));
            let (mut forms, mut tried) = (Forms::new(), Vec::new());
            for language in [self.language, Language::En] {
                self.analyzer.forms(last, last, language, &mut forms);
                tried.extend(forms.iter().map(str::to_owned));
            }
            tried.extend(plain.iter().cloned());
            for form in tried {
                let of_people = plain.contains(&form);
                let key = if head.is_empty() { form } else { format!("{head} {form}") };
                // People have no other forms: "frankly" is not Frank.
                let fits = |n: &&Name| match &n.target {
                    Target::Label { kind, .. } => of_people || kind != known_types::CHARACTER,
                    _ => false,
                };
                let labels: Vec<Name> = names.named(&key).iter().filter(fits).cloned().collect();
                let written = Written::otherwise(INFLECTED, "a name in another form");
                self.weigh(at, run.tokens, &labels, &written, senses);
            }
        }
    }

    /// The last word, while it is being typed, is the beginning of a name.
    fn begun(&self, at: usize, runs: &[&Run], senses: &mut Vec<Sense>) {
        let last = self.tokens.len().saturating_sub(1);
        if self.tokens.last().is_none_or(|token| token.end != self.text.len() || token.kind != Kind::Word) {
            return;
        }
        for run in runs.iter().filter(|run| at + run.tokens == last + 1) {
            let Some(key) = run.spellings.first() else { continue };
            let letters = self.tokens[last].folded.chars().count();
            if letters < BEGUN_CHARS_MIN || self.tokens[last].folded.bytes().all(|b| b.is_ascii_digit()) {
                continue;
            }
            let begun = self.lexicon.names().labels_beginning(key, NAMESAKES_MAX);
            let doubt = 20 * i32::from(self.is_said(last)) + 8 * i32::from(letters == BEGUN_CHARS_MIN);
            for name in begun {
                let corrected = Some(Corrected::Begun(name.written.clone()));
                let written = Written { cost: BEGUN + doubt, why: "the beginning of a name", corrected };
                self.weigh(at, run.tokens, std::slice::from_ref(name), &written, senses);
            }
        }
    }

    /// Names with typing mistakes. Words that the archive knows are not mistyped.
    fn mistyped(&self, at: usize, runs: &[&Run], typos: &mut usize, senses: &mut Vec<Sense>) {
        if self.is_said(at) && self.tokens.len() > 1 && !self.starts_name(at) {
            return;
        }
        for run in runs.iter().rev() {
            let Some(key) = run.spellings.first() else { continue };
            let words = key.split(' ').count();
            if key.chars().count() < TYPO_CHARS_MIN || *typos >= TYPOS_MAX {
                continue;
            }
            if words == 1 && self.is_said(at) {
                continue;
            }
            *typos += 1;
            let near = self.lexicon.names().near(words, key);
            let corrected = near.first().map(|name| Corrected::Typed(name.written.clone()));
            let written = Written { cost: MISTYPED, why: "a mistyped name", corrected };
            self.weigh(at, run.tokens, near, &written, senses);
        }
    }

    /// Is the word the first of a longer name, mistyped further on?
    fn starts_name(&self, at: usize) -> bool {
        self.tokens.get(at + 1).is_some_and(|t| t.kind == Kind::Word && !self.languages.knows(&t.folded))
    }
}

fn further(len: usize) -> i32 {
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
