//! One folder, one archive: wires the stages, runs their workers, and looks after them.
//!
//! This is the composition root. It names the embedded implementations of the seams (in `embedded`; others are handed
//! in as [`OpenEngines`]), and the one that decides who may see what ([`Caller`]). It knows nothing of HTTP or terminals.

mod access;
mod archive;
mod ask;
mod backup;
mod buckets;
mod chores;
mod embedded;
mod engines;
mod erasures;
mod export;
mod facade;
mod ground;
mod ingest;
mod manifest;
mod media;
pub mod migrate;
mod priority;
mod progress;
mod rebuild;
mod search;
mod status;
mod suggest;
mod verify;
mod workers;
mod write_freeze;

pub use access::{Caller, Right, TokenSpec, Tokens};
pub use archive::{Archive, OpenOptions};
pub use backup::{BackupFile, BackupReport, restore};
pub use buckets::BucketView;
pub use embedded::{Place, Words};
pub use engines::{EmbeddedEngines, Engines, OpenEngines, Part};
pub use erasures::{GONE_WITHIN, PURGE_AFTER};
pub use ground::Ground;
pub use ingest::{Body, IngestMode, IngestOptions, IngestReport, LineProblem, PROBLEMS_MAX};
pub use manifest::{FORMAT_VERSION, Manifest};
pub use progress::{Progress, Unwatched, check};
pub use rebuild::Rebuild;
pub use search::{Explained, SearchRequest};
pub use status::Status;
pub use suggest::{Offer, OfferGroup, SuggestRequest};
pub use verify::VerifyReport;
pub use workers::{FuseSettings, Health, Shared, Stage};
