//! Which format a file is of.

use std::io::Write;

use rushes_import::formats::{Format, sniff};

#[test]
fn formats_are_known_by_what_they_say() {
    for (name, head, expect) in [
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nHi", Some(Format::Srt)),
        ("a.txt", "\n1\r\n00:00:01,000 --> 00:00:02,000\r\nHi", Some(Format::Srt)),
        ("a.srt", "Jan 1 kernel: hello", Some(Format::Srt)),
        ("a.txt", "Jan 1 kernel: hello", None),
        ("a.vtt", "WEBVTT\n\n", Some(Format::WebVtt)),
        ("a.srt", "WEBVTT\r", Some(Format::WebVtt)),
        ("a.xml", "<?xml version=\"1.0\"?><!-- <x> --><tt xmlns=\"y\">", Some(Format::Ttml)),
        ("a.xml", "<tt:tt xml:lang=\"en\">", Some(Format::Ttml)),
        ("a.xml", "<annotations>\n<version>1.1", Some(Format::Cvat)),
        ("a.xml", "<html>", None),
        ("a.rttm", "SPEAKER a 1 0 1 <NA> <NA> b <NA> <NA>", Some(Format::Rttm)),
        ("a.csv", "Timecode List:,00:00:01.000\nScene Number,Start Frame,x", Some(Format::PySceneDetect)),
        ("a.csv", "Name,Tape\n", None),
        ("det.txt", "1,-1,1.5,2,3,4,0.5,-1,-1,-1\n2,-1,1.5,2,3,4,0.5,-1,-1,-1\n3,-1,1", Some(Format::Mot)),
        ("a.csv", "1,2,3,4,5,6,7\na,b\n\n", None),
        (
            "a.json",
            r#"{"text": " Hi", "segments": [{"id": 0, "seek": 0, "start": 0.0"#,
            Some(Format::Whisper),
        ),
        ("a.json", r#"{"text": "a long text that"#, Some(Format::Whisper)),
        (
            "a.json",
            r#"{"segments":[{"start":0,"words":[{"word":"a","score":0.5}]}],"word_segments":[]"#,
            Some(Format::WhisperX),
        ),
        ("a.json", r#"{"jobName":"x","results":{"transcripts":[]"#, Some(Format::AwsTranscribe)),
        (
            "a.json",
            r#"{"results":[{"alternatives":[{"transcript":"a","words":[]"#,
            Some(Format::GoogleSpeech),
        ),
        ("a.json", r#"{"result_index":0,"results":[{"alternatives":[{"timestamps":[]"#, Some(Format::Watson)),
        ("a.json", r#"{"JobStatus":"SUCCEEDED","Labels":[{"Timestamp":1"#, Some(Format::Rekognition)),
        ("a.json", r#"{"annotation_results":[{"shot_annotations""#, Some(Format::GoogleVideo)),
        ("a.json", r#"{"videos":[{"insights":{"#, Some(Format::VideoIndexer)),
        ("a.json", r#"{"asset_id":"a","type":"X","time_range":{},"text":"segments"}"#, None),
        (
            "a.json",
            r#"{"status":"completed","audio_src_url":"u","text":"a","words":[],"segments":[]}"#,
            Some(Format::AssemblyAi),
        ),
        ("a.json", r#"{"asset_id":"a"}"#, None),
        ("", "", None),
    ] {
        assert_eq!(sniff(name, head.as_bytes()), expect, "{name}: {head}");
        let marked = [b"\xef\xbb\xbf", head.as_bytes()].concat();
        assert_eq!(sniff(name, &marked), expect, "{name}: {head} with a mark");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(head.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(sniff(&format!("{name}.gz"), &packed), expect, "{name}: {head} packed");
    }
    let utf16: Vec<u8> =
        [0xfe, 0xff].into_iter().chain("WEBVTT".encode_utf16().flat_map(u16::to_be_bytes)).collect();
    assert_eq!(sniff("a.vtt", &utf16), Some(Format::WebVtt));
    assert_eq!(sniff("a", b"\x93NUMPY\x01\0"), Some(Format::Npy));
}

#[test]
fn every_format_is_found_by_its_name() {
    for format in Format::ALL {
        assert_eq!(Format::from_name(&format.name().to_uppercase()), Some(format));
    }
    assert_eq!(Format::from_name("vtt"), Some(Format::WebVtt));
    assert_eq!(Format::from_name("docx"), None);
    assert_eq!(Format::ALL.iter().filter(|format| format.is_subtitle()).count(), 7);
}

#[test]
fn every_sample_is_known_as_what_it_is_and_nothing_else() {
    for (format, bytes) in crate::formats::seeds::seeds() {
        for name in ["x", "x.txt", "x.json", "x.xml"] {
            assert_eq!(sniff(name, &bytes), Some(format), "{name}");
        }
    }
}
