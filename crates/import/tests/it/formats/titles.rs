//! SubStation, SubViewer, Scenarist, EBU STL, lyrics, YouTube's own captions: on samples made from their descriptions.

use rushes_import::formats::{Format, Settings};

use crate::formats::seeds::{seeds, stl};
use crate::formats::{got, plain, with_rate};

#[test]
fn every_format_of_subtitles_says_its_lines() {
    for (format, lines) in [
        (Format::Ass, vec!["DIALOGUE_SEARCH 1000-2500 Cast off, now"]),
        (Format::Sbv, vec!["DIALOGUE_SEARCH 1000-2500 Cast off now", "DIALOGUE_SEARCH 3000-4000 Aye"]),
        (Format::Scc, vec!["DIALOGUE_SEARCH 1234.566667-3003 Hi"]),
        (Format::EbuStl, vec!["DIALOGUE_SEARCH 1000-2480 Café open"]),
        (Format::Lrc, vec!["DIALOGUE_SEARCH 1000-2500 Cast off", "DIALOGUE_SEARCH 2500-10000 Aye aye"]),
        (Format::Json3, vec!["DIALOGUE_SEARCH 1000-3000 Cast off"]),
    ] {
        let (_, bytes) = seeds().into_iter().find(|(of, _)| *of == format).unwrap();
        got(format, "x", &bytes, &Settings::new("a")).clean().says(&lines);
    }
}

#[test]
fn substation_keeps_who_speaks_and_names_what_it_leaves() {
    let text = "[Script Info]\n[Events]\nFormat: Start, End, Name, Text\nDialogue: 0:00:01.00,0:00:02.00,Otto,Well, {so}well\\Nthen\n\
        Comment: 0:00:01.00,0:00:02.00,,hidden\nDialogue: 0:00:03.00,0:00:04.00,,{\\p1}m 0 0 l 1 1{\\p0}\nDialogue: soon,0:00:04.00,,x\nDialogue: 1\n";
    let got = plain(Format::Ass, text)
        .says(&["DIALOGUE_SEARCH 1000-2000 Well, well then"])
        .refuses("x:7: row 4: field `start`: `soon` is not of the form")
        .refuses("the line has 1 fields, not 4")
        .notes("comments and events that are no dialogue are left out: 1")
        .notes("cues without text are left out: 1");
    assert_eq!(got.annotations[0]["attributes"]["speaker"], "Otto");
}

#[test]
fn broadcast_subtitles_begin_where_the_programme_does() {
    let mut file = stl(&[(b"One", 1, 2), (b"\xcfS\xc8e", 3, 4)]);
    file[256..264].copy_from_slice(b"00100000");
    for block in 0..2 {
        file[1024 + block * 128 + 6] = 10;
        file[1024 + block * 128 + 10] = 10;
    }
    let got1 = got(Format::EbuStl, "x", &file, &Settings::new("a")).clean();
    got1.says(&["DIALOGUE_SEARCH 1000-2480 One", "DIALOGUE_SEARCH 3000-4480 Šë"]).notes("`00:10:00:00`");
    // A subtitle of two blocks, a comment, a block that is cut.
    let mut file = stl(&[(b"Cast ", 1, 2), (b"off", 1, 2), (b"note", 3, 4), (b"gone", 5, 6)]);
    file[1024 + 3] = 0;
    file[1024 + 256 + 15] = 1;
    file.truncate(file.len() - 1);
    got(Format::EbuStl, "x", &file, &Settings::new("a"))
        .says(&["DIALOGUE_SEARCH 1000-2480 Cast off"])
        .refuses("the last block is cut")
        .notes("comments of translators are left out: 1");
}

#[test]
fn captions_of_line_21_roll_up_line_by_line_and_count_drop_frames() {
    // RU2, `One`, CR, `Two!`, EDM; pairs with parity as encoders write them.
    let text = "Scenarist_SCC V1.0\n\n00:00:01;00\t9425 9425 94ad 94ad 9470 9470 4f6e e580\n\n\
        00:00:02;00\t94ad 94ad 54f7 efa1\n\n00:00:03;00\t942c 942c\n";
    let got = plain(Format::Scc, text).clean();
    let texts: Vec<&str> = got.annotations.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["One", "Two!"]);
    let rate = rushes_types::FrameRate::parse("30000/1001").unwrap();
    assert_eq!(got.annotations[0]["time_range"]["start_time_ns"], rate.start_of(36));
    assert_eq!(got.annotations[0]["time_range"]["end_time_ns"], rate.start_of(60));
    assert_eq!(got.annotations[1]["time_range"]["end_time_ns"], rate.start_of(90));
    crate::formats::got(Format::Scc, "x", b"Scenarist_SCC V1.0\n\n00:00:01:24\t9420\n", &with_rate("24"))
        .refuses("no timecode at 24/1 frames a second");
    plain(Format::Scc, "Scenarist_SCC V1.0\n\n00:00:01:00\t94zz\n").refuses("`94zz` is no pair of bytes");
}

#[test]
fn lyrics_have_offsets_and_repeated_lines() {
    let text = "[offset:500]\n[la:de]\n[00:02.00][00:06.00]Refrain\n[00:04.00]Strophe\n[00:08.00]\nno time\n";
    let got = plain(Format::Lrc, text)
        .clean()
        .says(&[
            "DIALOGUE_SEARCH 1500-3500 Refrain",
            "DIALOGUE_SEARCH 3500-5500 Strophe",
            "DIALOGUE_SEARCH 5500-7500 Refrain",
        ])
        .notes("lines without a time are left out: 1");
    assert_eq!(got.annotations[0]["language"], "de");
}

#[test]
fn automatic_captions_end_where_the_next_begin() {
    let text = r#"{"wireMagic":"pb3","events":[{"tStartMs":100,"dDurationMs":5000,"segs":[{"utf8":"Is"},{"utf8":" it","tOffsetMs":400}]},
      {"tStartMs":2400,"dDurationMs":3000,"segs":[{"utf8":"so","tOffsetMs":0}]}]}"#;
    let got = plain(Format::Json3, text)
        .clean()
        .says(&["DIALOGUE_SEARCH 100-2400 Is it", "DIALOGUE_SEARCH 2400-5400 so"]);
    assert_eq!(got.annotations[0]["words"][0]["end_time_ns"], 500_000_000);
}
