//! What a sentence says to do with the plan before it.

use crate::facet::Facet;
use crate::pattern::{PATTERN_WORDS_MAX, Slot};
use crate::sentence::Sentence;
use crate::words::{Act, Words};

/// How often a sentence is read within another: "the same, but without her".
const NESTING_MAX: usize = 3;

/// What a part of a sentence does, with the words that it does it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cue<'s> {
    pub act: Act,
    /// What comes in.
    pub new: Option<&'s str>,
    /// What was there.
    pub old: Option<&'s str>,
    /// A place among the moments that were shown, or a number; -1 for the last.
    pub number: Option<i64>,
    pub facet: Option<Facet>,
    /// The words that say so.
    pub says: &'s str,
}

/// What a sentence does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said<'s> {
    /// It commands, one thing after another.
    Cues(Vec<Cue<'s>>),
    /// It names what is looked for; `goes_on`: with a word that goes on from what was asked.
    Plain { text: &'s str, goes_on: Option<&'s str> },
}

/// Reads a sentence.
pub(crate) fn said<'s>(sentence: &Sentence<'s>, words: &Words) -> Said<'s> {
    let (from, to) = bare(sentence, words, 0, sentence.len());
    if to - from > PATTERN_WORDS_MAX {
        return plain(sentence, words, from, to);
    }
    if let Some(cue) = cue(sentence, words, from, to, NESTING_MAX) {
        return Said::Cues(split(sentence, words, cue));
    }
    // "and now only season 2"
    let lead = sentence.longest(from, to, &words.continuing);
    if let Some(lead) = lead.filter(|lead| from + lead < to)
        && let Some(cue) = cue(sentence, words, from + lead, to, NESTING_MAX)
        // "less than 6" is no six moments.
        && cue.act != Act::Number
    {
        return Said::Cues(split(sentence, words, cue));
    }
    match parts(sentence, words).or_else(|| joined(sentence, words)) {
        Some(cues) => Said::Cues(cues),
        None => plain(sentence, words, from, to),
    }
}

fn plain<'s>(sentence: &Sentence<'s>, words: &Words, from: usize, to: usize) -> Said<'s> {
    let lead = sentence.longest(from, to, &words.continuing);
    Said::Plain {
        text: sentence.slice(from, to),
        goes_on: lead.map(|lead| sentence.slice(from, from + lead)),
    }
}

/// The places without the words around them that change nothing.
fn bare(sentence: &Sentence<'_>, words: &Words, mut from: usize, mut to: usize) -> (usize, usize) {
    while let Some(length) = sentence.longest(from, to, &words.leading).filter(|length| from + length < to) {
        from += length;
    }
    loop {
        let ends = |row: &&Vec<String>| row.len() < to - from && sentence.is_row(to - row.len(), to, row);
        match words.trailing.iter().filter(ends).map(Vec::len).max() {
            Some(length) => to -= length,
            None => return (from, to),
        }
    }
}

fn cue<'s>(
    sentence: &Sentence<'s>,
    words: &Words,
    from: usize,
    to: usize,
    nesting: usize,
) -> Option<Cue<'s>> {
    if from >= to {
        return None;
    }
    let says = sentence.slice(from, to);
    let empty = Cue { act: Act::Widen, new: None, old: None, number: None, facet: None, says };
    let (act, found) = match words.widens(sentence, from, to) {
        Some(facet) => return Some(Cue { facet: Some(facet), ..empty }),
        None => words.act(sentence, from, to)?,
    };
    let slot = |slot: Slot| found.slot(slot);
    if let (Act::Same | Act::About | Act::Meant | Act::Anew | Act::Only | Act::Swap, Some((start, end)), None) =
        (act, slot(Slot::New), slot(Slot::Old))
        && nesting > 0
        && (start, end) != (from, to)
    {
        let (start, end) = bare(sentence, words, start, end);
        let inner = cue(sentence, words, start, end, nesting - 1);
        if let Some(inner) = inner.filter(|inner| act != Act::Anew && inner.act != Act::Also) {
            return Some(inner);
        }
    }
    let text = |slot_of: Slot| slot(slot_of).map(|(start, end)| sentence.slice(start, end));
    let number = slot(Slot::Place).or(slot(Slot::Count)).and_then(|(at, _)| words.number(sentence, at));
    let facet = slot(Slot::Facet).and_then(|(start, end)| words.facet(sentence, start, end));
    Some(Cue { act, new: text(Slot::New), old: text(Slot::Old), number, facet, says })
}

/// "forget the kitchen, and only season 2": the commands that stand behind a comma, or "and", within what was found.
fn split<'s>(sentence: &Sentence<'s>, words: &Words, whole: Cue<'s>) -> Vec<Cue<'s>> {
    let has_anything = whole.new.is_some() || whole.old.is_some();
    if !has_anything {
        return vec![whole];
    }
    parts(sentence, words).or_else(|| joined(sentence, words)).unwrap_or_else(|| vec![whole])
}

/// Two commands that "and" joins: "forget the season and show shorter ones".
fn joined<'s>(sentence: &Sentence<'s>, words: &Words) -> Option<Vec<Cue<'s>>> {
    let (from, to) = bare(sentence, words, 0, sentence.len());
    (from + 1..to).find_map(|at| {
        let length = sentence.longest(at, to, &words.joining)?;
        let first = cue(sentence, words, from, at, NESTING_MAX)?;
        let second = cue(sentence, words, at + length, to, NESTING_MAX)?;
        let commands = !matches!(second.act, Act::Anew | Act::Either | Act::Also | Act::Swap | Act::Number);
        commands.then(|| vec![first, second])
    })
}

/// The parts of a sentence, where each of them commands.
fn parts<'s>(sentence: &Sentence<'s>, words: &Words) -> Option<Vec<Cue<'s>>> {
    let parts = sentence.parts();
    let (mut cues, mut idle) = (Vec::new(), false);
    for (from, to) in parts {
        let (mut from, to) = bare(sentence, words, from, to);
        if from >= to {
            continue;
        }
        let one = cue(sentence, words, from, to, NESTING_MAX).or_else(|| {
            let lead = sentence.longest(from, to, &words.continuing).filter(|lead| from + lead < to)?;
            from += lead;
            cue(sentence, words, from, to, NESTING_MAX)
        });
        match one {
            // "not the first one, the rest is good"
            Some(cue) if cue.act == Act::Idle => idle = true,
            Some(cue) => cues.push(cue),
            // "too tight, medium": what stands behind a command that needs no words of its own comes beside.
            None if cues.last().is_some_and(|cue: &Cue<'_>| cue.new.is_none() && cue.act != Act::Anew) => {
                let says = sentence.slice(from, to);
                let (new, number, facet) = (Some(says), None, None);
                cues.push(Cue { act: Act::Beside, new, old: None, number, facet, says });
            }
            None => return None,
        }
    }
    // One thing that was found before in all of it is no list.
    let several = cues.len() > 1 || (idle && !cues.is_empty());
    (several && cues.iter().all(|cue| !matches!(cue.act, Act::Anew | Act::Either))).then_some(cues)
}
