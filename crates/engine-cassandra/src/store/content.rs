//! Content: blocks and the ids they hold, in pieces.
//!
//! A piece is what one request adds to one run, or to one asset's loose lines of one model. Its number is random and
//! nothing refers to it before a commit names it, so its rows are written unconditionally, ahead of the commit.
//! Partitions are bounded: a piece is cut into rows of at most 256 KiB, 64 of them a partition; ids go 4,096 to a row,
//! 32 rows a partition.
//!
//! Every write and delete here carries one of the clock's numbers as its time-stamp, so that a delayed write cannot
//! undo a newer erasure.

use crate::client::Cluster;
use futures_util::stream::{self, StreamExt};
use rushes_store::engine::corrupt;
use rushes_types::{AssetId, Result};
use xxhash_rust::xxh3::Xxh3;

use crate::columns::column;
use crate::store::head::PieceRow;

/// Largest row of a block, in bytes; a larger block lies in several rows.
pub const ROW_BYTES: usize = 256 << 10;
/// Rows of blocks in a partition: at most 16 MiB.
const ROWS_PER_CHUNK: u32 = 64;
/// Ids of a row: 192 KiB.
pub const IDS_PER_PART: usize = 4_096;
/// Rows of ids in a partition: 6 MiB.
const PARTS_PER_CHUNK: u32 = 32;
/// Partitions of ids that are read at once.
const READS: usize = 8;
/// Bytes of an entry.
const ENTRY_BYTES: usize = 48;

/// An id in a piece, the digest of its annotation, and its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The hash of the id.
    pub hash: u128,
    /// A digest of the annotation's content.
    pub digest: u128,
    /// Its start in nanoseconds.
    pub start_ns: i64,
    /// The block within the piece.
    pub block: u32,
    /// The position in the block.
    pub position: u32,
}

impl Entry {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.hash.to_be_bytes());
        out.extend_from_slice(&self.digest.to_be_bytes());
        out.extend_from_slice(&self.start_ns.to_be_bytes());
        out.extend_from_slice(&self.block.to_be_bytes());
        out.extend_from_slice(&self.position.to_be_bytes());
    }

    fn read(bytes: &[u8; ENTRY_BYTES]) -> Self {
        fn at<const N: usize>(bytes: &[u8; ENTRY_BYTES], from: usize) -> [u8; N] {
            let mut part = [0; N];
            part.copy_from_slice(&bytes[from..from + N]);
            part
        }
        Self {
            hash: u128::from_be_bytes(at(bytes, 0)),
            digest: u128::from_be_bytes(at(bytes, 16)),
            start_ns: i64::from_be_bytes(at(bytes, 32)),
            block: u32::from_be_bytes(at(bytes, 40)),
            position: u32::from_be_bytes(at(bytes, 44)),
        }
    }
}

/// Entries as stored.
pub fn encode_entries(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * ENTRY_BYTES);
    entries.iter().for_each(|e| e.write(&mut out));
    out
}

/// Decodes entries.
pub fn decode_entries(bytes: &[u8]) -> Result<Vec<Entry>> {
    let (chunks, rest) = bytes.as_chunks::<ENTRY_BYTES>();
    if rest.is_empty() { Ok(chunks.iter().map(Entry::read).collect()) } else { Err(corrupt("ids cut short")) }
}

/// The content of a piece to be written.
#[derive(Debug, Default)]
pub struct Content {
    /// Its blocks as stored.
    pub blocks: Vec<Vec<u8>>,
    /// Its ids.
    pub entries: Vec<Entry>,
}

impl Content {
    /// The row that describes it under this number.
    pub fn as_piece(&self, piece: u64) -> PieceRow {
        let rows: usize = self.blocks.iter().map(|b| slices_of(b.len())).sum();
        PieceRow {
            piece,
            rows: u32::try_from(rows).unwrap_or(u32::MAX),
            parts: u32::try_from(self.entries.len().div_ceil(IDS_PER_PART)).unwrap_or(u32::MAX),
            annotations: self.entries.len() as u64,
            bytes: (self.blocks.iter().map(Vec::len).sum::<usize>() + self.entries.len() * ENTRY_BYTES)
                as u64,
            sum: self.sum(),
        }
    }

    /// A checksum of it.
    pub fn sum(&self) -> u128 {
        let mut sum = ContentSum::default();
        (0..).zip(&self.blocks).for_each(|(block, bytes)| sum.block(block, bytes));
        sum.done(&encode_entries(&self.entries))
    }
}

/// A checksum of a piece, from what was written or from what was read.
#[derive(Default)]
pub struct ContentSum(Xxh3);

impl ContentSum {
    /// Adds a block; they come in order.
    pub fn block(&mut self, block: u32, bytes: &[u8]) {
        self.0.update(&block.to_le_bytes());
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// With the ids as they are stored, all rows after each other.
    pub fn done(mut self, ids: &[u8]) -> u128 {
        self.0.update(ids);
        self.0.digest128()
    }
}

const fn slices_of(bytes: usize) -> usize {
    let slices = bytes.div_ceil(ROW_BYTES);
    if slices == 0 { 1 } else { slices }
}

type BlockValues<'a> = (&'a str, i64, i32, i32, i32, i32, &'a [u8], i64);

const PUT_BLOCK: &str = "INSERT INTO blocks (asset, piece, chunk, block, slice, slices, data) \
     VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";
const PUT_IDS: &str =
    "INSERT INTO ids (asset, piece, chunk, part, data) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?";

/// Writes a piece.
pub async fn write(
    cluster: &Cluster,
    asset: &AssetId,
    piece: u64,
    content: &Content,
    stamp: u64,
) -> Result<()> {
    let (asset, piece, stamp) = (asset.as_str(), column(piece), column(stamp));
    let mut row = 0_u32;
    let mut values: Vec<BlockValues<'_>> = Vec::new();
    for (block, bytes) in (0..).zip(&content.blocks) {
        let slices = slices_of(bytes.len());
        for slice in 0..slices {
            let end = bytes.len().min((slice + 1) * ROW_BYTES);
            let data = bytes.get(slice * ROW_BYTES..end).unwrap_or_default();
            values.push((asset, piece, chunk_of_row(row), block, small(slice), small(slices), data, stamp));
            row = row.saturating_add(1);
        }
    }
    let parts = (0_u32..).zip(content.entries.chunks(IDS_PER_PART)).map(|(part, entries)| {
        (asset, piece, chunk_of_part(part), part.cast_signed(), encode_entries(entries), stamp)
    });
    let (blocks, ids) =
        futures_util::join!(cluster.write_many(PUT_BLOCK, values), cluster.write_many(PUT_IDS, parts));
    blocks.and(ids)
}

fn small(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

const fn chunk_of_row(row: u32) -> i32 {
    (row / ROWS_PER_CHUNK).cast_signed()
}

const fn chunk_of_part(part: u32) -> i32 {
    (part / PARTS_PER_CHUNK).cast_signed()
}

/// A block that was read: its number in the piece, and its bytes as stored.
pub struct StoredBlock {
    /// Its number.
    pub block: u32,
    /// Where its rows lie: (chunk, slice).
    pub places: Vec<(i32, i32)>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

type BlockRow = (i32, i32, Option<i32>, Option<Vec<u8>>);

/// Gives the blocks of a piece in order, with one partition in memory at a time.
pub async fn read(
    cluster: &Cluster,
    asset: &AssetId,
    piece: PieceRow,
    mut each: impl FnMut(StoredBlock) -> Result<()>,
) -> Result<()> {
    const READ: &str =
        "SELECT block, slice, slices, data FROM blocks WHERE asset = ? AND piece = ? AND chunk = ?";
    let mut open: Option<StoredBlock> = None;
    for chunk in 0..piece.rows.div_ceil(ROWS_PER_CHUNK).cast_signed() {
        let rows = cluster.rows::<BlockRow>(READ, (asset.as_str(), column(piece.piece), chunk)).await?;
        for (block, slice, slices, data) in rows {
            let block = block.cast_unsigned();
            let mut found = match open.take().filter(|f| f.block == block) {
                Some(found) => found,
                None => StoredBlock { block, places: Vec::new(), bytes: Vec::new() },
            };
            if found.places.len() != usize::try_from(slice).unwrap_or(usize::MAX) {
                return Err(corrupt("a row of a block is missing"));
            }
            found.places.push((chunk, slice));
            found.bytes.extend_from_slice(&data.unwrap_or_default());
            if slices == Some(slice.saturating_add(1)) {
                each(found)?;
            } else {
                open = Some(found);
            }
        }
    }
    if open.is_some() { Err(corrupt("the end of a block is missing")) } else { Ok(()) }
}

/// Gives the ids of pieces in order: which piece, which row, the entries of the row.
pub async fn each_part(
    cluster: &Cluster,
    asset: &AssetId,
    pieces: &[PieceRow],
    mut each: impl FnMut(usize, u32, Vec<Entry>) -> Result<()>,
) -> Result<()> {
    const READ: &str = "SELECT part, data FROM ids WHERE asset = ? AND piece = ? AND chunk = ?";
    let keys = pieces.iter().enumerate().flat_map(|(at, piece)| {
        (0..piece.parts.div_ceil(PARTS_PER_CHUNK).cast_signed()).map(move |chunk| (at, piece.piece, chunk))
    });
    let mut parts = stream::iter(keys)
        .map(|(at, piece, chunk)| async move {
            let rows =
                cluster.rows::<(i32, Option<Vec<u8>>)>(READ, (asset.as_str(), column(piece), chunk)).await?;
            Ok::<_, rushes_types::Error>((at, rows))
        })
        .buffered(READS);
    while let Some(next) = parts.next().await {
        let (at, rows) = next?;
        for (part, data) in rows {
            each(at, part.cast_unsigned(), decode_entries(&data.unwrap_or_default())?)?;
        }
    }
    Ok(())
}

/// Removes a piece.
pub async fn remove(cluster: &Cluster, asset: &AssetId, piece: PieceRow, stamp: u64) -> Result<()> {
    const BLOCKS: &str = "DELETE FROM blocks USING TIMESTAMP ? WHERE asset = ? AND piece = ? AND chunk = ?";
    const IDS: &str = "DELETE FROM ids USING TIMESTAMP ? WHERE asset = ? AND piece = ? AND chunk = ?";
    let key = |chunk: u32| (column(stamp), asset.as_str(), column(piece.piece), chunk.cast_signed());
    cluster.write_many(BLOCKS, (0..piece.rows.div_ceil(ROWS_PER_CHUNK)).map(key)).await?;
    cluster.write_many(IDS, (0..piece.parts.div_ceil(PARTS_PER_CHUNK)).map(key)).await
}

/// Removes a piece of unknown size: partition after partition until one is empty.
pub async fn remove_unknown(cluster: &Cluster, asset: &AssetId, piece: u64, stamp: u64) -> Result<()> {
    const BLOCK: &str = "SELECT block FROM blocks WHERE asset = ? AND piece = ? AND chunk = ? LIMIT 1";
    const PART: &str = "SELECT part FROM ids WHERE asset = ? AND piece = ? AND chunk = ? LIMIT 1";
    // Rows are written in any order, so one empty partition is not the end of them; a request has far fewer.
    let (mut chunk, mut empty) = (0, 0);
    while empty < 8 {
        let key = (asset.as_str(), column(piece), chunk);
        let found = cluster.first::<(i32,)>(BLOCK, key).await?.is_some()
            || cluster.first::<(i32,)>(PART, key).await?.is_some();
        if found {
            let both = u32::try_from(chunk).unwrap_or(0);
            let row = PieceRow {
                piece,
                rows: (both + 1).saturating_mul(ROWS_PER_CHUNK),
                parts: (both + 1).saturating_mul(PARTS_PER_CHUNK),
                ..PieceRow::default()
            };
            remove(cluster, asset, row, stamp).await?;
            empty = 0;
        } else {
            empty += 1;
        }
        chunk += 1;
    }
    Ok(())
}

/// Rewrites a block that was read, or removes it (`None`).
pub async fn rewrite(
    cluster: &Cluster,
    asset: &AssetId,
    piece: u64,
    found: &StoredBlock,
    bytes: Option<&[u8]>,
    stamp: u64,
) -> Result<()> {
    const DELETE: &str = "DELETE FROM blocks USING TIMESTAMP ? WHERE asset = ? AND piece = ? AND chunk = ? AND block = ? \
         AND slice = ?";
    let (asset, piece, stamp, block) =
        (asset.as_str(), column(piece), column(stamp), found.block.cast_signed());
    let bytes_or_none = bytes.unwrap_or_default();
    // It may not take more rows than before: the rows after it belong to the next block.
    let width = bytes_or_none.len().div_ceil(found.places.len().max(1)).max(ROW_BYTES);
    let slices = bytes.map_or(0, |b| b.len().div_ceil(width).max(1));
    let puts = found.places.iter().take(slices).enumerate().map(|(n, (chunk, slice))| {
        let end = bytes_or_none.len().min((n + 1) * width);
        let data = bytes_or_none.get(n * width..end).unwrap_or_default();
        (asset, piece, *chunk, block, *slice, small(slices), data, stamp)
    });
    cluster.write_many(PUT_BLOCK, puts).await?;
    let deletes =
        found.places.iter().skip(slices).map(|(chunk, slice)| (stamp, asset, piece, *chunk, block, *slice));
    cluster.write_many(DELETE, deletes).await
}

/// Rewrites a row of ids.
pub async fn rewrite_part(
    cluster: &Cluster,
    asset: &AssetId,
    piece: u64,
    part: u32,
    entries: &[Entry],
    stamp: u64,
) -> Result<()> {
    let (chunk, n) = (chunk_of_part(part), part.cast_signed());
    let values = (asset.as_str(), column(piece), chunk, n, encode_entries(entries), column(stamp));
    cluster.write(PUT_IDS, values).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_back_and_damage_is_told() {
        let entries: Vec<Entry> = (0..3_u32)
            .map(|n| Entry { hash: n.into(), digest: u128::MAX, start_ns: -1, block: n, position: u32::MAX })
            .collect();
        let bytes = encode_entries(&entries);
        assert_eq!(decode_entries(&bytes).unwrap(), entries);
        assert!(decode_entries(&bytes[1..]).is_err());
    }

    #[test]
    fn a_piece_knows_how_many_rows_it_takes() {
        let content =
            Content { blocks: vec![vec![0; ROW_BYTES], vec![0; ROW_BYTES + 1], vec![]], entries: vec![] };
        let piece = content.as_piece(1);
        assert_eq!((piece.rows, piece.parts), (4, 0));
    }
}
