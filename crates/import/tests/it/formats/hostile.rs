//! What holds for any input: nothing panics, everything is counted, every line is JSON with sound times.

use std::ops::ControlFlow;

use proptest::prelude::*;
use rushes_import::formats::limits::PROBLEMS_MAX;
use rushes_import::formats::{Format, Item, Settings, catalogue, read, sniff, split_stem};
use serde_json::Value;

use crate::formats::seeds::seeds;

fn settings() -> Settings {
    Settings {
        frame_rate: rushes_types::FrameRate::parse("30000/1001").ok(),
        start_timecode: Some("10:00:00:00".into()),
        offset_ns: -1_000_000,
        characters: true,
        ..Settings::new("a")
    }
}

/// Reads the bytes as a format and checks what must hold. Answers the number of annotations.
fn check(format: Format, bytes: &[u8]) -> u64 {
    let (mut annotations, mut problems) = (0, 0);
    let settings = settings();
    let counts = read(format, "x", bytes, &settings, &mut |item| {
        match item {
            Item::Annotation(line) => {
                annotations += 1;
                let line: Value =
                    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                let range = &line["time_range"];
                let (start, end) =
                    (range["start_time_ns"].as_i64().unwrap(), range["end_time_ns"].as_i64().unwrap());
                assert!(0 <= start && start <= end, "{line}");
                for word in line["words"].as_array().into_iter().flatten() {
                    assert!(word["start_time_ns"].as_i64() <= word["end_time_ns"].as_i64(), "{line}");
                }
            }
            Item::Problem(problem) => {
                problems += 1;
                assert!(!problem.why.is_empty() && !problem.mend.is_empty(), "{problem}");
            }
            Item::Asset(line) => panic!("{line}"),
            Item::Note(note) => assert!(!note.text.is_empty()),
        }
        ControlFlow::Continue(())
    });
    assert_eq!((counts.annotations, counts.problems), (annotations, problems));
    assert!(counts.problems <= PROBLEMS_MAX + 2);
    annotations
}

#[test]
fn seeds_are_sound() {
    for (format, bytes) in seeds() {
        assert!(check(format, &bytes) > 0, "{}", format.name());
        assert_eq!(sniff("x", &bytes), Some(format));
    }
}

/// What a fuzzer does, in small and the same every time: bits flipped, pieces cut, doubled, and put into one another.
#[test]
fn no_mutation_of_any_format_panics() {
    let seeds = seeds();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below.max(1) as u64) as usize
    };
    let bits: [&[u8]; 12] = [
        b"99999999999999999999",
        b"-1",
        b"1e308",
        b"NaN",
        b"\0",
        b"\xff\xfe",
        b"-->",
        b"\"",
        b"<p>",
        b"{",
        b"&#x110000;",
        b"\r",
    ];
    for _ in 0..400 {
        for (format, seed) in &seeds {
            let mut bytes = seed.clone();
            for _ in 0..=next(4) {
                let at = next(bytes.len());
                match next(5) {
                    0 if !bytes.is_empty() => bytes[at] ^= 1 << next(8),
                    1 => bytes.truncate(at),
                    2 => {
                        let piece = bits[next(bits.len())];
                        bytes.splice(at..at, piece.iter().copied());
                    }
                    3 => {
                        let end = at + next(bytes.len() - at);
                        let piece = bytes[at..end].to_vec();
                        bytes.splice(at..at, piece);
                    }
                    _ => {
                        let other = &seeds[next(seeds.len())].1;
                        let piece = other[next(other.len())..].to_vec();
                        bytes.splice(at..at, piece);
                    }
                }
            }
            check(*format, &bytes);
            let _ = sniff("x.srt", &bytes);
            catalogue("x.csv", bytes.as_slice(), &mut |_| ControlFlow::Continue(()));
        }
    }
}

#[test]
fn a_sink_that_breaks_ends_the_reading() {
    for (format, seed) in seeds() {
        let mut items = 0;
        let settings = settings();
        read(format, "x", seed.as_slice(), &settings, &mut |_| {
            items += 1;
            ControlFlow::Break(())
        });
        assert_eq!(items, 1, "{}", format.name());
    }
}

#[test]
fn a_file_of_nothing_but_wrong_rows_is_left_after_a_thousand() {
    let rows = "1,1,x,2,3,4,1,-1,-1,-1\n".repeat(5_000);
    let got = crate::formats::got(Format::Mot, "x", rows.as_bytes(), &crate::formats::with_rate("25"));
    assert_eq!(got.counts.problems, PROBLEMS_MAX + 1);
    got.refuses("the rest of the file is left");
}

#[test]
fn cues_without_an_end_of_text_do_not_grow() {
    let text = format!("1\n00:00:01,000 --> 00:00:02,000\n{}", "blah blah\n".repeat(100_000));
    crate::formats::plain(Format::Srt, &text).says(&[]).refuses("the cue has more than");
    let text = format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{}", "blah blah\n".repeat(100_000));
    crate::formats::plain(Format::WebVtt, &text).says(&[]).refuses("the cue has more than");
    let long = format!("1\n00:00:01,000 --> 00:00:02,000\n{}", "x".repeat(3 << 20));
    crate::formats::plain(Format::Srt, &long).refuses("is longer than");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), head in 0_usize..6) {
        let heads: [&[u8]; 6] = [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b\x08", b"WEBVTT\n\n", b"\x93NUMPY\x01\0"];
        let bytes = [heads[head], &bytes].concat();
        for format in Format::ALL {
            check(format, &bytes);
        }
        let _ = sniff("a.srt", &bytes);
    }

    #[test]
    fn no_nearly_right_text_panics(text in r#"(WEBVTT\n\n|\n|00:0[0-9]:1[0-9][.,]000|0?1:00:00.000| --> |<v |</?[a-z]{0,3}>|&[a-z#0-9]{0,4};|[0-9]{1,20}|\{|\}|"[a-zA-Z_]{0,12}":|\[|\]|,|x){0,60}"#) {
        for format in Format::ALL {
            check(format, text.as_bytes());
        }
    }

    /// Every cue of a sound file comes out with the times that were written, in both formats of clocks. Before the last
    /// hour of a day: there a clock that goes back passes midnight.
    #[test]
    fn sound_cues_come_out_exactly(cues in prop::collection::vec((0_u64..82_000_000, 0_u64..10_000, "[a-z]{1,9}( [a-z]{1,9}){0,4}"), 1..20)) {
        let clock = |ms: u64, mark: char| format!("{:02}:{:02}:{:02}{mark}{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
        let (mut srt, mut vtt) = (String::new(), String::from("WEBVTT\n\n"));
        for (number, (start, length, text)) in cues.iter().enumerate() {
            let end = start + length;
            srt.push_str(&format!("{}\n{} --> {}\n{text}\n\n", number + 1, clock(*start, ','), clock(end, ',')));
            vtt.push_str(&format!("{} --> {}\n{text}\n\n", clock(*start, '.'), clock(end, '.')));
        }
        for (format, file) in [(Format::Srt, &srt), (Format::WebVtt, &vtt)] {
            let got = crate::formats::plain(format, file).clean();
            prop_assert_eq!(got.annotations.len(), cues.len());
            for (line, (start, length, text)) in got.annotations.iter().zip(&cues) {
                prop_assert_eq!(line["time_range"]["start_time_ns"].as_u64(), Some(start * 1_000_000));
                prop_assert_eq!(line["time_range"]["end_time_ns"].as_u64(), Some((start + length) * 1_000_000));
                prop_assert_eq!(line["text"].as_str(), Some(text.as_str()));
            }
        }
    }

    #[test]
    fn no_name_panics(name in "[a-zA-Z.é /_-]{0,30}") {
        let (stem, _) = split_stem(&name);
        prop_assert!(stem.len() <= name.len());
    }
}
