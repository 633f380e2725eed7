//! Joining segments: which, and how.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rushes_text::Analyzer;
use rushes_types::{AssetId, Commit, Result};

use super::assets::AssetTable;
use super::builder::SegmentBuilder;
use super::entry::NONE;
use super::lives::Life;
use super::snapshot::Part;

/// Segments of a size class are joined when there are so many of it.
const FAN_IN: usize = 4;
/// Most segments joined at once: bounds the work of one step.
const JOINED_MAX: usize = 8;
/// Entries of the smallest size class; each further one is [`FAN_IN`] times larger.
const SMALLEST: u64 = 4_096;
/// A joined segment has no more entries: bounds the memory that writing one takes.
pub(super) const ENTRIES_MAX: u64 = 4_000_000;
/// A segment is rewritten when this share of its entries, one in so many, is over.
const OVER_SHARE: u64 = 4;

/// What is known of a segment when it is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    pub entries: u64,
    /// Entries that no reader can see any more.
    pub over: u64,
}

/// The segments to join (or the one to rewrite) next; none: all is well.
pub(super) fn choose(segments: &[Facts]) -> Vec<usize> {
    let class =
        |facts: &Facts| (facts.entries.max(1) / SMALLEST).checked_ilog(FAN_IN as u64).map_or(0, |c| c + 1);
    let mut by_size: Vec<usize> = (0..segments.len()).collect();
    by_size.sort_by_key(|at| (segments[*at].entries, *at));
    for of_class in by_size.chunk_by(|a, b| class(&segments[*a]) == class(&segments[*b])) {
        let mut sum = 0;
        let fits = |at: &&usize| {
            sum += segments[**at].entries;
            sum <= ENTRIES_MAX
        };
        let chosen: Vec<usize> = of_class.iter().take(JOINED_MAX).take_while(fits).copied().collect();
        if chosen.len() >= FAN_IN {
            return chosen;
        }
    }
    let mostly_over = |facts: &Facts| facts.over > 0 && facts.over * OVER_SHARE >= facts.entries;
    segments.iter().position(mostly_over).into_iter().collect()
}

/// Counts what is over in a segment.
pub(super) fn facts(part: &Part, oldest: Commit) -> Facts {
    let overridden = part.overrides.iter().filter(|(_, life)| life.is_over(oldest)).count();
    Facts { entries: u64::from(part.segment.count()), over: overridden as u64 }
}

/// For each part, the new number of each of its entries; [`NONE`] where it was left out.
pub(super) type Numbers = Vec<Vec<u32>>;

/// Writes what is not over of some segments as one; answers the new numbers, and whether anything was written.
pub(super) fn join(
    path: &Path,
    analyzer: &Arc<Analyzer>,
    parts: &[Part],
    assets: &AssetTable,
    oldest: Commit,
) -> Result<Numbers> {
    let mut builder = SegmentBuilder::create(path, analyzer)?;
    let mut numbers: Numbers = parts.iter().map(|part| vec![NONE; part.segment.count() as usize]).collect();
    let ids: BTreeSet<&AssetId> = parts.iter().flat_map(|part| &part.segment.assets).collect();
    for id in ids {
        let mut living = Vec::new();
        for (part_no, part) in parts.iter().enumerate() {
            let Some(row) = part.segment.asset_row(id) else { continue };
            let range = part.segment.asset_entries(row);
            for (no, bytes) in range.clone().zip(part.segment.entries()?.slice(range)) {
                let entry = super::entry::Entry(bytes);
                let life = effective(part, no, entry.life())?;
                if !life.is_over(oldest) {
                    living.push((entry.order(), part_no, no, entry, life));
                }
            }
        }
        living.sort_by_key(|(order, part_no, no, ..)| (*order, *part_no, *no));
        for (_, part_no, no, entry, life) in living {
            let segment = &parts[part_no].segment;
            let annotation = segment.annotation(entry)?;
            numbers[part_no][no as usize] = builder.push(&annotation, life, segment.space_of(entry)?)?;
        }
    }
    let mut records = Vec::new();
    for part in parts {
        records.extend(part.segment.documents()?.into_iter().filter(|record| assets.wants(record)));
    }
    builder.finish(&records)?;
    Ok(numbers)
}

fn effective(part: &Part, no: u32, own: u32) -> Result<&Life> {
    let own = || part.segment.lives.get(own as usize);
    part.overrides.life(no).or_else(own).ok_or_else(|| part.segment.broken("an entry has no lifetimes"))
}
