//! What a query would cost, from what the index counts, and whether it may run.

use std::time::Duration;

use rushes_index::{Budget, IndexReader};
use rushes_plan::{Cost, Filter, Query, estimate};
use rushes_types::Result;

use crate::scope::Access;

/// The estimate of a query.
///
/// # Errors
/// Those of the index and of the budget.
pub(crate) fn estimated(
    query: &Query,
    filter: &Filter,
    reader: &dyn IndexReader,
    budget: &Budget,
) -> Result<Cost> {
    let of = |criterion: &rushes_plan::Criterion| {
        budget.check()?;
        criterion.parts.iter().map(|part| reader.counts(part, filter, budget)).collect::<Result<Vec<_>>>()
    };
    let counts = query.criteria.iter().map(of).collect::<Result<Vec<_>>>()?;
    Ok(estimate(query, &counts))
}

/// Refuses what costs more than the budget allows; what will be long waits for its place before it begins.
///
/// # Errors
/// [`rushes_types::ErrorKind::TooLarge`] with what to change; those of waiting.
pub(crate) fn admit(cost: &Cost, budget: &Budget, access: &Access) -> Result<()> {
    let limits = budget.limits();
    let cpu_ms = u64::try_from(limits.cpu.as_millis()).unwrap_or(u64::MAX);
    // An index counts what it holds, also of others: for one who sees a part only what his search really takes decides.
    if *access == Access::All {
        cost.check(cpu_ms, limits.memory_bytes)?;
    }
    if Duration::from_micros(cost.cpu_us) > limits.long { budget.enter_long() } else { Ok(()) }
}
