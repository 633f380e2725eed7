//! A history cut off at a commit: what an archive held that stopped there. Pure.
//!
//! A store keeps what every commit did, so a later state holds every earlier one, but for two things. What was erased is gone,
//! and must not come back. And of an asset's document only the last one is kept: between two changes of a document, neither
//! of which is in a backup, it is not known.

use rushes_store::{AssetImport, CommitRecord, Effect, Erased};
use rushes_types::{Asset, Commit, Run, RunState, Visibility};

/// Commits that cannot be restored: from the first up to before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unknown {
    pub first: u64,
    pub end: u64,
}

/// Which commits behind `base`, that of an earlier backup (0: there is none), are not known of an asset. Both may be so at once.
pub(super) fn unknown(history: &[CommitRecord], base: u64) -> [Option<Unknown>; 2] {
    let behind = || history.iter().filter(|record| record.commit.0 > base);
    let commits = |is: fn(&Effect) -> bool| {
        let mut found = behind().filter(move |record| is(&record.effect)).map(|record| record.commit.0);
        let first = found.next();
        first.map(|first| (first, found.next_back().unwrap_or(first)))
    };
    let erased = commits(|effect| matches!(effect, Effect::Erased(_)));
    let registered = commits(|effect| matches!(effect, Effect::Registered));
    let range = |first, end| (first < end).then_some(Unknown { first, end });
    [
        erased.and_then(|(_, last)| range(base + 1, last)),
        registered.and_then(|(first, last)| range(first, last)),
    ]
}

/// The nearest commits that are known, before and after one that is not; `base` itself is.
pub(super) fn nearest(unknown: &[Unknown], base: u64, at: u64) -> (Option<u64>, u64) {
    let holds = |at: u64| unknown.iter().filter(move |u| u.first <= at && at < u.end);
    let mut before = at;
    while let Some(first) = holds(before).map(|u| u.first).min() {
        before = first - 1;
    }
    let mut after = at;
    while let Some(end) = holds(after).map(|u| u.end).max() {
        after = end;
    }
    ((before.max(base) > 0).then_some(before.max(base)), after)
}

/// Did something change the document, or a model of the asset, after a commit?
pub(super) fn registered_after(history: &[CommitRecord], at: Commit) -> bool {
    history.iter().any(|record| record.commit > at && matches!(record.effect, Effect::Registered))
}

/// The asset as it was at a commit; `None` where it was not there. `document` is the one that it had then.
pub(super) fn cut_off(import: &AssetImport, at: Commit, document: Option<Asset>) -> Option<AssetImport> {
    let history: Vec<CommitRecord> =
        import.history.iter().filter(|record| record.commit <= at).cloned().collect();
    if history.is_empty() {
        return None;
    }
    let is_erased = history.iter().all(|record| matches!(record.effect, Effect::Erased(Erased::Asset)));
    let runs = import.runs.iter().filter_map(|run| run_at(run, &history)).collect();
    let document = document.filter(|_| !is_erased);
    Some(AssetImport { asset: import.asset.clone(), document, runs, history })
}

/// A run as the history up to a commit has it; `None` where it was not committed. (Of one that was aborted no history tells.)
fn run_at(run: &Run, history: &[CommitRecord]) -> Option<Run> {
    if run.state != RunState::Committed {
        return None;
    }
    let is_of_run =
        |record: &&CommitRecord| record.effect.segment().is_some_and(|segment| segment.run == run.id);
    let committed = history.iter().rev().find(is_of_run)?.commit;
    let visibility = history.iter().rev().find_map(|record| match &record.effect {
        Effect::Visibility(of, visibility) if *of == run.id => Some(*visibility),
        _ => None,
    });
    let visibility = visibility.unwrap_or(Visibility::Kept);
    Some(Run { committed: Some(committed), visibility, ..run.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(effects: &[(u64, Effect)]) -> Vec<CommitRecord> {
        effects
            .iter()
            .map(|(n, effect)| CommitRecord { commit: Commit(*n), effect: effect.clone() })
            .collect()
    }

    #[test]
    fn between_two_changes_of_a_document_and_before_an_erasure_is_unknown() {
        let erased = || Effect::Erased(Erased::Asset);
        let all = history(&[(3, Effect::Registered), (5, Effect::Registered), (9, Effect::Registered)]);
        assert_eq!(unknown(&all, 0), [None, Some(Unknown { first: 3, end: 9 })]);
        assert_eq!(unknown(&all, 4), [None, Some(Unknown { first: 5, end: 9 })]);
        assert_eq!(unknown(&all, 5), [None, None]);
        let gone = history(&[(3, Effect::Registered), (7, erased()), (8, Effect::Registered)]);
        assert_eq!(
            unknown(&gone, 2),
            [Some(Unknown { first: 3, end: 7 }), Some(Unknown { first: 3, end: 8 })]
        );
        assert_eq!(unknown(&gone, 7), [None, None]);
    }

    #[test]
    fn the_nearest_are_found_over_several_that_meet() {
        let unknown = [
            Unknown { first: 3, end: 7 },
            Unknown { first: 6, end: 9 },
            Unknown { first: 9, end: 11 },
            Unknown { first: 20, end: 30 },
        ];
        assert_eq!(nearest(&unknown, 0, 8), (Some(2), 11));
        assert_eq!(nearest(&unknown, 2, 3), (Some(2), 11));
        assert_eq!(nearest(&unknown, 0, 25), (Some(19), 30));
        assert_eq!(nearest(&[Unknown { first: 1, end: 4 }], 0, 2), (None, 4));
        assert_eq!(nearest(&unknown, 0, 15), (Some(15), 15));
    }
}
