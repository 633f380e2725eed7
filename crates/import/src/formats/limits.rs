//! Limits on what is read. A file beyond a limit is refused with a clear message, and costs no memory.

/// A file of lines (subtitles, RTTM, tables) may be this long once unpacked.
pub const TEXT_BYTES_MAX: u64 = 64 << 20;
/// One line of such a file may be this long.
pub const TEXT_LINE_BYTES_MAX: usize = 1 << 20;
/// A table of boxes may be this long: a day of film with ten people in every frame.
pub const TABLE_BYTES_MAX: u64 = 2 << 30;
/// An XML document may be this long; it is held whole.
pub const XML_BYTES_MAX: u64 = 128 << 20;
/// A JSON document may be this long; it is held whole, as bytes, and read row by row.
pub const JSON_BYTES_MAX: u64 = 256 << 20;
/// A matrix of embeddings may be this long; it is read row by row.
pub const MATRIX_BYTES_MAX: u64 = 64 << 30;
/// Bytes of a subtitle file within which the first cue must begin; a log that is called `.srt` is refused here.
pub const FIRST_CUE_BYTES_MAX: u64 = 1 << 20;
/// The text of one cue may be this long; no one reads more from a screen.
pub const CUE_BYTES_MAX: usize = 64 << 10;
/// After this many rows of one file that cannot be read the rest of it is left.
pub const PROBLEMS_MAX: u64 = 1_000;
/// XML elements may be nested this deep.
pub const XML_DEPTH_MAX: usize = 64;
/// Words of a transcript without sentence marks are cut after this many.
pub const SENTENCE_WORDS_MAX: usize = 80;
/// Tracks that are followed at the same time.
pub const TRACKS_MAX: usize = 10_000;
/// Boxes that one annotation carries; of a longer track every second is left out until they fit.
pub const BOXES_MAX: usize = 64;
/// A catalogue may be this long; it is held whole.
pub const CATALOGUE_BYTES_MAX: u64 = 64 << 20;
/// Bytes of a file that are examined to detect its format.
pub const HEAD_BYTES: usize = 64 << 10;
/// One channel of speech, word by word, may be this long where a document has it in one row.
pub const BIG_ROW_BYTES_MAX: u64 = 64 << 20;
