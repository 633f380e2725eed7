//! Speechmatics, batch.
//!
//! Source: json-v2, `{"format","metadata","results":[{"type":"word","start_time","end_time","alternatives":[{"content",
//! "confidence","speaker","language"}],"is_eos","attaches_to","channel"}]}`; v1, `{"words":[{"name","time","duration",
//! "confidence"}],"speakers":[{"name","time","duration"}]}`. Seconds as decimal numbers, exact; ends are exclusive. Words
//! become lines of dialogue by their punctuation, speakers and pauses; sounds (`audio_events`) become `SOUND_SEARCH`.

use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;

use crate::formats::json::{Document, list, missing, seconds, text};
use crate::formats::kinds;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};
use crate::formats::sentences::Sentences;

/// A speaker whom the service could not tell.
const UNKNOWN: &str = "UU";
/// Members that are read, or say nothing of the words.
const KNOWN: [&str; 7] =
    ["results", "metadata", "job", "words", "speakers", "audio_events", "audio_event_summary"];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let language = document.text("metadata.transcription_config.language");
    let language = language.filter(|language| language != "auto");
    let mut sentences = Sentences::new(language, None);
    let sentences_ref = &mut sentences;
    if document.has("results") {
        document.rows(out, "results", &mut |out, line, row| result(out, line, row, sentences_ref))?;
    } else if document.has("words") {
        let speakers = speakers(&document);
        document.rows(out, "words", &mut |out, line, row| {
            first_version(out, line, row, &speakers, sentences_ref)
        })?;
    } else {
        return document.nothing(out, "`results`");
    }
    sentences.end(out)?;
    document.rows(out, "audio_events", &mut |out, line, row| match times(row) {
        Ok((start_ns, end_ns)) => {
            let label = text(row, "type").unwrap_or("sound");
            let mut said = AnnotationDraft::label(kinds::SOUND, label, start_ns, end_ns);
            said.confidence = out.confidence(line, text(row, "confidence"), 0);
            out.annotation(line, said)
        }
        Err(fault) => out.problem(line, fault),
    })?;
    document.name_unread(out, &KNOWN)
}

fn times(row: &Value) -> Result<(i128, i128), Fault> {
    let time = |name: &str| seconds(row, name)?.ok_or_else(|| missing(name));
    Ok((time("start_time")?, time("end_time")?))
}

fn result(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value, sentences: &mut Sentences) -> Flow {
    let Some(best) = list(row, "alternatives").first() else {
        out.skip(line, "results without a transcript are left out");
        return CONTINUE;
    };
    let content = text(best, "content").unwrap_or("");
    if text(row, "type") == Some("punctuation") && text(row, "attaches_to") != Some("none") {
        sentences.mark(out, content);
        return CONTINUE;
    }
    match times(row) {
        Ok((start_ns, end_ns)) => {
            sentences.speak(out, text(best, "language"))?;
            let confidence = out.confidence(line, text(best, "confidence"), 0);
            let word = Word { text: content.to_owned(), start_ns, end_ns, confidence };
            let speaker = text(best, "speaker").filter(|name| *name != UNKNOWN);
            sentences.word(out, line, word, speaker.or_else(|| text(row, "channel")))
        }
        Err(fault) => out.problem(line, fault),
    }
}

/// From when until when a speaker speaks, in the first version.
fn speakers(document: &Document) -> Vec<(i128, i128, String)> {
    let mut speakers = Vec::new();
    document.lookup("speakers", &mut |row| {
        let times = (seconds(row, "time"), seconds(row, "duration"));
        if let (Ok(Some(start)), Ok(Some(length)), Some(name)) = (times.0, times.1, text(row, "name")) {
            speakers.push((start, start + length, name.to_owned()));
        }
    });
    speakers
}

fn first_version(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    row: &Value,
    speakers: &[(i128, i128, String)],
    sentences: &mut Sentences,
) -> Flow {
    let name = text(row, "name").unwrap_or("");
    let time = |name: &str| seconds(row, name)?.ok_or_else(|| missing(name));
    let times = time("time").and_then(|start| Ok((start, start + time("duration")?)));
    match times {
        Ok(_) if name == "." => {
            sentences.mark(out, name);
            CONTINUE
        }
        Ok((start_ns, end_ns)) => {
            let confidence = out.confidence(line, text(row, "confidence").filter(|share| *share != "NaN"), 0);
            let of_time = speakers.iter().find(|(from, to, _)| (*from..*to).contains(&start_ns));
            let speaker = of_time.map(|(_, _, name)| name.as_str());
            sentences.word(out, line, Word { text: name.to_owned(), start_ns, end_ns, confidence }, speaker)
        }
        Err(fault) => out.problem(line, fault),
    }
}
