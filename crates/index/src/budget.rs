//! What a search may cost: CPU time, memory, bytes of its answer. One value is handed down to wherever it is spent.
//!
//! Loops count their steps in a [`Meter`], which looks at the clock and at the caller once in [`STEPS`] steps, so that a
//! step costs next to nothing and a search ends soon after its budget or its caller is gone. Memory is asked for before
//! it is taken, in batches. A look may also block: a search that turns out long waits for a place among the few that run
//! at once ([`Company`]); threads that hold a scan permit never wait.
//!
//! Every read of an index takes a budget, and a budget that is never spent has one name, [`Budget::of_maintenance`]: a
//! request cannot get one without saying so.
//!
//! CPU time is that of the threads that work on the search, so that a busy machine refuses nothing. Rejected: time on
//! the wall, which punishes a search for its neighbours; and one clock for the process, which counts them in.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use rushes_types::{Error, ErrorKind, Result};

mod terms;

pub use terms::{BudgetLimits, Company, ThreadClock};

/// Steps of a [`Meter`] between two looks: some tenths of a millisecond.
pub const STEPS: u32 = 8_192;

/// What to do about a search that costs too much.
const MEND: &str = "ask for fewer or rarer words, less fuzziness, longer beginnings or fewer clauses, or narrow the \
                    `scope`; whoever runs the archive can raise the limit";

/// Answers whether the caller of a search has gone away.
pub type GivenUp = Arc<dyn Fn() -> bool + Send + Sync>;

/// The budget of one search; made on the thread that searches.
pub struct Budget {
    limits: BudgetLimits,
    clock: Option<ThreadClock>,
    given_up: Option<GivenUp>,
    company: Option<Box<dyn Company>>,
    searching: ThreadId,
    /// CPU time of the searching thread at the last look.
    read_ns: AtomicU64,
    spent_ns: AtomicU64,
    held_bytes: AtomicU64,
    is_long: AtomicBool,
    /// How many hold what others wait for: then nothing is waited for.
    holding: AtomicUsize,
    looks: AtomicU64,
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("limits", &self.limits)
            .field("spent", &self.spent())
            .finish_non_exhaustive()
    }
}

impl Budget {
    fn with(limits: BudgetLimits, clock: Option<ThreadClock>) -> Self {
        Self {
            limits,
            clock,
            given_up: None,
            company: None,
            searching: thread::current().id(),
            read_ns: AtomicU64::new(clock.map_or(0, |clock| ns(clock()))),
            spent_ns: AtomicU64::new(0),
            held_bytes: AtomicU64::new(0),
            is_long: AtomicBool::new(false),
            holding: AtomicUsize::new(0),
            looks: AtomicU64::new(0),
        }
    }

    /// A budget that is never spent, for work that no request started: workers, verifying, tests. A test holds the list of
    /// files that may name it.
    #[must_use]
    pub fn of_maintenance() -> &'static Self {
        static ENDLESS: LazyLock<Budget> = LazyLock::new(|| Budget::with(BudgetLimits::NONE, None));
        &ENDLESS
    }

    /// A budget that begins now.
    #[must_use]
    pub fn new(limits: BudgetLimits, clock: ThreadClock) -> Self {
        Self::with(limits, Some(clock))
    }

    /// With a function that is asked from time to time: has the caller gone away?
    #[must_use]
    pub fn given_up_when(mut self, given_up: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.given_up = Some(Arc::new(given_up));
        self
    }

    /// Among other searches. What is still held of the memory when the search ends, the company gives back when it is
    /// dropped.
    #[must_use]
    pub fn among(mut self, company: impl Company + 'static) -> Self {
        self.company = Some(Box::new(company));
        self
    }

    /// While the returned value lives, looks wait for no place among the long searches: for a search that holds what
    /// others wait for.
    #[must_use]
    pub fn holding(&self) -> Holding<'_> {
        self.holding.fetch_add(1, Ordering::Relaxed);
        Holding(self)
    }

    /// Its limits.
    #[must_use]
    pub const fn limits(&self) -> &BudgetLimits {
        &self.limits
    }

    /// CPU time spent, up to the last looks.
    #[must_use]
    pub fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent_ns.load(Ordering::Relaxed))
    }

    /// Bytes held now.
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        self.held_bytes.load(Ordering::Relaxed)
    }

    /// How often it was looked whether the search may go on.
    #[must_use]
    pub fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    /// Whether the caller has gone away, for whoever waits where no look is taken; none where nobody can.
    #[must_use]
    pub fn given_up(&self) -> Option<GivenUp> {
        self.given_up.clone()
    }

    fn is_given_up(&self) -> bool {
        self.given_up.as_ref().is_some_and(|given_up| given_up())
    }

    /// Must the search end? Reads no clock: for places that are passed often, beside looks elsewhere.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.spent() > self.limits.cpu || self.is_given_up()
    }

    /// A counter of steps for the calling thread.
    #[must_use]
    pub fn meter(&self) -> Meter<'_> {
        let helps = thread::current().id() != self.searching;
        Meter {
            budget: self,
            left: STEPS,
            since: self.clock.filter(|_| helps).map(|clock| clock()),
            helps,
            waits: !helps,
        }
    }

    /// Looks now whether the search may go on; may wait for a place among the long searches.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] where the caller has gone away, [`ErrorKind::TooLarge`] where the budget is spent,
    /// [`ErrorKind::Busy`] where too many long searches run.
    pub fn check(&self) -> Result<()> {
        self.meter().look()
    }

    /// Takes memory until the search ends.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] where the search may not hold as much, [`ErrorKind::Busy`] where all searches together
    /// may not.
    pub fn keep(&self, bytes: u64) -> Result<()> {
        let held = self.held_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let taken = if held > self.limits.memory_bytes {
            let most = self.limits.memory_bytes >> 20;
            let message = format!("the search finds more than it may hold in memory, {most} MiB");
            Err(Error::new(ErrorKind::TooLarge, message).mend(MEND))
        } else {
            self.company.as_ref().map_or(Ok(()), |company| company.hold(bytes))
        };
        if taken.is_err() {
            self.held_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        taken
    }

    /// Has it a place among the long searches?
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.is_long.load(Ordering::Relaxed)
    }

    /// CPU time spent up to now, by the calling thread and by those that ended.
    #[must_use]
    pub fn settled(&self) -> Duration {
        self.meter().settle()
    }

    /// Does work whose findings nobody keeps: what it holds is given back at its end. For the thread that searches.
    ///
    /// # Errors
    /// Those of the work.
    pub fn passing<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let before = self.held_bytes();
        let done = work(self);
        drop(Held { budget: self, bytes: self.held_bytes().saturating_sub(before) });
        done
    }

    /// Takes memory until the value is dropped.
    ///
    /// # Errors
    /// As [`Budget::keep`].
    pub fn hold(&self, bytes: u64) -> Result<Held<'_>> {
        self.keep(bytes)?;
        Ok(Held { budget: self, bytes })
    }

    /// Waits for a place among the long searches, where the search has none yet.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`], [`ErrorKind::Cancelled`].
    pub fn enter_long(&self) -> Result<()> {
        match &self.company {
            Some(company) if !self.is_long.swap(true, Ordering::Relaxed) => {
                let entered = company.enter_long(&|| self.is_given_up());
                // One that was refused has no place: it must not go on as if it had.
                self.is_long.store(entered.is_ok(), Ordering::Relaxed);
                entered
            }
            _ => Ok(()),
        }
    }
}

fn ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The error of a search whose caller has gone away.
#[must_use]
pub fn given_up() -> Error {
    Error::new(ErrorKind::Cancelled, "the search was given up")
}

/// See [`Budget::holding`].
#[derive(Debug)]
pub struct Holding<'b>(&'b Budget);

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        self.0.holding.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Memory that a part of a search holds.
#[derive(Debug)]
pub struct Held<'b> {
    budget: &'b Budget,
    bytes: u64,
}

impl Held<'_> {
    /// Takes more.
    ///
    /// # Errors
    /// As [`Budget::keep`].
    pub fn grow(&mut self, bytes: u64) -> Result<()> {
        self.budget.keep(bytes)?;
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.budget.held_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        if let Some(company) = &self.budget.company {
            company.release(self.bytes);
        }
    }
}

/// Counts the steps of a loop and looks from time to time whether the search may go on.
#[derive(Debug)]
pub struct Meter<'b> {
    budget: &'b Budget,
    left: u32,
    /// CPU time of a helping thread at its last look.
    since: Option<Duration>,
    helps: bool,
    waits: bool,
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
    fn settle(&mut self) -> Duration {
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

#[cfg(test)]
mod tests;
