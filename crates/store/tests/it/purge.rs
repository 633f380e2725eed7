//! After erasing and purging, no file holds a trace of what was erased.

use std::path::Path;
use std::sync::Arc;

use rushes_store::prelude::*;
use rushes_store::{AppendMode, BlockFormat, BlockInput, EmbeddedStore, EraseTarget, Redactor, StoreOptions};
use rushes_testkit::store_suite::{asset, asset_id, lines, lines_of, model, run_id, spec};
use rushes_types::{AnnotationId, Asset, Result, RunId, RunMode};

pub fn holds(folder: &Path, marker: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holds(&path, marker));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            if bytes.windows(marker.len()).any(|w| w == marker.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn erased_bytes_are_gone_from_every_file_after_a_purge() {
    // Each is sent once as a label, so that compression leaves it as it is.
    let secrets = ["kq7Zw1aVxPp", "hT93mmBuJrd", "Xe5LsoN2yQg", "vF8cRiK4uWz", "Yb6DtG0nEjA"];
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), StoreOptions::default()).unwrap();
    let titled = Asset { title: Some(secrets[4].into()), ..asset("gone") };
    store.put_assets(&[asset("a"), asset("b"), titled]).unwrap();
    let say = |on: &str, by: &str, id: &str, what: &str| {
        store
            .append_loose(&[lines(on, by, &[(id, 0, what), ("7", 1, "RemainsHere42")])], AppendMode::Partial)
            .unwrap();
    };
    say("a", "m@1", "1", secrets[0]);
    say("gone", "m@1", "2", secrets[1]);
    say("b", "bad@1", "3", secrets[2]);
    for (id, end) in [("r", true), ("given-up", false)] {
        let run = store.open_run(&spec(id, "a", "n@1", RunMode::Replace, None)).unwrap().id;
        store.append(&run, &[lines("a", "n@1", &[("4", 0, secrets[3])])], AppendMode::Partial).unwrap();
        if end {
            store.commit_run(&run).unwrap();
        } else {
            store.abort_run(&run).unwrap();
        }
    }
    assert!(secrets.iter().all(|s| !holds(folder.path(), s).is_empty()));
    let one = AnnotationId::new("1").unwrap();
    for target in [
        EraseTarget::Annotation { asset: asset_id("a"), model: model("m@1"), run: RunId::loose(), id: one },
        EraseTarget::Asset(asset_id("gone")),
        EraseTarget::Model(model("bad@1"), None),
        EraseTarget::Run(run_id("r")),
    ] {
        store.erase(&target).unwrap().unwrap();
    }
    store.purge().unwrap();
    for secret in secrets {
        assert_eq!(holds(folder.path(), secret), [""; 0]);
    }
    assert!(!holds(folder.path(), "RemainsHere42").is_empty());
    store.append_loose(&[lines("a", "m@1", &[("5", 0, "after")])], AppendMode::Partial).unwrap();
    store.purge().unwrap();
    drop(store);
    let store = EmbeddedStore::open(folder.path(), StoreOptions::default()).unwrap();
    assert_eq!(store.counts().unwrap().annotations, 2);
    assert!(secrets.iter().all(|s| holds(folder.path(), s).is_empty()));
}

/// Rows of a made-up format: four bytes each.
struct FourBytes;

impl Redactor for FourBytes {
    fn keep(&self, _: BlockFormat, bytes: &[u8], keep: &[u32]) -> Result<Option<Vec<u8>>> {
        if keep.len() * 4 == bytes.len() {
            return Ok(None);
        }
        let rows = (0..).zip(bytes.chunks(4));
        Ok(Some(rows.flat_map(|(n, row)| if keep.contains(&n) { row } else { b"...." }.to_vec()).collect()))
    }
}

#[test]
fn a_redactor_removes_rows_of_binary_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { redactor: Some(Arc::new(FourBytes)), ..StoreOptions::default() };
    let store = EmbeddedStore::open(folder.path(), options).unwrap();
    store.put_assets(&[asset("a")]).unwrap();
    let rows = lines("a", "m@1", &[("0", 0, "x"), ("1", 0, "x"), ("2", 0, "x")]);
    let block =
        BlockInput { format: BlockFormat::Arrow, bytes: b"aaaabbbbccccdddd".as_slice().into(), ..rows };
    let segment = store.append_loose(&[block], AppendMode::Partial).unwrap().commit.unwrap().0;
    let bytes = |store: &EmbeddedStore| {
        let mut found = Vec::new();
        let mut keep = |block: rushes_store::Block| {
            found.push((block.positions, String::from_utf8(block.bytes).unwrap()));
            Ok(())
        };
        store.blocks(&asset_id("a"), segment, &mut keep).unwrap();
        found
    };
    assert_eq!(bytes(&store), [(vec![0, 1, 2], "aaaabbbbcccc....".to_owned())], "a row of another asset");
    let target = |id: &str| EraseTarget::Annotation {
        asset: asset_id("a"),
        model: model("m@1"),
        run: RunId::loose(),
        id: AnnotationId::new(id).unwrap(),
    };
    store.erase(&target("1")).unwrap().unwrap();
    assert_eq!(bytes(&store), [(vec![0, 2], "aaaa....cccc....".to_owned())]);
    drop(store);
    let store = EmbeddedStore::open(folder.path(), StoreOptions::default()).unwrap();
    let refused = store.erase(&target("0")).unwrap_err();
    assert!(refused.message().contains("Arrow"), "{refused}");
    assert_eq!(bytes(&store).len(), 1);
    assert!(lines_of(&store, "a", 0).is_empty());
}
