//! Random operations on the store on Cassandra and on the store in memory: both answer the same.

use proptest::prelude::*;
use rushes_store::AppendMode;
use rushes_testkit::store_model::{self, Op};

use crate::store::support;

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_store_on_cassandra_does_what_the_store_in_memory_does(ops in store_model::ops(40)) {
        if let Some(mut fixture) = support::fixture() {
            store_model::check(&ops, &mut fixture);
        }
    }
}

#[test]
fn an_asset_that_is_not_registered_comes_before_lines_that_are_rejected() {
    let Some(mut fixture) = support::fixture() else { return };
    // The second and the third line have one id and say different things.
    let lines = || vec![(2, 2, vec![(5, 0, 1), (2, 0, 1), (2, 3, 0)])];
    let modes = [AppendMode::DryRun, AppendMode::Atomic, AppendMode::Partial];
    let ops = modes.map(|mode| Op::Loose(lines(), mode));
    store_model::check(&ops, &mut fixture);
}

#[test]
fn a_purge_changes_nothing_that_is_seen() {
    let Some(mut fixture) = support::fixture() else { return };
    let ops = [
        Op::PutAsset(0, false),
        Op::Loose(vec![(0, 0, vec![(0, 0, 0), (1, 5, 0)])], AppendMode::Partial),
        Op::Open(Some(0), 0, 0, true, Some((0, 3))),
        Op::Append(0, vec![(2, 1, 1)], AppendMode::Partial),
        Op::Commit(0),
        Op::EraseAnnotation(0, 0, None, 1),
        Op::Purge,
        Op::Loose(vec![(0, 0, vec![(0, 0, 0), (1, 5, 0)])], AppendMode::Partial),
        Op::Reopen,
        Op::Trim(0),
        Op::EraseModel(0, None),
        Op::Loose(vec![(0, 0, vec![(0, 0, 0), (1, 5, 0)])], AppendMode::Partial),
        Op::EraseRun(0),
        Op::Open(Some(0), 0, 0, true, None),
        Op::Append(0, vec![(2, 1, 1)], AppendMode::Partial),
        Op::Abort(0),
        Op::Purge,
        Op::EraseAsset(0),
        Op::PutAsset(0, true),
        Op::Purge,
    ];
    store_model::check(&ops, &mut fixture);
}
