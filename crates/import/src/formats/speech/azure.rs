//! Azure Speech, batch and fast transcription.
//!
//! Source: batch, `{"recognizedPhrases":[{"recognitionStatus","channel","speaker","offsetInTicks","durationInTicks","locale",
//! "nBest":[{"confidence","display","displayWords":[{"displayText",…}],"words":[{"word",…}]}]}]}` in ticks of 100 ns;
//! fast, `{"phrases":[{"offsetMilliseconds","durationMilliseconds","text","words","speaker","locale"}]}` in milliseconds.
//! Exact; ends are exclusive. A phrase becomes a line of dialogue with its words.

use std::io::Read;

use crate::decimal::Decimal;
use crate::problem::Fault;
use crate::value::Value;
use rushes_types::known_types;

use crate::formats::json::{Document, list, millis, missing, seconds_ns, text, text_of};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};

const TICK_NS: i128 = 100;
/// Members that are read, or say the same again.
const KNOWN: [&str; 4] = ["recognizedPhrases", "phrases", "combinedRecognizedPhrases", "combinedPhrases"];

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let Some(path) = document.first_of(&["recognizedPhrases", "phrases"]) else {
        return document.nothing(out, "`recognizedPhrases`");
    };
    let own = document.text("locale");
    let mut channels = std::collections::BTreeSet::new();
    document.lookup(path, &mut |row| channels.extend(text(row, "channel").map(str::to_owned)));
    document.rows(out, path, &mut |out, line, row| {
        let best = list(row, "nBest").first().unwrap_or(row);
        let shown = text_of(best, &["display", "text", "maskedITN", "itn", "lexical"]);
        let Some(shown) = shown else {
            out.skip(line, "phrases that were not recognised are left out");
            return CONTINUE;
        };
        let channel =
            text(row, "channel").filter(|_| channels.len() > 1).map(|name| format!("channel {name}"));
        let speaker = text(row, "speaker").map(|name| format!("speaker {name}")).or(channel);
        match phrase(out, line, row, best, shown) {
            Ok(mut said) => {
                said.language = text(row, "locale").or(own.as_deref()).map(str::to_owned);
                out.speech(line, said, speaker.as_deref())
            }
            Err(fault) => out.problem(line, fault),
        }
    })?;
    document.name_unread(out, &KNOWN)
}

fn phrase(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    row: &Value,
    best: &Value,
    shown: &str,
) -> Result<AnnotationDraft, Fault> {
    let mut words = Vec::new();
    let items = [list(best, "displayWords"), list(best, "words")].into_iter().find(|list| !list.is_empty());
    for item in items.unwrap_or_default() {
        let spoken = text_of(item, &["displayText", "word", "text"]).unwrap_or("").to_owned();
        match times(item)? {
            Some((start_ns, end_ns)) => {
                let confidence = out.confidence(line, text(item, "confidence"), 0);
                words.push(Word { text: spoken, start_ns, end_ns, confidence });
            }
            None => out.tally(line, "words without times stand in the text only"),
        }
    }
    let (start_ns, end_ns) = times(row)?.ok_or_else(|| missing("offsetInTicks"))?;
    Ok(AnnotationDraft {
        kind: known_types::DIALOGUE,
        start_ns,
        end_ns,
        text: shown.to_owned(),
        words,
        confidence: out.confidence(line, text(best, "confidence"), 0),
        ..AnnotationDraft::default()
    })
}

/// Offset and duration, in the finest of the units that are there.
fn times(value: &Value) -> Result<Option<(i128, i128)>, Fault> {
    let ticks = |name: &str| -> Result<Option<i128>, Fault> {
        let number = |text: &str| {
            let ticks = Decimal::parse(text).and_then(|ticks| ticks.scaled(0));
            ticks.and_then(|ticks| ticks.checked_mul(TICK_NS))
        };
        let wrong = || Fault::new(name, "this is not a number of ticks", "mend the row");
        text(value, name).map(|text| number(text).ok_or_else(wrong)).transpose()
    };
    let period = |name: &str| text(value, name).map(|text| iso_ns(name, text)).transpose();
    for (offset, duration) in [
        (ticks("offsetInTicks")?, ticks("durationInTicks")?),
        (millis(value, "offsetMilliseconds")?, millis(value, "durationMilliseconds")?),
        (period("offset")?, period("duration")?),
    ] {
        if let (Some(start_ns), Some(length_ns)) = (offset, duration) {
            return Ok(Some((start_ns, start_ns.saturating_add(length_ns))));
        }
    }
    Ok(None)
}

/// A duration as ISO 8601 writes it: `PT1M2.5S`.
fn iso_ns(field: &str, text: &str) -> Result<i128, Fault> {
    let wrong = || Fault::new(field, format!("`{text}` is not of the form `PT1M2.5S`"), "mend the row");
    let mut rest = text.strip_prefix("PT").ok_or_else(wrong)?;
    let mut sum = 0i128;
    for (unit, seconds) in [('H', 3600), ('M', 60), ('S', 1)] {
        if let Some((number, after)) = rest.split_once(unit) {
            let part = seconds_ns(field, number)?;
            sum = part.checked_mul(seconds).and_then(|part| sum.checked_add(part)).ok_or_else(wrong)?;
            rest = after;
        }
    }
    if rest.is_empty() { Ok(sum) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::iso_ns;

    #[test]
    fn durations_of_iso_8601_are_exact() {
        for (text, expect) in [
            ("PT0.07S", Some(70_000_000)),
            ("PT1H2M3.5S", Some(3_723_500_000_000)),
            ("PT2M", Some(120_000_000_000)),
            ("PT", Some(0)),
            ("P1D", None),
            ("PT1X", None),
            ("PTxS", None),
        ] {
            assert_eq!(iso_ns("offset", text).ok(), expect, "{text}");
        }
    }
}
