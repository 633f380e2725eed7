//! Reads an asset from a store, for import into another one.

use rushes_types::{AssetId, Commit, Error, ErrorKind, Result, Run, RunState};

use crate::history::CommitRecord;
use crate::import::AssetImport;
use crate::seam::AnnotationStore;

/// Records of history read at once.
const RECORDS: usize = 4_096;
/// Runs read at once.
const RUNS: usize = 1_024;
/// How often an asset is read again where it changes during the read.
const READS: usize = 20;

impl AssetImport {
    /// Reads an asset from a store: `None` where it never had a commit. What changes during the read is read again.
    ///
    /// # Errors
    /// Where the store fails; [`ErrorKind::Busy`] where the asset changes without end.
    pub fn read(store: &dyn AnnotationStore, asset: &AssetId) -> Result<Option<Self>> {
        let mut history = history_of(store, asset)?;
        for _ in 0..READS {
            let mut runs = runs_of(store, asset)?;
            runs.retain(|run| run.state != RunState::Open);
            let import = Self { asset: asset.clone(), document: store.asset(asset)?, runs, history };
            // Every change of runs or document makes a commit, except aborting a run, which may be missed here.
            let again = history_of(store, asset)?;
            if again == import.history {
                return Ok(Some(import).filter(|import| !import.history.is_empty()));
            }
            history = again;
        }
        Err(Error::new(
            ErrorKind::Busy,
            format!("asset `{asset}` is written to so often that it cannot be read"),
        )
        .mend("try again later"))
    }
}

fn history_of(store: &dyn AnnotationStore, asset: &AssetId) -> Result<Vec<CommitRecord>> {
    let mut history: Vec<CommitRecord> = Vec::new();
    loop {
        let after = history.last().map_or(Commit::NONE, |record| record.commit);
        let page = store.history(asset, after, RECORDS)?;
        if page.is_empty() {
            return Ok(history);
        }
        history.extend(page);
    }
}

fn runs_of(store: &dyn AnnotationStore, asset: &AssetId) -> Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    loop {
        let page = store.runs(Some(asset), runs.last().map(|run| &run.id), RUNS)?;
        if page.is_empty() {
            return Ok(runs);
        }
        runs.extend(page);
    }
}
