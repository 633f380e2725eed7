//! The limits of bins, as named constants.

/// Most moments of a bin.
pub const ITEMS_MAX: usize = 10_000;
/// Longest name of a bin, in bytes.
pub const NAME_BYTES_MAX: usize = 512;
/// Longest note of a moment, in bytes.
pub const NOTE_BYTES_MAX: usize = 4 << 10;
/// The best rating; the worst is 0.
pub const RATING_MAX: u8 = 5;
/// Most changes that a bin remembers.
pub const HISTORY_MAX: usize = 200;
/// Longest list of a change.
pub const CHANGES_MAX: usize = ITEMS_MAX;
/// Most overlaps that an overview names.
pub const OVERLAPS_MAX: usize = 1_000;
