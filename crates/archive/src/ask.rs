//! Free words to clauses, in a first and honest form: quotes are dialogue, known names are labels, what is left
//! are words to look for. The plan that comes out is in the answer, to be seen and mended.

use rushes_index::IndexReader;
use rushes_plan::{Filter, Mode, Plan, PlanClause, Warning};
use rushes_query::Access;
use rushes_query::scope::visible_assets;
use rushes_text::{normalise_label, tokenise};
use rushes_types::limits::QUERY_BYTES_MAX;
use rushes_types::{Error, ErrorKind, Result, known_types};

use crate::search::LabelTable;

/// Longest name that is looked for, in words.
const NAME_WORDS_MAX: usize = 6;
/// Labels that are looked at for one name.
const LABELS_MAX: usize = 20;
/// Words that frame a question and name nothing.
const FRAME_WORDS: [&str; 24] = [
    "a", "an", "and", "as", "at", "by", "find", "for", "from", "in", "is", "me", "of", "on", "or", "saying",
    "says", "scene", "show", "the", "to", "where", "while", "with",
];

/// A plan made of words.
pub(crate) struct Asked {
    /// The plan.
    pub plan: Plan,
    /// What was not understood.
    pub warnings: Vec<Warning>,
}

/// Adds the clauses that the words name to a plan: to `any` in union mode, else to `all`.
pub(crate) fn plan_of(
    words: &str,
    plan: &Plan,
    reader: &dyn IndexReader,
    labels: &LabelTable,
    access: &Access,
) -> Result<Asked> {
    if words.len() > QUERY_BYTES_MAX {
        let message = format!("the question has {} bytes; at most {QUERY_BYTES_MAX} are taken", words.len());
        return Err(Error::new(ErrorKind::TooLarge, message).at("/q"));
    }
    let filter = Filter { assets: visible_assets(reader, access), ..Filter::default() };
    let (phrases, rest) = quoted(words);
    let mut clauses: Vec<PlanClause> = phrases.into_iter().map(dialogue).collect();
    let mut left = Vec::new();
    let tokens = tokenise(&rest);
    let mut at = 0;
    while at < tokens.len() {
        let longest = (tokens.len() - at).min(NAME_WORDS_MAX);
        let mut found = None;
        for n in (1..=longest).rev() {
            let name = rest.get(tokens[at].start..tokens[at + n - 1].end).unwrap_or_default();
            if let Some(clause) = named(name, reader, labels, &filter)? {
                found = Some((n, clause));
                break;
            }
        }
        match found {
            Some((n, clause)) => {
                clauses.push(clause);
                at += n;
            }
            None => {
                let word = &tokens[at];
                if !FRAME_WORDS.contains(&word.folded.as_str()) {
                    left.push(rest.get(word.start..word.end).unwrap_or_default().to_owned());
                }
                at += 1;
            }
        }
    }
    if !left.is_empty() {
        clauses.push(PlanClause { text: Some(left.join(" ")), ..PlanClause::default() });
    }
    let mut warnings = Vec::new();
    if clauses.is_empty() {
        let message = "the question names nothing to look for; name a person, a place or words that are said";
        if plan.all.is_empty() && plan.any.is_empty() && plan.then.is_empty() {
            return Err(Error::invalid(message).at("/q"));
        }
        warnings.push(Warning::new("not_understood", "/q", message));
    }
    let mut plan = plan.clone();
    let group = if plan.mode == Mode::Union { &mut plan.any } else { &mut plan.all };
    group.extend(clauses);
    Ok(Asked { plan, warnings })
}

/// The quoted parts, and the rest with the quotes cut out.
fn quoted(words: &str) -> (Vec<String>, String) {
    let mut phrases = Vec::new();
    let mut rest = String::new();
    let is_quote = |c: char| matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}');
    for (n, part) in words.split(is_quote).enumerate() {
        if n % 2 == 0 {
            rest.push_str(part);
            rest.push(' ');
        } else if !tokenise(part).is_empty() {
            phrases.push(part.trim().to_owned());
        }
    }
    (phrases, rest)
}

fn dialogue(phrase: String) -> PlanClause {
    PlanClause { kind: Some(known_types::DIALOGUE.to_owned()), phrase: Some(phrase), ..PlanClause::default() }
}

/// A label clause, where the name is a whole label or an alias of one. Of several types the most frequent counts.
fn named(
    name: &str,
    reader: &dyn IndexReader,
    labels: &LabelTable,
    filter: &Filter,
) -> Result<Option<PlanClause>> {
    let label_clause = |kind: &str| PlanClause {
        kind: Some(kind.to_owned()),
        label: Some(name.to_owned()),
        ..PlanClause::default()
    };
    let wanted = normalise_label(name);
    let suggestions = reader.suggest(name, filter, LABELS_MAX)?;
    let whole = suggestions
        .iter()
        .filter(|s| s.kind.as_str() != known_types::DIALOGUE && normalise_label(&s.text) == wanted)
        .max_by_key(|s| s.count);
    if let Some(label) = whole {
        return Ok(Some(label_clause(label.kind.as_str())));
    }
    Ok(labels.named(name).next().map(|entry| label_clause(entry.kind.as_str())))
}
