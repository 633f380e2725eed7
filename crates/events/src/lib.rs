//! The event log between the stages: "this asset has commit n". Durable, replayable, at least once.
//!
//! An event is only a hint to read an asset again. It carries no content, so losing a duplicate or delivering one twice
//! does no harm. The log knows nothing of what its consumers do.

mod seam;

mod arrivals;
mod consumers;
mod dead;
mod embedded;
#[doc(hidden)]
pub mod fuzzing;
mod memory;

pub use arrivals::Arrivals;
pub use consumers::{check_name, replayed};
pub use dead::short_reason;
pub use embedded::{EmbeddedLog, LogOptions};
pub use memory::MemoryLog;
pub use seam::*;
