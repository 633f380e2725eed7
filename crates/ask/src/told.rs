//! What the asker is told: what each part of the question became, what was corrected, and what was not used.

use rushes_plan::{Reading, ReadingKind, ReadingSpan, Warning};

use crate::choose::Candidate;
use crate::item::{Corrected, Item, ItemKind};
use crate::prepare::preparation;
use crate::question::Question;
use crate::short;

/// How a question was read.
pub(crate) fn reading(question: &Question<'_>, read: &Candidate) -> Reading {
    let spans: Vec<ReadingSpan> =
        read.items.iter().enumerate().map(|(at, item)| span(question, at, item, read)).collect();
    let preparation = preparation(&read.planned.plan, &spans, question.lexicon);
    let language = question.languages.tag(question.spoken).to_owned();
    Reading { language, spans, alternative: None, preparation }
}

fn span(question: &Question<'_>, at: usize, item: &Item, read: &Candidate) -> ReadingSpan {
    let pointer = read.planned.pointers.get(&at).cloned();
    let is_unknown = read.built.unused.contains(&at) || read.planned.unknown.iter().any(|(i, _)| *i == at);
    let kind = if is_unknown {
        ReadingKind::Unknown
    } else if pointer.as_deref() == Some("/all/0") && item.kind == ItemKind::Frame {
        ReadingKind::Dialogue
    } else {
        kind_of(&item.kind)
    };
    let text = words(question, item).to_owned();
    let meaning = match (kind, &read.instead) {
        (ReadingKind::Dialogue, Some(_)) => format!("“{}” is said", question.text.trim()),
        _ => short::meaning(&item.kind, pointer.as_deref(), read.by_meaning, &text),
    };
    let corrected = item.corrected.as_ref().map(|corrected| corrected.text().to_owned());
    let also = item.also.clone();
    ReadingSpan { start: item.start, end: item.end, text, kind, pointer, meaning, corrected, also }
}

fn words<'q>(question: &Question<'q>, item: &Item) -> &'q str {
    question.text.get(item.start..item.end).unwrap_or_default()
}

/// What the asker should know: what was corrected, and what was not used.
pub(crate) fn notes(question: &Question<'_>, read: &Candidate) -> Vec<Warning> {
    let mut notes = Vec::new();
    let mut note = |code, message| notes.push(Warning::new(code, "/q", message));
    for (at, item) in read.items.iter().enumerate() {
        let words = words(question, item);
        match &item.corrected {
            Some(Corrected::Typed(meant)) => note(
                "corrected",
                format!("`{words}` was taken for `{meant}`; write it in quotes to look for it as said"),
            ),
            Some(Corrected::Begun(meant)) => {
                note("corrected", format!("`{words}` was taken for the beginning of `{meant}`"));
            }
            None => {}
        }
        if let (false, ItemKind::Label { label, kind, .. }) = (item.also.is_empty(), &item.kind) {
            note(
                "ambiguous",
                format!("`{label}` is taken as {kind}; it also names {}", item.also.join(", ")),
            );
        }
        if item.kind == ItemKind::Idle {
            note("left_out", format!("`{words}` was left out: it names nothing that is seen or said"));
        }
        if let Some((_, why)) = read.planned.unknown.iter().find(|(i, _)| *i == at) {
            note("not_understood", format!("`{words}` was left out: {why}"));
        }
        if read.built.unused.contains(&at) {
            let why = match &item.kind {
                ItemKind::Inexpressible(why) => why,
                ItemKind::Or => "a step takes one list of alternatives; ask for the other one by itself",
                _ => "nothing stands there that it could belong to",
            };
            note("not_understood", format!("`{words}` was left out: {why}"));
        }
    }
    if let Some(why) = &read.instead {
        note("nothing_named", why.clone());
    }
    notes
}

/// What an item is, for the reading.
fn kind_of(what: &ItemKind) -> ReadingKind {
    match what {
        ItemKind::Phrase(_)
        | ItemKind::Spoken(_)
        | ItemKind::AboutBehind
        | ItemKind::Line(_)
        | ItemKind::About(_)
        | ItemKind::Dialogue => ReadingKind::Dialogue,
        ItemKind::Label { .. } | ItemKind::Kind(_) => ReadingKind::Label,
        ItemKind::Word => ReadingKind::Meaning,
        ItemKind::Frame | ItemKind::Idle | ItemKind::Comma | ItemKind::And | ItemKind::But => {
            ReadingKind::Frame
        }
        ItemKind::Or
        | ItemKind::Not
        | ItemKind::NotBehind
        | ItemKind::Only
        | ItemKind::Silence
        | ItemKind::Nobody => ReadingKind::Connective,
        ItemKind::Then | ItemKind::Before | ItemKind::After => ReadingKind::Sequence,
        ItemKind::Within(_) | ItemKind::WithinEach(_) => ReadingKind::Sequence,
        ItemKind::Scope(_) | ItemKind::Window(_) => ReadingKind::Scope,
        ItemKind::Group(_) | ItemKind::Top(..) | ItemKind::Rank(_) | ItemKind::Limit(_) => ReadingKind::Top,
        ItemKind::Near(_) | ItemKind::NearBehind(_) | ItemKind::Duration(_) | ItemKind::Confidence(_) => {
            ReadingKind::Test
        }
        ItemKind::Union | ItemKind::Apart => ReadingKind::Mode,
        ItemKind::Inexpressible(_) => ReadingKind::Unknown,
    }
}
