//! `fused/` of docs/formats.md: the timeline.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

use super::bytes::{Bytes, whole};
use super::codec::{self, Annotation, Bucket, Document};
use super::tables::{Rows, Tables};

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Asset { asset: String, commit: u64 },
    Watermark { partition: u32, commit: u64 },
}

#[derive(Debug, Default)]
pub struct Fused {
    /// By asset, start and annotation key.
    pub annotations: BTreeMap<(String, u64, u128), Annotation>,
    /// By asset and number; empty ones too.
    pub buckets: BTreeMap<(String, u64), Bucket>,
    /// The commit that it is fused up to, and the document unless it was erased, by asset.
    pub documents: BTreeMap<String, (u64, Option<Document>)>,
    /// Asset, commit, start, annotation key.
    pub changes: BTreeSet<(String, u64, u64, u128)>,
    pub words: BTreeMap<String, u64>,
    pub outbox: BTreeMap<u64, Event>,
    pub meta: BTreeMap<String, u64>,
    /// What `rushes verify` compares, by asset.
    pub digests: BTreeMap<String, u128>,
}

pub const TABLES: [&str; 8] =
    ["annotations", "buckets", "changes", "documents", "folder", "meta", "outbox", "words"];

/// The folder of the database that `CURRENT` names.
pub fn database(folder: &Path) -> PathBuf {
    let current = std::fs::read_to_string(folder.join("CURRENT")).unwrap();
    let number: u64 = current.strip_suffix('\n').unwrap().parse().unwrap();
    folder.join(format!("db-{number}"))
}

pub fn read(folder: &Path) -> Fused {
    let tables = Tables::open(&database(folder), &TABLES);
    assert_eq!(tables.format(), 1);
    let mut fused = Fused::default();
    for (key, value) in tables.rows("annotations") {
        let key = whole(&key, |b| (b.id(), b.u64_be(), b.u128_be()));
        fused.annotations.insert(key, whole(&value, codec::annotation));
    }
    for (key, value) in tables.rows("buckets") {
        fused.buckets.insert(whole(&key, |b| (b.id(), b.u64_be())), whole(&value, codec::bucket));
    }
    for (key, value) in tables.rows("documents") {
        let (commit, document) = value.split_at(8);
        let document = (!document.is_empty()).then(|| whole(document, codec::document));
        fused.documents.insert(whole(&key, Bytes::id), (Bytes(commit).u64_le(), document));
    }
    for (key, value) in tables.rows("changes") {
        assert!(value.is_empty());
        fused.changes.insert(whole(&key, |b| (b.id(), b.u64_be(), b.u64_be(), b.u128_be())));
    }
    for (key, value) in tables.rows("words") {
        fused.words.insert(Bytes(&key).last_text(), whole(&value, Bytes::u64_le));
    }
    for (key, value) in tables.rows("outbox") {
        fused.outbox.insert(whole(&key, Bytes::u64_be), whole(&value, event));
    }
    for (key, value) in tables.rows("meta") {
        fused.meta.insert(Bytes(&key).last_text(), whole(&value, Bytes::u64_le));
    }
    fused.digests = digests(&tables);
    fused
}

fn event(b: &mut Bytes<'_>) -> Event {
    let commit = b.u64_le();
    match b.0 {
        [] => Event::Watermark { partition: 0, commit },
        [0, ..] => {
            b.u8();
            Event::Watermark { partition: b.u32_le(), commit }
        }
        _ => Event::Asset { asset: b.last_text(), commit },
    }
}

/// The rows of each asset in order; of which table they are is their tag.
fn digests(tables: &Tables) -> BTreeMap<String, u128> {
    let mut bytes: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut add = |tag: u8, rows: Rows| {
        for (key, value) in rows {
            let asset = Bytes(&key).id();
            let bytes = bytes.entry(asset).or_default();
            let (key, value) = match tag {
                1 if whole(&value, codec::bucket).annotations.is_empty() => continue,
                2 => (&[][..], &value[8..]),
                _ => (&key[..], &value[..]),
            };
            bytes.push(tag);
            for part in [key, value] {
                bytes.extend((part.len() as u64).to_le_bytes());
                bytes.extend(part);
            }
        }
    };
    add(0, tables.rows("annotations"));
    add(1, tables.rows("buckets"));
    add(2, tables.rows("documents"));
    bytes.into_iter().map(|(asset, bytes)| (asset, xxh3_128(&bytes))).collect()
}

/// The annotation key by the page.
pub fn annotation_key(model: &str, run: &str, id: &str) -> u128 {
    let mut bytes = Vec::new();
    for part in [model, run, id] {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(part.bytes());
    }
    xxh3_128(&bytes)
}
