//! Rev AI.
//!
//! Source: `{"monologues":[{"speaker","speaker_info","elements":[{"type","value","ts","end_ts","confidence"}]}]}`, also
//! with `speakers` that name them; seconds as decimal numbers, exact; ends are exclusive. Elements of a monologue become
//! lines of dialogue by their punctuation and pauses.

use std::io::Read;

use crate::value::Value;

use crate::formats::json::{Document, list, seconds, text, text_of};
use crate::formats::limits::BIG_ROW_BYTES_MAX;
use crate::formats::out::{Flow, FormatOutput, Word};
use crate::formats::sentences::Sentences;

const MONOLOGUES: [&str; 2] = ["monologues", "transcript.monologues"];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let Some(path) = document.first_of(&MONOLOGUES) else {
        return document.nothing(out, "`monologues`");
    };
    let mut names: Vec<(String, String)> = Vec::new();
    document.lookup("speakers", &mut |row| {
        if let Some((id, name)) = text(row, "id").zip(text(row, "name")) {
            names.push((id.to_owned(), name.to_owned()));
        }
    });
    let language = document.text("language");
    document.rows_within(out, path, BIG_ROW_BYTES_MAX, &mut |out, line, row| {
        let speaker = speaker_of(row, &names);
        let mut sentences = Sentences::new(language.clone(), None);
        for element in list(row, "elements") {
            self::element(out, line, element, speaker.as_deref(), &mut sentences)?;
        }
        sentences.end(out)
    })?;
    document.name_unread(out, &["monologues", "transcript", "speakers"])
}

fn speaker_of(row: &Value, names: &[(String, String)]) -> Option<String> {
    let info = row.member("speaker_info");
    let shown =
        info.and_then(|info| text_of(info, &["display_name", "name"])).or_else(|| text(row, "speaker_name"));
    let id = text(row, "speaker").or_else(|| info.and_then(|info| text(info, "id")))?;
    let named = names.iter().find(|(known, _)| known == id).map(|(_, name)| name.as_str());
    Some(shown.or(named).map_or_else(|| format!("speaker {id}"), str::to_owned))
}

fn element(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    element: &Value,
    speaker: Option<&str>,
    sentences: &mut Sentences,
) -> Flow {
    let value = text(element, "value").unwrap_or("");
    if text(element, "type") == Some("punct") {
        sentences.mark(out, value);
        return crate::formats::out::CONTINUE;
    }
    match seconds(element, "ts").and_then(|start| Ok(start.zip(seconds(element, "end_ts")?))) {
        Ok(Some((start_ns, end_ns))) => {
            let confidence = out.confidence(line, text(element, "confidence"), 0);
            let word = Word { text: value.to_owned(), start_ns, end_ns, confidence };
            sentences.word(out, line, word, speaker)
        }
        Ok(None) => {
            sentences.untimed(out, line, value);
            crate::formats::out::CONTINUE
        }
        Err(fault) => out.problem(line, fault),
    }
}
