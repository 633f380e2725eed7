//! The searches that run at once: how many of a token, how many long ones, and the memory that all hold together.
//!
//! A search begins at once. One that turns out long, by its estimate or by the CPU time that it has taken, waits for
//! one of the few places of long searches, so that the cores that are left answer the others. Until then the priority of
//! its thread has sunk step by step with the CPU time that it has taken. Places are given in order
//! of arrival, but a token that has just had one comes after those that wait with others.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rushes_index::{BudgetLimits, Company};
use rushes_types::limits::{LONG_SEARCH_WAIT_MS_MAX, SearchLimits};
use rushes_types::{Error, ErrorKind, Result};

use crate::priority::{NICENESS, lower_priority_to};

/// How often a waiting search looks whether its caller has gone.
const POLL: Duration = Duration::from_millis(20);

/// The CPU time of the calling thread.
pub(crate) fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// What one search may cost.
pub(crate) fn budget_limits(limits: &SearchLimits) -> BudgetLimits {
    BudgetLimits {
        cpu: Duration::from_millis(limits.cpu_ms_max),
        memory_bytes: limits.memory_bytes_max,
        answer_bytes: limits.answer_bytes_max,
        long: Duration::from_millis(limits.long_cpu_ms),
    }
}

/// The searches of an archive: those that run, and how many ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Searches {
    /// Searches that run or wait.
    pub running: usize,
    /// Long ones that run.
    pub long: usize,
    /// Long ones that wait for their place.
    pub waiting: usize,
    /// Memory that all of them hold for what they found, in bytes.
    pub held_bytes: u64,
    /// Refused or ended because they cost too much, or too many ran.
    pub refused: u64,
    /// Ended because their callers had gone.
    pub given_up: u64,
    /// CPU time of all that ended, in microseconds.
    pub cpu_us: u64,
}

/// The places of an archive's searches.
#[derive(Debug)]
pub(crate) struct SearchPlaces {
    limits: SearchLimits,
    held_bytes: AtomicU64,
    refused: AtomicU64,
    given_up: AtomicU64,
    cpu_us: AtomicU64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// By token.
    tallies: HashMap<String, Tally>,
    /// Long searches that run.
    long: usize,
    /// Long searches that wait, with their tokens.
    waiting: VecDeque<(u64, String)>,
    next: u64,
    /// The token that had a place last.
    last: Option<String>,
}

/// The searches of a token.
#[derive(Debug, Default)]
struct Tally {
    all: usize,
    /// Long ones, running and waiting.
    long: usize,
}

impl State {
    /// The ticket whose turn is next.
    fn next_up(&self) -> Option<u64> {
        let other = self.waiting.iter().find(|(_, token)| Some(token) != self.last.as_ref());
        other.or_else(|| self.waiting.front()).map(|(ticket, _)| *ticket)
    }

    fn leave_queue(&mut self, ticket: u64) {
        self.waiting.retain(|(other, _)| *other != ticket);
    }
}

impl SearchPlaces {
    pub fn new(limits: SearchLimits) -> Arc<Self> {
        let none = || AtomicU64::new(0);
        let (held_bytes, refused, given_up, cpu_us) = (none(), none(), none(), none());
        Arc::new(Self {
            limits,
            held_bytes,
            refused,
            given_up,
            cpu_us,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Counts the CPU time of a search that ended.
    pub fn spent(&self, cpu: Duration) {
        self.cpu_us.fetch_add(u64::try_from(cpu.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Counts how a search ended.
    pub fn ended<T>(&self, with: &Result<T>) {
        match with.as_ref().err().map(Error::kind) {
            Some(ErrorKind::TooLarge | ErrorKind::Busy) => self.refused.fetch_add(1, Ordering::Relaxed),
            Some(ErrorKind::Cancelled) => self.given_up.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
    }

    /// Those that run now.
    pub fn searches(&self) -> Searches {
        let state = self.state();
        Searches {
            running: state.tallies.values().map(|tally| tally.all).sum(),
            long: state.long,
            waiting: state.waiting.len(),
            held_bytes: self.held_bytes.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            given_up: self.given_up.load(Ordering::Relaxed),
            cpu_us: self.cpu_us.load(Ordering::Relaxed),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Numbers and a queue, each changed in one step: a panic leaves nothing half-made.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A search of a token begins.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] where the token has too many.
    pub fn enter(self: &Arc<Self>, token: &str) -> Result<Place> {
        let mut state = self.state();
        let most = self.limits.per_token_max;
        let tally = state.tallies.entry(token.to_owned()).or_default();
        if tally.all >= most {
            return Err(busy(&format!("`{token}` has {most} searches running, as many as it may")));
        }
        tally.all += 1;
        let (held_bytes, niceness) = (AtomicU64::new(0), AtomicI32::new(0));
        let (places, token) = (Arc::clone(self), token.to_owned());
        Ok(Place { places, token, held_bytes, niceness, long: Mutex::default() })
    }
}

/// The niceness of a search that has taken so much CPU time, where it is long from `long_ms` on: as low as it goes by
/// then, in even steps.
fn niceness(cpu: Duration, long_ms: u64) -> i32 {
    let most = u128::from(NICENESS.unsigned_abs());
    let share = (cpu.as_micros() * most).checked_div(u128::from(long_ms) * 1_000).unwrap_or(most);
    i32::try_from(share.min(most)).unwrap_or(NICENESS)
}

fn busy(message: &str) -> Error {
    Error::new(ErrorKind::Busy, message).mend("send it again in a moment, or ask for less at a time")
}

/// How far a search is with its place among the long ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Long {
    #[default]
    Not,
    Waits,
    Runs,
}

/// One search among the others, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<SearchPlaces>,
    token: String,
    held_bytes: AtomicU64,
    /// How far the priority of its thread was lowered.
    niceness: AtomicI32,
    long: Mutex<Long>,
}

impl Place {
    fn set_long(&self, long: Long) {
        *self.long.lock().unwrap_or_else(PoisonError::into_inner) = long;
    }

    /// Lowers the priority of the searching thread, which is the calling one, where it is not as low yet.
    fn be_nice(&self, niceness: i32) {
        if self.niceness.fetch_max(niceness, Ordering::Relaxed) < niceness {
            lower_priority_to(niceness);
        }
    }

    /// Takes a ticket among the long searches.
    fn ticket(&self) -> Result<u64> {
        let most = self.places.limits.long_per_token_max;
        let mut state = self.places.state();
        let tally = state.tallies.entry(self.token.clone()).or_default();
        if tally.long >= most {
            let message =
                format!("`{}` has {most} long searches running or waiting, as many as it may", self.token);
            return Err(busy(&message));
        }
        tally.long += 1;
        self.set_long(Long::Waits);
        let ticket = state.next;
        state.next += 1;
        state.waiting.push_back((ticket, self.token.clone()));
        Ok(ticket)
    }
}

impl Company for Place {
    fn hold(&self, bytes: u64) -> Result<()> {
        let most = self.places.limits.all_memory_bytes_max;
        let all = self.places.held_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if all > most {
            self.places.held_bytes.fetch_sub(bytes, Ordering::Relaxed);
            let message =
                format!("all searches together hold as much memory as they may, {} MiB", most >> 20);
            return Err(busy(&message));
        }
        self.held_bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    fn release(&self, bytes: u64) {
        self.held_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.places.held_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn has_spent(&self, cpu: Duration) {
        self.be_nice(niceness(cpu, self.places.limits.long_cpu_ms));
    }

    fn enter_long(&self, given_up: &dyn Fn() -> bool) -> Result<()> {
        let ticket = self.ticket()?;
        self.be_nice(NICENESS);
        let until = Instant::now() + Duration::from_millis(LONG_SEARCH_WAIT_MS_MAX);
        let mut state = self.places.state();
        loop {
            if state.long < self.places.limits.long_max && state.next_up() == Some(ticket) {
                state.leave_queue(ticket);
                state.long += 1;
                state.last = Some(self.token.clone());
                self.set_long(Long::Runs);
                // With several places free the next one may go, too.
                self.places.changed.notify_all();
                return Ok(());
            }
            let gone = given_up();
            if gone || Instant::now() >= until {
                state.leave_queue(ticket);
                if let Some(tally) = state.tallies.get_mut(&self.token) {
                    tally.long -= 1;
                }
                self.set_long(Long::Not);
                self.places.changed.notify_all();
                return Err(if gone {
                    Error::new(ErrorKind::Cancelled, "the search was given up")
                } else {
                    busy("too many long searches run")
                });
            }
            let waited = self.places.changed.wait_timeout(state, POLL);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.held_bytes.fetch_sub(*self.held_bytes.get_mut(), Ordering::Relaxed);
        let long = *self.long.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.places.state();
        state.long -= usize::from(long == Long::Runs);
        if let Some(tally) = state.tallies.get_mut(&self.token) {
            tally.all -= 1;
            tally.long -= usize::from(long != Long::Not);
            if tally.all == 0 {
                state.tallies.remove(&self.token);
            }
        }
        drop(state);
        self.places.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;
