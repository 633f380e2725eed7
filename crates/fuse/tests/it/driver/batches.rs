//! Several assets at once: all come forward, however one of them or the store fails.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use rushes_fuse::driver::{Options, fuse_batch};
use rushes_store::{Block, CommitRecord, Effect, History};
use rushes_timeline::{MemoryTimeline, TimelineStore};
use rushes_types::*;

use super::fake::Plain;

/// Assets of some commits each, without annotations. One cannot be read.
struct Many {
    commits: u64,
    broken: Option<AssetId>,
}

impl History for Many {
    fn asset(&self, id: &AssetId) -> Result<Option<Asset>> {
        Ok(Some(Asset::new(id.clone(), MovieId::new("show").unwrap())))
    }

    fn models(&self) -> Result<Vec<Model>> {
        Ok(Vec::new())
    }

    fn assets_with_history(&self, _: Option<&AssetId>, _: usize) -> Result<Vec<AssetId>> {
        Ok(Vec::new())
    }

    fn history(&self, asset: &AssetId, after: Commit, limit: usize) -> Result<Vec<CommitRecord>> {
        if self.broken.as_ref() == Some(asset) {
            return Err(Error::new(ErrorKind::Corrupt, "a block is damaged"));
        }
        let commits = (after.0 + 1..=self.commits).take(limit);
        let record = |n| CommitRecord { commit: Commit(n), effect: Effect::Registered };
        Ok(commits.map(record).collect())
    }

    fn blocks(&self, _: &AssetId, _: u64, _: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        Ok(())
    }
}

fn ids(count: usize) -> Vec<AssetId> {
    (0..count).map(|n| AssetId::new(&format!("e{n:03}")).unwrap()).collect()
}

fn options(page: usize) -> Options<'static> {
    Options { history_page: page, ..Options::new(&Plain) }
}

fn reached(store: &MemoryTimeline, ids: &[AssetId]) -> BTreeSet<u64> {
    ids.iter().map(|id| store.progress(id).unwrap().0).collect()
}

#[test]
fn all_assets_reach_their_newest_commit_in_as_many_steps_as_it_takes() {
    for page in [1, 3, 7, 100] {
        let (source, store, ids) =
            (Many { commits: 7, broken: None }, MemoryTimeline::new().unwrap(), ids(50));
        assert!(fuse_batch(&source, &store, &ids, options(page), &|| false).unwrap());
        assert_eq!(reached(&store, &ids), BTreeSet::from([7]), "{page} commits at once");
    }
}

#[test]
fn stopping_keeps_what_is_written() {
    let (source, store, ids) = (Many { commits: 1, broken: None }, MemoryTimeline::new().unwrap(), ids(50));
    let asked = AtomicUsize::new(0);
    let stopping = || asked.fetch_add(1, Ordering::SeqCst) >= 20;
    assert!(!fuse_batch(&source, &store, &ids, options(10), &stopping).unwrap());
    let written = ids.iter().filter(|id| store.progress(id).unwrap() == Commit(1));
    assert_eq!(written.count(), 20, "those that were begun");
}

#[test]
fn an_asset_that_cannot_be_read_fails_the_batch_and_keeps_what_came_before() {
    let ids = ids(9);
    let (source, store) = (Many { commits: 1, broken: Some(ids[5].clone()) }, MemoryTimeline::new().unwrap());
    let failed = fuse_batch(&source, &store, &ids, options(10), &|| false).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Corrupt);
    assert_eq!(reached(&store, &ids[..5]), BTreeSet::from([1]));
    assert_eq!(store.progress(&ids[5]).unwrap(), Commit::NONE);
}
