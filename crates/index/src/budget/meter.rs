//! Counting steps, and looking from time to time whether a search may go on.

use std::sync::atomic::Ordering;
use std::time::Duration;

use rushes_types::{Error, ErrorKind, Result};

use super::{Budget, MEND, STEPS, given_up, ns};

/// Counts the steps of a loop and looks from time to time whether the search may go on.
#[derive(Debug)]
pub struct Meter<'b> {
    pub(super) budget: &'b Budget,
    pub(super) left: u32,
    /// CPU time of a helping thread at its last look.
    pub(super) since: Option<Duration>,
    pub(super) helps: bool,
    pub(super) waits: bool,
}

impl Meter<'_> {
    /// The same, but it never waits: for a thread that holds what others wait for.
    #[must_use]
    pub fn without_waiting(mut self) -> Self {
        self.waits = false;
        self
    }

    /// One step: some ten nanoseconds of work.
    ///
    /// # Errors
    /// As [`Budget::check`].
    #[inline]
    pub fn step(&mut self) -> Result<()> {
        self.steps(1)
    }

    /// Work of as many steps.
    ///
    /// # Errors
    /// As [`Budget::check`].
    #[inline]
    pub fn steps(&mut self, steps: usize) -> Result<()> {
        match u32::try_from(steps).ok().and_then(|steps| self.left.checked_sub(steps)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => self.look(),
        }
    }

    /// Looks now.
    ///
    /// # Errors
    /// As [`Budget::check`].
    #[cold]
    pub fn look(&mut self) -> Result<()> {
        let budget = self.budget;
        self.left = STEPS;
        budget.looks.fetch_add(1, Ordering::Relaxed);
        if budget.is_given_up() {
            return Err(given_up());
        }
        let spent = self.settle();
        if spent > budget.limits.cpu {
            let most = budget.limits.cpu.as_millis();
            let message = format!("the search takes more CPU time than one may, {most} ms");
            return Err(Error::new(ErrorKind::TooLarge, message).mend(MEND));
        }
        if !self.helps
            && let Some(company) = &budget.company
        {
            company.has_spent(spent);
        }
        let waits = self.waits && budget.holding.load(Ordering::Relaxed) == 0;
        if waits && spent > budget.limits.long { budget.enter_long() } else { Ok(()) }
    }

    /// Adds what this thread has spent since the last time, and returns what all have.
    pub(super) fn settle(&mut self) -> Duration {
        let budget = self.budget;
        let Some(clock) = budget.clock else { return Duration::ZERO };
        let now = ns(clock());
        let before = match &mut self.since {
            Some(since) => ns(std::mem::replace(since, Duration::from_nanos(now))),
            None => budget.read_ns.swap(now, Ordering::Relaxed),
        };
        let more = now.saturating_sub(before);
        Duration::from_nanos(budget.spent_ns.fetch_add(more, Ordering::Relaxed).saturating_add(more))
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        if self.helps {
            self.settle();
        }
    }
}
