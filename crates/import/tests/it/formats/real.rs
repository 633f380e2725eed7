//! Real files of real tools, held against straight loops over the same files.

use std::io::Read;
use std::path::{Path, PathBuf};

use rushes_import::formats::{Format, Settings, sniff};
use serde_json::Value;

use crate::formats::{Got, got, with_rate};

fn data(folder: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().and_then(Path::parent).unwrap();
    let path = root.join("../shared/data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    let folder = format!("../shared/data/{folder}");
    crate::skips::skipped(&folder, &format!("readers on real files: {folder} is not there"));
    None
}

/// The file's bytes, unpacked, for the straight loops.
fn bytes(path: &Path) -> Vec<u8> {
    let raw = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|ending| ending == "gz") {
        let mut bytes = Vec::new();
        flate2::read::MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut bytes).unwrap();
        return bytes;
    }
    raw
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&bytes(path)).unwrap()
}

/// The file as its own format, which must be this.
fn read(path: &Path, format: Format, settings: &Settings) -> Got {
    let raw = std::fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    assert_eq!(sniff(name, &raw), Some(format), "{name}");
    let got = got(format, name, &raw, settings);
    eprintln!("{name}: {} {:?} {:?}", format.name(), got.counts, got.notes);
    got
}

fn ns(seconds: f64) -> i64 {
    (seconds * 1e9).round() as i64
}

fn range(line: &Value) -> (i64, i64) {
    let time = |name: &str| line["time_range"][name].as_i64().unwrap();
    (time("start_time_ns"), time("end_time_ns"))
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().is_some_and(|name| name.ends_with(ending)))
        .collect();
    files.sort();
    files
}

#[test]
fn whisper_timestamped() {
    let Some(folder) = data("model-outputs/agpl-whisper-timestamped") else { return };
    let mut segments = 0;
    for path in files(&folder, ".json") {
        let file = json(&path);
        let got = read(&path, Format::Whisper, &Settings::new("a")).clean();
        let expect: Vec<&Value> = file["segments"].as_array().unwrap().iter().collect();
        assert_eq!(got.annotations.len(), expect.len());
        for (line, segment) in got.annotations.iter().zip(&expect) {
            assert_eq!(
                range(line),
                (ns(segment["start"].as_f64().unwrap()), ns(segment["end"].as_f64().unwrap()))
            );
            assert_eq!(line["text"].as_str().unwrap(), segment["text"].as_str().unwrap().trim());
            assert_eq!(line["words"].as_array().unwrap().len(), segment["words"].as_array().unwrap().len());
            assert_eq!(line["language"], file["language"]);
        }
        segments += expect.len();
    }
    assert_eq!(segments, 36 + 47);
}

fn words(got: &Got) -> Vec<(i64, i64, String)> {
    let all = got.annotations.iter().flat_map(|line| line["words"].as_array().into_iter().flatten());
    all.map(|word| {
        let time = |name: &str| word[name].as_i64().unwrap();
        (time("start_time_ns"), time("end_time_ns"), word["text"].as_str().unwrap().to_owned())
    })
    .collect()
}

#[test]
fn transcripts_of_three_services() {
    let Some(folder) = data("model-outputs/stt") else { return };
    let path = folder.join("aws-transcribe.sample.json.gz");
    let transcribe = read(&path, Format::AwsTranscribe, &Settings::new("a")).clean();
    let mut expect = Vec::new();
    for item in json(&path)["results"]["items"].as_array().unwrap() {
        let time = |name: &str| item[name].as_str().map(|text| ns(text.parse().unwrap()));
        if let (Some(start), Some(end)) = (time("start_time"), time("end_time")) {
            expect.push((start, end, item["alternatives"][0]["content"].as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(words(&transcribe), expect);

    let path = folder.join("gcp-stt-punctuation.sample.json.gz");
    let google = read(&path, Format::GoogleSpeech, &Settings::new("a")).clean();
    let mut expect = Vec::new();
    for result in json(&path)["results"].as_array().unwrap() {
        for word in result["alternatives"][0]["words"].as_array().unwrap() {
            let time = |name: &str| {
                let part = &word[name];
                let seconds: i64 = part["seconds"].as_str().unwrap_or("0").parse().unwrap();
                seconds * 1_000_000_000 + part["nanos"].as_i64().unwrap_or(0)
            };
            expect.push((time("startTime"), time("endTime"), word["word"].as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(words(&google), expect);

    let path = folder.join("ibm-ted.sample.json.gz");
    let watson = read(&path, Format::Watson, &Settings::new("a")).clean();
    let (mut expect, mut results) = (Vec::new(), 0);
    for outer in json(&path)["results"].as_array().unwrap() {
        for result in outer["results"].as_array().unwrap() {
            results += 1;
            for stamp in result["alternatives"][0]["timestamps"].as_array().unwrap() {
                let word = stamp[0].as_str().unwrap();
                if word != "%HESITATION" {
                    expect.push((
                        ns(stamp[1].as_f64().unwrap()),
                        ns(stamp[2].as_f64().unwrap()),
                        word.to_owned(),
                    ));
                }
            }
        }
    }
    assert_eq!(words(&watson), expect);
    assert!(watson.annotations.len() as u64 + watson.counts.skipped >= results);

    let path = folder.join("aws-transcribe-example-call.json");
    let call = read(&path, Format::AwsTranscribe, &Settings::new("a")).clean();
    assert_eq!(call.annotations.len(), json(&path)["Transcript"].as_array().unwrap().len());
}

#[test]
fn turns_of_meetings() {
    let Some(folder) = data("ami-rttm") else { return };
    let mut turns = 0;
    for path in files(&folder, ".rttm") {
        let got = read(&path, Format::Rttm, &Settings::new("a")).clean();
        let text = String::from_utf8(bytes(&path)).unwrap();
        let expect: Vec<(i64, i64, String)> = text
            .lines()
            .map(|line| {
                let fields: Vec<&str> = line.split_whitespace().collect();
                let time = |text: &str| ns(text.parse().unwrap());
                (time(fields[3]), time(fields[3]) + time(fields[4]), fields[7].to_owned())
            })
            .collect();
        let have: Vec<(i64, i64, String)> = got
            .annotations
            .iter()
            .map(|line| (range(line).0, range(line).1, line["label"].as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(have, expect);
        turns += expect.len();
    }
    eprintln!("{turns} turns");
    assert!(turns > 5_000);
}

#[test]
fn subtitles_in_many_languages() {
    let Some(folder) = data("subtitles") else { return };
    let expect = [
        ("elephants-dream/captions.en.vtt", 78),
        ("elephants-dream/captions.ar.vtt", 77),
        ("elephants-dream/captions.ja.vtt", 77),
        ("elephants-dream/captions.ru.vtt", 84),
        ("elephants-dream/captions.sv.vtt", 81),
        ("elephants-dream/descriptions.en.vtt", 63),
        ("elephants-dream/chapters.en.vtt", 9),
        ("sintel-full/sintel_en.vtt", 26),
        ("sintel-full/sintel_fr.vtt", 26),
        ("sintel-short/sintel-en.vtt", 14),
        ("sintel-short/sintel-de.vtt", 14),
        ("sintel-short/sintel-es.vtt", 14),
    ];
    for (name, cues) in expect {
        let got = read(&folder.join(name), Format::WebVtt, &Settings::new("a")).clean();
        let arrows = String::from_utf8(bytes(&folder.join(name))).unwrap().matches("-->").count();
        assert_eq!((got.counts.rows, arrows as u64), (cues, cues), "{name}");
    }
}

/// In the parser tests of the standard every cue that must be dropped says `invalid`, and all others say something else.
#[test]
fn hostile_webvtt_is_read_as_the_standard_says() {
    let Some(folder) = data("subtitles/wpt-webvtt-parsing") else { return };
    let (mut kept, mut dropped) = (0, 0);
    for path in files(&folder, ".vtt") {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let got = got(Format::WebVtt, &name, &std::fs::read(&path).unwrap(), &Settings::new("a"));
        let texts: Vec<&str> = got.annotations.iter().map(|line| line["text"].as_str().unwrap()).collect();
        assert!(!texts.contains(&"invalid"), "{name}: {texts:?}");
        let file = String::from_utf8_lossy(&bytes(&path)).into_owned();
        let invalid = file.lines().filter(|line| line.trim() == "invalid").count();
        kept += texts.len();
        dropped += invalid;
        let cues: &[&str] = match name.as_str() {
            "header-timings.vtt" | "header-garbage.vtt" | "header-space.vtt" | "header-tab.vtt" => &["text"],
            "signature-timings.vtt" | "timings-eof.vtt" | "signature-bom.vtt" => &[],
            "newlines.vtt" => &["text0", "text1", "text2", "text3"],
            "ids.vtt" => &["text0", "text1", "text2", "text3", "text4"],
            "stylesheets.vtt" => &["text", "text"],
            "comment-in-cue-text.vtt" => &["NOTE text", "NOTE text NOTE text2"],
            "timings-60.vtt" => &["text1", "text2"],
            "timings-omitted-hours.vtt" | "whitespace-chars.vtt" => &["text0", "text1", "text2"],
            "arrows.vtt" => &["text0", "text1", "text2", "text3", "text4", "text5"],
            // The standard's parser keeps backward cues; an annotation cannot end before it starts.
            "timings-negative.vtt" => &["text0"],
            "timings-too-long.vtt" => &["text0", "text1"],
            _ => continue,
        };
        let cues: Vec<&str> = cues.to_vec();
        if name == "timings-60.vtt" {
            // Sixty hours are longer than one annotation may be.
            assert_eq!(texts, cues[1..], "{name}");
        } else {
            assert_eq!(texts, cues, "{name}: {:?}", got.problems);
        }
    }
    eprintln!("{kept} cues kept, {dropped} dropped as the standard says");
    assert!(kept > 150 && dropped > 60, "{kept} {dropped}");
}

#[test]
fn rekognition_documents() {
    let Some(folder) = data("model-outputs/sa-aws-rekognition-docs") else { return };
    let mut all = 0;
    for path in files(&folder, ".json") {
        let got = read(&path, Format::Rekognition, &Settings::new("a")).clean();
        let file = json(&path);
        let list =
            ["Segments", "Labels", "Faces", "Persons", "Celebrities", "TextDetections", "ModerationLabels"]
                .iter()
                .find_map(|name| file[*name].as_array())
                .unwrap();
        assert_eq!(got.counts.rows, list.len() as u64, "{}", path.display());
        assert!(!got.annotations.is_empty());
        if let Some(segments) = file["Segments"].as_array() {
            // The document says its own rate, so that the frames are exact; its milliseconds are rounded down.
            let own = file["VideoMetadata"][0]["FrameRate"].as_f64().unwrap();
            assert!((own - 30_000.0 / 1001.0).abs() < 0.001, "{own}");
            let rate = rushes_types::FrameRate::parse("30000/1001").unwrap();
            for (line, segment) in got.annotations.iter().zip(segments) {
                let frame = |name: &str| segment[name].as_i64().unwrap();
                let last = i64::from(segment["Type"] == "SHOT");
                let expect =
                    (rate.start_of(frame("StartFrameNumber")), rate.start_of(frame("EndFrameNumber") + last));
                assert_eq!(range(line), expect);
                let ms = segment["StartTimestampMillis"].as_i64().unwrap();
                assert!((range(line).0 / 1_000_000 - ms).abs() <= 1, "{segment}");
            }
            assert_eq!(got.annotations.len(), segments.len());
        }
        all += got.annotations.len();
    }
    assert!(all > 15, "{all}");
}

#[test]
fn video_indexer_documents() {
    let Some(folder) = data("model-outputs/azure-video-indexer-docs") else { return };
    for path in files(&folder, ".json") {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // A list of single frames, in a shape of its own.
        if name.starts_with("observed-people-featured-clothing") {
            eprintln!("{name}: left out, it is not an insight with instances");
            continue;
        }
        let raw = std::fs::read(&path).unwrap();
        let got = got(Format::VideoIndexer, &name, &raw, &Settings::new("a"));
        eprintln!("{name}: {:?} {:?}", got.counts, got.problems);
        let file = json(&path);
        let root = if file["insights"].is_object() { &file["insights"] } else { &file };
        let mut expect = 0;
        for (kind, list) in root.as_object().unwrap() {
            if kind == "sourceLanguages" || kind == "languages" {
                continue;
            }
            for row in list.as_array().into_iter().flatten() {
                let own = row["instances"].as_array().map_or(0, Vec::len);
                let thumbs = row["thumbnails"].as_array().into_iter().flatten();
                let thumbs: usize =
                    thumbs.map(|thumb| thumb["instances"].as_array().map_or(0, Vec::len)).sum();
                expect += if own > 0 { own } else { thumbs };
            }
        }
        assert_eq!(got.annotations.len() + got.problems.len(), expect, "{name}");
    }
}

#[test]
fn boxes_of_people() {
    let Some(folder) = data("model-outputs/nc-mot15-detections") else { return };
    for (name, boxes, frames) in [("TUD-Stadtmitte.det.txt", 951, 179), ("PETS09-S2L1.det.txt", 4_359, 795)] {
        let got = read(&folder.join(name), Format::Mot, &with_rate("25")).clean();
        assert_eq!(got.annotations.len(), boxes);
        let last = got.annotations.iter().map(|line| range(line).1).max();
        assert_eq!(last, Some(frames * 40_000_000));
    }
}

#[test]
fn tracks_that_people_drew() {
    let Some(folder) = data("model-outputs/cvat") else { return };
    let got1 = read(&folder.join("for_video__annotations.xml"), Format::Cvat, &with_rate("10")).clean();
    eprintln!("{:?}", got1.lines());
    assert!(got1.annotations.iter().all(|line| line["type"] == "OBJECT_SEARCH"));
    let shapes = String::from_utf8(bytes(&folder.join("for_video__annotations.xml"))).unwrap();
    assert_eq!(got1.counts.rows, shapes.matches("outside=").count() as u64);
    let raw = std::fs::read(folder.join("for_images__export_project__annotations.xml")).unwrap();
    got(Format::Cvat, "x", &raw, &with_rate("10")).says(&[]).refuses("CVAT for images");
}
