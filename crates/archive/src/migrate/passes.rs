//! The whole archive: passes until both sides agree, then the proof.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::{Progress, check};
use rushes_store::{AnnotationStore, Imported};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result, Run, RunId, RunState};

use crate::migrate::archive_store::ArchiveStore;
use crate::migrate::compare::{Comparison, compare};
use crate::migrate::copy::{CopyCounts, bring_asset, missing};
use crate::migrate::memos;
use crate::migrate::parallel::each_asset;
use crate::migrate::registry::Registry;

/// Assets that are moved at once, where the caller does not say how many.
const JOBS: usize = 4;
/// Passes after which a source that keeps changing is given up on.
const PASSES: u32 = 50;
/// Runs read at once.
const RUNS: usize = 1_024;
/// Assets read at once.
const ASSETS: usize = 1_024;
/// Open runs named in messages.
const NAMED: usize = 10;

/// How an archive is moved.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Assets that are moved at once.
    pub jobs: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { jobs: JOBS }
    }
}

/// What a move did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Assets that were copied, or got what was missing.
    pub moved: u64,
    /// What was copied.
    pub copied: CopyCounts,
    /// How many passes it took.
    pub passes: u32,
    /// Both sides, read back.
    pub compared: Comparison,
    /// Runs that were opened during the move: they are not at the target.
    pub open_runs: Vec<RunId>,
}

/// What a move would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Assets of the source, erased ones too.
    pub assets: u64,
    /// Of these, those that would be copied or would get what is missing.
    pub to_move: u64,
    /// Annotations of the source.
    pub annotations: u64,
    /// Runs that are open at the source.
    pub open_runs: Vec<RunId>,
}

/// Moves all that is committed. `from` may go on; what is committed on the way is followed until there is nothing new.
///
/// # Errors
/// [`ErrorKind::Conflict`] where runs are open, or the target holds something else; [`ErrorKind::Corrupt`] where
/// something at the source is damaged; [`ErrorKind::Cancelled`] where it was asked to stop: whole assets are moved
/// then, and moving again goes on. What the stores answer.
pub fn migrate_archive(
    from: &ArchiveStore,
    to: &ArchiveStore,
    options: Options,
    progress: &dyn Progress,
) -> Result<Report> {
    refuse_open_runs(from.store())?;
    refuse_other_assets(from.store(), to.store())?;
    to.copy_tokens(from)?;
    memos::bring(from.store(), to.store())?;
    let mut report = Report::default();
    loop {
        follow(from, to, options, progress, &mut report)?;
        report.compared = compare(from.store(), to.store(), options.jobs, progress)?;
        if report.compared.behind == 0 {
            break;
        }
    }
    report.open_runs = open_runs(from.store())?.into_iter().map(|run| run.id).collect();
    Ok(report)
}

/// Goes through the source until nothing is new.
fn follow(
    from: &ArchiveStore,
    to: &ArchiveStore,
    options: Options,
    progress: &dyn Progress,
    report: &mut Report,
) -> Result<()> {
    loop {
        if report.passes >= PASSES {
            return Err(keeps_changing());
        }
        report.passes += 1;
        let pass = pass(from, to, options, progress)?;
        report.moved += pass.moved;
        report.copied.add(pass.copied);
        match (pass.moved, pass.conflict) {
            (0, None) => return Ok(()),
            (0, Some(conflict)) => return Err(conflict),
            // A run's id may have gone from one asset to another, and is free only after the other was moved.
            _ => {}
        }
    }
}

fn keeps_changing() -> Error {
    Error::new(ErrorKind::Busy, "the archive is written to faster than it is moved")
        .mend("stop its writers for a while, and move again")
}

#[derive(Default)]
struct Pass {
    moved: u64,
    copied: CopyCounts,
    conflict: Option<Error>,
}

fn pass(from: &ArchiveStore, to: &ArchiveStore, options: Options, progress: &dyn Progress) -> Result<Pass> {
    let (source, target) = (from.store(), to.store());
    let mut pass = Pass::default();
    let watch = Watch::new(progress, source.counts()?.assets);
    let go_on = || check(progress, "the move");
    if Registry::bring(source, target)? {
        to.mark_for_rebuild()?;
    }
    // (derived data is marked, the purge is marked): both are files, written by one thread at a time.
    let marked = Mutex::new((false, false));
    // Whatever happens after, what is above the store is not taken for whole.
    let before = |drops: bool| -> Result<()> {
        let mut marked = marked.lock().unwrap_or_else(PoisonError::into_inner);
        if drops && !marked.1 {
            to.mark_erasure()?;
            marked.1 = true;
        }
        if !marked.0 {
            to.mark_for_rebuild()?;
            marked.0 = true;
        }
        Ok(())
    };
    let each = |asset: &AssetId| {
        go_on()?;
        let done = bring_asset(source, target, asset, &before, &go_on);
        watch.add(done.as_ref().map_or_else(|_| CopyCounts::default(), |(_, copied)| *copied));
        match done {
            Ok(done) => Ok(Ok(done)),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(Err(error)),
            Err(error) => Err(error),
        }
    };
    each_asset(source, options.jobs, &each, &mut |_, outcome| {
        match outcome {
            Ok((done, copied)) => {
                pass.moved += u64::from(done != Imported::Unchanged);
                pass.copied.add(copied);
            }
            Err(conflict) => {
                pass.conflict.get_or_insert(conflict);
            }
        }
        Ok(())
    })?;
    Ok(pass)
}

/// Reports progress.
struct Watch<'a> {
    progress: &'a dyn Progress,
    total: u64,
    assets: AtomicU64,
    annotations: AtomicU64,
    bytes: AtomicU64,
}

impl<'a> Watch<'a> {
    fn new(progress: &'a dyn Progress, total: u64) -> Self {
        let none = || AtomicU64::new(0);
        Self { progress, total, assets: none(), annotations: none(), bytes: none() }
    }

    fn add(&self, copied: CopyCounts) {
        let assets = self.assets.fetch_add(1, Ordering::Relaxed) + 1;
        let annotations =
            self.annotations.fetch_add(copied.annotations, Ordering::Relaxed) + copied.annotations;
        let mib = (self.bytes.fetch_add(copied.bytes, Ordering::Relaxed) + copied.bytes) >> 20;
        let what = format!("assets moved ({annotations} annotations, {mib} MiB)");
        self.progress.set(&what, assets, Some(self.total.max(assets)));
    }
}

/// The runs that are open: nothing of them is moved.
fn open_runs(store: &dyn AnnotationStore) -> Result<Vec<Run>> {
    let mut open = Vec::new();
    let mut after: Option<RunId> = None;
    loop {
        let page = store.runs(None, after.as_ref(), RUNS)?;
        let Some(last) = page.last() else { return Ok(open) };
        after = Some(last.id.clone());
        open.extend(page.into_iter().filter(|run| run.state == RunState::Open));
    }
}

fn refuse_open_runs(store: &dyn AnnotationStore) -> Result<()> {
    let open = open_runs(store)?;
    if open.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = open
        .iter()
        .take(NAMED)
        .map(|run| format!("`{}` (model `{}` on asset `{}`)", run.id, run.model, run.asset))
        .collect();
    let more = match open.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(Error::new(
        ErrorKind::Conflict,
        format!("what is not committed is not moved, and these runs are open: {}{more}", names.join(", ")),
    )
    .mend("commit or abort them, or give --abort-open"))
}

/// Gives every open run up; says how many there were.
///
/// # Errors
/// What the store answers.
pub fn abort_open_runs(store: &dyn AnnotationStore) -> Result<u64> {
    let mut aborted = 0;
    for run in open_runs(store)? {
        match store.abort_run(&run.id) {
            Ok(()) => aborted += 1,
            // Another process has just committed it: so it moves.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Ok(aborted)
}

/// A target that has assets of its own is no copy.
fn refuse_other_assets(from: &dyn AnnotationStore, to: &dyn AnnotationStore) -> Result<()> {
    let mut after: Option<AssetId> = None;
    loop {
        let page = to.assets_with_history(after.as_ref(), ASSETS)?;
        let Some(last) = page.last() else { return Ok(()) };
        for asset in &page {
            if from.history(asset, Commit::NONE, 1)?.is_empty() {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("the target holds the asset `{asset}`, which the archive does not"),
                )
                .mend("move to an empty one"));
            }
        }
        after = Some(last.clone());
    }
}

/// What a move would do; without a target, everything would be copied.
///
/// # Errors
/// What the stores answer.
pub fn survey(
    from: &dyn AnnotationStore,
    to: Option<&dyn AnnotationStore>,
    jobs: usize,
    progress: &dyn Progress,
) -> Result<Survey> {
    let mut survey = Survey { annotations: from.counts()?.annotations, ..Survey::default() };
    let each = |asset: &AssetId| {
        check(progress, "looking")?;
        let Some(to) = to else { return Ok(true) };
        match rushes_store::AssetImport::read(from, asset)? {
            Some(import) => Ok(missing(&import, to)?.is_some()),
            None => Ok(false),
        }
    };
    each_asset(from, jobs, &each, &mut |_, to_move| {
        survey.assets += 1;
        survey.to_move += u64::from(to_move);
        progress.set("assets looked at", survey.assets, None);
        Ok(())
    })?;
    survey.open_runs = open_runs(from)?.into_iter().map(|run| run.id).collect();
    Ok(survey)
}
