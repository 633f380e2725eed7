//! A store that was taken over as it was found. Its tables may be of different times, since each is flushed on its own: what one
//! says of another is looked at once.
//!
//! The blocks are the truth of what is held. The table of ids is made to say the same: an id that leads to nothing that is held is
//! forgotten, or what was lost would count as there already when it is sent again; an annotation that is held without its id gets it
//! again, or it would be taken twice.

use std::collections::{BTreeMap, HashMap};

use rushes_kv::STAMP_KEY;
use rushes_types::{AssetId, ModelRef, Result, RunId};

use super::ids::{IdLocation, decode_locations, encode_locations};
use super::keys::kind;
use super::tables::{self, BLOCKS, IDS};
use super::tx::Tx;
use super::{EmbeddedStore, keys};
use crate::block::Block;
use crate::records::{RunRow, decode_effect, hash_id};
use crate::{Effect, ReadHeaders, stored_block};

/// Numbers of runs and scopes that are left out where the counters may be older than the content: far more than can be given
/// between two flushes of a table.
const LEFT_OUT: u64 = 1 << 32;

/// A segment of which the rows say whose it is.
struct Owned {
    asset: AssetId,
    model: ModelRef,
    run: RunId,
    segment: u64,
    /// Its blocks are those below this number.
    blocks: u32,
}

/// The positions that count of each block that is held and spoken of; ascending.
type Held = HashMap<(u64, u32), Vec<u32>>;
/// What the table of ids is to say of an id.
type Ids = BTreeMap<[u8; 24], Vec<IdLocation>>;

impl EmbeddedStore {
    /// Leaves out numbers that were given and are lost, or may be: the counters may be older than the content that was
    /// written under later numbers, which must not become a part of something else. Brings the ids into line with the content.
    /// All of it is one change, for the next opening knows only from the last one whether it was made.
    pub(super) fn settle_taken_over(&self, commit: u64, read_headers: ReadHeaders) -> Result<()> {
        let owned = self.owned_segments()?;
        let held = self.held_positions(&owned)?;
        let mut ids = self.ids_of_lost_content(&held)?;
        self.change(|tx| {
            tx.counters.commits = tx.counters.commits.max(commit);
            tx.counters.runs = tx.counters.runs.saturating_add(LEFT_OUT);
            tx.counters.scopes = tx.counters.scopes.saturating_add(LEFT_OUT);
            for segment in &owned {
                let scope = scope_of(tx, segment)?;
                self.add_missing_ids(segment, scope, read_headers, &mut ids)?;
            }
            for (key, locations) in ids {
                match locations.is_empty() {
                    true => tx.remove_id(key),
                    false => tx.put_id(key, encode_locations(&locations)),
                }
            }
            Ok(())
        })
    }

    /// The segments of all runs, and those of loose lines, in the order of their numbers.
    fn owned_segments(&self) -> Result<Vec<Owned>> {
        let mut owned = Vec::new();
        tables::each_row(&self.folder, &[kind::RUN], |_, value| {
            let RunRow { run, segment, blocks } = RunRow::decode(value)?;
            owned.push(Owned { asset: run.asset, model: run.model, run: run.id, segment, blocks });
            Ok(())
        })?;
        tables::each_row(&self.folder, &[kind::HISTORY], |key, value| {
            let (Some(asset), Effect::Segment(segment)) =
                (keys::asset_of_history(key), decode_effect(value)?)
            else {
                return Ok(());
            };
            let is_spoken_of = tables::get_row(&self.folder, &keys::segment(segment.id))?.is_some();
            if segment.run.is_loose() && is_spoken_of {
                let (model, run, segment) = (segment.model, segment.run, segment.id);
                owned.push(Owned { asset, model, run, segment, blocks: u32::MAX });
            }
            Ok(())
        })?;
        owned.sort_unstable_by_key(|owned| owned.segment);
        Ok(owned)
    }

    /// Calls `each` with the blocks of a segment, in order.
    fn each_block(&self, owned: &Owned, mut each: impl FnMut(u32, Block) -> Result<()>) -> Result<()> {
        for guard in self.folder.table(BLOCKS).prefix(owned.segment.to_be_bytes()) {
            let (key, value) = guard.into_inner().map_err(|e| self.folder.error("cannot read", e))?;
            let number = key.last_chunk().copied().map_or(u32::MAX, u32::from_be_bytes);
            if number < owned.blocks {
                each(number, stored_block::decode(&value)?)?;
            }
        }
        Ok(())
    }

    fn held_positions(&self, owned: &[Owned]) -> Result<Held> {
        let mut held = Held::new();
        for segment in owned {
            self.each_block(segment, |number, block| {
                held.insert((segment.segment, number), block.positions);
                Ok(())
            })?;
        }
        Ok(held)
    }

    /// The ids of which a location leads nowhere, each with the locations that do not.
    fn ids_of_lost_content(&self, held: &Held) -> Result<Ids> {
        let is_held = |location: &IdLocation| {
            let positions = held.get(&(location.segment, location.block));
            positions.is_some_and(|positions| positions.binary_search(&location.position).is_ok())
        };
        let mut lost = Ids::new();
        for guard in self.folder.table(IDS).iter() {
            let (key, value) = guard.into_inner().map_err(|e| self.folder.error("cannot read", e))?;
            let Ok(key) = <[u8; 24]>::try_from(&*key) else {
                debug_assert_eq!(&*key, STAMP_KEY, "no id");
                continue;
            };
            let mut locations = decode_locations(&value)?;
            let before = locations.len();
            locations.retain(is_held);
            if locations.len() < before {
                lost.insert(key, locations);
            }
        }
        Ok(lost)
    }

    /// Adds the locations of what a segment holds and the table of ids does not know. A block that cannot be read has no ids: what
    /// is wrong with it is told where it is read.
    fn add_missing_ids(
        &self,
        owned: &Owned,
        scope: u64,
        read_headers: ReadHeaders,
        ids: &mut Ids,
    ) -> Result<()> {
        self.each_block(owned, |block, content| {
            let headers = read_headers(&owned.asset, &owned.model, &owned.run, &content).unwrap_or_default();
            for header in headers {
                let key = keys::id(scope, hash_id(&header.id));
                let mut known = match ids.get(&key) {
                    Some(locations) => locations.clone(),
                    None => match tables::get(&self.folder, IDS, &key)? {
                        Some(bytes) => decode_locations(&bytes)?,
                        None => Vec::new(),
                    },
                };
                let location = IdLocation {
                    segment: owned.segment,
                    block,
                    position: header.position,
                    start_ns: header.start_ns,
                    digest: header.digest,
                };
                let place = |l: &IdLocation| (l.segment, l.block, l.position);
                if let Err(at) = known.binary_search_by_key(&place(&location), place) {
                    known.insert(at, location);
                    ids.insert(key, known);
                }
            }
            Ok(())
        })
    }
}

/// The scope of a segment's ids; a new one where the row that named it is lost.
fn scope_of(tx: &mut Tx<'_>, owned: &Owned) -> Result<u64> {
    if !owned.run.is_loose() {
        return Ok(owned.segment);
    }
    if let Some(scope) = tx.loose_scope(&owned.asset, &owned.model)? {
        return Ok(scope);
    }
    tx.counters.scopes += 1;
    let scope = tx.counters.scopes;
    tx.put(keys::scope(&owned.asset, &owned.model), scope.to_be_bytes().to_vec());
    tx.put(keys::model_use(&owned.model, &owned.asset), Vec::new());
    Ok(scope)
}
