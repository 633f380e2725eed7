//! What the chain of changes says of a change of the store: how many annotations there were after it, and of which assets it
//! wrote something.

use std::collections::BTreeSet;

use rushes_types::{AssetId, Result};

use super::counters::Counters;
use crate::records::{Reader, Writer};

/// Most assets that a note names; of others it says how many.
const ASSETS_MAX: usize = 4;

/// What a note says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChangeNote {
    /// The last commit after the change.
    pub commits: u64,
    /// Assets that were written on, the first few.
    pub assets: Vec<String>,
    /// How many more there were.
    pub more: u64,
}

pub(super) fn encode(counters: &Counters, assets: &BTreeSet<AssetId>) -> Vec<u8> {
    let mut w = Writer::default();
    let named = assets.len().min(ASSETS_MAX);
    w.uint(counters.commits);
    w.uint(counters.annotations);
    w.uint((assets.len() - named) as u64);
    w.uint(named as u64);
    for asset in assets.iter().take(named) {
        w.text(asset.as_str());
    }
    w.done()
}

fn decode(note: &[u8]) -> Result<ChangeNote> {
    let mut r = Reader::new(note);
    let (commits, _annotations, more, named) = (r.uint()?, r.uint()?, r.uint()?, r.uint()?);
    let assets =
        (0..named.min(ASSETS_MAX as u64)).map(|_| Ok(r.text()?.to_owned())).collect::<Result<_>>()?;
    r.end()?;
    Ok(ChangeNote { commits, assets, more })
}

/// In words: which assets were written on. Empty for a change that wrote on none, or that cannot be read.
pub(super) fn describe(note: &[u8]) -> String {
    let Ok(ChangeNote { commits, assets, more }) = decode(note) else { return String::new() };
    if assets.is_empty() {
        return String::new();
    }
    let names: Vec<String> = assets.iter().map(|asset| format!("`{asset}`")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("up to commit {commits}, of {}{more}", names.join(", "))
}
