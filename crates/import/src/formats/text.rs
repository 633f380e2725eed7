//! Lines of text in whatever encoding they come: UTF-8 and UTF-16 by their marks, else Windows-1252 line by line.

use std::io::{BufRead, Read};

use crate::bytes::open;

use crate::formats::limits::TEXT_LINE_BYTES_MAX;

/// What Windows-1252 has where Latin-1 has control characters; five places are empty in both.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Bytes as text. What is not valid UTF-8 is read as Windows-1252, which has a letter for every byte.
pub(crate) fn decode(bytes: Vec<u8>) -> (String, bool) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => (error.as_bytes().iter().map(|byte| letter(*byte)).collect(), true),
    }
}

fn letter(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252.get(usize::from(byte - 0x80)).copied().unwrap_or('\u{fffd}'),
        _ => char::from(byte),
    }
}

/// The lines of a file, one after the other; ends are `\n`, `\r\n` and `\r`.
pub(crate) struct Lines<'r> {
    inner: Box<dyn BufRead + 'r>,
    /// A `\n` that comes now belongs to the `\r` before it.
    after_return: bool,
    /// The number of the line handed out last, from 1.
    pub number: u64,
    /// Bytes read so far.
    pub bytes: u64,
    /// Lines that were not valid UTF-8.
    pub foreign: u64,
}

impl<'r> Lines<'r> {
    /// The lines of a file that is at most `bytes_max` long.
    pub(crate) fn open(reader: impl Read + 'r, bytes_max: u64) -> Result<Lines<'r>, String> {
        let inner = open(reader, bytes_max).map_err(|error| error.to_string())?;
        Ok(Lines { inner, after_return: false, number: 0, bytes: 0, foreign: 0 })
    }

    /// The next line without its end; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<String>, String> {
        let mut line = Vec::new();
        let mut ended = false;
        while !ended {
            let piece = self.inner.fill_buf().map_err(|error| error.to_string())?;
            if piece.is_empty() {
                if line.is_empty() {
                    return Ok(None);
                }
                break;
            }
            let skipped = usize::from(self.after_return && piece[0] == b'\n');
            self.after_return = false;
            let piece = &piece[skipped..];
            let end = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let kept = end.unwrap_or(piece.len());
            line.extend_from_slice(&piece[..kept]);
            if let Some(end) = end {
                self.after_return = piece[end] == b'\r';
                ended = true;
            }
            let used = skipped + kept + usize::from(ended);
            self.inner.consume(used);
            self.bytes += used as u64;
            if line.len() > TEXT_LINE_BYTES_MAX {
                return Err(format!("line {} is longer than {TEXT_LINE_BYTES_MAX} bytes", self.number + 1));
            }
        }
        self.number += 1;
        let (text, foreign) = decode(line);
        self.foreign += u64::from(foreign);
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, decode};

    fn lines(bytes: &[u8]) -> Vec<String> {
        let mut lines = Lines::open(bytes, 1 << 20).unwrap();
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push(line);
        }
        found
    }

    #[test]
    fn every_end_of_line_and_every_encoding_is_read() {
        assert_eq!(lines(b"a\nb\r\nc\rd\r\r\ne"), ["a", "b", "c", "d", "", "e"]);
        assert_eq!(lines(b"\n\nx\n"), ["", "", "x"]);
        assert_eq!(lines(b""), [""; 0]);
        assert_eq!(lines(b"\xef\xbb\xbfa\xc3\xa9"), ["aé"]);
        assert_eq!(lines(b"\xff\xfea\0\n\0\xe9\0"), ["a", "é"]);
        assert_eq!(lines(b"a\0\n\0\xe9\0"), ["a", "é"]);
        assert_eq!(lines(b"\0a\0\n\0\xe9"), ["a", "é"]);
        assert_eq!(lines(b"caf\xe9 \x93x\x94\ncaf\xc3\xa9"), ["café “x”", "café"]);
        assert!(decode(vec![0x81]).1);
    }
}
