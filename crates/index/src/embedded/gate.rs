//! Which entries of a segment a query may look at: visible, of the right source, confident enough.

use rushes_plan::{Clause, ClauseMatcher, Filter};
use rushes_types::Result;

use super::entry::{Entry, NONE};
use super::lives::{SEEN_CURRENT, SEEN_PINNED};
use super::reader::ReaderPart;
use super::segment::Entries;
use super::tables::Source;
use crate::seam::AssetNo;
use crate::visibility::{Standing, standing};

/// The assets that a filter takes.
#[derive(Debug, Clone)]
pub(super) enum AssetSet {
    All,
    /// One bit an asset.
    Some(Vec<u64>),
}

impl AssetSet {
    #[inline]
    pub fn contains(&self, asset: AssetNo) -> bool {
        match self {
            Self::All => true,
            Self::Some(bits) => {
                bits.get((asset.0 >> 6) as usize).is_some_and(|word| word >> (asset.0 & 63) & 1 != 0)
            }
        }
    }

    /// How many, where that is limited.
    pub fn count(&self) -> Option<u32> {
        match self {
            Self::All => None,
            Self::Some(bits) => Some(bits.iter().map(|word| word.count_ones()).sum()),
        }
    }
}

/// What a query asks of every entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'q> {
    pub matcher: &'q ClauseMatcher,
    pub filter: &'q Filter,
    pub assets: &'q AssetSet,
}

const UNKNOWN: u8 = 0x80;

/// Decides entry by entry; what is decided by the source alone is decided once a source.
#[derive(Debug)]
pub(super) struct Gate<'q> {
    asked: Asked<'q>,
    part: &'q ReaderPart,
    pub entries: Entries<'q>,
    /// For each source how its entries must be seen: [`SEEN_CURRENT`], [`SEEN_PINNED`], 0 for never.
    sources: Vec<u8>,
    tests_attributes: bool,
    /// How many entries were asked about.
    pub examined: u64,
}

impl<'q> Gate<'q> {
    pub fn new(asked: Asked<'q>, part: &'q ReaderPart) -> Result<Self> {
        Ok(Self {
            asked,
            part,
            entries: part.segment.entries()?,
            sources: vec![UNKNOWN; part.segment.sources.len()],
            tests_attributes: !asked.matcher.clause().attributes.is_empty(),
            examined: 0,
        })
    }

    /// May the query look at this entry?
    #[inline]
    pub fn admits(&mut self, no: u32, entry: Entry<'_>) -> Result<bool> {
        self.examined += 1;
        let Some(must) = self.sources.get_mut(entry.source() as usize) else { return Ok(false) };
        if *must == UNKNOWN {
            *must = self
                .part
                .segment
                .sources
                .get(entry.source() as usize)
                .map_or(0, |source| how_seen(self.asked, self.part, source));
        }
        if self.part.seen(no, entry) & *must == 0
            || entry.confidence() < self.asked.matcher.clause().min_confidence
        {
            return Ok(false);
        }
        if self.tests_attributes {
            return Ok(self.asked.matcher.passes(&self.part.segment.annotation(entry)?));
        }
        Ok(true)
    }

    /// [`Gate::admits`] by number.
    #[inline]
    pub fn admits_no(&mut self, no: u32) -> Result<Option<Entry<'q>>> {
        let entry = self.entries.get(no).ok_or_else(|| self.part.segment.broken("an entry is missing"))?;
        Ok(self.admits(no, entry)?.then_some(entry))
    }
}

/// How entries of a source must be seen to count; 0: they never do.
fn how_seen(asked: Asked<'_>, part: &ReaderPart, source: &Source) -> u8 {
    let asset = part.asset_no(source.asset);
    if asset.0 == NONE
        || !asked.assets.contains(asset)
        || !takes_source(asked.matcher.clause(), source)
        || !asked.filter.passes_language_tag(source.language.as_deref())
    {
        return 0;
    }
    let Ok(id) = part.segment.asset(source) else { return 0 };
    match standing(asked.filter, id.as_str(), source.model.name(), &source.run) {
        Standing::Current => SEEN_CURRENT,
        Standing::Pinned => SEEN_PINNED,
        Standing::Replaced => 0,
    }
}

fn takes_source(clause: &Clause, source: &Source) -> bool {
    clause.kind.as_ref().is_none_or(|kind| *kind == source.kind)
        && clause
            .model
            .as_ref()
            .is_none_or(|model| *model == source.model.as_str() || *model == source.model.name())
}
