//! What a budget is made of: its limits, the clock that it is spent by, and those that it is shared with.

use std::time::Duration;

use rushes_types::Result;

/// The CPU time of the calling thread so far.
pub type ThreadClock = fn() -> Duration;

/// What one search may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetLimits {
    /// CPU time over all of its threads.
    pub cpu: Duration,
    /// Memory for what it finds, in bytes.
    pub memory_bytes: u64,
    /// Bytes of its answer.
    pub answer_bytes: usize,
    /// With more CPU time than this it is a long search.
    pub long: Duration,
}

impl BudgetLimits {
    /// No limits.
    pub const NONE: Self =
        Self { cpu: Duration::MAX, memory_bytes: u64::MAX, answer_bytes: usize::MAX, long: Duration::MAX };
}

/// What a search shares with those that run beside it.
pub trait Company: Send + Sync {
    /// Takes memory from what all searches may hold together.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Busy`] where that is too much; nothing was taken then.
    fn hold(&self, bytes: u64) -> Result<()>;
    /// Gives memory back.
    fn release(&self, bytes: u64);
    /// Hears at each look of the searching thread, and on that thread, how much CPU time the search has taken.
    fn has_spent(&self, _cpu: Duration) {}
    /// Waits for a place among the long searches; it is kept until the search ends.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Busy`] where there is none in time; [`ErrorKind::Cancelled`] where the search was given up.
    fn enter_long(&self, given_up: &dyn Fn() -> bool) -> Result<()>;
}
