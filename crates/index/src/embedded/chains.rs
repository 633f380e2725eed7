//! Joined lines of dialogue that a phrase may run over.

use std::collections::BTreeSet;

use rushes_types::limits::DIALOGUE_JOIN_GAP_NS;
use rushes_types::{AssetId, ModelRef, Result, TimeRange};

use super::joined::runs_near_seeds;
use super::phrase_part::{LineRef, PartSearch};

/// The joined lines around seeds, as far as a phrase that takes `reach` positions can go.
pub(super) fn chains(searches: &mut [PartSearch<'_>], reach: u64) -> Result<Vec<Vec<LineRef>>> {
    let mut groups: BTreeSet<(AssetId, ModelRef)> = BTreeSet::new();
    for search in searches.iter() {
        let mut last_source = None;
        for &no in &search.seeds {
            let Some(entry) = search.visible.entries.get(no) else { continue };
            if last_source.replace(entry.source()) == Some(entry.source()) {
                continue;
            }
            let source = search.view.segment.source(entry)?;
            if source.kind.is_dialogue() {
                groups.insert((search.view.segment.asset(source)?.clone(), source.model.clone()));
            }
        }
    }
    let mut chains = Vec::new();
    for (asset, model) in &groups {
        let group = (asset, model);
        let mut holders = Vec::new();
        for (no, search) in searches.iter().enumerate() {
            holders.extend((!search.group(group)?.is_empty()).then_some(no));
        }
        match holders.as_slice() {
            // Lines beside seeds are found without going through all.
            [only] if searches[*only].walks => {
                walked_chains(*only, &mut searches[*only], group, reach, &mut chains)?;
            }
            _ => all_chains(searches, group, reach, &mut chains)?,
        }
    }
    for line in chains.iter().flatten() {
        searches[line.view].want(line.entry);
    }
    Ok(chains)
}

/// The chains of a model on an asset whose lines lie in several segments.
fn all_chains(
    searches: &mut [PartSearch<'_>],
    group: (&AssetId, &ModelRef),
    reach: u64,
    chains: &mut Vec<Vec<LineRef>>,
) -> Result<()> {
    let mut lines = Vec::new();
    for (no, search) in searches.iter_mut().enumerate() {
        lines.extend(search.lines(no, group)?);
    }
    lines.sort_by_key(|line| (line.range, line.key));
    for chain in lines.chunk_by(|a, b| joins(a.range, b.range)) {
        let is_seed = |line: &LineRef| searches[line.view].seeds.binary_search(&line.entry).is_ok();
        let seeds: Vec<usize> =
            chain.iter().enumerate().filter(|(_, line)| is_seed(line)).map(|(at, _)| at).collect();
        let lengths: Vec<u32> = chain.iter().map(|line| line.length).collect();
        for run in runs_near_seeds(&lengths, &seeds, reach) {
            chains.push(chain.get(run).unwrap_or_default().to_vec());
        }
    }
    Ok(())
}

/// The chains of a model on an asset whose lines lie in one segment: from each seed back and on, as far as its reach.
fn walked_chains(
    search_no: usize,
    search: &mut PartSearch<'_>,
    group: (&AssetId, &ModelRef),
    reach: u64,
    chains: &mut Vec<Vec<LineRef>>,
) -> Result<()> {
    // Lines ascend by entry.
    let numbers: Vec<u32> = search.group(group)?.iter().map(|no| u32::from_le_bytes(*no)).collect();
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return Ok(()) };
    let from = search.seeds.partition_point(|seed| seed < first);
    let to = search.seeds.partition_point(|seed| seed <= last);
    let seeds: Vec<u32> = search.seeds.get(from..to).unwrap_or_default().to_vec();
    // The chain so far, and where in the list its last line is.
    let (mut chain, mut end): (Vec<LineRef>, usize) = (Vec::new(), 0);
    for seed in seeds {
        // A seed of another model of the asset is in another list.
        let Ok(place) = numbers.binary_search(&seed) else { continue };
        if chain.is_empty() || end <= place {
            let mut back: Vec<LineRef> = search.line(search_no, seed)?.into_iter().collect();
            let (mut passed, mut meets) = (0, true);
            for &no in numbers.get(end..place).unwrap_or_default().iter().rev() {
                let Some(next) = back.last().copied().filter(|_| passed < reach) else {
                    meets = false;
                    break;
                };
                let Some(line) = search.line(search_no, no)? else { continue };
                if !joins(line.range, next.range) {
                    meets = false;
                    break;
                }
                passed += u64::from(line.length);
                back.push(line);
            }
            back.reverse();
            let goes_on = meets
                && chain
                    .last()
                    .zip(back.first())
                    .is_some_and(|(before, next)| joins(before.range, next.range));
            if !goes_on && !chain.is_empty() {
                chains.push(std::mem::take(&mut chain));
            }
            chain.extend(back);
            end = place + 1;
        }
        let of_seed = chain.iter().rposition(|line| line.entry == seed).unwrap_or(chain.len());
        let after = chain.iter().skip(of_seed + 1);
        let mut passed: u64 = after.map(|line| u64::from(line.length)).sum();
        while passed < reach
            && let Some(&no) = numbers.get(end)
            && let Some(before) = chain.last().copied()
        {
            match search.line(search_no, no)? {
                Some(line) if !joins(before.range, line.range) => break,
                Some(line) => {
                    passed += u64::from(line.length);
                    chain.push(line);
                }
                None => {}
            }
            end += 1;
        }
    }
    if !chain.is_empty() {
        chains.push(chain);
    }
    Ok(())
}

/// Does a line of dialogue continue the one before it?
fn joins(before: TimeRange, next: TimeRange) -> bool {
    next.start_ns() - before.end_ns() <= DIALOGUE_JOIN_GAP_NS
}
