//! SubRip, WebVTT, TTML.

use rushes_import::formats::{Format, Settings};

use crate::formats::{got, plain, with_rate};

#[test]
fn subrip_cues_become_lines_of_dialogue() {
    let text = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Cast off</i>,\r\nMara!\r\n\r\n2\r\n00:00:03.000 --> 00:00:04,0001 X1:0\r\n{\\an8}Aye.\r\n";
    let got = plain(Format::Srt, text).clean();
    let got = got.says(&["DIALOGUE_SEARCH 1000-2500 Cast off, Mara!", "DIALOGUE_SEARCH 3000-4000.1 Aye."]);
    assert_eq!(got.annotations[0]["model"], "srt@1");
    assert_eq!(got.annotations[0]["asset_id"], "a");
    assert_eq!(got.counts.rows, 2);
}

#[test]
fn subrip_with_missing_blank_lines_and_counters_is_understood() {
    let text = "00:00:01,000 --> 00:00:02,000\nOne\n2\n00:00:02,000 --> 00:00:03,000\nTwo\n\nstill two\n\n\n3\n\
        00:00:03,000 --> 00:00:04,000\n1945\n\n4\n00:00:04,000 --> 00:00:05,000\nto --> from\n\n\
        5\n00:00:05,000 --> 00:00:06,000\n\n42\n\n6\n00:00:06,000 --> 00:00:07,000\nSix\n\n7";
    plain(Format::Srt, text).clean().says(&[
        "DIALOGUE_SEARCH 1000-2000 One",
        "DIALOGUE_SEARCH 2000-3000 Two still two",
        "DIALOGUE_SEARCH 3000-4000 1945",
        "DIALOGUE_SEARCH 4000-5000 to --> from",
        "DIALOGUE_SEARCH 5000-6000 42",
        "DIALOGUE_SEARCH 6000-7000 Six 7",
    ]);
}

#[test]
fn odd_cues_are_named_and_the_others_go_in() {
    let text = "1\n00:00:05,000 --> 00:00:04,000\nbackward\n\n2\n00:00:06,000 --> 00:00:06,000\nno length\n\n\
        3\n00:00:01,000 --> 00:00:03,000\nearly\n\n4\n00:00:02,000 --> 00:00:04,000\noverlapping\n\n\
        5\n00:00:99,000 --> 00:00:04,000\nwrong\n\n6\n00:00:07,000 --> 00:00:08,000\n\n\n\
        7\n00:00:08,000 --> 99:00:08,000\nhuge\n\n8\n00:00:09,000 --> 00:00:10,000\nlast\n";
    plain(Format::Srt, text)
        .says(&[
            "DIALOGUE_SEARCH 6000-6000 no length",
            "DIALOGUE_SEARCH 1000-3000 early",
            "DIALOGUE_SEARCH 2000-4000 overlapping",
            "DIALOGUE_SEARCH 9000-10000 last",
        ])
        .refuses("x:2: row 1: field `end`: the end `4.000 s` lies before the start `5.000 s`")
        .refuses("x:18: row 5: field `time`: `00:00:99,000` is not of the form")
        .refuses("longer or later than any media")
        .notes("cues of no length are kept as points in time: 1 (the first on line 6)")
        .notes("cues that begin before the cue above them are kept: 1")
        .notes("cues that overlap the cue above them are kept")
        .notes("cues without text are left out: 1");
}

#[test]
fn every_encoding_is_read() {
    let expect = "DIALOGUE_SEARCH 1000-2000 Où est Zoë?";
    let text = "1\n00:00:01,000 --> 00:00:02,000\nOù est Zoë?\n";
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let marked = [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat();
    for bytes in [text.as_bytes(), &utf16, &marked] {
        let got = got(Format::Srt, "x", bytes, &Settings::new("a")).clean().says(&[expect]);
        assert!(got.notes.is_empty());
    }
    got(Format::Srt, "x", &latin, &Settings::new("a"))
        .clean()
        .says(&[expect])
        .notes("read as windows-1252, by its look");
}

#[test]
fn a_clock_that_begins_at_the_start_timecode_is_shifted_and_this_is_said() {
    let text = "1\n10:00:05,000 --> 10:00:06,000\nHi\n\n2\n09:59:59,000 --> 10:00:01,000\nBefore\n";
    let settings = Settings { start_timecode: Some("10:00:00:00".into()), ..with_rate("24000/1001") };
    got(Format::Srt, "x", text.as_bytes(), &settings)
        .clean()
        .says(&["DIALOGUE_SEARCH 5000-6000 Hi", "DIALOGUE_SEARCH 0-1000 Before"])
        .notes("x:2: the clock begins at the start timecode `10:00:00:00`: all times are shifted back by `36000.000 s`")
        .notes("cut at its start: 1");
    // A clock that begins at zero stays, and so does one of an asset whose timecode begins early.
    let zero = "1\n00:00:05,000 --> 00:00:06,000\nHi\n";
    let got1 =
        got(Format::Srt, "x", zero.as_bytes(), &settings).clean().says(&["DIALOGUE_SEARCH 5000-6000 Hi"]);
    assert!(got1.notes.is_empty());
    let early = Settings { start_timecode: Some("00:00:04:00".into()), ..Settings::new("a") };
    got(Format::Srt, "x", zero.as_bytes(), &early).clean().says(&["DIALOGUE_SEARCH 5000-6000 Hi"]);
    // Frames of the start timecode are parts of its nominal second.
    let half = Settings { start_timecode: Some("09:59:58:12".into()), ..with_rate("24") };
    got(Format::Srt, "x", text.as_bytes(), &half)
        .says(&["DIALOGUE_SEARCH 6500-7500 Hi", "DIALOGUE_SEARCH 500-2500 Before"]);
}

#[test]
fn offsets_names_and_languages_of_the_caller_go_into_every_line() {
    let text = "1\n00:00:01,000 --> 00:00:02,000\nHi\n";
    let settings = Settings {
        movie: Some("m".into()),
        model: Some("subs@4".into()),
        language: Some("pt-BR".into()),
        offset_ns: -500_000_000,
        ..Settings::new("a")
    };
    let got =
        got(Format::Srt, "x", text.as_bytes(), &settings).clean().says(&["DIALOGUE_SEARCH 500-1500 Hi"]);
    let line = &got.annotations[0];
    assert_eq!(
        (&line["movie_id"], &line["model"], &line["language"]),
        (&"m".into(), &"subs@4".into(), &"pt-BR".into())
    );
    let described = Settings { kind: Some("DESCRIPTION".into()), ..Settings::new("a") };
    crate::formats::got(Format::Srt, "x", text.as_bytes(), &described).says(&["DESCRIPTION 1000-2000 Hi"]);
    let gone = Settings { offset_ns: -9_000_000_000, ..Settings::new("a") };
    crate::formats::got(Format::Srt, "x", text.as_bytes(), &gone)
        .says(&[])
        .refuses("before the start of the media");
    let bad = Settings { model: Some("@".into()), ..Settings::new("a") };
    crate::formats::got(Format::Srt, "x", text.as_bytes(), &bad).says(&[]).refuses("name@version");
}

#[test]
fn a_log_that_is_called_a_subtitle_is_refused_without_reading_it_all() {
    struct Log(u64);
    impl std::io::Read for Log {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            for (place, byte) in out.iter_mut().enumerate() {
                *byte = if (self.0 as usize + place).is_multiple_of(100) { b'\n' } else { b'x' };
            }
            self.0 += out.len() as u64;
            assert!(self.0 < 4 << 20, "read on");
            Ok(out.len())
        }
    }
    for format in [Format::Srt, Format::WebVtt] {
        let mut problems = Vec::new();
        let counts =
            rushes_import::formats::read(format, "log.srt", Log(0), &Settings::new("a"), &mut |item| {
                problems.push(format!("{item:?}"));
                std::ops::ControlFlow::Continue(())
            });
        assert_eq!((counts.problems, counts.annotations), (1, 0), "{problems:?}");
        assert!(
            problems[0].contains("there is no cue") || problems[0].contains("does not begin with"),
            "{problems:?}"
        );
    }
}

#[test]
fn webvtt_voices_are_told_apart() {
    let text = "WEBVTT - a file\nKind: captions\nLanguage: en\n\nNOTE not this\n00:00 neither\n\nSTYLE\n::cue{}\n\n\
        one\n00:01.000 --> 00:02.000 align:start\n<v Mara>Cast <b>off</b>!</v>\n<v.loud Otto>Aye &amp; aye.\n\n\
        00:00:03.000 --> 00:00:04.000\nNobody\n";
    let got = plain(Format::WebVtt, text).clean().says(&[
        "DIALOGUE_SEARCH 1000-2000 Cast off!",
        "DIALOGUE_SEARCH 1000-2000 Aye & aye.",
        "DIALOGUE_SEARCH 3000-4000 Nobody",
    ]);
    assert_eq!(got.annotations[1]["attributes"]["speaker"], "Otto");
    assert_eq!(got.annotations[2].get("attributes"), None);
    assert_eq!(got.annotations[0]["language"], "en");
    assert_eq!(got.annotations[0]["model"], "webvtt@1");
    let settings = Settings { characters: true, ..Settings::new("a") };
    let got = crate::formats::got(Format::WebVtt, "x", text.as_bytes(), &settings).clean();
    assert_eq!(got.lines()[1], "CHARACTER_SEARCH 1000-2000 Mara");
}

#[test]
fn webvtt_without_its_signature_is_refused() {
    plain(Format::WebVtt, "00:01.000 --> 00:02.000\nx").says(&[]).refuses("does not begin with `WEBVTT`");
    plain(Format::WebVtt, "WEBVTTx\n\n00:01.000 --> 00:02.000\nx").says(&[]).refuses("does not begin");
    plain(Format::WebVtt, "WEBVTT\n\n00:01,000 --> 00:02.000\nx\n\n00:01.000 --> 00:02.000\ny")
        .says(&["DIALOGUE_SEARCH 1000-2000 y"])
        .refuses("x:3: row 1: field `time`: these are no WebVTT times");
}

#[test]
fn ttml_times_come_from_the_element_and_its_parents() {
    let text = r#"<?xml version="1.0"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"
    xml:lang="en" ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001" ttp:tickRate="10000000">
<head><metadata><ttm:agent type="person" xml:id="m"><ttm:name type="alias">Mara</ttm:name></ttm:agent></metadata></head>
<body begin="1s"><div>
  <p begin="1s" end="2.5s" ttm:agent="m">Cast<br/>off &amp; <span tts:fontStyle="italic">away</span>!</p>
  <p begin="00:00:05.000" dur="1s" end="00:00:05.500" xml:lang="de">Ja</p>
  <p begin="24f" dur="24f">Frames</p>
  <p begin="30000000t" end="00:00:04:12">Ticks</p>
  <p><span begin="10s" end="11s">One</span> <span begin="11s" end="12s">Two</span></p>
  <p begin="1s">Endless</p>
  <p begin="soon" end="2s">Wrong</p>
  <p begin="9s" end="8s">Backward</p>
  <p begin="1s" end="2s"> </p>
</div><div timeContainer="seq"><p dur="1s">First</p><p dur="1s">Second</p></div></body></tt>"#;
    let got = plain(Format::Ttml, text)
        .says(&[
            "DIALOGUE_SEARCH 2000-3500 Cast off & away!",
            "DIALOGUE_SEARCH 6000-6500 Ja",
            "DIALOGUE_SEARCH 2001-3002 Frames",
            "DIALOGUE_SEARCH 4000-5500.5 Ticks",
            "DIALOGUE_SEARCH 11000-12000 One",
            "DIALOGUE_SEARCH 12000-13000 Two",
            "DIALOGUE_SEARCH 1000-2000 First",
            "DIALOGUE_SEARCH 2000-3000 Second",
        ])
        .refuses("the cue has no end")
        .refuses("`soon` is not a time of TTML")
        .refuses("lies before the start");
    assert_eq!(got.annotations[0]["attributes"]["speaker"], "Mara");
    assert_eq!(got.annotations[0]["language"], "en");
    assert_eq!(got.annotations[1]["language"], "de");
}

#[test]
fn ttml_timecode_is_counted_in_frames_and_shifted_by_the_start() {
    let text = r#"<tt xmlns:ttp="x" ttp:timeBase="smpte" ttp:dropMode="dropNTSC" ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001">
<body><div><p begin="01:00:10:00" end="01:00:11:00">Hi</p></div></body></tt>"#;
    let settings = Settings { start_timecode: Some("01:00:00;00".into()), ..with_rate("30000/1001") };
    let got = got(Format::Ttml, "x", text.as_bytes(), &settings).clean();
    assert_eq!(got.annotations[0]["time_range"]["start_time_ns"], 10_010_000_000_i64);
    assert_eq!(got.annotations[0]["time_range"]["end_time_ns"], 11_011_000_000_i64);
    assert_eq!(got.notes.len(), 1);
}

#[test]
fn xml_that_breaks_off_or_declares_bombs_does_no_harm() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><tt><body><div><p begin=\"1s\" end=\"2s\">&b;</p></div></body></tt>";
    plain(Format::Ttml, bomb).says(&["DIALOGUE_SEARCH 1000-2000 &b;"]);
    plain(Format::Ttml, "<tt><body><p begin='1s' end='2s'>x</p>")
        .says(&["DIALOGUE_SEARCH 1000-2000 x"])
        .refuses("ends too early");
    plain(Format::Ttml, &"<p>".repeat(200)).says(&[]).refuses("nested deeper");
}
