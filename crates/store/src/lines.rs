//! Blocks of lines: splitting them and blanking lines that do not count.

use rushes_types::{Error, Result};

/// How many lines `bytes` holds; a last line without its `\n` counts.
pub fn line_count(bytes: &[u8]) -> usize {
    bytes.split_inclusive(|b| *b == b'\n').count()
}

/// The lines at `keep` (ascending) as they are, every other one empty: positions stay.
pub fn keep_lines(bytes: &[u8], keep: &[u32]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut wanted = keep.iter().copied().peekable();
    for (position, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        if wanted.next_if(|w| *w as usize == position).is_some() {
            kept.extend_from_slice(line);
        } else if line.ends_with(b"\n") {
            kept.push(b'\n');
        }
    }
    kept
}

/// A piece of a block of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Number of its first line in the whole block.
    pub first_line: u32,
    /// How many lines it holds.
    pub lines: u32,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Cuts lines into pieces of about `target` bytes; a longer line is a piece of its own.
pub fn split(bytes: &[u8], target: usize) -> Result<Vec<Piece<'_>>> {
    let mut pieces = Vec::with_capacity(bytes.len() / target.max(1) + 1);
    let mut rest = bytes;
    let mut first_line = 0u32;
    while !rest.is_empty() {
        let (mut cut, mut lines) = (0usize, 0u32);
        for line in rest.split_inclusive(|b| *b == b'\n') {
            if cut > 0 && cut.saturating_add(line.len()) > target {
                break;
            }
            cut = cut.saturating_add(line.len());
            lines = lines.saturating_add(1);
        }
        let (piece, after) = rest
            .split_at_checked(cut)
            .ok_or_else(|| Error::bug("a piece of a block ends beyond the block"))?;
        pieces.push(Piece { first_line, lines, bytes: piece });
        first_line = first_line.saturating_add(lines);
        rest = after;
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_whole_lines_and_together_the_block() {
        for bytes in [&b""[..], b"\n", b"a\nbb\nccc", b"one\ntwo\nthree\n", b"\n\n\n"] {
            for target in [0, 1, 4, 8, 100] {
                let pieces = split(bytes, target).unwrap();
                let joined: Vec<u8> = pieces.iter().flat_map(|p| p.bytes).copied().collect();
                assert_eq!(joined, bytes);
                let mut line = 0;
                for piece in pieces {
                    assert_eq!((piece.first_line, piece.lines as usize), (line, line_count(piece.bytes)));
                    assert!(piece.bytes.len() <= target || piece.lines == 1);
                    line += piece.lines;
                }
            }
        }
    }

    #[test]
    fn blanked_lines_leave_the_others_where_they_are() {
        for (keep, left) in [(&[0, 1, 2][..], "a\nb\nc"), (&[1], "\nb\n"), (&[2], "\n\nc"), (&[], "\n\n")] {
            assert_eq!(keep_lines(b"a\nb\nc", keep), left.as_bytes());
        }
    }
}
