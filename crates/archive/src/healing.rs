//! Damage of what is derived: noticed when an archive is opened, and when a read meets it.
//!
//! The store is the truth: where it lacks what was acknowledged, nothing is opened, unless someone says so. What is derived is made
//! again from it.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rushes_events::{Event, Topic};
use rushes_types::{Backoff, Commit, Error, ErrorKind, Result};

use crate::engines::Engines;
use crate::rebuild_marker::Rebuild;
use crate::workers::{FUSE_CONSUMER, INDEX_CONSUMER};

/// Refuses a store that holds less than what was derived from it: store and chain may both be of an earlier time.
pub(crate) fn check_store_is_ahead(engines: &Engines) -> Result<()> {
    if engines.shared() {
        return Ok(());
    }
    let last = engines.store.last_commit()?;
    let indexed = engines.index.reader(None)?.read_point().upto;
    let fused = engines.events.watermarks(Topic::Committed, FUSE_CONSUMER)?.into_iter().max();
    let derived = indexed.max(fused.unwrap_or(Commit::NONE));
    if derived <= last {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Corrupt,
        format!("the annotation store is damaged: it ends with commit {last}, but commit {derived} was fused from it"),
    )
    .mend("`rushes doctor` shows the ways out"))
}

/// Several index workers may each have missed what the others reached; they check again within this time.
const PUBLISHED_WITHIN: Duration = Duration::from_secs(3);

/// What of the derived parts lacks what the event log says that it has done: events are acknowledged only once what they brought
/// is durable. `index`: where the index lies, and whether it is of use here.
pub(crate) fn derived_is_behind(engines: &Engines, index: IndexPlace) -> Result<Option<Rebuild>> {
    let acknowledged = |topic, consumer| -> Result<Commit> {
        Ok(engines.events.watermarks(topic, consumer)?.into_iter().min().unwrap_or(Commit::NONE))
    };
    if !engines.shared()
        && engines.timeline.assets(None, 1)?.is_empty()
        && acknowledged(Topic::Committed, FUSE_CONSUMER)? > Commit::NONE
        && !engines.store.assets_with_history(None, 1)?.is_empty()
    {
        tracing::warn!("what was fused is gone; it is rebuilt");
        return Ok(Some(Rebuild::All));
    }
    let until = Instant::now() + PUBLISHED_WITHIN;
    loop {
        let acknowledged = acknowledged(Topic::Fused, INDEX_CONSUMER)?;
        let indexed = engines.index.reader(None)?.read_point().upto;
        let is_behind = match index {
            IndexPlace::OfNoUse => false,
            IndexPlace::Here if !engines.shared() => indexed < acknowledged,
            // Others write to what is shared: only an index that has lost everything is known to be behind.
            IndexPlace::Here | IndexPlace::Elsewhere => {
                acknowledged > Commit::NONE && indexed == Commit::NONE && engines.index.counts()?.entries == 0
            }
        };
        if !is_behind {
            return Ok(None);
        }
        if index == IndexPlace::Here && !engines.shared() || Instant::now() > until {
            tracing::warn!(%indexed, %acknowledged, "the index is gone, or older than what was indexed; it is rebuilt");
            return Ok(Some(Rebuild::Index));
        }
        std::thread::sleep(PUBLISHED_WITHIN / 10);
    }
}

/// Tells the later stages of commits that no row of the outbox speaks of: numbers of a damaged store that was taken over are left out, and
/// who did that may have been cut off before he said so, or it did not reach the last of them. Without it the read point would wait
/// for them until the next commit. Being told twice does no harm.
pub(crate) fn tell_left_out(engines: &Engines) -> Result<()> {
    if engines.shared() {
        return Ok(());
    }
    // In this order: of what is settled now, all is carried where the outbox is empty afterwards.
    let upto = engines.store.settled()?;
    let told = |topic, consumer| -> Result<Commit> {
        Ok(engines.events.watermarks(topic, consumer)?.into_iter().min().unwrap_or(Commit::NONE))
    };
    let told = told(Topic::Committed, FUSE_CONSUMER)?.min(told(Topic::Fused, INDEX_CONSUMER)?);
    if told < upto && engines.store.outbox(0, 1)?.rows.is_empty() {
        engines.events.append(Topic::Committed, &[Event::Watermark { partition: None, upto }])?;
    }
    Ok(())
}

/// Where an index lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IndexPlace {
    /// In the archive's folder, where this process fills it.
    Here,
    /// In the archive's folder, and this process does not fill it.
    OfNoUse,
    /// On an engine.
    Elsewhere,
}

/// How long a rebuild waits that failed, or that was needed again at once: first, and at most.
const WAIT: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(600);

/// Has derived parts made again that a read found to be damaged. One rebuild runs at a time; one that fails is tried again, and
/// what is damaged again soon after waits longer each time.
pub(crate) struct Healer {
    rebuild: OnceLock<Arc<RebuildFn>>,
    state: Arc<Mutex<State>>,
    /// After a rest as long as this, the next damage is the first one again.
    rest: Duration,
}

struct State {
    backoff: Backoff,
    /// A rebuild is under way, or waits to be tried again.
    running: bool,
    /// When the last one ended, and how long the next one waits from then on.
    ended: Option<(Instant, Duration)>,
}

/// Rebuilds; nothing where the archive is closed.
type RebuildFn = dyn Fn(Rebuild) -> Result<()> + Send + Sync;

impl Default for Healer {
    fn default() -> Self {
        Self::new(WAIT, WAIT_MAX)
    }
}

impl Healer {
    fn new(first: Duration, longest: Duration) -> Self {
        let backoff = Backoff::new(first, longest, u64::from(std::process::id()));
        let state = State { backoff, running: false, ended: None };
        Self { rebuild: OnceLock::new(), state: Arc::new(Mutex::new(state)), rest: longest }
    }

    /// How the archive that it looks after is rebuilt.
    pub(crate) fn rebuilds_by(&self, rebuild: impl Fn(Rebuild) -> Result<()> + Send + Sync + 'static) {
        // Set once, when the archive is opened.
        let _ = self.rebuild.set(Arc::new(rebuild));
    }

    /// The outcome of a read of derived data; where it met damage, a rebuild is begun and the error says so.
    pub(crate) fn after<T>(&self, what: Rebuild, outcome: Result<T>) -> Result<T> {
        let error = match outcome {
            Err(error) if error.kind() == ErrorKind::Corrupt => error,
            other => return other,
        };
        let Some(rebuild) = self.rebuild.get().cloned() else { return Err(error) };
        {
            let mut state = lock(&self.state);
            if state.running {
                return Err(being_made(&error));
            }
            if let Some((ended, wait)) = state.ended {
                if ended.elapsed() < wait {
                    // It was made again, and is damaged again: the disk may be failing.
                    return Err(error);
                }
                if ended.elapsed() > self.rest {
                    state.backoff.reset();
                }
            }
            state.running = true;
        }
        tracing::warn!(%error, ?what, "derived data are damaged; they are made again");
        let state = Arc::clone(&self.state);
        let heal = move || heal(what, rebuild.as_ref(), &state);
        match std::thread::Builder::new().name("rushes-heal".to_owned()).spawn(heal) {
            Ok(_) => Err(being_made(&error)),
            Err(e) => {
                lock(&self.state).running = false;
                Err(Error::io("beginning to rebuild", e))
            }
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Rebuilds until that succeeds: what a rebuild that failed has emptied, nobody else fills.
fn heal(what: Rebuild, rebuild: &RebuildFn, state: &Mutex<State>) {
    loop {
        let done = rebuild(what);
        let wait = {
            let mut state = lock(state);
            let wait = state.backoff.next_wait();
            if done.is_ok() {
                state.running = false;
                state.ended = Some((Instant::now(), wait));
            }
            wait
        };
        let Err(error) = done else { return };
        tracing::error!(%error, ?wait, "the rebuild of damaged data has failed; it is tried again");
        std::thread::sleep(wait);
    }
}

fn being_made(error: &Error) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("what was derived is damaged, and is being made again ({})", error.message()),
    )
    .mend("ask again in a while; `rushes status` shows how far it is")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const STEP: Duration = Duration::from_millis(20);
    const PATIENCE: Duration = Duration::from_secs(20);

    fn damaged(healer: &Healer) -> ErrorKind {
        let error = Error::new(ErrorKind::Corrupt, "a segment is damaged");
        healer.after::<()>(Rebuild::Index, Err(error)).unwrap_err().kind()
    }

    /// Rebuilds of which the first `failures` fail, and how often one was tried.
    fn healer(failures: usize) -> (Healer, Arc<AtomicUsize>) {
        let (healer, tried) = (Healer::new(STEP, STEP * 8), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&tried);
        healer.rebuilds_by(move |_| match count.fetch_add(1, Ordering::SeqCst) < failures {
            true => Err(Error::new(ErrorKind::StorageFull, "no room")),
            false => Ok(()),
        });
        (healer, tried)
    }

    fn wait_until(is_so: impl Fn() -> bool) {
        let until = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < until);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_rebuild_that_fails_is_tried_again_and_reads_say_that_it_goes_on() {
        let (healer, tried) = healer(3);
        assert_eq!(damaged(&healer), ErrorKind::Unavailable);
        while tried.load(Ordering::SeqCst) < 4 {
            let kind = damaged(&healer);
            assert!(kind == ErrorKind::Unavailable || tried.load(Ordering::SeqCst) == 4);
        }
        wait_until(|| !lock(&healer.state).running);
        assert_eq!(tried.load(Ordering::SeqCst), 4);
        assert!(healer.after(Rebuild::Index, Ok(1)).is_ok());
    }

    #[test]
    fn a_second_damage_is_mended_too_but_not_at_once() {
        let (healer, tried) = healer(0);
        for times in 1..4 {
            assert_eq!(damaged(&healer), ErrorKind::Unavailable);
            wait_until(|| !lock(&healer.state).running);
            assert_eq!(tried.load(Ordering::SeqCst), times);
            // Making it again does not mend what is damaged at once: that is said as it is.
            let (ended, wait) = lock(&healer.state).ended.unwrap();
            let kind = damaged(&healer);
            assert!(kind == ErrorKind::Corrupt || ended.elapsed() > wait);
            if kind == ErrorKind::Corrupt {
                wait_until(|| ended.elapsed() > wait);
            } else {
                return;
            }
        }
        assert_eq!(lock(&healer.state).backoff.tries(), 3);
        std::thread::sleep(STEP * 9);
        assert_eq!(damaged(&healer), ErrorKind::Unavailable);
        wait_until(|| !lock(&healer.state).running);
        assert_eq!(lock(&healer.state).backoff.tries(), 1);
    }
}
