//! A store that was taken over as it was found. Its tables may be of different times, since each is flushed on its own: what one
//! says of another is looked at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rushes_kv::STAMP_KEY;
use rushes_types::Result;

use super::ids::{IdLocation, decode_locations, encode_locations};
use super::keys::kind;
use super::tables::{self, BLOCKS, IDS};
use super::{EmbeddedStore, keys};
use crate::records::RunRow;
use crate::rules::RUN_SEGMENT_BASE;

/// Numbers of runs and scopes that are left out where the counters may be older than the content: far more than can be given
/// between two flushes of a table.
const LEFT_OUT: u64 = 1 << 32;

impl EmbeddedStore {
    /// Leaves out numbers that were given and are lost, or may be: the counters may be older than the content that was
    /// written under later numbers, which must not become a part of something else. Forgets the ids of lost content: sent again, it
    /// would count as there already. All of it is one change, for the next opening knows only from the last one whether it was made.
    pub(super) fn settle_taken_over(&self, commit: u64) -> Result<()> {
        let lost = self.ids_of_lost_content()?;
        self.change(|tx| {
            tx.counters.commits = tx.counters.commits.max(commit);
            tx.counters.runs = tx.counters.runs.saturating_add(LEFT_OUT);
            tx.counters.scopes = tx.counters.scopes.saturating_add(LEFT_OUT);
            for (key, left) in lost {
                match left.is_empty() {
                    true => tx.remove_id(key),
                    false => tx.put_id(key, encode_locations(&left)),
                }
            }
            Ok(())
        })
    }

    /// The ids of which a location leads nowhere, each with the locations that do not.
    fn ids_of_lost_content(&self) -> Result<Vec<([u8; 24], Vec<IdLocation>)>> {
        let mut blocks_of_runs: HashMap<u64, u32> = HashMap::new();
        tables::each_row(&self.folder, &[kind::RUN], |_, value| {
            let row = RunRow::decode(value)?;
            blocks_of_runs.insert(row.segment, row.blocks);
            Ok(())
        })?;
        let mut known: HashMap<(u64, u32), bool> = HashMap::new();
        let mut lost = Vec::new();
        for guard in self.folder.table(IDS).iter() {
            let (key, value) = guard.into_inner().map_err(|e| self.folder.error("cannot read", e))?;
            let Ok(key) = <[u8; 24]>::try_from(&*key) else {
                debug_assert_eq!(&*key, STAMP_KEY, "no id");
                continue;
            };
            let mut locations = decode_locations(&value)?;
            let before = locations.len();
            for location in &locations {
                if let Entry::Vacant(place) = known.entry((location.segment, location.block)) {
                    let is_held = self.holds_block(*place.key(), &blocks_of_runs)?;
                    place.insert(is_held);
                }
            }
            locations.retain(|l| known.get(&(l.segment, l.block)).copied().unwrap_or(false));
            if locations.len() < before {
                lost.push((key, locations));
            }
        }
        Ok(lost)
    }

    /// Is the block there, and does a row say whose it is?
    fn holds_block(&self, (segment, block): (u64, u32), blocks_of_runs: &HashMap<u64, u32>) -> Result<bool> {
        let is_spoken_of = match segment >= RUN_SEGMENT_BASE {
            true => blocks_of_runs.get(&segment).is_some_and(|blocks| block < *blocks),
            false => tables::get_row(&self.folder, &keys::segment(segment))?.is_some(),
        };
        Ok(is_spoken_of && tables::get(&self.folder, BLOCKS, &keys::block(segment, block))?.is_some())
    }
}
