//! Bins as people change them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use rushes_bins::limits::{HISTORY_MAX, ITEMS_MAX, NOTE_BYTES_MAX};
use rushes_bins::{Addition, Bin, Change, ItemChange, Sharing, overview};
use rushes_types::ErrorKind;

fn moment(asset: &str, start_ns: i64, end_ns: i64) -> Addition {
    Addition { asset_id: asset.into(), start_ns, end_ns, ..Addition::default() }
}

fn filled() -> Bin {
    let mut bin = Bin::new("Mara", "anna");
    let add = vec![moment("a", 0, 10), moment("b", 5, 9), moment("a", 20, 30)];
    bin.apply(&Change { add, ..Change::default() }, 1, "anna", 100).unwrap();
    bin
}

fn numbers(bin: &Bin) -> Vec<u64> {
    bin.items.iter().map(|item| item.item).collect()
}

#[test]
fn moments_keep_their_numbers_whatever_becomes_of_the_others() {
    let mut bin = filled();
    let change = Change {
        remove: vec![2],
        change: vec![ItemChange {
            item: 3,
            note: Some("good".into()),
            rating: Some(4),
            end_ns: Some(33),
            ..ItemChange::default()
        }],
        add: vec![moment("c", 1, 1)],
        order: vec![4, 3],
        ..Change::default()
    };
    bin.apply(&change, 2, "ben", 200).unwrap();
    assert_eq!(numbers(&bin), [4, 3, 1]);
    let item = &bin.items[1];
    assert_eq!(
        (item.note.as_str(), item.rating, item.end_ns, item.by.as_str()),
        ("good", Some(4), 33, "anna")
    );
    assert_eq!(bin.items[0].by, "ben");
    let last = bin.history.last().unwrap();
    assert_eq!((last.version, last.by.as_str(), last.at_s), (2, "ben", 200));
    assert_eq!(last.what, "removed 1 moment, changed 1 moment, added 1 moment, ordered 2 moments");
    assert_eq!(Bin::read(&bin.write().unwrap()).unwrap(), bin);
    assert_eq!(Bin::read(b"{}").unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_change_is_made_as_a_whole_or_not_at_all() {
    let item = |item| ItemChange { item, ..ItemChange::default() };
    let wrong = [
        (Change { remove: vec![1, 9], ..Change::default() }, "/remove/1"),
        (Change { change: vec![item(1), item(9)], ..Change::default() }, "/change/1/item"),
        (Change { order: vec![9], ..Change::default() }, "/order/0"),
        (Change { add: vec![moment("a", 5, 4)], ..Change::default() }, "/add/0/end_ns"),
        (Change { add: vec![moment("a", -1, 4)], ..Change::default() }, "/add/0/start_ns"),
        (Change { add: vec![moment("", 1, 4)], ..Change::default() }, "/add/0/asset_id"),
        (
            Change { change: vec![ItemChange { rating: Some(6), ..item(1) }], ..Change::default() },
            "/change/0/rating",
        ),
        (
            Change {
                change: vec![ItemChange { colour: Some("mauve".into()), ..item(1) }],
                ..Change::default()
            },
            "/change/0/colour",
        ),
        (
            Change {
                change: vec![ItemChange { note: Some("x".repeat(NOTE_BYTES_MAX + 1)), ..item(1) }],
                ..Change::default()
            },
            "/change/0/note",
        ),
        (Change { name: Some(" ".into()), ..Change::default() }, "/name"),
        (Change { add: vec![moment("a", 0, 1); ITEMS_MAX], ..Change::default() }, "/add"),
    ];
    for (change, pointer) in wrong {
        let mut bin = filled();
        let with = Change { sharing: Some(Sharing::Write), ..change };
        let error = bin.apply(&with, 2, "anna", 1).unwrap_err();
        assert_eq!(error.pointer(), Some(pointer), "{error}");
        assert!(error.mend_text().is_some());
        assert_eq!(bin, filled(), "{pointer}");
    }
}

#[test]
fn only_what_adds_fits_whatever_others_did() {
    assert!(Change { add: vec![moment("a", 0, 1)], ..Change::default() }.only_adds());
    assert!(!Change { add: vec![moment("a", 0, 1)], order: vec![1], ..Change::default() }.only_adds());
    assert!(!Change { name: Some("x".into()), ..Change::default() }.only_adds());
}

#[test]
fn a_bin_says_how_long_it_is_and_what_is_in_it_twice() {
    let mut bin = filled();
    let add = vec![moment("a", 8, 25), moment("a", 0, 10), moment("a", 50, 50), moment("a", 50, 50)];
    bin.apply(&Change { add, ..Change::default() }, 2, "anna", 1).unwrap();
    let all = overview(&bin.items);
    assert_eq!((all.duration_ns, all.assets), (10 + 4 + 10 + 17 + 10, 2));
    let pairs: Vec<(u64, u64, i64, bool)> =
        all.overlaps.iter().map(|o| (o.item, o.with, o.shared_ns, o.same)).collect();
    assert_eq!(
        pairs,
        [(1, 5, 10, true), (1, 4, 2, false), (5, 4, 2, false), (4, 3, 5, false), (6, 7, 0, true)]
    );
}

#[test]
fn the_owner_says_who_else_sees_it() {
    let mut bin = filled();
    assert!(bin.seen_by("anna") && bin.changed_by("anna") && !bin.seen_by("ben"));
    bin.apply(&Change { sharing: Some(Sharing::Read), ..Change::default() }, 2, "anna", 1).unwrap();
    assert!(bin.seen_by("ben") && !bin.changed_by("ben"));
    bin.apply(&Change { sharing: Some(Sharing::Write), ..Change::default() }, 3, "anna", 1).unwrap();
    assert!(bin.changed_by("ben"));
}

#[test]
fn what_was_erased_is_forgotten_and_history_stays_bounded() {
    let mut bin = filled();
    assert_eq!(bin.forget(|asset| asset == "a"), 2);
    assert_eq!(numbers(&bin), [2]);
    for version in 0..300 {
        bin.apply(&Change { trashed: Some(version % 2 == 0), ..Change::default() }, version, "anna", 1)
            .unwrap();
    }
    assert_eq!((bin.history.len(), bin.history[0].version), (HISTORY_MAX, 100));
}
