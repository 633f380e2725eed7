//! YouTube's own captions (`json3`).
//!
//! Source: `{"wireMagic":"pb3","events":[{"tStartMs","dDurationMs","segs":[{"utf8","tOffsetMs","acAsrConf"}],"aAppend"}]}`,
//! whole milliseconds, exact; ends are exclusive. An event becomes a line of dialogue. Automatic captions have a time for
//! each word and stay on the screen while the next line comes: such a line ends where the next begins.

use std::io::Read;

use crate::decimal::Decimal;
use crate::problem::Fault;
use crate::value::Value;
use rushes_types::known_types;

use crate::formats::json::{Document, list, millis, missing, text};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word, clean};

/// A line while it is not known when the next begins.
struct Event {
    line: u64,
    start_ns: i128,
    end_ns: i128,
    text: String,
    words: Vec<Word>,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    if !document.has("events") {
        return document.nothing(out, "`events`");
    }
    let mut held: Option<Event> = None;
    let held_ref = &mut held;
    document.rows(out, "events", &mut |out, line, row| {
        // Windows, pens, and line breaks of rolling captions have no text.
        if row.member("segs").is_none() {
            out.take();
            return CONTINUE;
        }
        match event(out, line, row) {
            Ok(event) if clean(&event.text).is_empty() => {
                out.take();
                CONTINUE
            }
            Ok(event) => {
                out.take();
                let next_ns = event.start_ns;
                match held_ref.replace(event) {
                    Some(before) => before.end(out, Some(next_ns)),
                    None => CONTINUE,
                }
            }
            Err(fault) => out.problem(line, fault),
        }
    })?;
    if let Some(event) = held {
        event.end(out, None)?;
    }
    document.name_unread(out, &["events", "pens", "wsWinStyles", "wpWinPositions"])
}

impl Event {
    fn end(mut self, out: &mut FormatOutput<'_, '_>, next_ns: Option<i128>) -> Flow {
        if !self.words.is_empty()
            && let Some(next_ns) = next_ns.filter(|next| *next > self.start_ns)
        {
            self.end_ns = self.end_ns.min(next_ns);
        }
        // A word lasts until the next one.
        let starts: Vec<i128> = self.words.iter().skip(1).map(|word| word.start_ns).collect();
        for (place, word) in self.words.iter_mut().enumerate() {
            word.end_ns = starts.get(place).copied().unwrap_or(self.end_ns).max(word.start_ns);
        }
        let said = AnnotationDraft {
            kind: known_types::DIALOGUE,
            start_ns: self.start_ns,
            end_ns: self.end_ns,
            text: self.text,
            words: self.words,
            ..AnnotationDraft::default()
        };
        out.annotation(self.line, said)
    }
}

fn event(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Result<Event, Fault> {
    let start_ns = millis(row, "tStartMs")?.ok_or_else(|| missing("tStartMs"))?;
    let length_ns = millis(row, "dDurationMs")?.unwrap_or(0);
    let segments = list(row, "segs");
    let is_timed = segments.iter().any(|segment| segment.member("tOffsetMs").is_some());
    let (mut spoken, mut words) = (String::new(), Vec::new());
    for segment in segments {
        let piece = text(segment, "utf8").unwrap_or("");
        spoken.push_str(piece);
        if is_timed && !piece.trim().is_empty() {
            let at_ns = start_ns.saturating_add(millis(segment, "tOffsetMs")?.unwrap_or(0));
            let confidence = text(segment, "acAsrConf").filter(|share| *share != "0");
            let of_255 = confidence.and_then(|share| Decimal::parse(share)?.scaled(0));
            let share = of_255.filter(|share| (0..=255).contains(share)).map(|share| share * 1000 / 255);
            let share = share.map(|share| format!("{share}"));
            let confidence = out.confidence(line, share.as_deref(), 3);
            let text = piece.trim().to_owned();
            words.push(Word { text, start_ns: at_ns, end_ns: at_ns, confidence });
        }
    }
    Ok(Event { line, start_ns, end_ns: start_ns.saturating_add(length_ns), text: spoken, words })
}
