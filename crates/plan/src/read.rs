//! Reads a plan from JSON. Every complaint names the field and the mend; nothing unknown is passed over.

use rushes_types::limits::{DIMENSIONS_MAX, ID_BYTES_MAX, K_MAX, PAGE_MAX, PLAN_LIST_MAX, QUERY_BYTES_MAX};
use rushes_types::{Error, Metric, Result};
use serde_json::Value as Json;

use crate::clause::Fuzziness;
use crate::node::{Node, Object};
use crate::plan::PinnedRun;
use crate::plan_clause::{
    AttributeAsk, Bounds, Like, Operator, PlanClause, PlanWord, SpaceVector, VectorAsk,
};
use crate::time::{Duration, ns_of_seconds, parse_clock};

const CLAUSE_FIELDS: &[&str] = &[
    "type",
    "model",
    "label",
    "text",
    "phrase",
    "vector",
    "prefix",
    "fuzziness",
    "slop",
    "analysed",
    "operator",
    "min_confidence",
    "attributes",
    "weight",
    "labels",
    "words",
];
const VECTOR_FIELDS: &[&str] = &[
    "text",
    "values",
    "image",
    "like",
    "space",
    "metric",
    "exact",
    "k",
    "min_similarity",
    "max_distance",
    "vectors",
];
/// Largest weight that is taken.
const WEIGHT_MAX: f64 = 1_000_000.0;
/// Most moves of words that are forgiven in a phrase.
const SLOP_MAX: usize = 50;
/// Longest length of time that is taken, in nanoseconds (1,000 h).
const DURATION_NS_MAX: i64 = 1_000 * 3600 * 1_000_000_000;
const METRICS: &[(&str, Metric)] =
    &[("cosine", Metric::Cosine), ("l2", Metric::L2), ("euclidean", Metric::L2)];

pub(crate) fn id(node: &Node<'_>) -> Result<String> {
    node.text(ID_BYTES_MAX)
}

pub(crate) fn ids(node: &Node<'_>) -> Result<Vec<String>> {
    node.list(PLAN_LIST_MAX)?.iter().map(id).collect()
}

pub(crate) fn clauses(object: &Object<'_>, name: &str) -> Result<Vec<PlanClause>> {
    let Some(node) = object.get(name) else { return Ok(Vec::new()) };
    node.list(PLAN_LIST_MAX)?.into_iter().map(clause).collect()
}

pub(crate) fn clause(node: Node<'_>) -> Result<PlanClause> {
    let object = node.object(CLAUSE_FIELDS)?;
    let clause = PlanClause {
        kind: object.read("type", |n| id(&n))?,
        model: object.read("model", |n| id(&n))?,
        label: object.read("label", |n| n.text(QUERY_BYTES_MAX))?,
        text: object.read("text", |n| n.text(QUERY_BYTES_MAX))?,
        phrase: object.read("phrase", |n| n.text(QUERY_BYTES_MAX))?,
        vector: object.read("vector", vector)?,
        prefix: object.read("prefix", |n| n.flag())?.unwrap_or_default(),
        fuzziness: object.read("fuzziness", |n| fuzziness(&n))?.unwrap_or_default(),
        slop: object.read("slop", |n| n.count_in(0, SLOP_MAX))?.and_then(|n| n.try_into().ok()).unwrap_or(0),
        analysed: object.read("analysed", |n| n.flag())?,
        operator: object
            .read("operator", |n| n.choice(&[("and", Operator::And), ("or", Operator::Or)]))?
            .unwrap_or_default(),
        min_confidence: object.read("min_confidence", |n| n.number_in(0.0, 1.0))?,
        attributes: object.read("attributes", |n| attributes(&n))?.unwrap_or_default(),
        weight: object.read("weight", |n| weight(&n))?,
        labels: object
            .read("labels", |n| n.list(PLAN_LIST_MAX)?.iter().map(|l| l.text(QUERY_BYTES_MAX)).collect())?,
        words: object.read("words", |n| n.list(PLAN_LIST_MAX)?.into_iter().map(word).collect())?,
    };
    check_clause(&object, &clause)?;
    Ok(clause)
}

fn check_clause(object: &Object<'_>, clause: &PlanClause) -> Result<()> {
    let asked = ["label", "text", "phrase", "vector"].map(|name| (name, object.get(name)));
    let mut asked = asked.into_iter().filter(|(_, node)| node.is_some());
    let test = asked.next().map(|(name, _)| name);
    if let (Some(first), Some((second, Some(node)))) = (test, asked.next()) {
        return Err(node.error(format!(
            "a clause takes one of label, text, phrase, vector; move `{second}` beside `{first}` into a clause of its own"
        )));
    }
    let only = |name: &str, of: &[&str]| match object.get(name) {
        Some(node) if !test.is_some_and(|t| of.contains(&t)) => Err(node.error(format!(
            "`{name}` goes with {} only; remove it",
            of.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join(" or ")
        ))),
        _ => Ok(()),
    };
    for name in ["prefix", "fuzziness", "analysed", "words"] {
        only(name, &["text", "phrase"])?;
    }
    only("slop", &["phrase"])?;
    only("operator", &["text"])?;
    only("labels", &["label"])?;
    let says_nothing =
        test.is_none() && clause.kind.is_none() && clause.model.is_none() && clause.attributes.is_empty();
    if says_nothing {
        return Err(
            object.error("the clause says nothing; give it a type, or one of label, text, phrase, vector")
        );
    }
    Ok(())
}

fn word(node: Node<'_>) -> Result<PlanWord> {
    let object = node.object(&["text", "weight", "prefix"])?;
    let missing = |name: &str| object.error(format!("`{name}` is missing; give it"));
    Ok(PlanWord {
        text: object.read("text", |n| n.text(QUERY_BYTES_MAX))?.ok_or_else(|| missing("text"))?,
        weight: object.read("weight", |n| weight(&n))?.ok_or_else(|| missing("weight"))?,
        prefix: object.read("prefix", |n| n.flag())?.unwrap_or_default(),
    })
}

pub(crate) fn weight(node: &Node<'_>) -> Result<f64> {
    match node.number()? {
        w if w > 0.0 && w <= WEIGHT_MAX => Ok(w),
        w => Err(node.error(format!("weight `{w}` is not above 0 and at most {WEIGHT_MAX}"))),
    }
}

fn fuzziness(node: &Node<'_>) -> Result<Fuzziness> {
    match node.value {
        Json::String(text) if text.eq_ignore_ascii_case("auto") => Ok(Fuzziness::Auto),
        Json::Number(n) => match n.as_u64() {
            Some(0) => Ok(Fuzziness::Exact),
            Some(1) => Ok(Fuzziness::One),
            Some(2) => Ok(Fuzziness::Two),
            _ => Err(node.error(format!("fuzziness `{n}` is not 0, 1, 2 or \"auto\""))),
        },
        other => Err(node.error(format!("fuzziness `{other}` is not 0, 1, 2 or \"auto\""))),
    }
}

pub(crate) fn attributes(node: &Node<'_>) -> Result<std::collections::BTreeMap<String, AttributeAsk>> {
    let entries = node.entries(PLAN_LIST_MAX)?;
    entries.into_iter().map(|(name, n)| Ok((name.to_owned(), attribute(n)?))).collect()
}

fn attribute(node: Node<'_>) -> Result<AttributeAsk> {
    match node.value {
        Json::Object(fields) if fields.contains_key("in") => {
            let object = node.object(&["in"])?;
            let values = object.read("in", |n| n.list(PLAN_LIST_MAX)?.iter().map(scalar).collect())?;
            Ok(AttributeAsk::In(values.unwrap_or_default()))
        }
        Json::Object(_) => Ok(AttributeAsk::Range(bounds(
            &node.object(&["in", "gt", "gte", "lt", "lte"])?,
            f64::MIN,
            f64::MAX,
        )?)),
        Json::Array(_) => {
            Ok(AttributeAsk::In(node.list(PLAN_LIST_MAX)?.iter().map(scalar).collect::<Result<_>>()?))
        }
        _ => Ok(AttributeAsk::In(vec![scalar(&node)?])),
    }
}

fn scalar(node: &Node<'_>) -> Result<Json> {
    match node.value {
        Json::Array(_) | Json::Object(_) => {
            Err(node
                .error("an attribute is compared with a text, a number, true or false; write one of these"))
        }
        value => Ok(value.clone()),
    }
}

/// The bounds among the fields of an object; at least one.
pub(crate) fn bounds(object: &Object<'_>, low: f64, high: f64) -> Result<Bounds> {
    let read = |name: &str| object.read(name, |n| n.number_in(low, high));
    let bounds = Bounds { gt: read("gt")?, gte: read("gte")?, lt: read("lt")?, lte: read("lte")? };
    if bounds == Bounds::default() {
        return Err(object.error("no bound is given; give one of gt, gte, lt, lte"));
    }
    Ok(bounds)
}

/// A length of time: seconds, or a text such as `1:30` or `10s`.
pub(crate) fn duration(node: &Node<'_>) -> Result<Duration> {
    let ns = match node.value {
        Json::Number(_) => ns_of_seconds(node.number()?),
        Json::String(text) => parse_clock(text),
        _ => None,
    };
    match ns {
        Some(ns) if (0..=DURATION_NS_MAX).contains(&ns) => Ok(Duration(ns)),
        _ => Err(node.error(format!(
            "`{}` is no length of time; write seconds, such as 2.5, or \"1:30\"",
            node.value
        ))),
    }
}

fn vector(node: Node<'_>) -> Result<VectorAsk> {
    let object = node.object(VECTOR_FIELDS)?;
    let sources =
        ["text", "values", "image", "like"].into_iter().filter(|name| object.get(name).is_some()).count();
    if sources != 1 {
        return Err(object.error("a vector takes exactly one of text, values, image, like"));
    }
    let ask = VectorAsk {
        text: object.read("text", |n| n.text(QUERY_BYTES_MAX))?,
        values: object.read("values", |n| values(&n))?,
        image: object.read("image", |n| n.text(rushes_types::limits::REQUEST_BYTES_MAX))?,
        like: object.read("like", like)?,
        space: object.read("space", |n| id(&n))?,
        metric: object.read("metric", |n| n.choice(METRICS))?,
        exact: object.read("exact", |n| n.flag())?.unwrap_or_default(),
        k: object.read("k", |n| n.count_in(1, K_MAX))?,
        min_similarity: object.read("min_similarity", |n| n.number_in(-1.0, 1.0))?,
        max_distance: object.read("max_distance", |n| n.number_in(0.0, f64::MAX))?,
        vectors: object
            .read("vectors", |n| n.list(PLAN_LIST_MAX)?.into_iter().map(space_vector).collect())?,
    };
    if let (Some(_), Some(node)) = (ask.min_similarity, object.get("max_distance")) {
        return Err(node.error("`min_similarity` and `max_distance` exclude each other; keep one"));
    }
    if let Some(metric) = ask.metric {
        check_threshold(metric, &ask).map_err(|e| e.at(object.pointer.clone()))?;
    }
    Ok(ask)
}

/// A cosine takes a least similarity, a distance a greatest distance: never the other.
pub(crate) fn check_threshold(metric: Metric, ask: &VectorAsk) -> Result<()> {
    match metric {
        Metric::Cosine if ask.max_distance.is_some() => {
            Err(Error::invalid("`max_distance` goes with metric `l2`; with `cosine` use `min_similarity`"))
        }
        Metric::L2 if ask.min_similarity.is_some() => {
            Err(Error::invalid("`min_similarity` goes with metric `cosine`; with `l2` use `max_distance`"))
        }
        _ => Ok(()),
    }
}

fn values(node: &Node<'_>) -> Result<Vec<f32>> {
    let items = node.list(DIMENSIONS_MAX)?;
    if items.is_empty() {
        return Err(node.error("the vector is empty; give its numbers"));
    }
    let read = |n: &Node<'_>| {
        #[allow(clippy::cast_possible_truncation)] // vectors are stored as f32
        let value = n.number()? as f32;
        if value.is_finite() { Ok(value) } else { Err(n.error("the number is too large for a 32-bit float")) }
    };
    items.iter().map(read).collect()
}

fn space_vector(node: Node<'_>) -> Result<SpaceVector> {
    let object = node.object(&["space", "metric", "values"])?;
    let missing = |name: &str| object.error(format!("`{name}` is missing; give it"));
    Ok(SpaceVector {
        space: object.read("space", |n| id(&n))?.ok_or_else(|| missing("space"))?,
        metric: object.read("metric", |n| n.choice(METRICS))?.ok_or_else(|| missing("metric"))?,
        values: object.read("values", |n| values(&n))?.ok_or_else(|| missing("values"))?,
    })
}

fn like(node: Node<'_>) -> Result<Like> {
    let object = node.object(&["asset_id", "annotation_id", "start_ns", "end_ns"])?;
    let asset_id = object.read("asset_id", |n| id(&n))?;
    let like = Like {
        asset_id: asset_id.ok_or_else(|| object.error("`asset_id` is missing; give it"))?,
        annotation_id: object.read("annotation_id", |n| id(&n))?,
        start_ns: object.read("start_ns", |n| n.integer())?,
        end_ns: object.read("end_ns", |n| n.integer())?,
    };
    match (&like.annotation_id, like.start_ns, like.end_ns) {
        (Some(_), None, None) => Ok(like),
        (None, Some(start), Some(end)) if 0 <= start && start <= end => Ok(like),
        _ => Err(object
            .error("`like` takes an `annotation_id`, or `start_ns` and `end_ns` of a moment, start first")),
    }
}

/// The largest page that may be asked for.
pub(crate) fn limit(node: &Node<'_>) -> Result<usize> {
    node.count_in(0, PAGE_MAX)
}

/// A run's id, or a resolved pin.
pub(crate) fn run(node: Node<'_>) -> Result<PinnedRun> {
    if !node.value.is_object() {
        return Ok(PinnedRun { run: id(&node)?, asset: None, model: None });
    }
    let object = node.object(&["run", "asset", "model"])?;
    let run = object.read("run", |n| id(&n))?;
    Ok(PinnedRun {
        run: run.ok_or_else(|| object.error("`run` is missing; name it"))?,
        asset: object.read("asset", |n| id(&n))?,
        model: object.read("model", |n| id(&n))?,
    })
}
