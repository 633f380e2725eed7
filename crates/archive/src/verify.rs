//! `rushes verify`: is everything that was committed present, complete, and the same in every stage?
//!
//! Every asset is fused once more, from its first commit, into memory; the digest must equal that of what is stored.
//! Then every annotation is compared with the index. This proves what crash tests need: the timeline equals a rebuild,
//! the index equals the timeline, nothing erased is left.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rushes_fuse::driver::{Options, fuse_asset};
use rushes_index::{AnnotationRef, AssetNo, Budget, IndexReader};
use rushes_kv::without_panic;
use rushes_plan::{Clause, Filter};
use rushes_store::{Effect, Erased};
use rushes_timeline::{MemoryTimeline, TimelineStore};
use rushes_types::{AssetId, Commit, ErrorKind, FusedAnnotation, FusedKey, Result, TimeRange};

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::clock::now_s;
use crate::engines::Engines;
use crate::erasures::GONE_WITHIN;
use crate::healing::check_store_is_ahead;
use crate::part::Part;
use crate::progress::{Progress, check};
use crate::verify_kept::VerifyStatus;
use crate::verify_quick::verify_quickly;
use crate::verify_report::{PROBLEMS_MAX, VerifyReport};
use crate::words::Words;
use crate::workers::{FuseSettings, Shared, VerifyJob, dead_assets};

/// Assets looked up at once.
const ASSETS: usize = 256;
/// Annotations compared at once.
const ANNOTATIONS: usize = 4096;
/// Commits read at once.
const COMMITS: usize = 1024;
impl Archive {
    /// Compares all stages with each other and with what was committed.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Forbidden`] unless the caller may do everything; where an engine cannot read.
    pub fn verify(&self, caller: &Caller, progress: &dyn Progress) -> Result<VerifyReport> {
        caller.require_everywhere(Right::Admin)?;
        verify_and_keep(self.dir(), &self.engines, &self.fuse_settings(), &self.shared, progress)
    }

    /// What can be told in seconds, however much there is: whether what the engines say of themselves fits, and whether the
    /// stages hold no later commits than the store.
    ///
    /// # Errors
    /// As [`Archive::verify`].
    pub fn verify_quickly(&self, caller: &Caller) -> Result<VerifyReport> {
        caller.require_everywhere(Right::Admin)?;
        let mut report = verify_quickly(&self.engines, self.shared.verifications.last().as_ref())?;
        unpurged(&self.shared, &mut report);
        Ok(report)
    }

    /// The whole check as the schedule makes it, where it is this process that does.
    pub(crate) fn verify_job(&self) -> Option<VerifyJob> {
        let every = self.options.verify_every.filter(|_| self.options.verifies_here)?;
        let (dir, engines, settings) = (self.dir().to_owned(), self.engines.clone(), self.fuse_settings());
        let shared = Arc::clone(&self.shared);
        let check =
            move |progress: &dyn Progress| verify_and_keep(&dir, &engines, &settings, &shared, progress);
        Some(VerifyJob { every, check: Box::new(check) })
    }

    /// How the checks of this archive fare.
    pub(crate) fn verify_status(&self) -> VerifyStatus {
        self.shared.verifications.status(self.options.verify_every, now_s())
    }
}

/// The whole check, whose result is kept in the archive's folder.
fn verify_and_keep(
    dir: &Path,
    engines: &Engines,
    settings: &FuseSettings,
    shared: &Shared,
    progress: &dyn Progress,
) -> Result<VerifyReport> {
    let began_s = now_s();
    let commit = engines.store.last_commit()?;
    let kept = shared.verifications.last();
    match verify(engines, settings, &Noted { shared, progress }) {
        Ok(mut report) => {
            unpurged(shared, &mut report);
            if let Some(last) = kept.filter(|last| last.commit > commit.0) {
                report.problem(format!(
                    "the store ends with commit {commit}, and held commit {} when it was verified last: it is of an earlier \
                     time",
                    last.commit
                ));
            }
            shared.verifications.keep(dir, commit.0, began_s, now_s(), &report)?;
            Ok(report)
        }
        Err(error) => {
            let failed = Some(&error).filter(|error| error.kind() != ErrorKind::Cancelled);
            shared.verifications.ended(failed, now_s());
            Err(error)
        }
    }
}

/// Progress that `status` shows as well.
struct Noted<'a> {
    shared: &'a Shared,
    progress: &'a dyn Progress,
}

impl Progress for Noted<'_> {
    fn set(&self, what: &str, done: u64, total: Option<u64>) {
        self.shared.verifications.goes_on(what, done, total);
        self.progress.set(what, done, total);
    }
    fn cancelled(&self) -> bool {
        self.progress.cancelled()
    }
}

fn unpurged(shared: &Shared, report: &mut VerifyReport) {
    let unpurged = shared.erasures.unpurged_for();
    report.unpurged_for_s = unpurged.map(|age| age.as_secs());
    if let Some(age) = unpurged.filter(|age| *age > GONE_WITHIN) {
        report.problem(format!(
            "bytes of what was erased {} h ago are still on disk; run `rushes purge`",
            age.as_secs() / 3600
        ));
    }
}

/// Compares the stages of an archive, asset by asset.
fn verify(engines: &Engines, settings: &FuseSettings, progress: &dyn Progress) -> Result<VerifyReport> {
    let mut report = VerifyReport::default();
    examine(engines, progress, &mut report)?;
    for (asset, reason) in dead_assets(&*engines.events, PROBLEMS_MAX)? {
        report.problem(format!(
            "an event of asset `{asset}` is a dead letter: {reason}; mend that and run `rushes events replay`"
        ));
    }
    let total = engines.store.counts()?.assets;
    let mut after: Option<AssetId> = None;
    loop {
        let assets = engines.store.assets_with_history(after.as_ref(), ASSETS)?;
        let Some(last) = assets.last() else { break };
        after = Some(last.clone());
        for asset in &assets {
            check(progress, "the check")?;
            // Damage that is met in one asset does not hide what is wrong with the others.
            match without_panic("reading an asset", || verify_asset(engines, settings, asset, &mut report)) {
                Err(error) if error.kind() == ErrorKind::Corrupt => {
                    report.problem(format!("asset `{asset}`: {error}"));
                }
                other => other?,
            }
            report.assets += 1;
            progress.set("assets verified", report.assets, Some(total));
        }
    }
    Ok(report)
}

/// Has every engine read all that it keeps.
fn examine(engines: &Engines, progress: &dyn Progress, report: &mut VerifyReport) -> Result<()> {
    if let Err(error) = check_store_is_ahead(engines) {
        report.problem(error.to_string());
    }
    let mut read = 0;
    let mut watched = |bytes: u64| {
        check(progress, "the check")?;
        read += bytes;
        progress.set("bytes read", read, None);
        Ok(())
    };
    for part in Part::ALL {
        let found = without_panic(part.as_str(), || match part {
            Part::Store => engines.store.examine(&mut watched),
            Part::Events => engines.events.examine(&mut watched),
            Part::Timeline => engines.timeline.examine(&mut watched),
            Part::Index => engines.index.examine(&mut watched),
        });
        match found {
            Ok(wrong) => wrong.into_iter().for_each(|wrong| report.problem(wrong)),
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
            Err(error) => report.problem(error.to_string()),
        }
    }
    Ok(())
}

fn verify_asset(
    engines: &Engines,
    settings: &FuseSettings,
    asset: &AssetId,
    report: &mut VerifyReport,
) -> Result<()> {
    let (committed, erased) = read_history(engines, asset)?;
    let fused = engines.timeline.progress(asset)?;
    let reader = engines.index.reader(None)?;
    if fused < committed || engines.index.progress(asset)? < fused || reader.read_point().upto < committed {
        report.catching_up = true;
        return Ok(());
    }
    if fused > committed {
        report.problem(format!(
            "asset `{asset}`: fused up to commit {fused}, but the store ends at {committed}"
        ));
    }
    verify_fused(engines, settings, asset, report)?;
    verify_indexed(engines, reader.as_ref(), asset, report)?;
    for key in erased {
        if engines.timeline.get(asset, &[key])?.into_iter().flatten().any(|a| a.fused_key() == key) {
            report.problem(format!("asset `{asset}`: the erased annotation {:?} is still fused", key.key));
        }
    }
    Ok(())
}

/// The asset's last commit, and the annotations that were erased one by one and not written again since.
fn read_history(engines: &Engines, asset: &AssetId) -> Result<(Commit, BTreeSet<FusedKey>)> {
    let mut last = Commit::NONE;
    let mut erased = BTreeSet::new();
    loop {
        let records = engines.store.history(asset, last, COMMITS)?;
        let Some(record) = records.last() else { return Ok((last, erased)) };
        last = record.commit;
        for record in records {
            match record.effect {
                Effect::Erased(Erased::Annotation { model, run, id, start_ns }) => {
                    let key = rushes_types::AnnotationKey::of(&model, &run, &id);
                    erased.insert(FusedKey { start_ns, key });
                }
                // It may hold an annotation of the same name again: not ours to judge here.
                Effect::Segment(_) | Effect::Restored(_) => erased.clear(),
                Effect::Registered | Effect::Visibility(..) | Effect::Erased(_) => {}
            }
        }
    }
}

/// Fuses the asset again, in memory, and compares digests.
fn verify_fused(
    engines: &Engines,
    settings: &FuseSettings,
    asset: &AssetId,
    report: &mut VerifyReport,
) -> Result<()> {
    let rebuilt = MemoryTimeline::new()?;
    let words = Words::new(&settings.default_language);
    let options = Options { bucket_ns: settings.bucket_ns, ..Options::new(&words) };
    fuse_asset(&*engines.store, &rebuilt, asset, options)?;
    let (stored, rebuilt) = (engines.timeline.content_digest(asset)?, rebuilt.content_digest(asset)?);
    if stored != rebuilt {
        report.problem(format!(
            "asset `{asset}`: fused data differ from a rebuild ({stored:032x}, rebuilt {rebuilt:032x}); run `rushes rebuild`"
        ));
    }
    Ok(())
}

/// Compares every fused annotation with the index, and what is current with what a reader sees.
fn verify_indexed(
    engines: &Engines,
    reader: &dyn IndexReader,
    asset: &AssetId,
    report: &mut VerifyReport,
) -> Result<()> {
    let Some(no) = reader.asset_no(asset) else {
        if engines.timeline.document(asset)?.is_some() {
            report.problem(format!("asset `{asset}` is fused but not indexed; run `rushes rebuild --index`"));
        }
        return Ok(());
    };
    let mut current = BTreeSet::new();
    let mut after = None;
    loop {
        let page = engines.timeline.annotations(asset, TimeRange::everything(), after, ANNOTATIONS)?;
        let Some(last) = page.last() else { break };
        after = Some(last.fused_key());
        report.annotations += page.len() as u64;
        compare(reader, no, asset, &page, report)?;
        let now = reader.read_point();
        let alive = page.iter().filter(|a| a.validities.iter().any(|l| l.contains(now)));
        current.extend(alive.map(FusedAnnotation::fused_key));
    }
    let filter = Filter { assets: Some(vec![asset.clone()]), ..Filter::default() };
    let seen: BTreeSet<FusedKey> = reader
        .hits(&Clause::any(None), &filter, Budget::of_maintenance())?
        .hits
        .iter()
        .map(|h| h.first)
        .collect();
    if seen != current {
        let (missing, extra) = (current.difference(&seen).count(), seen.difference(&current).count());
        report.problem(format!(
            "asset `{asset}`: the index misses {missing} annotations and shows {extra} too many; \
             run `rushes rebuild --index`"
        ));
    }
    Ok(())
}

fn compare(
    reader: &dyn IndexReader,
    no: AssetNo,
    asset: &AssetId,
    page: &[FusedAnnotation],
    report: &mut VerifyReport,
) -> Result<()> {
    let refs: Vec<AnnotationRef> =
        page.iter().map(|a| AnnotationRef { asset: no, key: a.fused_key() }).collect();
    for (fused, indexed) in page.iter().zip(reader.fetch(&refs, Budget::of_maintenance())?) {
        let needed = fused.kept || fused.is_current();
        match indexed {
            Some(indexed) if indexed.annotation == fused.annotation => {}
            // What died long ago and cannot be pinned may already be dropped from the index.
            None if !needed => {}
            Some(_) => report.problem(format!(
                "asset `{asset}`: annotation `{}` differs between fused data and index; run `rushes rebuild --index`",
                fused.annotation.id
            )),
            None => report.problem(format!(
                "asset `{asset}`: annotation `{}` is fused but not indexed; run `rushes rebuild --index`",
                fused.annotation.id
            )),
        }
    }
    Ok(())
}
