//! The processes that number commits, and for each the number below which none of its commits is in flight.
//!
//! A process takes a number of 0 … 511 (a conditional write) and a unique id. Its *floor* is a number: every commit of
//! this writer up to it is settled (made or given up), and was noted in `pending` before. A thread publishes the floor,
//! soon after something was settled and about once a second otherwise.
//!
//! The relay closes a writer whose floor does not rise. Before its conditional write a writer notes the asset in
//! `pending` and *then* reads whether it was closed; the relay marks the writer closed and *then* reads the notes. So
//! at least one sees the other: a writer that finds itself closed starts again under a new identity, and the relay
//! fences the assets that the writer noted.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::client::{Cluster, Outcome, Write};
use rushes_store::RUN_SEGMENT_BASE;
use rushes_types::{AssetId, Error, ErrorKind, Result};

use crate::columns::column;
use crate::store::clock::{self, Clock, WRITERS};
use crate::store::head;
use crate::store::registered::{all, floors, free};

/// How long after something was settled the floor is published, at most.
const PUBLISH_DELAY: Duration = Duration::from_millis(50);
/// How often it is published where nothing happens.
const PUBLISH_INTERVAL: Duration = Duration::from_secs(1);
/// How long publishing may take before it is started again.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a process waits for the servers when it leaves.
pub const LEAVE_TIMEOUT: Duration = Duration::from_secs(3);
/// Attempts to find a free number.
const ATTEMPTS: usize = 64;

/// A process's identity among the writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Its number.
    pub number: u16,
    /// Its id.
    pub id: i64,
}

/// A commit under way.
struct InFlightCommit {
    id: i64,
    asset: AssetId,
    /// Its outcome is unknown and no caller waits for it any more: its asset has to be fenced.
    unresolved: bool,
}

struct Inner {
    clock: Clock,
    identity: Identity,
    in_flight: BTreeMap<u64, InFlightCommit>,
    floor: u64,
    settled: bool,
    stop: bool,
    /// The process is dead, because a test killed it: nothing of it is settled any more.
    #[cfg(feature = "testing")]
    dead: bool,
}

impl Inner {
    /// Did a test let this process die?
    const fn is_dead(&self) -> bool {
        #[cfg(feature = "testing")]
        return self.dead;
        #[cfg(not(feature = "testing"))]
        return false;
    }
}

/// This process among the writers.
pub struct Writers {
    cluster: Arc<Cluster>,
    inner: Arc<(Mutex<Inner>, Condvar)>,
    publish_loop: Mutex<Option<JoinHandle<()>>>,
}

/// A commit number in flight. Dropping it settles it.
pub struct Ticket {
    /// The number.
    pub number: u64,
    /// The writer that made it.
    pub identity: Identity,
    inner: Arc<(Mutex<Inner>, Condvar)>,
    unresolved: bool,
}

impl Ticket {
    /// The outcome is not known: the floor stays below until the asset is fenced.
    pub fn leave_unresolved(mut self) {
        self.unresolved = true;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut inner = lock(&self.inner.0);
        if inner.is_dead() {
            return;
        }
        if self.unresolved {
            if let Some(flight) = inner.in_flight.get_mut(&self.number) {
                flight.unresolved = true;
            }
        } else {
            inner.in_flight.remove(&self.number);
        }
        inner.settled = true;
        self.inner.1.notify_all();
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    // Every change is complete before the lock is released, so the state is valid after a panic.
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A unique number, positive.
pub fn random() -> Result<u64> {
    let n = getrandom::u64().map_err(|e| Error::bug(format!("the system gives no random numbers: {e}")))?;
    Ok(n >> 1)
}

/// The number of a segment or piece: random, never that of a commit.
pub fn new_segment() -> Result<u64> {
    Ok(RUN_SEGMENT_BASE | (random()? >> 1))
}

impl Writers {
    /// Registers this process and starts to publish its floor.
    pub fn register(cluster: Arc<Cluster>) -> Result<Self> {
        let inner = Inner {
            clock: Clock::default(),
            identity: Identity { number: 0, id: 0 },
            in_flight: BTreeMap::new(),
            floor: 0,
            settled: false,
            stop: false,
            #[cfg(feature = "testing")]
            dead: false,
        };
        let writers = Self {
            cluster,
            inner: Arc::new((Mutex::new(inner), Condvar::new())),
            publish_loop: Mutex::default(),
        };
        writers.cluster.block_on(writers.enter())?;
        let (cluster, inner) = (Arc::clone(&writers.cluster), Arc::clone(&writers.inner));
        let thread = std::thread::Builder::new().name("store-floor".to_owned());
        let handle = thread
            .spawn(move || publish_loop(&cluster, &inner))
            .map_err(|e| Error::io("cannot start the thread that publishes the floor", e))?;
        *writers.publish_loop.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        Ok(writers)
    }

    /// Takes a free writer number, and continues above every floor that was ever published.
    async fn enter(&self) -> Result<()> {
        let id = column(random()?);
        for _ in 0..ATTEMPTS {
            let taken = all(&self.cluster).await?;
            let free: Vec<u16> = (0..WRITERS).filter(|n| !taken.iter().any(|w| w.number == *n)).collect();
            if free.is_empty() {
                return Err(Error::new(
                    ErrorKind::Busy,
                    format!("{WRITERS} processes write to this store already"),
                )
                .mend("stop one, or wait until those that died are closed"));
            }
            let pick = usize::try_from(random()?).unwrap_or(0) % free.len();
            let Some(number) = free.get(pick).copied() else { continue };
            if !self.claim(number, id).await? {
                continue;
            }
            // Only after the claim: a process that read the writers before it worked with floors that we read now.
            let highest = floors(&self.cluster).await?.into_iter().map(|f| f.floor).max().unwrap_or(0);
            let (identity, floor) = {
                let mut inner = lock(&self.inner.0);
                inner.clock.jump(highest);
                inner.identity = Identity { number, id };
                inner.floor = inner.clock.next(number, highest, clock::now());
                (inner.identity, inner.floor)
            };
            return publish(&self.cluster, identity, floor).await;
        }
        Err(Error::new(ErrorKind::Busy, "too many processes register as writers at once").mend("try again"))
    }

    async fn claim(&self, number: u16, id: i64) -> Result<bool> {
        const CLAIM: &str =
            "UPDATE writers SET id = ?, closed = false WHERE one = 0 AND number = ? IF id = null";
        let write = Write::new(CLAIM, (id, i32::from(number)));
        match self.cluster.conditional(&[write]).await {
            Ok(outcome) => Ok(outcome == Outcome::Applied),
            // Its outcome is read back.
            Err(e) if e.kind() == ErrorKind::OutcomeUnknown => {
                Ok(all(&self.cluster).await?.iter().any(|w| w.id == id))
            }
            Err(e) => Err(e),
        }
    }

    /// Starts again under a new identity, after this one was closed.
    pub async fn enter_again(&self, closed: Identity) -> Result<()> {
        if lock(&self.inner.0).identity == closed { self.enter().await } else { Ok(()) }
    }

    /// Goes on above `number`.
    pub fn jump(&self, number: u64) {
        lock(&self.inner.0).clock.jump(number);
    }

    /// A number above `after`, in flight until the ticket is dropped.
    pub fn begin(&self, asset: &AssetId, after: u64) -> Ticket {
        let mut inner = lock(&self.inner.0);
        let identity = inner.identity;
        let number = inner.clock.next(identity.number, after, clock::now());
        inner
            .in_flight
            .insert(number, InFlightCommit { id: identity.id, asset: asset.clone(), unresolved: false });
        Ticket { number, identity, inner: Arc::clone(&self.inner), unresolved: false }
    }

    /// A number above `after` that needs no ticket: versions, time-stamps, further commits of a batch.
    pub fn stamp(&self, after: u64) -> u64 {
        let mut inner = lock(&self.inner.0);
        let writer = inner.identity.number;
        inner.clock.next(writer, after, clock::now())
    }

    /// Is this identity still open? To be checked after the note and before the conditional write.
    pub async fn is_open(&self, identity: Identity) -> Result<bool> {
        const READ: &str = "SELECT id, closed FROM writers WHERE one = 0 AND number = ?";
        let row =
            self.cluster.first::<(Option<i64>, Option<bool>)>(READ, (i32::from(identity.number),)).await?;
        Ok(row.is_some_and(|(id, closed)| id == Some(identity.id) && closed != Some(true)))
    }

    /// This process among the writers now.
    pub fn identity(&self) -> Identity {
        lock(&self.inner.0).identity
    }
}

impl Writers {
    /// Publishes the floor now.
    pub async fn publish_now(&self) -> Result<()> {
        let (identity, floor) = rise(&self.inner.0);
        publish(&self.cluster, identity, floor).await
    }

    /// Stops at once, as a killed process does.
    #[cfg(feature = "testing")]
    pub fn die(&self) {
        let mut inner = lock(&self.inner.0);
        (inner.stop, inner.dead) = (true, true);
        self.inner.1.notify_all();
    }

    /// Stops publishing the floor; everything else goes on.
    #[cfg(feature = "testing")]
    pub fn stop_publishing(&self) {
        lock(&self.inner.0).stop = true;
        self.inner.1.notify_all();
    }

    /// Did it die?
    pub fn is_dead(&self) -> bool {
        lock(&self.inner.0).is_dead()
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        lock(&self.inner.0).stop = true;
        self.inner.1.notify_all();
        if let Some(handle) = self.publish_loop.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = handle.join();
        }
        if self.is_dead() {
            return;
        }
        let (identity, floor) = rise(&self.inner.0);
        let quiet = lock(&self.inner.0).in_flight.is_empty();
        // If this fails, the relay closes this writer because its floor does not rise.
        let left = self.cluster.block_on(within(LEAVE_TIMEOUT, async {
            publish(&self.cluster, identity, floor).await?;
            if quiet { free(&self.cluster, identity.number, identity.id).await } else { Ok(()) }
        }));
        if let Err(error) = left {
            tracing::debug!(%error, "a writer left without a word");
        }
    }
}

/// Waits no longer than `limit`.
pub async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    let late = || Error::new(ErrorKind::Unavailable, "Cassandra does not answer in time");
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(late()))
}

/// Raises the floor as far as possible.
fn rise(inner: &Mutex<Inner>) -> (Identity, u64) {
    let mut inner = lock(inner);
    let identity = inner.identity;
    let lowest =
        inner.in_flight.iter().find(|(_, flight)| flight.id == identity.id).map(|(number, _)| *number);
    let floor = match lowest {
        Some(number) => number.saturating_sub(1),
        None => inner.clock.next(identity.number, 0, clock::now()),
    };
    inner.floor = inner.floor.max(floor);
    (identity, inner.floor)
}

async fn publish(cluster: &Cluster, identity: Identity, floor: u64) -> Result<()> {
    const PUBLISH: &str = "INSERT INTO floors (one, number, id, floor) VALUES (0, ?, ?, ?) USING TIMESTAMP ?";
    cluster.write(PUBLISH, (i32::from(identity.number), identity.id, column(floor), column(floor))).await
}

fn publish_loop(cluster: &Cluster, inner: &(Mutex<Inner>, Condvar)) {
    let mut said = Instant::now();
    loop {
        {
            let mut state = lock(&inner.0);
            while !state.stop && !state.settled && said.elapsed() < PUBLISH_INTERVAL {
                let rest = PUBLISH_INTERVAL.saturating_sub(said.elapsed());
                state = inner.1.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0;
            }
            if state.stop {
                return;
            }
            state.settled = false;
        }
        said = Instant::now();
        let told = cluster.block_on(within(PUBLISH_TIMEOUT, async {
            fence_unresolved(cluster, &inner.0).await?;
            let (identity, floor) = rise(&inner.0);
            publish(cluster, identity, floor).await
        }));
        if let Err(error) = told {
            tracing::warn!(%error, "the floor of this writer could not be published");
        }
        std::thread::sleep(PUBLISH_DELAY);
    }
}

/// A conditional write of unknown outcome cannot take effect any more once its asset's version has changed.
async fn fence_unresolved(cluster: &Cluster, inner: &Mutex<Inner>) -> Result<()> {
    let unresolved: Vec<(u64, AssetId)> = {
        let inner = lock(inner);
        let in_flight = inner.in_flight.iter().filter(|(_, f)| f.unresolved);
        in_flight.map(|(number, f)| (*number, f.asset.clone())).collect()
    };
    for (number, asset) in unresolved {
        let stamp = {
            let mut inner = lock(inner);
            let writer = inner.identity.number;
            inner.clock.next(writer, number, clock::now())
        };
        head::fence(cluster, &asset, stamp).await?;
        lock(inner).in_flight.remove(&number);
    }
    Ok(())
}
