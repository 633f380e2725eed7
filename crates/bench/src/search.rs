//! How fast queries are answered, warm, and whether the answers stay the same.

use std::collections::BTreeSet;

use rushes_archive::Progress;
use rushes_types::{Error, Result};
use serde_json::{Value, json};

use crate::World;
use crate::answers::AnswerHash;
use crate::percentiles::Samples;
use crate::queries::{Class, plan, typed};
use crate::report::Search;
use crate::subject::Subject;

/// Runs `count` queries of each class, or of the `only` one that is named, twice: first to warm the caches, then timed.
///
/// # Errors
/// If a query fails, or an answer that must be the same differs the second time.
pub fn measure(
    subject: &Subject,
    world: &World,
    count: usize,
    only: Option<&str>,
    progress: &dyn Progress,
) -> Result<Vec<Search>> {
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let mut searches = Vec::new();
    for class in Class::ALL.into_iter().filter(|class| wanted(class.name())) {
        progress.set(class.name(), 0, None);
        let plans: Vec<_> = (0..count as u64).map(|no| plan(world, class, no)).collect();
        let mut search = asked(subject, class.name(), class.is_exact(), plans.len(), &|asked| {
            plans.iter().try_for_each(|plan| {
                crate::run::check(progress)?;
                let (answer, took) = subject.search(plan)?;
                asked.hash.add(&answer);
                asked.samples.add(took);
                Ok(())
            })
        })?;
        if !class.is_exact() {
            search.recall = Some(recall(subject, &plans, progress)?);
        }
        searches.push(search);
    }
    if !wanted(SUGGESTIONS) {
        return Ok(searches);
    }
    progress.set(SUGGESTIONS, 0, None);
    let keys: Vec<String> = (0..count as u64).flat_map(|no| typed(world, no)).collect();
    searches.push(asked(subject, SUGGESTIONS, false, keys.len(), &|asked| {
        keys.iter().try_for_each(|typed| {
            crate::run::check(progress)?;
            let (offers, took) = subject.suggest(typed)?;
            asked.hash.add_text(&offers);
            asked.samples.add(took);
            Ok(())
        })
    })?);
    Ok(searches)
}

/// The name of the row of suggestions. Of words the order is only approximate, so engines may differ in them.
const SUGGESTIONS: &str = "suggestion, each key";

/// What asking gave.
#[derive(Default)]
struct Asked {
    hash: AnswerHash,
    samples: Samples,
}

/// Asks twice: first to warm the caches, then for the figures.
fn asked(
    subject: &Subject,
    what: &str,
    exact: bool,
    count: usize,
    ask: &dyn Fn(&mut Asked) -> Result<()>,
) -> Result<Search> {
    let (mut first, mut second) = (Asked::default(), Asked::default());
    ask(&mut first)?;
    let before_us = subject.searches_cpu_us();
    ask(&mut second)?;
    let cpu_us = subject.searches_cpu_us().saturating_sub(before_us);
    if exact && first.hash.hex() != second.hash.hex() {
        return Err(Error::bug(format!("`{what}`: the same questions had other answers the second time")));
    }
    #[allow(clippy::cast_precision_loss)] // figures for people
    let (moments, cpu_ms) =
        (second.hash.moments() as f64 / count.max(1) as f64, cpu_us as f64 / 1e3 / count.max(1) as f64);
    Ok(Search {
        what: what.to_owned(),
        count,
        ms: second.samples.percentiles_ms(),
        cpu_ms,
        moments,
        answers: second.hash.hex(),
        exact,
        recall: None,
    })
}

/// Moments of an answer that are compared.
const COMPARED: usize = 100;

/// The share of the exact answers' first moments that the answers contain, over all plans.
fn recall(subject: &Subject, plans: &[Value], progress: &dyn Progress) -> Result<f64> {
    let (mut found, mut wanted) = (0_usize, 0_usize);
    for plan in plans {
        crate::run::check(progress)?;
        let mut plan = plan.clone();
        plan["limit"] = json!(COMPARED);
        let guess = spans(&subject.search(&plan)?.0);
        for clause in plan["all"].as_array_mut().into_iter().flatten() {
            if clause["vector"].is_object() {
                clause["vector"]["exact"] = json!(true);
            }
        }
        let exact = spans(&subject.search(&plan)?.0);
        found += exact.intersection(&guess).count();
        wanted += exact.len();
    }
    #[allow(clippy::cast_precision_loss)] // a figure for people
    let share = found as f64 / wanted.max(1) as f64;
    Ok(share)
}

/// The spans of an answer's moments.
fn spans(answer: &Value) -> BTreeSet<String> {
    let moments = answer["moments"].as_array().into_iter().flatten();
    moments.map(|m| format!("{} {} {}", m["asset_id"], m["start_ns"], m["end_ns"])).collect()
}
