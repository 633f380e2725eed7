//! Edit decision lists.

use rushes_export::{Clip, EVENTS_MAX, Format};
use rushes_types::Asset;

use crate::support::{SECOND, asset, clip, cut, edl, rate, text, text_of, written};

#[test]
fn an_edit_list_has_consecutive_record_timecode() {
    let mut film = asset("night-ferry-s01e01", Some("25"), Some("10:00:00:00"));
    film.path = Some("/media/ferry/one.mov".into());
    film.reel = Some("A001_C002!".into());
    let other = asset("night-ferry-s01e02", Some("25"), None);
    let labels = ["Mara".to_owned(), "a\r\nb".to_owned()];
    let list = edl(
        "Mara in the galley",
        &[clip(&film, 40_140_000_000, 67_160_000_000, &labels), clip(&other, 0, 0, &[])],
    );
    assert_eq!(
        text_of(&list),
        "TITLE: Mara in the galley\r\n\
         FCM: NON-DROP FRAME\r\n\
         \r\n\
         001  A001C002 V     C        10:00:40:03 10:01:07:04 01:00:00:00 01:00:27:01\r\n\
         * FROM CLIP NAME: one.mov\r\n\
         * COMMENT: night-ferry-s01e01 | Mara | a b\r\n\
         002  RYS01E02 V     C        00:00:00:00 00:00:00:01 01:00:27:01 01:00:27:02\r\n\
         * FROM CLIP NAME: night-ferry-s01e02\r\n\
         * COMMENT: night-ferry-s01e02\r\n\
         * REEL A001C002 IS A001_C002!\r\n\
         * REEL RYS01E02 IS night-ferry-s01e02\r\n"
    );
    assert_eq!((list.written, list.left_out_count()), (2, 0));
}

#[test]
fn drop_frame_is_said_and_counted() {
    let film = asset("df", Some("29.97"), Some("01:00:00;00"));
    // 1799 frames, then two: both cross a minute, where two numbers are dropped.
    let start_of = |frame| rate("29.97").start_of(frame);
    let end = start_of(1799);
    let list = edl("x", &[clip(&film, 0, end, &[]), clip(&film, end, start_of(1801), &[])]);
    let written = text_of(&list);
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[1], "FCM: DROP FRAME");
    assert!(lines[3].ends_with("01:00:00;00 01:00:59;29 01:00:00;00 01:00:59;29"), "{}", lines[3]);
    assert!(lines[6].ends_with("01:00:59;29 01:01:00;03 01:00:59;29 01:01:00;03"), "{}", lines[6]);
    let plain = asset("ndf", Some("29.97"), None);
    let mixed = edl("x", &[clip(&film, 0, SECOND, &[]), clip(&plain, 0, SECOND, &[])]);
    assert_eq!(text_of(&mixed).matches("FCM: NON-DROP FRAME").count(), 1);
    assert_eq!(mixed.written, 2);
}

#[test]
fn what_a_list_cannot_hold_is_left_out_and_said() {
    let film = asset("a", Some("25"), None);
    let other = asset("b", Some("24"), None);
    let unknown = asset("c", None, None);
    let mut clips = vec![clip(&film, 0, SECOND, &[]); EVENTS_MAX + 3];
    clips.push(clip(&other, 0, SECOND, &[]));
    clips.push(clip(&unknown, 0, SECOND, &[]));
    let list = edl("x", &clips);
    assert_eq!((list.written, list.left_out_count()), (EVENTS_MAX, 5));
    assert_eq!(list.left_out.len(), 3);
    assert!(text_of(&list).contains("* 3 LEFT OUT: a list has at most 999 events: a"));
    assert!(text_of(&list).lines().any(|l| l.starts_with("999  A ")));
    let nothing = edl("x", &[clip(&unknown, 0, SECOND, &[])]);
    assert_eq!((nothing.written, nothing.left_out_count()), (0, 1));
    assert_eq!(edl("x", &[]).left_out_count(), 0);
}

#[test]
fn reels_are_short_and_tell_assets_apart() {
    let many: Vec<Asset> =
        (0..30).map(|n| asset(&format!("film-{n:02}-reel-take-one"), Some("25"), None)).collect();
    let odd = asset("…", Some("25"), None);
    let mut clips: Vec<Clip<'_>> = many.iter().map(|a| clip(a, 0, SECOND, &[])).collect();
    clips.push(clip(&odd, 0, SECOND, &[]));
    let list = edl("x", &clips);
    let written = text_of(&list);
    let reels: std::collections::BTreeSet<&str> = written
        .lines()
        .filter(|l| l.starts_with(|c: char| c.is_ascii_digit()))
        .map(|l| l[5..13].trim())
        .collect();
    assert_eq!(reels.len(), 31, "{reels:?}");
    assert!(reels.iter().all(|r| r.chars().all(|c| c.is_ascii_alphanumeric())) && reels.contains("AX"));
}

#[test]
fn two_reels_that_end_alike_stay_two_and_the_list_says_what_became_what() {
    let mut one = asset("one", Some("25"), None);
    let mut two = asset("two", Some("25"), None);
    one.reel = Some("A001C002_210314_R1XY".into());
    two.reel = Some("B001C002_210314_R1XY".into());
    let list = written(Format::Edl, &[clip(&one, 0, SECOND, &[]), clip(&two, 0, SECOND, &[])], &[]);
    let text = text_of(&list);
    assert!(text.contains("001  0314R1XY ") && text.contains("002  0314R1X2 "), "{text}");
    assert!(
        text.ends_with(
            "* REEL 0314R1XY IS A001C002_210314_R1XY\r\n* REEL 0314R1X2 IS B001C002_210314_R1XY\r\n"
        )
    );
    assert_eq!(list.renamed.len(), 2);
    // Two files of one tape are on one reel.
    two.reel.clone_from(&one.reel);
    let list = written(Format::Edl, &[clip(&one, 0, SECOND, &[]), clip(&two, 0, SECOND, &[])], &[]);
    assert_eq!(text_of(&list).matches("  0314R1XY ").count(), 2);
}

#[test]
fn no_reel_is_called_black() {
    for name in ["BL", "bl", "b/l", "black"] {
        let mut film = asset("film", Some("25"), None);
        film.reel = Some(name.into());
        let text = text(Format::Edl, &[clip(&film, 0, SECOND, &[])], &[]);
        let reel = text.lines().nth(3).unwrap()[5..13].trim().to_owned();
        assert!(reel != "BL" && reel != "BLACK" && reel.ends_with('2'), "{reel}");
    }
}

#[test]
fn handles_stop_where_the_media_do_and_gaps_move_what_follows() {
    let mut film = asset("a", Some("25"), Some("10:00:00:00"));
    film.duration_ns = Some(10 * SECOND);
    let clips = [cut(&film, 5, 10), cut(&film, 240, 8)];
    let text = text(Format::Edl, &clips, &[("handles", "12f"), ("gap", "1"), ("tracks", "video")]);
    let events: Vec<&str> = text.lines().filter(|line| line.starts_with("00")).collect();
    // Five frames are there before the first, two after the last.
    assert!(events[0].ends_with("10:00:00:00 10:00:01:02 01:00:00:00 01:00:01:02"), "{text}");
    assert!(events[1].ends_with("10:00:09:03 10:00:10:00 01:00:02:02 01:00:02:24"), "{text}");
}

#[test]
fn picture_and_sound_go_together_unless_one_is_asked_for() {
    let film = asset("a", Some("25"), None);
    for (tracks, channels) in [("both", "AA/V"), ("video", "V"), ("audio", "AA")] {
        let text = text(Format::Edl, &[cut(&film, 0, 5)], &[("tracks", tracks)]);
        assert_eq!(text.lines().nth(3).unwrap().split_whitespace().nth(2), Some(channels));
    }
}

#[test]
fn a_list_is_of_the_rate_that_is_asked_for_or_there_is_one_for_each() {
    let (film, other, unknown) =
        (asset("a", Some("25"), None), asset("b", Some("24"), None), asset("c", None, None));
    let clips = [cut(&film, 0, 5), cut(&film, 9, 5), cut(&other, 0, 5), clip(&unknown, 0, SECOND, &[])];
    let list = written(Format::Edl, &clips, &[("rate", "24")]);
    assert_eq!((list.written, list.left_out_count()), (1, 3));
    assert_eq!(list.left_out[0].sentence(), "1: the frame rate is not known (c)");
    assert!(list.left_out[1].sentence().starts_with("2: the frame rate is not the 24/1 of the file"));
    let lists = written(Format::Edl, &clips, &[("rate", "each")]);
    assert_eq!((lists.name.as_str(), lists.written, lists.left_out_count()), ("moments.zip", 3, 1));
    let names: Vec<String> = crate::readers::zip_names(&lists.bytes);
    assert_eq!(names, ["25_1.edl", "24_1.edl"]);
}
