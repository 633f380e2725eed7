//! Limits on what is read.

/// One row (a line of a table, an element of a JSON list) may be this long: eight times the longest annotation line,
/// because a row may hold more than is read from it.
pub const ROW_BYTES_MAX: u64 = 8 << 20;
/// One file may be this long once it is unpacked.
pub const FILE_BYTES_MAX: u64 = 16 << 30;
/// A table may have this many columns.
pub const COLUMNS_MAX: usize = 10_000;
/// An embedding may have this many dimensions, as everywhere in Rushes.
pub const DIMENSIONS_MAX: usize = 4_096;
/// A mapping file may be this long.
pub const MAPPING_BYTES_MAX: usize = 1 << 20;
/// Folders are searched this deep.
pub const FOLDER_DEPTH_MAX: usize = 32;
/// A folder may hold this many files that a mapping could name.
pub const FILES_MAX: usize = 1_000_000;

/// The limits of one import; the defaults are the constants of this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// See [`ROW_BYTES_MAX`].
    pub row_bytes: u64,
    /// See [`FILE_BYTES_MAX`].
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { row_bytes: ROW_BYTES_MAX, file_bytes: FILE_BYTES_MAX }
    }
}
