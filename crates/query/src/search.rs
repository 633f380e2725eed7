//! A search from plan to answer: the one call that the archive makes and the conformance suites test.

use rushes_index::EngineRequest;
use rushes_plan::{Cost, Knowledge, Plan, Query, Reading, Resolved, Warning, resolve};
use rushes_types::{ErrorKind, Result};

use crate::answer::{Answer, ClauseReport, Remedy, RemedyKind};
use crate::cost::estimated;
use crate::cursor::Cursor;
use crate::execute::{Options, execute};
use crate::remedies::{Candidate, candidates};
use crate::scope::{Access, filter};
use crate::view::View;

/// Changes of a plan that found nothing that are tried, and that are told.
const TRIED_MAX: usize = 8;
const REMEDIES_MAX: usize = 3;

/// A plan to search by, with the reading of the question that it came from, where there was one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlannedSearch {
    /// The plan.
    pub plan: Plan,
    /// Of a question in words: what each part of it became in the plan.
    pub understood: Option<Reading>,
    /// What reading the question warned of.
    pub warnings: Vec<Warning>,
}

impl From<Plan> for PlannedSearch {
    fn from(plan: Plan) -> Self {
        Self { plan, ..Self::default() }
    }
}

/// What a search would execute, and how its question was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The resolved plan, with what could not be resolved.
    pub resolved: Resolved,
    /// Of a question in words: what each part of it became.
    pub understood: Option<Reading>,
    /// What an outside engine is asked, where one is.
    pub requests: Vec<EngineRequest>,
    /// What it would cost; only for callers who see everything, since an index counts what others see too.
    pub cost: Option<Cost>,
}

/// The cursor of a plan. It names the read point at which the reader must be opened.
///
/// # Errors
/// Where the plan's cursor is not one that this program wrote.
pub fn cursor_of(plan: &Plan) -> Result<Option<Cursor>> {
    plan.cursor.as_deref().map(Cursor::read).transpose()
}

/// Resolves, compiles and executes a plan. Where it has a cursor, the reader must be at [`Cursor::read_point`].
///
/// # Errors
/// What is wrong with the plan, with its field; those of the index; a caller that went away.
pub fn search(asked: PlannedSearch, view: &View<'_>, knowledge: &dyn Knowledge) -> Result<Answer> {
    let cursor = cursor_of(&asked.plan)?;
    let resolved = resolved(&asked, cursor.as_ref(), knowledge)?;
    let query = compiled(&resolved, &view.access)?;
    let (warnings, word_weights) = (resolved.warnings, resolved.word_weights);
    let first_page = cursor.is_none();
    let mut answer = execute(&query, view, Options { cursor, warnings, word_weights })?;
    if answer.total == 0 && first_page && asked.understood.is_some() {
        answer.remedies = remedies(&asked.plan, &answer.clauses, view, knowledge)?;
    }
    Ok(Answer { understood: asked.understood, ..answer })
}

/// What would find something instead of a plan that found nothing. What cannot be tried, as it would cost more than is
/// left of the budget, is no remedy.
fn remedies(
    plan: &Plan,
    found: &[ClauseReport],
    view: &View<'_>,
    knowledge: &dyn Knowledge,
) -> Result<Vec<Remedy>> {
    let mut remedies: Vec<Remedy> = Vec::new();
    for Candidate { kind, pointer, message, plan } in candidates(plan, found).into_iter().take(TRIED_MAX) {
        let is_near = |known: &Remedy| known.kind == RemedyKind::Near && kind == RemedyKind::Near;
        if remedies.len() == REMEDIES_MAX || remedies.iter().any(is_near) {
            continue;
        }
        let total = match moments_of(&plan, view, knowledge) {
            Ok(total) => total,
            Err(error) if matches!(error.kind(), ErrorKind::TooLarge | ErrorKind::Invalid) => continue,
            Err(error) => return Err(error),
        };
        if total > 0 {
            remedies.push(Remedy { kind, pointer, message, total, plan });
        }
    }
    Ok(remedies)
}

/// How many moments a plan finds.
fn moments_of(plan: &Plan, view: &View<'_>, knowledge: &dyn Knowledge) -> Result<usize> {
    let plan = Plan { limit: Some(0), explain: false, ..plan.clone() };
    let resolved = resolved(&plan.into(), None, knowledge)?;
    Ok(execute(&compiled(&resolved, &view.access)?, view, Options::default())?.total)
}

/// What [`search`] would execute.
///
/// # Errors
/// What is wrong with the plan, with its field.
pub fn explain(asked: PlannedSearch, view: &View<'_>, knowledge: &dyn Knowledge) -> Result<Explained> {
    let resolved = resolved(&asked, cursor_of(&asked.plan)?.as_ref(), knowledge)?;
    let query = compiled(&resolved, &view.access)?;
    let filter = filter(&query, view.reader, &view.access);
    let requests = view.reader.requests(&query, &filter);
    let cost = match view.access {
        Access::All => Some(estimated(&query, &filter, view.reader, view.budget)?),
        Access::Only(_) => None,
    };
    Ok(Explained { resolved, understood: asked.understood, requests, cost })
}

/// The query of a plan. Which neighbours an approximate search misses depends on all vectors that lie together, also on
/// those that a caller may not see: for one who sees a part it is always exact.
fn compiled(resolved: &Resolved, access: &Access) -> Result<Query> {
    let mut query = Query::compile(&resolved.plan)?;
    if *access != Access::All {
        query.require_exact();
    }
    Ok(query)
}

fn resolved(asked: &PlannedSearch, cursor: Option<&Cursor>, knowledge: &dyn Knowledge) -> Result<Resolved> {
    asked.plan.check()?;
    let mut resolved = resolve(&asked.plan, knowledge, cursor.map(|c| c.word_weights.as_slice()))?;
    resolved.warnings.extend(asked.warnings.iter().cloned());
    Ok(resolved)
}
