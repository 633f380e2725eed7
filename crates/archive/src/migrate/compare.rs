//! The proof: both sides are read back completely, counted and hashed.

use crate::{Progress, check};
use rushes_store::{AnnotationStore, AssetImport};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result};

use crate::migrate::digest::{AssetDigest, ContentHasher, asset_sum};
use crate::migrate::parallel::each_asset;
use crate::migrate::registry::Registry;

/// Problems that are named; the others are only counted.
const PROBLEMS_MAX: usize = 100;

/// The result of comparing two archives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Assets of the source, erased ones too.
    pub assets: u64,
    /// Their commits.
    pub commits: u64,
    /// Their annotations, superseded ones too.
    pub annotations: u64,
    /// Bytes of their blocks, as the source keeps them.
    pub bytes: u64,
    /// Digest of the whole source.
    pub source: u128,
    /// Digest of the whole target.
    pub target: u128,
    /// The first problems; empty when both hold the same.
    pub problems: Vec<String>,
    /// How many problems there are.
    pub problem_count: u64,
    /// How many assets (plus one for models and labels) are missing or incomplete at the target. Moving again copies
    /// them.
    pub behind: u64,
    /// The last commit of any asset.
    pub upto: Commit,
}

impl Comparison {
    /// Do both hold the same?
    #[must_use]
    pub const fn is_same(&self) -> bool {
        self.problem_count == 0 && self.behind == 0 && self.source == self.target
    }

    fn problem(&mut self, text: String) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(text);
        }
    }
}

/// An asset on both sides.
struct Pair {
    source: AssetDigest,
    target: Option<AssetDigest>,
    last: Commit,
    behind: bool,
    problem: Option<String>,
}

/// Compares two stores.
///
/// # Errors
/// What the stores answer; [`ErrorKind::Cancelled`] where it was asked to stop.
pub fn compare(
    from: &dyn AnnotationStore,
    to: &dyn AnnotationStore,
    jobs: usize,
    progress: &dyn Progress,
) -> Result<Comparison> {
    let total = from.counts()?.assets;
    let mut out = Comparison::default();
    let (mut source, mut target) = (ContentHasher::new(), ContentHasher::new());
    let go_on = || check(progress, "comparing");
    let each = |asset: &AssetId| {
        go_on()?;
        compare_asset(from, to, asset, &go_on)
    };
    each_asset(from, jobs, &each, &mut |asset, pair| {
        out.assets += 1;
        out.commits += pair.source.commits;
        out.annotations += pair.source.annotations;
        out.bytes = out.bytes.saturating_add(pair.source.bytes);
        source.sum(pair.source.sum);
        target.sum(pair.target.map_or(0, |sum| sum.sum));
        out.behind += u64::from(pair.behind);
        out.upto = out.upto.max(pair.last);
        if let Some(problem) = pair.problem {
            out.problem(problem);
        } else if !pair.behind && Some(pair.source.sum) != pair.target.map(|sum| sum.sum) {
            out.problem(difference(&asset, &pair));
        }
        progress.set("assets compared", out.assets, Some(total.max(out.assets)));
        Ok(())
    })?;
    each_asset(to, 1, &|asset| Ok(from.history(asset, Commit::NONE, 1)?.is_empty()), &mut |asset, own| {
        if own {
            target.text(asset.as_str());
            out.problem(format!("asset `{asset}` is at the target only"));
        }
        Ok(())
    })?;
    let (models, theirs) = (Registry::read(from)?, Registry::read(to)?);
    source.sum(models.sum());
    target.sum(theirs.sum());
    if models != theirs {
        out.behind += 1;
    }
    (out.source, out.target) = (source.done(), target.done());
    Ok(out)
}

fn compare_asset(
    from: &dyn AnnotationStore,
    to: &dyn AnnotationStore,
    asset: &AssetId,
    go_on: &dyn Fn() -> Result<()>,
) -> Result<Pair> {
    let Some(import) = AssetImport::read(from, asset)? else {
        return Err(Error::bug(format!("asset `{asset}` has a history and none")));
    };
    let there = AssetImport::read(to, asset)?;
    let source = asset_sum(from, &import, go_on);
    let target = there.as_ref().map(|there| asset_sum(to, there, go_on)).transpose();
    let (have, runs) = there.map_or_else(Default::default, |there| (there.history, there.runs));
    // Histories that conflict are a difference, not something left to copy.
    let missing = import.plan(&have, &runs).is_ok_and(|plan| plan.is_some());
    let behind = missing || AssetImport::read(from, asset)?.as_ref() != Some(&import);
    let mut problem = None;
    let source = readable(source, asset, "source", &mut problem)?;
    let target = readable(target, asset, "target", &mut problem)?.flatten();
    let problem = problem.filter(|_| !behind);
    Ok(Pair { source: source.unwrap_or_default(), target, last: import.last(), behind, problem })
}

/// The value read, or a problem: damage concerns this asset alone.
fn readable<T>(
    read: Result<T>,
    asset: &AssetId,
    side: &str,
    problem: &mut Option<String>,
) -> Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::Corrupt => {
            problem.get_or_insert_with(|| format!("asset `{asset}` cannot be read at the {side}: {error}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn difference(asset: &AssetId, pair: &Pair) -> String {
    let Some(target) = pair.target else {
        return format!("asset `{asset}` is not at the target; move again");
    };
    let source = pair.source;
    if (source.commits, source.annotations) == (target.commits, target.annotations) {
        return format!(
            "asset `{asset}` has the same {} commits and {} annotations on both sides, and they say something else; erase \
             it at the target and move again into an empty archive",
            source.commits, source.annotations
        );
    }
    format!(
        "asset `{asset}` has {} commits and {} annotations at the source, {} and {} at the target; move again",
        source.commits, source.annotations, target.commits, target.annotations
    )
}
