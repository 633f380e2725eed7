//! Stage 1: keeps every annotation exactly as the model wrote it, durable when acknowledged.
//!
//! The seam is [`AnnotationStore`], made of one trait for each kind of caller: clients write through [`Registry`],
//! [`documents::Documents`], [`Runs`] and [`Append`], later stages read [`History`], the relay reads [`Outbox`], [`Erasure`] erases, and
//! [`Import`] copies assets from another store. The store knows runs, commits and history; it knows nothing about
//! buckets, indices or queries, and interprets nothing of a line beyond its [header](rushes_types::AnnotationHeader).
//!
//! # Layout
//!
//! Annotations arrive as *blocks* of one asset and one model. A block is stored as it was sent, compressed as a whole;
//! its ids go to a table of their own. Which annotations are *current* is not stored: it follows from the asset's
//! history by a pure fold ([`current`]), so no second record could disagree with the first. The embedded store keeps
//! three tables in one log-structured database (`embedded/tables.rs`, `embedded/keys.rs`):
//!
//! | table | key | value |
//! |---|---|---|
//! | `rows` | one byte for the kind, then names | assets, models, labels, documents, runs, history, owners of segments, scopes, outbox, counters, garbage, memos |
//! | `ids` | scope, 128-bit hash of the id | block and position of the annotation, its start, the digest of its content |
//! | `blocks` | segment, number of the block | format, the positions of its annotations, the bytes |
//!
//! A *segment* is what one commit made current: a run, or the loose lines of one request. A *scope* is where an id must
//! be unique: a run's own segment, or all loose lines of one model on one asset. Numbers of segments and scopes are
//! never reused.
//!
//! # Invariants
//!
//! * One writing call is one atomic batch with its outbox rows, decided under one lock; the fsync behind it is shared
//!   by the calls that wait for it. Nothing is shown to later stages before it is durable.
//! * Only current annotations occupy their id in a scope, so a superseded annotation may be sent again.
//! * What becomes unreachable is noted as garbage in the same batch, and swept later in batches of bounded size. A
//!   crash between the two leaves work to do, never a leak. An import uses the same notes the other way round: its
//!   numbers are garbage until its last change.
//! * Erasing blanks an annotation's bytes in its block; every other annotation keeps its position.
//! * Every engine decides by [`engine`]: what is rejected, with which message, and how a record is encoded is defined
//!   there once.
//!
//! # Rejected
//!
//! * *One row per annotation.* Blocks compress across lines, and one batch holds a request of any size. The price is
//!   that erasing one annotation rewrites its block, which is why lines are cut into blocks of half a megabyte.
//! * *A table of what is current.* A replace run would rewrite as many rows as it supersedes, in the atomic step. With the
//!   fold a commit costs the same whatever it supersedes.
//! * *A set of ids in memory.* It would have to be loaded at every opening; a point lookup by hash costs one read, and
//!   none where a scope is known to be empty.
//! * *Compressing in the database.* Blocks would be compressed again by journal, flush and compaction. Compressed once,
//!   outside the writer's lock, several requests are compressed in parallel.

mod block;
pub mod current;
mod cut;
pub mod documents;
mod embedded;
pub mod engine;
mod history;
mod import;
mod lines;
mod memo;
mod memory;
mod records;
mod rules;
mod seam;
mod stored_block;

pub use block::{AppendMode, Block, BlockInput, Receipt, Rejection};
#[doc(hidden)]
pub use embedded::fuzzing;
pub use embedded::{EmbeddedStore, ReadHeaders, StoreGuard, StoreOptions};
pub use history::{CommitRecord, Effect, EraseTarget, Erased, RunSegment};
pub use import::{AssetImport, COMMIT_MAX, ImportBlock, ImportPlan, Imported, SegmentReader};
pub use memo::{MEMO_BYTES_MAX, MEMO_KEY_BYTES_MAX, Memo, Memos};
pub use memory::MemoryStore;
pub use rules::{RUN_SEGMENT_BASE, Redactor, receipt_for_new_run};
pub use rushes_kv::OnDamage;
pub use rushes_types::{BlockFormat, LabelAliases};
pub use seam::*;

/// All traits of the seam, for code that uses a concrete engine type. Calls on a `dyn AnnotationStore` need no import.
pub mod prelude {
    pub use crate::memo::Memos;
    pub use crate::seam::{AnnotationStore, Append, Erasure, History, Import, Outbox, Registry, Runs};
}
