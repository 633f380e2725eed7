//! Errors worded so that a person can fix them.

use std::fmt;

/// Values are shown in messages up to this many characters.
const SHOWN_CHARS_MAX: usize = 60;

/// One row, or one file, that was not imported. The rows around it were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the folder that was searched; or the mapping's pattern where no file is meant.
    pub file: String,
    /// The line on which the row begins, from 1; 0 where the whole file is meant.
    pub line: u64,
    /// The row, from 1, not counting a header; 0 where the whole file is meant.
    pub row: u64,
    /// The field of the mapping that could not be filled, such as `start` or `words.end`; empty for none.
    pub field: String,
    /// What is wrong.
    pub why: String,
    /// What to do about it.
    pub mend: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file)?;
        if self.line > 0 {
            write!(out, ":{}", self.line)?;
        }
        if self.row > 0 {
            write!(out, ": row {}", self.row)?;
        }
        if !self.field.is_empty() {
            write!(out, ": field `{}`", self.field)?;
        }
        write!(out, ": {}; {}", self.why, self.mend)
    }
}

impl std::error::Error for Problem {}

/// Something that the person who imports should know. Nothing was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The file.
    pub file: String,
    /// The line that it is about, from 1; 0 where the whole file is meant.
    pub line: u64,
    /// What there is to know.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file)?;
        if self.line > 0 {
            write!(out, ":{}", self.line)?;
        }
        write!(out, ": {}", self.text)
    }
}

/// What is wrong with a mapping file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingError {
    /// The line of the mapping file, from 1.
    pub line: usize,
    /// The key, as a path: `source[2].words.start`, counted from 1; empty where the TOML itself is not valid.
    pub key: String,
    /// What is wrong and what to do about it.
    pub why: String,
}

impl fmt::Display for MappingError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(out, "mapping line {}: {}", self.line, self.why)
        } else {
            write!(out, "mapping line {}: `{}`: {}", self.line, self.key, self.why)
        }
    }
}

impl std::error::Error for MappingError {}

/// A problem before its place is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field that could not be filled; empty for none.
    pub field: String,
    /// What is wrong.
    pub why: String,
    /// What to do about it.
    pub mend: String,
}

impl Fault {
    /// A problem of a field, or with an empty field of a row as a whole.
    pub fn new(field: &str, why: impl Into<String>, mend: impl Into<String>) -> Fault {
        Fault { field: field.to_owned(), why: why.into(), mend: mend.into() }
    }

    /// The problem with its place; see [`Problem`] for what zeros mean.
    #[must_use]
    pub fn at(self, file: &str, line: u64, row: u64) -> Problem {
        Problem { file: file.to_owned(), line, row, field: self.field, why: self.why, mend: self.mend }
    }
}

/// A value for a message, in back-ticks and cut where it is long.
#[must_use]
pub fn shown(value: &str) -> String {
    let mut short: String = value.chars().take(SHOWN_CHARS_MAX).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    format!("`{}`", short.replace(['\n', '\r'], " "))
}
