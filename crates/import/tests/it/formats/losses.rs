//! What was once lost without a word: each kind, with what is there now.

use rushes_import::formats::{Format, Settings, split_stem};
use serde_json::json;

use crate::formats::seeds::seeds;
use crate::formats::{got, plain, with_rate};

#[test]
fn a_file_of_which_nothing_is_taken_is_an_error_whatever_its_format() {
    for (format, text) in [
        (Format::Rttm, ";; only a comment\nSPKR-INFO a 1 <NA> <NA> <NA> unknown B <NA>\n"),
        (Format::Rttm, ""),
        (Format::Whisper, r#"{"text":"","segments":[]}"#),
        (Format::Whisper, r#"{"segments":[{"start":0,"end":1,"text":" "}]}"#),
        (Format::AwsTranscribe, r#"{"results":{"items":[]}}"#),
        (Format::GoogleSpeech, r#"{"results":[{"alternatives":[{}]}]}"#),
        (Format::Watson, r#"{"results":[{"final":false,"alternatives":[{"transcript":"a"}]}]}"#),
        (Format::VideoIndexer, r#"{"insights":{"labels":[{"name":"x","instances":[]}]}}"#),
        (
            Format::GoogleVideo,
            r#"{"annotationResults":[{"segmentLabelAnnotations":[{"entity":{"description":"x"}}]}]}"#,
        ),
        (
            Format::Rekognition,
            r#"{"TextDetections":[{"Timestamp":0,"TextDetection":{"Type":"WORD","DetectedText":"a"}}]}"#,
        ),
        (Format::Srt, "1\n00:00:01,000 --> 00:00:02,000\n\n"),
        (Format::Ttml, "<tt><body><div><p begin='1s' end='2s'/></div></body></tt>"),
        (Format::Cvat, "<annotations><track id='0' label='x'></track></annotations>"),
        (Format::PySceneDetect, "Scene Number,Start Frame\n"),
    ] {
        let got = plain(format, text);
        assert_eq!(got.annotations.len(), 0, "{text}");
        assert!(got.problems.iter().any(|why| !why.is_empty()), "{}: {text}: {got:?}", format.name());
    }
    let got = plain(Format::Rttm, ";; a comment\nNON-SPEECH a 1 0 1 <NA> <NA> x <NA> <NA>\n");
    let got = got.refuses("nothing is taken of the file: all of its rows (1) are left out");
    assert!(got.notes[0].contains("other kinds than SPEAKER"), "{:?}", got.notes);
}

#[test]
fn what_is_left_out_is_counted_with_its_reason() {
    let text = "1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\nHo\n";
    plain(Format::Srt, text)
        .clean()
        .says(&["DIALOGUE_SEARCH 3000-4000 Ho"])
        .notes("cues without text are left out: 1 (the first on line 2)")
        .notes("of 2 rows 1 are left out, 1 lines are taken");
    // Every seed is taken without a loss.
    for (format, bytes) in seeds() {
        let settings = Settings { step_ns: Some(1_000_000_000), ..with_rate("25") };
        let got = got(format, "x", &bytes, &settings).clean();
        assert!(got.counts.annotations > 0, "{}", format.name());
        assert_eq!(got.counts.skipped, 0, "{}: {:?}", format.name(), got.notes);
    }
}

#[test]
fn lists_that_are_not_read_are_named() {
    let text = r#"{"segments":[{"start":0,"end":1,"text":"a"}],"chapters":[{"title":"b"}],"empty":[]}"#;
    plain(Format::Whisper, text).clean().notes("parts of the document that are not read: `chapters`");
}

#[test]
fn a_lone_angle_is_a_character() {
    let text = "WEBVTT\n\n00:01.000 --> 00:02.000\n< Who has the wheel?\n< Nobody.\n\n00:03.000 --> 00:04.000\nWe <3 fog\n\n\
        00:05.000 --> 00:06.000\n<Deckhand 2> all clear\n";
    plain(Format::WebVtt, text).clean().says(&[
        "DIALOGUE_SEARCH 1000-2000 < Who has the wheel? < Nobody.",
        "DIALOGUE_SEARCH 3000-4000 We <3 fog",
        "DIALOGUE_SEARCH 5000-6000 <Deckhand 2> all clear",
    ]);
}

#[test]
fn other_arrows_and_marks_begin_a_cue_all_the_same() {
    let text = "1\n00:00:01,000 --> 00:00:03,000\none\n\n2\n00;00;04,000 --> 00;00;06,000\ntwo\n\n\
        3\n00:00:07,000 -> 00:00:08,000\nthree\n\n4\n00:00:09:12 --> 00:00:10:00\nfour\n";
    let expect =
        ["DIALOGUE_SEARCH 1000-3000 one", "DIALOGUE_SEARCH 4000-6000 two", "DIALOGUE_SEARCH 7000-8000 three"];
    plain(Format::Srt, text).says(&expect).refuses("x:14: row 4: field `time`: `00:00:09:12` counts frames");
    let four = [&expect[..], &["DIALOGUE_SEARCH 9480-10000 four"]].concat();
    got(Format::Srt, "x", text.as_bytes(), &with_rate("25")).clean().says(&four);
}

#[test]
fn text_that_a_blank_line_parts_from_its_cue_is_that_cues() {
    let text = "WEBVTT\n00:00.000 --> 00:01.000\n\nAfter the header\n\n00:02.000 --> 00:03.000\n\nTwo lines\nof it\n\n\
        00:04.000 --> 00:05.000\nsaid\n\nand lost\n\nNOTE this is none\n";
    plain(Format::WebVtt, text)
        .clean()
        .says(&[
            "DIALOGUE_SEARCH 0-1000 After the header",
            "DIALOGUE_SEARCH 2000-3000 Two lines of it",
            "DIALOGUE_SEARCH 4000-5000 said",
        ])
        .notes("parts from their times are kept with it: 2 (the first on line 2)")
        .notes("lines of no cue are left out: 1 (the first on line 14)");
}

#[test]
fn encodings_are_found_from_the_whole_file_and_can_be_named() {
    let cue = |text: &str| format!("1\n00:00:01,000 --> 00:00:03,000\n{text}\n");
    for (name, text) in [
        ("gbk", "船长把地图忘在码头上了"),
        ("shift_jis", "明日の朝、港で待っています"),
        ("windows-1251", "Мы ждём на причале до утра"),
        ("windows-1252", "Les mouettes étaient déjà là"),
    ] {
        let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).unwrap();
        let bytes = encoding.encode(&cue(text)).0.into_owned();
        let line = format!("DIALOGUE_SEARCH 1000-3000 {text}");
        got(Format::Srt, "x", &bytes, &Settings::new("a")).clean().says(&[&line]).notes("by its look");
        let named = Settings { encoding: Some(name.into()), ..Settings::new("a") };
        let got = got(Format::Srt, "x", &bytes, &named).clean().says(&[&line]);
        assert!(got.notes.is_empty(), "{:?}", got.notes);
    }
    let utf16: Vec<u8> = cue("船长").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let named = Settings { encoding: Some("utf-16le".into()), ..Settings::new("a") };
    got(Format::Srt, "x", &utf16, &named).clean().says(&["DIALOGUE_SEARCH 1000-3000 船长"]);
    let unknown = Settings { encoding: Some("klingon".into()), ..Settings::new("a") };
    got(Format::Srt, "x", b"", &unknown).refuses("`klingon` is no encoding that is known");
    let wrong = Settings { encoding: Some("utf-8".into()), ..Settings::new("a") };
    got(Format::Srt, "x", b"1\n00:00:01,000 --> 00:00:03,000\ncaf\xe9\n", &wrong)
        .says(&[])
        .refuses("line 3 cannot be read as UTF-8");
    // XML says its encoding itself; JSON with a letter that a tool has cut is read all the same.
    let xml = b"<?xml version='1.0' encoding='iso-8859-1'?><tt><body><div><p begin='1s' end='2s'>\xe9t\xe9</p></div></body></tt>";
    got(Format::Ttml, "x", xml, &Settings::new("a")).clean().says(&["DIALOGUE_SEARCH 1000-2000 été"]);
    let cut = [
        r#"{"segments":[{"start":0,"end":1,"text":"déjà vu, été"},{"start":1,"end":2,"text":"a"#.as_bytes(),
        b"\xe8\"}]}",
    ]
    .concat();
    got(Format::Whisper, "x", &cut, &Settings::new("a"))
        .clean()
        .says(&["DIALOGUE_SEARCH 0-1000 déjà vu, été", "DIALOGUE_SEARCH 1000-2000 a\u{fffd}"])
        .notes("lines that are not UTF-8");
}

#[test]
fn marks_inside_and_escapes_are_no_words() {
    let text = "\u{feff}1\n00:00:01,000 --> 00:00:02,000\nReel one\n\n\u{feff}1\n00:00:03,000 --> 00:00:04,000\nReel two\n\n\
        3\n00:00:05,000 --> 00:00:06,000\n{\\an8}mind the step\\Nplease\\hnow\n\n\
        4\n00:00:07,000 --> 00:00:08,000\n{\\p1}m 0 0 l 9 0 9 9{\\p0}\n\n5\n00:00:09,000 --> 00:00:10,000\nm 0 0 l 9 0 9 9\n\n\
        6\n00:00:11,000 --> 00:00:12,000\n{y:i}if x < 3 {really}\n";
    plain(Format::Srt, text)
        .clean()
        .says(&[
            "DIALOGUE_SEARCH 1000-2000 Reel one",
            "DIALOGUE_SEARCH 3000-4000 Reel two",
            "DIALOGUE_SEARCH 5000-6000 mind the step please now",
            "DIALOGUE_SEARCH 11000-12000 if x < 3 {really}",
        ])
        .notes("drawings are left out: 1")
        .notes("cues without text are left out: 2");
}

#[test]
fn captions_that_roll_up_say_each_line_once_with_its_words() {
    let text = "WEBVTT\nKind: captions\nLanguage: en\n\n\
        00:00:00.100 --> 00:00:02.400 align:start position:0%\n \nIs<00:00:00.900><c> the</c><00:00:01.500><c> tide</c><00:00:02.000><c> out</c>\n\n\
        00:00:02.400 --> 00:00:02.410 align:start position:0%\nIs the tide out\n \n\n\
        00:00:02.410 --> 00:00:05.000 align:start position:0%\nIs the tide out\nor<00:00:03.000><c> in</c>\n\n\
        00:00:05.000 --> 00:00:05.010 align:start position:0%\nor in\n \n\n\
        00:00:05.010 --> 00:00:07.000 align:start position:0%\nor in\n&gt;&gt; out\n";
    let got = plain(Format::WebVtt, text)
        .clean()
        .says(&[
            "DIALOGUE_SEARCH 100-2400 Is the tide out",
            "DIALOGUE_SEARCH 2410-5000 or in",
            "DIALOGUE_SEARCH 5010-7000 >> out",
        ])
        .notes("the captions roll up")
        .notes("cues that repeat what rolled up are left out: 2");
    let word = |text: &str, start: i64, end: i64| json!({"text": text, "start_time_ns": start * 1_000_000, "end_time_ns": end * 1_000_000});
    assert_eq!(
        got.annotations[0]["words"],
        json!([
            word("Is", 100, 900),
            word("the", 900, 1500),
            word("tide", 1500, 2000),
            word("out", 2000, 2400)
        ])
    );
    assert_eq!(got.annotations[2].get("words"), None);
    // Broadcast captions that a decoder has written as SubRip.
    let text = "1\n00:00:01,000 --> 00:00:02,000\na b\n\n2\n00:00:02,000 --> 00:00:03,000\na b\nc d\n\n\
        3\n00:00:03,000 --> 00:00:04,000\nc d\ne f\n";
    plain(Format::Srt, text).clean().says(&[
        "DIALOGUE_SEARCH 1000-2000 a b",
        "DIALOGUE_SEARCH 2000-3000 c d",
        "DIALOGUE_SEARCH 3000-4000 e f",
    ]);
}

#[test]
fn metadata_of_ttml_is_no_dialogue_and_each_speaker_is_kept() {
    let text = r#"<tt xmlns:ttm="m"><head><metadata><ttm:agent xml:id="a"><ttm:name>Mara</ttm:name></ttm:agent></metadata></head><body><div>
<p begin="1s" end="2s"><ttm:desc>CUT at 1.1 s</ttm:desc><span>Hold the line.</span></p>
<p begin="3s" end="4s"><metadata><ttm:title>Second draft</ttm:title>inner note</metadata>Wait.</p>
<p begin="5s" end="6s"><span ttm:agent="a">Aye.</span> <span ttm:agent="b">No.</span></p>
<p begin="7s" end="8s"><span tts:ruby="container"><span tts:ruby="base">船</span><span tts:ruby="text">ふね</span></span></p>
</div></body></tt>"#;
    let got = plain(Format::Ttml, text)
        .clean()
        .says(&[
            "DIALOGUE_SEARCH 1000-2000 Hold the line.",
            "DIALOGUE_SEARCH 3000-4000 Wait.",
            "DIALOGUE_SEARCH 5000-6000 Aye.",
            "DIALOGUE_SEARCH 5000-6000 No.",
            "DIALOGUE_SEARCH 7000-8000 船",
        ])
        .notes("descriptions and other metadata inside of cues are left out");
    assert_eq!(got.annotations[2]["attributes"]["speaker"], "Mara");
    assert_eq!(got.annotations[3]["attributes"]["speaker"], "b");
}

#[test]
fn names_with_spaces_are_whole_in_rttm() {
    let text = "SPEAKER rec 1 4.0 0.5 <NA> <NA> Mary Ann <NA> <NA>\nSPEAKER rec 1 5.0 0.5 <NA> <NA> otto <NA> <NA>\n\
        SPEAKER rec 1 6.0 0.5 <NA> <NA> Deckhand 2 <NA> <NA>\n";
    let got = plain(Format::Rttm, text).clean().says(&[
        "CHARACTER_SEARCH 4000-4500 Mary Ann",
        "CHARACTER_SEARCH 5000-5500 otto",
        "CHARACTER_SEARCH 6000-6500 Deckhand 2",
    ]);
    assert!(got.notes.is_empty(), "{:?}", got.notes);
    let text = "SPEAKER mono take 2 1 4.0 0.5 <NA> <NA> speaker_0 <NA> <NA>\n";
    let got = plain(Format::Rttm, text).clean().says(&["CHARACTER_SEARCH 4000-4500 speaker_0"]);
    assert_eq!(got.annotations[0]["attributes"]["recording"], "mono take 2");
    plain(Format::Rttm, "SPEAKER a b c d e f g h i j k\n")
        .refuses("which of them are the times is not plain");
}

#[test]
fn tokens_become_words_and_words_become_lines() {
    let text = r#"{"result":{"language":"en"},"transcription":[{"offsets":{"from":1000,"to":2000},"text":" Lantern room",
      "tokens":[{"text":"[_BEG_]","offsets":{"from":1000,"to":1000},"p":0.9},
        {"text":" Lan","offsets":{"from":1000,"to":1300},"p":0.9},{"text":"tern","offsets":{"from":1300,"to":1500},"p":0.7},
        {"text":" room","offsets":{"from":1600,"to":2000},"p":0.96}]}]}"#;
    let got = plain(Format::Whisper, text).clean().says(&["DIALOGUE_SEARCH 1000-2000 Lantern room"]);
    assert_eq!(
        got.annotations[0]["words"],
        json!([{"text":"Lantern","start_time_ns":1_000_000_000,"end_time_ns":1_500_000_000_i64,"confidence":0.7},
            {"text":"room","start_time_ns":1_600_000_000,"end_time_ns":2_000_000_000,"confidence":0.96}])
    );
    let text = r#"{"task":"transcribe","language":"english","text":"Cast off. Now.","words":[{"word":"Cast","start":0.0,"end":0.5},
      {"word":"off","start":0.5,"end":1.0},{"word":"Now","start":2.0,"end":2.4}]}"#;
    plain(Format::Whisper, text)
        .clean()
        .says(&["DIALOGUE_SEARCH 0-1000 Cast off.", "DIALOGUE_SEARCH 2000-2400 Now."]);
    let text = r#"{"text":" All hands. To","chunks":[{"timestamp":[0.0,2.2],"text":" All hands."},{"timestamp":[2.2,null],"text":" To the boats"}]}"#;
    plain(Format::Whisper, text)
        .clean()
        .says(&["DIALOGUE_SEARCH 0-2200 All hands.", "DIALOGUE_SEARCH 2200-2200 To the boats"])
        .notes("whose end is not known are kept as points");
}

#[test]
fn a_clock_that_passes_midnight_goes_on() {
    let text = "1\n23:59:58,000 --> 23:59:59,000\nlate\n\n2\n23:59:59,000 --> 00:00:01,000\nover\n\n\
        3\n00:00:02,000 --> 00:00:03,000\nearly\n";
    let settings = Settings { start_timecode: Some("23:59:50:00".into()), ..with_rate("25") };
    got(Format::Srt, "x", text.as_bytes(), &settings)
        .clean()
        .says(&[
            "DIALOGUE_SEARCH 8000-9000 late",
            "DIALOGUE_SEARCH 9000-11000 over",
            "DIALOGUE_SEARCH 12000-13000 early",
        ])
        .notes("the clock passes midnight");
}

#[test]
fn the_start_of_a_programme_is_used_or_asked_for() {
    let text = r#"<tt xmlns:ebuttm="e" xmlns:ttp="p" ttp:timeBase="media"><head><metadata><ebuttm:documentMetadata>
<ebuttm:documentStartOfProgramme>10:00:00:00</ebuttm:documentStartOfProgramme></ebuttm:documentMetadata></metadata></head>
<body><div><p begin="10:00:01.000" end="10:00:02.000">Hi</p></div></body></tt>"#;
    plain(Format::Ttml, text).clean().says(&["DIALOGUE_SEARCH 1000-2000 Hi"]).notes("`10:00:00:00`");
    plain(Format::Srt, "1\n01:00:00,500 --> 01:00:01,000\nHi\n")
        .clean()
        .notes("01:00:00:00, give `--start-timecode`");
}

#[test]
fn who_spoke_is_kept_by_channel_and_by_most_of_the_words() {
    let text = r#"{"jobName":"j","results":{"items":[{"type":"pronunciation","channel_label":"ch_0","start_time":"0.5","end_time":"1",
      "alternatives":[{"content":"Hola"}]},{"type":"punctuation","alternatives":[{"content":"."}]},
      {"type":"punctuation","alternatives":[{"content":"¿"}]},{"type":"pronunciation","channel_label":"ch_1","start_time":"1.5","end_time":"2",
      "alternatives":[{"content":"Quién"}]},{"type":"punctuation","alternatives":[{"content":"?"}]}]}}"#;
    let got = plain(Format::AwsTranscribe, text)
        .clean()
        .says(&["DIALOGUE_SEARCH 500-1000 Hola.", "DIALOGUE_SEARCH 1500-2000 ¿Quién?"]);
    assert_eq!(got.annotations[1]["attributes"]["speaker"], "ch_1");
    let text = r#"{"segments":[{"start":0,"end":2,"text":"a b c","words":[{"word":"a","start":0,"end":1,"speaker":"S0"},
      {"word":"b","start":1,"end":1.5,"speaker":"S1"},{"word":"c","start":1.5,"end":2,"speaker":"S1"}]}]}"#;
    let got = plain(Format::WhisperX, text).clean();
    assert_eq!(got.annotations[0]["attributes"]["speaker"], "S1");
}

#[test]
fn a_batch_of_googles_second_version_is_read() {
    let text = r#"{"results":{"gs://b/ferry.wav":{"transcript":{"results":[{"alternatives":[{"transcript":"Ahoy there","confidence":0.9,
      "words":[{"startOffset":"0.200s","endOffset":"0.700s","word":"Ahoy","speakerLabel":"1"},{"startOffset":"0.700s","endOffset":"1.100s","word":"there.","speakerLabel":"1"}]}],
      "resultEndOffset":"1.5s","languageCode":"en-GB"}]}}}}"#;
    let got = plain(Format::GoogleSpeech, text).clean().says(&["DIALOGUE_SEARCH 200-1100 Ahoy there."]);
    assert_eq!(got.annotations[0]["attributes"]["speaker"], "1");
    plain(Format::GoogleSpeech, r#"{"results":{"gs://b/x":{"cloudStorageResult":{"uri":"gs://b/y.json"}}}}"#)
        .refuses("are not in the file");
    // A result without speakers is left out only where another says the same with them.
    let text = r#"{"results":[{"alternatives":[{"words":[{"startTime":"0s","endTime":"1s","word":"One"}]}]},
      {"alternatives":[{"words":[{"startTime":"5s","endTime":"6s","word":"Two"}]}]},
      {"alternatives":[{"words":[{"startTime":"0s","endTime":"1s","word":"One","speakerTag":2}]}]}]}"#;
    plain(Format::GoogleSpeech, text)
        .clean()
        .says(&["DIALOGUE_SEARCH 5000-6000 Two", "DIALOGUE_SEARCH 0-1000 One"]);
}

#[test]
fn one_name_in_two_forms_of_letters_is_one_asset() {
    let (composed, apart) = ("\u{c5}re Ferry (2024).sv.srt", "A\u{30a}re Ferry (2024).de.srt");
    assert_eq!(split_stem(composed).0, split_stem(apart).0);
}
