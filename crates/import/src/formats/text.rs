//! Lines of text in whatever encoding they come: the encoding is found from the whole file, then lines are cut.

use std::io::{BufRead, Read};

use crate::bytes::{open, unpacked};
use crate::problem::Fault;

use crate::formats::encoding::{self, Read as HowRead};
use crate::formats::limits::{TEXT_BYTES_MAX, TEXT_LINE_BYTES_MAX};
use crate::formats::out::{CONTINUE, Flow, FormatOutput};

/// A mark that editors put at the head of a file; where files were joined it stands inside too.
const MARK: char = '\u{feff}';

/// Reads the whole text of a file, at most `bytes_max` of it. The text comes also where reading stopped early, with why.
///
/// Where the encoding was guessed, that is told.
pub(crate) fn load(
    reader: &mut dyn Read,
    out: &mut FormatOutput<'_, '_>,
    bytes_max: u64,
) -> std::ops::ControlFlow<(), (String, Option<String>)> {
    load_while(reader, out, bytes_max, u64::MAX, &|_| true)
}

/// The same, but of a file longer than `head` bytes only where its first bytes hold what they must.
pub(crate) fn load_while(
    reader: &mut dyn Read,
    out: &mut FormatOutput<'_, '_>,
    bytes_max: u64,
    head: u64,
    is_sound: &dyn Fn(&[u8]) -> bool,
) -> std::ops::ControlFlow<(), (String, Option<String>)> {
    let (settings, mut bytes) = (out.settings, Vec::new());
    let opened = match &settings.encoding {
        Some(_) => unpacked(reader, bytes_max),
        None => open(reader, bytes_max),
    };
    let read = opened.and_then(|mut text| {
        text.by_ref().take(head).read_to_end(&mut bytes)?;
        if bytes.len() as u64 >= head && !is_sound(&bytes) {
            return Err(std::io::Error::other(format!("there is no cue in the first {head} bytes")));
        }
        text.read_to_end(&mut bytes)
    });
    let stopped = read.err().map(|error| error.to_string());
    let decoded = encoding::decode(bytes, settings.encoding.as_deref(), settings.language.as_deref());
    match decoded {
        Ok((text, how)) => {
            tell(out, &how)?;
            std::ops::ControlFlow::Continue((text, stopped))
        }
        Err(fault) => {
            out.stop(0, fault)?;
            std::ops::ControlFlow::Break(())
        }
    }
}

/// Tells how a text was read, where that is a guess.
pub(crate) fn tell(out: &mut FormatOutput<'_, '_>, how: &HowRead) -> Flow {
    told(how).map_or(CONTINUE, |note| out.note(0, note))
}

/// The note of how a text was read; `None` where it needs none.
pub(crate) fn told(how: &HowRead) -> Option<String> {
    match how {
        HowRead::Known => None,
        HowRead::Guessed(name) => {
            let name = name.to_ascii_lowercase();
            Some(format!(
                "the text is not UTF-8; it is read as {name}, by its look (`--encoding` names another)"
            ))
        }
        HowRead::Mixed(lines) => {
            Some(format!("lines that are not UTF-8, in a text that otherwise is: {lines}"))
        }
    }
}

/// The lines of a file, one after the other; ends are `\n`, `\r\n` and `\r`.
pub(crate) struct Lines {
    text: String,
    at: usize,
    /// Why there is no more of the file than this.
    stopped: Option<String>,
    /// The number of the line handed out last, from 1.
    pub number: u64,
}

impl Lines {
    /// The lines of a file of text; where it cannot be read at all that is reported, and reading ends.
    pub(crate) fn open(
        reader: &mut dyn Read,
        out: &mut FormatOutput<'_, '_>,
    ) -> std::ops::ControlFlow<(), Lines> {
        let (text, stopped) = load(reader, out, TEXT_BYTES_MAX)?;
        std::ops::ControlFlow::Continue(Lines::of(text, stopped))
    }

    /// The lines of a text that was read, with why there is no more of it.
    pub(crate) fn of(text: String, stopped: Option<String>) -> Lines {
        Lines { text, at: 0, stopped, number: 0 }
    }

    /// The next line without its end and without marks at its head; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<String>, String> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return self.stopped.take().map_or(Ok(None), Err);
        }
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        if end > TEXT_LINE_BYTES_MAX {
            return Err(format!("line {} is longer than {TEXT_LINE_BYTES_MAX} bytes", self.number + 1));
        }
        let ending = if rest[end..].starts_with("\r\n") { 2 } else { usize::from(end < rest.len()) };
        let line = rest[..end].trim_start_matches(MARK).to_owned();
        self.at += end + ending;
        self.number += 1;
        Ok(Some(line))
    }

    /// The next line, where anything that is wrong ends the file.
    pub(crate) fn next_or_fault(&mut self) -> Result<Option<String>, Fault> {
        self.next().map_err(|why| {
            Fault::new("", format!("reading stopped: {why}"), "mend the file; what came before has gone in")
        })
    }
}

/// The lines of a table of numbers, which may be longer than memory should hold: in ASCII, whatever the encoding.
pub(crate) struct TableLines<'r> {
    inner: Box<dyn BufRead + 'r>,
    /// The number of the line handed out last, from 1.
    pub number: u64,
}

impl<'r> TableLines<'r> {
    /// The lines of a table that is at most `bytes_max` long.
    pub(crate) fn open(reader: impl Read + 'r, bytes_max: u64) -> Result<TableLines<'r>, String> {
        let inner = open(reader, bytes_max).map_err(|error| error.to_string())?;
        Ok(TableLines { inner, number: 0 })
    }

    /// The next line without its end; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<String>, String> {
        let mut line = Vec::new();
        let limit = TEXT_LINE_BYTES_MAX as u64 + 1;
        let read = self.inner.by_ref().take(limit).read_until(b'\n', &mut line);
        if read.map_err(|error| error.to_string())? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if line.len() > TEXT_LINE_BYTES_MAX {
            return Err(format!("line {} is longer than {TEXT_LINE_BYTES_MAX} bytes", self.number));
        }
        Ok(Some(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, TableLines};

    fn lines(text: &str) -> Vec<String> {
        let mut lines = Lines::of(text.to_owned(), None);
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push(line);
        }
        assert_eq!(lines.number as usize, found.len());
        found
    }

    #[test]
    fn every_end_of_line_is_read() {
        assert_eq!(lines("a\nb\r\nc\rd\r\r\ne"), ["a", "b", "c", "d", "", "e"]);
        assert_eq!(lines("\n\nx\n"), ["", "", "x"]);
        assert_eq!(lines(""), [""; 0]);
        assert_eq!(lines("\u{feff}a\n\u{feff}b\u{feff}"), ["a", "b\u{feff}"]);
        let mut stopped = Lines::of("a".into(), Some("cut".into()));
        assert_eq!(stopped.next(), Ok(Some("a".to_owned())));
        assert_eq!(stopped.next(), Err("cut".to_owned()));
        assert_eq!(stopped.next(), Ok(None));
    }

    #[test]
    fn tables_are_read_line_by_line() {
        let mut lines = TableLines::open(&b"1,2\r\n3,\xff"[..], 1 << 20).unwrap();
        assert_eq!(lines.next(), Ok(Some("1,2".to_owned())));
        assert_eq!(lines.next(), Ok(Some("3,\u{fffd}".to_owned())));
        assert_eq!(lines.next(), Ok(None));
    }
}
