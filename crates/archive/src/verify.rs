//! `rushes verify`: is everything that was committed present, complete, and the same in every stage?
//!
//! Every asset is fused once more, from its first commit, into memory; the digest must equal that of what is stored.
//! Then every annotation is compared with the index. This proves what crash tests need: the timeline equals a rebuild,
//! the index equals the timeline, nothing erased is left.

use std::collections::BTreeSet;

use rushes_fuse::driver::{Options, fuse_asset};
use rushes_index::{AnnotationRef, AssetNo, Budget, IndexReader};
use rushes_kv::without_panic;
use rushes_plan::{Clause, Filter};
use rushes_store::{Effect, Erased};
use rushes_timeline::{MemoryTimeline, TimelineStore};
use rushes_types::{AssetId, Commit, ErrorKind, FusedAnnotation, FusedKey, Result, TimeRange};

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::engines::Engines;
use crate::erasures::GONE_WITHIN;
use crate::healing::check_store_is_ahead;
use crate::part::Part;
use crate::progress::{Progress, check};
use crate::words::Words;
use crate::workers::{FuseSettings, dead_assets};

/// Assets looked up at once.
const ASSETS: usize = 256;
/// Annotations compared at once.
const ANNOTATIONS: usize = 4096;
/// Commits read at once.
const COMMITS: usize = 1024;
/// Problems that a report names; the others are only counted.
const PROBLEMS_MAX: usize = 100;

/// What `verify` found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Assets looked at.
    pub assets: u64,
    /// Annotations compared, superseded ones too.
    pub annotations: u64,
    /// The first problems; empty when all is well.
    pub problems: Vec<String>,
    /// How many problems there are.
    pub problem_count: u64,
    /// Is something committed that is not fused and indexed yet? It was left out.
    pub catching_up: bool,
    /// For how many seconds bytes of what was erased may have been on disk; `None` where there are none. Longer
    /// than [`GONE_WITHIN`] is a problem.
    pub unpurged_for_s: Option<u64>,
}

impl VerifyReport {
    fn problem(&mut self, text: String) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(text);
        }
    }
}

impl Archive {
    /// Compares all stages with each other and with what was committed.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Forbidden`] unless the caller may do everything; where an engine cannot read.
    pub fn verify(&self, caller: &Caller, progress: &dyn Progress) -> Result<VerifyReport> {
        caller.require_everywhere(Right::Admin)?;
        let mut report = verify(&self.engines, &self.fuse_settings(), progress)?;
        let unpurged = self.shared.erasures.unpurged_for();
        report.unpurged_for_s = unpurged.map(|age| age.as_secs());
        if let Some(age) = unpurged.filter(|age| *age > GONE_WITHIN) {
            report.problem(format!(
                "bytes of what was erased {} h ago are still on disk; run `rushes purge`",
                age.as_secs() / 3600
            ));
        }
        Ok(report)
    }
}

/// Compares the stages of an archive, asset by asset.
pub(crate) fn verify(
    engines: &Engines,
    settings: &FuseSettings,
    progress: &dyn Progress,
) -> Result<VerifyReport> {
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
