//! Stage 1 on Apache Cassandra: [`AnnotationStore`] for several processes on several machines.
//!
//! # A commit is one conditional write
//!
//! All that must change together lies in one partition per asset, the *head*: its version, its document, its runs, and
//! the *tail* of its history, whose rows are the outbox at the same time. A change reads the head, decides, and writes
//! `IF version = …`; the loser of a race decides again. Content is not in the head: blocks and their ids are written
//! before, unconditionally, under random numbers that nothing refers to until the head names them. The relay copies
//! carried commits from the tail to the table `history` and only then removes them from the head, so a head stays
//! small.
//!
//! # Bounded partitions
//!
//! A partition of `blocks` has at most 16 MiB, of `ids` 6 MiB, of the history 4,096 commits. Lists over all assets, and
//! the notes of assets with commits to carry, are spread over 32 slices. A head grows by one row for each run, and by
//! some 60 bytes for each request to a run.
//!
//! # Numbers and the watermark
//!
//! Commits are numbered by the clocks of up to 512 processes: unique, growing for each asset, roughly in the order of
//! time. Each process publishes a floor below which none of its own commits is in flight; the lowest floor is the
//! watermark. A process that stops raising its floor is closed by the relay.
//!
//! # What was acknowledged
//!
//! Every change of an asset has a record: its number, what it made, a checksum of that, and a link that is a checksum of the
//! record and of the link before. It is a row of the conditional write, and a row of the table `chain` before the change is
//! acknowledged. Opening compares the two for some assets, examining for all; what does not fit is named, and stops all
//! writing until someone decides: see [`chain`] and [`guard`].
//!
//! # What an operator must know
//!
//! Acknowledged means: written by a quorum. Whether that survives a power cut depends on the nodes' `commitlog_sync`;
//! opening warns where it is `periodic`. Erased content leaves the disks when its tombstones are compacted:
//! `gc_grace_seconds` of `blocks` and `ids` is four hours, so repair runs at least that often or a node that was away
//! for longer is rebuilt; after it, `nodetool garbagecollect` removes the bytes at once, and snapshots are the
//! operator's to clear.

mod append;
mod backend;
mod chain;
mod clock;
mod config;
mod content;
mod documents;
mod duties;
mod erase;
mod examine;
mod examined;
mod existing;
mod guard;
mod head;
mod history;
mod import;
mod incoming;
mod judge;
mod link;
mod lists;
mod look;
mod outbox;
mod registered;
mod registry;
mod runs;
mod schema;
mod state;
mod testing;
mod tx;
mod walk;
mod writers;

use std::sync::{Arc, Mutex};

use crate::client::Cluster;
use rushes_store::{OnDamage, Redactor};
use rushes_types::Result;

pub use config::StoreOptions;
#[cfg(feature = "testing")]
pub use testing::{FaultAction, FaultPoint, Faults};

use crate::store::outbox::Relay;
use crate::store::state::States;
use crate::store::writers::Writers;

/// The annotation store on Cassandra.
pub struct CassandraStore {
    writers: Writers,
    states: States,
    relay: Mutex<Relay>,
    redactor: Option<Arc<dyn Redactor>>,
    options: StoreOptions,
    /// What the chains of all assets begin with.
    lineage: u128,
    /// What was acknowledged and is missing, where the store is open for reading all the same.
    damage: Option<String>,
    cluster: Arc<Cluster>,
}

impl CassandraStore {
    /// Opens the store in the keyspace of `cluster`, making or migrating its tables.
    ///
    /// # Errors
    /// Unsupported where a newer version made the tables; Corrupt where they lack what was acknowledged; Unavailable, Busy or
    /// Misconfigured as the nodes say.
    pub fn open(cluster: Arc<Cluster>, options: StoreOptions) -> Result<Self> {
        schema::SCHEMA.apply(&cluster)?;
        if cluster.setting("commitlog_sync")?.as_deref() == Some("periodic") {
            tracing::warn!(
                "Cassandra syncs its commit log only from time to time (`commitlog_sync: periodic`): a power cut on all \
                 replicas at once can lose what was acknowledged; set `commitlog_sync: group` or `batch`"
            );
        }
        let opening = cluster.block_on(guard::open(&cluster, &options))?;
        let reads_only = options.on_damage == OnDamage::ReadOnly;
        let writers = match opening.damage.as_deref().filter(|_| reads_only) {
            Some(damage) => Writers::idle(Arc::clone(&cluster), damage),
            None => Writers::register(Arc::clone(&cluster))?,
        };
        let store = Self {
            writers,
            states: States::new(options.ids_max),
            relay: Mutex::new(Relay::new(options.lease)),
            redactor: options.redactor.clone(),
            options,
            lineage: opening.of.lineage,
            damage: opening.damage.filter(|_| reads_only),
            cluster,
        };
        if store.damage.is_none() {
            if store.options.on_damage == OnDamage::Accept {
                store.cluster.block_on(store.take_store_over())?;
            }
            if !opening.of.adopted {
                store.cluster.block_on(store.adopt())?;
            }
        }
        Ok(store)
    }

    /// The connection.
    #[must_use]
    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }
}

impl Drop for CassandraStore {
    fn drop(&mut self) {
        if self.writers.is_dead() {
            return;
        }
        let relay = self.relay.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let left = self.cluster.block_on(writers::within(writers::LEAVE_TIMEOUT, relay.leave(&self.cluster)));
        if let Err(error) = left {
            tracing::debug!(%error, "the lease of the relay lapses by itself");
        }
    }
}
