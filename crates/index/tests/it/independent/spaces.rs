//! The vectors of a segment, read by the page.

use super::bytes::Bytes;
use super::reader::Sections;

/// The halves of a code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Code {
    pub high: i8,
    pub low: i8,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub entry: u32,
    pub norm: f64,
    pub scale: f32,
    pub residual: f32,
    pub coarse: f32,
    pub codes: Vec<Code>,
    pub vector: Vec<f32>,
    pub signs: Vec<bool>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    pub id: String,
    pub dimensions: usize,
    pub mean: Vec<f32>,
    pub rows: Vec<Row>,
}

/// The high or the low halves of the codes of all rows, without the padding.
fn halves(codes: &mut Bytes<'_>, dimensions: usize, rows: usize) -> Vec<Vec<i8>> {
    let row = |_| {
        let mut of_row = Vec::new();
        for block in codes.take(dimensions.div_ceil(64) * 32).chunks(32) {
            of_row.extend(block.iter().map(|byte| (byte & 0xf).cast_signed() - 8));
            of_row.extend(block.iter().map(|byte| (byte >> 4).cast_signed() - 8));
        }
        assert!(of_row.split_off(dimensions).iter().all(|half| *half == 0));
        of_row
    };
    (0..rows).map(row).collect()
}

pub fn read_spaces(sections: &Sections<'_>) -> Vec<Space> {
    let heads = sections.section(22).list(|b| (b.text(), b.length(), b.length()));
    let spaces = heads.into_iter().zip(0..).map(|((id, dimensions, count), n)| {
        let mut stats = sections.section(1000 + 4 * n);
        let mut codes = sections.section(1001 + 4 * n);
        let mut vectors = sections.section(1002 + 4 * n);
        let mut signs = sections.section(1003 + 4 * n);
        let mean = (0..dimensions).map(|_| signs.f32()).collect();
        let [high, low] = [(); 2].map(|()| halves(&mut codes, dimensions, count));
        let words = dimensions.div_ceil(64);
        let [first, other] = [words.div_ceil(2), words / 2].map(|words| {
            let rows = (0..count).map(|_| signs.take(words * 8));
            rows.collect::<Vec<&[u8]>>()
        });
        let rows = (0..count).map(|row| {
            let (norm, scale, residual, coarse) = (stats.f64(), stats.f32(), stats.f32(), stats.f32());
            let (entry, checksum) = (stats.u32(), stats.u32());
            let vector = vectors.take(dimensions * 4);
            assert_eq!(crc32fast::hash(vector), checksum);
            let bits = [first[row], other[row]].concat();
            let codes = high[row].iter().zip(&low[row]).map(|(high, low)| Code { high: *high, low: *low });
            Row {
                entry,
                norm,
                scale,
                residual,
                coarse,
                codes: codes.collect(),
                vector: Bytes(vector).rest(Bytes::f32),
                signs: (0..dimensions).map(|d| bits[d / 8] >> (d % 8) & 1 == 1).collect(),
            }
        });
        let rows: Vec<Row> = rows.collect();
        for left in [stats, codes, vectors, signs] {
            left.end();
        }
        assert!(rows.is_sorted_by_key(|row| row.entry));
        Space { id, dimensions, mean, rows }
    });
    spaces.collect()
}
