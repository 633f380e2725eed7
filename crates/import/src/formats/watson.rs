//! IBM Watson Speech to Text.
//!
//! Source: `{"results":[{"final","alternatives":[{"transcript","confidence","timestamps":[[word,from,to]],
//! "word_confidence":[[word,share]]}]}],"speaker_labels":[{"from","to","speaker"}]}`, also as a list of such results.
//! Seconds are exact, ends exclusive. Every final result becomes a line of dialogue with its words; `%HESITATION` is
//! left out of both. The speaker is the one of the first word.

use std::collections::BTreeMap;
use std::io::Read;

use crate::problem::Fault;
use crate::value::Value;
use rushes_types::known_types;

use crate::formats::json::{Document, items, list, missing, own_text, seconds, seconds_ns, text};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};

const HESITATION: &str = "%HESITATION";

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let path = match document.first_of(&["results[].results", "results[]"]) {
        Some(path) => path,
        None => return document.nothing(out, "`results`"),
    };
    let speakers = speakers(&document);
    document.rows(out, path, &mut |out, line, row| {
        let best = list(row, "alternatives").first();
        let Some(best) = best.filter(|_| row.member("final") != Some(&Value::Bool(false))) else {
            out.skip(line, "results that are not final are left out");
            return CONTINUE;
        };
        match utterance(out, line, best) {
            Ok(said) if said.words.is_empty() => {
                out.skip(line, "results of nothing but hesitation are left out");
                CONTINUE
            }
            Ok(said) => {
                let speaker = speakers.get(&said.start_ns).cloned();
                out.speech(line, said, speaker.as_deref())
            }
            Err(fault) => out.problem(line, fault),
        }
    })?;
    CONTINUE
}

/// Who speaks from when.
fn speakers(document: &Document) -> BTreeMap<i128, String> {
    let mut speakers = BTreeMap::new();
    for path in ["results[].speaker_labels", "speaker_labels"] {
        document.lookup(path, &mut |row| {
            if let (Ok(Some(from)), Some(speaker)) = (seconds(row, "from"), text(row, "speaker")) {
                speakers.insert(from, format!("speaker {speaker}"));
            }
        });
    }
    speakers
}

fn utterance(out: &mut FormatOutput<'_, '_>, line: u64, best: &Value) -> Result<AnnotationDraft, Fault> {
    let confidences = list(best, "word_confidence");
    let mut words = Vec::new();
    for (place, stamp) in list(best, "timestamps").iter().enumerate() {
        let [word, from, to] = items(stamp) else {
            return Err(Fault::new("timestamps", "this is not a word with two times", "mend the row"));
        };
        let time = |value: &Value| {
            own_text(value).map_or_else(|| Err(missing("timestamps")), |t| seconds_ns("timestamps", t))
        };
        let spoken = own_text(word).unwrap_or("");
        if spoken == HESITATION {
            continue;
        }
        let confidence = confidences.get(place).and_then(|pair| items(pair).get(1)).and_then(own_text);
        let confidence = out.confidence(line, confidence, 0);
        words.push(Word { text: spoken.to_owned(), start_ns: time(from)?, end_ns: time(to)?, confidence });
    }
    let spoken = text(best, "transcript").unwrap_or("").replace(HESITATION, "");
    if words.is_empty() && !spoken.trim().is_empty() {
        let mend = "ask the service for `timestamps`";
        return Err(Fault::new("timestamps", "the transcript has no times", mend));
    }
    Ok(AnnotationDraft {
        kind: known_types::DIALOGUE,
        start_ns: words.first().map_or(0, |word| word.start_ns),
        end_ns: words.last().map_or(0, |word| word.end_ns),
        text: spoken,
        words,
        confidence: out.confidence(line, text(best, "confidence"), 0),
        ..AnnotationDraft::default()
    })
}
