//! Sequences: for each first span the earliest chain of spans that completes.

use rushes_index::Meter;
use rushes_types::{Result, TimeRange};

/// The spans of one step, by start and end, and how long after the step before they may begin.
#[derive(Debug)]
pub(crate) struct Link {
    /// The spans.
    pub spans: Vec<TimeRange>,
    /// At most this long after the end of what it follows; `None`: any time later.
    pub within_ns: Option<i64>,
}

/// The chains, one for each first span that has one: from its start to the last end, and a span of every step.
///
/// Computed from the last step backwards, so it is known which spans complete: no dead end is tried twice, and the
/// first completing span in reach is the earliest.
///
/// # Errors
/// Those of the budget.
pub(crate) fn chains(links: &[Link], meter: &mut Meter<'_>) -> Result<Vec<(TimeRange, Vec<TimeRange>)>> {
    let Some((first, rest)) = links.split_first() else { return Ok(Vec::new()) };
    // For each span of each step, its successor in the next step; `None`: a dead end.
    let mut next: Vec<Vec<Option<usize>>> = vec![Vec::new(); links.len()];
    let mut completes: Vec<usize> = Vec::new();
    for (i, link) in links.iter().enumerate().rev() {
        meter.steps(link.spans.len())?;
        let follows = links.get(i + 1);
        let step: Vec<Option<usize>> = link
            .spans
            .iter()
            .enumerate()
            .map(|(at, span)| match follows {
                None => Some(at),
                Some(follows) => earliest(span.end_ns(), follows, &completes),
            })
            .collect();
        completes = (0..step.len()).filter(|at| step.get(*at).is_some_and(Option::is_some)).collect();
        if let Some(slot) = next.get_mut(i) {
            *slot = step;
        }
    }
    let mut chains = Vec::new();
    'first: for (at, span) in first.spans.iter().enumerate() {
        meter.steps(links.len())?;
        let (mut chain, mut at) = (vec![*span], at);
        for (link, next) in rest.iter().zip(&next) {
            let Some(span) = next.get(at).copied().flatten().and_then(|to| {
                at = to;
                link.spans.get(to)
            }) else {
                continue 'first;
            };
            chain.push(*span);
        }
        let end = chain.last().map_or(span.end_ns(), |last| last.end_ns());
        chains.extend(TimeRange::new(span.start_ns(), end).map(|range| (range, chain)));
    }
    Ok(chains)
}

/// The first span that begins at or after `end_ns`, in reach, and completes.
fn earliest(end_ns: i64, link: &Link, completes: &[usize]) -> Option<usize> {
    let start = |at: &usize| link.spans.get(*at).map_or(i64::MAX, |span| span.start_ns());
    let to = *completes.get(completes.partition_point(|at| start(at) < end_ns))?;
    link.within_ns.is_none_or(|within| start(&to).saturating_sub(end_ns) <= within).then_some(to)
}

#[cfg(test)]
mod tests {
    use rushes_index::Budget;

    use super::*;

    fn link(within_ns: Option<i64>, spans: &[(i64, i64)]) -> Link {
        let spans = spans.iter().map(|(s, e)| TimeRange::new(*s, *e).unwrap()).collect();
        Link { spans, within_ns }
    }

    #[test]
    fn a_chain_avoids_a_dead_end() {
        // The first B in reach ends too late for C; the next one has a C.
        let links =
            [link(None, &[(0, 1), (9, 10)]), link(Some(5), &[(2, 20), (3, 4)]), link(Some(2), &[(5, 6)])];
        let chains = chains(&links, &mut Budget::of_maintenance().meter()).unwrap();
        assert_eq!(chains.len(), 1);
        let ends: Vec<_> = chains[0].1.iter().map(|s| (s.start_ns(), s.end_ns())).collect();
        assert_eq!(ends, [(0, 1), (3, 4), (5, 6)]);
    }
}
