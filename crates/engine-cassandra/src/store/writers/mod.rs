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

mod inner;
mod publish;

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::client::{Cluster, Outcome, Write};
use rushes_store::RUN_SEGMENT_BASE;
use rushes_types::{AssetId, Error, ErrorKind, Result};

use crate::columns::column;
use crate::store::clock::{self, Clock, WRITERS};
use crate::store::registered::{all, floors, free};
pub use crate::store::writers::inner::Identity;
use crate::store::writers::inner::{InFlightCommit, Inner, lock};
pub use crate::store::writers::publish::within;
use crate::store::writers::publish::{publish, publish_chained, publish_loop, rise};

/// How long a process waits for the servers when it leaves.
pub const LEAVE_TIMEOUT: Duration = Duration::from_secs(3);
/// Attempts to find a free number.
const ATTEMPTS: usize = 64;

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
    fn unregistered(cluster: Arc<Cluster>) -> Self {
        let inner = Inner {
            clock: Clock::default(),
            identity: Identity { number: 0, id: 0 },
            in_flight: BTreeMap::new(),
            floor: 0,
            settled: false,
            stop: false,
            chained: None,
            damage: None,
            idle: false,
            #[cfg(feature = "testing")]
            dead: false,
        };
        Self { cluster, inner: Arc::new((Mutex::new(inner), Condvar::new())), publish_loop: Mutex::default() }
    }

    /// A process that only reads, for it knows of this damage.
    pub fn idle(cluster: Arc<Cluster>, damage: &str) -> Self {
        let writers = Self::unregistered(cluster);
        {
            let mut inner = lock(&writers.inner.0);
            (inner.idle, inner.damage) = (true, Some(damage.to_owned()));
        }
        writers
    }

    /// Registers this process and starts to publish its floor.
    pub fn register(cluster: Arc<Cluster>) -> Result<Self> {
        let writers = Self::unregistered(cluster);
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

    /// A change was acknowledged; soon it is published as this writer's last.
    pub fn chained(&self, asset: &str, seq: u64) {
        lock(&self.inner.0).chained = Some((asset.to_owned(), seq));
    }

    /// What is missing in the store, where some process found it so.
    pub fn damage(&self) -> Option<String> {
        lock(&self.inner.0).damage.clone()
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
        if self.is_dead() || lock(&self.inner.0).idle {
            return;
        }
        let (identity, floor) = rise(&self.inner.0);
        let quiet = lock(&self.inner.0).in_flight.is_empty();
        // If this fails, the relay closes this writer because its floor does not rise.
        let left = self.cluster.block_on(within(LEAVE_TIMEOUT, async {
            publish(&self.cluster, identity, floor).await?;
            publish_chained(&self.cluster, &self.inner.0, identity).await?;
            if quiet { free(&self.cluster, identity.number, identity.id).await } else { Ok(()) }
        }));
        if let Err(error) = left {
            tracing::debug!(%error, "a writer left without a word");
        }
    }
}
