//! Whisper: `openai-whisper`, `faster-whisper`, `whisper-timestamped`, `whisper.cpp`, the `transformers` pipeline, and
//! OpenAI's service.
//!
//! Source: `{"segments":[{"start","end","text","words":[…]}],"language"}`, seconds as decimal numbers. They are taken
//! to the nanosecond as the digits say; ends are exclusive. A segment becomes a line of dialogue, its words keep their
//! times. `NaN`, which Whisper writes now and then, counts as missing. `whisper.cpp` writes
//! `{"transcription":[{"offsets":{"from","to"},"text","tokens"}],"result":{"language"}}`, whole milliseconds: tokens are
//! joined to words. Without segments, `chunks` (`{"timestamp":[from,to],"text"}`) or `words` of the whole are read.

use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;
use rushes_types::known_types;

use crate::formats::json::{Document, list, missing, seconds, text, text_of};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};
use crate::formats::{whisper_cpp, whisper_words};

/// Members of a document that say nothing more, or are read.
const KNOWN: [&str; 12] = [
    "segments",
    "word_segments",
    "transcription",
    "result",
    "params",
    "model",
    "chunks",
    "words",
    "speakers",
    "speech_activity",
    "usage",
    "language_probs",
];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let language = document.text("language");
    let count = document.rows(out, "segments", &mut |out, line, row| {
        let said = segment(out, line, row, language.as_deref());
        match said {
            Ok(Some(said)) => out.speech(line, said, speaker_of(row)),
            Ok(None) => {
                out.skip(line, "segments without text are left out");
                CONTINUE
            }
            Err(fault) => out.problem(line, fault),
        }
    })?;
    document.name_unread(out, &KNOWN)?;
    if count > 0 {
        return CONTINUE;
    }
    if document.has(whisper_cpp::TRANSCRIPTION) {
        return whisper_cpp::read(&document, out);
    }
    if whisper_words::read(&document, out)? || document.has("segments") {
        return CONTINUE;
    }
    document.nothing(out, "`segments`")
}

/// Who speaks a segment, or most of its words.
fn speaker_of(row: &Value) -> Option<&str> {
    let own = text(row, "speaker");
    own.or_else(|| {
        let speakers: Vec<&str> =
            list(row, "words").iter().filter_map(|word| text(word, "speaker")).collect();
        let times = |speaker: &str| speakers.iter().filter(|other| **other == speaker).count();
        speakers.iter().rev().max_by_key(|speaker| times(speaker)).copied()
    })
}

/// The line of dialogue of a segment; `None` where nothing is said.
fn segment(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    row: &Value,
    language: Option<&str>,
) -> Result<Option<AnnotationDraft>, Fault> {
    let spoken = text(row, "text").unwrap_or("").trim().to_owned();
    if spoken.is_empty() {
        return Ok(None);
    }
    let words = words(out, line, list(row, "words"))?;
    let start_ns = seconds(row, "start")?.or_else(|| words.first().map(|word| word.start_ns));
    let end_ns = seconds(row, "end")?.or_else(|| words.last().map(|word| word.end_ns));
    let said = AnnotationDraft {
        kind: known_types::DIALOGUE,
        start_ns: start_ns.ok_or_else(|| missing("start"))?,
        end_ns: end_ns.ok_or_else(|| missing("end"))?,
        text: spoken,
        words,
        language: text(row, "language").or(language).map(str::to_owned),
        confidence: out.confidence(line, text(row, "confidence"), 0),
        ..AnnotationDraft::default()
    };
    Ok(Some(said))
}

/// The words that have times; aligners leave the times of others out.
fn words(out: &mut FormatOutput<'_, '_>, line: u64, items: &[Value]) -> Result<Vec<Word>, Fault> {
    let mut words = Vec::with_capacity(items.len());
    for item in items {
        let spoken = text_of(item, &["word", "text"]).unwrap_or("").trim().to_owned();
        match (seconds(item, "start")?, seconds(item, "end")?) {
            (Some(start_ns), Some(end_ns)) => {
                let confidence = text_of(item, &["confidence", "probability", "score"]);
                let confidence = out.confidence(line, confidence, 0);
                words.push(Word { text: spoken, start_ns, end_ns, confidence });
            }
            _ => out.tally(line, "words without times stand in the text only"),
        }
    }
    Ok(words)
}
