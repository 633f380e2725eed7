//! Reading versions in order: page after page of a partition, and several partitions merged.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use rushes_types::{AnnotationKey, AssetId, FusedKey, Result};

use crate::timeline::db::Db;
use crate::timeline::head::{Head, Newest, Version};
use crate::timeline::notes::corrupt;
use crate::timeline::partitions::{Directory, chunk_of};

/// Rows of the first page of a partition.
const FIRST_ROWS: usize = 200;
/// Most rows of a page.
const ROWS_MAX: usize = 2_000;
/// Bytes that a page should hold.
const PAGE_BYTES: usize = 2 << 20;
/// Chunks that are read ahead.
const CHUNKS_AHEAD: usize = 8;

/// What a partition is read for.
pub(crate) trait Rows {
    /// What its rows sort by.
    type Key: Copy + Ord;
    /// Versions from a key on, by key and epoch, from at most `limit` rows; and whether these are all.
    async fn page(&self, db: &Db, from: Self::Key, limit: usize) -> Result<(Vec<Version<Self::Key>>, bool)>;
    /// The next key; `None` after the last.
    fn after(key: Self::Key) -> Option<Self::Key>;
}

/// A read position in a partition.
pub(crate) struct Cursor<R: Rows> {
    rows: R,
    /// The next key to ask for; `None` at the end.
    from: Option<R::Key>,
    ready: VecDeque<Version<R::Key>>,
    limit: usize,
}

impl<R: Rows> Cursor<R> {
    /// At a key. `wanted`: how many rows the caller will take.
    pub fn new(rows: R, from: R::Key, wanted: usize) -> Self {
        Self { rows, from: Some(from), ready: VecDeque::new(), limit: wanted.clamp(16, FIRST_ROWS) }
    }

    /// Reads until something is ready or the end is reached. The versions of one key are never split.
    pub async fn fill(&mut self, db: &Db) -> Result<()> {
        while self.ready.is_empty()
            && let Some(from) = self.from
        {
            let (mut page, ended) = self.rows.page(db, from, self.limit).await?;
            if ended {
                self.from = None;
            } else {
                // The last key may have more versions after the end of the page.
                let last = page.last().map(|v| v.key);
                let kept = page.iter().position(|v| Some(v.key) == last).unwrap_or(0);
                page.truncate(kept);
                match page.last() {
                    Some(version) => self.from = R::after(version.key),
                    None => self.limit = self.limit.saturating_mul(4),
                }
            }
            self.adapt(&page);
            self.ready.extend(page);
        }
        Ok(())
    }

    fn adapt(&mut self, page: &[Version<R::Key>]) {
        if !page.is_empty() {
            let bytes: usize = page.iter().map(|v| 64 + v.body.as_ref().map_or(0, Vec::len)).sum();
            self.limit = (PAGE_BYTES / (bytes / page.len()).max(1)).clamp(16, ROWS_MAX);
        }
    }

    async fn next(&mut self, db: &Db) -> Result<Option<Version<R::Key>>> {
        self.fill(db).await?;
        Ok(self.ready.pop_front())
    }
}

/// Gives the visible rows of several partitions to `each`, by key, until it returns `false`. Returns `false` if it was
/// stopped.
pub(crate) async fn merged<R: Rows>(
    db: &Db,
    head: &Head,
    cursors: &mut [Cursor<R>],
    each: &mut dyn FnMut(R::Key, Vec<u8>) -> Result<bool>,
) -> Result<bool> {
    let mut newest = Newest::new();
    let mut heads = Vec::with_capacity(cursors.len());
    let mut order = BinaryHeap::new();
    for (n, cursor) in cursors.iter_mut().enumerate() {
        let next = cursor.next(db).await?;
        order.extend(next.as_ref().map(|v| Reverse((v.key, v.epoch, n))));
        heads.push(next);
    }
    while let Some(Reverse((_, _, n))) = order.pop() {
        let next = cursors[n].next(db).await?;
        order.extend(next.as_ref().map(|v| Reverse((v.key, v.epoch, n))));
        let Some(version) = std::mem::replace(&mut heads[n], next) else { continue };
        if let Some((key, body)) = newest.take(head, version)
            && !each(key, body)?
        {
            return Ok(false);
        }
    }
    match newest.end() {
        Some((key, body)) => each(key, body),
        None => Ok(true),
    }
}

/// Annotations of one partition.
pub(crate) struct AnnotationRows<'a> {
    asset: &'a AssetId,
    chunk: i64,
    part: i32,
    to_start: i64,
}

/// A row of `fused_annotations`.
pub(crate) type AnnotationRow = (i64, Vec<u8>, i64, Option<Vec<u8>>);

/// A version from its row.
pub(crate) fn version((start_ns, key, epoch, body): AnnotationRow) -> Result<Version<FusedKey>> {
    let key = <[u8; 16]>::try_from(key.as_slice()).map_err(|_| corrupt("a key has not sixteen bytes"))?;
    Ok(Version { key: FusedKey { start_ns, key: AnnotationKey::from_bytes(key) }, epoch, body })
}

impl Rows for AnnotationRows<'_> {
    type Key = FusedKey;

    async fn page(&self, db: &Db, from: FusedKey, limit: usize) -> Result<(Vec<Version<FusedKey>>, bool)> {
        let key = from.key.to_bytes();
        let most = i32::try_from(limit).unwrap_or(i32::MAX);
        let place = (self.asset.as_str(), self.chunk, self.part, from.start_ns, key.as_slice());
        let values = (place.0, place.1, place.2, place.3, place.4, self.to_start, most);
        let rows: Vec<AnnotationRow> = db.cluster.rows(&db.cql.annotations, values).await?;
        let ended = rows.len() < limit;
        Ok((rows.into_iter().map(version).collect::<Result<_>>()?, ended))
    }

    fn after(key: FusedKey) -> Option<FusedKey> {
        match key.key.0.checked_add(1) {
            Some(next) => Some(FusedKey { start_ns: key.start_ns, key: AnnotationKey(next) }),
            None => key.start_ns.checked_add(1).map(|start_ns| FusedKey { start_ns, key: AnnotationKey(0) }),
        }
    }
}

/// Which annotations are asked for.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    pub from: FusedKey,
    pub to_start: i64,
    /// How many will be returned.
    pub wanted: usize,
}

/// Gives the encoded annotations of a span to `each`, by start and key, until it returns `false`.
pub(crate) async fn annotations(
    db: &Db,
    asset: &AssetId,
    (head, directory): (&Head, &Directory),
    span: Span,
    each: &mut dyn FnMut(FusedKey, Vec<u8>) -> Result<bool>,
) -> Result<()> {
    if span.from.start_ns > span.to_start {
        return Ok(());
    }
    let chunks = directory.annotations.range(chunk_of(span.from.start_ns)..=chunk_of(span.to_start));
    let mut chunks = chunks.peekable();
    let mut ahead = if span.wanted < FIRST_ROWS { 1 } else { CHUNKS_AHEAD };
    while chunks.peek().is_some() {
        let mut open: Vec<Vec<Cursor<AnnotationRows<'_>>>> = Vec::new();
        for (no, chunk) in chunks.by_ref().take(ahead) {
            let rows = |part| AnnotationRows { asset, chunk: *no, part, to_start: span.to_start };
            open.push(chunk.parts().map(|part| Cursor::new(rows(part), span.from, span.wanted)).collect());
        }
        stream::iter(open.iter_mut().flatten())
            .map(|cursor| cursor.fill(db))
            .buffer_unordered(db.cluster.config().max_in_flight)
            .try_collect::<()>()
            .await?;
        for cursors in &mut open {
            if !merged(db, head, cursors, each).await? {
                return Ok(());
            }
        }
        ahead = (ahead * 2).min(CHUNKS_AHEAD);
    }
    Ok(())
}

/// Buckets of one partition.
pub(crate) struct BucketRows<'a> {
    pub asset: &'a AssetId,
    pub chunk: i64,
    pub to: i64,
}

impl Rows for BucketRows<'_> {
    type Key = i64;

    async fn page(&self, db: &Db, from: i64, limit: usize) -> Result<(Vec<Version<i64>>, bool)> {
        let most = i32::try_from(limit).unwrap_or(i32::MAX);
        let values = (self.asset.as_str(), self.chunk, from, self.to, most);
        let rows: Vec<(i64, i64, Vec<u8>)> = db.cluster.rows(&db.cql.buckets, values).await?;
        let ended = rows.len() < limit;
        let mut versions: Vec<Version<i64>> = Vec::new();
        for (key, epoch, mut piece) in rows {
            match versions.last_mut() {
                Some(Version { key: k, epoch: e, body: Some(body) }) if (*k, *e) == (key, epoch) => {
                    body.append(&mut piece);
                }
                _ => versions.push(Version { key, epoch, body: Some(piece) }),
            }
        }
        Ok((versions, ended))
    }

    fn after(key: i64) -> Option<i64> {
        key.checked_add(1)
    }
}
