//! What is printed: text for people, JSON for programs. The only place that writes to the terminal, and where text of
//! strangers is made safe to show ([`printable`]).

use std::io::{IsTerminal, Write};

use rushes_types::{is_unsafe_to_show, printable};
use serde_json::Value;

use crate::exit::Outcome;

const BOLD: &str = "\x1b[1m";
const FAINT: &str = "\x1b[2m";
const HIT: &str = "\x1b[1;33m";
const RESET: &str = "\x1b[0m";
/// The sequences of our own that a line may hold.
const STYLES: [&str; 4] = [BOLD, FAINT, HIT, RESET];

/// Prints a line on standard output.
pub fn line(text: &str) {
    raw_line(&one_line(text, is_terminal()));
}

/// Prints several lines.
pub fn lines(text: &str) {
    text.lines().for_each(line);
}

/// Prints a value that programs read too: as it is, but on a terminal.
pub fn value(text: &str) {
    if std::io::stdout().is_terminal() { line(text) } else { raw_line(text) }
}

/// A line that does nothing but be seen. What a label says in it can at most be bold to the line's end.
fn one_line(text: &str, styled: bool) -> String {
    let safe = printable(text, if styled { &STYLES } else { &[] });
    if styled && safe.contains('\x1b') && !safe.ends_with(RESET) {
        return format!("{safe}{RESET}");
    }
    safe.into_owned()
}

/// Prints a line as it is.
///
/// A reader that went away (`rushes … | head`) is no error worth a word: the process ends as `yes | head` does.
fn raw_line(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").is_err() {
        crate::exit::end_now(0);
    }
}

/// Writes bytes to standard output: as they are, but on a terminal, which would obey what is in them.
pub fn bytes(bytes: &[u8]) -> Outcome {
    let shown = std::io::stdout().is_terminal().then(|| shown_json(&String::from_utf8_lossy(bytes)));
    let bytes = shown.as_deref().map_or(bytes, str::as_bytes);
    match std::io::stdout().lock().write_all(bytes) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => crate::exit::end_now(0),
        written => Ok(written?),
    }
}

/// Prints JSON on standard output.
pub fn json(value: &Value) -> Outcome {
    raw_line(&shown_json(&serde_json::to_string_pretty(value)?));
    Ok(())
}

/// Prints a JSON document that a server answered, as it was sent but for what [`shown_json`] escapes.
pub fn json_bytes(document: &[u8]) -> Outcome {
    match std::str::from_utf8(document) {
        Ok(text) => raw_line(&shown_json(text)),
        Err(_) => {
            bytes(document)?;
            bytes(b"\n")?;
        }
    }
    Ok(())
}

/// The same JSON document, with characters that a terminal would obey or not show written as escapes. Outside of
/// texts a document has none of them.
fn shown_json(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    for c in document.chars() {
        if is_unsafe_to_show(c) {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// Prints something on standard error; where it is closed, nothing is printed.
pub fn warn(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(text, &[]));
}

/// Standard error for the log: an event is one line, whatever its fields hold.
pub struct LogLines {
    /// Does the log colour its lines?
    pub styled: bool,
}

/// An event of the log as one line.
fn log_line(event: &[u8], styled: bool) -> String {
    let text = String::from_utf8_lossy(event);
    printable(text.trim_end_matches('\n'), if styled { &LOG_STYLES } else { &[] }).into_owned()
}

/// What the log's own colours are written with.
const LOG_STYLES: [&str; 8] =
    ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[3m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m"];

impl Write for LogLines {
    fn write(&mut self, event: &[u8]) -> std::io::Result<usize> {
        writeln!(std::io::stderr().lock(), "{}", log_line(event, self.styled))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// Is standard output a terminal, so that colours help?
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

fn styled(style: &str, text: &str) -> String {
    format!("{style}{text}{RESET}")
}

/// Bold, where that helps.
pub fn bold(text: &str) -> String {
    if is_terminal() { styled(BOLD, text) } else { text.to_owned() }
}

/// Faint, where that helps.
pub fn faint(text: &str) -> String {
    if is_terminal() { styled(FAINT, text) } else { text.to_owned() }
}

/// A table with aligned columns; the first row is its head.
pub fn table(rows: &[Vec<String>]) {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| printable(cell, &[]).into_owned()).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for (n, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.chars().count())))
            .collect();
        let text = cells.join("  ");
        line(&if n == 0 { bold(text.trim_end()) } else { text.trim_end().to_owned() });
    }
}

/// Nanoseconds as `h:mm:ss.mmm`.
pub fn clock(ns: i64) -> String {
    let ms = ns / 1_000_000;
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!("{}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A number with thousands apart.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes in the unit that suits them.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    #[allow(clippy::cast_precision_loss)] // printed with one decimal
    let mut size = bytes as f64;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{size:.1} {}", UNITS[unit]) }
}

/// A number and what it counts.
pub fn plural(n: u64, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {what}{s}", count(n))
}

/// What was found in a line.
pub fn hit(text: &str) -> String {
    if is_terminal() { styled(HIT, text) } else { format!("[{text}]") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "Joey\x1b]0;gone\x07\u{9b}2J\n\u{202e}x\u{200b}\x1b[1m";

    #[test]
    fn a_line_is_one_line_and_controls_nothing() {
        let safe = "Joey\\u{1b}]0;gone\\u{7}\\u{9b}2J \\u{202e}x\\u{200b}";
        assert_eq!(one_line(HOSTILE, false), format!("{safe}\\u{{1b}}[1m"));
        // Our own styles pass, and end with the line.
        assert_eq!(one_line(HOSTILE, true), format!("{safe}{BOLD}{RESET}"));
        assert_eq!(one_line(&styled(FAINT, "x"), true), "\x1b[2mx\x1b[0m");
    }

    #[test]
    fn an_event_of_the_log_is_one_line() {
        let forged = "INFO answered\n2026-11-29 ERROR forged\u{9b}2J\n";
        assert_eq!(log_line(forged.as_bytes(), false), "INFO answered 2026-11-29 ERROR forged\\u{9b}2J");
        assert_eq!(log_line(b"\x1b[32mINFO\x1b[0m \x1b[8mx\n", true), "\x1b[32mINFO\x1b[0m \\u{1b}[8mx");
    }

    #[test]
    fn json_that_is_shown_is_the_same_json() {
        let value =
            serde_json::json!({"label": HOSTILE, "emoji": "👩\u{200d}👧 \u{e0041}", "plain": "é – 12"});
        let shown = shown_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!shown.chars().any(|c| c != '\n' && (c.is_control() || is_unsafe_to_show(c))), "{shown}");
        assert!(
            shown.contains("é – 12") && shown.contains("\\u009b") && shown.contains("\\udb40\\udc41"),
            "{shown}"
        );
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
    }
}
