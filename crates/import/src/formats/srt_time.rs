//! Lines of SubRip times, as they are met: other arrows, other marks between the fields, frames.

use rushes_types::FrameRate;

use crate::time::clock_ns;

use crate::formats::rate::timecode_ns;

/// What people and programs write for the arrow, the longest first.
const ARROWS: [&str; 8] = ["-->", "->", "—>", "–>", "=>", "→", "➔", ">>"];
/// A clock is no longer than this.
const CLOCK_CHARS_MAX: usize = 24;

/// The times of a line: `None` where it is no line of times, an error where it is one that cannot be read.
pub(crate) fn times(line: &str, rate: Option<FrameRate>) -> Option<Result<(i128, i128), String>> {
    let (at, arrow) = ARROWS
        .iter()
        .filter_map(|arrow| Some((line.find(arrow)?, *arrow)))
        .min_by_key(|(at, arrow)| (*at, arrow.len()))?;
    let start = line[..at].trim_end_matches(['-', '—', '–', '=', ' ', '\t']).trim_start();
    let rest = line[at + arrow.len()..].trim_start_matches(['>', '-', ' ', '\t']);
    let end = end_of(rest);
    let is_usual = line.contains("-->");
    if !looks_like_clock(start, is_usual) || (!is_usual && !looks_like_clock(end, false)) {
        return None;
    }
    if end.is_empty() {
        return Some(Err("the end is missing".to_owned()));
    }
    Some(clock(start, rate).and_then(|start_ns| Ok((start_ns, clock(end, rate)?))))
}

/// The end, without what places the text on the screen. A space may stand before its fraction.
fn end_of(rest: &str) -> &str {
    let mut end = 0;
    for (at, letter) in rest.char_indices() {
        let after_mark = rest[..at].trim_end().ends_with([':', ',', ';', '.']);
        let before_mark = rest[at..].trim_start().starts_with([':', ',', ';']);
        if letter.is_whitespace() && !after_mark && !before_mark {
            break;
        }
        end = at + letter.len_utf8();
    }
    rest[..end].trim()
}

/// Digits with marks between them; of an unusual line both times must show it plainly.
fn looks_like_clock(text: &str, is_usual: bool) -> bool {
    let is_of_clock = |letter: char| letter.is_ascii_digit() || ":;,. -".contains(letter);
    let marks = text.chars().filter(|letter| ":;,.".contains(*letter)).count();
    let (is_long, fields) = (text.chars().count() > CLOCK_CHARS_MAX, if is_usual { 1 } else { 2 });
    !is_long
        && text.chars().all(is_of_clock)
        && text.contains([':', ';'])
        && marks >= fields
        && text.chars().any(|letter| letter.is_ascii_digit())
}

fn clock(text: &str, rate: Option<FrameRate>) -> Result<i128, String> {
    let bare: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let fields: Vec<&str> = bare.split([':', ';']).collect();
    match fields.as_slice() {
        // `00:00:01:500`: thousandths; with two digits it is a frame.
        [hours, minutes, seconds, last] if last.len() == 3 => {
            clock_ns(&format!("{hours}:{minutes}:{seconds}.{last}"))
        }
        [_, _, _, _] => match rate {
            Some(rate) => timecode_ns("time", &bare, rate).map_err(|fault| fault.why),
            None => Err(format!("`{bare}` counts frames, and the frame rate is not known (`--fps`)")),
        },
        _ => clock_ns(&fields.join(":")),
    }
}

/// Is it a line of SubRip times, by its look?
pub(crate) fn is_timing(line: &str) -> bool {
    line.len() < 200 && times(line, FrameRate::new(25, 1).ok()).is_some_and(|times| times.is_ok())
}

#[cfg(test)]
mod tests {
    use super::times;
    use rushes_types::FrameRate;

    #[test]
    fn lines_of_times_are_known() {
        let ms = 1_000_000;
        let one_two = Some(Ok((1_000 * ms, 2_000 * ms)));
        for (line, expect) in [
            ("00:00:01,000 --> 00:00:02,000", one_two.clone()),
            ("00:00:01,000 ---> 00:00:02,000", one_two.clone()),
            ("00;00;01,000 --> 00;00;02,000", one_two.clone()),
            ("00:00:01,000 -> 00:00:02,000", one_two.clone()),
            ("00:00:01,000 → 00:00:02,000", one_two.clone()),
            ("00:00:01:000 --> 00:00:02:000", one_two.clone()),
            ("00:00:01, 000 --> 00:00:02, 000", one_two.clone()),
            ("00:01.000 -- > 00:02.000", None),
            ("00:00:01.000 --> 00:00:02.000 X1:0 X2:9", one_two.clone()),
            ("0:00:01.5-->0:00:02.5", Some(Ok((1_500 * ms, 2_500 * ms)))),
            ("00:00:01:12 --> 00:00:02:00", Some(Ok((1_480 * ms, 2_000 * ms)))),
            ("go --> there", None),
            ("-->", None),
            ("at 5:00 -> 6:00", None),
            ("5:00 -> 6:00", None),
            ("a -> b", None),
            ("1 - 2", None),
        ] {
            assert_eq!(times(line, FrameRate::new(25, 1).ok()), expect, "{line}");
        }
        for line in ["00:00:01,000 -->", "00:00:61,000 --> 00:00:02,000", "00:00:01,000 --> soon"] {
            assert!(matches!(times(line, None), Some(Err(_))), "{line}");
        }
        assert!(
            matches!(times("00:00:01:12 --> 00:00:02:00", None), Some(Err(why)) if why.contains("--fps"))
        );
    }
}
