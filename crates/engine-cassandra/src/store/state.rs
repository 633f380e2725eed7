//! A cache of the assets that this process wrote to lately: a fold over their histories, and which ids exist.
//!
//! All of it can be dropped at any time. The fold is valid up to a commit and continues from there when the head has a
//! later one. The lock of an asset's state also serialises changes of the asset within this process, so that its
//! threads do not lose races to each other.

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

/// Most assets in the cache.
const ASSETS_MAX: usize = 4_096;

/// Where ids are looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The loose lines of a model.
    Loose(ModelRef),
    /// A run, by its segment.
    Run(u64),
}

/// The ids of a scope, shortened: 64 bits of the id's hash to 64 bits of the digest. An id that is missing here does
/// not exist; one with the same digest exists; any other is looked up.
#[derive(Debug)]
pub struct Index {
    map: HashMap<u64, u64>,
    /// How many pieces are in it, counted from the first.
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

    /// Adds an entry.
    pub fn add(&mut self, entry: &Entry) {
        if self.map.insert(half(entry.hash), half(entry.digest)).is_none() {
            self.held.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Half of the digest of an id that may exist.
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
    /// What is current of runs; without loose segments.
    pub current: Current,
    /// Loose segments that are not erased, in the order of their commits.
    pub loose: BTreeMap<ModelRef, Vec<Loose>>,
    runs: HashMap<RunId, (u64, ModelRef)>,
    /// Names of models that had something superseded.
    replaced: HashSet<String>,
    indexes: HashMap<Scope, Index>,
    held: Arc<AtomicUsize>,
    used: u64,
    /// Records of the chain below this number are in its table and need not stay in the head; 0: not known.
    pub links_carried: u64,
}

/// What a segment's content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One piece.
    Loose(PieceRow),
    /// The pieces that the head lists.
    Run,
}

impl AssetState {
    /// Folds the asset's history up to `head`.
    pub async fn catch_up(&mut self, cluster: &Cluster, asset: &AssetId, head: &Head) -> Result<()> {
        if head.erased > self.upto || head.last_commit < self.upto {
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

    /// Folds commits that follow the known ones.
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

    /// Are all loose lines of the model current? They are if nothing of a model of this name was ever superseded.
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
    /// No states yet; all indexes together hold at most `ids_max` ids.
    pub fn new(ids_max: usize) -> Self {
        Self { map: Mutex::default(), held: Arc::default(), ids_max, clock: AtomicU64::new(0) }
    }

    /// The state of an asset.
    pub fn of(&self, asset: &AssetId) -> Arc<Mutex<AssetState>> {
        let mut map = self.map.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= ASSETS_MAX {
            // Only those that are not in use.
            map.retain(|_, state| Arc::strong_count(state) > 1);
        }
        let held = &self.held;
        let state = map.entry(asset.clone()).or_insert_with(|| {
            Arc::new(Mutex::new(AssetState { held: Arc::clone(held), ..AssetState::default() }))
        });
        Arc::clone(state)
    }

    /// Marks a state as used now, and drops the indexes of others if all together hold too many ids.
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
