//! Files for other programs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use rushes_query::export::{COLUMNS, Clip, EVENTS_MAX, csv, edl};
use rushes_types::{Asset, AssetId, FrameRate, MovieId};

const SECOND: i64 = 1_000_000_000;

fn asset(id: &str, rate: Option<&str>, start: Option<&str>) -> Asset {
    let mut asset = Asset::new(AssetId::new(id).unwrap(), MovieId::new("ferry").unwrap());
    asset.frame_rate = rate.map(|r| FrameRate::parse(r).unwrap());
    asset.start_timecode = start.map(str::to_owned);
    asset
}

fn clip<'a>(asset: &'a Asset, start_ns: i64, end_ns: i64, labels: &'a [String]) -> Clip<'a> {
    Clip { asset, start_ns, end_ns, score: 0.95, labels, lines: &[] }
}

#[test]
fn a_table_has_a_head_and_a_line_for_each_moment() {
    let mut film = asset("night-ferry-s01e01", Some("25"), Some("10:00:00:00"));
    film.series = Some("The Night Ferry".into());
    (film.season, film.episode) = (Some(1), Some(1));
    film.title = Some("Cast \"Off\", twice".into());
    let labels = ["Mara".to_owned(), "galley".to_owned()];
    let lines = ["Could you pass the salt?".to_owned()];
    let clip = Clip { lines: &lines, ..clip(&film, 40_140_000_000, 67_160_000_000, &labels) };
    let table = csv(&[clip]);
    let rows: Vec<&str> = table.text.split("\r\n").collect();
    assert_eq!(rows[0].split(',').count(), COLUMNS.len());
    assert_eq!(
        rows[1],
        "1,night-ferry-s01e01,ferry,The Night Ferry,1,1,\"Cast \"\"Off\"\", twice\",10:00:40:03,10:01:07:04,\
         40.140000000,67.160000000,27.020000000,25/1,,0.950000,\"Mara; galley\",Could you pass the salt?,\
         40140000000,67160000000"
    );
    assert_eq!((rows[2], rows.len(), table.written), ("", 3, 1));
}

#[test]
fn no_field_of_a_table_is_a_formula() {
    for bad in ["=1+1", "+A1", "-2", "@x", "\t=1", " =1", "\"=1", "\r\n=1", "＝1"] {
        let mut film = asset("a", None, None);
        film.title = Some(bad.to_owned());
        film.reel = Some(bad.to_owned());
        let labels = [bad.to_owned()];
        let table = csv(&[clip(&film, 0, SECOND, &labels)]);
        let row = table.text.split_once("\r\n").unwrap().1;
        assert_eq!(row.matches('\'').count(), 3, "{bad:?}: {row}");
    }
    assert!(csv(&[]).text.starts_with("number,"));
}

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
        list.text,
        "TITLE: Mara in the galley\r\n\
         FCM: NON-DROP FRAME\r\n\
         \r\n\
         001  A001C002 V     C        10:00:40:03 10:01:07:04 01:00:00:00 01:00:27:01\r\n\
         * FROM CLIP NAME: one.mov\r\n\
         * COMMENT: night-ferry-s01e01 | Mara | a b\r\n\
         002  RYS01E02 V     C        00:00:00:00 00:00:00:01 01:00:27:01 01:00:27:02\r\n\
         * FROM CLIP NAME: night-ferry-s01e02\r\n\
         * COMMENT: night-ferry-s01e02\r\n"
    );
    assert_eq!((list.written, list.left_out_count()), (2, 0));
}

#[test]
fn drop_frame_is_said_and_counted() {
    let film = asset("df", Some("29.97"), Some("01:00:00;00"));
    // 1799 frames, then two: both cross a minute, where two numbers are dropped.
    let start_of = |frame| FrameRate::parse("29.97").unwrap().start_of(frame);
    let end = start_of(1799);
    let list = edl("x", &[clip(&film, 0, end, &[]), clip(&film, end, start_of(1801), &[])]);
    let lines: Vec<&str> = list.text.lines().collect();
    assert_eq!(lines[1], "FCM: DROP FRAME");
    assert!(lines[3].ends_with("01:00:00;00 01:00:59;29 01:00:00;00 01:00:59;29"), "{}", lines[3]);
    assert!(lines[6].ends_with("01:00:59;29 01:01:00;03 01:00:59;29 01:01:00;03"), "{}", lines[6]);
    let plain = asset("ndf", Some("29.97"), None);
    let mixed = edl("x", &[clip(&film, 0, SECOND, &[]), clip(&plain, 0, SECOND, &[])]);
    assert_eq!(mixed.text.matches("FCM: NON-DROP FRAME").count(), 1);
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
    assert!(list.text.contains("* 3 LEFT OUT: A LIST HAS AT MOST 999 EVENTS"));
    assert!(list.text.lines().any(|l| l.starts_with("999  A ")));
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
    let reels: std::collections::BTreeSet<&str> = list
        .text
        .lines()
        .filter(|l| l.starts_with(|c: char| c.is_ascii_digit()))
        .map(|l| l[5..13].trim())
        .collect();
    assert_eq!(reels.len(), 31, "{reels:?}");
    assert!(reels.iter().all(|r| r.chars().all(|c| c.is_ascii_alphanumeric())) && reels.contains("AX"));
}

/// What strangers may write into a title, a label, a file name.
const HOSTILE: [&str; 6] = [
    "a\r\n002  FORGED   V     C        00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00",
    "a\u{2028}* COMMENT: forged",
    "a\u{85}b\u{b}c\u{c}d",
    "\u{1b}]0;gone\u{7}\u{9b}2J",
    "abc\u{202e}fdp.exe",
    "x\u{0}y",
];

#[test]
fn no_text_makes_lines_of_an_edit_list_or_outgrows_them() {
    for bad in HOSTILE {
        let mut film = asset("a", Some("25"), None);
        film.title = Some(bad.repeat(40));
        film.path = Some(format!("/media/{bad}.mov"));
        film.reel = Some(bad.to_owned());
        let labels = [bad.to_owned()];
        let list = edl(&bad.repeat(40), &[clip(&film, 0, SECOND, &labels)]);
        let lines: Vec<&str> = list.text.split("\r\n").collect();
        assert_eq!(lines.len(), 7, "{bad:?}: {}", list.text);
        assert!(
            lines.iter().all(|l| l.chars().count() <= 180 && !l.contains(char::is_control)),
            "{}",
            list.text
        );
        assert!(lines[0].chars().count() <= "TITLE: ".len() + 70, "{}", lines[0]);
        assert!(!list.text.contains('\u{202e}') && !list.text.contains('\u{2028}'), "{}", list.text);
        assert_eq!(lines[3].split_whitespace().nth(1).unwrap().chars().count(), lines[3][5..13].trim().len());
    }
}

#[test]
fn no_text_of_a_table_controls_a_terminal_or_makes_a_row() {
    for bad in HOSTILE {
        let mut film = asset("a", Some("25"), None);
        film.title = Some(bad.to_owned());
        let labels = [bad.to_owned()];
        let table = csv(&[clip(&film, 0, SECOND, &labels)]);
        assert!(
            !table.text.contains(|c: char| c.is_control() && !matches!(c, '\r' | '\n' | '\t')),
            "{bad:?}"
        );
        // A line end in a text stands in quotes: the table still has a head and one row.
        let outside: String = table.text.split('"').step_by(2).collect();
        assert_eq!(outside.matches("\r\n").count(), 2, "{}", table.text);
        // Numbers and timecode stay numbers and timecode.
        assert!(outside.contains("00:00:00:00,00:00:01:00,0.000000000"), "{}", table.text);
    }
}
