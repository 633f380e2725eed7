//! The chain of changes of a folder, as docs/formats.md says it.

use std::path::Path;

use rushes_archive::OpenOptions;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::bytes::{Bytes, crc32, whole};
use super::tables::Tables;
use super::{events, fused, made};
use crate::flow::{Open, line};

/// A record: kind, number, mark, link, note.
pub struct Record {
    pub kind: u8,
    pub number: u64,
    pub mark: u64,
    pub link: u128,
    pub note: Vec<u8>,
}

/// The identity and the records of a chain; every length, checksum and link is tried.
pub fn read(path: &Path) -> (u128, Vec<Record>) {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"RUSHCHN1");
    let identity = u128::from_le_bytes(bytes[8..24].try_into().unwrap());
    assert_eq!(u64::from_le_bytes(bytes[24..32].try_into().unwrap()), xxh3_64(&bytes[..24]));
    let (mut records, mut at, mut before): (Vec<Record>, _, _) = (Vec::new(), 32, 0_u128);
    while at < bytes.len() {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let length = word(at) as usize;
        let body = &bytes[at + 8..at + 8 + length];
        assert_eq!(word(at + 4), crc32(body));
        assert_eq!(word(at + 8 + length) as usize, length);
        let long = |from: usize| u64::from_le_bytes(body[from..from + 8].try_into().unwrap());
        let record = Record {
            kind: body[0],
            number: long(1),
            mark: long(17),
            link: u128::from_le_bytes(body[41..57].try_into().unwrap()),
            note: body[57..].to_vec(),
        };
        if record.kind == 0 {
            assert_eq!(record.number, records.last().map_or(0, |last| last.number) + 1);
            let linked = [&before.to_le_bytes(), &body[..41], &body[57..]].concat();
            assert_eq!(record.link, xxh3_128(&linked));
        }
        before = record.link;
        records.push(record);
        at += length + 12;
    }
    (identity, records)
}

#[test]
fn the_chains_of_an_archive_are_read_by_the_page_and_fit_their_tables() {
    let open = Open::new();
    for n in 0..3 {
        open.ingest(&line("e1", "faces@1", "CHARACTER_SEARCH", "Joey", n, 9));
    }
    let counts = open.archive.engines().store.counts().unwrap();
    let id = xxh3_128(open.archive.manifest().id.as_bytes());
    let (_open, copy) = made::copied(open, OpenOptions { stages: Vec::new(), ..OpenOptions::default() });
    let database = fused::database(&copy.join("fused"));
    let beside = database.with_extension("chain");
    let of_fused = ["annotations", "buckets", "documents", "changes", "words", "outbox", "meta"];
    for (folder, all, tables, chain) in [
        (
            copy.join("store"),
            &super::store::TABLES[..],
            &["rows", "ids", "blocks"][..],
            copy.join("store.chain"),
        ),
        (copy.join("events"), &events::TABLES[..], &["rows"][..], copy.join("events.chain")),
        (database, &fused::TABLES[..], &of_fused[..], beside),
    ] {
        let (identity, records) = read(&chain);
        let last = records.last().unwrap();
        let stamp = Tables::open(&folder, all).stamp(tables);
        assert_eq!(stamp, (id, last.number, last.link), "{}", folder.display());
        assert_eq!(identity, id);
        assert!(records.iter().all(|record| record.kind == 0));
        if tables.len() == 3 {
            assert_eq!(last.mark, counts.commits);
            let notes: Vec<(u64, u64, Vec<String>)> =
                records.iter().map(|record| note(&record.note)).collect();
            assert_eq!(notes.iter().map(|note| note.1).max(), Some(counts.annotations));
            assert!(notes.iter().any(|note| note.2 == ["e1"]));
        }
    }
}

/// Last commit, annotations, and the assets that are named.
fn note(bytes: &[u8]) -> (u64, u64, Vec<String>) {
    if bytes.is_empty() {
        // Rows that were only removed.
        return (0, 0, Vec::new());
    }
    whole(bytes, |b: &mut Bytes<'_>| {
        let (commits, annotations, _more, named) = (b.varint(), b.varint(), b.varint(), b.varint());
        (commits, annotations, (0..named).map(|_| b.text()).collect())
    })
}
