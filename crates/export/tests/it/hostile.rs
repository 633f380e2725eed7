//! Text of strangers in every format.

use rushes_export::{Clip, Format};

use crate::support::{SECOND, asset, clip, csv, edl, text_of, written};

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
        let text = text_of(&list);
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines.len(), 8, "{bad:?}: {}", text_of(&list));
        assert!(
            lines.iter().all(|l| l.chars().count() <= 180 && !l.contains(char::is_control)),
            "{}",
            text_of(&list)
        );
        assert!(lines[0].chars().count() <= "TITLE: ".len() + 70, "{}", lines[0]);
        assert!(
            !text_of(&list).contains('\u{202e}') && !text_of(&list).contains('\u{2028}'),
            "{}",
            text_of(&list)
        );
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
            !text_of(&table).contains(|c: char| c.is_control() && !matches!(c, '\r' | '\n' | '\t')),
            "{bad:?}"
        );
        // A line end in a text stands in quotes: the table still has a head and one row.
        let text = text_of(&table);
        let outside: String = text.split('"').step_by(2).collect();
        assert_eq!(outside.matches("\r\n").count(), 2, "{}", text_of(&table));
        // Numbers and timecode stay numbers and timecode.
        assert!(outside.contains("00:00:00:00,00:00:01:00,0.000000000"), "{}", text_of(&table));
    }
}

/// Names that people give.
const NAMES: [&str; 6] =
    ["a \"b\" 'c'", "a/b\\c", "line\nline", "🎬 👩\u{200d}👧", "שלום עולם", "<a>&amp;]]>"];

#[test]
fn names_with_quotes_slashes_lines_emoji_and_right_to_left_stay_one_field() {
    for bad in NAMES.iter().chain(&HOSTILE) {
        let mut film = asset("a", Some("25"), None);
        (film.title, film.reel, film.scene) = (Some((*bad).into()), Some((*bad).into()), Some((*bad).into()));
        film.path = Some(format!("/media/{bad}.mov"));
        let (labels, lines) = ([(*bad).to_owned()], [(*bad).to_owned()]);
        let clips = [Clip { lines: &lines, note: bad, ..clip(&film, 0, SECOND, &labels) }; 2];
        for name in Format::names() {
            let format = Format::parse(name).unwrap();
            let file = written(format, &clips, &[("notes", "true")]);
            let chapters = format == Format::YoutubeChapters;
            assert_eq!(file.written, if chapters { 1 } else { 2 }, "{name} {bad:?}");
            if format == Format::Otioz {
                continue;
            }
            let text = text_of(&file);
            let is_json = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            match format {
                Format::Fcpxml | Format::Fcpxml19 | Format::Xmeml => {
                    let root = crate::readers::xml::parse(&text);
                    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{name} {bad:?}");
                    assert!(!root.name.is_empty());
                }
                Format::Json | Format::Otio | Format::WebAnnotation => assert!(is_json, "{name} {bad:?}"),
                Format::Ale => {
                    assert_eq!(text.split("Data\r\n").nth(1).unwrap().lines().count(), 2, "{text}");
                }
                Format::AvidMarkers => {
                    assert!(
                        text.lines().all(|line| line.split('\t').count() == 6) && text.lines().count() == 2,
                        "{text}"
                    );
                }
                Format::PremiereMarkers => {
                    assert!(
                        text.lines().all(|line| line.split('\t').count() == 6) && text.lines().count() == 3,
                        "{text}"
                    );
                }
                Format::Edl => assert_eq!(crate::readers::edl::events(&text).len(), 2, "{text}"),
                Format::ResolveMarkers => {
                    assert_eq!(crate::readers::edl::events(&text).len(), 1, "{text}");
                    assert_eq!(text.matches("|M:").count(), 1, "{text}");
                }
                Format::Webvtt | Format::Srt => assert_eq!(text.matches("-->").count(), 1, "{text}"),
                _ => {}
            }
        }
    }
}
