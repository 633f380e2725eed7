//! Random histories: however they are cut, fusion gives what the naive model gives, byte for byte.

use proptest::prelude::*;
use rushes_timeline::{EmbeddedTimeline, MemoryTimeline};
use rushes_types::*;

use super::histories::{op, run};
use super::naive;

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn however_a_history_is_cut_the_rows_are_those_of_the_naive_model(
        ops in prop::collection::vec(op(), 1..24),
    ) {
        run(&ops, &MemoryTimeline::new().unwrap());
    }

    #[test]
    fn intersections_are_those_of_the_naive_model(
        ranges in prop::collection::vec((0i64..30, 0i64..12), 0..40),
    ) {
        let mut members: Vec<BucketMember> = ranges
            .iter()
            .enumerate()
            .map(|(n, (s, len))| BucketMember { start_ns: *s, key: AnnotationKey(n as u128), end_ns: s + len })
            .filter(|m| m.start_ns < 20 && m.end_ns >= 10)
            .collect();
        members.sort_unstable();
        prop_assert_eq!(rushes_fuse::intersections(10, 20, &members), naive::intersections(10, 20, &members));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn the_embedded_store_holds_the_same(ops in prop::collection::vec(op(), 1..16)) {
        let folder = tempfile::tempdir().unwrap();
        run(&ops, &EmbeddedTimeline::open(folder.path()).unwrap());
    }
}
