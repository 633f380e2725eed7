//! Timecode of spans, at every rate that SMPTE knows.

use proptest::prelude::*;
use rushes_plan::time::AssetTimecode;
use rushes_types::{Asset, AssetId, FrameRate, MovieId, Timecode};

/// Rates of ST 12-1, 12-3 and their NTSC kin, with whether drop frame is counted.
const RATES: [(u32, u32, bool); 16] = [
    (24_000, 1001, false),
    (24, 1, false),
    (25, 1, false),
    (30_000, 1001, false),
    (30_000, 1001, true),
    (30, 1, false),
    (48_000, 1001, false),
    (48, 1, false),
    (50, 1, false),
    (60_000, 1001, false),
    (60_000, 1001, true),
    (60, 1, false),
    (72, 1, false),
    (100, 1, false),
    (120_000, 1001, false),
    (120, 1, false),
];
/// Frames of the longest film that is tried: 20 h at the fastest rate.
const FRAMES: i64 = 20 * 3600 * 120;

fn rate_of(place: usize) -> (FrameRate, bool, AssetTimecode) {
    let (num, den, drop_frame) = RATES[place];
    let rate = FrameRate::new(num, den).unwrap();
    let mut asset = Asset::new(AssetId::new("a").unwrap(), MovieId::new("m").unwrap());
    asset.frame_rate = Some(rate);
    asset.drop_frame = drop_frame;
    (rate, drop_frame, AssetTimecode::of(&asset).unwrap())
}

/// An instant of a frame's start as a program may have rounded it: down, to the nearest, up.
fn written(frame: i64, rate: FrameRate, rounding: u8) -> i64 {
    let (num, den) = rate.ratio();
    let scaled = i128::from(frame) * i128::from(den) * 1_000_000_000;
    let num = i128::from(num);
    let ns = match rounding {
        0 => scaled.div_euclid(num),
        1 => (2 * scaled + num).div_euclid(2 * num),
        _ => (scaled + num - 1).div_euclid(num),
    };
    i64::try_from(ns).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn a_span_that_ends_where_a_frame_begins_ends_on_that_frame(
        place in 0..RATES.len(), first in 0..FRAMES, length in 1..FRAMES, rounding in 0..3u8,
    ) {
        let (rate, drop_frame, timecode) = rate_of(place);
        let end = first + length;
        let text = |frame| Timecode::from_frames(frame, rate, drop_frame).to_string();
        let (start_ns, end_ns) = (rate.start_of(first), written(end, rate, rounding));
        prop_assert_eq!(timecode.span(start_ns, end_ns), (text(first), text(end)));
        // What is on whole frames stays where it is.
        let grown = timecode.snap(start_ns, end_ns);
        prop_assert_eq!(grown, (start_ns, rate.start_of(end)));
        prop_assert_eq!(timecode.snap(grown.0, grown.1), grown);
    }

    #[test]
    fn a_span_is_given_the_frames_it_touches_and_no_more(
        place in 0..RATES.len(), start_ns in 0..72_000_000_000_000i64, length_ns in 0..90_000_000_000i64,
    ) {
        let (rate, _, timecode) = rate_of(place);
        let end_ns = start_ns + length_ns;
        let (from, to) = timecode.snap(start_ns, end_ns);
        let (first, after) = (rate.frame_at(from), rate.frame_at(to));
        prop_assert!(from <= start_ns && start_ns < rate.start_of(first + 1));
        prop_assert!(after > first, "at least one frame");
        prop_assert!(end_ns <= to, "rounded up");
        prop_assert!(after == first + 1 || rate.start_of(after - 1) < end_ns, "the last frame is touched");
    }
}

#[test]
fn a_second_of_film_at_23_976_is_twenty_four_frames() {
    let (rate, _, timecode) = rate_of(0);
    let end_ns = rate.start_of(24);
    assert_eq!(end_ns, 1_001_000_000);
    assert_eq!(timecode.span(0, end_ns).1, "00:00:01:00");
    // Frame 25 starts at 1.0427083333… s, and that is written rounded up.
    assert_eq!(timecode.span(0, 1_042_708_334).1, "00:00:01:01");
    assert_eq!(timecode.span(0, 1_042_708_335).1, "00:00:01:02");
    assert_eq!(timecode.span(0, 0), ("00:00:00:00".into(), "00:00:00:01".into()));
}
