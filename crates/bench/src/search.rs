//! How fast queries are answered, warm, and whether the answers stay the same.

use std::collections::BTreeSet;

use rushes_archive::Progress;
use rushes_types::{Error, Result};
use serde_json::{Value, json};

use crate::World;
use crate::answers::AnswerHash;
use crate::percentiles::Samples;
use crate::queries::{Class, plan};
use crate::report::Search;
use crate::subject::Subject;

/// Runs `count` queries of each class twice: first to warm the caches, then timed.
///
/// # Errors
/// If a query fails, or an answer that must be the same differs the second time.
pub fn measure(
    subject: &Subject,
    world: &World,
    count: usize,
    progress: &dyn Progress,
) -> Result<Vec<Search>> {
    let mut searches = Vec::new();
    for (no, class) in Class::ALL.into_iter().enumerate() {
        crate::run::check(progress)?;
        progress.set("searching", no as u64, Some(Class::ALL.len() as u64));
        let plans: Vec<_> = (0..count as u64).map(|no| plan(world, class, no)).collect();
        let (first, _) = ask(subject, &plans)?;
        let (second, samples) = ask(subject, &plans)?;
        if class.is_exact() && first.hex() != second.hex() {
            let name = class.name();
            return Err(Error::bug(format!(
                "`{name}`: the same questions had other answers the second time"
            )));
        }
        #[allow(clippy::cast_precision_loss)] // a figure for people
        let moments = second.moments() as f64 / count.max(1) as f64;
        searches.push(Search {
            what: class.name().to_owned(),
            count,
            ms: samples.percentiles_ms(),
            moments,
            answers: second.hex(),
            exact: class.is_exact(),
            recall: if class.is_exact() { None } else { Some(recall(subject, &plans)?) },
        });
    }
    Ok(searches)
}

/// Moments of an answer that are compared.
const COMPARED: usize = 100;

/// The share of the exact answers' first moments that the answers contain, over all plans.
fn recall(subject: &Subject, plans: &[Value]) -> Result<f64> {
    let (mut found, mut wanted) = (0_usize, 0_usize);
    for plan in plans {
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

fn ask(subject: &Subject, plans: &[Value]) -> Result<(AnswerHash, Samples)> {
    let mut hash = AnswerHash::default();
    let mut samples = Samples::default();
    for plan in plans {
        let (answer, took) = subject.search(plan)?;
        samples.add(took);
        hash.add(&answer);
    }
    Ok((hash, samples))
}
