//! Captions, chapters, annotations, and notes as markers.

use rushes_export::{Clip, Format};
use rushes_types::Colour;
use serde_json::Value;

use crate::readers::xml::parse;
use crate::readers::{edl, fcpxml};
use crate::support::{SECOND, asset, clip, cut, text, text_of, written};

#[test]
fn captions_have_the_times_of_the_media_or_of_the_timeline() {
    let (film, other) = (asset("a", Some("25"), None), asset("b", Some("25"), None));
    let lines = ["Pass <b>the salt & go".to_owned()];
    let one = [Clip { lines: &lines, ..clip(&film, 61 * SECOND + 1, 62 * SECOND + 1, &[]) }];
    assert_eq!(
        text(Format::Webvtt, &one, &[]),
        "WEBVTT\n\n1\n00:01:01.000 --> 00:01:02.001\nPass &lt;b&gt;the salt &amp; go\n\n"
    );
    assert_eq!(text(Format::Srt, &one, &[]), "1\n00:01:01,000 --> 00:01:02,001\nPass <b>the salt & go\n\n");
    let two = [cut(&film, 100, 25), cut(&other, 200, 50)];
    assert!(text(Format::Srt, &two, &[]).ends_with("2\n00:00:01,000 --> 00:00:03,000\nb\n\n"));
    let apart = written(Format::Srt, &two, &[("place", "source")]);
    assert_eq!(crate::readers::zip_names(&apart.bytes), ["a.srt", "b.srt"]);
    let text =
        text_of(&written(Format::Srt, &[clip(&film, 0, 0, &[]), clip(&film, 0, 0, &["x".into()])], &[]));
    assert_eq!(text, "1\n00:00:00,000 --> 00:00:00,001\na\nx\n\n", "cues of the same times are one");
}

#[test]
fn no_line_of_a_caption_is_a_time() {
    let film = asset("a", Some("25"), None);
    let lines = ["a\n\n2\n00:00:00,000 --> 00:00:01,000\nforged".to_owned()];
    for format in [Format::Webvtt, Format::Srt] {
        let text = text(format, &[Clip { lines: &lines, ..clip(&film, 0, SECOND, &[]) }], &[]);
        assert_eq!(text.matches("-->").count(), 1, "{text}");
    }
}

#[test]
fn chapters_begin_at_zero_and_last_ten_seconds() {
    let film = asset("a", None, None);
    let at = |second: i64| clip(&film, second * SECOND, (second + 1) * SECOND, &[]);
    let list = written(Format::YoutubeChapters, &[at(3700), at(20), at(25), at(400)], &[]);
    assert_eq!(text_of(&list), "0:00 x\n0:20 a\n6:40 a\n1:01:40 a\n");
    assert_eq!((list.written, list.left_out_count(), list.notes.len()), (3, 1, 0));
    let few = written(Format::YoutubeChapters, &[at(3)], &[]);
    assert_eq!((text_of(&few).as_str(), few.notes.len()), ("0:00 a\n", 1));
}

#[test]
fn an_annotation_targets_a_fragment_of_the_media() {
    let mut film = asset("a b/c", None, None);
    let labels = ["Mara".to_owned()];
    let document = text(
        Format::WebAnnotation,
        &[clip(&film, 4 * SECOND, 8_500_000_000, &labels), clip(&film, 0, 0, &[])],
        &[],
    );
    let page: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(page["@context"], "http://www.w3.org/ns/anno.jsonld");
    let target = &page["items"][0]["target"];
    assert_eq!(
        (&target["source"], &target["selector"]["value"]),
        (&"urn:rushes:asset:a%20b%2Fc".into(), &"t=4,8.5".into())
    );
    assert_eq!(page["items"][0]["body"][0]["purpose"], "tagging");
    assert_eq!(page["items"][1]["target"]["selector"]["value"], "t=0,0.001", "a fragment lasts");
    film.path = Some("/m/a b.mov".into());
    let page: Value =
        serde_json::from_str(&text(Format::WebAnnotation, &[clip(&film, 0, SECOND, &[])], &[])).unwrap();
    assert_eq!(page["items"][0]["target"]["source"], "file:///m/a%20b.mov");
}

#[test]
fn notes_become_markers_where_the_moment_is() {
    let film = asset("a", Some("25"), Some("10:00:00:00"));
    let labels = ["Mara, Ines".to_owned()];
    let clips =
        [Clip { note: "the good one", labels: &labels, colour: Some(Colour::Red), ..cut(&film, 50, 25) }];
    let options = [("notes", "true"), ("handles", "1")];
    assert!(
        text(Format::Edl, &clips, &options)
            .contains("* LOC: 01:00:01:00 RED     the good one | Mara, Ines\r\n")
    );
    let project = text(Format::Fcpxml, &clips, &options);
    let root = parse(&project);
    let item = fcpxml::sequence(&root).child("spine").child("asset-clip").clone();
    let marker = item.child("marker");
    assert_eq!(
        (marker.get("start"), marker.get("value"), marker.get("note")),
        (Some("36002s"), Some("Mara, Ines"), Some("the good one | Mara, Ines"))
    );
    assert_eq!(
        (item.child("keyword").get("value"), item.child("keyword").get("duration")),
        (Some("Mara Ines"), Some("1s"))
    );
    let root = parse(&text(Format::Xmeml, &clips, &options));
    let marker = root.child("sequence").child("marker").clone();
    assert_eq!([marker.number("in"), marker.number("out")], [25, 50]);
    let timeline: Value = serde_json::from_str(&text(Format::Otio, &clips, &options)).unwrap();
    let marker = timeline.pointer("/tracks/children/0/children/0/markers/0").unwrap();
    assert_eq!(
        (&marker["color"], &marker["marked_range"]["start_time"]["value"]),
        (&"RED".into(), &900_050.into())
    );
    assert!(
        text(Format::ResolveMarkers, &clips, &options).contains("|C:ResolveColorRed |M:Mara, Ines |D:25")
    );
    assert!(!text(Format::Xmeml, &clips, &[]).contains("<marker>"), "only where they are asked for");
    for name in Colour::ALL {
        assert_eq!(Colour::parse(name).unwrap().as_str(), name);
    }
}

#[test]
fn a_bundle_holds_the_timeline_and_its_version() {
    let film = asset("a", Some("25"), None);
    let bundle = written(Format::Otioz, &[cut(&film, 0, 5)], &[]);
    let files = crate::readers::zip_files(&bundle.bytes);
    assert_eq!((files[1].0.as_str(), files[1].1.as_slice()), ("version.txt", b"1.0.0".as_slice()));
    assert_eq!(files[0].0, "content.otio");
    assert_eq!(files[0].1, written(Format::Otio, &[cut(&film, 0, 5)], &[]).bytes);
    assert_eq!((bundle.name.as_str(), bundle.written), ("moments.otioz", 1));
}

#[test]
fn frames_of_nobody_knows_what_rate_are_no_handles_and_that_is_said() {
    let (film, unknown) = (asset("a", Some("25"), None), asset("b", None, None));
    let clips = [clip(&film, 10 * SECOND, 11 * SECOND, &[]), clip(&unknown, 10 * SECOND, 11 * SECOND, &[])];
    let moments = written(Format::Json, &clips, &[("handles", "25f")]);
    let document: Value = serde_json::from_str(&text_of(&moments)).unwrap();
    assert_eq!(document["moments"][0]["start_ns"], 9 * SECOND);
    assert_eq!(document["moments"][1]["start_ns"], 10 * SECOND);
    assert_eq!(moments.notes.len(), 1);
    assert!(edl::events(&text(Format::Edl, &clips, &[("handles", "25f")]))[0].times[0].ends_with("09:00"));
}

#[test]
fn every_format_writes_nothing_at_all_and_a_thousand_moments() {
    let film = asset("a", Some("25"), None);
    let many: Vec<Clip<'_>> = (0..1000).map(|n| cut(&film, n * 300, 5)).collect();
    for name in Format::names() {
        let format = Format::parse(name).unwrap();
        let (none, all) = (written(format, &[], &[]), written(format, &many, &[]));
        assert_eq!((none.written, none.left_out_count()), (0, 0), "{name}");
        assert_eq!(all.written + all.left_out_count(), 1000, "{name}");
        assert!(all.written >= 999, "{name}");
        assert!(all.name.ends_with(format.extension()) && !format.says().is_empty());
    }
}
