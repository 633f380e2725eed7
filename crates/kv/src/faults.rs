//! Faults that tests have the disk make.

use std::sync::Arc;

/// Where a test can inject a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPoint {
    /// Before a batch is written to the journal.
    Write,
    /// Before the journal is synced.
    Sync,
}

/// Called at each fault point; an error fails that write or sync. For tests.
pub type Faults = Arc<dyn Fn(FaultPoint) -> std::io::Result<()> + Send + Sync>;
