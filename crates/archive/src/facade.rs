//! The operations of callers on an archive: register, write, read, erase, each limited by their rights.

use rushes_events::DeadLetter;
use rushes_store::{EraseTarget, LabelAliases, RunSpec};
use rushes_types::{Asset, AssetId, Commit, Error, ErrorKind, Model, Result, Run, RunId, Visibility};

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::ingest::{self, Body, IngestOptions, IngestReport, id_taken, no_run};

/// Assets per page when all are scanned.
const PAGE: usize = 1024;

impl Archive {
    /// Registers assets, or changes them.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where the caller may not write to a movie; [`ErrorKind::Forbidden`], at the field, where he
    /// would put an asset among titles of others; what the store answers.
    pub fn put_assets(&self, caller: &Caller, assets: &[Asset]) -> Result<Option<Commit>> {
        for (no, asset) in assets.iter().enumerate() {
            caller.require(Right::Ingest, asset)?;
            // One that an earlier line of this request describes is as that line says.
            let earlier = assets.get(..no).and_then(|all| all.iter().rfind(|a| a.id == asset.id)).cloned();
            let known = match earlier {
                None => self.engines.store.asset(&asset.id)?,
                earlier => earlier,
            };
            if known.as_ref().is_some_and(|known| !caller.may(Right::Ingest, known)) {
                return Err(id_taken(&asset.id));
            }
            caller.require_place(asset, known.as_ref())?;
        }
        let _writing = self.write_freeze.enter();
        let commit = self.engines.store.put_assets(assets)?;
        self.shared.committed.notify();
        Ok(commit)
    }

    /// An asset, where it is there and the caller may see it.
    ///
    /// # Errors
    /// What the store answers.
    pub fn asset(&self, caller: &Caller, id: &AssetId) -> Result<Option<Asset>> {
        Ok(self.engines.store.asset(id)?.filter(|a| sees(caller, a)))
    }

    /// Assets that the caller may see, by id, after one, at most `limit`.
    ///
    /// # Errors
    /// What the store answers.
    pub fn assets(&self, caller: &Caller, after: Option<&AssetId>, limit: usize) -> Result<Vec<Asset>> {
        let mut found = Vec::new();
        let mut after = after.cloned();
        while found.len() < limit {
            let page = self.engines.store.assets(after.as_ref(), PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            found.extend(page.into_iter().filter(|a| sees(caller, a)));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Registers a model.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where it would change a registered space.
    pub fn put_models(&self, caller: &Caller, models: &[Model]) -> Result<()> {
        require_any(caller, Right::Ingest)?;
        let _writing = self.write_freeze.enter();
        models.iter().try_for_each(|model| self.engines.store.put_model(model))
    }

    /// The oldest events that a stage could not handle, at most `limit`.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; what the log answers.
    pub fn dead_letters(&self, caller: &Caller, limit: usize) -> Result<Vec<DeadLetter>> {
        caller.require_everywhere(Right::Admin)?;
        self.engines.events.dead_letters(limit)
    }

    /// Appends such events again, the oldest first; returns how many.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; what the log answers.
    pub fn replay(&self, caller: &Caller, limit: usize) -> Result<usize> {
        caller.require_everywhere(Right::Admin)?;
        self.engines.events.replay(limit)
    }

    /// Sets the aliases of labels.
    ///
    /// # Errors
    /// What the store answers.
    pub fn put_labels(&self, caller: &Caller, labels: &[LabelAliases]) -> Result<()> {
        caller.require_everywhere(Right::Ingest)?;
        let _writing = self.write_freeze.enter();
        self.engines.store.put_labels(labels)?;
        self.forget_labels();
        Ok(())
    }

    /// Opens a run.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where the asset is not registered or the caller may not write to it.
    pub fn open_run(&self, caller: &Caller, spec: &RunSpec) -> Result<Run> {
        self.require_asset(caller, Right::Ingest, &spec.asset)?;
        if let Some(id) = &spec.id
            && let Some(known) = self.engines.store.run(id)?
            && self.require_asset(caller, Right::Ingest, &known.asset).is_err()
        {
            let taken = Error::new(ErrorKind::Conflict, format!("the id `{id}` of a run is taken"));
            return Err(taken.mend("choose another id"));
        }
        let _writing = self.write_freeze.enter();
        self.engines.store.open_run(spec)
    }

    /// Adds annotations to an open run.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where the run is not open; what the store answers. Rejected lines are in the report.
    pub fn append_run(
        &self,
        caller: &Caller,
        run: &RunId,
        body: Body<'_>,
        strict: bool,
    ) -> Result<IngestReport> {
        let run = self.require_run(caller, Right::Ingest, run)?;
        let _writing = self.write_freeze.enter();
        ingest::append_run(&*self.engines.store, self.limits(), &run, body, strict)
    }

    /// Makes all of a run visible.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where it was aborted.
    pub fn commit_run(&self, caller: &Caller, run: &RunId) -> Result<Commit> {
        self.on_run(caller, run, |store| store.commit_run(run))
    }

    /// Aborts a run.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where it is committed.
    pub fn abort_run(&self, caller: &Caller, run: &RunId) -> Result<()> {
        self.on_run(caller, run, |store| store.abort_run(run))
    }

    /// Makes an earlier run current again.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where it is not committed.
    pub fn restore_run(&self, caller: &Caller, run: &RunId) -> Result<Commit> {
        self.on_run(caller, run, |store| store.restore_run(run))
    }

    /// Keeps or archives a run.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where it is not committed.
    pub fn set_visibility(&self, caller: &Caller, run: &RunId, to: Visibility) -> Result<Option<Commit>> {
        self.on_run(caller, run, |store| store.set_visibility(run, to))
    }

    /// A run, where it is there and the caller may see its asset.
    ///
    /// # Errors
    /// What the store answers.
    pub fn run(&self, caller: &Caller, run: &RunId) -> Result<Option<Run>> {
        let Some(run) = self.engines.store.run(run)? else { return Ok(None) };
        let asset = self.engines.store.asset(&run.asset)?;
        Ok(asset.is_some_and(|a| sees(caller, &a)).then_some(run))
    }

    /// Runs that the caller may see, by id, after one, at most `limit`.
    ///
    /// # Errors
    /// What the store answers.
    pub fn runs(
        &self,
        caller: &Caller,
        asset: Option<&AssetId>,
        after: Option<&RunId>,
        limit: usize,
    ) -> Result<Vec<Run>> {
        let mut found = Vec::new();
        let mut after = after.cloned();
        while found.len() < limit {
            let page = self.engines.store.runs(asset, after.as_ref(), PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            for run in page {
                if self.asset(caller, &run.asset)?.is_some() {
                    found.push(run);
                }
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Ingests annotations. What is rejected is in the report; with `strict`, a report with rejected lines means that
    /// nothing was written.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`], [`ErrorKind::StorageFull`] and what else the store answers.
    pub fn ingest(&self, caller: &Caller, body: Body<'_>, options: &IngestOptions) -> Result<IngestReport> {
        let _writing = self.write_freeze.enter();
        let _taking_in = self.shared.traffic.enter();
        let report = ingest::ingest(&*self.engines.store, self.limits(), caller, body, options)?;
        self.shared.committed.notify();
        Ok(report)
    }

    /// Erases.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where the target is not there or the caller has not the right.
    pub fn erase(&self, caller: &Caller, target: &EraseTarget) -> Result<Option<Commit>> {
        match target {
            EraseTarget::Asset(asset)
            | EraseTarget::Annotation { asset, .. }
            | EraseTarget::Model(_, Some(asset)) => {
                self.require_asset(caller, Right::Admin, asset)?;
            }
            EraseTarget::Movie(movie) => caller.require_movie(Right::Admin, movie)?,
            EraseTarget::Model(_, None) => caller.require_everywhere(Right::Admin)?,
            EraseTarget::Run(run) => {
                self.require_run(caller, Right::Admin, run)?;
            }
        }
        let _writing = self.write_freeze.enter();
        let _erasing = self.shared.erasures.begin()?;
        self.forget_in_bins(target)?;
        let commit = self.engines.store.erase(target)?;
        self.shared.committed.notify();
        Ok(commit)
    }

    fn on_run<T>(
        &self,
        caller: &Caller,
        run: &RunId,
        call: impl FnOnce(&dyn rushes_store::AnnotationStore) -> Result<T>,
    ) -> Result<T> {
        self.require_run(caller, Right::Ingest, run)?;
        let _writing = self.write_freeze.enter();
        let done = call(&*self.engines.store)?;
        self.shared.committed.notify();
        Ok(done)
    }

    fn require_run(&self, caller: &Caller, right: Right, id: &RunId) -> Result<Run> {
        let run = self.engines.store.run(id)?.ok_or_else(|| no_run(id))?;
        let asset = self.engines.store.asset(&run.asset)?;
        // As of an asset: where the caller has not the right, the run is not there.
        if asset.is_some_and(|asset| caller.may(right, &asset)) { Ok(run) } else { Err(no_run(id)) }
    }

    pub(crate) fn require_asset(&self, caller: &Caller, right: Right, id: &AssetId) -> Result<Asset> {
        let missing = || {
            Error::new(ErrorKind::NotFound, format!("asset `{id}` is not there"))
                .mend("`rushes asset list` names those that are")
        };
        let asset = self.engines.store.asset(id)?.ok_or_else(missing)?;
        // A caller who may not see it does not learn that it exists.
        if caller.may(right, &asset) { Ok(asset) } else { Err(missing()) }
    }
}

fn sees(caller: &Caller, asset: &Asset) -> bool {
    caller.may(Right::Read, asset)
}

pub(crate) fn require_any(caller: &Caller, right: Right) -> Result<()> {
    if caller.has(right) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Forbidden, format!("the token `{}` has no {right:?} right", caller.name())))
}
