//! `rushes verify --quick`: what can be told in seconds, however much there is.

use rushes_kv::without_panic;
use rushes_types::{Commit, ErrorKind, Result};

use crate::engines::Engines;
use crate::healing::check_store_is_ahead;
use crate::part::Part;
use crate::verify_kept::LastVerify;
use crate::verify_report::VerifyReport;

/// Assets of which each stage's commit is compared.
const ASSETS: usize = 64;
/// Commits read at once.
const COMMITS: usize = 1024;

/// Asks each engine for what it can tell quickly, and compares the commits that the stages hold.
pub(crate) fn verify_quickly(engines: &Engines, last: Option<&LastVerify>) -> Result<VerifyReport> {
    let mut report = VerifyReport::default();
    report.unless(check_store_is_ahead(engines))?;
    for part in Part::ALL {
        let found = without_panic(part.as_str(), || match part {
            Part::Store => engines.store.examine_quickly(),
            Part::Events => engines.events.examine_quickly(),
            Part::Timeline => engines.timeline.examine_quickly(),
            Part::Index => engines.index.examine_quickly(),
        });
        if let Some(found) = report.unless(found)? {
            found.into_iter().for_each(|wrong| report.problem(wrong));
        }
    }
    let commit = engines.store.last_commit()?;
    if let Some(last) = last.filter(|last| last.commit > commit.0) {
        report.problem(format!(
            "the store ends with commit {commit}, and held commit {} when it was verified last: it is of an earlier time",
            last.commit
        ));
    }
    let outcome = compare_commits(engines, &mut report);
    report.unless(outcome)?;
    Ok(report)
}

/// What was fused and indexed of an asset must not be later than what was committed.
fn compare_commits(engines: &Engines, report: &mut VerifyReport) -> Result<()> {
    let reached = engines.index.reader(None)?.read_point().upto;
    report.catching_up = reached < engines.store.last_commit()?;
    for (asset, fused) in engines.timeline.assets(None, ASSETS)? {
        // The later stages are asked first: what is committed meanwhile makes none of them late.
        let indexed = engines.index.progress(&asset)?;
        let mut committed = Commit::NONE;
        while let Some(last) = engines.store.history(&asset, committed, COMMITS)?.last() {
            committed = last.commit;
        }
        report.assets += 1;
        if fused > committed {
            report.problem(format!(
                "asset `{asset}`: fused up to commit {fused}, but the store ends at {committed}"
            ));
        }
        if indexed > engines.timeline.progress(&asset)?.max(fused) {
            report.problem(format!(
                "asset `{asset}`: indexed up to commit {indexed}, but fused up to {fused}; run `rushes rebuild`"
            ));
        }
    }
    Ok(())
}

impl VerifyReport {
    /// The result; damage that was met is a problem of the report instead.
    fn unless<T>(&mut self, outcome: Result<T>) -> Result<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == ErrorKind::Corrupt => {
                self.problem(error.to_string());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
