//! Stage 2's store on Apache Cassandra: many fusing processes, and readers that see only complete updates.
//!
//! # An update is whole or not at all
//!
//! Cassandra is atomic only within one partition, and its conditional writes keep a second copy of what they write. So
//! each asset has a small *head*, which only conditional writes touch, and everything else is written unconditionally,
//! under an *epoch* that no reader looks at yet:
//!
//! 1. **Claim.** One conditional write puts into the head which epoch is being written and by whom. The same write
//!    moves the claim of a dead owner to the *aborted* epochs, so that its owner, should it wake up, cannot complete
//!    it. While an owner sends heartbeats, others wait for it.
//! 2. **Write.** Annotations, buckets, document, the list of changes, and notes of the work to do afterwards. Each row
//!    carries the epoch in its key. A note for the relay (`fused_pending`) comes last.
//! 3. **Complete.** One conditional write makes the epoch, its commit and its part of the list of changes visible.
//! 4. **Settle.** Words are counted; superseded and erased versions are deleted. This may be done twice, late, and by
//!    any process: the head is marked `unsettled` until it is done, and if the worker died, the next claimant, the
//!    relay or `purge` does it.
//!
//! A reader reads the head, takes the newest version of each key whose epoch is complete, and reads the head once more:
//! if another update was completed by then, it starts again, because that one may have deleted a version it needs.
//!
//! # Timestamps
//!
//! An epoch is above every epoch that was claimed before and not below its commit. It is the timestamp of every
//! unconditional write and deletion of its update. So a late write of a lower commit loses, even against a deletion.
//!
//! # Sizes
//!
//! Partitions are bounded. Annotations lie in chunks of 512 seconds; a chunk with more than 16,384 is spread over 2, 4,
//! 8 … partitions by key. 512 buckets share a partition; a bucket above 1 MiB lies in pieces. The list of changes
//! begins a new partition every 256 rows of 64 KiB. Lists of assets, words and pending notes lie in 16 slices.
//!
//! # What an operator must know
//!
//! An erased annotation becomes invisible with the update that erased it, and its rows are deleted when that update is
//! settled. The bytes leave the disk when Cassandra compacts: tables of content do so by themselves once a twentieth of
//! a file is covered by deletions, looking once an hour; `nodetool garbagecollect` does it at once. Deletions are
//! remembered for ten days (`gc_grace_seconds`): repair runs more often than that, or a node that was away for longer
//! is rebuilt.
//!
//! `clear` empties tables with `TRUNCATE`, for which all nodes must be up and no other process may be fusing; where
//! `auto_snapshot` is on, Cassandra keeps a copy that `nodetool clearsnapshot` removes.

mod backend;
mod claim;
mod config;
mod db;
mod halt;
mod head;
mod notes;
mod outbox;
mod partitions;
mod plan;
mod reader;
mod scan;
mod schema;
mod settle;
mod statements;
mod sweep;
mod testing;
mod timings;
mod totals;
mod words;
mod writer;

pub use backend::CassandraTimeline;
pub use config::TimelineOptions;
#[cfg(feature = "testing")]
pub use halt::HaltPoint;
