//! Points of an update at which a test lets a worker die.

/// Where a test lets a worker die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HaltPoint {
    /// The asset is claimed; nothing is written.
    Claimed,
    /// Everything is written, and nothing counts.
    Written,
    /// The relay has its note, and nothing counts.
    Noted,
    /// The update counts, and nothing is settled.
    Completed,
}
