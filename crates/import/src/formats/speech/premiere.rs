//! Transcripts of Premiere Pro, exported as JSON.
//!
//! Source: `{"language","segments":[{"start","duration","speaker","language","words":[{"text","start","duration",
//! "confidence","type","eos"}]}],"speakers":[{"id","name"}]}`, seconds as decimal numbers, exact; ends are exclusive. The
//! words of a segment become lines of dialogue by their punctuation and pauses; `speaker` is the id of one of `speakers`.

use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;

use crate::formats::json::{Document, list, missing, seconds, text};
use crate::formats::out::{CONTINUE, Flow, FormatOutput, Word};
use crate::formats::sentences::Sentences;

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let mut names: Vec<(String, String)> = Vec::new();
    document.lookup("speakers", &mut |row| {
        if let Some((id, name)) = text(row, "id").zip(text(row, "name")) {
            names.push((id.to_owned(), name.to_owned()));
        }
    });
    let language = document.text("language");
    document.rows(out, "segments", &mut |out, line, row| {
        let id = text(row, "speaker");
        let named = id.and_then(|id| names.iter().find(|(known, _)| known == id));
        let speaker = named.map(|(_, name)| name.as_str()).or(id);
        let language = text(row, "language").or(language.as_deref()).map(str::to_owned);
        let mut sentences = Sentences::new(language, None);
        for item in list(row, "words") {
            word(out, line, item, speaker, &mut sentences)?;
        }
        sentences.end(out)
    })?;
    document.name_unread(out, &["segments", "speakers"])
}

fn word(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    item: &Value,
    speaker: Option<&str>,
    sentences: &mut Sentences,
) -> Flow {
    let spoken = text(item, "text").unwrap_or("");
    if text(item, "type") == Some("punctuation") {
        sentences.mark(out, spoken);
        return CONTINUE;
    }
    let times = (|| -> Result<(i128, i128), Fault> {
        let start_ns = seconds(item, "start")?.ok_or_else(|| missing("start"))?;
        let length_ns = seconds(item, "duration")?.ok_or_else(|| missing("duration"))?;
        Ok((start_ns, start_ns.saturating_add(length_ns)))
    })();
    match times {
        Ok((start_ns, end_ns)) => {
            let confidence = out.confidence(line, text(item, "confidence"), 0);
            sentences.word(out, line, Word { text: spoken.to_owned(), start_ns, end_ns, confidence }, speaker)
        }
        Err(fault) => out.problem(line, fault),
    }
}
