//! Text of strangers in files of lines and tabs.

use rushes_types::printable;

/// Longest name in a file, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 160;
/// Longest note in a file, in characters.
pub(crate) const NOTE_CHARS_MAX: usize = 2_000;

/// One line of at most that many characters, which does nothing but be seen.
pub(crate) fn one_line(text: &str, chars_max: usize) -> String {
    let line = printable(text, &[]);
    let words: Vec<&str> = line.split_whitespace().collect();
    words.join(" ").chars().take(chars_max).collect()
}

/// A name of one line.
pub(crate) fn name(text: &str) -> String {
    one_line(text, NAME_CHARS_MAX)
}

/// Several texts as one line.
pub(crate) fn joined<'a>(texts: impl Iterator<Item = &'a str>, between: &str) -> String {
    let parts: Vec<&str> = texts.collect();
    one_line(&parts.join(between), NOTE_CHARS_MAX)
}

/// Letters, digits, dots and dashes of a text: the name of a file everywhere. Never empty, never hidden.
pub(crate) fn file_stem(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let stem: String = text.chars().map(plain).take(NAME_CHARS_MAX).collect();
    let stem = stem.trim_start_matches('.');
    if stem.is_empty() { "moments".to_owned() } else { stem.to_owned() }
}
