//! A plan in the short notation of question sets: `C"Mara" P"galley" -C"Otto" > D"geese first" @s1 #top=3`.

use rushes_plan::time::{Instant, seconds_of_ns};
use rushes_plan::{
    Ask, Bounds, ClauseRef, Mode, Plan, PlanClause, Predicate, RankBy, Scope, Stretch, Top, VectorSource,
    Window,
};
use rushes_types::known_types;

use crate::item::ItemKind;

/// A plan in short, its parts in a fixed order, so that plans that ask the same read the same.
#[must_use]
pub fn in_short(plan: &Plan) -> String {
    let union = plan.mode == Mode::Union;
    let mut parts = vec![group(&plan.all, &plan.any, &plan.none)];
    for step in &plan.then {
        let within = step.within.map_or_else(String::new, |w| seconds_of_ns(w.0).to_string());
        parts.push(format!(">{within}"));
        parts.push(group(&step.all, &step.any, &step.none));
    }
    let mut rest = Vec::new();
    scope(&plan.scope, "@", &mut rest);
    if let Some(exclude) = &plan.scope.exclude {
        scope(exclude, "@!", &mut rest);
    }
    if union {
        rest.push("#mode=union".to_owned());
    }
    if plan.min_confidence > 0.0 {
        rest.push(format!("#conf={}", plan.min_confidence));
    }
    for predicate in &plan.predicates {
        rest.push(match predicate {
            Predicate::Duration(bounds) => bounded(*bounds),
            Predicate::Coverage(_) => "#coverage".to_owned(),
            Predicate::OtherThan(Stretch { asset_id, start_ns, end_ns }) => {
                format!("#other={asset_id}:{}..{}", seconds_of_ns(*start_ns), seconds_of_ns(*end_ns))
            }
            Predicate::Near(near) => match &near.clause {
                ClauseRef::Own(own) => format!("#near<{}:{}", seconds_of_ns(near.within.0), clause(own)),
                ClauseRef::Pointer(pointer) => format!("#near<{}:{pointer}", seconds_of_ns(near.within.0)),
            },
        });
    }
    if !plan.group_by.is_empty() {
        let levels: Vec<String> = plan.group_by.iter().map(ToString::to_string).collect();
        rest.push(format!("#group={}", levels.join(",")));
    }
    match &plan.top {
        None => {}
        Some(Top::Moments(n)) => rest.push(format!("#top={n}")),
        Some(Top::Levels(levels)) => {
            let levels: Vec<String> =
                levels.iter().map(|n| n.map_or_else(|| "-".to_owned(), |n| n.to_string())).collect();
            rest.push(format!("#top={}", levels.join(",")));
        }
    }
    match &plan.rank_by {
        RankBy::Score => {}
        RankBy::Start => rest.push("#rank=start".to_owned()),
        RankBy::Latest => rest.push("#rank=latest".to_owned()),
        RankBy::Duration => rest.push("#rank=duration".to_owned()),
        RankBy::Shortest => rest.push("#rank=shortest".to_owned()),
        RankBy::Attribute { attribute, .. } => rest.push(format!("#rank={attribute}")),
    }
    rest.extend(plan.limit.map(|n| format!("#limit={n}")));
    rest.sort();
    parts.extend(rest);
    parts.retain(|p| !p.is_empty());
    parts.join(" ")
}

/// The same, of a plan in short that a person wrote, in whatever order.
#[must_use]
pub fn sorted(short: &str) -> String {
    let mut steps: Vec<Vec<String>> = vec![Vec::new()];
    let mut rest = Vec::new();
    let mut links = Vec::new();
    for part in parts(short) {
        match part.chars().next() {
            Some('>') => {
                links.push(part);
                steps.push(Vec::new());
            }
            Some('@' | '#') => rest.push(part),
            _ => steps.last_mut().into_iter().for_each(|step| step.push(part.clone())),
        }
    }
    rest.sort();
    let mut out = Vec::new();
    let mut links = links.into_iter();
    for (n, mut step) in steps.into_iter().enumerate() {
        if n > 0 {
            out.extend(links.next());
        }
        step.sort();
        out.extend(step);
    }
    out.extend(rest);
    out.join(" ")
}

/// Parts at white space outside quotes.
fn parts(short: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in short.chars() {
        if c == '"' {
            quoted = !quoted;
        }
        if c.is_whitespace() && !quoted {
            out.push(String::new());
        } else if let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out.retain(|p| !p.is_empty());
    out
}

fn group(all: &[PlanClause], any: &[PlanClause], none: &[PlanClause]) -> String {
    let mut parts: Vec<String> = all.iter().map(clause).collect();
    parts.extend(any.iter().map(|c| format!("|{}", clause(c))));
    parts.extend(none.iter().map(|c| format!("-{}", clause(c))));
    parts.sort();
    parts.join(" ")
}

fn clause(clause: &PlanClause) -> String {
    let kind = clause.kind();
    match &clause.ask {
        Some(Ask::Label { label, .. }) => match kind {
            Some(known_types::CHARACTER) => format!("C\"{label}\""),
            Some(known_types::SCENE) => format!("P\"{label}\""),
            Some(known_types::OBJECT) => format!("O\"{label}\""),
            other => format!("L\"{}:{label}\"", other.unwrap_or_default()),
        },
        Some(Ask::Phrase { ask, .. }) => {
            let mark = if ask.analysed == Some(true) { 'S' } else { 'D' };
            format!("{mark}\"{}\"", ask.phrase)
        }
        Some(Ask::Text { ask, .. }) => {
            let mark = if kind == Some(known_types::DIALOGUE) { 'A' } else { 'W' };
            format!("{mark}\"{}\"", ask.text)
        }
        Some(Ask::Vector { vector }) => match &vector.source {
            VectorSource::Text(text) => {
                let mark = if kind == Some(known_types::DIALOGUE) { 'S' } else { 'M' };
                format!("{mark}\"{text}\"")
            }
            _ => format!("T\"{}\"", kind.unwrap_or_default()),
        },
        None => format!("T\"{}\"", kind.unwrap_or_default()),
    }
}

fn bounded(bounds: Bounds) -> String {
    let mut out = Vec::new();
    for (sign, bound) in [(">", bounds.gt), (">=", bounds.gte), ("<", bounds.lt), ("<=", bounds.lte)] {
        out.extend(bound.map(|b| format!("#dur{sign}{b}")));
    }
    out.join(" ")
}

fn scope(scope: &Scope, sign: &str, out: &mut Vec<String>) {
    let mut named = |name: &str, list: &[String]| {
        out.extend(list.iter().map(|one| format!("{sign}{name}\"{one}\"")));
    };
    named("movie", &scope.movies);
    named("collection", &scope.collections);
    named("asset", &scope.assets);
    named("series", &scope.series);
    named("lang", &scope.languages);
    out.extend(scope.seasons.iter().map(|n| format!("{sign}s{n}")));
    out.extend(scope.episodes.iter().map(|n| format!("{sign}e{n}")));
    out.extend(scope.time.iter().map(|w| format!("{sign}time={}", window(w))));
}

fn window(window: &Window) -> String {
    let instant = |i: &Option<Instant>| match i {
        None => String::new(),
        Some(Instant::Ns(ns)) => seconds_of_ns(*ns).to_string(),
        Some(Instant::Timecode(text)) => text.clone(),
    };
    format!("{}..{}", instant(&window.from), instant(&window.to))
}

/// What a part of a question was read as, in a few words.
pub(crate) fn meaning(what: &ItemKind, pointer: Option<&str>, by_meaning: bool, text: &str) -> String {
    let denied = pointer.is_some_and(|p| p.contains("/none/") || p.contains("/exclude/"));
    let not = if denied { "not " } else { "" };
    let seconds = |ns: &i64| format!("{} s", seconds_of_ns(*ns));
    let said = match what {
        ItemKind::Phrase(said) | ItemKind::Spoken(said) | ItemKind::Line(said) => format!("“{said}” is said"),
        ItemKind::About(topics) => format!("{} is talked about", topics.join(" or ")),
        ItemKind::Dialogue | ItemKind::Silence => "dialogue".to_owned(),
        ItemKind::Nobody => "anybody (character)".to_owned(),
        ItemKind::Label { kind, label, members } => {
            let kind = kind.trim_end_matches("_SEARCH").to_lowercase();
            match members.as_slice() {
                [] => format!("{label} ({kind})"),
                members => format!("{label} ({kind}: {})", members.join(", ")),
            }
        }
        ItemKind::Kind(kind) => format!("all labels of {kind}"),
        ItemKind::Word => format!("{text} ({})", if by_meaning { "meaning" } else { "words" }),
        ItemKind::Then | ItemKind::Before | ItemKind::After => "then".to_owned(),
        ItemKind::Within(ns) => format!("within {}", seconds(ns)),
        ItemKind::WithinEach(ns) => format!("each within {}", seconds(ns)),
        ItemKind::Near(ns) | ItemKind::NearBehind(ns) => format!("at most {} from", seconds(ns)),
        ItemKind::Or => "or".to_owned(),
        ItemKind::Scope(_) | ItemKind::Window(_) | ItemKind::Duration(_) | ItemKind::Confidence(_) => {
            text.to_owned()
        }
        ItemKind::Group(_) | ItemKind::Top(..) | ItemKind::Rank(_) | ItemKind::Limit(_) => text.to_owned(),
        ItemKind::Union => "any of these, in full".to_owned(),
        ItemKind::Apart => "each by itself".to_owned(),
        ItemKind::Inexpressible(_) => format!("`{text}` left out"),
        ItemKind::Idle => format!("`{text}` left out: it names nothing that is seen or said"),
        ItemKind::Frame | ItemKind::Comma | ItemKind::And | ItemKind::But => return String::new(),
        ItemKind::Not | ItemKind::NotBehind | ItemKind::AboutBehind | ItemKind::Only => return String::new(),
    };
    format!("{not}{said}")
}
