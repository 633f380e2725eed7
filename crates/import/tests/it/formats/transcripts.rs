//! Whisper, WhisperX, Transcribe, Speech-to-Text, Watson, RTTM.

use rushes_import::formats::{Format, Settings};
use serde_json::json;

use crate::formats::{got, plain};

#[test]
fn whisper_segments_keep_their_words() {
    let text = r#"{"text":"all","segments":[
 {"id":0,"seek":0,"start":0.1,"end":1.2000000000000002,"text":" Cast off.","avg_logprob":NaN,
  "words":[{"word":" Cast","start":0.1,"end":0.6,"probability":0.5},{"word":" off.","start":0.6,"end":1.2}]},
 {"start":2,"end":1,"text":"backward"},
 {"start":"x","end":1,"text":"wrong"},
 {"start":3.0,"end":3.0,"text":"  "},
 {"start":4,"end":5,"text":"Zwei","language":"German","confidence":0.25,"words":[{"text":"Zwei","start":null,"end":null}]}
],"language":"en"}"#;
    let got = plain(Format::Whisper, text)
        .says(&["DIALOGUE_SEARCH 100-1200 Cast off.", "DIALOGUE_SEARCH 4000-5000 Zwei"])
        .refuses("lies before the start")
        .refuses("`x` is not a number of seconds")
        .notes("numbers that are not finite")
        .notes("words without times stand in the text only: 1");
    assert_eq!(
        got.annotations[0]["words"],
        json!([{"text":"Cast","start_time_ns":100_000_000,"end_time_ns":600_000_000,"confidence":0.5},
            {"text":"off.","start_time_ns":600_000_000,"end_time_ns":1_200_000_000}])
    );
    assert_eq!(got.annotations[0]["language"], "en");
    assert_eq!(got.annotations[1]["language"], "de");
    assert_eq!(got.annotations[1]["confidence_score"], 0.25);
    assert_eq!(got.counts.skipped, 1);
    let cpp = r#"{"systeminfo":"x","result":{"language":"en"},"transcription":[
        {"timestamps":{"from":"00:00:00,000"},"offsets":{"from":0,"to":1500},"text":" Cast off."},{"offsets":{"from":1500},"text":"x"},
        {"offsets":{"from":1500,"to":1600},"text":" "}]}"#;
    assert_eq!(rushes_import::formats::sniff("x.json", cpp.as_bytes()), Some(Format::Whisper));
    let got =
        plain(Format::Whisper, cpp).says(&["DIALOGUE_SEARCH 0-1500 Cast off."]).refuses("field `offsets.to`");
    assert_eq!(got.annotations[0]["language"], "en");
    plain(Format::Whisper, "{\"a\":1}").refuses("the file has no `segments`");
    plain(Format::Whisper, "{\"segments\":[{\"start\":1,\"end\":2,\"text\":\"x\"}")
        .says(&["DIALOGUE_SEARCH 1000-2000 x"])
        .refuses("breaks off");
}

#[test]
fn whisperx_speakers_are_told() {
    let text = r#"{"segments":[{"start":0.5,"end":1.5,"text":"It is 5.","speaker":"SPEAKER_01",
      "words":[{"word":"It","start":0.5,"end":0.6,"score":0.9},{"word":"is","start":0.7,"end":0.8,"score":0.8},{"word":"5."}]}],
      "word_segments":[{"word":"It","start":0.5,"end":0.6}],"language":"en"}"#;
    let settings = Settings { characters: true, ..Settings::new("a") };
    let got = got(Format::WhisperX, "x", text.as_bytes(), &settings).clean();
    let got = got.says(&["DIALOGUE_SEARCH 500-1500 It is 5.", "CHARACTER_SEARCH 500-1500 SPEAKER_01"]);
    assert_eq!(got.annotations[0]["attributes"]["speaker"], "SPEAKER_01");
    assert_eq!(got.annotations[0]["words"].as_array().unwrap().len(), 2);
    assert_eq!(got.annotations[0]["model"], "whisperx@1");
}

#[test]
fn transcribe_items_become_sentences() {
    let item = |start: f64, word: &str| {
        json!({"type":"pronunciation","start_time":start.to_string(),"end_time":(start + 0.25).to_string(),
            "alternatives":[{"content":word,"confidence":"0.5"}]})
    };
    let mark = |mark: &str| json!({"type":"punctuation","alternatives":[{"content":mark,"confidence":null}]});
    let items = [
        item(0.5, "Cast"),
        mark(","),
        item(1.0, "off"),
        mark("!"),
        item(1.5, "Aye"),
        item(4.0, "Late"),
        json!({"type":"pronunciation","alternatives":[]}),
        item(4.5, "other"),
    ];
    let labels = json!({"segments":[{"items":[{"start_time":"4.5","speaker_label":"spk_1"}]}]});
    let file =
        json!({"jobName":"j","results":{"language_code":"en-US","items":items,"speaker_labels":labels}});
    let got = plain(Format::AwsTranscribe, &file.to_string())
        .says(&[
            "DIALOGUE_SEARCH 500-1250 Cast, off!",
            "DIALOGUE_SEARCH 1500-1750 Aye",
            "DIALOGUE_SEARCH 4000-4250 Late",
            "DIALOGUE_SEARCH 4500-4750 other",
        ])
        .refuses("field `start_time`: there is no value");
    assert_eq!(got.annotations[0]["words"][1]["confidence"], 0.5);
    assert_eq!(got.annotations[3]["attributes"]["speaker"], "spk_1");
    assert_eq!(got.annotations[0]["language"], "en-US");
    let call = json!({"LanguageCode":"en-US","Transcript":[{"Content":"Hi there","BeginOffsetMillis":40,"EndOffsetMillis":330,
        "ParticipantRole":"AGENT","Items":[{"Content":"Hi","BeginOffsetMillis":40,"EndOffsetMillis":100,"Confidence":1.0},
        {"Type":"punctuation","Content":","}]}]});
    let got =
        plain(Format::AwsTranscribe, &call.to_string()).clean().says(&["DIALOGUE_SEARCH 40-330 Hi there"]);
    assert_eq!(got.annotations[0]["attributes"]["speaker"], "AGENT");
}

#[test]
fn google_results_become_sentences_with_exact_times() {
    let text = r#"{"results":[{"alternatives":[{"transcript":"Cast off. Aye","confidence":0.75,"words":[
        {"startTime":{"seconds":"1","nanos":100000000},"endTime":{"seconds":"1","nanos":500000000},"word":"Cast"},
        {"startTime":"1.500s","endTime":"2s","word":"off."},
        {"startTime":"2s","endTime":"2.5s","word":"Aye"}]}],"languageCode":"en-us"},
        {"alternatives":[{"transcript":"no times"}]},{"alternatives":[]}]}"#;
    let got = plain(Format::GoogleSpeech, text)
        .says(&["DIALOGUE_SEARCH 1100-2000 Cast off.", "DIALOGUE_SEARCH 2000-2500 Aye"])
        .refuses("the transcript has no times");
    assert_eq!(got.annotations[0]["confidence_score"], 0.75);
    assert_eq!(got.counts.skipped, 1);
    // With speakers the last result says all again.
    let text = r#"{"results":[{"alternatives":[{"words":[{"endTime":"1s","word":"Hi"}]}]},
        {"alternatives":[{"words":[{"endTime":"1s","word":"Hi","speakerTag":1},{"startTime":"1s","endTime":"2s","word":"Ho","speakerTag":2}]}]}]}"#;
    let got = plain(Format::GoogleSpeech, text).clean();
    let got = got.says(&["DIALOGUE_SEARCH 0-1000 Hi", "DIALOGUE_SEARCH 1000-2000 Ho"]);
    assert_eq!(got.annotations[1]["attributes"]["speaker"], "2");
}

#[test]
fn watson_results_become_lines() {
    let result = json!({"final":true,"alternatives":[{"transcript":"cast %HESITATION off ","confidence":0.9,
        "timestamps":[["cast",1.25,1.5],["%HESITATION",1.5,1.75],["off",1.75,2.0]],
        "word_confidence":[["cast",0.5],["%HESITATION",0.1],["off",1]]}]});
    let interim = json!({"final":false,"alternatives":[{"transcript":"x","timestamps":[["x",0,1]]}]});
    let labels = json!([{"from":1.25,"to":1.5,"speaker":1}]);
    for file in [
        json!({"results":[result, interim],"speaker_labels":labels}),
        json!({"results":[{"result_index":0,"results":[result, interim],"speaker_labels":labels}]}),
    ] {
        let got =
            plain(Format::Watson, &file.to_string()).clean().says(&["DIALOGUE_SEARCH 1250-2000 cast off"]);
        assert_eq!(got.annotations[0]["words"].as_array().unwrap().len(), 2);
        assert_eq!(got.annotations[0]["words"][1]["confidence"], 1);
        assert_eq!(got.annotations[0]["attributes"]["speaker"], "speaker 1");
    }
}

#[test]
fn rttm_turns_become_characters() {
    let text = ";; a comment\nSPEAKER rec 1 34.27 10.12 <NA> <NA> FEE041 <NA> <NA>\nSPKR-INFO rec 1 <NA> <NA> <NA> unknown FEE041 <NA>\n\
        SPEAKER rec 1 x 1 <NA> <NA> A <NA> <NA>\nSPEAKER rec 1 1 -1 <NA> <NA> A <NA> <NA>\nSPEAKER rec 1 1\n\
        SPEAKER other 1 0.1 0.2 <NA> <NA> B 0.5 <NA>\n";
    let got = plain(Format::Rttm, text)
        .says(&["CHARACTER_SEARCH 34270-44390 FEE041", "CHARACTER_SEARCH 100-300 B"])
        .refuses("`x` is not a number of seconds")
        .refuses("the duration `-1` is negative")
        .refuses("has 4 fields")
        .notes("other kinds than SPEAKER are left out: 1")
        .notes("another recording");
    assert_eq!(got.annotations[1]["confidence_score"], 0.5);
    assert_eq!(got.annotations[1]["attributes"], json!({"recording":"other","channel":"1"}));
}
