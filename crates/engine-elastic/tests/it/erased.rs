//! What is erased is gone from the cluster's disks after a purge.

use std::path::Path;
use std::time::{Duration, Instant};

use rushes_index::{AssetUpdate, BucketContent};
use rushes_testkit::engines;
use rushes_testkit::index_suite::{IndexFixture, SECOND, current, labelled, line, put, update};
use rushes_types::{BucketNo, Change, Commit, TimeRange};

use crate::fixtures::Elastic;

/// In no other file.
const WORDS: [&str; 2] = ["xyzzyplugh", "quuxcorge"];

/// The files below a folder that hold some bytes. One that is removed during the walk holds nothing.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if std::fs::read(&path).is_ok_and(|all| all.windows(bytes.len()).any(|w| w == bytes)) {
            found.push(path);
        }
    }
    found
}

/// An annotation with the bucket that shows it.
fn shown(asset: &str, word: &str, others: usize) -> AssetUpdate {
    let mut said = line(asset, "said", 2, &format!("hello {word}"));
    said.label = Some(word.to_owned());
    let said = current(said, 1);
    let bucket = BucketContent {
        no: BucketNo(2),
        range: TimeRange::new(2 * SECOND, 3 * SECOND).unwrap(),
        annotations: vec![std::sync::Arc::new(said.clone())],
    };
    let other = |n| put(&current(labelled(asset, &format!("o{n}"), 5, "Ross"), 1));
    let mut changes: Vec<Change> = (0..others).map(other).collect();
    changes.push(put(&said));
    AssetUpdate { buckets: vec![bucket], ..update(asset, 0, 1, changes) }
}

#[test]
fn erased_words_are_in_no_file_after_a_purge() {
    let Some(server) = engines::elasticsearch() else { return };
    let fixture = Elastic::at(&server.address(), |_| ());
    let index = fixture.index();
    let on_disk = || WORDS.map(|word| holding(&server.data(), word.as_bytes()).len());
    let (whole, part) = (shown("a", WORDS[0], 20), shown("b", WORDS[1], 20));
    let key = part.changes.last().map(|change| match change {
        Change::Put(fused) => fused.fused_key(),
        Change::Erased(key) => *key,
    });
    index.apply(&[whole, part]).unwrap();
    index.publish(Commit(1)).unwrap();
    drop(index.reader(None).unwrap());
    // Nothing was erased yet: nothing is rewritten.
    assert!(index.purge().unwrap());
    assert!(on_disk().iter().all(|files| *files > 0), "the words can be found: {:?}", on_disk());
    let gone = AssetUpdate { document: None, ..update("a", 1, 2, Vec::new()) };
    let emptied = BucketContent {
        no: BucketNo(2),
        range: TimeRange::new(2 * SECOND, 3 * SECOND).unwrap(),
        annotations: Vec::new(),
    };
    let erased = update("b", 1, 2, vec![Change::Erased(key.unwrap())]);
    index.apply(&[gone, AssetUpdate { buckets: vec![emptied], ..erased }]).unwrap();
    assert!(!index.purge().unwrap(), "it is not published yet");
    index.publish(Commit(2)).unwrap();
    let begun = Instant::now();
    let mut commit = 2;
    while !index.purge().unwrap() {
        assert!(begun.elapsed() < Duration::from_secs(100), "{:?}", on_disk());
        // Others write all the time.
        commit += 1;
        let more = put(&current(labelled("b", &format!("m{commit}"), 3, "Ross"), commit));
        index.apply(&[update("b", commit - 1, commit, vec![more])]).unwrap();
        index.publish(Commit(commit)).unwrap();
        std::thread::sleep(Duration::from_millis(500));
    }
    println!("purged after {:.1?} and {} commits", begun.elapsed(), commit - 2);
    assert_eq!(on_disk(), [0, 0]);
    assert!(index.purge().unwrap());
}
