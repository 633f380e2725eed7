//! Merging segments: which, and how.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use rushes_text::Analyzer;
use rushes_types::{AssetId, Commit, Result};

use super::asset_table::AssetTable;
use super::builder::SegmentBuilder;
use super::entry::NONE;
use super::snapshot_segment::SnapshotSegment;
use super::validities::EntryValidity;

/// Segments of a size class are merged when there are this many.
const FAN_IN: usize = 4;
/// Most segments merged at once: bounds the work of one step.
const MERGED_MAX: usize = 8;
/// Entries of the smallest size class; each further one is [`FAN_IN`] times larger.
const SMALLEST: u64 = 4_096;
/// A merged segment has no more entries: bounds the memory that writing one takes.
pub(super) const ENTRIES_MAX: u64 = 4_000_000;
/// A segment is rewritten when one in this many of its entries is dead.
const DEAD_SHARE: u64 = 4;

/// What is known about a segment when choosing what to merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentSize {
    pub entries: u64,
    /// Entries that no reader can see any more.
    pub dead: u64,
}

/// The segments to merge next (or the one to rewrite); empty where there is nothing to do.
pub(super) fn choose(segments: &[SegmentSize]) -> Vec<usize> {
    let class = |size: &SegmentSize| {
        (size.entries.max(1) / SMALLEST).checked_ilog(FAN_IN as u64).map_or(0, |c| c + 1)
    };
    let mut by_size: Vec<usize> = (0..segments.len()).collect();
    by_size.sort_by_key(|at| (segments[*at].entries, *at));
    for of_class in by_size.chunk_by(|a, b| class(&segments[*a]) == class(&segments[*b])) {
        let mut sum = 0;
        let fits = |at: &&usize| {
            sum += segments[**at].entries;
            sum <= ENTRIES_MAX
        };
        let chosen: Vec<usize> = of_class.iter().take(MERGED_MAX).take_while(fits).copied().collect();
        if chosen.len() >= FAN_IN {
            return chosen;
        }
    }
    let mostly_dead = |size: &SegmentSize| size.dead > 0 && size.dead * DEAD_SHARE >= size.entries;
    segments.iter().position(mostly_dead).into_iter().collect()
}

/// How large a segment is, and how much of it is dead.
pub(super) fn size(part: &SnapshotSegment, oldest: Commit) -> SegmentSize {
    let dead = part.tombstones.iter().filter(|(_, validity)| validity.is_dead(oldest)).count();
    SegmentSize { entries: u64::from(part.segment.count()), dead: dead as u64 }
}

/// A segment to merge.
#[derive(Debug)]
pub(super) struct MergePart {
    pub published: SnapshotSegment,
    /// Entries that live on by what is not published yet. They are written, with the validity that is published: no
    /// reader learns of a change before its publish.
    pub alive_unpublished: HashSet<u32>,
}

/// For each part, the new number of each of its entries; [`NONE`] where it was left out.
pub(super) type EntryMap = Vec<Vec<u32>>;

/// Writes the live entries of some segments as one segment; returns their new numbers.
pub(super) fn merge(
    path: &Path,
    analyzer: &Arc<Analyzer>,
    parts: &[MergePart],
    assets: &AssetTable,
    oldest: Commit,
) -> Result<EntryMap> {
    let mut builder = SegmentBuilder::create(path, analyzer)?;
    let mut numbers: EntryMap =
        parts.iter().map(|part| vec![NONE; part.published.segment.count() as usize]).collect();
    let ids: BTreeSet<&AssetId> = parts.iter().flat_map(|part| &part.published.segment.assets).collect();
    for id in ids {
        let mut living = Vec::new();
        for (part_no, MergePart { published: part, alive_unpublished }) in parts.iter().enumerate() {
            let Some(row) = part.segment.asset_row(id) else { continue };
            let range = part.segment.asset_entries(row);
            for (no, bytes) in range.clone().zip(part.segment.entries()?.slice(range)) {
                let entry = super::entry::Entry(bytes);
                let validity = effective(part, no, entry.validity())?;
                if !validity.is_dead(oldest) || alive_unpublished.contains(&no) {
                    living.push((entry.order(), part_no, no, entry, validity));
                }
            }
        }
        living.sort_by_key(|(order, part_no, no, ..)| (*order, *part_no, *no));
        for (_, part_no, no, entry, validity) in living {
            let segment = &parts[part_no].published.segment;
            let annotation = segment.annotation(entry)?;
            numbers[part_no][no as usize] = builder.push(&annotation, validity, segment.space_of(entry)?)?;
        }
    }
    let mut records = Vec::new();
    for part in parts {
        records.extend(part.published.segment.documents()?.into_iter().filter(|record| assets.wants(record)));
    }
    builder.finish(&records)?;
    Ok(numbers)
}

fn effective(part: &SnapshotSegment, no: u32, own: u32) -> Result<&EntryValidity> {
    let own = || part.segment.validities.get(own as usize);
    part.tombstones.validity(no).or_else(own).ok_or_else(|| part.segment.broken("an entry has no validity"))
}
