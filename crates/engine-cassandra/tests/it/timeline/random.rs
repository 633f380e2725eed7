//! Random histories, with their digests.

use proptest::prelude::*;

use crate::timeline::histories::{op, run};
use crate::timeline::support;

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn however_a_history_is_cut_the_rows_are_those_of_the_naive_model(
        ops in prop::collection::vec(op(), 1..20),
    ) {
        if let Some((store, _keyspace)) = support::fresh() {
            run(&ops, &store);
        }
    }
}
