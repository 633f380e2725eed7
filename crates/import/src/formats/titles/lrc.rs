//! Lyrics (`.lrc`), also with the times of words.
//!
//! Source: `[mm:ss.xx]text`, one or several times before a line; `[ti:…]`, `[offset:±ms]` and others before them;
//! `<mm:ss.xx>` before words. Times are exact. A line has no end: it lasts until the next one begins, the last until
//! `[length:]` says or as a point in time. An offset above zero makes lines earlier, as players do it.

use std::io::Read;

use crate::decimal::Decimal;
use crate::time::clock_ns;
use rushes_types::known_types;

use crate::formats::cue::no_cue;
use crate::formats::out::{AnnotationDraft, Flow, FormatOutput, Word, clean};
use crate::formats::text::Lines;

const MILLISECOND_NS: i128 = 1_000_000;

/// A line of lyrics at one of its times.
struct Lyric {
    line: u64,
    start_ns: i128,
    text: String,
}

/// The times at the start of a line, and what follows them.
fn stamps(line: &str) -> (Vec<i128>, &str) {
    let (mut times, mut rest) = (Vec::new(), line.trim_start());
    while let Some((inner, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        // `[01:02:50]` has hundredths after a colon.
        let fields: Vec<&str> = inner.split(':').collect();
        let clock = match fields.as_slice() {
            [minutes, seconds, hundredths] if hundredths.len() == 2 => {
                clock_ns(&format!("{minutes}:{seconds}.{hundredths}"))
            }
            _ => clock_ns(inner),
        };
        let Ok(at_ns) = clock else { break };
        times.push(at_ns);
        rest = after.trim_start();
    }
    (times, rest)
}

/// Has the line a time at its start?
pub(crate) fn is_timed(line: &str) -> bool {
    !stamps(line).0.is_empty()
}

/// A line of what the file says of itself: `[ti:Night Ferry]`.
pub(crate) fn tag(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim().strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
    name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'#').then_some((name, value.trim()))
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let mut lines = Lines::open(reader, out)?;
    let (mut lyrics, mut length_ns, mut offset_ns, mut language) = (Vec::new(), None, 0, None);
    let fault = loop {
        let line = match lines.next_or_fault() {
            Ok(Some(line)) => line,
            Ok(None) => break None,
            Err(fault) => break Some(fault),
        };
        let (times, text) = stamps(&line);
        if times.is_empty() {
            match tag(&line) {
                Some(("length", value)) => length_ns = clock_ns(value).ok(),
                Some(("offset", value)) => {
                    let ms =
                        Decimal::parse(value).and_then(|ms| ms.scaled(0)).filter(|ms| ms.abs() < 1 << 40);
                    offset_ns = ms.unwrap_or(0) * MILLISECOND_NS;
                }
                Some(("la", value)) => language = Some(value.to_owned()),
                Some(_) => {}
                None if line.trim().is_empty() => {}
                None => {
                    out.row();
                    out.skip(lines.number, "lines without a time are left out");
                }
            }
            continue;
        }
        let lyric = |start_ns| Lyric { line: lines.number, start_ns, text: text.to_owned() };
        lyrics.extend(times.into_iter().map(lyric));
    };
    let count = lyrics.len();
    hand_out(out, lyrics, length_ns, offset_ns, language.as_deref())?;
    match fault {
        Some(fault) => out.stop(lines.number, fault),
        None if count == 0 => out.problem(0, no_cue()),
        None => crate::formats::out::CONTINUE,
    }
}

fn hand_out(
    out: &mut FormatOutput<'_, '_>,
    mut lyrics: Vec<Lyric>,
    length_ns: Option<i128>,
    offset_ns: i128,
    language: Option<&str>,
) -> Flow {
    lyrics.sort_by_key(|lyric| lyric.start_ns);
    for place in 0..lyrics.len() {
        let lyric = &lyrics[place];
        let next = lyrics[place + 1..].iter().map(|next| next.start_ns).find(|next| *next > lyric.start_ns);
        let end_ns = next.or(length_ns).unwrap_or(lyric.start_ns).max(lyric.start_ns);
        out.row();
        let (text, words) = words(&lyric.text, lyric.start_ns, end_ns, offset_ns);
        if clean(&text).is_empty() {
            // An empty line ends the one before it.
            out.take();
            continue;
        }
        if end_ns == lyric.start_ns {
            out.tally(lyric.line, "lines whose end is not known are kept as points in time");
        }
        let said = AnnotationDraft {
            kind: known_types::DIALOGUE,
            start_ns: lyric.start_ns - offset_ns,
            end_ns: end_ns - offset_ns,
            text,
            words,
            language: language.map(str::to_owned),
            ..AnnotationDraft::default()
        };
        out.annotation(lyric.line, said)?;
    }
    crate::formats::out::CONTINUE
}

/// The text without the times of its words, and the words.
fn words(text: &str, start_ns: i128, end_ns: i128, offset_ns: i128) -> (String, Vec<Word>) {
    let (mut plain, mut pieces, mut rest) = (String::new(), vec![(start_ns, String::new())], text);
    let mut is_timed = false;
    while let Some((before, after)) = rest.split_once('<') {
        let stamp = after.split_once('>').and_then(|(inner, after)| Some((clock_ns(inner).ok()?, after)));
        let (said, next) = match stamp {
            Some((at_ns, after)) => {
                is_timed = true;
                rest = after;
                (before, Some(at_ns))
            }
            None => {
                let end = before.len() + 1;
                let said = &rest[..end];
                rest = after;
                (said, None)
            }
        };
        plain.push_str(said);
        if let Some((_, last)) = pieces.last_mut() {
            last.push_str(said);
        }
        pieces.extend(next.map(|at_ns| (at_ns, String::new())));
    }
    plain.push_str(rest);
    if let Some((_, last)) = pieces.last_mut() {
        last.push_str(rest);
    }
    let mut words = Vec::new();
    for (place, (at_ns, piece)) in pieces.iter().enumerate().filter(|_| is_timed) {
        let stop_ns = pieces.get(place + 1).map_or(end_ns, |(next, _)| *next).max(*at_ns);
        if let [word] = piece.split_whitespace().collect::<Vec<_>>().as_slice() {
            let (start_ns, end_ns) = (at_ns - offset_ns, stop_ns - offset_ns);
            words.push(Word { text: (*word).to_owned(), start_ns, end_ns, confidence: None });
        }
    }
    (plain, words)
}

#[cfg(test)]
mod tests {
    use super::{stamps, tag, words};

    #[test]
    fn times_stand_before_lines_and_words() {
        assert_eq!(stamps("[00:01.50][01:02]La"), (vec![1_500_000_000, 62_000_000_000], "La"));
        assert_eq!(stamps("[00:01:50]La"), (vec![1_500_000_000], "La"));
        assert_eq!(stamps("[ti:La]"), (vec![], "[ti:La]"));
        assert_eq!(tag("[ti: Night Ferry]"), Some(("ti", "Night Ferry")));
        assert_eq!(tag("[00:01.50]"), None);
        let (text, found) = words("<00:01.00>La <00:02.00>le < 3", 1_000_000_000, 3_000_000_000, 0);
        assert_eq!(text, "La le < 3");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].text.as_str(), found[0].end_ns), ("La", 2_000_000_000));
        assert!(words("a b", 0, 1, 0).1.is_empty());
    }
}
