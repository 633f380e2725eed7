//! Reads the values in objects of a plan. Every error names the field and the mend.

#![allow(
    clippy::needless_pass_by_value,
    reason = "all readers of a node have one signature, and lists are read by value"
)]

use std::collections::BTreeMap;

use rushes_types::limits::{DIMENSIONS_MAX, ID_BYTES_MAX, PLAN_LIST_MAX, QUERY_BYTES_MAX};
use rushes_types::{Metric, Result, check_id};
use serde_json::Value as Json;

use crate::clause::Fuzziness;
use crate::node::{Node, Object};
use crate::plan_clause::{AttributeAsk, Bounds};
use crate::time::{Duration, Instant, ns_of_seconds, parse_clock};
use crate::vector_ask::QueryVector;

/// Largest weight that is accepted.
pub(crate) const WEIGHT_MAX: f64 = 1_000_000.0;
/// Longest length of time that is accepted, in nanoseconds (1,000 h).
pub(crate) const DURATION_NS_MAX: i64 = 1_000 * 3600 * 1_000_000_000;
const METRICS: &[(&str, Metric)] =
    &[("cosine", Metric::Cosine), ("l2", Metric::L2), ("euclidean", Metric::L2)];

/// An id, checked as where it is registered.
pub(crate) fn id(node: Node<'_>) -> Result<String> {
    let id = node.string()?;
    check_id("the name", id).map_err(|e| node.because(e))?;
    Ok(id.to_owned())
}

/// A name that is no id: a series, a language, an attribute.
pub(crate) fn name(node: Node<'_>) -> Result<String> {
    node.text(ID_BYTES_MAX)
}

pub(crate) fn names(node: Node<'_>) -> Result<Vec<String>> {
    list(PLAN_LIST_MAX, name)(node)
}

pub(crate) fn ids(node: Node<'_>) -> Result<Vec<String>> {
    list(PLAN_LIST_MAX, id)(node)
}

/// Words of a question, or a pointer to a clause.
pub(crate) fn text(node: Node<'_>) -> Result<String> {
    node.text(QUERY_BYTES_MAX)
}

pub(crate) fn flag(node: Node<'_>) -> Result<bool> {
    node.flag()
}

pub(crate) fn integer(node: Node<'_>) -> Result<i64> {
    node.integer()
}

pub(crate) fn share(node: Node<'_>) -> Result<f64> {
    node.number_in(0.0, 1.0)
}

pub(crate) fn metric(node: Node<'_>) -> Result<Metric> {
    node.choice(METRICS)
}

/// A list of at most `most` items.
pub(crate) fn list<T>(
    most: usize,
    item: impl Fn(Node<'_>) -> Result<T>,
) -> impl Fn(Node<'_>) -> Result<Vec<T>> {
    move |node| node.list(most)?.into_iter().map(&item).collect()
}

/// An object with free member names.
fn entries<T>(node: &Node<'_>, value: impl Fn(Node<'_>) -> Result<T>) -> Result<BTreeMap<String, T>> {
    let entries = node.entries(PLAN_LIST_MAX)?;
    entries.into_iter().map(|(name, n)| Ok((name.to_owned(), value(n)?))).collect()
}

pub(crate) fn weight(node: Node<'_>) -> Result<f64> {
    match node.number()? {
        w if w > 0.0 && w <= WEIGHT_MAX => Ok(w),
        w => Err(node.error(format!("weight `{w}` is not above 0 and at most {WEIGHT_MAX}"))),
    }
}

pub(crate) fn weights(node: Node<'_>) -> Result<BTreeMap<String, f64>> {
    entries(&node, weight)
}

pub(crate) fn fuzziness(node: Node<'_>) -> Result<Fuzziness> {
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

pub(crate) fn attributes(node: Node<'_>) -> Result<BTreeMap<String, AttributeAsk>> {
    entries(&node, attribute)
}

fn attribute(node: Node<'_>) -> Result<AttributeAsk> {
    match node.value {
        Json::Object(fields) if fields.contains_key("in") => {
            let object = node.object(&["in"])?;
            let mend = "list the values, of which one must be equal";
            Ok(AttributeAsk::In(object.needed("in", mend, list(PLAN_LIST_MAX, scalar))?))
        }
        Json::Object(_) => {
            let object = node.object(&["in", "gt", "gte", "lt", "lte"])?;
            Ok(AttributeAsk::Range(bounds(&object, f64::MIN, f64::MAX)?))
        }
        Json::Array(_) => Ok(AttributeAsk::In(list(PLAN_LIST_MAX, scalar)(node)?)),
        _ => Ok(AttributeAsk::In(vec![scalar(node)?])),
    }
}

fn scalar(node: Node<'_>) -> Result<Json> {
    match node.value {
        Json::Null | Json::Array(_) | Json::Object(_) => Err(node
            .error("an attribute is compared with a text, a number, true or false")
            .mend("write one of these")),
        value => Ok(value.clone()),
    }
}

/// The bounds among the fields of an object; at least one.
pub(crate) fn bounds(object: &Object<'_>, low: f64, high: f64) -> Result<Bounds> {
    let read = |name: &str| object.read(name, |n| n.number_in(low, high));
    let bounds = Bounds { gt: read("gt")?, gte: read("gte")?, lt: read("lt")?, lte: read("lte")? };
    if bounds == Bounds::default() {
        return Err(object.error("no bound is given").mend("give one of gt, gte, lt, lte"));
    }
    Ok(bounds)
}

/// A length of time: seconds, or a text such as `1:30` or `10s`.
pub(crate) fn duration(node: Node<'_>) -> Result<Duration> {
    let ns = match node.value {
        Json::Number(_) => ns_of_seconds(node.number()?).filter(|_| is_positive(&node)),
        Json::String(text) => parse_clock(text),
        _ => None,
    };
    match ns {
        Some(ns) if (0..=DURATION_NS_MAX).contains(&ns) => Ok(Duration(ns)),
        _ => Err(node
            .error(format!("`{}` is no length of time", node.value))
            .mend("write seconds, such as 2.5, or \"1:30\"")),
    }
}

/// Is the number none below zero, not even one that rounds to it?
fn is_positive(node: &Node<'_>) -> bool {
    node.value.as_f64().is_some_and(|number| number >= 0.0)
}

/// A length of time above zero.
pub(crate) fn positive_duration(node: Node<'_>) -> Result<Duration> {
    match duration(node.clone())? {
        length if length.is_zero() => Err(node.error("the length of time is 0").mend("give more")),
        length => Ok(length),
    }
}

/// An instant: seconds, a clock time, or a timecode of four fields.
pub(crate) fn instant(node: Node<'_>) -> Result<Instant> {
    let read = match node.value {
        Json::Number(_) => ns_of_seconds(node.number()?).map(Instant::Ns),
        Json::String(text) if text.split([':', ';']).count() == 4 && is_timecode(text) => {
            Some(Instant::Timecode(text.clone()))
        }
        Json::String(text) => parse_clock(text).map(Instant::Ns),
        _ => None,
    };
    match read {
        Some(Instant::Ns(_)) if node.value.is_number() && !is_positive(&node) => {
            Err(node.error("the time is before the media begins").mend("the first instant is 0"))
        }
        Some(instant) => Ok(instant),
        None => Err(node
            .error(format!("`{}` is no time", node.value))
            .mend("write seconds, such as 2.5, \"1:30\", or timecode, such as \"01:00:10:00\"")),
    }
}

fn is_timecode(text: &str) -> bool {
    text.split([':', ';'])
        .all(|field| (1..=3).contains(&field.len()) && field.bytes().all(|b| b.is_ascii_digit()))
}

pub(crate) fn vector(node: Node<'_>) -> Result<QueryVector> {
    let items = node.list(DIMENSIONS_MAX)?;
    if items.is_empty() {
        return Err(node.error("the vector is empty").mend("give its numbers"));
    }
    let read = |n: &Node<'_>| {
        #[allow(clippy::cast_possible_truncation)] // vectors are stored as f32
        let value = n.number()? as f32;
        if value.is_finite() { Ok(value) } else { Err(n.error("the number is too large for a 32-bit float")) }
    };
    items.iter().map(read).collect::<Result<Vec<f32>>>().map(QueryVector::from)
}
