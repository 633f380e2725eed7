//! The head of an asset: one partition, in which a commit is one conditional write.
//!
//! Static columns hold the version (a new number with every conditional write), the last commit, the counts of commits
//! and annotations, the commit up to which the tail was moved to the history, the commit that last erased the asset,
//! and the asset's document. Rows are of these kinds:
//!
//! | kind | name | number | |
//! |---|---|---|---|
//! | link | | − number of the change | a record of the chain of changes; the first row of a head is the latest |
//! | run | run | 0 | a run |
//! | use | model | 0 | how many loose annotations of the model there are |
//! | piece | segment of a run | ordinal | what one request appended to the run |
//! | chunk | | chunk | the first commit of a chunk of the history |
//! | gone | what | 0 | what was erased up to which commit |
//! | hole | segment | commit | annotations that were erased one by one |
//! | tail | | commit | a commit that was not carried yet: history and outbox in one |

use crate::client::{Cluster, Outcome, Write};
use rushes_store::Effect;
use rushes_store::engine::{Reader, Writer, decode_effect, encode_effect};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result, RunId};

use crate::columns::{column, number};
use crate::store::link::Link;

/// Kinds of rows. Part of the format: never reuse a number.
pub mod kind {
    /// The lowest: its newest row is the first of the partition, and comes with the static columns.
    pub const LINK: i32 = 0;
    pub const RUN: i32 = 1;
    pub const USE: i32 = 2;
    pub const PIECE: i32 = 3;
    pub const CHUNK: i32 = 5;
    pub const GONE: i32 = 6;
    pub const HOLE: i32 = 7;
    pub const TAIL: i32 = 8;
}

/// Commits of a chunk of the history.
pub const CHUNK_COMMITS: u64 = 4_096;
/// Attempts to fence an asset while others write to it.
const FENCE_ATTEMPTS: usize = 1_000;

/// The static columns of a head.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// `None` if nothing was ever written.
    pub version: Option<i64>,
    pub last_commit: u64,
    /// Commits ever made.
    pub commits: u64,
    /// Annotations in committed segments now.
    pub annotations: u64,
    /// Bytes of content, counted once, not per replica.
    pub bytes: u64,
    /// Commits up to this one were moved from the tail to the history.
    pub trimmed: u64,
    /// The commit that erased the asset last, or 0.
    pub erased: u64,
    /// The asset, while it is registered.
    pub doc: Option<Vec<u8>>,
    /// The record of the last change; `None` where a version wrote it that kept no chain.
    pub stamp: Option<Link>,
}

type Statics = (
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<Vec<u8>>,
    Option<i32>,
    Option<Vec<u8>>,
);

const STATICS: &str = "SELECT version, last_commit, commits, annotations, bytes, trimmed, erased, doc, kind, value \
     FROM heads WHERE asset = ? LIMIT 1";

fn of_statics(row: Option<Statics>) -> Result<Head> {
    let Some((version, last, commits, annotations, bytes, trimmed, erased, doc, kind, value)) = row else {
        return Ok(Head::default());
    };
    let stamp = value.filter(|_| kind == Some(kind::LINK));
    Ok(Head {
        version,
        last_commit: number(last),
        commits: number(commits),
        annotations: number(annotations),
        bytes: number(bytes),
        trimmed: number(trimmed),
        erased: number(erased),
        doc: doc.filter(|d| !d.is_empty()),
        stamp: stamp.map(|bytes| Link::decode(&bytes)).transpose()?,
    })
}

/// The head, including every finished conditional write.
pub async fn read(cluster: &Cluster, asset: &AssetId) -> Result<Head> {
    of_statics(cluster.first::<Statics>(STATICS, (asset.as_str(),)).await?)
}

/// The head by a serial read: after every conditional write that was started before.
pub async fn read_serial(cluster: &Cluster, asset: &AssetId) -> Result<Head> {
    of_statics(cluster.serial::<Statics>(STATICS, (asset.as_str(),)).await?.into_iter().next())
}

/// A row's value.
pub async fn value(cluster: &Cluster, asset: &AssetId, kind: i32, name: &str) -> Result<Option<Vec<u8>>> {
    const READ: &str = "SELECT value FROM heads WHERE asset = ? AND kind = ? AND name = ? AND num = 0";
    let row = cluster.first::<(Option<Vec<u8>>,)>(READ, (asset.as_str(), kind, name)).await?;
    Ok(row.and_then(|(value,)| value))
}

/// A row of a head: name, number, value.
pub type HeadRow = (String, u64, Vec<u8>);

/// All rows of a kind, by name and number.
pub async fn rows(cluster: &Cluster, asset: &AssetId, kind: i32) -> Result<Vec<HeadRow>> {
    const READ: &str = "SELECT name, num, value FROM heads WHERE asset = ? AND kind = ?";
    let rows = cluster.rows::<(String, i64, Option<Vec<u8>>)>(READ, (asset.as_str(), kind)).await?;
    Ok(rows.into_iter().map(|(name, num, v)| (name, num.cast_unsigned(), v.unwrap_or_default())).collect())
}

/// All rows of a kind and name, by number.
pub async fn rows_of(
    cluster: &Cluster,
    asset: &AssetId,
    kind: i32,
    name: &str,
) -> Result<Vec<(u64, Vec<u8>)>> {
    const READ: &str = "SELECT num, value FROM heads WHERE asset = ? AND kind = ? AND name = ?";
    let rows = cluster.rows::<(i64, Option<Vec<u8>>)>(READ, (asset.as_str(), kind, name)).await?;
    Ok(rows.into_iter().map(|(num, v)| (num.cast_unsigned(), v.unwrap_or_default())).collect())
}

/// Makes every conditional write that was started before fail, by moving the version.
pub async fn fence(cluster: &Cluster, asset: &AssetId, stamp: u64) -> Result<()> {
    const FENCE: &str = "UPDATE heads SET version = ? WHERE asset = ? IF version = ?";
    for _ in 0..FENCE_ATTEMPTS {
        let head = read_serial(cluster, asset).await?;
        let stamp = column(stamp).max(head.version.unwrap_or(0).saturating_add(1));
        let write = Write::new(FENCE, (stamp, asset.as_str(), head.version));
        match cluster.conditional(&[write]).await {
            Ok(Outcome::Applied) => return Ok(()),
            Ok(Outcome::Refused) => {}
            Err(e) if e.kind() == ErrorKind::OutcomeUnknown => {}
            Err(e) => return Err(e),
        }
    }
    Err(Error::new(ErrorKind::Busy, format!("asset `{asset}` is written to all the time")).mend("try again"))
}

/// A commit as kept in the tail and in the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Which of the asset's commits it is: 0, 1, 2 …
    pub ordinal: u64,
    /// Where a loose segment's content lies.
    pub piece: PieceRow,
    pub effect: Effect,
}

impl Record {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.uint(self.ordinal);
        self.piece.write(&mut w);
        w.bytes(&encode_effect(&self.effect));
        w.done()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes);
        let (ordinal, piece) = (r.uint()?, PieceRow::read(&mut r)?);
        Ok(Self { ordinal, piece, effect: decode_effect(r.rest())? })
    }
}

/// What one request kept. Its content is stored under a number that nothing refers to before the commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PieceRow {
    /// The number.
    pub piece: u64,
    /// Rows in `blocks`.
    pub rows: u32,
    /// Rows in `ids`.
    pub parts: u32,
    /// Annotations it was written with.
    pub annotations: u64,
    /// Bytes it was written with.
    pub bytes: u64,
    /// A checksum of its content; 0 where it is not known. Kept in rows of its own only.
    pub sum: u128,
}

impl PieceRow {
    fn write(self, w: &mut Writer) {
        w.uint(self.piece);
        w.uint(self.rows.into());
        w.uint(self.parts.into());
        w.uint(self.annotations);
        w.uint(self.bytes);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            piece: r.uint()?,
            rows: r.uint32()?,
            parts: r.uint32()?,
            annotations: r.uint()?,
            bytes: r.uint()?,
            sum: 0,
        })
    }

    pub fn encode(self) -> Vec<u8> {
        let mut w = Writer::default();
        self.write(&mut w);
        w.bytes(&self.sum.to_le_bytes());
        w.done()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes);
        let piece = Self::read(&mut r)?;
        let sum = r.rest().try_into().map_or(0, u128::from_le_bytes);
        Ok(Self { sum, ..piece })
    }
}

/// A segment's row name, of fixed length so that names sort by number.
pub fn segment_name(segment: u64) -> String {
    format!("{segment:016x}")
}

/// What was erased as a whole, up to a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tombstone {
    /// Is its content removed?
    pub done: bool,
    /// The commit that erased it: everything before it is gone.
    pub upto: u64,
    /// The erased runs, with their segments.
    pub runs: Vec<(RunId, u64)>,
}

impl Tombstone {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.bool(self.done);
        w.uint(self.upto);
        w.uint(self.runs.len() as u64);
        for (run, segment) in &self.runs {
            w.text(run.as_str());
            w.uint(*segment);
        }
        w.done()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes);
        let (done, upto) = (r.bool()?, r.uint()?);
        let mut runs = Vec::new();
        for _ in 0..r.uint()? {
            let id = RunId::new(r.text()?).map_err(|_| rushes_store::engine::corrupt("no run"))?;
            runs.push((id, r.uint()?));
        }
        Ok(Self { done, upto, runs })
    }
}

/// The position of an erased annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hole {
    pub piece: u64,
    pub block: u32,
    pub position: u32,
}

/// Annotations of one segment that one commit erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holes {
    /// Is their content removed?
    pub done: bool,
    pub places: Vec<Hole>,
}

impl Holes {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.bool(self.done);
        w.uint(self.places.len() as u64);
        for hole in &self.places {
            w.uint(hole.piece);
            w.uint(hole.block.into());
            w.uint(hole.position.into());
        }
        w.done()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes);
        let done = r.bool()?;
        let mut places = Vec::new();
        for _ in 0..r.uint()? {
            places.push(Hole { piece: r.uint()?, block: r.uint32()?, position: r.uint32()? });
        }
        Ok(Self { done, places })
    }
}

/// A record with its number.
pub type Numbered = (Commit, Record);
