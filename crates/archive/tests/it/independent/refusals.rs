//! What the program does with versions that it does not know, as the page says.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rushes_archive::{Archive, Caller, NoProgress, OpenOptions, Rebuild, SearchRequest};
use rushes_plan::Plan;
use rushes_types::{BucketNo, Commit, Error, ErrorKind, TimeRange};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::bytes::crc32;
use super::made::asset_id;
use super::tables::Tables;
use super::{events, fused, store};
use crate::flow::{Open, line};

/// The folder of an archive that is closed.
struct Closed {
    path: PathBuf,
    dir: TempDir,
}

fn closed() -> Closed {
    let open = Open::new();
    open.ingest(
        &(line("e1", "faces@1", "CHARACTER_SEARCH", "Joey", 2, 8)
            + &line("e1", "faces@1", "SHOT", "Joey", 3, 4)),
    );
    close(open)
}

fn close(open: Open) -> Closed {
    let path = open.archive.dir().to_owned();
    let Open { archive, dir, .. } = open;
    archive.close();
    drop(archive);
    Closed { path, dir }
}

impl Closed {
    fn refused(&self) -> Error {
        Archive::open(&self.path, OpenOptions::default()).err().expect("it was opened")
    }

    fn opened(self) -> Open {
        let options = OpenOptions::default();
        Open { archive: Archive::open(&self.path, options).unwrap(), caller: Caller::local(), dir: self.dir }
    }
}

fn found(open: &Open) -> usize {
    open.catch_up();
    open.search(&json!({"all": [{"type": "CHARACTER_SEARCH", "label": "joey"}]})).len()
}

#[test]
fn a_greater_format_of_the_manifest_is_refused() {
    let closed = closed();
    let path = closed.path.join("archive.json");
    let mut manifest: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    manifest["format"] = json!(2);
    std::fs::write(&path, manifest.to_string()).unwrap();
    assert_eq!(closed.refused().mend_text(), Some("install a newer rushes"));
}

#[test]
fn another_format_of_a_folder_of_tables_is_refused_with_both_named() {
    for (folder, tables) in [("store", &store::TABLES[..]), ("events", &events::TABLES[..])] {
        for other in [0_u32, 17] {
            let closed = closed();
            Tables::open(&closed.path.join(folder), tables).put("folder", b"format", &other.to_be_bytes());
            let message = closed.refused().to_string();
            assert!(message.contains(&other.to_string()) && message.contains('1'), "{folder}: {message}");
        }
    }
}

/// Changes a byte of the first row of a table.
fn change(folder: &Path, tables: &[&str], table: &str, prefix: &[u8], at: usize, byte: u8) {
    let tables = Tables::open(folder, tables);
    let rows = tables.rows(table);
    let (key, mut value) =
        rows.into_iter().find(|(key, value)| key.starts_with(prefix) && value.len() > at).unwrap();
    assert_ne!(value[at], byte);
    value[at] = byte;
    tables.put(table, &key, &value);
}

#[test]
fn another_version_of_a_fused_value_is_damage_and_a_rebuild_makes_it_again() {
    for (table, at) in [("annotations", 0), ("buckets", 0), ("documents", 8)] {
        let closed = closed();
        change(&fused::database(&closed.path.join("fused")), &fused::TABLES, table, b"", at, 2);
        let open = closed.opened();
        let (timeline, e1) = (&open.archive.engines().timeline, asset_id("e1"));
        let read = match table {
            "annotations" => timeline.annotations(&e1, TimeRange::everything(), None, 9).map(drop),
            "buckets" => timeline.buckets(&e1, BucketNo(0), BucketNo(9), 9).map(drop),
            _ => timeline.document(&e1).map(drop),
        };
        assert_eq!(read.unwrap_err().kind(), ErrorKind::Corrupt, "{table}");
        open.archive.rebuild(&open.caller, Rebuild::All, &NoProgress).unwrap();
        assert_eq!(found(&open), 1);
        open.verify_clean();
    }
}

#[test]
fn tags_that_the_page_does_not_have_are_damage() {
    // The tag of an effect, the format of a block, the flag of one.
    for (table, prefix, at) in [("rows", &b"h"[..], 0), ("blocks", b"", 0), ("blocks", b"", 1)] {
        let closed = closed();
        change(&closed.path.join("store"), &store::TABLES, table, prefix, at, 9);
        let open = closed.opened();
        let mut sink = |_: &[u8]| Ok(());
        let error = open.archive.export(&open.caller, &asset_id("e1"), &mut sink).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{table}: {error}");
    }
}

#[test]
fn another_magic_format_or_analyser_of_the_index_makes_it_again() {
    // A byte of the magic, of the format and of the analyser.
    for at in [7, 8, 20] {
        let closed = closed();
        let path = closed.path.join("index/manifest");
        let mut bytes = std::fs::read(&path).unwrap();
        let checked = bytes.len() - 4;
        assert_eq!(bytes[checked..], crc32(&bytes[..checked]).to_le_bytes());
        bytes[at] += 1;
        let checksum = crc32(&bytes[..checked]).to_le_bytes();
        bytes[checked..].copy_from_slice(&checksum);
        std::fs::write(&path, bytes).unwrap();
        let open = closed.opened();
        assert_eq!(found(&open), 1, "byte {at}");
        open.verify_clean();
    }
}

#[test]
fn another_magic_of_a_segment_is_damage_and_the_archive_makes_the_index_again() {
    let closed = closed();
    let files = std::fs::read_dir(closed.path.join("index")).unwrap().map(|entry| entry.unwrap().path());
    let segment = files.into_iter().find(|path| path.to_str().unwrap().contains("/segment-")).unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[7] += 1;
    std::fs::write(&segment, bytes).unwrap();
    let open = closed.opened();
    assert_eq!(found(&open), 1);
    open.verify_clean();
}

#[test]
fn another_version_of_a_cursor_is_refused() {
    let open = Open::new();
    let lines: String =
        (0..3).map(|n| line("e1", "faces@1", "CHARACTER_SEARCH", "Joey", n * 10, n * 10 + 1)).collect();
    open.ingest(&lines);
    let page = |cursor: Option<&str>| {
        let plan = json!({"all": [{"label": "joey"}], "limit": 1, "cursor": cursor});
        open.archive.search(
            &open.caller,
            &SearchRequest { plan: Plan::parse(&plan.to_string()).unwrap(), ..SearchRequest::default() },
        )
    };
    let cursor = page(None).unwrap().next_cursor.unwrap();
    let mut json: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&cursor).unwrap()).unwrap();
    let commit = open.archive.status().unwrap().last_commit;
    assert_eq!((&json["v"], &json["o"], &json["r"]), (&json!(1), &json!(1), &json!(commit.to_string())));
    assert!(commit > Commit::NONE && json["p"].as_str().unwrap().len() == 32 && json["w"].is_array());
    assert!(page(Some(&cursor)).is_ok());
    json["v"] = json!(2);
    let other = URL_SAFE_NO_PAD.encode(json.to_string());
    assert_eq!(page(Some(&other)).unwrap_err().kind(), ErrorKind::Invalid);
}
