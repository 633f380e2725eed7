//! Which stretches were analysed, by which run, and when.
//!
//! A claim is valid until a replace run of a model of the same name claims the stretch: then the older run's findings
//! there are superseded, so it must not count as having looked. The rest of the older claim lives on as pieces.

use rushes_store::RunSegment;
use rushes_types::{Analysed, Commit, RunMode, TimeRange, Validity};

fn is_alive(claim: &Analysed) -> bool {
    claim.validity.died == Commit::NEVER
}

/// A run's segment became current at `commit`.
pub(crate) fn enter(list: &mut Vec<Analysed>, segment: &RunSegment, commit: Commit) {
    if segment.run.is_loose() {
        return; // loose lines claim no coverage
    }
    let range = segment.coverage.unwrap_or_else(TimeRange::everything);
    let mut pieces = Vec::new();
    for claim in list.iter_mut().filter(|c| is_alive(c)) {
        let own = claim.run == segment.run;
        let replaced = segment.mode == RunMode::Replace && !own && claim.model.name() == segment.model.name();
        if own {
            claim.validity.died = commit; // joined into the whole claim again, below
        } else if replaced && overlaps(claim.range, range) {
            claim.validity.died = commit;
            let left = (claim.range.start_ns(), range.start_ns());
            let right = (range.end_ns(), claim.range.end_ns());
            for (start, end) in [left, right] {
                if start < end
                    && let Ok(range) = TimeRange::new(start, end)
                {
                    pieces.push(Analysed { range, validity: Validity::from(commit), ..claim.clone() });
                }
            }
        }
    }
    // A whole claim that was alive lives on rather than being born again.
    let alive_until_now =
        list.iter_mut().find(|c| c.run == segment.run && c.range == range && c.validity.died == commit);
    match alive_until_now {
        Some(claim) => claim.validity.died = Commit::NEVER,
        None => pieces.push(Analysed {
            model: segment.model.clone(),
            run: segment.run.clone(),
            range,
            validity: Validity::from(commit),
        }),
    }
    list.extend(pieces);
    list.sort_by(|a, b| order(a).cmp(&order(b)));
}

fn overlaps(a: TimeRange, b: TimeRange) -> bool {
    a.start_ns() < b.end_ns() && b.start_ns() < a.end_ns()
}

fn order(claim: &Analysed) -> impl Ord + '_ {
    (&claim.model, &claim.run, claim.range, claim.validity)
}
