//! What is printed: text for people, JSON for programs. The only place that writes to the terminal.

use std::io::{IsTerminal, Write};

use serde_json::Value;

use crate::exit::Outcome;

/// Prints a line on standard output.
///
/// A reader that went away (`rushes … | head`) is no error worth a word: the process ends as `yes | head` does.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").is_err() {
        crate::exit::end_now(0);
    }
}

/// Writes bytes to standard output.
pub fn bytes(bytes: &[u8]) -> Outcome {
    match std::io::stdout().lock().write_all(bytes) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => crate::exit::end_now(0),
        written => Ok(written?),
    }
}

/// Prints JSON on standard output.
pub fn json(value: &Value) -> Outcome {
    line(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints something on standard error; where it is closed, nothing is printed.
pub fn warn(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Is standard output a terminal, so that colours help?
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Bold, where that helps.
pub fn bold(text: &str) -> String {
    if is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

/// Faint, where that helps.
pub fn faint(text: &str) -> String {
    if is_terminal() { format!("\x1b[2m{text}\x1b[0m") } else { text.to_owned() }
}

/// A table with aligned columns; the first row is its head.
pub fn table(rows: &[Vec<String>]) {
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
    if is_terminal() { format!("\x1b[1;33m{text}\x1b[0m") } else { format!("[{text}]") }
}
