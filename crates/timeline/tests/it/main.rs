//! The fused stores hold the laws of their seam; the embedded one outlives its process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::path::Path;

use rushes_testkit::timeline_suite::{annotation, update, watermark};
use rushes_timeline::{EmbeddedTimeline, MemoryTimeline, TimelineStore};
use rushes_types::*;

mod memory {
    rushes_testkit::timeline_suite!((rushes_timeline::MemoryTimeline::new().unwrap(), ()));
}

mod embedded {
    rushes_testkit::timeline_suite!({
        let folder = tempfile::tempdir().unwrap();
        (rushes_timeline::EmbeddedTimeline::open(folder.path()).unwrap(), folder)
    });
}

#[test]
fn what_was_applied_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let id = AssetId::new("a").unwrap();
    let x = annotation("a", "x", 1, "l");
    let sequence = {
        let store = EmbeddedTimeline::open(folder.path()).unwrap();
        store.apply(&[update("a", 0, 7, std::slice::from_ref(&x))], &[watermark(7)]).unwrap();
        let last = store.outbox(0, 9).unwrap().last().unwrap().sequence;
        store.trim_outbox(last).unwrap();
        last
    };
    for n in 0..3u64 {
        let store = EmbeddedTimeline::open(folder.path()).unwrap();
        assert_eq!(store.progress(&id).unwrap(), Commit(7 + n));
        assert_eq!(
            store.annotations(&id, TimeRange::everything(), None, 9).unwrap(),
            std::slice::from_ref(&x)
        );
        store.apply(&[update("a", 7 + n, 8 + n, &[])], &[]).unwrap();
        assert!(store.outbox(0, 9).unwrap()[0].sequence > sequence);
    }
}

fn holds(folder: &Path, what: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, what);
        }
        std::fs::read(path).unwrap().windows(what.len()).any(|w| w == what)
    })
}

/// A name that compression finds no pattern in.
const SECRET: &str = "q7Zx0VbN3kWmP9rT";

#[test]
fn erased_bytes_are_gone_from_every_file_after_a_purge() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedTimeline::open(folder.path()).unwrap();
    let memory = MemoryTimeline::new().unwrap();
    let keep = annotation("a", "keep", 2, "kept");
    let secret = annotation("a", "gone", 1, SECRET);
    let mut first = update("a", 0, 1, &[secret.clone(), keep.clone()]);
    first.word_counts = vec![(format!("={SECRET}"), 1)];
    let mut second = update("a", 1, 2, &[]);
    second.word_counts = vec![(format!("={SECRET}"), -1)];
    second.step.changes = vec![Change::Erased(secret.fused_key())];
    for s in [&store as &dyn TimelineStore, &memory] {
        s.apply(std::slice::from_ref(&first), &[]).unwrap();
        if std::ptr::addr_eq(s, &raw const store) {
            assert!(holds(folder.path(), SECRET.as_bytes()), "the test can see what is there");
        }
        s.apply(std::slice::from_ref(&second), &[]).unwrap();
        s.purge().unwrap();
    }
    assert!(!holds(folder.path(), SECRET.as_bytes()));
    let id = AssetId::new("a").unwrap();
    assert_eq!(store.content_digest(&id).unwrap(), memory.content_digest(&id).unwrap());
    drop(store);
    let store = EmbeddedTimeline::open(folder.path()).unwrap();
    assert_eq!(store.annotations(&id, TimeRange::everything(), None, 9).unwrap(), [keep]);
    assert!(!holds(folder.path(), SECRET.as_bytes()));
}
