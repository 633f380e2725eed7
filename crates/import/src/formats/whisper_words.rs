//! Whisper without segments: the chunks of the `transformers` pipeline, and words of the whole text.

use std::ops::ControlFlow;

use crate::problem::Fault;
use crate::value::Value;
use rushes_types::known_types;

use crate::formats::json::{Document, list, own_text, seconds, seconds_ns, text, text_of};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};
use crate::formats::sentences::Sentences;

/// A chunk: its line, its times as far as they are written, its text, and who speaks.
struct Chunk {
    line: u64,
    start_ns: i128,
    end_ns: Option<i128>,
    text: String,
    speaker: Option<String>,
}

/// Reads what is there; false where there is neither.
pub(crate) fn read(document: &Document, out: &mut FormatOutput<'_, '_>) -> ControlFlow<(), bool> {
    // With speakers the same chunks stand in a list of their own.
    let with_speakers = document.has("speakers[].timestamp").then_some("speakers");
    if let Some(path) = with_speakers.or_else(|| document.has("chunks").then_some("chunks")) {
        chunks(document, out, path)?;
        return ControlFlow::Continue(true);
    }
    if !document.has("words") {
        return ControlFlow::Continue(false);
    }
    words(document, out)?;
    ControlFlow::Continue(true)
}

fn chunks(document: &Document, out: &mut FormatOutput<'_, '_>, path: &str) -> Flow {
    let mut chunks = Vec::new();
    let chunks_ref = &mut chunks;
    document.rows(out, path, &mut |out, line, row| match chunk(line, row) {
        Ok(chunk) => {
            out.take();
            chunks_ref.push(chunk);
            CONTINUE
        }
        Err(fault) => out.problem(line, fault),
    })?;
    let language = document.text("language");
    let starts: Vec<i128> = chunks.iter().map(|chunk| chunk.start_ns).collect();
    let are_words = chunks.len() > 1 && chunks.iter().all(|chunk| !chunk.text.trim().contains(' '));
    let mut sentences = Sentences::new(language.clone(), None);
    for (place, chunk) in chunks.into_iter().enumerate() {
        let end_ns = chunk.end_ns.or_else(|| starts.get(place + 1).copied()).unwrap_or_else(|| {
            out.tally(chunk.line, "texts whose end is not known are kept as points in time");
            chunk.start_ns
        });
        let (line, start_ns, speaker) = (chunk.line, chunk.start_ns, chunk.speaker.as_deref());
        if are_words {
            let word = Word { text: chunk.text.trim().to_owned(), start_ns, end_ns, confidence: None };
            sentences.word(out, line, word, speaker)?;
        } else if chunk.text.trim().is_empty() {
            out.skip(line, "segments without text are left out");
        } else {
            let (kind, text, language) = (known_types::DIALOGUE, chunk.text, language.clone());
            let said =
                AnnotationDraft { kind, start_ns, end_ns, text, language, ..AnnotationDraft::default() };
            out.speech(line, said, speaker)?;
        }
    }
    sentences.end(out)
}

fn chunk(line: u64, row: &Value) -> Result<Chunk, Fault> {
    let times = list(row, "timestamp");
    let time = |place: usize| {
        times.get(place).and_then(own_text).map(|text| seconds_ns("timestamp", text)).transpose()
    };
    let start_ns = time(0)?.ok_or_else(|| Fault::new("timestamp", "there is no start", "mend the row"))?;
    let text = text(row, "text").unwrap_or("").to_owned();
    let speaker = crate::formats::json::text(row, "speaker").map(str::to_owned);
    Ok(Chunk { line, start_ns, end_ns: time(1)?, text, speaker })
}

/// The words of the whole, which lack the marks that the text has.
fn words(document: &Document, out: &mut FormatOutput<'_, '_>) -> Flow {
    let whole = document.text("text").unwrap_or_default();
    let mut rest = whole.as_str();
    let mut sentences = Sentences::new(document.text("language"), None);
    let sentences_ref = &mut sentences;
    document.rows(out, "words", &mut |out, line, row| {
        let bare = text_of(row, &["word", "text"]).unwrap_or("").trim();
        let written = marked(&mut rest, bare);
        let times = seconds(row, "start").and_then(|start| Ok(start.zip(seconds(row, "end")?)));
        match times {
            Ok(Some((start_ns, end_ns))) => {
                let confidence =
                    out.confidence(line, text_of(row, &["confidence", "probability", "score"]), 0);
                let word = Word { text: written, start_ns, end_ns, confidence };
                sentences_ref.word(out, line, word, text(row, "speaker"))
            }
            Ok(None) => {
                sentences_ref.untimed(out, line, &written);
                CONTINUE
            }
            Err(fault) => out.problem(line, fault),
        }
    })?;
    sentences.end(out)
}

/// The word as the text has it, with its marks, where it stands next in `rest`, which is left after it.
fn marked(rest: &mut &str, word: &str) -> String {
    /// Farther on it is another word.
    const AHEAD: usize = 60;
    let near = rest.char_indices().nth(AHEAD).map_or(rest.len(), |(at, _)| at);
    let Some(at) = rest[..near].find(word).filter(|_| !word.is_empty()) else { return word.to_owned() };
    let end =
        rest[at + word.len()..].find(char::is_whitespace).map_or(rest.len(), |end| at + word.len() + end);
    let after = &rest[at + word.len()..end];
    // `Haul` is not the beginning of `Hauling`.
    if after.chars().any(char::is_alphanumeric) {
        *rest = &rest[at + word.len()..];
        return word.to_owned();
    }
    let start = rest[..at].rfind(char::is_whitespace).map_or(0, |space| space + 1);
    let start = if rest[start..at].chars().any(char::is_alphanumeric) { at } else { start };
    let whole = rest[start..end].to_owned();
    *rest = &rest[end..];
    whole
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn words_take_their_marks_from_the_text() {
        let mut rest = "Haul away. “Now”, it is. Done";
        let words = ["Haul", "away", "Now", "it's", "is", "Done"].map(|word| marked(&mut rest, word));
        assert_eq!(words, ["Haul", "away.", "“Now”,", "it's", "is.", "Done"]);
        let mut rest = "ééé";
        assert_eq!(marked(&mut rest, "é"), "é");
    }
}
