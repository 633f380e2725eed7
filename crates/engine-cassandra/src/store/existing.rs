//! Which ids of a request exist already, and with which content.

use std::collections::{HashMap, HashSet};

use rushes_store::engine::{Cut, RunRow};
use rushes_types::{AssetId, Commit, ModelRef, Result};

use crate::store::CassandraStore;
use crate::store::content::{self, Entry};
use crate::store::head::{self, Hole, PieceRow, kind, segment_name};
use crate::store::history::ErasureOverlay;
use crate::store::state::{AssetState, Scope, half};

/// Digests of the annotations that exist, by the hash of the id.
pub type ExistingIds = HashMap<u128, Vec<u128>>;

/// Where the ids of a request are looked up.
pub enum LookupScope<'a> {
    /// In the run that it appends to.
    Run(&'a RunRow),
    /// In the model's current annotations, loose or in a run.
    Loose(&'a ModelRef),
}

/// Where an id was found.
#[derive(Debug, Clone, Copy)]
pub struct IdLocation {
    /// Index among the pieces that were searched.
    pub at: usize,
    /// The entry.
    pub entry: Entry,
}

impl CassandraStore {
    /// The ids among `cuts` that exist already.
    pub(crate) async fn taken(
        &self,
        asset: &AssetId,
        state: &mut AssetState,
        look: &LookupScope<'_>,
        cuts: &[Cut<'_>],
    ) -> Result<ExistingIds> {
        let scopes = self.scopes(asset, state, look).await?;
        let mut indexed = true;
        for (scope, pieces) in &scopes {
            indexed &= self.ready_index(asset, state, scope, *pieces).await?;
        }
        let told_by_index = indexed
            && match look {
                LookupScope::Run(_) => true,
                LookupScope::Loose(model) => state.nothing_superseded(model),
            };
        let mut taken = ExistingIds::new();
        let mut unsure: HashSet<u128> = HashSet::new();
        for cut in cuts {
            for (row, hash) in cut.rows.iter().zip(&cut.hashes) {
                if taken.contains_key(hash) || unsure.contains(hash) {
                    continue;
                }
                if !indexed {
                    unsure.insert(*hash);
                    continue;
                }
                let digest = half(row.digest);
                let mut found =
                    scopes.iter().filter_map(|(scope, _)| state.index(scope).get(*hash)).peekable();
                if found.peek().is_none() {
                    continue;
                }
                if told_by_index && found.any(|there| there == digest) {
                    taken.insert(*hash, vec![row.digest]);
                } else {
                    unsure.insert(*hash);
                }
            }
        }
        if !unsure.is_empty() {
            self.look_up(asset, state, look, &scopes, &unsure, &mut taken).await?;
        }
        Ok(taken)
    }

    /// The scopes to look in, with how many pieces each has.
    async fn scopes(
        &self,
        asset: &AssetId,
        state: &AssetState,
        look: &LookupScope<'_>,
    ) -> Result<Vec<(Scope, usize)>> {
        let model = match look {
            LookupScope::Run(row) => return Ok(vec![(Scope::Run(row.segment), row.blocks as usize)]),
            LookupScope::Loose(model) => *model,
        };
        let loose = state.loose.get(model).map_or(0, Vec::len);
        let mut scopes = vec![(Scope::Loose(model.clone()), loose)];
        let live = state.current.segments().iter().map(|l| &l.segment);
        for segment in live.filter(|s| s.model == *model && s.annotations > 0) {
            let run = head::value(&self.cluster, asset, kind::RUN, segment.run.as_str()).await?;
            let pieces = run.map(|bytes| RunRow::decode(&bytes)).transpose()?.map_or(0, |row| row.blocks);
            scopes.push((Scope::Run(segment.id), pieces as usize));
        }
        Ok(scopes)
    }

    /// The pieces of a scope, oldest first.
    pub(crate) async fn pieces(
        &self,
        asset: &AssetId,
        state: &AssetState,
        scope: &Scope,
    ) -> Result<Vec<PieceRow>> {
        match scope {
            Scope::Loose(model) => {
                Ok(state.loose.get(model).into_iter().flatten().map(|loose| loose.piece).collect())
            }
            Scope::Run(segment) => self.pieces_of_run(asset, *segment).await,
        }
    }

    /// The pieces of a run, oldest first.
    pub(crate) async fn pieces_of_run(&self, asset: &AssetId, segment: u64) -> Result<Vec<PieceRow>> {
        let rows = head::rows_of(&self.cluster, asset, kind::PIECE, &segment_name(segment)).await?;
        rows.into_iter().map(|(_, bytes)| PieceRow::decode(&bytes)).collect()
    }

    /// Brings the index of a scope up to date. `false` where the scope is too large for one.
    async fn ready_index(
        &self,
        asset: &AssetId,
        state: &mut AssetState,
        scope: &Scope,
        count: usize,
    ) -> Result<bool> {
        if count == 0 {
            state.index(scope);
            return Ok(true);
        }
        let known = state.indexed(scope).unwrap_or(0);
        if known == count {
            return Ok(true);
        }
        let pieces = self.pieces(asset, state, scope).await?;
        let annotations: u64 = pieces.iter().map(|p| p.annotations).sum();
        if annotations > (self.states.ids_max / 2) as u64 {
            state.drop_index(scope);
            return Ok(false);
        }
        let known = if known > pieces.len() { 0 } else { known };
        if known == 0 {
            state.drop_index(scope);
        }
        let holes = self.holes(asset).await?;
        let new = pieces.get(known..).unwrap_or_default();
        let index = state.index(scope);
        content::each_part(&self.cluster, asset, new, |at, _, entries| {
            let piece = new.get(at).map_or(0, |p| p.piece);
            entries.iter().filter(|e| !holes.contains(&hole(piece, e))).for_each(|e| index.add(e));
            Ok(())
        })
        .await?;
        index.pieces = pieces.len();
        self.states.used(state);
        Ok(true)
    }

    /// Positions of annotations that were erased one by one.
    async fn holes(&self, asset: &AssetId) -> Result<HashSet<Hole>> {
        Ok(ErasureOverlay::read(&self.cluster, asset).await?.holes.into_values().flatten().collect())
    }

    /// Finds ids in pieces, in the order of the pieces.
    pub(crate) async fn places(
        &self,
        asset: &AssetId,
        pieces: &[PieceRow],
        wanted: &HashSet<u128>,
    ) -> Result<Vec<IdLocation>> {
        let holes = self.holes(asset).await?;
        let mut places = Vec::new();
        content::each_part(&self.cluster, asset, pieces, |at, _, entries| {
            let piece = pieces.get(at).map_or(0, |p| p.piece);
            let found =
                entries.into_iter().filter(|e| wanted.contains(&e.hash) && !holes.contains(&hole(piece, e)));
            places.extend(found.map(|entry| IdLocation { at, entry }));
            Ok(())
        })
        .await?;
        Ok(places)
    }

    /// Looks ids up in the pieces, and keeps those that are not erased.
    async fn look_up(
        &self,
        asset: &AssetId,
        state: &AssetState,
        look: &LookupScope<'_>,
        scopes: &[(Scope, usize)],
        wanted: &HashSet<u128>,
        taken: &mut ExistingIds,
    ) -> Result<()> {
        for (scope, _) in scopes {
            let pieces = self.pieces(asset, state, scope).await?;
            for IdLocation { at, entry } in self.places(asset, &pieces, wanted).await? {
                let stands = match (look, scope) {
                    (LookupScope::Run(_), _) => true,
                    (LookupScope::Loose(_), Scope::Run(segment)) => {
                        state.current.is_current(*segment, entry.start_ns)
                    }
                    (LookupScope::Loose(model), Scope::Loose(_)) => {
                        let commit = state.loose.get(*model).and_then(|l| l.get(at)).map_or(0, |l| l.commit);
                        !state.current.superseded(model, Commit(commit), entry.start_ns)
                    }
                };
                if stands {
                    taken.entry(entry.hash).or_default().push(entry.digest);
                }
            }
        }
        Ok(())
    }
}

/// The place of an entry.
pub const fn hole(piece: u64, entry: &Entry) -> Hole {
    Hole { piece, block: entry.block, position: entry.position }
}
