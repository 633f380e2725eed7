//! Times of WebVTT, by the letter of its standard.

use rushes_types::NS_PER_SECOND;

/// What parts the two times of a cue.
pub(crate) const ARROW: &str = "-->";

/// Start and end of a line of times.
pub(crate) fn times(line: &str) -> Option<(i128, i128)> {
    let mut rest = skip_space(line);
    let start_ns = timestamp(&mut rest)?;
    rest = skip_space(rest).strip_prefix(ARROW)?;
    rest = skip_space(rest);
    let end_ns = timestamp(&mut rest)?;
    Some((start_ns, end_ns))
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\u{c}', '\r'])
}

/// A timestamp at the start of `rest`, which is left after it.
pub(crate) fn timestamp(rest: &mut &str) -> Option<i128> {
    const HOURS_DIGITS_MAX: usize = 9;
    let (first, first_digits) = number(rest)?;
    if first_digits > HOURS_DIGITS_MAX {
        return None;
    }
    let mut fields = vec![first];
    let is_hours = first_digits != 2 || first > 59;
    while fields.len() < 3 {
        match rest.strip_prefix(':') {
            Some(after) => *rest = after,
            None if fields.len() == 2 && !is_hours => break,
            None => return None,
        }
        let (field, digits) = number(rest)?;
        if digits != 2 || field > 59 {
            return None;
        }
        fields.push(field);
    }
    *rest = rest.strip_prefix('.')?;
    let (ms, digits) = number(rest)?;
    if digits != 3 {
        return None;
    }
    let seconds = fields.iter().fold(0, |sum, field| sum * 60 + field);
    Some((seconds * 1000 + ms) * i128::from(NS_PER_SECOND / 1000))
}

/// The digits at the start of `rest` as a number, and how many they are.
fn number(rest: &mut &str) -> Option<(i128, usize)> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (text, after) = rest.split_at(digits);
    *rest = after;
    // More digits than a number could have: the length alone tells that it is none.
    let value = if digits > 30 { i128::MAX >> 64 } else { text.parse().ok()? };
    Some((value, digits))
}

#[cfg(test)]
mod tests {
    use super::times;

    #[test]
    fn times_are_those_of_the_standard() {
        let second = 1_000_000_000;
        for (line, expect) in [
            ("00:01.500 --> 00:02.000", Some((1_500_000_000, 2 * second))),
            ("1:00:00.000 --> 100:00:00.001 align:end", Some((3600 * second, 360_000 * second + 1_000_000))),
            ("\t00:00:01.000-->00:00:02.000", Some((second, 2 * second))),
            ("00:60:00.000 --> 01:00:00.000", None),
            ("60:00.000 --> 61:00.000", None),
            ("00:00:01,000 --> 00:00:02,000", None),
            ("00:00:01.00 --> 00:00:02.000", None),
            ("00:00:01.000 -> 00:00:02.000", None),
            ("99999999999:00:00.000 --> 00:00:01.000", None),
        ] {
            assert_eq!(times(line), expect, "{line}");
        }
    }
}
