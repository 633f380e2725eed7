//! A folder of key-value tables, as the embedded stages use it.
//!
//! Each stage owns one [`Folder`]: a log-structured database with a few tables, one format version, and one way to
//! become durable. What the stages need beyond the underlying library is here, once: our own errors, group commit (many
//! writers, one fsync), a chain that tells damage from a crash, poisoning after a failed write, faults for tests, and a purge that leaves no deleted byte in
//! any file.

mod batch;
mod chain;
mod error;
mod examine;
mod faults;
mod folder;
#[doc(hidden)]
pub mod fuzzing;
mod group;
mod guarded;
mod held;
mod journal;
mod manifests;
mod paths;
mod purge;
mod said;
mod settle;
mod sparse;
mod stamp;
mod there;

pub use batch::Batch;
pub use chain::{ChainRecord, Guard, NOTE_BYTES_MAX, OnDamage, RecordKind};
pub use error::{storage_error, without_panic};
pub use faults::{FaultPoint, Faults};
pub use folder::{Folder, Layout, Table};
pub use group::{Ticket, WriterGuard};
pub use sparse::{copy_range, end_of_data, write_with_holes};
pub use stamp::STAMP_KEY;
pub use there::if_there;
