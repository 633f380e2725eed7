//! Reads clauses: what a clause asks, and the fields that belong to it.

#![allow(
    clippy::needless_pass_by_value,
    reason = "all readers of a node have one signature, and lists are read by value"
)]

use rushes_types::limits::{PLAN_LIST_MAX, QUERY_BYTES_MAX, REQUEST_BYTES_MAX};
use rushes_types::{Error, Metric, Result};

use crate::leaf::{list, vector};
use crate::node::{Node, Object};
use crate::object::FromObject;
use crate::plan_clause::{Ask, ClauseCommon, PhraseAsk, PlanClause, TextAsk, labels, words};
use crate::vector_ask::{Like, SpaceVector, Threshold, VectorAsk, VectorOptions, VectorSource};

/// What a clause may ask, by the field that says so, and all fields that go with it.
const ASKS: [(&str, &[&[&str]]); 4] = [
    ("label", &[&["label", "labels"]]),
    ("text", &[TextAsk::FIELDS, &["words"]]),
    ("phrase", &[PhraseAsk::FIELDS, &["words"]]),
    ("vector", &[&["vector"]]),
];
const SOURCES: [&str; 4] = ["text", "values", "image", "like"];

pub(crate) fn clause(node: Node<'_>) -> Result<PlanClause> {
    let asks = ASKS.iter().flat_map(|(_, lists)| lists.iter().copied().flatten().copied());
    let known: Vec<&str> = ClauseCommon::FIELDS.iter().copied().chain(asks).collect();
    let object = node.object(&known)?;
    let common = ClauseCommon::from_object(&object)?;
    let ask = match asked(&object)? {
        Some("label") => Some(Ask::Label {
            label: object.needed("label", "write it", |n| n.text(QUERY_BYTES_MAX))?,
            labels: object.read("labels", labels)?,
        }),
        Some("text") => {
            Some(Ask::Text { ask: TextAsk::from_object(&object)?, words: object.read("words", words)? })
        }
        Some("phrase") => {
            Some(Ask::Phrase { ask: PhraseAsk::from_object(&object)?, words: object.read("words", words)? })
        }
        Some(_) => Some(Ask::Vector { vector: object.needed("vector", "give it", vector_ask)? }),
        None => None,
    };
    if ask.is_none() && common.kind.is_none() && common.model.is_none() && common.attributes.is_empty() {
        return Err(object
            .error("the clause says nothing")
            .mend("give it a type, or one of label, text, phrase, vector"));
    }
    Ok(PlanClause { common, ask })
}

/// The field that says what the clause asks. There is at most one, and no field that belongs to another kind of clause
/// may accompany it.
fn asked(object: &Object<'_>) -> Result<Option<&'static str>> {
    let mut asked = ASKS.iter().filter(|(name, _)| object.get(name).is_some());
    let first = asked.next();
    if let (Some((first, _)), Some((second, _))) = (first, asked.next())
        && let Some(node) = object.get(second)
    {
        return Err(node
            .error("a clause takes one of label, text, phrase, vector")
            .mend(format!("move `{second}` beside `{first}` into a clause of its own")));
    }
    for (_, lists) in &ASKS {
        for field in lists.iter().copied().flatten() {
            let holds = |lists: &[&[&str]]| lists.iter().any(|fields| fields.contains(field));
            if let Some(node) = object.get(field)
                && !first.is_some_and(|(_, lists)| holds(lists))
            {
                let of = ASKS.iter().filter(|(_, lists)| holds(lists));
                let of: Vec<String> = of.map(|(name, _)| format!("`{name}`")).collect();
                return Err(node
                    .error(format!("`{field}` goes with {} only", of.join(" or ")))
                    .mend("remove it"));
            }
        }
    }
    Ok(first.map(|(name, _)| *name))
}

fn vector_ask(node: Node<'_>) -> Result<VectorAsk> {
    let known = [VectorOptions::FIELDS, &SOURCES, &["min_similarity", "max_distance", "vectors"]].concat();
    let object = node.object(&known)?;
    let given: Vec<&str> = SOURCES.into_iter().filter(|name| object.get(name).is_some()).collect();
    let one = || object.error("a vector takes exactly one of text, values, image, like");
    let &[source] = given.as_slice() else { return Err(one()) };
    let node = object.get(source).ok_or_else(one)?;
    let source = match source {
        "text" => VectorSource::Text(node.text(QUERY_BYTES_MAX)?),
        "values" => VectorSource::Values(vector(node)?),
        "image" => VectorSource::Image(node.text(REQUEST_BYTES_MAX)?),
        _ => VectorSource::Like(like(node)?),
    };
    let options = VectorOptions::from_object(&object)?;
    let threshold = threshold(&object)?;
    if let Some(metric) = options.metric {
        check_threshold(metric, threshold).map_err(|e| e.at(object.pointer.clone()))?;
    }
    let vectors = object.read("vectors", list(PLAN_LIST_MAX, SpaceVector::from_node))?;
    Ok(VectorAsk { source, options, threshold, vectors })
}

fn threshold(object: &Object<'_>) -> Result<Option<Threshold>> {
    let similarity = object.read("min_similarity", |n| n.number_in(-1.0, 1.0))?;
    let distance = object.read("max_distance", |n| n.number_in(0.0, f64::MAX))?;
    match (similarity, distance, object.get("max_distance")) {
        (Some(_), Some(_), Some(node)) => {
            Err(node.error("`min_similarity` and `max_distance` exclude each other").mend("keep one"))
        }
        (Some(least), ..) => Ok(Some(Threshold::MinSimilarity(least))),
        (None, most, _) => Ok(most.map(Threshold::MaxDistance)),
    }
}

/// Cosine takes a least similarity, a distance metric a greatest distance; never the other way round.
pub(crate) fn check_threshold(metric: Metric, threshold: Option<Threshold>) -> Result<()> {
    match (metric, threshold) {
        (Metric::Cosine, Some(Threshold::MaxDistance(_))) => {
            Err(Error::invalid("`max_distance` goes with metric `l2`")
                .mend("with `cosine` use `min_similarity`"))
        }
        (Metric::L2, Some(Threshold::MinSimilarity(_))) => {
            Err(Error::invalid("`min_similarity` goes with metric `cosine`")
                .mend("with `l2` use `max_distance`"))
        }
        (_, None)
        | (Metric::Cosine, Some(Threshold::MinSimilarity(_)))
        | (Metric::L2, Some(Threshold::MaxDistance(_))) => Ok(()),
    }
}

fn like(node: Node<'_>) -> Result<Like> {
    let like = Like::from_node(node.clone())?;
    match (&like.annotation_id, like.start_ns, like.end_ns) {
        (Some(_), None, None) => Ok(like),
        (None, Some(start), Some(end)) if 0 <= start && start <= end => Ok(like),
        _ => Err(node
            .error("`like` takes an `annotation_id`, or `start_ns` and `end_ns` of a moment, start first")),
    }
}

/// Clauses of a group.
pub(crate) fn clauses(node: Node<'_>) -> Result<Vec<PlanClause>> {
    list(PLAN_LIST_MAX, clause)(node)
}
