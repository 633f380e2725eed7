//! Whisper: `openai-whisper`, `faster-whisper`, `whisper-timestamped` and `whisper.cpp`.
//!
//! Source: `{"segments":[{"start","end","text","words":[…]}],"language"}`, seconds as decimal numbers. They are taken
//! to the nanosecond as the digits say; ends are exclusive. A segment becomes a line of dialogue, its words keep their
//! times. `NaN`, which Whisper writes now and then, counts as missing. `whisper.cpp` writes
//! `{"transcription":[{"offsets":{"from","to"},"text"}],"result":{"language"}}`, whole milliseconds.

use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;
use rushes_types::known_types;

use crate::formats::json::{Document, list, millis, missing, seconds, text, text_of};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};

/// Where `whisper.cpp` has its segments.
const TRANSCRIPTION: &str = "transcription";

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let language = document.text("language");
    let count = document.rows(out, "segments", &mut |out, line, row| {
        let said = segment(out, line, row, language.as_deref());
        match said {
            Ok(Some(said)) => out.speech(line, said, text(row, "speaker")),
            Ok(None) => {
                out.skip();
                CONTINUE
            }
            Err(fault) => out.problem(line, fault),
        }
    })?;
    if count > 0 || document.has("segments") {
        return CONTINUE;
    }
    if !document.has(TRANSCRIPTION) {
        return document.nothing(out, "`segments`");
    }
    let language = document.text("result.language");
    document.rows(out, TRANSCRIPTION, &mut |out, line, row| match offsets(row) {
        Ok(said) if said.text.is_empty() => {
            out.skip();
            CONTINUE
        }
        Ok(said) => out.annotation(line, AnnotationDraft { language: language.clone(), ..said }),
        Err(fault) => out.problem(line, fault),
    })?;
    CONTINUE
}

/// The line of dialogue of a segment of `whisper.cpp`.
fn offsets(row: &Value) -> Result<AnnotationDraft, Fault> {
    let offsets = row.member("offsets").ok_or_else(|| missing("offsets"))?;
    Ok(AnnotationDraft {
        kind: known_types::DIALOGUE,
        start_ns: millis(offsets, "from")?.ok_or_else(|| missing("offsets.from"))?,
        end_ns: millis(offsets, "to")?.ok_or_else(|| missing("offsets.to"))?,
        text: text(row, "text").unwrap_or("").trim().to_owned(),
        ..AnnotationDraft::default()
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
