//! Text of strangers made safe to show: on a terminal, in a log, in a line of a file.
//!
//! Labels, titles and dialogue come from outside. Shown as they are, they can move the cursor, retitle the window, forge a
//! line, or read in another order than they are written in.

use std::borrow::Cow;

/// What a character may do where it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// It is only seen.
    Plain,
    /// It ends the line or jumps in it: a space stands for it.
    Space,
    /// It controls the terminal, reverses the order of what is read, or hides: it is written out.
    Escaped,
    /// It joins letters in some scripts and in emoji; between plain ASCII it only hides.
    Joiner,
}

const fn shown(c: char) -> Shown {
    match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Shown::Space,
        // C0, DEL and C1: U+009B begins an escape sequence as ESC [ does.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Shown::Escaped,
        // Marks and overrides of direction.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => {
            Shown::Escaped
        }
        // Without width: soft hyphen, Mongolian separator, zero-width space, invisible operators, byte order mark,
        // interlinear marks, tags.
        '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}' => Shown::Escaped,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => Shown::Escaped,
        '\u{200c}' | '\u{200d}' => Shown::Joiner,
        _ => Shown::Plain,
    }
}

/// May the character do more than be seen, wherever it stands? Such characters are escaped in JSON that is shown.
#[must_use]
pub const fn is_unsafe_to_show(c: char) -> bool {
    matches!(shown(c), Shown::Escaped | Shown::Joiner)
        || matches!(c, '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// One line of text that does nothing but be seen: ends of lines and tabs become spaces; what controls a terminal,
/// turns the direction, or hides is written out, as `\u{1b}`. Of terminal sequences only those of `kept` pass, each
/// exactly as it stands there: the caller's own.
#[must_use]
pub fn printable<'t>(text: &'t str, kept: &[&str]) -> Cow<'t, str> {
    if text.chars().all(|c| shown(c) == Shown::Plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(own) = kept.iter().find(|own| !own.is_empty() && rest.starts_with(**own)) {
            out.push_str(own);
            rest = rest.get(own.len()..).unwrap_or_default();
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        let letter = |c: char| !c.is_ascii() && shown(c) == Shown::Plain;
        let joins = || letter(before) && rest.chars().next().is_some_and(letter);
        match shown(c) {
            Shown::Plain => out.push(c),
            Shown::Space => out.push(' '),
            Shown::Joiner if joins() => out.push(c),
            Shown::Escaped | Shown::Joiner => out.extend(c.escape_unicode()),
        }
        before = c;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_seeing_is_left() {
        for (text, safe) in [
            ("Joey – 12:00", "Joey – 12:00"),
            ("\u{1b}]0;gone\u{7}", "\\u{1b}]0;gone\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\r\nb\tc\u{2028}d", "a  b c d"),
            ("abc\u{202e}fdp.exe", "abc\\u{202e}fdp.exe"),
            ("pay\u{200b}pal", "pay\\u{200b}pal"),
            ("a\u{200d}b", "a\\u{200d}b"),
            // A family, and a Persian word with its joiner.
            ("👩\u{200d}👧", "👩\u{200d}👧"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("é\u{200c}\u{200c}é", "é\\u{200c}\\u{200c}é"),
        ] {
            assert_eq!(printable(text, &[]), safe, "{text:?}");
            assert_eq!(printable(&printable(text, &[]), &[]), safe, "{text:?} twice");
        }
    }

    #[test]
    fn only_the_callers_own_sequences_pass() {
        let text = "\u{1b}[1mJoey\u{1b}[0m\u{1b}[8mhidden";
        assert_eq!(printable(text, &["\u{1b}[1m", "\u{1b}[0m"]), "\u{1b}[1mJoey\u{1b}[0m\\u{1b}[8mhidden");
        assert!(!printable(text, &[]).contains('\u{1b}'));
    }
}
