//! SubStation Alpha (`.ass`, `.ssa`).
//!
//! Source: the format's description and what libass reads: sections in brackets; `[Events]` with a `Format:` line that
//! names the columns, then `Dialogue:` lines. Times are `H:MM:SS.cc` and exact; the end is exclusive. `Name` becomes the
//! attribute `speaker`. Everything in braces is override or comment and goes, `\N`, `\n` and `\h` are white space,
//! drawings (`\p1`) and `Comment:` lines are left out. Karaoke (`\k20`, hundredths) becomes the times of words.

use std::io::Read;

use crate::problem::Fault;
use crate::time::clock_ns;

use crate::formats::cue::{Cue, CueText, Cues, Part, end as end_of_cues};
use crate::formats::limits::CUE_BYTES_MAX;
use crate::formats::out::{Flow, FormatOutput, Word};
use crate::formats::text::Lines;

const CENTISECOND_NS: i128 = 10_000_000;
/// The columns of a file that does not name them.
const COLUMNS: &str = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text";
/// Kinds of events that are no dialogue.
const OTHERS: [&str; 5] = ["Comment", "Picture", "Sound", "Movie", "Command"];

/// Is it the head of such a file?
pub(crate) fn is_head(line: &str) -> bool {
    let line = line.trim();
    ["[Script Info]", "[V4+ Styles]", "[V4 Styles]", "[Events]"]
        .iter()
        .any(|name| line.eq_ignore_ascii_case(name))
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let mut lines = Lines::open(reader, out)?;
    let mut cues = Cues::by_clock(out);
    let mut columns = columns_of(COLUMNS);
    let mut in_events = false;
    loop {
        let line = match lines.next_or_fault() {
            Ok(Some(line)) => line,
            Ok(None) => return end_of_cues(out, &cues),
            Err(fault) => return out.stop(lines.number, fault),
        };
        let trimmed = line.trim();
        if trimmed.starts_with('[') && trimmed.ends_with(']') {
            in_events = trimmed.eq_ignore_ascii_case("[Events]");
            continue;
        }
        let Some((kind, rest)) = trimmed.split_once(':').filter(|_| in_events) else { continue };
        if kind == "Format" {
            columns = columns_of(rest);
        } else if OTHERS.contains(&kind) {
            out.row();
            cues.count += 1;
            out.skip(lines.number, "comments and events that are no dialogue are left out");
        } else if kind == "Dialogue" {
            match event(&columns, rest, lines.number) {
                Ok(cue) => cues.cue(out, cue)?,
                Err(fault) => {
                    out.row();
                    cues.count += 1;
                    out.problem(lines.number, fault)?;
                }
            }
        }
    }
}

fn columns_of(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn event(columns: &[String], text: &str, line: u64) -> Result<Cue, Fault> {
    // The last column may have commas.
    let fields: Vec<&str> = text.splitn(columns.len(), ',').collect();
    let get = |names: &[&str]| {
        let place = columns.iter().position(|name| names.contains(&name.as_str()));
        place.and_then(|place| fields.get(place)).copied().unwrap_or("")
    };
    if fields.len() < columns.len() {
        let why = format!("the line has {} fields, not {}", fields.len(), columns.len());
        return Err(Fault::new("", why, "write the fields that the line `Format:` names"));
    }
    let clock = |field: &str, text: &str| {
        clock_ns(text.trim()).map_err(|why| Fault::new(field, why, "write times as `0:01:02.34`"))
    };
    let (start_ns, end_ns) = (clock("start", get(&["start"]))?, clock("end", get(&["end"]))?);
    let written = get(&["text"]);
    if written.len() > CUE_BYTES_MAX {
        return Err(CueText::fault());
    }
    let (text, words) = plain(written, start_ns, end_ns);
    let speaker = Some(get(&["name", "actor"]).trim().to_owned()).filter(|name| !name.is_empty());
    Ok(Cue { line, start_ns, end_ns, parts: vec![Part { speaker, text, words }], language: None })
}

/// The text without overrides, and its words where karaoke times them.
fn plain(written: &str, start_ns: i128, end_ns: i128) -> (String, Vec<Word>) {
    let mut text = String::with_capacity(written.len());
    // Syllables: where each begins in the text, and when.
    let mut syllables: Vec<(usize, i128)> = Vec::new();
    let (mut rest, mut is_drawing, mut at_ns) = (written, false, start_ns);
    loop {
        let end = rest.find(['{', '\\']).unwrap_or(rest.len());
        if !is_drawing {
            text.push_str(&rest[..end]);
        }
        let mark = &rest[end..];
        if mark.is_empty() {
            break;
        }
        match (mark.split_at(1), mark.find('}')) {
            (("{", inner), Some(close)) => {
                for code in inner[..close - 1].split('\\') {
                    if let Some(scale) =
                        code.strip_prefix('p').and_then(|scale| scale.trim().parse::<u8>().ok())
                    {
                        is_drawing = scale > 0;
                    }
                    let karaoke =
                        code.strip_prefix(['k', 'K']).map(|code| code.trim_start_matches(['f', 'o']));
                    if let Some(length) = karaoke.and_then(|length| length.trim().parse::<u32>().ok()) {
                        syllables.push((text.len(), at_ns));
                        at_ns += i128::from(length) * CENTISECOND_NS;
                    }
                }
                rest = &mark[close + 1..];
            }
            _ if mark.starts_with("\\N") || mark.starts_with("\\n") || mark.starts_with("\\h") => {
                text.push_str(if is_drawing { "" } else { " " });
                rest = &mark[2..];
            }
            _ => {
                text.push_str(if is_drawing { "" } else { &mark[..1] });
                rest = &mark[1..];
            }
        }
    }
    if !syllables.is_empty() {
        syllables.push((text.len(), at_ns.min(end_ns)));
    }
    let words = words(&text, &syllables, end_ns);
    (text, words)
}

/// Words of which syllables have times: from their first syllable to the one after their last.
fn words(text: &str, syllables: &[(usize, i128)], end_ns: i128) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in text.split(char::is_whitespace) {
        let (from, to) = (at, at + word.len());
        at = to + text[to..].chars().next().map_or(0, char::len_utf8);
        let begun = syllables.iter().rfind(|(place, _)| *place <= from);
        let ended = syllables.iter().find(|(place, _)| *place >= to.max(from + 1));
        if let (Some((_, start_ns)), Some((_, stop_ns))) = (begun, ended)
            && !word.is_empty()
        {
            let (start_ns, end_ns) = ((*start_ns).min(end_ns), (*stop_ns).min(end_ns));
            words.push(Word {
                text: word.to_owned(),
                start_ns,
                end_ns: end_ns.max(start_ns),
                confidence: None,
            });
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn karaoke_times_words_and_comments_go() {
        let (text, words) =
            plain("{\\k20}Sail {\\k30}a{\\k10}way, {really}{\\k20}\\Nold", 1_000_000_000, 1_700_000_000);
        assert_eq!(text, "Sail away,  old");
        let got: Vec<(&str, i128, i128)> = words
            .iter()
            .map(|word| (word.text.as_str(), word.start_ns / 1_000_000, word.end_ns / 1_000_000))
            .collect();
        assert_eq!(got, [("Sail", 1000, 1200), ("away,", 1200, 1600), ("old", 1600, 1700)]);
        assert_eq!(plain("{\\p1}m 0 0 l 9 9{\\p0}", 0, 1).0, "");
        assert_eq!(plain("a {b", 0, 1).0, "a {b");
        assert_eq!(plain("é{\\i1}ü\\x", 0, 1).0, "éü\\x");
    }
}
