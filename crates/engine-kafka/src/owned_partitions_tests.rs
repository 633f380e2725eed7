use rushes_types::AssetId;

use super::*;

const NONE: CommittedOffset = CommittedOffset { next: 0, watermark: Commit::NONE };

fn owned(end: i64) -> OwnedPartitions {
    let mut owned = OwnedPartitions::default();
    owned.adopt(0, NONE, Bounds { begin: 0, end });
    owned
}

fn asset() -> Event {
    Event::Asset { asset: AssetId::new("a").unwrap(), commit: Commit(1) }
}

fn watermark(upto: u64) -> Event {
    Event::Watermark { partition: Some(0), upto: Commit(upto) }
}

fn at(partition: u32, offset: u64) -> Position {
    Position { partition, offset }
}

fn mark(next: i64, watermark: u64) -> Vec<(u32, CommittedOffset)> {
    vec![(0, CommittedOffset { next, watermark: Commit(watermark) })]
}

#[test]
fn an_acknowledgement_takes_the_highest_watermark_before_it() {
    let mut owned = owned(0);
    for (offset, event) in [(0, asset()), (1, watermark(5)), (2, watermark(4)), (3, watermark(9))] {
        owned.receive(0, offset, event);
    }
    owned.take(10);
    assert_eq!(owned.marks(&[at(0, 0)]), mark(1, 0));
    assert_eq!(owned.marks(&[at(0, 2), at(0, 0)]), mark(3, 5));
    owned.settle(&mark(3, 5));
    assert_eq!(owned.marks(&[at(0, 3)]), mark(4, 9));
}

#[test]
fn an_acknowledgement_never_goes_back_nor_beyond_what_there_is() {
    let mut owned = owned(3);
    owned.receive(0, 0, asset());
    owned.settle(&owned.marks(&[at(0, 0)]));
    assert_eq!(owned.marks(&[at(0, 0)]), []);
    assert_eq!(owned.marks(&[at(0, u64::MAX)]), mark(3, 0));
    assert_eq!(owned.marks(&[at(7, 1)]), [], "another process's partition");
}

#[test]
fn what_was_set_aside_goes_with_what_is_acknowledged_before_it() {
    let mut owned = owned(0);
    owned.skip(0, 0);
    assert_eq!(owned.skipped_marks(), mark(1, 0));
    owned.settle(&mark(1, 0));
    owned.receive(0, 1, asset());
    owned.skip(0, 2);
    owned.skip(0, 3);
    assert_eq!(owned.skipped_marks(), []);
    assert_eq!(owned.marks(&[at(0, 1)]), mark(4, 0));
}

#[test]
fn what_a_lost_partition_had_waiting_is_dropped() {
    let mut owned = owned(0);
    owned.adopt(1, NONE, Bounds { begin: 0, end: 0 });
    owned.receive(0, 0, asset());
    owned.receive(1, 0, asset());
    owned.disown(0);
    assert_eq!(owned.take(10).iter().map(|d| d.position.partition).collect::<Vec<_>>(), [1]);
    owned.receive(0, 1, asset());
    assert_eq!(owned.waiting(), 0, "a late message of a lost partition");
}

#[test]
fn it_begins_again_after_what_is_acknowledged() {
    let mut owned = owned(4);
    for offset in 0..4 {
        owned.receive(0, offset, asset());
    }
    owned.take(3);
    owned.settle(&owned.marks(&[at(0, 0)]));
    assert_eq!(owned.unacknowledged(), [(0, 1)]);
    owned.resume_at(0, 1);
    assert!(owned.behind() && owned.waiting() == 0);
    assert_eq!(owned.unacknowledged(), []);
    assert_eq!(owned.missing(), [(0, 1)]);
}

#[test]
fn a_message_that_comes_twice_is_delivered_once() {
    let mut owned = owned(0);
    owned.receive(0, 0, asset());
    owned.receive(0, 0, asset());
    assert_eq!(owned.waiting(), 1);
}

#[test]
fn watermarks_kept_are_bounded_and_never_too_high() {
    let mut owned = owned(0);
    let count = i64::try_from(WATERMARKS_MAX).unwrap() + 10;
    for offset in 0..count {
        owned.receive(0, offset, watermark(offset.unsigned_abs()));
    }
    assert!(owned.partitions[&0].watermarks.len() <= WATERMARKS_MAX);
    let marks = owned.marks(&[at(0, 1_000)]);
    assert!(marks[0].1.watermark <= Commit(1_000) && marks[0].1.watermark >= Commit(990), "{marks:?}");
}

#[test]
fn a_place_that_others_set_is_followed_backwards_and_forwards() {
    let mut owned = owned(4);
    owned.receive(0, 0, watermark(7));
    owned.take(1);
    owned.settle(&owned.marks(&[at(0, 0)]));
    let left = CommittedOffset { next: 1, watermark: Commit(7) };
    assert!(!owned.is_set_by_others(0, left));
    let skipped = CommittedOffset { next: 4, watermark: Commit::NONE };
    assert!(owned.is_set_by_others(0, skipped) && owned.is_set_by_others(0, NONE));
    owned.move_to(0, skipped);
    assert!(!owned.behind() && !owned.is_set_by_others(0, skipped));
    owned.receive(0, 4, asset());
    assert_eq!(owned.marks(&[at(0, 4)]), mark(5, 0), "no watermark of before");
    owned.move_to(0, NONE);
    assert!(owned.behind());
}
