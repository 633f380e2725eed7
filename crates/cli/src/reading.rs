//! Reading files of annotations, however long they are.

use std::io::{BufRead, BufReader, Read};

use anyhow::Context;
use flate2::bufread::MultiGzDecoder;
use rushes_types::RunMode;

use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::progress::Bar;
use crate::sender::Sender;
use crate::upload::Origin;

/// Longest line that is read at all. What the archive takes is less, and its limit is named where it is passed.
const LINE_BYTES_READ_MAX: u64 = 16 << 20;
/// How a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How a message of an Arrow IPC stream begins.
const ARROW_MESSAGE: [u8; 4] = [0xff; 4];

/// Sends a file of annotations: lines, lines that are gzipped, or an Arrow IPC stream, as it begins; `run`: the kind of
/// run they go into.
pub fn send(
    sender: &mut Sender<'_>,
    file: usize,
    mut reader: impl BufRead,
    run: Option<RunMode>,
    bar: &Bar,
) -> Outcome {
    let start = reader.fill_buf().with_context(|| format!("reading `{}`", sender.tally.file_name(file)))?;
    if start.starts_with(&GZIP) {
        let mut unpacked = BufReader::with_capacity(1 << 20, MultiGzDecoder::new(reader));
        // The bar's length is that of the packed file.
        return send_lines(sender, file, &mut unpacked, run, &Bar::steps(None, bar.is_hidden()));
    }
    // JSON never begins like this.
    if start.starts_with(&ARROW_MESSAGE) {
        return sender.arrow(file, reader, run, bar);
    }
    send_lines(sender, file, &mut reader, run, bar)
}

fn send_lines(
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
            .with_context(|| format!("reading `{}`, line {number}", sender.tally.file_name(file)))?;
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
            sender.tally.reject(1, Origin { file, line: number }, "", &detail);
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
