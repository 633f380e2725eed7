//! Reads the frame of a plan: groups, scope, and what is done with moments.

use rushes_types::limits::{CLAUSES_MAX, PLAN_LIST_MAX, QUERY_BYTES_MAX};
use rushes_types::{Error, Result};
use serde_json::Value as Json;

use crate::node::{Node, Object};
use crate::plan::{
    ClauseRef, Coverage, Fold, Fusion, GroupBy, Mode, Near, Pad, Plan, PlanStep, Predicate, RankBy, Scope,
    Snap, Top, Window,
};
use crate::read::{attributes, bounds, clause, clauses, duration, id, ids, limit, run, weight};
use crate::time::{Duration, Instant, ns_of_seconds, parse_clock};

const PLAN_FIELDS: &[&str] = &[
    "all",
    "any",
    "none",
    "then",
    "scope",
    "mode",
    "min_confidence",
    "require_analysed",
    "weights",
    "fusion",
    "merge_gap",
    "max_span",
    "snap",
    "where",
    "rank_by",
    "fold",
    "group_by",
    "top",
    "limit",
    "cursor",
    "explain",
    "pad",
    "runs",
];
const SCOPE_FIELDS: &[&str] = &[
    "movies",
    "collections",
    "assets",
    "series",
    "seasons",
    "episodes",
    "languages",
    "time",
    "attributes",
    "exclude",
];
/// Most levels of groups.
const LEVELS_MAX: usize = 8;
/// Longest cursor, in bytes.
const CURSOR_BYTES_MAX: usize = 64 << 10;

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Invalid`] with the JSON pointer of the field and the mend.
    pub fn read(json: &Json) -> Result<Self> {
        let plan = Self::read_beside_words(json)?;
        plan.check()?;
        Ok(plan)
    }

    /// Reads a plan that stands beside free words: the words will give it its clauses, so it needs none yet. Call
    /// [`Plan::check`] when they have.
    ///
    /// # Errors
    /// As [`Plan::read`].
    pub fn read_beside_words(json: &Json) -> Result<Self> {
        let object = Node::root(json).object(PLAN_FIELDS)?;
        Ok(Self {
            all: clauses(&object, "all")?,
            any: clauses(&object, "any")?,
            none: clauses(&object, "none")?,
            then: object
                .read("then", |n| n.list(CLAUSES_MAX)?.into_iter().map(step).collect())?
                .unwrap_or_default(),
            scope: object.read("scope", |n| scope(n, SCOPE_FIELDS))?.unwrap_or_default(),
            mode: object
                .read("mode", |n| n.choice(&[("intersection", Mode::Intersection), ("union", Mode::Union)]))?
                .unwrap_or_default(),
            min_confidence: object.read("min_confidence", |n| n.number_in(0.0, 1.0))?.unwrap_or_default(),
            require_analysed: object.read("require_analysed", |n| ids(&n))?.unwrap_or_default(),
            weights: object.read("weights", |n| weights(&n))?.unwrap_or_default(),
            fusion: object
                .read("fusion", |n| n.choice(&[("weighted", Fusion::Weighted), ("rrf", Fusion::Rrf)]))?
                .unwrap_or_default(),
            merge_gap: object.read("merge_gap", |n| duration(&n))?.unwrap_or_default(),
            max_span: object.read("max_span", |n| above_zero(&n))?,
            snap: object.read("snap", |n| n.choice(&SNAPS))?,
            predicates: object.read("where", predicates)?.unwrap_or_default(),
            rank_by: object.read("rank_by", rank_by)?.unwrap_or_default(),
            fold: object.read("fold", fold)?,
            group_by: object.read("group_by", |n| group_by(&n))?.unwrap_or_default(),
            top: object.read("top", |n| top(&n))?,
            limit: object.read("limit", |n| limit(&n))?,
            cursor: object.read("cursor", |n| n.text(CURSOR_BYTES_MAX))?,
            explain: object.read("explain", |n| n.flag())?.unwrap_or_default(),
            pad: object.read("pad", pad)?.unwrap_or_default(),
            runs: object
                .read("runs", |n| n.list(PLAN_LIST_MAX)?.into_iter().map(run).collect())?
                .unwrap_or_default(),
        })
    }

    /// Checks what its fields must be together: the number of clauses, a clause that says what is there, `top`.
    ///
    /// # Errors
    /// As [`Plan::read`].
    pub fn check(&self) -> Result<()> {
        check(self)
    }

    /// Reads a plan from JSON text.
    ///
    /// # Errors
    /// As [`Plan::read`], and where the text is no JSON.
    pub fn parse(text: &str) -> Result<Self> {
        let json = serde_json::from_str(text)
            .map_err(|e| Error::invalid(format!("the plan is no JSON: {e}; mend it")).because(e))?;
        Self::read(&json)
    }

    /// The plan as JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// How many clauses it has, over all groups, steps and predicates.
    #[must_use]
    pub fn clause_count(&self) -> usize {
        let steps: usize = self.then.iter().map(|s| s.all.len() + s.any.len() + s.none.len()).sum();
        let own = self.predicates.iter().filter(|p| match p {
            Predicate::Duration(_) => false,
            Predicate::Coverage(c) => matches!(c.clause, ClauseRef::Own(_)),
            Predicate::Near(n) => matches!(n.clause, ClauseRef::Own(_)),
        });
        self.all.len() + self.any.len() + self.none.len() + steps + own.count()
    }
}

const SNAPS: [(&str, Snap); 3] = [("frame", Snap::Frame), ("shot", Snap::Shot), ("cue", Snap::Cue)];

fn check(plan: &Plan) -> Result<()> {
    let count = plan.clause_count();
    if count > CLAUSES_MAX {
        return Err(
            Error::invalid(format!("the plan has {count} clauses; at most {CLAUSES_MAX} are taken")).at("")
        );
    }
    let positive = |all: usize, any: usize, pointer: String| {
        if all + any > 0 {
            return Ok(());
        }
        Err(Error::invalid(
            "name at least one clause under `all` or `any`; to find where something is absent, ask for what is always \
             there, such as {\"type\":\"SHOT\"}, and put the absent under `none`",
        )
        .at(pointer))
    };
    positive(plan.all.len(), plan.any.len(), "/all".into())?;
    for (i, step) in plan.then.iter().enumerate() {
        positive(step.all.len(), step.any.len(), format!("/then/{i}"))?;
    }
    if let Some(Top::Levels(levels)) = &plan.top {
        let wanted = plan.group_by.len().max(1);
        if levels.len() != wanted {
            return Err(Error::invalid(format!(
                "`top` has {} numbers for {wanted} levels of groups; give one for each, or a single number",
                levels.len()
            ))
            .at("/top"));
        }
    }
    Ok(())
}

fn step(node: Node<'_>) -> Result<PlanStep> {
    let object = node.object(&["all", "any", "none", "within"])?;
    Ok(PlanStep {
        all: clauses(&object, "all")?,
        any: clauses(&object, "any")?,
        none: clauses(&object, "none")?,
        within: object.read("within", |n| duration(&n))?,
    })
}

fn weights(node: &Node<'_>) -> Result<std::collections::BTreeMap<String, f64>> {
    let entries = node.entries(PLAN_LIST_MAX)?;
    entries.into_iter().map(|(name, n)| Ok((name.to_owned(), weight(&n)?))).collect()
}

fn above_zero(node: &Node<'_>) -> Result<Duration> {
    let length = duration(node)?;
    if length.is_zero() { Err(node.error("the length of time is 0; give more")) } else { Ok(length) }
}

/// `exclude` takes the same fields but another `exclude`.
fn scope(node: Node<'_>, fields: &[&str]) -> Result<Scope> {
    let object = node.object(fields)?;
    let names = |name: &str| Ok::<_, Error>(object.read(name, |n| ids(&n))?.unwrap_or_default());
    let numbers = |name: &str| {
        let read = |n: Node<'_>| n.list(PLAN_LIST_MAX)?.iter().map(Node::integer).collect::<Result<Vec<_>>>();
        Ok::<_, Error>(object.read(name, read)?.unwrap_or_default())
    };
    let inner = fields.split_last().map(|(_, rest)| rest).unwrap_or_default();
    Ok(Scope {
        movies: names("movies")?,
        collections: names("collections")?,
        assets: names("assets")?,
        series: names("series")?,
        seasons: numbers("seasons")?,
        episodes: numbers("episodes")?,
        languages: names("languages")?,
        time: object
            .read("time", |n| n.list(PLAN_LIST_MAX)?.into_iter().map(window).collect())?
            .unwrap_or_default(),
        attributes: object.read("attributes", |n| attributes(&n))?.unwrap_or_default(),
        exclude: object.read("exclude", |n| scope(n, inner))?.map(Box::new),
    })
}

fn window(node: Node<'_>) -> Result<Window> {
    let object = node.object(&["from", "to"])?;
    let window =
        Window { from: object.read("from", |n| instant(&n))?, to: object.read("to", |n| instant(&n))? };
    match (&window.from, &window.to) {
        (None, None) => Err(object.error("the window is empty; give `from`, `to` or both")),
        (Some(Instant::Ns(from)), Some(Instant::Ns(to))) if from > to => {
            Err(object.error("`from` is after `to`; swap them"))
        }
        _ => Ok(window),
    }
}

/// An instant: seconds, a clock time, or a timecode of four fields.
fn instant(node: &Node<'_>) -> Result<Instant> {
    let read = match node.value {
        Json::Number(_) => ns_of_seconds(node.number()?).map(Instant::Ns),
        Json::String(text) if text.split([':', ';']).count() == 4 && is_timecode(text) => {
            Some(Instant::Timecode(text.clone()))
        }
        Json::String(text) => parse_clock(text).map(Instant::Ns),
        _ => None,
    };
    match read {
        Some(Instant::Ns(ns)) if ns < 0 => {
            Err(node.error("the time is before the media begins; the first instant is 0"))
        }
        Some(instant) => Ok(instant),
        None => Err(node.error(format!(
            "`{}` is no time; write seconds, such as 2.5, \"1:30\", or timecode, such as \"01:00:10:00\"",
            node.value
        ))),
    }
}

fn is_timecode(text: &str) -> bool {
    text.split([':', ';'])
        .all(|field| (1..=3).contains(&field.len()) && field.bytes().all(|b| b.is_ascii_digit()))
}

/// One predicate, or a list of them; an object may hold one of each kind.
fn predicates(node: Node<'_>) -> Result<Vec<Predicate>> {
    let nodes = if node.value.is_array() { node.list(CLAUSES_MAX)? } else { vec![node] };
    let mut all = Vec::new();
    for node in nodes {
        let object = node.object(&["duration", "coverage", "near"])?;
        all.extend(object.read("duration", seconds_bounds)?);
        all.extend(object.read("coverage", coverage)?);
        all.extend(object.read("near", near)?);
    }
    Ok(all)
}

fn seconds_bounds(node: Node<'_>) -> Result<Predicate> {
    Ok(Predicate::Duration(bounds(&node.object(&["gt", "gte", "lt", "lte"])?, 0.0, 1.0e9)?))
}

fn coverage(node: Node<'_>) -> Result<Predicate> {
    let object = node.object(&["clause", "gt", "gte", "lt", "lte"])?;
    Ok(Predicate::Coverage(Coverage { clause: clause_ref(&object)?, share: bounds(&object, 0.0, 1.0)? }))
}

fn near(node: Node<'_>) -> Result<Predicate> {
    let object = node.object(&["clause", "within", "negate"])?;
    let within = object.read("within", |n| duration(&n))?;
    Ok(Predicate::Near(Near {
        clause: clause_ref(&object)?,
        within: within.ok_or_else(|| object.error("`within` is missing; give it in seconds"))?,
        negate: object.read("negate", |n| n.flag())?.unwrap_or_default(),
    }))
}

fn clause_ref(object: &Object<'_>) -> Result<ClauseRef> {
    let Some(node) = object.get("clause") else {
        return Err(
            object.error("`clause` is missing; give a clause, or a pointer to one such as \"/all/0\"")
        );
    };
    if node.value.is_string() {
        return Ok(ClauseRef::Pointer(node.text(QUERY_BYTES_MAX)?));
    }
    Ok(ClauseRef::Own(Box::new(clause(node)?)))
}

fn rank_by(node: Node<'_>) -> Result<RankBy> {
    if node.value.is_object() {
        let object = node.object(&["attribute", "order"])?;
        let attribute = object.read("attribute", |n| id(&n))?;
        return Ok(RankBy::Attribute {
            attribute: attribute.ok_or_else(|| object.error("`attribute` is missing; name it"))?,
            ascending: object
                .read("order", |n| n.choice(&[("asc", true), ("desc", false)]))?
                .unwrap_or_default(),
        });
    }
    let choices = [("score", 0), ("start", 1), ("duration", 2)];
    Ok(match node.choice(&choices)? {
        0 => RankBy::Score,
        1 => RankBy::Start,
        _ => RankBy::Duration,
    })
}

fn fold(node: Node<'_>) -> Result<Fold> {
    let object = node.object(&["overlap"])?;
    match object.get("overlap") {
        None => Ok(Fold { overlap: FOLD_OVERLAP_DEFAULT }),
        Some(n) => match n.number_in(0.0, 1.0)? {
            overlap if overlap > 0.0 => Ok(Fold { overlap }),
            _ => Err(n.error("`overlap` is 0; give more, at most 1")),
        },
    }
}

/// What part two moments share of what they cover together, to be called near-identical.
const FOLD_OVERLAP_DEFAULT: f64 = 0.8;

fn group_by(node: &Node<'_>) -> Result<Vec<GroupBy>> {
    let nodes = if node.value.is_string() { vec![node.clone()] } else { node.list(LEVELS_MAX)? };
    nodes.iter().map(level).collect()
}

fn level(node: &Node<'_>) -> Result<GroupBy> {
    if let Json::String(text) = node.value
        && let Some(name) = text.strip_prefix("attribute:")
        && !name.is_empty()
    {
        return Ok(GroupBy::Attribute(name.to_owned()));
    }
    let levels = [
        GroupBy::Movie,
        GroupBy::Collection,
        GroupBy::Series,
        GroupBy::Season,
        GroupBy::Episode,
        GroupBy::Asset,
        GroupBy::Attribute("NAME".into()),
    ];
    let names: Vec<String> = levels.iter().map(ToString::to_string).collect();
    let choices: Vec<(&str, usize)> = names.iter().map(String::as_str).zip(0..).collect();
    let choice = node.choice(&choices)?;
    levels.get(choice).cloned().ok_or_else(|| node.error("no such level"))
}

fn top(node: &Node<'_>) -> Result<Top> {
    if !node.value.is_array() {
        return Ok(Top::Moments(node.count_in(1, usize::MAX)?));
    }
    let count = |n: &Node<'_>| if n.value.is_null() { Ok(None) } else { n.count_in(1, usize::MAX).map(Some) };
    Ok(Top::Levels(node.list(LEVELS_MAX)?.iter().map(count).collect::<Result<_>>()?))
}

fn pad(node: Node<'_>) -> Result<Pad> {
    if !node.value.is_object() {
        let both = duration(&node)?;
        return Ok(Pad { before: both, after: both });
    }
    let object = node.object(&["before", "after"])?;
    let read = |name: &str| Ok::<_, Error>(object.read(name, |n| duration(&n))?.unwrap_or_default());
    Ok(Pad { before: read("before")?, after: read("after")? })
}
