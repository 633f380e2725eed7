//! Amazon Transcribe, and its Call Analytics.
//!
//! Source: `{"results":{"items":[{"type","start_time","end_time","alternatives":[{"content","confidence"}],
//! "speaker_label"}],"speaker_labels",…}}`, seconds as text, exact; Call Analytics: `{"Transcript":[{"Content",
//! "BeginOffsetMillis","EndOffsetMillis","ParticipantRole","Items"}]}`, whole milliseconds. Ends are exclusive. Items
//! become lines of dialogue by their punctuation, speakers and pauses; turns of Call Analytics are lines as they are.

use std::collections::HashMap;
use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;
use rushes_types::known_types;

use crate::formats::json::{Document, list, millis, missing, seconds, text, text_of};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};
use crate::formats::sentences::Sentences;

const ITEMS: &str = "results.items";
const TURNS: &str = "Transcript";

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    match document.first_of(&[ITEMS, TURNS]) {
        Some(TURNS) => turns(&document, out),
        Some(_) => items(&document, out),
        None => document.nothing(out, "`results.items` and no `Transcript`"),
    }
}

fn items(document: &Document, out: &mut FormatOutput<'_, '_>) -> Flow {
    let speakers = speakers(document);
    let mut sentences = Sentences::new(document.text("results.language_code"), None);
    let sentences_ref = &mut sentences;
    document.rows(out, ITEMS, &mut |out, line, row| {
        let best = list(row, "alternatives").first();
        let content = best.and_then(|best| text(best, "content")).unwrap_or("");
        if text(row, "type") == Some("punctuation") {
            sentences_ref.mark(out, content);
            return CONTINUE;
        }
        let word = (|| -> Result<Word, Fault> {
            let start_ns = seconds(row, "start_time")?.ok_or_else(|| missing("start_time"))?;
            let end_ns = seconds(row, "end_time")?.ok_or_else(|| missing("end_time"))?;
            Ok(Word { text: content.to_owned(), start_ns, end_ns, confidence: None })
        })();
        let mut word = match word {
            Ok(word) => word,
            Err(fault) => return out.problem(line, fault),
        };
        word.confidence = out.confidence(line, best.and_then(|best| text(best, "confidence")), 0);
        let of_time = || text(row, "start_time").and_then(|start| speakers.get(start)).map(String::as_str);
        let speaker = text(row, "speaker_label").or_else(of_time).or_else(|| text(row, "channel_label"));
        sentences_ref.word(out, line, word, speaker)
    })?;
    sentences.end(out)
}

/// Who speaks at a start time, as older transcripts say it apart from the items.
fn speakers(document: &Document) -> HashMap<String, String> {
    let mut speakers = HashMap::new();
    document.lookup("results.speaker_labels.segments", &mut |row| {
        for item in list(row, "items") {
            if let Some((start, speaker)) = text(item, "start_time").zip(text(item, "speaker_label")) {
                speakers.insert(start.to_owned(), speaker.to_owned());
            }
        }
    });
    speakers
}

fn turns(document: &Document, out: &mut FormatOutput<'_, '_>) -> Flow {
    let language = document.text("LanguageCode");
    document.rows(out, TURNS, &mut |out, line, row| match turn(out, line, row, language.as_deref()) {
        Ok(said) => out.speech(line, said, text_of(row, &["ParticipantRole", "ParticipantId"])),
        Err(fault) => out.problem(line, fault),
    })?;
    CONTINUE
}

fn turn(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    row: &Value,
    language: Option<&str>,
) -> Result<AnnotationDraft, Fault> {
    let mut words = Vec::new();
    for item in list(row, "Items") {
        let times = (millis(item, "BeginOffsetMillis")?, millis(item, "EndOffsetMillis")?);
        if let (Some(start_ns), Some(end_ns)) = times {
            let spoken = text(item, "Content").unwrap_or("").to_owned();
            let confidence = out.confidence(line, text(item, "Confidence"), 0);
            words.push(Word { text: spoken, start_ns, end_ns, confidence });
        } else {
            out.tally(line, "words without times stand in the text only");
        }
    }
    Ok(AnnotationDraft {
        kind: known_types::DIALOGUE,
        start_ns: millis(row, "BeginOffsetMillis")?.ok_or_else(|| missing("BeginOffsetMillis"))?,
        end_ns: millis(row, "EndOffsetMillis")?.ok_or_else(|| missing("EndOffsetMillis"))?,
        text: text(row, "Content").ok_or_else(|| missing("Content"))?.to_owned(),
        words,
        language: language.map(str::to_owned),
        ..AnnotationDraft::default()
    })
}
