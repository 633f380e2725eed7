//! Annotation tools, detectors and markers of editing programs, on samples made from their descriptions.

use rushes_import::formats::{Format, Settings};

use crate::formats::seeds::seeds;
use crate::formats::{got, plain, with_rate};

#[test]
fn every_tool_says_what_it_marked() {
    for (format, lines) in [
        (Format::Elan, vec!["DIALOGUE_SEARCH 1000-2000 Cast off", "DIALOGUE_SEARCH 1000-2000 order"]),
        (Format::TextGrid, vec!["DIALOGUE_SEARCH 500-1250 say \"aye\"", "DIALOGUE_SEARCH 2000-2000 one"]),
        (Format::LabelStudio, vec!["EVENT_SEARCH 0-1000 storm", "OBJECT_SEARCH 1000-2000 gull"]),
        (Format::Via, vec!["EVENT_SEARCH 1500-2250 sails", "OBJECT_SEARCH 3000-3000 rows"]),
        (Format::Coco, vec!["OBJECT_SEARCH 0-80 gull", "OBJECT_SEARCH 120-160 gull"]),
        (Format::TransNet, vec!["SHOT 0-1000 -", "SHOT 1000-3000 -"]),
        (Format::Ffmpeg, vec!["TECHNICAL_CUE 0-1500 black", "SHOT 0-4040 -", "SHOT 4040-10000 -"]),
        (Format::PremiereMarkers, vec!["MARKER_SEARCH 1000-2480 Storm"]),
        (Format::Edl, vec!["MARKER_SEARCH 1000-1480 Storm"]),
        (Format::AvidMarkers, vec!["MARKER_SEARCH 1000-1000 Otto"]),
        (Format::Otio, vec!["MARKER_SEARCH 2000-2200 Storm"]),
        (
            Format::FcpXml,
            vec![
                "MARKER_SEARCH 2000-2040 Storm",
                "KEYWORD_SEARCH 1000-3000 wind",
                "KEYWORD_SEARCH 1000-3000 rain",
            ],
        ),
    ] {
        let (_, bytes) = seeds().into_iter().find(|(of, _)| *of == format).unwrap();
        let got = got(format, "x", &bytes, &with_rate("25")).clean().says(&lines);
        assert_eq!(got.annotations[0]["model"], format!("{}@1", format.name()));
    }
}

#[test]
fn formats_of_frames_ask_for_the_rate() {
    for format in [Format::TransNet, Format::Coco, Format::PremiereMarkers, Format::Edl, Format::AvidMarkers]
    {
        plain(format, "x").says(&[]).refuses("how many a second has; give the frame rate");
    }
}

#[test]
fn of_several_media_the_one_that_is_meant_is_taken() {
    let text = r#"{"videos":[{"id":1,"name":"dawn.mp4"},{"id":2,"name":"dusk.mp4"}],"categories":[{"id":3,"name":"gull"}],
      "images":[{"id":7,"video_id":2,"frame_id":5},{"id":8,"video_id":1,"frame_id":0}],
      "annotations":[{"id":1,"image_id":7,"category_id":3,"bbox":[1,2,3,4],"track_id":4},{"id":2,"image_id":8,"category_id":3,"bbox":[1,2,3,4]}]}"#;
    let dusk = Settings { asset: "dusk".into(), ..with_rate("25") };
    got(Format::Coco, "x", text.as_bytes(), &dusk)
        .clean()
        .says(&["OBJECT_SEARCH 200-240 gull"])
        .notes("annotations of other videos are left out: 1");
    got(Format::Coco, "x", text.as_bytes(), &with_rate("25"))
        .says(&[])
        .refuses("none is called as the asset `a`: `dawn.mp4`, `dusk.mp4`; say which with `--asset`");
}

#[test]
fn timecode_of_markers_begins_at_the_start_of_the_asset() {
    let text = "Otto\t01:00:01:00\tV1\tred\tlook\t12\nIna\tsoon\tV1\tred\tx\nshort\t1\n";
    let settings = Settings { start_timecode: Some("01:00:00:00".into()), ..with_rate("25") };
    let got1 = got(Format::AvidMarkers, "x", text.as_bytes(), &settings)
        .says(&["MARKER_SEARCH 1000-1480 Otto"])
        .refuses("`soon` is no timecode")
        .refuses("the line has 2 fields");
    assert_eq!(got1.annotations[0]["text"], "look");
    assert_eq!(got1.annotations[0]["attributes"]["colour"], "red");
    got(Format::AvidMarkers, "x", text.as_bytes(), &with_rate("25")).notes("give `--start-timecode`");
    let night = Settings { start_timecode: Some("23:59:59:00".into()), ..with_rate("25") };
    got(Format::AvidMarkers, "x", b"A\t00:00:01:00\tV1\tred\t\n", &night)
        .says(&["MARKER_SEARCH 2000-2000 A"]);
}

#[test]
fn locators_and_markers_out_of_use_are_told_apart() {
    let text = "TITLE: x\n001  AX       V     C        00:00:00:00 00:00:05:00 00:00:00:00 00:00:05:00\n* LOC: 00:00:01:00 RED     FIX THE SKY\n";
    let got1 = got(Format::Edl, "x", text.as_bytes(), &with_rate("25")).clean();
    assert_eq!(got1.annotations[0]["text"], "FIX THE SKY");
    got1.notes("events of the cut are left out, markers are read: 1");
    let text = r#"{"OTIO_SCHEMA":"Clip.2","source_range":{"start_time":{"value":10,"rate":24},"duration":{"value":5,"rate":24}},
      "markers":[{"name":"gone","marked_range":{"start_time":{"value":1,"rate":24},"duration":{"value":1,"rate":24}}},{"name":"bad"}]}"#;
    plain(Format::Otio, text).says(&[]).refuses("the marker has no range").notes("is used are left out: 1");
}

#[test]
fn a_grid_that_breaks_off_and_a_log_without_an_end_are_told() {
    let (_, bytes) = seeds().into_iter().find(|(of, _)| *of == Format::TextGrid).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let cut = text.find("item [2]").unwrap();
    plain(Format::TextGrid, &text[..cut])
        .says(&["DIALOGUE_SEARCH 500-1250 say \"aye\""])
        .refuses("breaks off");
    plain(
        Format::Ffmpeg,
        "[silencedetect @ 0] silence_start: 1.5\nframe:1 pts:1 pts_time:4.8\nlavfi.scene_score=0.5\n",
    )
    .clean()
    .says(&["TECHNICAL_CUE 1500-1500 silence", "SHOT 0-4800 -", "SHOT 4800-4800 -"])
    .notes("the last shot has no end")
    .notes("go on at the end of the log");
}

#[test]
fn compound_clips_among_the_resources_are_no_sequence_of_their_own() {
    let text = "<fcpxml><resources><media id=\"r1\"><sequence><spine><clip offset=\"0s\"><marker start=\"1s\" value=\"inner\"/></clip></spine></sequence></media></resources>\
        <project><sequence><spine><ref-clip offset=\"2s\" start=\"1s\"><marker start=\"3/2s\" value=\"outer\"/></ref-clip></spine></sequence></project></fcpxml>";
    plain(Format::FcpXml, text)
        .clean()
        .says(&["MARKER_SEARCH 2500-2500 outer"])
        .notes("inside of compound clips, are left out: 1");
}

#[test]
fn boxes_parted_by_spaces_are_read() {
    let text = "1 1 10 20 30 40 -1 -1 -1 0\n2 1 10 20 30 40 -1 -1 -1 0\n";
    assert_eq!(rushes_import::formats::sniff("x.txt", text.as_bytes()), Some(Format::Mot));
    got(Format::Mot, "x", text.as_bytes(), &with_rate("25")).clean().says(&["OBJECT_SEARCH 0-80 person"]);
}
