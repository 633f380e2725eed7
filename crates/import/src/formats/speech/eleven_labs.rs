//! ElevenLabs Scribe.
//!
//! Source: `{"language_code","text","words":[{"text","start","end","type","speaker_id"}]}`, with several channels under
//! `transcripts`; seconds as decimal numbers, exact; ends are exclusive. Words become lines of dialogue by their
//! punctuation, speakers and pauses; spaces are passed over; sounds (`audio_event`) become `SOUND_SEARCH`.

use std::io::Read;

use crate::value::Value;

use crate::formats::json::{Document, list, missing, seconds, text};
use crate::formats::kinds;
use crate::formats::limits::BIG_ROW_BYTES_MAX;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};
use crate::formats::sentences::Sentences;

/// Members that are read, or say the same again.
const KNOWN: [&str; 3] = ["words", "transcripts", "additional_formats"];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    if document.has("transcripts") {
        document.rows_within(out, "transcripts", BIG_ROW_BYTES_MAX, &mut |out, line, row| {
            let mut sentences = Sentences::new(text(row, "language_code").map(str::to_owned), None);
            let channel = text(row, "channel_index").map(|number| format!("channel {number}"));
            for item in list(row, "words") {
                word(out, line, item, channel.as_deref(), &mut sentences)?;
            }
            sentences.end(out)
        })?;
    } else if document.has("words") {
        let mut sentences = Sentences::new(document.text("language_code"), None);
        let sentences_ref = &mut sentences;
        document.rows(out, "words", &mut |out, line, row| word(out, line, row, None, sentences_ref))?;
        sentences.end(out)?;
    } else {
        return document.nothing(out, "`words`");
    }
    document.name_unread(out, &KNOWN)
}

fn word(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    item: &Value,
    channel: Option<&str>,
    sentences: &mut Sentences,
) -> Flow {
    let (kind, spoken) = (text(item, "type").unwrap_or("word"), text(item, "text").unwrap_or(""));
    if kind == "spacing" || spoken.trim().is_empty() {
        out.take();
        return CONTINUE;
    }
    let (start_ns, end_ns) =
        match seconds(item, "start").and_then(|start| Ok(start.zip(seconds(item, "end")?))) {
            Ok(Some(times)) => times,
            Ok(None) if kind == "audio_event" => return out.problem(line, missing("start")),
            Ok(None) => {
                sentences.untimed(out, line, spoken);
                return CONTINUE;
            }
            Err(fault) => return out.problem(line, fault),
        };
    if kind == "audio_event" {
        let label = spoken.trim().trim_matches(['(', ')', '[', ']']);
        return out.annotation(line, AnnotationDraft::label(kinds::SOUND, label, start_ns, end_ns));
    }
    let word = Word { text: spoken.to_owned(), start_ns, end_ns, confidence: None };
    sentences.word(out, line, word, text(item, "speaker_id").or(channel))
}
