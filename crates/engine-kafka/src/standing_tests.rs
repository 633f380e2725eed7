use rushes_types::AssetId;

use super::*;

const NONE: CommittedOffset = CommittedOffset { next: 0, watermark: Commit::NONE };

fn standing(end: i64) -> Standing {
    let mut standing = Standing::default();
    standing.adopt(0, NONE, Bounds { begin: 0, end });
    standing
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
    let mut standing = standing(0);
    for (offset, event) in [(0, asset()), (1, watermark(5)), (2, watermark(4)), (3, watermark(9))] {
        standing.receive(0, offset, event);
    }
    standing.take(10);
    assert_eq!(standing.marks(&[at(0, 0)]), mark(1, 0));
    assert_eq!(standing.marks(&[at(0, 2), at(0, 0)]), mark(3, 5));
    standing.settle(&mark(3, 5));
    assert_eq!(standing.marks(&[at(0, 3)]), mark(4, 9));
}

#[test]
fn an_acknowledgement_never_goes_back_nor_beyond_what_there_is() {
    let mut standing = standing(3);
    standing.receive(0, 0, asset());
    standing.settle(&standing.marks(&[at(0, 0)]));
    assert_eq!(standing.marks(&[at(0, 0)]), []);
    assert_eq!(standing.marks(&[at(0, u64::MAX)]), mark(3, 0));
    assert_eq!(standing.marks(&[at(7, 1)]), [], "another process's partition");
}

#[test]
fn what_was_set_aside_goes_with_what_is_acknowledged_before_it() {
    let mut standing = standing(0);
    standing.skip(0, 0);
    assert_eq!(standing.skipped_marks(), mark(1, 0));
    standing.settle(&mark(1, 0));
    standing.receive(0, 1, asset());
    standing.skip(0, 2);
    standing.skip(0, 3);
    assert_eq!(standing.skipped_marks(), []);
    assert_eq!(standing.marks(&[at(0, 1)]), mark(4, 0));
}

#[test]
fn what_a_lost_partition_had_waiting_is_dropped() {
    let mut standing = standing(0);
    standing.adopt(1, NONE, Bounds { begin: 0, end: 0 });
    standing.receive(0, 0, asset());
    standing.receive(1, 0, asset());
    standing.disown(0);
    assert_eq!(standing.take(10).iter().map(|d| d.position.partition).collect::<Vec<_>>(), [1]);
    standing.receive(0, 1, asset());
    assert_eq!(standing.waiting(), 0, "a late message of a lost partition");
}

#[test]
fn it_begins_again_after_what_is_acknowledged() {
    let mut standing = standing(4);
    for offset in 0..4 {
        standing.receive(0, offset, asset());
    }
    standing.take(3);
    standing.settle(&standing.marks(&[at(0, 0)]));
    assert_eq!(standing.undone(), [(0, 1)]);
    standing.again(0, 1);
    assert!(standing.behind() && standing.waiting() == 0);
    assert_eq!(standing.undone(), []);
    assert_eq!(standing.missing(), [(0, 1)]);
}

#[test]
fn a_message_that_comes_twice_is_delivered_once() {
    let mut standing = standing(0);
    standing.receive(0, 0, asset());
    standing.receive(0, 0, asset());
    assert_eq!(standing.waiting(), 1);
}

#[test]
fn watermarks_kept_are_bounded_and_never_too_high() {
    let mut standing = standing(0);
    let count = i64::try_from(WATERMARKS_MAX).unwrap() + 10;
    for offset in 0..count {
        standing.receive(0, offset, watermark(offset.unsigned_abs()));
    }
    assert!(standing.partitions[&0].watermarks.len() <= WATERMARKS_MAX);
    let marks = standing.marks(&[at(0, 1_000)]);
    assert!(marks[0].1.watermark <= Commit(1_000) && marks[0].1.watermark >= Commit(990), "{marks:?}");
}

#[test]
fn a_place_that_others_set_is_followed_backwards_and_forwards() {
    let mut standing = standing(4);
    standing.receive(0, 0, watermark(7));
    standing.take(1);
    standing.settle(&standing.marks(&[at(0, 0)]));
    let left = CommittedOffset { next: 1, watermark: Commit(7) };
    assert!(!standing.is_set(0, left));
    let skipped = CommittedOffset { next: 4, watermark: Commit::NONE };
    assert!(standing.is_set(0, skipped) && standing.is_set(0, NONE));
    standing.forget(0, skipped);
    assert!(!standing.behind() && !standing.is_set(0, skipped));
    standing.receive(0, 4, asset());
    assert_eq!(standing.marks(&[at(0, 4)]), mark(5, 0), "no watermark of before");
    standing.forget(0, NONE);
    assert!(standing.behind());
}
