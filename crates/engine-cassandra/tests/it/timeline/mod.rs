//! The fused store on a real Cassandra: the laws of its seam, workers that race and die, readers in between.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod large;
mod network;
mod random;
mod support;
mod workers;

// The histories that fusion is tested with; they fuse by this crate.
use rushes_fuse as _;
#[path = "../../../../fuse/tests/it/driver/fake.rs"]
mod fake;
#[path = "../../../../fuse/tests/it/driver/histories.rs"]
mod histories;
#[path = "../../../../fuse/tests/it/driver/naive.rs"]
mod naive;

mod laws {
    rushes_testkit::timeline_suite!(perhaps crate::timeline::support::fresh());
}
