//! How a search is prepared: which way each clause is found, what is decided before costly work, which texts become
//! vectors.

use rushes_plan::{
    Ask, FilterStep, Plan, PlanClause, Preparation, ReadingKind, ReadingSpan, RoutePath, RouteStep,
    VectorSource, VectorStep,
};

use crate::lexicon::Lexicon;

/// The preparation of a plan that a question became.
pub(crate) fn preparation(plan: &Plan, spans: &[ReadingSpan], lexicon: &Lexicon<'_>) -> Preparation {
    let mut out = Preparation::default();
    let spaces = lexicon.encoded_spaces();
    for (pointer, clause) in clauses(plan) {
        let (path, why) = route(clause);
        if let Some(Ask::Vector { vector }) = &clause.ask
            && let VectorSource::Text(text) = &vector.source
        {
            out.vectors.extend(spaces.iter().map(|space| VectorStep {
                pointer: pointer.clone(),
                text: text.clone(),
                space: space.id.to_string(),
                encoder: space.encoder.clone(),
            }));
        }
        out.route.push(RouteStep { pointer, path, why: why.to_owned() });
    }
    let exact = spans.iter().filter(|span| matches!(span.kind, ReadingKind::Label | ReadingKind::Scope));
    out.filters.extend(exact.filter_map(|span| {
        let (text, meaning) = (span.text.clone(), span.meaning.clone());
        Some(FilterStep { pointer: span.pointer.clone()?, text, meaning })
    }));
    out
}

fn route(clause: &PlanClause) -> (RoutePath, &'static str) {
    match &clause.ask {
        Some(Ask::Label { .. }) => (RoutePath::Label, "the words are a name that the archive has"),
        Some(Ask::Phrase { .. }) => (RoutePath::Phrase, "the words are said in this order"),
        Some(Ask::Text { .. }) if clause.kind().is_some() => (RoutePath::Words, "the words are talked about"),
        Some(Ask::Text { .. }) => (
            RoutePath::Words,
            "the words name nothing, and no encoder of texts is known: they are looked for as words",
        ),
        Some(Ask::Vector { .. }) if clause.kind().is_some() => {
            (RoutePath::Vector, "a line that says this, or else one that means it")
        }
        Some(Ask::Vector { .. }) => (
            RoutePath::Vector,
            "the words name nothing: what they mean is looked for, and what says them comes first",
        ),
        None => (RoutePath::Type, "everything of this type counts"),
    }
}

/// All clauses with their pointers.
fn clauses(plan: &Plan) -> Vec<(String, &PlanClause)> {
    fn of<'p>(prefix: &str, groups: [(&'static str, &'p [PlanClause]); 3]) -> Vec<(String, &'p PlanClause)> {
        let pointed = groups.into_iter().flat_map(|(group, clauses)| {
            clauses.iter().enumerate().map(move |(at, clause)| (group, at, clause))
        });
        pointed.map(|(group, at, clause)| (format!("{prefix}/{group}/{at}"), clause)).collect()
    }
    let mut out = of("", [("all", &plan.all), ("any", &plan.any), ("none", &plan.none)]);
    for (n, step) in plan.then.iter().enumerate() {
        let groups = [("all", &step.all[..]), ("any", &step.any[..]), ("none", &step.none[..])];
        out.extend(of(&format!("/then/{n}"), groups));
    }
    out
}
