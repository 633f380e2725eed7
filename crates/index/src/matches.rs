//! The matches of a clause as columns: what moments are made of.
//!
//! A clause may have hundreds of thousands of matches, and an answer shows twenty moments. When each match is and what
//! it is worth is needed of all; who said it, of the few that are shown. So a match takes some 40 bytes here, and is
//! read in full ([`crate::IndexReader::hit`]) when it is shown.

use std::ops::Range;

use rushes_types::{Error, Result, TimeRange};

use crate::hit::{AssetNo, Hit, Hits};

/// An entry of a reader's segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryPlace {
    pub segment: u32,
    pub entry: u32,
}

/// Where the rest of each match is.
#[derive(Debug)]
enum Rest {
    /// At hand.
    Hits(Vec<Hit>),
    /// With the reader, which knows each entry. No scores: all are 1.
    Entries { places: Vec<EntryPlace>, scores: Vec<f64> },
}

impl Default for Rest {
    fn default() -> Self {
        Self::Hits(Vec::new())
    }
}

/// The matches of one clause, and how they were found. Ascending by asset, start, end, key.
#[derive(Debug, Default)]
pub struct Matches {
    assets: Vec<(AssetNo, Range<usize>)>,
    ranges: Vec<TimeRange>,
    values: Vec<f64>,
    rest: Rest,
    /// Was approximate search used (vector clauses only)?
    pub approximate: bool,
    /// Annotations looked at: for `explain` and metrics.
    pub examined: u64,
}

/// Memory of a match that the reader knows the rest of, in bytes.
pub(crate) const MATCH_BYTES: u64 =
    (size_of::<TimeRange>() + size_of::<f64>() + size_of::<EntryPlace>()) as u64;

/// Memory of the score of such a match where not all are 1, in bytes.
pub(crate) const MATCH_SCORE_BYTES: u64 = size_of::<f64>() as u64;

impl From<Hits> for Matches {
    fn from(found: Hits) -> Self {
        let mut assets: Vec<(AssetNo, Range<usize>)> = Vec::new();
        for (no, hit) in found.hits.iter().enumerate() {
            extend(&mut assets, hit.asset, no);
        }
        Self {
            assets,
            ranges: found.hits.iter().map(|hit| hit.range).collect(),
            values: found.hits.iter().map(|hit| hit.score * hit.confidence).collect(),
            rest: Rest::Hits(found.hits),
            approximate: found.approximate,
            examined: found.examined,
        }
    }
}

/// Adds the next match to the ranges of assets.
fn extend(assets: &mut Vec<(AssetNo, Range<usize>)>, asset: AssetNo, no: usize) {
    match assets.last_mut() {
        Some((last, range)) if *last == asset => range.end = no + 1,
        _ => assets.push((asset, no..no + 1)),
    }
}

impl Matches {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The assets with matches, ascending, and the places of their matches.
    #[must_use]
    pub fn assets(&self) -> &[(AssetNo, Range<usize>)] {
        &self.assets
    }

    /// When each is.
    #[must_use]
    pub fn ranges(&self) -> &[TimeRange] {
        &self.ranges
    }

    /// What each is worth, before weighting: its score times its confidence.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The match at a place, where it is at hand.
    ///
    /// # Errors
    /// A bug where there is none, or another reader knows it.
    pub(crate) fn hit(&self, place: usize) -> Result<Hit> {
        match &self.rest {
            Rest::Hits(hits) => hits.get(place).cloned(),
            Rest::Entries { .. } => None,
        }
        .ok_or_else(unknown)
    }

    /// Where the match at a place lies, and its score; `None` where it is at hand.
    pub(crate) fn entry(&self, place: usize) -> Option<(EntryPlace, f64)> {
        match &self.rest {
            Rest::Hits(_) => None,
            Rest::Entries { places, scores } => {
                Some((*places.get(place)?, scores.get(place).copied().unwrap_or(1.0)))
            }
        }
    }
}

fn unknown() -> Error {
    Error::bug("a match was asked for that its reader does not know")
}

/// The matches of one segment, ascending by entry: column by column.
#[derive(Debug, Default)]
pub(crate) struct Run {
    assets: Vec<(AssetNo, Range<usize>)>,
    ranges: Vec<TimeRange>,
    values: Vec<f64>,
    entries: Vec<u32>,
    /// Empty where all are 1.
    scores: Vec<f64>,
}

impl Run {
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// The run of the only segment.
    fn whole(self) -> Matches {
        let place = |entry| EntryPlace { segment: 0, entry };
        let places = self.entries.into_iter().map(place).collect();
        Matches {
            assets: self.assets,
            ranges: self.ranges,
            values: self.values,
            rest: Rest::Entries { places, scores: self.scores },
            approximate: false,
            examined: 0,
        }
    }

    /// Makes room for so many matches whose score is 1.
    pub fn reserve(&mut self, matches: usize) {
        self.ranges.reserve(matches);
        self.values.reserve(matches);
        self.entries.reserve(matches);
    }

    /// Adds a match whose score is 1.
    #[inline]
    pub fn push(&mut self, asset: AssetNo, range: TimeRange, value: f64, entry: u32) {
        extend(&mut self.assets, asset, self.ranges.len());
        self.ranges.push(range);
        self.values.push(value);
        self.entries.push(entry);
    }

    /// Adds a match with its score; in a run either all have one or none has.
    #[inline]
    pub fn push_scored(&mut self, asset: AssetNo, range: TimeRange, confidence: f64, entry: u32, score: f64) {
        self.push(asset, range, score * confidence, entry);
        self.scores.push(score);
    }
}

/// The runs of all segments, in order of the segments, as one. `order` compares two entries of an asset as hits are.
pub(crate) fn merged(
    runs: Vec<Run>,
    order: impl Fn(EntryPlace, EntryPlace) -> std::cmp::Ordering,
) -> Result<Matches> {
    let runs = match <[Run; 1]>::try_from(runs) {
        Ok([only]) => return Ok(only.whole()),
        Err(runs) => runs,
    };
    let mut blocks: Vec<(AssetNo, usize, Range<usize>)> = Vec::new();
    for (run_no, run) in runs.iter().enumerate() {
        blocks.extend(run.assets.iter().map(|(asset, range)| (*asset, run_no, range.clone())));
    }
    // Segments mostly hold disjoint assets: then each block is copied whole.
    blocks.sort_by_key(|(asset, run_no, _)| (*asset, *run_no));
    let count = runs.iter().map(Run::len).sum();
    let scored = runs.iter().any(|run| !run.scores.is_empty());
    let mut all = Columns::with_capacity(count, scored);
    for of_asset in blocks.chunk_by(|a, b| a.0 == b.0) {
        let begun = all.ranges.len();
        match of_asset {
            [(_, run_no, range)] => all.copy(&runs, *run_no, range.clone())?,
            several => {
                let places =
                    several.iter().flat_map(|(_, run_no, range)| range.clone().map(|at| (*run_no, at)));
                let mut named = Vec::new();
                for (run_no, at) in places {
                    let entry = runs.get(run_no).and_then(|run| run.entries.get(at)).ok_or_else(unknown)?;
                    let segment = u32::try_from(run_no).map_err(|_| unknown())?;
                    named.push((EntryPlace { segment, entry: *entry }, run_no, at));
                }
                named.sort_by(|a, b| order(a.0, b.0));
                for (_, run_no, at) in named {
                    all.copy(&runs, run_no, at..at + 1)?;
                }
            }
        }
        all.assets.extend(of_asset.first().map(|(asset, ..)| (*asset, begun..all.ranges.len())));
    }
    Ok(Matches {
        assets: all.assets,
        ranges: all.ranges,
        values: all.values,
        rest: Rest::Entries { places: all.places, scores: all.scores },
        approximate: false,
        examined: 0,
    })
}

#[derive(Debug)]
struct Columns {
    assets: Vec<(AssetNo, Range<usize>)>,
    ranges: Vec<TimeRange>,
    values: Vec<f64>,
    places: Vec<EntryPlace>,
    scores: Vec<f64>,
}

impl Columns {
    fn with_capacity(count: usize, scored: bool) -> Self {
        Self {
            assets: Vec::new(),
            ranges: Vec::with_capacity(count),
            values: Vec::with_capacity(count),
            places: Vec::with_capacity(count),
            scores: Vec::with_capacity(if scored { count } else { 0 }),
        }
    }

    fn copy(&mut self, runs: &[Run], run_no: usize, range: Range<usize>) -> Result<()> {
        let run = runs.get(run_no).ok_or_else(unknown)?;
        let segment = u32::try_from(run_no).map_err(|_| unknown())?;
        self.ranges.extend_from_slice(run.ranges.get(range.clone()).ok_or_else(unknown)?);
        self.values.extend_from_slice(run.values.get(range.clone()).ok_or_else(unknown)?);
        let entries = run.entries.get(range.clone()).ok_or_else(unknown)?;
        self.places.extend(entries.iter().map(|entry| EntryPlace { segment, entry: *entry }));
        self.scores.extend_from_slice(run.scores.get(range).unwrap_or_default());
        Ok(())
    }
}
