//! The embedded index answers exactly as the memory index, over random histories and questions.

use proptest::prelude::*;
use rushes_testkit::index_model::answers_as_the_memory_index;

use crate::fixtures::Embedded;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_embedded_index_answers_as_the_memory_index(seed in any::<u64>(), flushes_early in any::<bool>()) {
        let mut embedded = Embedded::flushing(if flushes_early { 2_000 } else { 1 << 20 });
        answers_as_the_memory_index(seed, 14, &mut embedded, &|embedded| embedded.embedded().verify().unwrap());
    }
}
