//! Other tools' files: every format of the importer by its name, guessing it, catalogues, and mappings.

use std::ops::ControlFlow;

use rushes_import::Mapping;
use rushes_import::formats::{Format, Item, Settings};
use rushes_types::FrameRate;

use crate::Target;

pub fn targets() -> Vec<Target> {
    let all = Format::ALL.iter().copied();
    let mut targets: Vec<Target> = all
        .map(|format| {
            // The first byte of an input chooses what is known of the file.
            let seeds =
                seed(format.name()).into_iter().flat_map(|text| [0, 0xff].map(|choice| with(choice, &text)));
            Target::new(format.name(), move |data| read(format, data), seeds.collect())
        })
        .collect();
    let seeds = || Format::ALL.iter().flat_map(|format| seed(format.name())).collect();
    targets.push(Target::new("sniff", sniff, seeds()));
    let table =
        "asset_id,title,movie_id,season,episode,frame_rate,start_timecode\na,A,m,1,2,25,10:00:00:00\n";
    let json = r#"[{"asset_id":"a","movie_id":"m","season":1,"frame_rate":"30000/1001"}]"#;
    let seeds = [table, json, "asset_id\ttitle\na\tb\n"].map(|text| text.as_bytes().to_vec()).to_vec();
    targets.push(Target::new("catalogue", catalogue, seeds));
    targets.push(Target::new("mapping", mapping, mapping_seeds()));
    targets
}

fn with(choice: u8, text: &[u8]) -> Vec<u8> {
    [&[choice], text].concat()
}

fn read(format: Format, data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let given = |bit: u8| choice & (1 << bit) != 0;
    let settings = Settings {
        frame_rate: given(0).then(|| FrameRate::parse("30000/1001").expect("a rate")),
        start_timecode: given(1).then(|| "10:00:00:00".to_owned()),
        offset_ns: if given(2) { -1_000_000_000 } else { 0 },
        step_ns: given(3).then_some(500_000_000),
        characters: given(4),
        ..Settings::new("a")
    };
    let (mut annotations, mut problems) = (0, 0);
    let counts = rushes_import::formats::read(format, "x", bytes, &settings, &mut |item| {
        match item {
            Item::Annotation(line) => {
                annotations += 1;
                let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
                let range = &line["time_range"];
                let (start, end) = (range["start_time_ns"].as_i64(), range["end_time_ns"].as_i64());
                assert!(start.is_some_and(|start| start >= 0) && start <= end, "{line}");
            }
            Item::Problem(_) => problems += 1,
            Item::Asset(_) | Item::Note(_) => {}
        }
        ControlFlow::Continue(())
    });
    assert_eq!((counts.annotations, counts.problems), (annotations, problems));
}

fn sniff(data: &[u8]) {
    for name in ["x", "x.srt", "x.vtt.gz", "det.txt"] {
        let _ = rushes_import::formats::sniff(name, data);
    }
    let _ = rushes_import::formats::split_stem(&String::from_utf8_lossy(data));
}

fn catalogue(data: &[u8]) {
    for name in ["x", "x.csv", "x.json", "x.tsv"] {
        rushes_import::formats::catalogue(name, data, &mut |_| ControlFlow::Continue(()));
    }
}

/// Up to a line of `---` a mapping, then a file that is read by it.
fn mapping(data: &[u8]) {
    let cut = data.windows(4).position(|four| four == b"---\n");
    let (mapping, file) = cut.map_or((data, &[][..]), |at| (&data[..at], &data[at + 4..]));
    let Ok(mapping) = Mapping::parse(&String::from_utf8_lossy(mapping)) else { return };
    for name in ["x.csv", "x.json", "x.jsonl"] {
        if let Ok(source) = mapping.source_file(0, name) {
            let _ = mapping.import().read(&source, file, &mut |_| ControlFlow::Continue(()));
        }
    }
}

fn mapping_seeds() -> Vec<Vec<u8>> {
    let table = "[[source]]\nfiles='*'\nasset_id='{file}'\nmodel='m@1'\ntype='T'\nstart='{s}'\nduration='{d}'\nlabel='{l}'\n\
                 confidence='{c}'\n---\ns,d,l,c\n1.5,2,Mara,0.5\n3,1,Otto,1\n";
    let json = "[[source]]\nfiles='*'\nasset_id='a'\nmodel='m@1'\ntype='T'\nstart='{a.b|s}'\nend='{e}'\nrows='r[].q'\n\
                embedding='v'\ntime='ms'\nattributes={j='{j:json}',n='{n:number}'}\n[source.words]\nlist='w'\ntext='{t}'\n---\n\
                {\"r\":[{\"q\":[{\"a\":{\"b\":1},\"e\":2,\"v\":[1,2],\"j\":{\"x\":[1]},\"n\":4,\"w\":[{\"t\":\"hi\",\"s\":1,\"e\":2}]}]}]}";
    [table, json].map(|text| text.as_bytes().to_vec()).to_vec()
}

/// Small sound files of a format; none for one that is not known here yet: it begins with nothing.
fn seed(format: &str) -> Vec<Vec<u8>> {
    let text = match format {
        "srt" => {
            "1\n00:00:01,000 --> 00:00:02,000\n<i>Hi</i> there\n\n2\n00:00:03,000 --> 00:00:04,000\nHo\n"
        }
        "webvtt" => {
            "WEBVTT\nLanguage: en\n\nNOTE x\n\na\n00:01.000 --> 00:02.000 line:1\n<v Mara>Hi &amp; ho</v>\n"
        }
        "ttml" => {
            "<tt xml:lang=\"en\" ttp:frameRate=\"25\"><body begin=\"1s\"><div><p begin=\"1s\" dur=\"10f\">A<br/>b</p><p><span \
             begin=\"1t\" end=\"00:00:02:01\">c</span></p></div></body></tt>"
        }
        "whisper" => {
            r#"{"text":"Hi","segments":[{"seek":0,"start":0.5,"end":1.5,"text":" Hi","words":[{"word":"Hi","start":0.5,"end":1e0,"probability":0.5}]}],"language":"en"}"#
        }
        "whisperx" => {
            r#"{"segments":[{"start":0.5,"end":1.5,"text":"Hi","speaker":"S","words":[{"word":"Hi","score":0.5}]}]}"#
        }
        "aws-transcribe" => {
            r#"{"jobName":"j","results":{"items":[{"type":"pronunciation","start_time":"0.5","end_time":"1","alternatives":[{"content":"Hi","confidence":"1.0"}]},{"type":"punctuation","alternatives":[{"content":"."}]}]}}"#
        }
        "google-speech" => {
            r#"{"results":[{"alternatives":[{"transcript":"Hi","words":[{"startTime":"1.5s","endTime":{"seconds":"2","nanos":5},"word":"Hi","speakerTag":1}]}]}]}"#
        }
        "watson" => {
            r#"{"result_index":0,"results":[{"final":true,"alternatives":[{"transcript":"hi","timestamps":[["hi",1,2.5]],"word_confidence":[["hi",0.5]]}]}],"speaker_labels":[{"from":1,"speaker":2}]}"#
        }
        "rttm" => "SPEAKER a 1 0.5 1.25 <NA> <NA> B 0.5 <NA>\n",
        "pyscenedetect" => {
            "Scene Number,Start Frame,Start Time (seconds),End Frame,End Time (seconds)\n1,1,0.0,25,1.0\n"
        }
        "rekognition" => {
            r#"{"Labels":[{"Timestamp":5,"Label":{"Name":"Car","Confidence":99.5,"Instances":[{"BoundingBox":{"Left":0.1,"Top":0,"Width":1,"Height":1}}]}}],"Segments":[{"StartTimestampMillis":1,"EndTimestampMillis":2,"StartFrameNumber":1,"EndFrameNumber":2,"ShotSegment":{"Confidence":1}}]}"#
        }
        "video-indexer" => {
            r#"{"insights":{"labels":[{"name":"x","instances":[{"start":"0:00:01.5","end":"0:00:02","confidence":0.5}]}],"ocr":[{"text":"A","left":1,"top":2,"width":3,"height":4,"instances":[{"start":"0:00:01","end":"0:00:02"}]}]}}"#
        }
        "google-video" => {
            r#"{"annotationResults":[{"shotAnnotations":[{"startTimeOffset":"1.5s","endTimeOffset":"2s"}],"objectAnnotations":[{"entity":{"description":"x"},"segment":{"endTimeOffset":"2s"},"frames":[{"normalizedBoundingBox":{"right":0.5},"timeOffset":"1s"}]}]}]}"#
        }
        "cvat" => {
            "<annotations><version>1.1</version><track id=\"0\" label=\"x\"><box frame=\"0\" outside=\"0\" xtl=\"1\" ytl=\"2\" \
             xbr=\"3\" ybr=\"4\"><attribute name=\"a\">b</attribute></box><box frame=\"9\" outside=\"1\"/></track></annotations>"
        }
        "mot" => "1,1,1.5,2,3,4,1,-1,-1,-1\n2,1,1,2,3,4,1,-1,-1,-1\n",
        "npy" => return vec![npy()],
        _ => return Vec::new(),
    };
    vec![text.as_bytes().to_vec()]
}

/// Two vectors of two numbers.
fn npy() -> Vec<u8> {
    let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
    let head = format!("{head:<117}\n");
    let length = u16::try_from(head.len()).unwrap_or_default().to_le_bytes();
    let numbers: Vec<u8> = [0.5_f32, 1.0, -1.0, 2.0].iter().flat_map(|number| number.to_le_bytes()).collect();
    [b"\x93NUMPY\x01\0", &length[..], head.as_bytes(), &numbers].concat()
}
