//! Moments as files for other programs: edit lists, timelines, logs, markers, captions, tables.
//!
//! Pure: moments with their assets in, bytes out, with what could not be written. What a format cannot express is left
//! out, counted and named, never guessed: a moment without a frame rate has no timecode, so it is in no edit list.
//!
//! [`export`] is the only entry point. `layout` puts moments one after the other on a timeline, in whole frames, by
//! ratios; `marks` says where moments lie on a timeline or on their own media; each format is a file that only writes.
//!
//! # What holds
//!
//! Frames are counted, never computed from seconds that were rounded: an out point is exclusive, a length is out minus
//! in, and nothing reaches past the end of the media where that is known. Text of strangers makes no line, no tag and no
//! field of its own.

mod ale;
mod avid_markers;
mod captions;
mod chapters;
mod clip;
mod colour;
mod csv;
mod edl;
mod export;
mod fcpxml;
mod format;
mod json;
mod layout;
mod left_out;
mod marks;
mod options;
mod otio;
mod paper;
mod premiere_markers;
mod reels;
mod resolve_markers;
mod text;
mod url;
mod web_annotation;
mod xmeml;
mod xml;
mod zip_file;

pub use clip::Clip;
pub use csv::COLUMNS;
pub use edl::EVENTS_MAX;
pub use export::{Exported, export};
pub use format::Format;
pub use left_out::LeftOut;
pub use options::{Length, Options, Place, RateChoice, Reels, START_PATTERN, Tracks};
pub use url::percent_encoded;
