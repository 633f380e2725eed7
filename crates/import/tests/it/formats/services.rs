//! Transcripts of speech services, on samples that we made in the shape that each service answers in.

use rushes_import::formats::{Format, Settings};
use serde_json::json;

use crate::formats::seeds::seeds;
use crate::formats::{Got, got, plain};

fn seed(format: Format) -> Got {
    let (_, bytes) = seeds().into_iter().find(|(of, _)| *of == format).unwrap();
    got(format, "x", &bytes, &Settings::new("a")).clean()
}

#[test]
fn words_of_every_service_become_lines_with_speakers() {
    for (format, lines, speaker, words) in [
        (Format::Deepgram, vec!["DIALOGUE_SEARCH 1070-1500 Cast off."], "speaker 0", 2),
        (
            Format::AssemblyAi,
            vec!["DIALOGUE_SEARCH 250-650 Aye.", "TOPIC_SEARCH 0-9000 Leaving"],
            "speaker A",
            1,
        ),
        (Format::RevAi, vec!["DIALOGUE_SEARCH 500-1200 Cast off."], "speaker 0", 2),
        (Format::Speechmatics, vec!["DIALOGUE_SEARCH 500-900 Aye."], "S1", 1),
        (Format::AzureSpeech, vec!["DIALOGUE_SEARCH 1000-1500 Aye."], "speaker 1", 1),
        (
            Format::ElevenLabs,
            vec!["SOUND_SEARCH 1000-1500 laughs", "DIALOGUE_SEARCH 500-900 Aye."],
            "speaker_0",
            1,
        ),
        (Format::PremiereTranscript, vec!["DIALOGUE_SEARCH 500-1000 Aye."], "Mara", 1),
    ] {
        let got = seed(format).says(&lines);
        let line = got.annotations.iter().find(|line| line["type"] == "DIALOGUE_SEARCH").unwrap();
        assert_eq!(line["attributes"]["speaker"], speaker, "{}", format.name());
        assert_eq!(line["words"].as_array().unwrap().len(), words, "{}", format.name());
        assert_eq!(line["model"], format!("{}@1", format.name()));
    }
}

#[test]
fn deepgram_by_channels_and_by_utterances() {
    let text = r#"{"results":{"channels":[
      {"alternatives":[{"transcript":"Ja.","words":[{"word":"ja","punctuated_word":"Ja.","start":1,"end":2}]}],"detected_language":"de"},
      {"alternatives":[{"transcript":"No.","words":[{"word":"no","punctuated_word":"No.","start":2,"end":3},{"word":"lost"}]}]}]}}"#;
    let got = plain(Format::Deepgram, text)
        .clean()
        .says(&["DIALOGUE_SEARCH 1000-2000 Ja.", "DIALOGUE_SEARCH 2000-3000 No. lost"])
        .notes("words without times stand in the text only: 1");
    assert_eq!(got.annotations[0]["language"], "de");
    assert_eq!(got.annotations[1]["attributes"]["speaker"], "channel 2");
    let text = r#"{"results":{"channels":[{"alternatives":[{"transcript":"Aye","words":[]}]}],
      "utterances":[{"start":1,"end":2,"transcript":"Aye","speaker":3}]}}"#;
    plain(Format::Deepgram, text).clean().says(&["DIALOGUE_SEARCH 1000-2000 Aye"]);
    let text = r#"{"results":{"channels":[{"alternatives":[{"transcript":"Aye","words":[]}]}]}}"#;
    plain(Format::Deepgram, text).says(&[]).refuses("the transcript has no times");
    plain(Format::Deepgram, r#"{"results":{"channels":[{"alternatives":[]}]}}"#)
        .says(&[])
        .refuses("nothing is taken");
}

#[test]
fn what_a_service_could_not_do_is_said() {
    plain(Format::AssemblyAi, r#"{"status":"error","error":"too quiet","audio_url":"u"}"#)
        .refuses("too quiet");
    plain(Format::RevAi, r#"{"monologues":[]}"#).refuses("no `monologues`");
    plain(Format::AzureSpeech, r#"{"recognizedPhrases":[{"recognitionStatus":"NoMatch"}]}"#)
        .refuses("nothing is taken")
        .notes("phrases that were not recognised");
    plain(Format::ElevenLabs, r#"{"language_code":"eng"}"#).refuses("the file has no `words`");
    let text = r#"{"monologues":[{"speaker":1,"elements":[{"type":"text","value":"lost"}]},
      {"speaker":2,"elements":[{"type":"text","value":"Aye","ts":"x","end_ts":1},{"type":"text","value":"No","ts":1,"end_ts":2}]}],
      "speakers":[{"id":2,"name":"Otto"}]}"#;
    let got = plain(Format::RevAi, text)
        .says(&["DIALOGUE_SEARCH 1000-2000 No"])
        .refuses("`x` is not a number of seconds")
        .notes("words without any time beside them are left out: 1");
    assert_eq!(got.annotations[0]["attributes"]["speaker"], "Otto");
}

#[test]
fn first_versions_and_fast_ones_are_read_too() {
    let text = r#"{"job":{"id":1},"speakers":[{"name":"M1","time":"0.0","duration":"2.0"}],"words":[{"name":"Aye","time":"0.5","duration":"0.25","confidence":"0.9"},
      {"name":".","time":"0.75","duration":"0","confidence":null}]}"#;
    let got = plain(Format::Speechmatics, text).clean().says(&["DIALOGUE_SEARCH 500-750 Aye."]);
    assert_eq!(got.annotations[0]["attributes"]["speaker"], "M1");
    let text = r#"{"durationMilliseconds":900,"combinedPhrases":[{"text":"Aye."}],"phrases":[{"offsetMilliseconds":100,"durationMilliseconds":400,"text":"Aye.",
      "words":[{"text":"Aye.","offsetMilliseconds":100,"durationMilliseconds":400}],"locale":"en-GB","confidence":0.9}]}"#;
    let got = plain(Format::AzureSpeech, text).clean().says(&["DIALOGUE_SEARCH 100-500 Aye."]);
    assert_eq!(got.annotations[0]["language"], "en-GB");
    assert_eq!(
        got.annotations[0]["words"],
        json!([{"text":"Aye.","start_time_ns":100_000_000,"end_time_ns":500_000_000}])
    );
}
