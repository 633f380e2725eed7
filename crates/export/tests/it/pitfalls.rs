//! What other programs' exports got wrong, each once: a test that ours does not.

use rushes_export::{Clip, Format, Options, export};
use rushes_types::{ErrorKind, Timecode};
use serde_json::Value;

use crate::readers::xml::{Node, parse};
use crate::readers::{edl, fcpxml, fraction, otio, xmeml};
use crate::support::{SECOND, asset, clip, cut, rate, text, text_of, written};

fn spine(text: &str) -> Vec<Node> {
    fcpxml::sequence(&parse(text)).child("spine").children.clone()
}

fn resources(text: &str, name: &str) -> Vec<Node> {
    parse(text).child("resources").all(name).into_iter().cloned().collect()
}

#[test]
fn start_and_length_are_frames_and_never_reach_past_the_media() {
    let mut film = asset("a", Some("24000/1001"), None);
    film.duration_ns = Some(rate("24000/1001").start_of(240));
    // Seconds that lie between frames, and an end that lies after the media.
    for (start, end) in
        [(1_020_000_001, 1_060_000_000), (9_970_000_000, 10_020_000_000), (9_999_999_999, 12 * SECOND)]
    {
        let text = text(Format::Fcpxml, &[clip(&film, start, end, &[])], &[("handles", "10")]);
        let [cut] = fcpxml::cuts(&text).try_into().unwrap();
        assert_eq!(cut.source, (0, 240));
        let narrow = crate::support::text(Format::Fcpxml, &[clip(&film, start, end, &[])], &[]);
        let [cut] = fcpxml::cuts(&narrow).try_into().unwrap();
        assert!(cut.source.0 < cut.source.1 && cut.source.1 <= 240, "{cut:?}");
    }
    let beyond = written(Format::Fcpxml, &[clip(&film, 11 * SECOND, 12 * SECOND, &[])], &[]);
    assert_eq!(beyond.left_out[0].sentence(), "1: it begins after the end of the media (a)");
}

#[test]
fn media_with_a_time_of_day_begin_there() {
    let film = asset("a", Some("25"), Some("14:03:10:05"));
    let text = text(Format::Fcpxml, &[cut(&film, 10, 5)], &[]);
    let frames = i128::from(((14 * 60 + 3) * 60 + 10) * 25 + 5);
    let start = |node: &Node| fcpxml::rational(node.get("start").unwrap());
    assert_eq!(start(&resources(&text, "asset")[0]), fraction(frames, 25));
    assert_eq!(start(&spine(&text)[0]), fraction(frames + 10, 25));
}

#[test]
fn the_medias_timecode_is_in_no_offset() {
    let film = asset("a", Some("25"), Some("14:03:10:05"));
    let text = text(Format::Fcpxml, &[cut(&film, 10, 5)], &[("start", "01:00:00:00")]);
    assert_eq!(fcpxml::rational(spine(&text)[0].get("offset").unwrap()), (3600, 1));
    let xmeml = crate::support::text(Format::Xmeml, &[cut(&film, 10, 5)], &[]);
    let item = parse(&xmeml);
    let item = item.child("sequence").child("media").child("video").child("track").child("clipitem");
    assert_eq!(
        [item.number("start"), item.number("in")],
        [0, 10],
        "frames of the sequence, frames of the file"
    );
}

#[test]
fn a_drop_frame_flag_at_a_rate_without_it_makes_no_other_timecode() {
    let mut film = asset("a", Some("24"), Some("01:00:00:00"));
    film.drop_frame = true;
    let text = text(Format::Edl, &[cut(&film, 24, 24)], &[]);
    assert!(text.contains("FCM: NON-DROP FRAME") && text.contains(" 01:00:01:00 01:00:02:00 "), "{text}");
    // A start that does not exist at the rate is said, not taken for zero.
    film.start_timecode = Some("01:00:00;00".into());
    let none = written(Format::Edl, &[clip(&film, 0, SECOND, &[])], &[]);
    assert_eq!(none.left_out[0].sentence(), "1: the start timecode does not exist at the frame rate (a)");
}

#[test]
fn no_date_of_change_is_written() {
    let film = asset("a", Some("25"), None);
    for format in [Format::Fcpxml, Format::Fcpxml19] {
        assert!(!text(format, &[cut(&film, 0, 5)], &[("notes", "true")]).contains("modDate"));
    }
}

#[test]
fn clips_stand_in_a_spine_and_in_no_event() {
    let film = asset("a", Some("25"), None);
    let root = parse(&text(Format::Fcpxml, &[cut(&film, 0, 5)], &[]));
    let event = root.child("library").child("event");
    let names: Vec<&str> = event.children.iter().map(|child| child.name.as_str()).collect();
    assert_eq!(names, ["project"]);
    assert_eq!(event.child("project").child("sequence").child("spine").all("asset-clip").len(), 1);
}

#[test]
fn no_layout_of_sound_is_claimed_and_an_asset_is_as_long_as_its_media() {
    let mut film = asset("a", Some("25"), None);
    let unknown = text(Format::Fcpxml, &[cut(&film, 0, 5)], &[]);
    assert!(!unknown.contains("audioLayout") && resources(&unknown, "asset")[0].get("duration").is_none());
    film.duration_ns = Some(60 * SECOND);
    let known = text(Format::Fcpxml, &[cut(&film, 0, 5)], &[]);
    assert_eq!(fcpxml::rational(resources(&known, "asset")[0].get("duration").unwrap()), (60, 1));
}

#[test]
fn versions_are_those_that_older_hosts_read_and_premiere_has_a_format_of_its_own() {
    let film = asset("a", Some("25"), None);
    for (format, version) in [(Format::Fcpxml, "1.10"), (Format::Fcpxml19, "1.9"), (Format::Xmeml, "4")] {
        assert_eq!(parse(&text(format, &[cut(&film, 0, 5)], &[])).get("version"), Some(version));
    }
    assert!(Format::Xmeml.says().contains("Premiere") && !Format::Fcpxml.says().contains("Premiere"));
}

#[test]
fn rates_are_never_cut_to_whole_numbers() {
    for (text_of_rate, whole, ntsc) in
        [("24000/1001", 24, "TRUE"), ("30000/1001", 30, "TRUE"), ("25", 25, "FALSE")]
    {
        let film = asset("a", Some(text_of_rate), None);
        let xmeml = text(Format::Xmeml, &[cut(&film, 0, 5)], &[]);
        let root = parse(&xmeml);
        let rate = root.child("sequence").child("rate");
        assert_eq!((rate.number("timebase"), rate.child("ntsc").text.as_str()), (whole, ntsc));
        let timeline = text(Format::Otio, &[cut(&film, 0, 5)], &[]);
        // The reader panics where the number is the nearest to no ratio.
        assert_eq!(otio::cuts(&timeline, "Video").len(), 1);
        assert_eq!(fcpxml::cuts(&text(Format::Fcpxml, &[cut(&film, 0, 5)], &[]))[0].source, (0, 5));
    }
}

#[test]
fn the_rate_of_film_is_the_number_that_otio_takes() {
    let film = asset("a", Some("24000/1001"), None);
    let timeline: Value = serde_json::from_str(&text(Format::Otio, &[cut(&film, 0, 5)], &[])).unwrap();
    let rate = timeline["global_start_time"]["rate"].as_f64().unwrap();
    assert_eq!(rate.to_bits(), (24_000.0_f64 / 1001.0).to_bits());
    assert!((rate - 24.0 * 0.999).abs() > 1e-9, "24 × .999 is another number");
}

#[test]
fn clips_of_another_rate_take_whole_frames_rounded_down() {
    let (film, other) = (asset("a", Some("25"), None), asset("b", Some("24"), None));
    // 25 frames at 24 a second are 26.04 at 25.
    let clips = [cut(&film, 0, 25), cut(&film, 0, 25), cut(&other, 0, 25), cut(&film, 0, 25)];
    let xmeml = text(Format::Xmeml, &clips, &[]);
    let records: Vec<(i128, i128)> = xmeml::cuts(&xmeml, "video").iter().map(|cut| cut.record).collect();
    assert_eq!(records, [(0, 1), (1, 1), (2, 1), fraction(76, 25)], "the track does not slip");
    // As little as a frame of the other rate is a frame.
    let fast = asset("c", Some("60"), None);
    let short = [cut(&film, 0, 25), cut(&film, 0, 25), cut(&fast, 0, 1)];
    assert_eq!(fcpxml::cuts(&text(Format::Fcpxml, &short, &[]))[2].record, (2, 1));
    let list = written(Format::Edl, &clips, &[]);
    assert_eq!((list.written, list.left_out_count()), (3, 1));
}

#[test]
fn paths_are_encoded_segment_by_segment() {
    let mut film = asset("a", Some("25"), None);
    for (path, xmeml, otio) in [
        (
            "/Volumes/My Media/a#1 %2.mov",
            "file://localhost/Volumes/My%20Media/a%231%20%252.mov",
            "file:///Volumes/My%20Media/a%231%20%252.mov",
        ),
        (r"C:\Media\a b.mov", "file://localhost/C%3a/Media/a%20b.mov", "file:///C:/Media/a%20b.mov"),
        (r"\\nas\share\a&b.mov", "file://nas/share/a%26b.mov", "file://nas/share/a%26b.mov"),
        (
            "/m/naïve 🎬.mov",
            "file://localhost/m/na%C3%AFve%20%F0%9F%8E%AC.mov",
            "file:///m/na%C3%AFve%20%F0%9F%8E%AC.mov",
        ),
        ("day 1/a.mov", "day%201/a.mov", "day%201/a.mov"),
        (
            "https://x.example/a b.mov?c=1",
            "https://x.example/a%20b.mov?c=1",
            "https://x.example/a%20b.mov?c=1",
        ),
    ] {
        film.path = Some(path.to_owned());
        let clips = [cut(&film, 0, 5)];
        let root = parse(&text(Format::Xmeml, &clips, &[]));
        let item =
            root.child("sequence").child("media").child("video").child("track").child("clipitem").clone();
        assert_eq!(item.child("file").child("pathurl").text, xmeml);
        let timeline: Value = serde_json::from_str(&text(Format::Otio, &clips, &[])).unwrap();
        let url = timeline
            .pointer("/tracks/children/0/children/0/media_references/DEFAULT_MEDIA/target_url")
            .unwrap();
        assert_eq!(url, otio);
        let project = text(Format::Fcpxml, &clips, &[]);
        assert_eq!(resources(&project, "asset")[0].child("media-rep").get("src"), Some(otio));
    }
}

#[test]
fn reels_have_eight_characters_or_the_whole_name_of_the_file() {
    let mut film = asset("interview-with-the-harbour-master", Some("25"), None);
    film.path = Some("/media/Harbour Master/A001C002 take 3.mov".into());
    for (reels, name) in [("eight", "URMASTER"), ("file", "A001C002_take_3")] {
        let list = text(Format::Edl, &[cut(&film, 0, 5)], &[("reels", reels)]);
        assert_eq!(edl::events(&list)[0].reel, name);
    }
}

#[test]
fn a_clips_name_in_an_edit_list_is_no_path() {
    let mut film = asset("a", Some("25"), None);
    film.path = Some("/media/day 1/a.mov".into());
    let list = text(Format::Edl, &[cut(&film, 0, 5)], &[]);
    assert!(list.contains("* FROM CLIP NAME: a.mov\r\n") && !list.contains("FROM CLIP: "), "{list}");
}

#[test]
fn outs_are_exclusive() {
    let film = asset("a", Some("25"), None);
    let clips = [cut(&film, 0, 25), cut(&film, 25, 25)];
    let events = edl::events(&text(Format::Edl, &clips, &[]));
    assert_eq!(events[0].times[1], "00:00:01:00");
    assert_eq!(events[0].times[1], events[1].times[0], "the next begins where the one before ends");
    assert_eq!(xmeml::cuts(&text(Format::Xmeml, &clips, &[]), "video")[0].source, (0, 25));
}

#[test]
fn markers_begin_where_the_hosts_timeline_does() {
    let film = asset("a", Some("25"), Some("10:00:00:00"));
    let clips = [cut(&film, 50, 5)];
    for (options, at) in [
        (vec![], "10:00:02:00"),
        (vec![("start", "00:00:00:00")], "00:00:02:00"),
        (vec![("start", "01:00:00:00")], "01:00:02:00"),
        (vec![("place", "sequence"), ("start", "00:59:58:00"), ("handles", "1")], "00:59:59:00"),
    ] {
        let list = text(Format::ResolveMarkers, &clips, &options);
        assert_eq!(edl::events(&list)[0].times[2], at, "{options:?}");
    }
}

#[test]
fn markers_of_one_frame_are_one_marker() {
    let film = asset("a", Some("25"), None);
    let (mara, ines) = (["Mara".to_owned()], ["Ines|2".to_owned()]);
    let clips = [
        Clip { labels: &mara, ..cut(&film, 50, 5) },
        Clip { labels: &ines, ..cut(&film, 50, 9) },
        Clip { labels: &mara, ..cut(&film, 51, 5) },
    ];
    let list = written(Format::ResolveMarkers, &clips, &[]);
    let text = text_of(&list);
    assert_eq!(edl::events(&text).len(), 2);
    assert!(text.contains("Mara / Ines/2 |C:ResolveColorBlue |M:Mara / Ines/2 |D:9\r\n\r\n"), "{text}");
    assert_eq!((list.written, list.notes.len()), (3, 1));
}

#[test]
fn the_mode_of_an_edit_list_is_not_inverted() {
    for (rate, start, mode) in [
        ("30000/1001", "01:00:00;00", "DROP FRAME"),
        ("30000/1001", "01:00:00:00", "NON-DROP FRAME"),
        ("24000/1001", "01:00:00:00", "NON-DROP FRAME"),
        ("60000/1001", "01:00:00;00", "DROP FRAME"),
    ] {
        let film = asset("a", Some(rate), Some(start));
        let list = text(Format::Edl, &[cut(&film, 0, 5)], &[]);
        assert_eq!(list.lines().nth(1), Some(format!("FCM: {mode}").as_str()), "{rate}");
    }
    // The timeline's own mode can be another than the media's.
    let film = asset("a", Some("30000/1001"), Some("01:00:00:00"));
    let list = text(Format::Edl, &[cut(&film, 0, 5)], &[("drop_frame", "true")]);
    let lines: Vec<&str> = list.lines().filter(|line| line.starts_with("FCM")).collect();
    assert_eq!(lines, ["FCM: DROP FRAME", "FCM: NON-DROP FRAME"]);
    assert!(edl::events(&list)[0].times[2].contains(';'));
    let none = written(Format::Edl, &[cut(&asset("b", Some("25"), None), 0, 5)], &[("drop_frame", "true")]);
    assert_eq!(none.notes.len(), 1, "what does not exist is said");
}

#[test]
fn premieres_list_has_tabs_and_semicolons() {
    let film = asset("a", Some("30000/1001"), Some("00:00:59;28"));
    let list = text(Format::PremiereMarkers, &[cut(&film, 0, 4)], &[]);
    let rows: Vec<Vec<&str>> = list.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0], ["Marker Name", "Description", "In", "Out", "Duration", "Marker Type"]);
    assert_eq!(&rows[1][2..], ["00;00;59;28", "00;01;00;04", "00;00;00;04", "Comment"]);
}

#[test]
fn no_minute_but_a_tenth_begins_at_frame_zero_where_frames_are_dropped() {
    let film = asset("a", Some("30000/1001"), Some("00:00:00;00"));
    let minutes: Vec<String> = edl::events(&text(
        Format::Edl,
        &[cut(&film, 1800, 1), cut(&film, 17_982, 1), cut(&film, 17_982 + 1800, 1)],
        &[],
    ))
    .into_iter()
    .map(|event| event.times[0].clone())
    .collect();
    assert_eq!(minutes, ["00:01:00;02", "00:10:00;00", "00:11:00;02"]);
}

#[test]
fn midnight_begins_a_day_again() {
    for (rate_text, start, at) in
        [("25", "23:59:00:00", "00:01:00:00"), ("30000/1001", "23:59:00;02", "00:01:00;02")]
    {
        let film = asset("a", Some(rate_text), Some(start));
        let nominal = i64::from(rate(rate_text).nominal());
        let drops = if rate_text == "25" { 0 } else { 2 };
        let list = text(Format::Edl, &[cut(&film, 120 * nominal - drops, 25)], &[("start", "23:59:59:20")]);
        let event = &edl::events(&list)[0];
        assert_eq!(event.times[0], at, "{list}");
        assert!(event.times[3].starts_with("00:00:00"), "the record side, too: {list}");
    }
    assert_eq!(Timecode::from_frames(24 * 3600 * 25, rate("25"), false).to_string(), "00:00:00:00");
}

#[test]
fn avid_gets_a_log_with_the_start_of_the_media_and_no_aaf() {
    assert_eq!(Format::parse("aaf"), None);
    let mut film = asset("a", Some("24000/1001"), Some("14:03:10:05"));
    (film.reel, film.scene, film.take, film.circled) =
        (Some("A001".into()), Some("12".into()), Some("3".into()), Some(true));
    let log = text(Format::Ale, &[cut(&film, 0, 48)], &[]);
    assert!(log.contains("\r\nFPS\t23.976\r\n"), "{log}");
    let row: Vec<&str> = log.lines().last().unwrap().split('\t').collect();
    assert_eq!(
        row[..11],
        [
            "a 001",
            "VA1A2",
            "14:03:10:05",
            "14:03:12:05",
            "00:00:02:00",
            "A001",
            "23.976",
            "12",
            "3",
            "",
            "Yes"
        ]
    );
}

#[test]
fn avids_markers_name_their_track() {
    let film = asset("a", Some("25"), None);
    let list = text(Format::AvidMarkers, &[cut(&film, 50, 5), cut(&film, 25, 5)], &[]);
    let rows: Vec<Vec<&str>> = list.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0], ["a", "00:00:01:00", "V1", "blue", "a", "5"], "in the order of their times");
    assert_eq!(rows.len(), 2);
}

#[test]
fn a_start_that_does_not_exist_is_refused_with_its_name() {
    let film = asset("a", Some("30000/1001"), Some("01:00:00;00"));
    let mut options = Options::titled("x");
    options.set("start", "00:01:00;00").unwrap();
    let error = export(Format::Edl, &[cut(&film, 0, 5)], &options).unwrap_err();
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Invalid, Some("start")));
    for (name, value) in [
        ("handles", "1x"),
        ("rate", "0"),
        ("tracks", "all"),
        ("reels", "9"),
        ("place", "here"),
        ("notes", "1"),
        ("x", "y"),
        ("start", "1:00:00:00"),
        ("start", "24:00:00:00"),
        ("start", "01;00;00;00"),
        ("start", "01:00:00"),
        ("start", "01:00:00:é"),
    ] {
        assert_eq!(options.set(name, value).unwrap_err().pointer(), Some(name));
    }
}
