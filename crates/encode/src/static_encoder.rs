//! The encoder that is built in: a vector for each piece of a word; a text is their weighted mean, at unit length.
//!
//! The table was distilled from MiniLM by `tools/distil`; `data/NOTICE` names its sources and their licences. Its layout,
//! all numbers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `RUSHENC1` |
//! | 4 | pieces, n |
//! | 2 | dimensions, d, an even number |
//! | 2 | 0 |
//! | 4 | bytes of the vocabulary, v |
//! | v | the vocabulary: one piece a line, UTF-8 |
//! | 4·n | a scale for each piece, f32: the piece's weight is in it |
//! | n·d/2 | for each piece d numbers of 4 bits, the first of two in the lower half; a number is its value less 8 |
//!
//! The vector of a piece is its numbers times its scale. Sums run in the order of the text, in f32, and the length is
//! taken in f64, so every machine gives the same numbers, bit by bit.

use std::sync::OnceLock;

use rushes_types::{Error, Metric, Result};

use crate::encoder::Encoder;
use crate::wordpiece::WordPieces;

/// The name of the encoder that is built in. Another table is another encoder.
pub const BUILT_IN: &str = "static-en@1";
/// Numbers in its vectors.
pub const BUILT_IN_DIMENSIONS: usize = 256;

static TABLE: &[u8] = include_bytes!("../data/static-en-1.bin");
const MAGIC: &[u8] = b"RUSHENC1";
const HEADER_BYTES: usize = 20;
/// Shorter sums than this have no direction that means anything.
const LENGTH_MIN: f64 = 1e-6;

/// A vector for each piece of a word.
#[derive(Debug)]
pub struct StaticEncoder {
    name: &'static str,
    dimensions: usize,
    vocabulary: &'static str,
    scales: &'static [u8],
    codes: &'static [u8],
    /// Made when the first text is encoded: most commands encode none.
    pieces: OnceLock<WordPieces>,
}

impl StaticEncoder {
    /// The encoder that is built in.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Bug`] where its table is not whole.
    pub fn built_in() -> Result<Self> {
        let encoder = Self::read(BUILT_IN, TABLE).filter(|e| e.dimensions == BUILT_IN_DIMENSIONS);
        encoder.ok_or_else(|| Error::bug("the table of the encoder that is built in is not whole"))
    }

    /// Reads a table; `None` where it is not whole.
    fn read(name: &'static str, table: &'static [u8]) -> Option<Self> {
        let (header, rest) = table.split_at_checked(HEADER_BYTES)?;
        let word = |at: usize| Some(u32::from_le_bytes(*header.get(at..)?.first_chunk()?));
        let pieces = usize::try_from(word(8)?).ok()?;
        let dimensions = usize::from(u16::from_le_bytes(*header.get(12..)?.first_chunk()?));
        let (vocabulary, rest) = rest.split_at_checked(usize::try_from(word(16)?).ok()?)?;
        let (scales, codes) = rest.split_at_checked(pieces.checked_mul(4)?)?;
        let vocabulary = std::str::from_utf8(vocabulary).ok()?;
        let whole = header.starts_with(MAGIC)
            && dimensions > 0
            && dimensions.is_multiple_of(2)
            && codes.len() == pieces.checked_mul(dimensions / 2)?
            && vocabulary.lines().count() == pieces;
        whole.then(|| Self { name, dimensions, vocabulary, scales, codes, pieces: OnceLock::new() })
    }

    /// How it cuts texts.
    pub fn pieces(&self) -> &WordPieces {
        self.pieces.get_or_init(|| WordPieces::new(self.vocabulary))
    }

    /// The pieces that it knows, one a line.
    #[must_use]
    pub const fn vocabulary(&self) -> &'static str {
        self.vocabulary
    }

    fn encode(&self, text: &str) -> Option<Vec<f32>> {
        let mut sum = vec![0.0_f32; self.dimensions];
        self.pieces().for_each(text, &mut |piece| self.add(piece, &mut sum));
        let length = sum.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if length < LENGTH_MIN {
            return None;
        }
        #[allow(clippy::cast_possible_truncation)] // a number of at most 1 to the precision of the table
        sum.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
        Some(sum)
    }

    fn add(&self, piece: u32, sum: &mut [f32]) {
        let (at, row_bytes) = (piece as usize, self.dimensions / 2);
        let scale = self.scales.get(at * 4..).and_then(<[u8]>::first_chunk).copied().map(f32::from_le_bytes);
        let row = self.codes.get(at * row_bytes..(at + 1) * row_bytes);
        let (Some(scale), Some(row)) = (scale, row) else { return };
        for (two, code) in sum.chunks_exact_mut(2).zip(row) {
            two[0] += scale * (f32::from(code & 15) - 8.0);
            two[1] += scale * (f32::from(code >> 4) - 8.0);
        }
    }
}

impl Encoder for StaticEncoder {
    fn name(&self) -> &str {
        self.name
    }

    fn dimensions(&self) -> Option<usize> {
        Some(self.dimensions)
    }

    fn metric(&self) -> Metric {
        Metric::Cosine
    }

    fn language(&self) -> Option<&str> {
        Some("en")
    }

    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Option<Vec<f32>>>> {
        Ok(texts.iter().map(|text| self.encode(text)).collect())
    }
}
