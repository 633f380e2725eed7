//! Opening, committing, aborting and restoring runs.

use std::sync::PoisonError;

use crate::client::{Outcome, Write};
use rushes_store::current::Current;
use rushes_store::engine::{
    RunRow, check_committed, check_open, check_run_id, new_run, no_asset, no_run, run_id, same_run,
    visibility_verb,
};
use rushes_store::{Effect, RunSpec};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result, Run, RunId, RunState, Visibility};

use crate::columns::{column, number};
use crate::slices::merged;
use crate::store::CassandraStore;
use crate::store::clock;
use crate::store::head::{self, Tombstone, kind};
use crate::store::history::{self, TombstoneSubject};
use crate::store::schema::{slice, slices};
use crate::store::tx::Tx;
use crate::store::writers::new_segment;

/// How long a claimed run name without a run stays reserved for the process that claimed it, in seconds.
const CLAIM_S: u64 = 60;
/// Commits of a history that are read at once.
const PAGE: usize = 4_096;

impl CassandraStore {
    /// Changes the run's asset, deciding on the run's row.
    fn change_run<T>(
        &self,
        run: &RunId,
        mut decide: impl AsyncFnMut(&mut Tx<'_>, RunRow) -> Result<T>,
    ) -> Result<T> {
        let asset = self.cluster.block_on(self.asset_of_run(run))?.ok_or_else(|| no_run(run))?;
        let slot = self.states.of(&asset);
        let mut state = slot.lock().unwrap_or_else(PoisonError::into_inner);
        self.cluster.block_on(self.change(&asset, &mut state, async |tx| {
            let row = self.run_row(tx.asset, run).await?.ok_or_else(|| no_run(run))?;
            decide(tx, row).await
        }))
    }

    /// The asset that this run name belongs to; the entry may be stale.
    pub(crate) async fn asset_of_run(&self, run: &RunId) -> Result<Option<AssetId>> {
        const READ: &str = "SELECT asset FROM run_names WHERE run = ?";
        let row = self.cluster.first::<(Option<String>,)>(READ, (run.as_str(),)).await?;
        Ok(row.and_then(|(name,)| AssetId::new(&name?).ok()))
    }

    pub(crate) async fn find_run(&self, run: &RunId) -> Result<Option<Run>> {
        let Some(asset) = self.asset_of_run(run).await? else { return Ok(None) };
        Ok(self.run_row(&asset, run).await?.map(|row| row.run))
    }

    /// The runs of an asset.
    pub(crate) async fn run_rows(&self, asset: &AssetId) -> Result<Vec<RunRow>> {
        let rows = head::rows(&self.cluster, asset, kind::RUN).await?;
        rows.into_iter().map(|(_, _, bytes)| RunRow::decode(&bytes)).collect()
    }

    pub(crate) fn open_one(&self, spec: &RunSpec) -> Result<Run> {
        check_run_id(spec)?;
        let id = match &spec.id {
            Some(id) => id.clone(),
            None => run_id(self.writers.stamp(0))?,
        };
        let known = self.cluster.block_on(async {
            if let Some(run) = self.find_run(&id).await? {
                return same_run(&run, spec).map(Some);
            }
            if head::read(&self.cluster, &spec.asset).await?.doc.is_none() {
                return Err(no_asset(&spec.asset));
            }
            let known = self.claim(&id, spec).await?;
            if known.is_none() {
                self.list_run(&id, &spec.asset).await?;
                self.note_use(&spec.model, &spec.asset).await?;
            }
            Ok(known)
        })?;
        if let Some(run) = known {
            return Ok(run);
        }
        let slot = self.states.of(&spec.asset);
        let mut state = slot.lock().unwrap_or_else(PoisonError::into_inner);
        self.cluster.block_on(self.change(&spec.asset, &mut state, async |tx| {
            if let Some(row) = self.run_row(tx.asset, &id).await? {
                return same_run(&row.run, spec);
            }
            if tx.head.doc.is_none() {
                return Err(no_asset(tx.asset));
            }
            let run = new_run(id.clone(), spec);
            let row = RunRow { run: run.clone(), segment: new_segment()?, blocks: 0 };
            tx.put(kind::RUN, id.as_str(), 0, row.encode());
            Ok(run)
        }))
    }

    /// Claims a run's name for an asset: names are unique over all assets.
    pub(crate) async fn claim(&self, id: &RunId, spec: &RunSpec) -> Result<Option<Run>> {
        const TAKE: &str = "INSERT INTO run_names (run, asset, noted) VALUES (?, ?, ?) IF NOT EXISTS";
        const READ: &str = "SELECT asset, noted FROM run_names WHERE run = ?";
        const OVER: &str =
            "UPDATE run_names SET asset = ?, noted = ? WHERE run = ? IF asset = ? AND noted = ?";
        let (run, asset) = (id.as_str(), spec.asset.as_str());
        let stamp = column(self.writers.stamp(0));
        match self.cluster.conditional(&[Write::new(TAKE, (run, asset, stamp))]).await {
            Ok(Outcome::Applied) => return Ok(None),
            Ok(Outcome::Refused) => {}
            Err(e) if e.kind() == ErrorKind::OutcomeUnknown => {}
            Err(e) => return Err(e),
        }
        let rows = self.cluster.serial::<(Option<String>, Option<i64>)>(READ, (run,)).await?;
        let busy = || {
            Error::new(ErrorKind::Busy, format!("run `{run}` is being opened elsewhere"))
                .mend("send it again in a minute")
        };
        let Some((Some(holder), noted)) = rows.into_iter().next() else { return Err(busy()) };
        if holder == asset {
            return Ok(None);
        }
        if let Some(known) = self.find_run(id).await? {
            return same_run(&known, spec).map(Some);
        }
        // The process that claimed the name never opened the run, or the run is erased.
        if clock::age_s(number(noted), clock::now()) < CLAIM_S {
            return Err(busy());
        }
        let over = Write::new(OVER, (asset, stamp, run, holder, noted));
        if self.cluster.conditional(&[over]).await? == Outcome::Applied { Ok(None) } else { Err(busy()) }
    }

    pub(crate) async fn list_run(&self, run: &RunId, asset: &AssetId) -> Result<()> {
        const LIST: &str = "INSERT INTO run_list (slice, run, asset) VALUES (?, ?, ?)";
        let (run, asset) = (run.as_str(), asset.as_str());
        self.cluster.write(LIST, (slice(run), run, asset)).await
    }

    /// Frees the names of erased runs.
    pub(crate) async fn free_names(&self, asset: &AssetId, runs: &[(RunId, u64)]) -> Result<()> {
        const FREE: &str = "DELETE FROM run_names WHERE run = ? IF asset = ?";
        const UNLIST: &str = "DELETE FROM run_list WHERE slice = ? AND run = ?";
        for (run, _) in runs {
            if self.run_row(asset, run).await?.is_some() {
                continue; // reopened by another request
            }
            let name = run.as_str();
            self.cluster.write(UNLIST, (slice(name), name)).await?;
            match self.cluster.conditional(&[Write::new(FREE, (name, asset.as_str()))]).await {
                Err(e) if e.kind() != ErrorKind::OutcomeUnknown => return Err(e),
                _ => {}
            }
            // Opened between the check and the removal: list it again.
            if self.run_row(asset, run).await?.is_some() {
                self.list_run(run, asset).await?;
            }
        }
        Ok(())
    }

    pub(crate) fn commit(&self, run: &RunId) -> Result<Commit> {
        self.change_run(run, async |tx, mut row| {
            if let (RunState::Committed, Some(commit)) = (row.run.state, row.run.committed) {
                return Ok(commit);
            }
            check_open(&row.run)?;
            let commit = tx.commit_plain(Effect::Segment(row.as_segment()));
            tx.head.annotations += row.run.annotations;
            row.run.state = RunState::Committed;
            row.run.committed = Some(commit);
            tx.put(kind::RUN, run.as_str(), 0, row.encode());
            Ok(commit)
        })
    }

    pub(crate) fn abort(&self, run: &RunId) -> Result<()> {
        let asset = self.change_run(run, async |tx, mut row| {
            if row.run.state == RunState::Aborted {
                return Ok(None);
            }
            check_open(&row.run)?;
            self.mark_duty(tx.asset).await?;
            let gone = Tombstone {
                done: false,
                upto: self.writers.stamp(0),
                runs: vec![(run.clone(), row.segment)],
            };
            tx.put(kind::GONE, &TombstoneSubject::Aborted(run.clone()).name(), 0, gone.encode());
            row.run.state = RunState::Aborted;
            row.run.annotations = 0;
            row.blocks = 0;
            tx.put(kind::RUN, run.as_str(), 0, row.encode());
            Ok(Some(tx.asset.clone()))
        })?;
        if let Some(asset) = asset {
            self.do_duties_if_possible(&asset);
        }
        Ok(())
    }

    pub(crate) fn restore(&self, run: &RunId) -> Result<Commit> {
        self.change_run(run, async |tx, mut row| {
            check_committed(&row.run, "restored")?;
            let segment = row.as_segment();
            let mut current = Current::default();
            let mut after = Commit::NONE;
            loop {
                let page = history::page(&self.cluster, tx.asset, after, PAGE).await?;
                page.iter().for_each(|record| current.apply(record));
                let Some(last) = page.last().filter(|_| page.len() == PAGE) else { break };
                after = last.commit;
            }
            if let Some(commit) = row.run.committed
                && current.is_latest(&segment)
            {
                return Ok(commit);
            }
            let commit = tx.commit_plain(Effect::Restored(segment));
            row.run.committed = Some(commit);
            tx.put(kind::RUN, run.as_str(), 0, row.encode());
            Ok(commit)
        })
    }

    pub(crate) fn show_or_archive(&self, run: &RunId, visibility: Visibility) -> Result<Option<Commit>> {
        self.change_run(run, async |tx, mut row| {
            check_committed(&row.run, visibility_verb(visibility))?;
            if row.run.visibility == visibility {
                return Ok(None);
            }
            row.run.visibility = visibility;
            tx.put(kind::RUN, run.as_str(), 0, row.encode());
            Ok(Some(tx.commit_plain(Effect::Visibility(run.clone(), visibility))))
        })
    }

    /// The runs of all assets, or of one, by id.
    pub(crate) async fn list_runs(
        &self,
        asset: Option<&AssetId>,
        after: Option<&RunId>,
        limit: usize,
    ) -> Result<Vec<Run>> {
        const LIST: &str = "SELECT run, asset FROM run_list WHERE slice = ? AND run > ? LIMIT ?";
        const OF_ASSET: &str = "SELECT value FROM heads WHERE asset = ? AND kind = ? AND name > ? LIMIT ?";
        let mut after = after.map_or("", RunId::as_str).to_owned();
        if let Some(asset) = asset {
            let most = i32::try_from(limit).unwrap_or(i32::MAX);
            if most == 0 {
                return Ok(Vec::new());
            }
            let values = (asset.as_str(), kind::RUN, after, most);
            let rows = self.cluster.rows::<(Option<Vec<u8>>,)>(OF_ASSET, values).await?;
            return rows.into_iter().map(|(v,)| Ok(RunRow::decode(&v.unwrap_or_default())?.run)).collect();
        }
        let mut runs: Vec<Run> = Vec::new();
        while runs.len() < limit {
            let wanted = (limit - runs.len()).min(1_000);
            type RunListRow = (String, Option<String>);
            let listed =
                merged::<_, RunListRow, _>(&self.cluster, LIST, slices(), &after, wanted, |row| &row.0, Some)
                    .await?;
            let ended = listed.len() < wanted;
            for (run, asset) in listed {
                let ids = (RunId::new(&run), asset.and_then(|a| AssetId::new(&a).ok()));
                after = run;
                // A name is listed before its run is opened, and may stay a little after its run is gone.
                if let (Ok(run), Some(asset)) = ids {
                    runs.extend(self.run_row(&asset, &run).await?.map(|row| row.run));
                }
            }
            if ended {
                break;
            }
        }
        Ok(runs)
    }
}
