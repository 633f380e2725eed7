//! What this process knows of assets it wrote to lately: a fold over their histories, and which ids are taken.
//!
//! All of it can be thrown away at any time. The fold is good up to a commit and goes on from there when the head shows a
//! later one. The lock of an asset's state also lets one change of an asset at a time through in this process, so that
//! threads of one process do not lose races to each other.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::client::Cluster;
use rushes_store::current::Current;
use rushes_store::{CommitRecord, Effect, Erased};
use rushes_types::{AssetId, ModelRef, Result, RunId, RunMode};

use crate::store::content::Entry;
use crate::store::head::{Head, Numbered, PieceRow};
use crate::store::history;

/// Most assets of which something is kept.
const ASSETS_MAX: usize = 4_096;

/// What ids are looked for in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The loose lines of a model.
    Loose(ModelRef),
    /// A run, by its segment.
    Run(u64),
}

/// Which ids a scope holds, in short: 64 bits of the id's hash to 64 bits of the digest. What it does not hold is not
/// there; what it holds with the same digest is there; the rest is looked up.
#[derive(Debug)]
pub struct Index {
    map: HashMap<u64, u64>,
    /// Pieces that are in it, from the first.
    pub pieces: usize,
    held: Arc<AtomicUsize>,
}

/// The half of a hash or digest that an index keeps.
#[allow(clippy::cast_possible_truncation)] // the lower half is what is meant
pub const fn half(n: u128) -> u64 {
    n as u64
}

impl Index {
    fn new(held: &Arc<AtomicUsize>) -> Self {
        Self { map: HashMap::new(), pieces: 0, held: Arc::clone(held) }
    }

    /// Takes an entry in.
    pub fn add(&mut self, entry: &Entry) {
        if self.map.insert(half(entry.hash), half(entry.digest)).is_none() {
            self.held.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Half of the digest of an id that may be there.
    pub fn get(&self, hash: u128) -> Option<u64> {
        self.map.get(&half(hash)).copied()
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.held.fetch_sub(self.map.len(), Ordering::Relaxed);
    }
}

/// A loose segment.
#[derive(Debug, Clone, Copy)]
pub struct Loose {
    /// Its commit.
    pub commit: u64,
    /// Its content; the piece's number is the segment's.
    pub piece: PieceRow,
}

/// What is known about an asset.
#[derive(Default)]
pub struct AssetState {
    upto: u64,
    /// What runs claimed; without loose segments.
    pub current: Current,
    /// Loose segments that are not erased, in the order of their commits.
    pub loose: BTreeMap<ModelRef, Vec<Loose>>,
    runs: HashMap<RunId, (u64, ModelRef)>,
    /// Names of models of which something was superseded.
    replaced: HashSet<String>,
    indexes: HashMap<Scope, Index>,
    held: Arc<AtomicUsize>,
    used: u64,
}

/// What a segment's content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One piece.
    Loose(PieceRow),
    /// As many pieces as the head says.
    Run,
}

impl AssetState {
    /// Follows the asset's history to where `head` is.
    pub async fn catch_up(&mut self, cluster: &Cluster, asset: &AssetId, head: &Head) -> Result<()> {
        if head.erased > self.upto {
            self.forget();
            self.upto = head.erased.saturating_sub(1);
        }
        if self.upto >= head.last_commit {
            return Ok(());
        }
        let mut after = self.upto;
        history::raw(cluster, asset, head, after, head.last_commit, &mut |record| {
            after = record.0.0;
            self.apply(record);
            Ok(true)
        })
        .await?;
        self.upto = head.last_commit;
        Ok(())
    }

    /// Folds the commits that follow what is known.
    pub fn made(&mut self, records: Vec<Numbered>) {
        for record in records {
            self.apply(record);
        }
    }

    /// Drops all that is known.
    pub fn forget(&mut self) {
        let (held, used) = (Arc::clone(&self.held), self.used);
        *self = Self { held, used, ..Self::default() };
    }

    fn apply(&mut self, (commit, record): Numbered) {
        match &record.effect {
            Effect::Segment(segment) if segment.run.is_loose() => {
                let loose = Loose { commit: commit.0, piece: record.piece };
                self.loose.entry(segment.model.clone()).or_default().push(loose);
            }
            Effect::Segment(segment) | Effect::Restored(segment) => {
                self.runs.insert(segment.run.clone(), (segment.id, segment.model.clone()));
                if segment.mode == RunMode::Replace {
                    self.replaced.insert(segment.model.name().to_owned());
                }
            }
            Effect::Erased(erased) => {
                self.indexes.clear();
                match erased {
                    Erased::Asset => self.forget(),
                    Erased::Model(model) => {
                        self.loose.remove(model);
                        self.runs.retain(|_, (_, of)| of != model);
                    }
                    Erased::Run(run) => drop(self.runs.remove(run)),
                    Erased::Annotation { .. } => {}
                }
            }
            Effect::Registered | Effect::Visibility(..) => {}
        }
        self.upto = commit.0;
        self.current.apply_runs_only(&CommitRecord { commit, effect: record.effect });
    }

    /// The committed segment of this number.
    pub fn find(&self, segment: u64) -> Option<Kind> {
        if self.runs.values().any(|(id, _)| *id == segment) {
            return Some(Kind::Run);
        }
        let loose = self.loose.values().flatten().find(|l| l.piece.piece == segment);
        loose.map(|l| Kind::Loose(l.piece))
    }

    /// Are all loose lines of the model current? They are while nothing of its name was ever superseded.
    pub fn nothing_superseded(&self, model: &ModelRef) -> bool {
        !self.replaced.contains(model.name())
    }

    /// The index of a scope, empty where there is none yet.
    pub fn index(&mut self, scope: &Scope) -> &mut Index {
        let held = &self.held;
        self.indexes.entry(scope.clone()).or_insert_with(|| Index::new(held))
    }

    /// Drops the index of a scope.
    pub fn drop_index(&mut self, scope: &Scope) {
        self.indexes.remove(scope);
    }

    /// Pieces that the index of a scope holds; `None` where there is no index.
    pub fn indexed(&self, scope: &Scope) -> Option<usize> {
        self.indexes.get(scope).map(|index| index.pieces)
    }
}

/// The states of assets, one lock each.
pub struct States {
    map: Mutex<HashMap<AssetId, Arc<Mutex<AssetState>>>>,
    held: Arc<AtomicUsize>,
    /// Most ids in all indexes together.
    pub ids_max: usize,
    clock: AtomicU64,
}

impl States {
    /// None yet; indexes hold at most `ids_max` ids together.
    pub fn new(ids_max: usize) -> Self {
        Self { map: Mutex::default(), held: Arc::default(), ids_max, clock: AtomicU64::new(0) }
    }

    /// The state of an asset.
    pub fn of(&self, asset: &AssetId) -> Arc<Mutex<AssetState>> {
        let mut map = self.map.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= ASSETS_MAX {
            // Those that are not in use now.
            map.retain(|_, state| Arc::strong_count(state) > 1);
        }
        let held = &self.held;
        let state = map.entry(asset.clone()).or_insert_with(|| {
            Arc::new(Mutex::new(AssetState { held: Arc::clone(held), ..AssetState::default() }))
        });
        Arc::clone(state)
    }

    /// Says that a state is used now, and drops the indexes of others where all together hold too much.
    pub fn used(&self, state: &mut AssetState) {
        state.used = self.clock.fetch_add(1, Ordering::Relaxed);
        if self.held.load(Ordering::Relaxed) <= self.ids_max {
            return;
        }
        let all: Vec<_> = {
            let map = self.map.lock().unwrap_or_else(PoisonError::into_inner);
            map.values().cloned().collect()
        };
        let mut idle: Vec<(u64, Arc<Mutex<AssetState>>)> = Vec::new();
        for other in all {
            let used = other.try_lock().ok().map(|s| s.used);
            idle.extend(used.map(|used| (used, other)));
        }
        idle.sort_by_key(|(used, _)| *used);
        for (_, other) in idle {
            if self.held.load(Ordering::Relaxed) <= self.ids_max {
                return;
            }
            if let Ok(mut other) = other.try_lock() {
                other.indexes.clear();
            }
        }
    }
}
