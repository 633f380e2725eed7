//! What people did with answers.
//!
//! An event says of one moment of one answer that it was shown, seen, played, kept, taken along or rejected. Events are
//! kept as they were sent; what is sent twice is kept once, since an event is named by its own bytes. A moment is named by
//! asset and time, at a read point: so events stay true when the index is rebuilt or a model runs again.
//!
//! This crate reads and checks events ([`Event`]), says how they are kept ([`KeptEvent`]), and makes of them what learning
//! takes ([`Gathered`]). It knows no store, no clock and no configuration. No event holds a question: what was asked is not
//! needed.

mod event;
mod fields;
mod gather;
mod kept;

pub use event::{Action, Event, Sent};
pub use gather::{EVERYONE, Gathered};
pub use kept::{KeptEvent, key_of, keys_of_asset};

/// Most events of a request.
pub const EVENTS_MAX: usize = 1_000;
/// Longest event, in bytes.
pub const EVENT_BYTES_MAX: usize = 8 << 10;
/// Longest name of an impression or a team, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// How far ahead of the server's a client's clock may be, in milliseconds.
pub const AHEAD_MS_MAX: u64 = 5 * 60 * 1_000;
/// Lowest rank that is taken.
pub const RANK_MAX: u64 = 100_000;
