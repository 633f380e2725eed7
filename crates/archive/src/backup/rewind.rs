//! An archive as it was at a commit that ends no backup: made from the next backup, whose history is cut off there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rushes_store::{AnnotationStore, AssetImport, LabelAliases};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Model, ModelRef, Result};

use super::cut_off::{Unknown, cut_off, nearest, registered_after, unknown};
use crate::migrate::{asset_sum, kept_documents, read_segment};
use crate::progress::{Progress, check};

/// Assets read at once.
const ASSETS: usize = 1_024;
const WHAT: &str = "the restore";

/// The store of an earlier backup, opened when it is needed, and its last commit.
pub(super) struct Earlier<'a> {
    pub commit: u64,
    pub open: &'a dyn Fn() -> Result<std::sync::Arc<dyn AnnotationStore>>,
}

/// Fills an empty store with what `later` held at a commit, and reads it back. What whoever asked should know is added to
/// `warnings`.
///
/// # Errors
/// [`ErrorKind::Gone`] where that is not known any more, with the nearest commits that are.
pub(super) fn rewind(
    later: &dyn AnnotationStore,
    earlier: Option<&Earlier<'_>>,
    at: u64,
    to: &dyn AnnotationStore,
    progress: &dyn Progress,
    warnings: &mut Vec<String>,
) -> Result<()> {
    let survey = Survey::of(later, earlier.map_or(0, |earlier| earlier.commit), Commit(at), progress)?;
    survey.check(at)?;
    let earlier = earlier.filter(|_| survey.needs_earlier).map(|earlier| (earlier.open)()).transpose()?;
    let earlier = earlier.as_deref();
    bring_names(later, earlier, to, &survey, warnings)?;
    let mut done = 0;
    each_asset(later, progress, &mut |asset, import| {
        let document = match registered_after(&import.history, Commit(at)) {
            true => earlier.map_or(Ok(None), |earlier| earlier.asset(asset))?,
            false => import.document.clone(),
        };
        let Some(wanted) = cut_off(&import, Commit(at), document) else { return Ok(()) };
        bring(later, &wanted, to, progress)?;
        done += 1;
        progress.set("assets restored", done, None);
        Ok(())
    })
}

/// Brings an asset, and reads back what was brought.
fn bring(
    later: &dyn AnnotationStore,
    wanted: &AssetImport,
    to: &dyn AnnotationStore,
    progress: &dyn Progress,
) -> Result<()> {
    let go_on = || check(progress, WHAT);
    to.import(wanted, &mut |segment, each| {
        read_segment(later, &wanted.asset, segment, &go_on, &mut Default::default(), each)
    })?;
    let there = AssetImport::read(to, &wanted.asset)?;
    let found = there.map(|there| asset_sum(to, &there, &go_on)).transpose()?;
    if found != Some(asset_sum(later, wanted, &go_on)?) {
        let message = format!("asset `{}` was restored otherwise than it was backed up", wanted.asset);
        return Err(
            Error::new(ErrorKind::Storage, message).mend("use another disk, or restore another commit")
        );
    }
    Ok(())
}

/// What the history of the later backup says of a commit.
struct Survey {
    base: u64,
    unknown: Vec<Unknown>,
    /// Is a document, or a model, to be had from the earlier backup?
    needs_earlier: bool,
    /// Models of which something was registered after the commit.
    changed: BTreeSet<ModelRef>,
    /// Models that something was written by up to the commit.
    used: BTreeSet<ModelRef>,
}

impl Survey {
    fn of(later: &dyn AnnotationStore, base: u64, at: Commit, progress: &dyn Progress) -> Result<Self> {
        let mut survey = Self {
            base,
            unknown: Vec::new(),
            needs_earlier: false,
            changed: BTreeSet::new(),
            used: BTreeSet::new(),
        };
        each_asset(later, progress, &mut |_, import| {
            survey.unknown.extend(unknown(&import.history, base).into_iter().flatten());
            let models = |upto: Commit| {
                let segments = import.history.iter().filter(move |record| record.commit <= upto);
                segments.filter_map(|record| Some(record.effect.segment()?.model.clone()))
            };
            let was_there = import.history.first().is_some_and(|record| record.commit <= at);
            if was_there && registered_after(&import.history, at) {
                survey.needs_earlier = true;
                survey.changed.extend(models(Commit(u64::MAX)));
            }
            survey.used.extend(models(at));
            Ok(())
        })?;
        Ok(survey)
    }

    fn check(&self, at: u64) -> Result<()> {
        let (before, after) = nearest(&self.unknown, self.base, at);
        if after == at {
            return Ok(());
        }
        let before = before.map_or_else(String::new, |before| format!("`--at {before}` and "));
        Err(Error::new(
            ErrorKind::Gone,
            format!("what the archive held at commit {at} is not known any more: something was erased since, or described anew"),
        )
        .mend(format!("the nearest that can be restored: {before}`--at {after}`")))
    }
}

/// Models, labels and bins, which have no history of the store's.
fn bring_names(
    later: &dyn AnnotationStore,
    earlier: Option<&dyn AnnotationStore>,
    to: &dyn AnnotationStore,
    survey: &Survey,
    warnings: &mut Vec<String>,
) -> Result<()> {
    let before: BTreeMap<ModelRef, Model> = match earlier {
        Some(earlier) => earlier.models()?.into_iter().map(|model| (model.model.clone(), model)).collect(),
        None => BTreeMap::new(),
    };
    let mut models = Vec::new();
    for model in later.models()? {
        match before.get(&model.model) {
            Some(before) if survey.changed.contains(&model.model) => models.push(before.clone()),
            Some(_) => models.push(model),
            None if survey.used.contains(&model.model) || earlier.is_none() => models.push(model),
            None => {}
        }
    }
    to.import_models(&models)?;
    let labels: Vec<LabelAliases> = later.labels()?;
    if !labels.is_empty() {
        to.put_labels(&labels)?;
        warnings.push("aliases of labels belong to no commit: they are those of the next backup".to_owned());
    }
    let documents = kept_documents(later)?;
    documents.iter().try_for_each(|document| to.import_document(document))?;
    if !documents.is_empty() {
        warnings.push("bins belong to no commit: they are those of the next backup".to_owned());
    }
    Ok(())
}

/// Every asset that ever had a commit.
fn each_asset(
    store: &dyn AnnotationStore,
    progress: &dyn Progress,
    each: &mut dyn FnMut(&AssetId, AssetImport) -> Result<()>,
) -> Result<()> {
    let mut after: Option<AssetId> = None;
    loop {
        let page = store.assets_with_history(after.as_ref(), ASSETS)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        for asset in &page {
            check(progress, WHAT)?;
            if let Some(import) = AssetImport::read(store, asset)? {
                each(asset, import)?;
            }
        }
    }
}

/// A place beside an archive that is made, for what is needed on the way.
pub(super) fn beside(to: &Path, ending: &str) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    to.with_file_name(name)
}
