//! Points of an update at which a test kills a worker.

/// Where a test kills a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HaltPoint {
    /// The asset is claimed; nothing is written.
    Claimed,
    /// Everything is written; nothing is visible.
    Written,
    /// The relay has its note; nothing is visible.
    Noted,
    /// The update is visible; nothing is settled.
    Completed,
}
