//! Google Cloud Speech-to-Text, v1 and v2.
//!
//! Source: `{"results":[{"alternatives":[{"transcript","confidence","words":[{"word","startTime","endTime",
//! "speakerTag"}]}],"languageCode"}]}`, also under `response`; times as `"3.500s"` or `{"seconds","nanos"}`, exact,
//! zero where they are left out; ends are exclusive. The best alternative's words become lines of dialogue by their
//! punctuation, speakers and pauses. Where speakers were distinguished, only the results with speakers are read: the
//! service repeats all words there.

use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;

use crate::formats::json::{Document, duration, list, missing, text, text_of};
use crate::formats::out::{CONTINUE, Flow, FormatOutput, Word};
use crate::formats::sentences::Sentences;

const SPEAKER: [&str; 4] = ["speakerTag", "speaker_tag", "speakerLabel", "speaker_label"];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let Some(path) = document.first_of(&["results", "response.results"]) else {
        return document.nothing(out, "`results`");
    };
    let with_speakers = SPEAKER.iter().any(|name| document.mentions(&format!("\"{name}\"")));
    document.rows(out, path, &mut |out, line, row| {
        if with_speakers && !has_speakers(row) {
            out.skip();
            return CONTINUE;
        }
        transcription(out, line, row)
    })?;
    CONTINUE
}

fn best(row: &Value) -> Option<&Value> {
    list(row, "alternatives").first()
}

fn has_speakers(row: &Value) -> bool {
    let words = best(row).map_or(&[][..], |best| list(best, "words"));
    words.iter().any(|word| text_of(word, &SPEAKER).is_some_and(|tag| tag != "0"))
}

/// The lines of dialogue of one result; Video Intelligence writes the same.
pub(crate) fn transcription(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Flow {
    let Some(best) = best(row) else {
        out.skip();
        return CONTINUE;
    };
    let words = list(best, "words");
    if words.is_empty() {
        if text(best, "transcript").is_none() {
            out.skip();
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
                let speaker = text_of(item, &SPEAKER).filter(|tag| *tag != "0");
                sentences.word(out, line, word, speaker)?;
            }
            Err(fault) => out.problem(line, fault)?,
        }
    }
    sentences.end(out)
}

fn word(item: &Value) -> Result<Word, Fault> {
    Ok(Word {
        text: text(item, "word").ok_or_else(|| missing("word"))?.to_owned(),
        start_ns: duration(item, &["startTime", "start_time", "startOffset", "start_offset"])?,
        end_ns: duration(item, &["endTime", "end_time", "endOffset", "end_offset"])?,
        confidence: None,
    })
}
