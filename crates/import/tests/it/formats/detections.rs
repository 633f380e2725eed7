//! What is seen: shots, labels, boxes, embeddings.

use rushes_import::formats::{Format, Settings};
use serde_json::json;

use crate::formats::{got, plain, with_rate};

const SCENES: &str = "Timecode List:,00:00:02.000\n\
    Scene Number,Start Frame,Start Timecode,Start Time (seconds),End Frame,End Timecode,End Time (seconds),Length (frames)\n\
    1,1,00:00:00.000,0.000,48,00:00:02.002,2.002,48\n2,49,00:00:02.002,2.002,96,00:00:04.004,4.004,48\n3,x,a,b,c,d,e,f\n";

#[test]
fn scenes_become_shots_by_seconds_or_exactly_by_frames() {
    plain(Format::PySceneDetect, SCENES)
        .says(&["SHOT 0-2002 -", "SHOT 2002-4004 -"])
        .refuses("`b` is not a number");
    let got = got(Format::PySceneDetect, "x", SCENES.as_bytes(), &with_rate("24000/1001"));
    let got = got.says(&["SHOT 0-2002 -", "SHOT 2002-4004 -"]).refuses("`x` is not a frame number");
    assert_eq!(got.annotations[1]["attributes"]["scene"], "2");
    plain(Format::PySceneDetect, "a,b\n1,2\n").refuses("there is no line of columns");
}

#[test]
fn rekognition_segments_are_milliseconds_or_frames() {
    let file = json!({"Segments":[
        {"Type":"SHOT","StartTimestampMillis":0,"EndTimestampMillis":9976,"StartFrameNumber":0,"EndFrameNumber":299,
         "ShotSegment":{"Index":0,"Confidence":50.0}},
        {"Type":"TECHNICAL_CUE","StartTimestampMillis":9976,"EndTimestampMillis":14981,"StartFrameNumber":299,
         "EndFrameNumber":449,"TechnicalCueSegment":{"Type":"EndCredits","Confidence":90.45}},
        {"Type":"OTHER","StartTimestampMillis":1,"EndTimestampMillis":2}]})
    .to_string();
    let by_ms = plain(Format::Rekognition, &file)
        .says(&["SHOT 0-9976 -", "TECHNICAL_CUE 9976-14981 EndCredits"])
        .refuses("neither a shot nor a technical cue");
    assert_eq!(by_ms.annotations[0]["confidence_score"], 0.5);
    assert_eq!(by_ms.annotations[1]["confidence_score"], 0.9045);
    let by_frame = got(Format::Rekognition, "x", file.as_bytes(), &with_rate("30000/1001"));
    let by_frame = by_frame.says(&["SHOT 0-10010 -", "TECHNICAL_CUE 9976.633334-14981.633334 EndCredits"]);
    assert_eq!(by_frame.annotations[1]["attributes"], json!({"start_frame":299,"end_frame":449}));
}

#[test]
fn rekognition_sightings_of_one_thing_are_joined() {
    let car = |at: u64, confidence: f64| {
        json!({"Timestamp":at,"Label":{"Name":"Car","Confidence":confidence,"Parents":[{"Name":"Vehicle"}],
            "Instances":[{"BoundingBox":{"Left":0.5,"Top":0.25,"Width":0.125,"Height":0.75}}]}})
    };
    let summed =
        json!({"StartTimestampMillis":225,"EndTimestampMillis":3578,"Label":{"Name":"Cup","Confidence":99}});
    let file = json!({"Labels":[car(0, 80.0), car(500, 90.0), car(1000, 70.0), car(5000, 60.0), summed,
        {"Label":{"Name":"Never"}}, {"Timestamp":1}]});
    let got = plain(Format::Rekognition, &file.to_string())
        .says(&["OBJECT_SEARCH 0-1000 Car", "OBJECT_SEARCH 225-3578 Cup", "OBJECT_SEARCH 5000-5000 Car"])
        .refuses("field `Timestamp`: there is no value");
    let first = &got.annotations[0];
    assert_eq!(first["confidence_score"], 0.9);
    assert_eq!(first["attributes"]["sightings"], 3);
    assert_eq!(first["attributes"]["parent"], "Vehicle");
    assert_eq!(first["attributes"]["boxes"][1], json!({"at_ns":500_000_000,"box":[0.5,0.25,0.125,0.75]}));
    assert_eq!(got.counts.points, 1);
}

#[test]
fn rekognition_people_text_and_moderation_have_their_types() {
    let file = json!({
        "Persons":[{"Timestamp":0,"Person":{"Index":7},"FaceMatches":[{"Similarity":98.5,"Face":{"FaceId":"f","ExternalImageId":"mara"}}]},
            {"Timestamp":0,"Person":{"Index":8}}],
        "Celebrities":[{"Timestamp":367,"Celebrity":{"Name":"Celeb A","Id":"x","Confidence":70}}],
        "Faces":[{"Timestamp":0,"Face":{"Confidence":99}},{"Timestamp":0,"Face":{"Confidence":98}}],
        "TextDetections":[{"Timestamp":967,"TextDetection":{"DetectedText":"Twinkle star","Type":"LINE","Confidence":99}},
            {"Timestamp":967,"TextDetection":{"DetectedText":"Twinkle","Type":"WORD","Confidence":99}}],
        "ModerationLabels":[{"Timestamp":0,"ModerationLabel":{"Name":"Smoking","ParentName":"Tobacco","Confidence":93}}]});
    let got = plain(Format::Rekognition, &file.to_string()).clean().says(&[
        "OBJECT_SEARCH 0-0 face",
        "CHARACTER_SEARCH 0-0 mara",
        "OBJECT_SEARCH 0-0 person",
        "CHARACTER_SEARCH 367-367 Celeb A",
        "TEXT_SEARCH 967-967 Twinkle star",
        "MODERATION_SEARCH 0-0 Smoking",
    ]);
    assert_eq!(got.counts.skipped, 1);
    plain(Format::Rekognition, "{}").refuses("the file has no `Segments`");
}

#[test]
fn video_indexer_insights_become_annotations_in_media_time() {
    let at = |start: &str, end: &str| json!([{"adjustedStart":"9:00:00","adjustedEnd":"9:00:01","start":start,"end":end}]);
    let insights = json!({"language":"en-US","speakers":[{"id":1,"name":"Mara"}],
        "transcript":[{"id":1,"text":"Cast off","confidence":0.5,"speakerId":1,"instances":at("0:00:05.75","0:00:07.01")}],
        "ocr":[{"id":1,"text":"EXIT","left":9,"top":3,"width":80,"height":23,"instances":at("0:00:45.5","0:00:46")}],
        "faces":[{"id":9,"name":"Emily","thumbnails":[{"instances":at("0:00:00","0:00:00.033")}]}],
        "labels":[{"id":1,"name":"person","instances":[{"confidence":0.25,"start":"0:00:00","end":"0:00:26.667"},{"start":"x","end":"0:00:01"}]}],
        "scenes":[{"id":1,"instances":at("0:00:00","0:00:09.1333333")}],
        "shots":[{"id":1,"tags":["Wide","Medium"],"instances":at("0:00:00","0:00:01.2")}],
        "topics":[{"id":1,"name":"Ships"}],
        "clapperboards":[{"id":1,"fields":[{"title":"roll","content":"1"}],"instances":at("0:00:01","0:00:02")}]});
    let whole = json!({"accountId":"x","summarizedInsights":{"labels":[{"name":"no"}]},"videos":[{"insights":insights}]});
    for file in [whole, json!({"insights":insights}), insights.clone()] {
        let got = plain(Format::VideoIndexer, &file.to_string())
            .says(&[
                "DIALOGUE_SEARCH 5750-7010 Cast off",
                "TEXT_SEARCH 45500-46000 EXIT",
                "CHARACTER_SEARCH 0-33 Emily",
                "OBJECT_SEARCH 0-26667 person",
                "SCENE 0-9133.3333 scene",
                "SHOT 0-1200 -",
                "TECHNICAL_CUE 1000-2000 clapperboard",
            ])
            .refuses("`x` is not of the form")
            .notes("insights without instances");
        assert_eq!(got.annotations[0]["attributes"]["speaker"], "Mara");
        assert_eq!(got.annotations[1]["attributes"]["box"], json!([9, 3, 80, 23]));
        assert_eq!(got.annotations[3]["confidence_score"], 0.25);
        assert_eq!(got.annotations[5]["attributes"]["tags"], "Wide, Medium");
        assert_eq!(got.annotations[6]["attributes"]["slate_roll"], "1");
    }
}

#[test]
fn google_video_ends_are_inclusive_where_the_rate_is_known() {
    let camel = r#"{"response":{"annotationResults":[{
      "shotAnnotations":[{"endTimeOffset":"5.166683s"},{"startTimeOffset":"5.208333s","endTimeOffset":"6.25s"}],
      "segmentLabelAnnotations":[{"entity":{"description":"ship"},"categoryEntities":[{"description":"vehicle"}],
        "segments":[{"segment":{"endTimeOffset":"2s"},"confidence":0.5}]}],
      "frameLabelAnnotations":[{"entity":{"description":"sea"},"frames":[{"confidence":0.2},{"timeOffset":"1s","confidence":0.4},{"timeOffset":"3s"}]}],
      "objectAnnotations":[{"entity":{"description":"boat"},"confidence":0.75,"trackId":"1","segment":{"startTimeOffset":"1s","endTimeOffset":"2s"},
        "frames":[{"normalizedBoundingBox":{"left":0.25,"top":0.5,"right":0.75,"bottom":1},"timeOffset":"1s"},
                  {"normalizedBoundingBox":{"right":0.5,"bottom":0.5},"timeOffset":"1.1s"}]}],
      "textAnnotations":[{"text":"EXIT","segments":[{"segment":{"startTimeOffset":"1s","endTimeOffset":"2s"},"confidence":1}]}],
      "faceDetectionAnnotations":[{"tracks":[{"segment":{"startTimeOffset":"1s","endTimeOffset":"2s"},"confidence":0.5}]}],
      "celebrityRecognitionAnnotations":{"celebrityTracks":[{"celebrities":[{"celebrity":{"displayName":"A"},"confidence":0.5}],
         "faceTrack":{"segment":{"startTimeOffset":"1s","endTimeOffset":"2s"}}}]},
      "speechTranscriptions":[{"languageCode":"en","alternatives":[{"transcript":"Hi.","words":[{"startTime":"1s","endTime":"1.5s","word":"Hi."}]}]}]
    }]}}"#;
    let expect = [
        "SHOT 0-5166.683 -",
        "SHOT 5208.333-6250 -",
        "OBJECT_SEARCH 0-2000 ship",
        "OBJECT_SEARCH 0-1000 sea",
        "OBJECT_SEARCH 3000-3000 sea",
        "OBJECT_SEARCH 1000-2000 boat",
        "TEXT_SEARCH 1000-2000 EXIT",
        "OBJECT_SEARCH 1000-2000 face",
        "DIALOGUE_SEARCH 1000-1500 Hi.",
        "CHARACTER_SEARCH 1000-2000 A",
    ];
    let got1 = plain(Format::GoogleVideo, camel).clean().says(&expect);
    let boxes = &got1.annotations[5]["attributes"]["boxes"];
    assert_eq!(boxes[0]["box"], json!([0.25, 0.5, 0.5, 0.5]));
    assert_eq!(boxes[1], json!({"at_ns":1_100_000_000_i64,"box":[0,0,0.5,0.5]}));
    let snake = camel
        .replace("annotationResults", "annotation_results")
        .replace("shotAnnotations", "shot_annotations")
        .replace("TimeOffset", "_time_offset")
        .replace("\"timeOffset", "\"time_offset");
    plain(Format::GoogleVideo, &snake).clean().says(&expect);
    let got2 = got(Format::GoogleVideo, "x", camel.as_bytes(), &with_rate("24")).clean();
    assert_eq!(got2.lines()[0], "SHOT 0-5208.333334 -");
    assert_eq!(got2.lines()[2], "OBJECT_SEARCH 0-2041.666667 ship");
    plain(Format::GoogleVideo, "{\"annotationResults\":[]}").refuses("the file has no `annotationResults`");
}

#[test]
fn cvat_tracks_last_until_they_are_outside() {
    let b = |frame: u64, outside: u8, key: u8| {
        format!(
            "<box frame=\"{frame}\" outside=\"{outside}\" occluded=\"0\" keyframe=\"{key}\" xtl=\"1.00\" ytl=\"2.50\" xbr=\"11.00\" ybr=\"4.00\" z_order=\"0\"><attribute name=\"colour\">red</attribute></box>"
        )
    };
    let file = format!(
        "<?xml version=\"1.0\"?><annotations><version>1.1</version><meta><task><stop_frame>19</stop_frame><frame_filter>step=3</frame_filter></task></meta>\
         <track id=\"0\" label=\"boat\" source=\"manual\">{}{}{}{}</track>\n<track id=\"1\" label=\"gull\"><points frame=\"4\" outside=\"0\" points=\"1,2\"/></track>\
         <track id=\"2\" label=\"x\"><box frame=\"no\"/></track></annotations>",
        b(1, 0, 1),
        b(4, 0, 0),
        b(7, 1, 1),
        b(19, 0, 1)
    );
    let got = got(Format::Cvat, "x", file.as_bytes(), &with_rate("10"))
        .says(&["OBJECT_SEARCH 100-700 boat", "OBJECT_SEARCH 1900-2000 boat", "OBJECT_SEARCH 400-700 gull"])
        .refuses("x:2: row 6: field `frame`: `no` is not a frame number");
    assert_eq!(
        got.annotations[0]["attributes"],
        json!({"track":"0","source":"manual","cvat_colour":"red","sightings":2,"boxes":[{"at_ns":100_000_000,"box":[1,2.5,10,1.5]}]})
    );
    assert_eq!(got.annotations[2]["attributes"]["shape"], "points");
    plain(Format::Cvat, &file).says(&[]).refuses("--fps");
    let images = "<annotations><image id=\"0\"><box label=\"a\"/></image></annotations>";
    crate::formats::got(Format::Cvat, "x", images.as_bytes(), &with_rate("10")).refuses("CVAT for images");
}

#[test]
fn mot_tracks_are_joined_and_detections_are_not() {
    let file = "1,1,10,20.5,30,40,1,-1,-1,-1\n2,1,10,20,30,40,1,-1,-1,-1\n1,2,1,2,3,4,0,-1,-1,-1\n4,1,10,20,30,40,1,-1,-1,-1\n\
        1,-1,1,2,3,4,0.5,-1,-1,-1\n2,-1,1,2,3,4,48.2,-1,-1,-1\n0,1,1,2,3,4,1,-1,-1,-1\n1,1\n5,3,a,2,3,4,1,-1,-1,-1\n7,9,1,2,3,4,1,3,0.5\n";
    let got = got(Format::Mot, "x", file.as_bytes(), &with_rate("10"))
        .says(&[
            "OBJECT_SEARCH 0-200 person",
            "OBJECT_SEARCH 0-100 person",
            "OBJECT_SEARCH 100-200 person",
            "OBJECT_SEARCH 300-400 person",
            "OBJECT_SEARCH 600-700 car",
        ])
        .refuses("frames count from 1")
        .refuses("has 2 fields")
        .refuses("a side of the box is not a number");
    assert_eq!(got.annotations[0]["attributes"]["boxes"][0]["box"], json!([10, 20.5, 30, 40]));
    assert_eq!(got.annotations[1]["confidence_score"], 0.5);
    assert_eq!(got.annotations[2].get("confidence_score"), None);
    assert_eq!(got.counts.skipped, 1);
    plain(Format::Mot, file).says(&[]).refuses("--fps");
}

/// A `.npy` file of these bytes.
pub fn npy(kind: &str, rows: usize, dimensions: usize, data: &[u8]) -> Vec<u8> {
    let header =
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({rows}, {dimensions}), }}\n");
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend_from_slice(&u16::try_from(header.len()).unwrap().to_le_bytes());
    file.extend_from_slice(header.as_bytes());
    file.extend_from_slice(data);
    file
}

#[test]
fn matrices_become_vectors_on_their_grid() {
    let f32s: Vec<u8> =
        [0.5f32, -1.0, 0.25, f32::NAN, 1e-20, 3.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let file = npy("<f4", 3, 2, &f32s);
    let settings = Settings { step_ns: Some(500_000_000), offset_ns: 1_000_000_000, ..Settings::new("a") };
    let got1 = got(Format::Npy, "x", &file, &settings)
        .says(&["SCENE_SEARCH 1000-1500 -", "SCENE_SEARCH 2000-2500 -"])
        .refuses("number 2 of the row is not finite");
    assert_eq!(got1.annotations[0]["embedding_vector"], json!([0.5, -1]));
    assert_eq!(got1.annotations[1]["embedding_vector"][0].as_f64().map(|x| x as f32), Some(1e-20f32));
    let f64s: Vec<u8> = [0.1f64, 2.0].iter().flat_map(|x| x.to_be_bytes()).collect();
    let got2 = got(Format::Npy, "x", &npy(">f8", 2, 1, &f64s), &with_rate("24000/1001")).clean();
    assert_eq!(got2.lines(), ["SCENE_SEARCH 0-41.708334 -", "SCENE_SEARCH 41.708334-83.416667 -"]);
    assert_eq!(got2.annotations[0]["embedding_vector"], json!([0.1]));
    got(Format::Npy, "x", &npy("<f2", 1, 2, &[0, 0x3c, 0, 0xc0]), &settings)
        .clean()
        .says(&["SCENE_SEARCH 1000-1500 -"]);
    got(Format::Npy, "x", &npy("<f2", 2, 1, &[0, 0x3c]), &settings).refuses("ends in row 2 of 2");
    got(Format::Npy, "x", &npy("<f2", 1, 1, &[0, 0x3c, 1]), &settings).refuses("longer than its shape says");
    got(Format::Npy, "x", &file, &Settings::new("a")).says(&[]).refuses("--step");
    got(Format::Npy, "x", b"nonsense that is long enough", &settings).refuses("not a NumPy array");
}
