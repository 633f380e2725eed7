//! The fused store on a real Cassandra: the laws of its seam, workers that race and die, readers in between.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod large;
mod network;
mod random;
mod support;
mod workers;

// The histories that fusion is tested with.
#[path = "../../../fusing/tests/it/fake.rs"]
mod fake;
#[path = "../../../fusing/tests/it/histories.rs"]
mod histories;
#[path = "../../../fusing/tests/it/naive.rs"]
mod naive;

mod laws {
    rushes_testkit::fused_suite!(perhaps crate::support::fresh());
}
