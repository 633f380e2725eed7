//! One folder, one archive.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rushes_store::OnDamage;
use rushes_types::limits::Limits;
use rushes_types::{Commit, Error, ErrorKind, Result};

use crate::access::{Caller, Right};
use crate::backup::stage::remove_staged;
use crate::engines::Engines;
use crate::erasures::{Erasures, INDEX_PATIENCE};
use crate::feedback_options::Expiry;
use crate::healing::Healer;
use crate::identity::{current_analysis, holds_a_store, shared_identity};
use crate::label_table::LabelTable;
use crate::links::Links;
use crate::manifest::{ArchiveLock, Manifest, make_private_dir};
use crate::open_options::OpenOptions;
use crate::profile_state::Profiles;
use crate::progress::{NoProgress, Progress};
use crate::ranking_state::Rankings;
use crate::rebuild;
use crate::rebuild_marker::{Rebuild, mark, pending};
use crate::search_caches::SearchCaches;
use crate::search_places::SearchPlaces;
use crate::status::Status;
use crate::tokens::Tokens;
use crate::verify_kept::Verifications;
use crate::workers::{BackupJob, FuseSettings, Shared, Stage, Workers};
use crate::write_freeze::WriteFreeze;

/// An open archive: the four seams, the workers between them, and all that looks after them.
///
/// Calls block and may come from any thread. Reads and writes are limited to what the [`Caller`] may see.
pub struct Archive {
    dir: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) options: OpenOptions,
    pub(crate) engines: Engines,
    pub(crate) shared: Arc<Shared>,
    /// The one that `shared` has.
    pub(crate) write_freeze: Arc<WriteFreeze>,
    pub(crate) tokens: Tokens,
    pub(crate) links: Links,
    /// The labels with aliases, once they were read.
    pub(crate) labels: RwLock<Option<(Instant, Arc<LabelTable>)>>,
    /// What searches gathered of snapshots.
    pub(crate) search_caches: SearchCaches,
    pub(crate) search_places: Arc<SearchPlaces>,
    pub(crate) expiry: Expiry,
    pub(crate) profiles: Profiles,
    pub(crate) rankings: Rankings,
    workers: Mutex<Option<Workers>>,
    pub(crate) healer: Healer,
    _lock: ArchiveLock,
}

impl Archive {
    /// Opens the archive in a folder and starts its workers.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none and none is to be made; [`ErrorKind::Busy`] where another
    /// process has it open; [`ErrorKind::Invalid`] where a newer version wrote it; what the engines answer.
    pub fn open(dir: &Path, options: OpenOptions) -> Result<Arc<Self>> {
        if !options.create && Manifest::read(dir)?.is_none() && !holds_a_store(dir) {
            return Err(Error::new(ErrorKind::NotFound, format!("`{}` holds no archive", dir.display()))
                .mend("`rushes ingest` or `rushes serve` makes one"));
        }
        make_private_dir(dir)?;
        let lock = ArchiveLock::acquire(dir)?;
        remove_staged(dir)?;
        let manifest = read_or_begun(dir, &options)?;
        let manifest = shared_identity(dir, manifest, options.engines.as_ref())?;
        manifest.check(options.bucket_ns, options.default_language.as_deref())?;
        let indexes = options.stages.contains(&Stage::Index);
        let engines = rebuild::open_engines(
            dir,
            &manifest,
            options.engines.as_ref(),
            options.rebuild,
            indexes,
            options.on_damage,
        )?;
        let tokens = Tokens::open(dir)?;
        let links = Links::open(dir)?;
        let is_damaged = engines.store.damage().is_some();
        if let Some(marker) = pending(dir)?.filter(|_| !is_damaged) {
            tracing::info!("finishing the rebuild that was begun");
            rebuild::begin(dir, &engines, &marker, &NoProgress)?;
        }
        let search_places = SearchPlaces::new(options.limits.search);
        let shared =
            Arc::new(Shared::new(Erasures::open(dir, options.purge_after)?, Verifications::open(dir)));
        let write_freeze = Arc::clone(&shared.write_freeze);
        let archive = Self {
            dir: dir.to_owned(),
            manifest,
            options,
            engines,
            shared,
            write_freeze,
            tokens,
            links,
            labels: RwLock::new(None),
            search_caches: SearchCaches::default(),
            search_places,
            expiry: Expiry::default(),
            profiles: Profiles::default(),
            rankings: Rankings::default(),
            workers: Mutex::new(None),
            healer: Healer::default(),
            _lock: lock,
        };
        archive.start_workers();
        let archive = Arc::new(archive);
        let weak = Arc::downgrade(&archive);
        archive.healer.rebuilds_by(move |what| match weak.upgrade() {
            Some(archive) if !archive.shared.stopping_for_good() => {
                archive.rebuild(&Caller::local(), what, &NoProgress)
            }
            _ => Ok(()),
        });
        Ok(archive)
    }

    /// Stops the workers, each of which finishes the step it is in, and gives up searches under way.
    pub fn close(&self) {
        self.shared.close();
        self.stop_workers();
    }

    fn start_workers(&self) {
        // What a damaged store lacks must not be taken out of what was derived from it.
        if self.engines.store.damage().is_some() {
            return;
        }
        let settings = self.fuse_settings();
        let stages = &self.options.stages;
        let backups = self.backup_job();
        let jobs = (backups, self.verify_job());
        let workers = Workers::start(&self.engines, &self.shared, &settings, stages, jobs);
        *self.workers.lock().unwrap_or_else(PoisonError::into_inner) = Some(workers);
    }

    fn stop_workers(&self) {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(workers) = workers {
            workers.stop();
        }
    }

    /// The scheduled backups that this process makes.
    fn backup_job(&self) -> Option<BackupJob> {
        let schedule = self.options.backups.as_ref().filter(|schedule| schedule.runs_here)?;
        if self.engines.shared() {
            let error =
                Error::new(ErrorKind::Unsupported, "what is not in the archive's folder is not copied")
                    .mend("take `[backup]` out of the configuration, and snapshots of the engines");
            tracing::warn!(%error, "no backups are made");
            self.shared.backups.failed(&error, 0);
            return None;
        }
        Some(BackupJob {
            dir: self.dir.clone(),
            archive: self.manifest.id.clone(),
            store: Arc::clone(&self.engines.store),
            schedule: schedule.clone(),
        })
    }

    pub(crate) fn fuse_settings(&self) -> FuseSettings {
        FuseSettings {
            bucket_ns: self.manifest.bucket_ns,
            default_language: self.manifest.default_language.clone(),
        }
    }

    /// The archive's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the archive is.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The limits that hold.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// The engines below: for `rushes bench` and for tests that look behind the facade.
    #[must_use]
    pub const fn engines(&self) -> &Engines {
        &self.engines
    }

    /// What signs links to media, and checks them.
    #[must_use]
    pub const fn links(&self) -> &Links {
        &self.links
    }

    /// The tokens that open the archive to others.
    #[must_use]
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Stops one worker; its stage catches up after [`Archive::resume`].
    pub fn pause(&self, stage: Stage) {
        self.shared.set_paused(stage, true);
    }

    /// Lets a paused worker go on.
    pub fn resume(&self, stage: Stage) {
        self.shared.set_paused(stage, false);
    }

    /// The state of the archive.
    ///
    /// # Errors
    /// Where a store or the index fails.
    pub fn status(&self) -> Result<Status> {
        let last_commit = self.engines.store.last_commit()?;
        let read_point = self.engines.index.reader(None)?.read_point().upto;
        let workers = self.options.stages.iter().map(|s| (s.as_str(), self.shared.health(*s))).collect();
        Ok(Status {
            archive: self.manifest.id.clone(),
            last_commit,
            read_point,
            catching_up: read_point < last_commit,
            lag: self.engines.events.lag()?,
            store: self.engines.store.counts()?,
            fused_bytes: self.engines.timeline.bytes()?,
            index: self.engines.index.counts()?,
            workers,
            backups: self.backup_status(),
            verify: self.verify_status(),
        })
    }

    /// Waits until everything up to `upto` can be searched; `false` when the time is over before.
    ///
    /// # Errors
    /// The error of the stage that makes no progress.
    pub fn wait_caught_up(&self, upto: Commit, timeout: Duration) -> Result<bool> {
        let deadline = Instant::now() + timeout;
        loop {
            let seen = self.shared.published.count();
            if self.engines.index.reader(None)?.read_point().upto >= upto {
                return Ok(true);
            }
            for stage in &self.options.stages {
                if let Some(error) = self.shared.health(*stage).error {
                    let message = format!("the {} stage does not get on: {error}", stage.as_str());
                    return Err(Error::new(ErrorKind::Unavailable, message));
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            self.shared.published.wait(seen, left.min(Duration::from_millis(100)));
        }
    }

    /// Discards derived state and queues its rebuild; wait for it with [`Archive::wait_caught_up`].
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; where an engine fails (the rebuild then resumes
    /// when the archive is opened again).
    pub fn rebuild(&self, caller: &Caller, what: Rebuild, progress: &dyn Progress) -> Result<()> {
        caller.require_everywhere(Right::Admin)?;
        let _guard = self.shared.long_work.begin()?;
        self.stop_workers();
        let done = mark(&self.dir, what).and_then(|()| match pending(&self.dir)? {
            Some(marker) => rebuild::begin(&self.dir, &self.engines, &marker, progress),
            None => Ok(()),
        });
        self.shared.restart();
        self.start_workers();
        done
    }

    /// Rebuilds the index with the present configuration, while it is searched and written to. Returns how many
    /// documents were copied. If it is interrupted or fails, the index is unchanged.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; [`ErrorKind::Unsupported`] for an index that has no
    /// need for it; where it fails.
    pub fn reindex(&self, caller: &Caller, progress: &dyn Progress) -> Result<u64> {
        caller.require_everywhere(Right::Admin)?;
        if !self.engines.index.capabilities().reindexes_online {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "this index cannot be rebuilt while it is searched",
            )
            .mend("leave `--online` away: `rushes rebuild --index` rebuilds it"));
        }
        let _guard = self.shared.long_work.begin()?;
        self.engines.index.reindex(&mut |done, total| {
            if progress.cancelled() {
                return Err(Error::new(ErrorKind::Cancelled, "rebuilding the index was interrupted")
                    .mend("the index is as it was, run it again to start over"));
            }
            progress.set("documents copied", done, Some(total));
            Ok(())
        })
    }

    /// Rewrites files until the bytes of all that was erased are gone from the archive's folder.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; where an engine fails.
    pub fn purge(&self, caller: &Caller, progress: &dyn Progress) -> Result<()> {
        caller.require_everywhere(Right::Admin)?;
        let _guard = self.shared.long_work.begin()?;
        self.shared.erasures.purge(&self.engines, progress, INDEX_PATIENCE)
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        self.stop_workers();
    }
}

/// The manifest of an archive; of a new one, where nothing is there yet.
fn read_or_begun(dir: &Path, options: &OpenOptions) -> Result<Manifest> {
    match Manifest::read(dir)? {
        Some(manifest) => current_analysis(dir, manifest),
        None if options.on_damage != OnDamage::Accept && holds_a_store(dir) => Err(Error::new(
            ErrorKind::Corrupt,
            format!("`{}` holds a store, but its `archive.json` is missing", dir.display()),
        )
        .mend("put it back from a backup; `rushes doctor` shows the ways out")),
        None => {
            let manifest = Manifest::new(options.bucket_ns, options.default_language.as_deref())?;
            manifest.write(dir)?;
            Ok(manifest)
        }
    }
}
