//! Reading lines, however long or many they are.

use std::io::{BufRead, Read};

use anyhow::Context;
use rushes_types::RunMode;

use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::lines::Sender;
use crate::progress::Bar;

/// Longest line that is read at all. What the archive takes is less, and its limit is named where it is passed.
const LINE_BYTES_READ_MAX: u64 = 16 << 20;

/// Hands the lines of a file on; `run`: those that go into runs, and into which.
pub fn send(
    sender: &mut Sender<'_>,
    file: usize,
    reader: &mut dyn BufRead,
    run: Option<RunMode>,
    bar: &Bar,
) -> Outcome {
    let (mut number, mut line) = (0, Vec::new());
    loop {
        line.clear();
        number += 1;
        let n = read_line(reader, &mut line)
            .with_context(|| format!("reading `{}`, line {number}", sender.file_name(file)))?;
        if n == 0 {
            return sender.end_file();
        }
        if interrupt::is_asked() {
            return Err(Failure::Interrupted);
        }
        bar.add(n);
        if n > LINE_BYTES_READ_MAX {
            let detail =
                format!("the line has {n} bytes; write one annotation a line, each ended by a newline");
            let name = sender.file_name(file).to_owned();
            sender.refuse(&name, number, "", &detail);
        } else {
            sender.line(file, number, &line, run)?;
        }
    }
}

/// Reads a line with its end, and says how long it is; of one that is far too long only the beginning is kept.
fn read_line(reader: &mut dyn BufRead, into: &mut Vec<u8>) -> std::io::Result<u64> {
    let mut n = reader.take(LINE_BYTES_READ_MAX + 1).read_until(b'\n', into)? as u64;
    while n > LINE_BYTES_READ_MAX {
        let piece = reader.fill_buf()?;
        let end = piece.iter().position(|b| *b == b'\n').map(|i| i + 1);
        let take = end.unwrap_or(piece.len());
        reader.consume(take);
        n += take as u64;
        if take == 0 || end.is_some() {
            break;
        }
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    #[test]
    fn a_line_that_never_ends_is_read_past_and_not_kept() {
        let mut text = vec![b'x'; 2 * LINE_BYTES_READ_MAX as usize];
        text.extend_from_slice(b"\nshort");
        let mut reader = BufReader::new(&text[..]);
        let mut line = Vec::new();
        assert_eq!(read_line(&mut reader, &mut line).unwrap(), 2 * LINE_BYTES_READ_MAX + 1);
        assert!(line.len() as u64 <= LINE_BYTES_READ_MAX + 1);
        line.clear();
        assert_eq!(read_line(&mut reader, &mut line).unwrap(), 5);
        assert_eq!(line, b"short");
        assert_eq!(read_line(&mut reader, &mut line).unwrap(), 0);
    }
}
