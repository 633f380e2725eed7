//! `whisper.cpp`: segments in whole milliseconds, and the tokens of `--output-json-full`, of which words are made.

use crate::decimal::Decimal;
use crate::problem::Fault;
use crate::value::Value;
use rushes_types::known_types;

use crate::formats::json::{Document, list, millis, missing, text};
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};
use crate::formats::sentences::is_unspaced;

/// Where its segments are.
pub(crate) const TRANSCRIPTION: &str = "transcription";

/// Reads the segments.
pub(crate) fn read(document: &Document, out: &mut FormatOutput<'_, '_>) -> Flow {
    let language = document.text("result.language");
    document.rows(out, TRANSCRIPTION, &mut |out, line, row| match segment(out, line, row) {
        Ok(said) if said.text.is_empty() => {
            out.skip(line, "segments without text are left out");
            CONTINUE
        }
        Ok(said) => {
            let turn = row.member("speaker_turn_next") == Some(&Value::Bool(true));
            if turn {
                out.tally(line, "turns of speakers are marked without a name and are left out");
            }
            out.speech(line, AnnotationDraft { language: language.clone(), ..said }, text(row, "speaker"))
        }
        Err(fault) => out.problem(line, fault),
    })?;
    CONTINUE
}

fn segment(out: &mut FormatOutput<'_, '_>, line: u64, row: &Value) -> Result<AnnotationDraft, Fault> {
    let offsets = row.member("offsets").ok_or_else(|| missing("offsets"))?;
    Ok(AnnotationDraft {
        kind: known_types::DIALOGUE,
        start_ns: millis(offsets, "from")?.ok_or_else(|| missing("offsets.from"))?,
        end_ns: millis(offsets, "to")?.ok_or_else(|| missing("offsets.to"))?,
        text: text(row, "text").unwrap_or("").trim().to_owned(),
        words: words(out, line, list(row, "tokens"))?,
        ..AnnotationDraft::default()
    })
}

/// Words out of tokens: a token that begins with a space, or in a script without spaces, begins a word.
fn words(out: &mut FormatOutput<'_, '_>, line: u64, tokens: &[Value]) -> Result<Vec<Word>, Fault> {
    let mut words: Vec<Word> = Vec::new();
    // The word in hand has a token without a time.
    let mut is_untimed = false;
    for token in tokens {
        let piece = text(token, "text").unwrap_or("");
        // `[_BEG_]`, `[_TT_150]`: these are times, not text.
        if piece.is_empty() || (piece.starts_with("[_") && piece.ends_with(']')) {
            continue;
        }
        let times = match token.member("offsets") {
            Some(offsets) => millis(offsets, "from")?.zip(millis(offsets, "to")?),
            None => None,
        };
        let begins =
            piece.starts_with(' ') || piece.starts_with(is_unspaced) || (words.is_empty() && !is_untimed);
        let confidence = text(token, "p");
        match (times, begins, words.last_mut()) {
            (Some((start_ns, end_ns)), true, _) => {
                is_untimed = false;
                let confidence = out.confidence(line, confidence, 0);
                words.push(Word { text: piece.trim().to_owned(), start_ns, end_ns, confidence });
            }
            (Some((_, end_ns)), false, Some(word)) if !is_untimed => {
                word.text.push_str(piece.trim_end());
                word.end_ns = word.end_ns.max(end_ns);
                let confidence = out.confidence(line, confidence, 0);
                word.confidence = lower(word.confidence.take(), confidence);
            }
            (None, false, Some(_)) if !is_untimed => {
                words.pop();
                is_untimed = true;
                out.tally(line, "words without times stand in the text only");
            }
            _ => {
                if begins {
                    out.tally(line, "words without times stand in the text only");
                }
                is_untimed = true;
            }
        }
    }
    Ok(words)
}

/// A word is as sure as its least sure token.
fn lower(one: Option<String>, other: Option<String>) -> Option<String> {
    let parts = |text: &String| Decimal::parse(text).and_then(|number| number.scaled(12)).unwrap_or(0);
    [one, other].into_iter().flatten().min_by_key(parts)
}
