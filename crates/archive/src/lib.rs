//! One folder, one archive: wires the stages, runs their workers, and looks after them.
//!
//! This is the composition root. It names the embedded implementations of the seams (in `embedded` and
//! `archive_folder`; others are passed in as [`OpenEngines`]), and it alone decides who may see what ([`Caller`]). It
//! knows nothing about HTTP or terminals.
//!
//! # Who owns what
//!
//! [`Archive`] owns the folder (its lock file, manifest and tokens), the four engines and the worker threads. What
//! workers and callers both need is in `workers::Shared`: the stop flag, health, wake-ups, erasures that are not purged
//! yet. Everything else an archive does is a method of [`Archive`], placed beside the code it needs: `facade`
//! (register, write, erase), `search`, `buckets`, `export`, `verify`, `backup`. `migrate` works on stage 1 of two
//! folders without opening either as an [`Archive`], so no worker runs.
//!
//! # Locks, in the order in which they are taken
//!
//! 1. `archive.lock`, for as long as the archive is open: one process a folder.
//! 2. `long_work`: one rebuild, reindex, backup or purge at a time. Callers wait a bounded time; the maintenance worker
//!    only tries, so stopping the workers while holding it cannot deadlock.
//! 3. `write_freeze`: every call that writes to the store, and the relay where it forgets rows, takes it shared, a backup
//!    takes it exclusively. No call takes it twice, and it is never frozen for long.
//! 4. The erasures' state, then the engines' internal locks.
//!
//! # The life of the workers
//!
//! [`Archive::open`] starts the workers of the configured stages, [`Archive::close`] and dropping the archive stop
//! them. A rebuild stops them and starts them again; clients go on committing all the while. A worker that stops finishes its pass or leaves it unacknowledged; its successor has those events
//! redelivered.
//!
//! # What always holds
//!
//! * Before derived data becomes untrustworthy, a marker (`rebuild.json`) is written, and an archive opened with it
//!   rebuilds first. Likewise `erased.json` is written before the first byte is erased, and kept until the end of a
//!   purge that began after all stages had processed the erasure.
//! * The read point reaches the last commit once clients stop, whatever ran before; `rebuild` explains how a rebuild
//!   ensures that without waiting for clients.

mod access;
mod archive;
mod archive_folder;
mod backup;
mod backups;
mod bins;
mod bucket_content;
mod buckets;
mod clock;
mod embedded;
mod engines;
mod erasures;
mod export;
mod facade;
mod feedback;
mod feedback_options;
#[doc(hidden)]
pub mod fuzzing;
mod healing;
mod hex;
mod identity;
mod ingest;
mod knowledge;
mod label_table;
mod links;
mod long_work;
mod manifest;
mod media;
pub mod migrate;
mod open_options;
mod part;
mod priority;
mod profile_state;
mod profiles;
mod progress;
mod ranking;
mod ranking_state;
mod rebuild;
mod rebuild_marker;
mod search;
mod search_budget;
mod search_caches;
mod search_places;
mod seen;
mod set_aside;
mod shelves;
mod snapshot_cache;
mod status;
mod suggest;
mod tokens;
mod verify;
mod verify_kept;
mod verify_quick;
mod verify_report;
mod word_tally;
mod words;
mod workers;
mod write_freeze;

pub use access::{Caller, Grant, Right, TokenSpec};
pub use archive::Archive;
pub use archive_folder::ArchiveFolder;
pub use backup::{
    BackupCheck, BackupFile, BackupList, BackupPlace, BackupReport, BackupRequest, BackupSchedule,
    BackupStatus, LIST_VERSION, LastBackup, RestoreReport, RestoreRequest, StoreContent, restore,
    verify_backups,
};
pub use bins::KeptBin;
pub use buckets::BucketView;
pub use clock::{now_s, rfc3339};
pub use embedded::EmbeddedEngines;
pub use engines::{Engines, OpenEngines};
pub use erasures::{GONE_WITHIN, PURGE_AFTER};
pub use feedback::{EventProblem, FeedbackFilter, FeedbackReport};
pub use feedback_options::{FeedbackOptions, KEEP_DAYS_DEFAULT, WhoIsKept};
pub use ingest::{Body, IngestMode, IngestOptions, IngestReport, LineProblem, PROBLEMS_MAX};
pub use links::{Links, SignedLink};
pub use manifest::{ArchiveLock, FORMAT_VERSION, LANGUAGE_DEFAULT, Manifest};
pub use migrate::ArchiveStore;
pub use open_options::OpenOptions;
pub use part::Part;
pub use profile_state::{AssignedProfiles, ProfileVersion};
pub use progress::{NoProgress, Progress, check};
pub use ranking::{RankingAsk, RankingMode, TeamReport};
pub use ranking_state::RankingVersion;
pub use rebuild_marker::Rebuild;
pub use rushes_store::OnDamage;
pub use search::{Explained, SearchRequest};
pub use search_places::Searches;
pub use seen::{PartStatus, SeenStatus};
pub use set_aside::show_time;
pub use status::Status;
pub use suggest::{Offer, OfferGroup, SuggestRequest};
pub use tokens::Tokens;
pub use verify_kept::{LastVerify, VerifyStatus};
pub use verify_report::VerifyReport;
pub use words::Words;
pub use workers::{FuseSettings, Health, Shared, Stage};
