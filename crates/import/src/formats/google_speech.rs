//! Google Cloud Speech-to-Text, v1 and v2, also the answer of a v2 batch.
//!
//! Source: `{"results":[{"alternatives":[{"transcript","confidence","words":[{"word","startTime","endTime",
//! "speakerTag"}]}],"languageCode"}]}`, also under `response`; a batch has `results` by the name of the recording, each
//! with a `transcript` of such results. Times as `"3.500s"` or `{"seconds","nanos"}`, exact, zero where they are left
//! out; ends are exclusive. The best alternative's words become lines of dialogue by their punctuation, speakers and
//! pauses. Where v1 distinguished speakers, its last result repeats all words with them: the results that it repeats
//! are left out.

use std::collections::HashSet;
use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;

use crate::formats::json::{Document, duration, list_of, member_of, missing, text, text_of};
use crate::formats::limits::BIG_ROW_BYTES_MAX;
use crate::formats::out::{CONTINUE, Flow, FormatOutput, Word};
use crate::formats::sentences::Sentences;

const SPEAKER: [&str; 4] = ["speakerTag", "speaker_tag", "speakerLabel", "speaker_label"];
const START: [&str; 4] = ["startTime", "start_time", "startOffset", "start_offset"];
const END: [&str; 4] = ["endTime", "end_time", "endOffset", "end_offset"];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let alone = ["results[].alternatives", "response.results[].alternatives"];
    if let Some(path) = document.first_of(&alone) {
        let path = path.trim_end_matches("[].alternatives");
        let with_speakers = SPEAKER.iter().any(|name| document.mentions(&format!("\"{name}\"")));
        let mut told = Told::default();
        if with_speakers {
            document.lookup(path, &mut |row| tell_words(row, &mut told));
        }
        document.rows(out, path, &mut |out, line, row| {
            if is_repeated(row, &told) {
                out.skip(line, "results that the result with speakers repeats are left out");
                return CONTINUE;
            }
            transcription(out, line, row)
        })?;
        return CONTINUE;
    }
    match document.first_of(&["results", "response.results"]) {
        Some(path) => batch(&document, out, path),
        None => document.nothing(out, "`results`"),
    }
}

/// The answer of a batch: results by the name of the recording.
fn batch(document: &Document, out: &mut FormatOutput<'_, '_>, path: &str) -> Flow {
    let Some(Value::Object(recordings)) = document.value(path, BIG_ROW_BYTES_MAX) else {
        return document.nothing(out, "`alternatives` in its `results`");
    };
    if recordings.len() > 1 {
        let mend = "write the result of each recording to a file of its own";
        return out.problem(0, Fault::new("", "the file holds the results of several recordings", mend));
    }
    for (name, recording) in &recordings {
        let inline = member_of(recording, &["inlineResult", "inline_result"]).unwrap_or(recording);
        let transcript = inline.member("transcript").unwrap_or(inline);
        let results = list_of(transcript, &["results"]);
        if let Some(why) = recording.member("error").and_then(|error| text(error, "message")) {
            out.problem(
                0,
                Fault::new("", format!("the service could not read `{name}`: {why}"), "ask it again"),
            )?;
        } else if results.is_empty() {
            let why = format!("the results of `{name}` are not in the file");
            out.problem(0, Fault::new("", why, "give the file that `cloudStorageResult.uri` names"))?;
        }
        for row in results {
            out.row();
            transcription(out, 0, row)?;
        }
    }
    CONTINUE
}

fn best(row: &Value) -> Option<&Value> {
    list_of(row, &["alternatives"]).first()
}

fn words_of(row: &Value) -> &[Value] {
    best(row).map_or(&[][..], |best| list_of(best, &["words"]))
}

fn speaker_of(word: &Value) -> Option<&str> {
    text_of(word, &SPEAKER).filter(|tag| *tag != "0")
}

/// Words that have a speaker, with their starts, and all such words without.
#[derive(Default)]
struct Told {
    timed: HashSet<(i128, String)>,
    words: HashSet<String>,
}

fn key(word: &Value) -> (i128, String) {
    (duration(word, &START).unwrap_or(-1), text(word, "word").unwrap_or("").to_lowercase())
}

/// The words that have a speaker.
fn tell_words(row: &Value, told: &mut Told) {
    let keys = words_of(row).iter().filter(|word| speaker_of(word).is_some()).map(key);
    for (start_ns, word) in keys {
        told.words.insert(word.clone());
        told.timed.insert((start_ns, word));
    }
}

/// Has the row no speakers, and does all that it says stand elsewhere with one?
fn is_repeated(row: &Value, told: &Told) -> bool {
    let words = words_of(row);
    if told.words.is_empty() || words.iter().any(|word| speaker_of(word).is_some()) {
        return false;
    }
    if !words.is_empty() {
        return words.iter().all(|word| told.timed.contains(&key(word)));
    }
    let text = best(row).and_then(|best| text(best, "transcript")).unwrap_or("");
    text.split_whitespace().all(|word| told.words.contains(&word.to_lowercase()))
}

/// The lines of dialogue of one result; Video Intelligence writes the same.
pub(crate) fn transcription(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Flow {
    let Some(best) = best(row) else {
        out.skip(line, "results without a transcript are left out");
        return CONTINUE;
    };
    let words = list_of(best, &["words"]);
    if words.is_empty() {
        if text(best, "transcript").is_none() {
            out.skip(line, "results without a transcript are left out");
            return CONTINUE;
        }
        let mend = "ask the service for word times (`enableWordTimeOffsets`)";
        return out.problem(line, Fault::new("words", "the transcript has no times", mend));
    }
    let language = text_of(row, &["languageCode", "language_code"]).map(str::to_owned);
    let confidence = out.confidence(line, text(best, "confidence").filter(|c| *c != "0"), 0);
    let mut sentences = Sentences::new(language, confidence);
    for item in words {
        match word(item) {
            Ok(mut word) => {
                word.confidence = out.confidence(line, text(item, "confidence").filter(|c| *c != "0"), 0);
                sentences.word(out, line, word, speaker_of(item))?;
            }
            Err(fault) => out.problem(line, fault)?,
        }
    }
    sentences.end(out)
}

fn word(item: &Value) -> Result<Word, Fault> {
    Ok(Word {
        text: text(item, "word").ok_or_else(|| missing("word"))?.to_owned(),
        start_ns: duration(item, &START)?,
        end_ns: duration(item, &END)?,
        confidence: None,
    })
}
