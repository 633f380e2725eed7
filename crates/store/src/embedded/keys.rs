//! Keys of the tables. Numbers are big-endian, so that keys sort as they do; ids end with a zero byte,
//! which no id holds.

use rushes_types::{AssetId, Commit, ModelRef, RunId};

/// A key of the table of rows.
pub(super) type Key = Vec<u8>;

/// Kinds of rows; the first byte of their keys. Part of the format: never reuse one.
pub(super) mod kind {
    pub const COUNTERS: u8 = b'c';
    pub const ASSET: u8 = b'a';
    pub const MODEL: u8 = b'm';
    pub const LABEL: u8 = b'l';
    pub const DOCUMENT: u8 = b'd';
    pub const RUN: u8 = b'r';
    pub const RUN_OF_ASSET: u8 = b'R';
    pub const MODEL_USE: u8 = b'u';
    pub const HISTORY: u8 = b'h';
    pub const SEGMENT: u8 = b'g';
    pub const SCOPE: u8 = b's';
    pub const OUTBOX: u8 = b'o';
    pub const GARBAGE: u8 = b'x';
}

fn of(kind: u8, text: &str) -> Key {
    let mut key = Vec::with_capacity(text.len() + 10);
    key.push(kind);
    key.extend_from_slice(text.as_bytes());
    key
}

fn under(kind: u8, text: &str, rest: &[u8]) -> Key {
    let mut key = of(kind, text);
    key.push(0);
    key.extend_from_slice(rest);
    key
}

fn number(kind: u8, n: u64) -> Key {
    let mut key = vec![kind];
    key.extend_from_slice(&n.to_be_bytes());
    key
}

pub(super) fn counters() -> Key {
    vec![kind::COUNTERS]
}

pub(super) fn asset(id: &AssetId) -> Key {
    of(kind::ASSET, id.as_str())
}

pub(super) fn model(model: &ModelRef) -> Key {
    of(kind::MODEL, model.as_str())
}

/// Labels may hold anything, so the type, which is an id, goes first.
pub(super) fn label(annotation_type: &str, label: &str) -> Key {
    under(kind::LABEL, annotation_type, label.as_bytes())
}

pub(super) fn documents(of: &str) -> Key {
    under(kind::DOCUMENT, of, &[])
}

pub(super) fn document(of: &str, id: &str) -> Key {
    under(kind::DOCUMENT, of, id.as_bytes())
}

pub(super) fn run(id: &RunId) -> Key {
    of(kind::RUN, id.as_str())
}

pub(super) fn runs_of_asset(asset: &AssetId) -> Key {
    under(kind::RUN_OF_ASSET, asset.as_str(), &[])
}

pub(super) fn run_of_asset(asset: &AssetId, run: &RunId) -> Key {
    under(kind::RUN_OF_ASSET, asset.as_str(), run.as_str().as_bytes())
}

pub(super) fn model_uses(model: &ModelRef) -> Key {
    under(kind::MODEL_USE, model.as_str(), &[])
}

pub(super) fn model_use(model: &ModelRef, asset: &AssetId) -> Key {
    under(kind::MODEL_USE, model.as_str(), asset.as_str().as_bytes())
}

pub(super) fn history_of(asset: &AssetId) -> Key {
    under(kind::HISTORY, asset.as_str(), &[])
}

/// The first key after an asset's history. Ids hold no control characters, so no other asset's key lies between.
pub(super) fn after_history_of(asset: &AssetId) -> Key {
    let mut key = of(kind::HISTORY, asset.as_str());
    key.push(1);
    key
}

/// The asset of a history key.
pub(super) fn asset_of_history(key: &[u8]) -> Option<AssetId> {
    let end = key.iter().position(|b| *b == 0)?;
    AssetId::new(std::str::from_utf8(key.get(1..end)?).ok()?).ok()
}

pub(super) fn history(asset: &AssetId, commit: Commit) -> Key {
    under(kind::HISTORY, asset.as_str(), &commit.0.to_be_bytes())
}

pub(super) fn segment(segment: u64) -> Key {
    number(kind::SEGMENT, segment)
}

pub(super) fn scopes_of(asset: &AssetId) -> Key {
    under(kind::SCOPE, asset.as_str(), &[])
}

pub(super) fn scope(asset: &AssetId, model: &ModelRef) -> Key {
    under(kind::SCOPE, asset.as_str(), model.as_str().as_bytes())
}

pub(super) fn outbox(sequence: u64) -> Key {
    number(kind::OUTBOX, sequence)
}

/// Marks all rows of a table whose keys begin with `prefix` as unreachable, to be removed.
pub(super) fn garbage(table: u8, prefix: u64) -> Key {
    let mut key = vec![kind::GARBAGE, table];
    key.extend_from_slice(&prefix.to_be_bytes());
    key
}

/// The number at the end of a key.
pub(super) fn trailing_number(key: &[u8]) -> Option<u64> {
    let at = key.len().checked_sub(8)?;
    Some(u64::from_be_bytes(key.get(at..)?.try_into().ok()?))
}

/// The text after a prefix.
pub(super) fn text_after<'a>(key: &'a [u8], prefix: &[u8]) -> Option<&'a str> {
    std::str::from_utf8(key.strip_prefix(prefix)?).ok()
}

/// A block of a segment.
pub(super) fn block(segment: u64, number: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&segment.to_be_bytes());
    key[8..].copy_from_slice(&number.to_be_bytes());
    key
}

/// An id of a scope: a run's segment, or the number of a loose scope.
pub(super) fn id(scope: u64, hash: u128) -> [u8; 24] {
    let mut key = [0; 24];
    key[..8].copy_from_slice(&scope.to_be_bytes());
    key[8..].copy_from_slice(&hash.to_be_bytes());
    key
}

/// The first key after this one.
pub(super) fn after(mut key: Key) -> Key {
    key.push(0);
    key
}

/// The first key after all that begin with `prefix`, which ends with the zero byte after an id.
pub(super) fn end_of(prefix: &[u8]) -> Key {
    let mut end = prefix.to_vec();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    end
}
