//! Stage 2's store in Apache Cassandra: many fusing processes, and readers that see whole updates only.
//!
//! # An update is whole or not at all
//!
//! Cassandra writes nothing in one step but the rows of one partition, and its conditional writes keep a second copy of
//! what they write. So an asset has a small *head* of its own, which only conditional writes touch, and everything else is
//! written plainly, under an *epoch* that no reader looks at yet:
//!
//! 1. **Claim.** One conditional write says in the head which epoch is being written and by whom. A claim that stands
//!    because its owner died is put among the *aborted* epochs by the same write; its owner, should it wake, cannot complete
//!    it any more. While an owner gives signs of life it is waited for.
//! 2. **Write.** Annotations, buckets, document, the list of what changed, and notes of what is left to do afterwards. Each
//!    row carries the epoch in its key. A note for the relay (`fused_pending`) comes last.
//! 3. **Complete.** One conditional write makes the epoch, its commit and its part of the list of changes count.
//! 4. **Settle.** Words are counted; superseded and erased versions are deleted. It may be done twice, late, and by anybody:
//!    the head says `unsettled` until it is done, and the next to claim, the relay or `purge` does it where the worker died.
//!
//! A reader reads the head, takes of each key the newest version whose epoch counts, and looks at the head once more: if
//! another update counts by then, it starts again, because that one may have cleared away a version it needs.
//!
//! # Timestamps
//!
//! An epoch is above every epoch that was claimed before and not below its commit. It is the timestamp of every plain write
//! and deletion of its update. So a late write of a lower commit loses, against a deletion too.
//!
//! # Sizes
//!
//! Partitions are bounded. Annotations lie in chunks of 512 seconds; a chunk in which more than 16,384 are born is spread over
//! 2, 4, 8 … partitions by key. 512 buckets share a partition; a bucket above 1 MiB lies in pieces. The list
//! of changes begins a new partition every 256 rows of 64 KiB. Lists of assets, words and pending notes lie in 16 slices.
//!
//! # What an operator must know
//!
//! An erased annotation is invisible with the update that erased it, and its rows are deleted when that one settles. The bytes
//! leave the disk when Cassandra compacts: tables of content do so by themselves once a twentieth of a file is covered by
//! deletions, looking once an hour; `nodetool garbagecollect` does it at once. Deletions are remembered for ten days
//! (`gc_grace_seconds`): repair runs more often than that, or a node that was away for longer is rebuilt.
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
