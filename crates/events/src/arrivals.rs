//! Waiting for events without missing one that came between an empty poll and the wait.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use crate::Topic;

/// Threads remembered before all are forgotten. Forgetting costs at most one wait that lasts its full time.
const THREADS_MAX: usize = 1_024;

#[derive(Debug, Default)]
struct State {
    /// The last offset of each topic that can be polled.
    ends: HashMap<Topic, u64>,
    /// The end of a topic when a thread last polled it or woke for it.
    seen: HashMap<(ThreadId, Topic), u64>,
}

/// Knows up to which offset each topic can be polled, and wakes waiting threads. A log without such offsets counts
/// arrivals instead.
#[derive(Debug, Default)]
pub struct Arrivals {
    state: Mutex<State>,
    arrived: Condvar,
}

impl Arrivals {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Events arrived in the topic, for a log that does not know their offsets.
    pub fn arrived(&self, topic: Topic) {
        *self.state().ends.entry(topic).or_default() += 1;
        self.arrived.notify_all();
    }

    /// The topic now ends at `end`, or later.
    pub(crate) fn reached(&self, topic: Topic, end: u64) {
        let mut state = self.state();
        let known = state.ends.entry(topic).or_default();
        *known = end.max(*known);
        self.arrived.notify_all();
    }

    /// The last offset that can be polled; notes that the calling thread is about to poll up to it.
    pub fn polling(&self, topic: Topic) -> u64 {
        let mut state = self.state();
        let end = state.ends.get(&topic).copied().unwrap_or_default();
        if state.seen.len() >= THREADS_MAX {
            state.seen.clear();
        }
        state.seen.insert((std::thread::current().id(), topic), end);
        end
    }

    /// The last offset that can be polled.
    pub(crate) fn end(&self, topic: Topic) -> u64 {
        self.state().ends.get(&topic).copied().unwrap_or_default()
    }

    /// Waits until the topic ends later than the calling thread has seen, or the time is over.
    pub fn wait(&self, topic: Topic, timeout: Duration) {
        let me = (std::thread::current().id(), topic);
        let until = Instant::now().checked_add(timeout);
        let mut state = self.state();
        let end = state.ends.get(&topic).copied().unwrap_or_default();
        let seen = state.seen.get(&me).copied().unwrap_or(end);
        while state.ends.get(&topic).copied().unwrap_or_default() <= seen {
            let left = until.map_or(timeout, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            state = self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let end = state.ends.get(&topic).copied().unwrap_or_default();
        state.seen.insert(me, end);
    }
}
