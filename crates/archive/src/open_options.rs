//! How an archive is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rushes_query::{Encoders, NoEncoders};
use rushes_store::OnDamage;
use rushes_types::limits::Limits;

use crate::backup::BackupSchedule;
use crate::embedded::EmbeddedEngines;
use crate::engines::OpenEngines;
use crate::erasures::PURGE_AFTER;
use crate::feedback_options::FeedbackOptions;
use crate::rebuild_marker::Rebuild;
use crate::workers::Stage;

/// How an archive is opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Make the archive where the folder holds none.
    pub create: bool,
    /// The stages whose workers run.
    pub stages: Vec<Stage>,
    /// The limits that hold.
    pub limits: Limits,
    /// Length of a bucket in nanoseconds, of an archive that is made; a present one that has another is not opened.
    pub bucket_ns: Option<i64>,
    /// Language of text whose language is not given, of an archive that is made; a present one that has another is not opened.
    pub default_language: Option<String>,
    /// Folders that media may be served from.
    pub media_roots: Vec<PathBuf>,
    /// How long after an erasure its bytes are rewritten away by the maintenance worker.
    pub purge_after: Duration,
    /// What the archive runs on.
    pub engines: Arc<dyn OpenEngines>,
    /// Backups that are made by themselves, where configured.
    pub backups: Option<BackupSchedule>,
    /// How often the archive is verified by itself, in a process that maintains it; `None`: never.
    pub verify_every: Option<Duration>,
    /// Does this process do it? Others only show what was found.
    pub verifies_here: bool,
    /// What is rebuilt on opening, whatever its state.
    pub rebuild: Option<Rebuild>,
    /// What is done with a store that lacks what was acknowledged.
    pub on_damage: OnDamage,
    /// How feedback is kept and used.
    pub feedback: FeedbackOptions,
    /// The encoders for texts and pictures of queries; none by default.
    pub encoders: Arc<dyn Encoders>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            create: true,
            stages: Stage::ALL.to_vec(),
            limits: Limits::default(),
            bucket_ns: None,
            default_language: None,
            media_roots: Vec::new(),
            purge_after: PURGE_AFTER,
            engines: Arc::new(EmbeddedEngines),
            backups: None,
            verify_every: None,
            verifies_here: false,
            rebuild: None,
            on_damage: OnDamage::Refuse,
            feedback: FeedbackOptions::default(),
            encoders: Arc::new(NoEncoders),
        }
    }
}
