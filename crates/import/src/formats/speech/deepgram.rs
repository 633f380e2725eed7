//! Deepgram, recorded audio.
//!
//! Source: `{"results":{"channels":[{"alternatives":[{"transcript","confidence","words":[{"word","punctuated_word",
//! "start","end","confidence","speaker"}]}],"detected_language"}],"utterances":[…]}}`, seconds as decimal numbers, exact;
//! ends are exclusive. The best alternative's words become lines of dialogue by their punctuation, speakers and pauses.
//! Where there is more than one channel, a word without a speaker is its channel's. Utterances say the same again and are
//! read only where channels have no words.

use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;

use crate::formats::json::{Document, list, missing, seconds, text, text_of};
use crate::formats::limits::BIG_ROW_BYTES_MAX;
use crate::formats::out::{CONTINUE, Flow, FormatOutput, Word};
use crate::formats::sentences::Sentences;

const CHANNELS: [&str; 3] = ["results.channels", "result.results.channels", "response.results.channels"];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let Some(path) = document.first_of(&CHANNELS) else {
        return document.nothing(out, "`results.channels`");
    };
    let mut channels = 0;
    document.lookup(path, &mut |_| channels += 1);
    let (mut channel, mut wordless) = (0u64, 0u64);
    document.rows_within(out, path, BIG_ROW_BYTES_MAX, &mut |out, line, row| {
        channel += 1;
        let own = (channels > 1).then(|| format!("channel {channel}"));
        let Some(best) = list(row, "alternatives").first() else { return CONTINUE };
        let language = text_of(row, &["detected_language", "language"]);
        if list(best, "words").is_empty() {
            wordless += u64::from(text(best, "transcript").is_some());
            out.take();
            return CONTINUE;
        }
        let mut sentences = Sentences::new(language.map(str::to_owned), None);
        words(out, line, list(best, "words"), own.as_deref(), &mut sentences)?;
        sentences.end(out)
    })?;
    document.name_unread(out, &["results", "metadata", "result", "response"])?;
    if wordless > 0 {
        return utterances(&document, out, path, wordless);
    }
    CONTINUE
}

fn utterances(document: &Document, out: &mut FormatOutput<'_, '_>, channels: &str, wordless: u64) -> Flow {
    let path = channels.replace("channels", "utterances");
    if !document.has(&path) {
        let why = format!("the transcript has no times ({wordless} channels)");
        return out.problem(0, Fault::new("words", why, "ask the service for the words"));
    }
    document.rows(out, &path, &mut |out, line, row| {
        let spoken = text(row, "transcript").unwrap_or("");
        let times = seconds(row, "start").and_then(|start| Ok(start.zip(seconds(row, "end")?)));
        let (start_ns, end_ns) = match times {
            Ok(Some(times)) => times,
            Ok(None) => return out.problem(line, missing("start")),
            Err(fault) => return out.problem(line, fault),
        };
        let said = crate::formats::out::AnnotationDraft {
            kind: rushes_types::known_types::DIALOGUE,
            start_ns,
            end_ns,
            text: spoken.to_owned(),
            confidence: out.confidence(line, text(row, "confidence"), 0),
            ..Default::default()
        };
        out.speech(line, said, speaker_of(row).as_deref())
    })?;
    CONTINUE
}

fn speaker_of(word: &Value) -> Option<String> {
    text(word, "speaker").map(|speaker| format!("speaker {speaker}"))
}

/// Words with their marks, in seconds.
fn words(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    items: &[Value],
    channel: Option<&str>,
    sentences: &mut Sentences,
) -> Flow {
    for item in items {
        let spoken = text_of(item, &["punctuated_word", "word"]).unwrap_or("");
        let times = seconds(item, "start").and_then(|start| Ok(start.zip(seconds(item, "end")?)));
        match times {
            Ok(Some((start_ns, end_ns))) => {
                let confidence = out.confidence(line, text(item, "confidence"), 0);
                let word = Word { text: spoken.to_owned(), start_ns, end_ns, confidence };
                let speaker = speaker_of(item);
                sentences.word(out, line, word, speaker.as_deref().or(channel))?;
            }
            Ok(None) => sentences.untimed(out, line, spoken),
            Err(fault) => out.problem(line, fault)?,
        }
    }
    CONTINUE
}
