//! Reading buckets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rushes_types::{AssetId, BucketNo};

use crate::flow::line;
use crate::watched;

#[test]
fn buckets_are_read_with_one_look_for_their_annotations() {
    let (open, hook) = watched::open(Duration::from_secs(3600));
    let scene = line("e1", "places@1", "SCENE_SEARCH", "kitchen", 0, 599);
    let faces: String =
        (0..10).map(|n| line("e1", "faces@1", "CHARACTER_SEARCH", "Joey", n * 60, n * 60 + 30)).collect();
    open.ingest(&(scene + &faces));
    let (looks, keys) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, add) = (Arc::clone(&looks), Arc::clone(&keys));
    hook.set(move |call, n| {
        if call == "get" {
            count.fetch_add(1, Ordering::SeqCst);
            add.fetch_add(n, Ordering::SeqCst);
        }
    });
    let asset = AssetId::new("e1").unwrap();
    let all = (BucketNo(0), BucketNo(u64::MAX));
    let views = open.archive.buckets(&open.caller, &asset, all.0, all.1, 1000).unwrap();
    hook.clear();
    assert_eq!(views.len(), 600);
    assert_eq!((looks.load(Ordering::SeqCst), keys.load(Ordering::SeqCst)), (1, 11));
    for view in &views {
        let wanted: Vec<_> = view.bucket.annotations.iter().map(|member| member.key).collect();
        let shown: Vec<_> = view.annotations.iter().map(|shown| shown.fused_key().key).collect();
        assert_eq!(shown, wanted, "bucket {:?}", view.bucket.no);
        assert_eq!(shown.len(), 1 + usize::from(view.bucket.no.0 % 60 <= 30));
    }
    // The limit counts buckets, and the next call goes on behind them.
    let first = open.archive.buckets(&open.caller, &asset, all.0, all.1, 32).unwrap();
    let rest = open.archive.buckets(&open.caller, &asset, BucketNo(32), BucketNo(598), 1000).unwrap();
    assert_eq!([first, rest].concat(), views[..599]);
}
