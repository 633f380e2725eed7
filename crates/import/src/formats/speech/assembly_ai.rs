//! AssemblyAI.
//!
//! Source: `{"status","language_code","words":[{"text","start","end","confidence","speaker"}],"utterances":[{…,"words"}]}`,
//! whole milliseconds, exact; ends are exclusive. Words become lines of dialogue by their punctuation, speakers and
//! pauses. Chapters become `TOPIC_SEARCH`, entities `KEYWORD_SEARCH`.

use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;

use crate::formats::json::{Document, millis, missing, text, text_of};
use crate::formats::kinds;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};
use crate::formats::sentences::Sentences;

/// Members that are read, or say nothing that the words do not.
const KNOWN: [&str; 7] =
    ["words", "segments", "utterances", "chapters", "entities", "word_boost", "speech_models"];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    if let Some(why) = document.text("error").filter(|_| !document.has("words[].text")) {
        let why = format!("the service could not transcribe: {why}");
        return out.problem(0, Fault::new("error", why, "ask it again"));
    }
    let mut sentences = Sentences::new(document.text("language_code"), None);
    let sentences_ref = &mut sentences;
    let each =
        &mut |out: &mut FormatOutput<'_, '_>, line: u64, row: &Value| word(out, line, row, sentences_ref);
    let count = document.rows(out, "words", each)?;
    if count == 0 && document.rows(out, "utterances[].words", each)? == 0 {
        document.nothing(out, "`words`")?;
    }
    sentences.end(out)?;
    document.rows(out, "chapters", &mut |out, line, row| {
        let label = text_of(row, &["headline", "gist"]).unwrap_or("chapter");
        stretch(out, line, row, kinds::TOPIC, label, text(row, "summary").unwrap_or(""))
    })?;
    document.rows(out, "entities", &mut |out, line, row| {
        stretch(out, line, row, kinds::KEYWORD, text(row, "text").unwrap_or(""), "")
    })?;
    document.name_unread(out, &KNOWN)
}

fn word(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value, sentences: &mut Sentences) -> Flow {
    let spoken = text(row, "text").unwrap_or("");
    match times(row) {
        Ok((start_ns, end_ns)) => {
            let confidence = out.confidence(line, text(row, "confidence"), 0);
            let word = Word { text: spoken.to_owned(), start_ns, end_ns, confidence };
            let speaker = text_of(row, &["speaker", "channel"]).map(|name| format!("speaker {name}"));
            sentences.word(out, line, word, speaker.as_deref())
        }
        Err(fault) => out.problem(line, fault),
    }
}

fn times(row: &Value) -> Result<(i128, i128), Fault> {
    let time = |name: &str| millis(row, name)?.ok_or_else(|| missing(name));
    Ok((time("start")?, time("end")?))
}

fn stretch(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    row: &Value,
    kind: &'static str,
    label: &str,
    summary: &str,
) -> Flow {
    let (start_ns, end_ns) = match times(row) {
        Ok(times) => times,
        Err(fault) => return out.problem(line, fault),
    };
    let mut said = AnnotationDraft::label(kind, label, start_ns, end_ns);
    said.text = summary.to_owned();
    if let Some(entity) = text(row, "entity_type") {
        said.attributes.text("entity", entity);
    }
    if label.is_empty() && summary.is_empty() {
        out.skip(line, "entities without a text are left out");
        return CONTINUE;
    }
    out.annotation(line, said)
}
