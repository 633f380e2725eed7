//! A block as stored in its table: which rows count, and the compressed bytes.

use rushes_types::{BlockFormat, Result};

use crate::block::Block;
use crate::records::{Reader, Writer, corrupt};

/// Larger blocks than this are not read: no request is that large.
const BLOCK_BYTES_MAX: u64 = 1 << 30;

const ROWS_PER_BYTE_MAX: u64 = 64;
/// How many times as long a block may become that is unpacked: no byte of LZ4 stands for more.
const UNPACKED_MAX: u64 = 255;

/// Bytes, compressed where that pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    raw_len: usize,
    lz4: bool,
    bytes: Vec<u8>,
}

/// Compresses bytes, if that makes them smaller.
pub fn pack(bytes: &[u8]) -> Packed {
    let compressed = lz4_flex::block::compress(bytes);
    let lz4 = compressed.len() < bytes.len();
    Packed { raw_len: bytes.len(), lz4, bytes: if lz4 { compressed } else { bytes.to_vec() } }
}

/// The stored form of a block whose rows at `positions` (ascending) count.
pub fn encode(format: BlockFormat, positions: &[u32], packed: &Packed) -> Vec<u8> {
    let mut w = Writer::default();
    w.u8(match format {
        BlockFormat::Lines => 0,
        BlockFormat::Arrow => 1,
    });
    w.bool(packed.lz4);
    w.uint(packed.raw_len as u64);
    let ranges = ranges(positions);
    w.uint(ranges.len() as u64);
    let mut after = 0;
    for (start, end) in ranges {
        w.uint(start - after);
        w.uint(end - start);
        after = end;
    }
    w.bytes(&packed.bytes);
    w.done()
}

/// Ascending positions as ranges `[start, end)`.
fn ranges(positions: &[u32]) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for position in positions.iter().copied().map(u64::from) {
        match ranges.last_mut() {
            Some(last) if last.1 == position => last.1 += 1,
            _ => ranges.push((position, position + 1)),
        }
    }
    ranges
}

/// The block back.
pub fn decode(bytes: &[u8]) -> Result<Block> {
    let mut r = Reader::new(bytes);
    let format = match r.u8()? {
        0 => BlockFormat::Lines,
        1 => BlockFormat::Arrow,
        _ => return Err(corrupt("a block of no known format")),
    };
    let lz4 = r.bool()?;
    let raw_len = r.uint()?;
    if raw_len > BLOCK_BYTES_MAX {
        return Err(corrupt("a block too large"));
    }
    // Memory is taken for this length before anything is unpacked.
    let most = (bytes.len() as u64).saturating_mul(if lz4 { UNPACKED_MAX } else { 1 });
    if raw_len > most {
        return Err(corrupt("a block longer than its bytes can be"));
    }
    let raw_len = usize::try_from(raw_len).map_err(|_| corrupt("a block too large"))?;
    let mut positions = Vec::new();
    let mut after = 0u32;
    for _ in 0..r.uint()? {
        let start = after.checked_add(r.uint32()?).ok_or_else(|| corrupt("a position too large"))?;
        after = start.checked_add(r.uint32()?).ok_or_else(|| corrupt("a position too large"))?;
        // More positions than this are damage, not a reason to allocate: a line has a byte, a row of a batch a few
        // bits at least.
        if u64::from(after) > (raw_len as u64).saturating_mul(ROWS_PER_BYTE_MAX) {
            return Err(corrupt("a position beyond the block"));
        }
        positions.extend(start..after);
    }
    let bytes = if lz4 {
        lz4_flex::block::decompress(r.rest(), raw_len).map_err(|_| corrupt("a block that does not unpack"))?
    } else {
        r.rest().to_vec()
    };
    if bytes.len() != raw_len {
        return Err(corrupt("a block of another length"));
    }
    Ok(Block { format, positions, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_length_takes_no_memory() {
        // A gigabyte, of which every byte is a row, in a row of a few bytes: packed, and as it is.
        for lz4 in [true, false] {
            let mut w = Writer::default();
            w.u8(0);
            w.bool(lz4);
            for number in [1 << 30, 1, 0, u64::from(u32::MAX)] {
                w.uint(number);
            }
            w.bytes(b"few");
            let error = decode(&w.done()).unwrap_err();
            assert!(error.message().contains("longer than its bytes can be"), "{error}");
        }
    }

    #[test]
    fn what_packs_best_is_read() {
        let zeros = vec![0; 1 << 20];
        let block = decode(&encode(BlockFormat::Lines, &[0, 7], &pack(&zeros))).unwrap();
        assert_eq!((block.bytes, block.positions), (zeros, vec![0, 7]));
    }
}
