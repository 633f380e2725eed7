//! Cuts what is sent into blocks, and removes from a block what does not count.

use rushes_types::{AnnotationHeader, BlockFormat, Result};

use crate::block::BlockInput;
use crate::lines::{self, keep_lines};
use crate::records::hash_id;
use crate::rules::{Redactor, check_rows};

/// A piece of an input block.
#[derive(Debug)]
pub struct Cut<'a> {
    /// Number of the input block.
    pub input: usize,
    /// How its bytes are written.
    pub format: BlockFormat,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its annotations; their positions are those in the input block.
    pub rows: &'a [AnnotationHeader],
    /// Position of its first row in the input block.
    pub first: u32,
    /// Rows that `bytes` holds; `None` where the store cannot know (Arrow).
    pub lines: Option<u32>,
    /// The hash of each row's id.
    pub hashes: Vec<u128>,
}

impl Cut<'_> {
    /// The bytes without what does not count: bytes that no record names could not be erased. `positions` are those in
    /// the piece; `None` where all of it counts.
    ///
    /// # Errors
    /// Where the bytes are not of their format.
    pub fn only(&self, redactor: Option<&dyn Redactor>, positions: &[u32]) -> Result<Option<Vec<u8>>> {
        match (self.format, redactor) {
            (BlockFormat::Lines, _) if self.lines.is_some_and(|n| n as usize == positions.len()) => Ok(None),
            (BlockFormat::Lines, _) => Ok(Some(keep_lines(self.bytes, positions))),
            (BlockFormat::Arrow, None) => Ok(None),
            (BlockFormat::Arrow, Some(redactor)) => redactor.keep(self.format, self.bytes, positions),
        }
    }
}

/// Cuts the input block of this number into pieces of about `target` bytes. Blocks of a binary format stay whole.
///
/// # Errors
/// Bug where the rows are not in order or lie beyond the block.
pub fn cut<'a>(
    blocks: &'a [BlockInput<'_>],
    input: usize,
    target: usize,
    pieces: &mut Vec<Cut<'a>>,
) -> Result<()> {
    let Some(block) = blocks.get(input) else { return Ok(()) };
    check_rows(block)?;
    let mut add = |bytes: &'a [u8], rows: &'a [AnnotationHeader], first: u32, lines: Option<u32>| {
        let hashes = rows.iter().map(|r| hash_id(&r.id)).collect();
        pieces.push(Cut { input, format: block.format, bytes, rows, first, lines, hashes });
    };
    match block.format {
        BlockFormat::Arrow => add(&block.bytes, &block.rows, 0, None),
        BlockFormat::Lines => {
            let mut rest = &*block.rows;
            for piece in lines::split(&block.bytes, target)? {
                let end = piece.first_line.saturating_add(piece.lines);
                let (rows, after) = rest.split_at(rest.partition_point(|r| r.position < end));
                add(piece.bytes, rows, piece.first_line, Some(piece.lines));
                rest = after;
            }
        }
    }
    Ok(())
}
