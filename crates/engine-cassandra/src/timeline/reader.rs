//! Reads of an asset. Every call sees only complete updates.

use std::collections::{BTreeMap, HashMap};

use rushes_timeline::ContentDigest;
use rushes_types::{
    AssetDocument, AssetId, Bucket, BucketNo, Change, Commit, FusedAnnotation, FusedKey, Result, TimeRange,
};
use rushes_wire::codec::{AnnotationDecoder, decode_bucket, decode_document};

use crate::timeline::db::Db;
use crate::timeline::head::{Head, Newest, Version};
use crate::timeline::notes::unpack_keys;
use crate::timeline::partitions::{Directory, bucket_chunk, chunk_of};
use crate::timeline::scan::{self, AnnotationRow, BucketRows, Cursor, Span, merged, version};
use crate::timeline::writer::LOG_PART;

/// Keys per request.
const KEYS_ASKED: usize = 100;
/// Changed annotations that are read at once.
const CHANGES_AT_ONCE: usize = 2_000;
/// Rows of the list of changes that are read at once.
const LOG_ROWS: i64 = 32;

/// The lowest key.
const FIRST: FusedKey = FusedKey { start_ns: 0, key: rushes_types::AnnotationKey(0) };

/// Start and key of an annotation, as bound in a statement.
type Name = (i64, Vec<u8>);

fn next(key: FusedKey) -> Option<FusedKey> {
    <scan::AnnotationRows<'_> as scan::Rows>::after(key)
}

impl Db {
    /// The document.
    pub async fn document(&self, asset: &AssetId) -> Result<Option<AssetDocument>> {
        let found = self.whole(asset, async |head, _| self.encoded_document(asset, head).await).await?;
        found.flatten().as_deref().map(decode_document).transpose()
    }

    async fn encoded_document(&self, asset: &AssetId, head: &Head) -> Result<Option<Vec<u8>>> {
        let mut newest = Newest::new();
        let each = |(epoch, body): (i64, Option<Vec<u8>>)| {
            newest.take(head, Version { key: (), epoch, body });
            Ok(true)
        };
        self.cluster.each(&self.cql.documents, (asset.as_str(),), each).await?;
        Ok(newest.end().map(|((), body)| body))
    }

    /// Annotations; see [`rushes_timeline::TimelineStore::annotations`].
    pub async fn annotations(
        &self,
        asset: &AssetId,
        range: TimeRange,
        after: Option<FusedKey>,
        limit: usize,
    ) -> Result<Vec<FusedAnnotation>> {
        let first = FusedKey { start_ns: range.start_ns().max(0), ..FIRST };
        let from = match after.map(next) {
            None => first,
            Some(Some(after)) => first.max(after),
            Some(None) => return Ok(Vec::new()),
        };
        if limit == 0 {
            return Ok(Vec::new());
        }
        let span = Span { from, to_start: range.end_ns(), wanted: limit };
        let read = async |head: &Head, directory: &Directory| {
            let mut decoder = AnnotationDecoder::new(asset.clone());
            let mut out = Vec::new();
            let mut each = |_: FusedKey, body: Vec<u8>| {
                out.push(decoder.decode(&body)?);
                Ok(out.len() < limit)
            };
            scan::annotations(self, asset, (head, directory), span, &mut each).await?;
            Ok(out)
        };
        Ok(self.whole(asset, read).await?.unwrap_or_default())
    }

    /// Annotations by key.
    pub async fn get(&self, asset: &AssetId, keys: &[FusedKey]) -> Result<Vec<Option<FusedAnnotation>>> {
        let mut out = Vec::with_capacity(keys.len());
        for keys in keys.chunks(CHANGES_AT_ONCE) {
            let read =
                async |head: &Head, directory: &Directory| self.bodies(asset, head, directory, keys).await;
            let found = self.whole(asset, read).await?.unwrap_or_default();
            let mut decoder = AnnotationDecoder::new(asset.clone());
            for key in keys {
                out.push(found.get(key).map(|body| decoder.decode(body)).transpose()?);
            }
        }
        Ok(out)
    }

    async fn bodies(
        &self,
        asset: &AssetId,
        head: &Head,
        directory: &Directory,
        keys: &[FusedKey],
    ) -> Result<HashMap<FusedKey, Vec<u8>>> {
        let rows: Vec<AnnotationRow> = self.by_keys(&self.cql.annotations_of, asset, directory, keys).await?;
        // Versions of one key may come from several partitions.
        let mut versions = rows.into_iter().map(version).collect::<Result<Vec<_>>>()?;
        versions.sort_unstable_by_key(|v| (v.key, v.epoch));
        let mut newest = Newest::new();
        let mut out = HashMap::new();
        for version in versions {
            out.extend(newest.take(head, version));
        }
        out.extend(newest.end());
        Ok(out)
    }

    /// The keys that have any version.
    pub async fn existing(
        &self,
        asset: &AssetId,
        directory: &Directory,
        keys: &[FusedKey],
    ) -> Result<Vec<FusedKey>> {
        let rows: Vec<(i64, Vec<u8>)> =
            self.by_keys(&self.cql.annotations_there, asset, directory, keys).await?;
        let key = |(start_ns, key)| version((start_ns, key, 0, None)).map(|v| v.key);
        rows.into_iter().map(key).collect()
    }

    async fn by_keys<R: crate::client::driver::OwnedRow>(
        &self,
        cql: &str,
        asset: &AssetId,
        directory: &Directory,
        keys: &[FusedKey],
    ) -> Result<Vec<R>> {
        let mut places: BTreeMap<(i64, i32), Vec<Name>> = BTreeMap::new();
        for key in keys {
            let chunk = chunk_of(key.start_ns);
            for part in directory.chunk(chunk).parts_of(key.key) {
                let name = (key.start_ns, key.key.to_bytes().to_vec());
                places.entry((chunk, part)).or_default().push(name);
            }
        }
        let asked = places.iter().flat_map(|((chunk, part), names)| {
            names.chunks(KEYS_ASKED).map(move |names| (asset.as_str(), *chunk, *part, names))
        });
        Ok(self.cluster.rows_of_each::<R, _>(cql, asked).await?.into_iter().flatten().collect())
    }

    /// Buckets; see [`rushes_timeline::TimelineStore::buckets`].
    pub async fn buckets(
        &self,
        asset: &AssetId,
        from: BucketNo,
        to: BucketNo,
        limit: usize,
    ) -> Result<Vec<Bucket>> {
        let most = i64::MAX.unsigned_abs();
        if limit == 0 || from > to || from.0 > most {
            return Ok(Vec::new());
        }
        let to = to.0.min(most);
        let read = async |head: &Head, directory: &Directory| {
            let mut out = Vec::new();
            let mut each = |no: i64, body: Vec<u8>| {
                out.push(decode_bucket(BucketNo(no.cast_unsigned()), &body)?);
                Ok(out.len() < limit)
            };
            self.bucket_rows(asset, (head, directory), (from.0, to, limit), &mut each).await?;
            Ok(out)
        };
        Ok(self.whole(asset, read).await?.unwrap_or_default())
    }

    async fn bucket_rows(
        &self,
        asset: &AssetId,
        (head, directory): (&Head, &Directory),
        (from, to, wanted): (u64, u64, usize),
        each: &mut dyn FnMut(i64, Vec<u8>) -> Result<bool>,
    ) -> Result<()> {
        for chunk in directory.buckets.range(bucket_chunk(from)..=bucket_chunk(to)) {
            let rows = BucketRows { asset, chunk: *chunk, to: to.cast_signed() };
            let mut cursor = [Cursor::new(rows, from.cast_signed(), wanted)];
            if !merged(self, head, &mut cursor, each).await? {
                break;
            }
        }
        Ok(())
    }

    /// What changed; see [`rushes_timeline::TimelineStore::changes`]. Each piece is read as of one completed update. An
    /// update that is completed in between shows in later pieces only; a caller that asks again for the changes after
    /// the progress it read before gets it.
    pub fn changes(
        &self,
        asset: &AssetId,
        after: Commit,
        each: &mut dyn FnMut(Change) -> Result<()>,
    ) -> Result<()> {
        if after == Commit::NONE {
            let mut last = None;
            loop {
                let page = self.annotations(asset, TimeRange::everything(), last, CHANGES_AT_ONCE);
                let page = self.cluster.block_on(page)?;
                let is_last = page.len() < CHANGES_AT_ONCE;
                last = page.last().map(FusedAnnotation::fused_key);
                page.into_iter().try_for_each(|fused| each(Change::Put(Box::new(fused))))?;
                if is_last {
                    return Ok(());
                }
            }
        }
        let keys = self.cluster.block_on(self.changed(asset, after))?;
        for keys in keys.chunks(CHANGES_AT_ONCE) {
            let found = self.cluster.block_on(self.get(asset, keys))?;
            for (key, found) in keys.iter().zip(found) {
                each(found.map_or(Change::Erased(*key), |fused| Change::Put(Box::new(fused))))?;
            }
        }
        Ok(())
    }

    /// The keys that changed at commits above `after`, once each.
    async fn changed(&self, asset: &AssetId, after: Commit) -> Result<Vec<FusedKey>> {
        let mut keys = Vec::new();
        let mut to = self.head(asset).await?.log;
        let mut many = 1;
        'back: while to > 0 {
            // Backwards from the newest, without leaving a partition.
            let part = (to - 1) / LOG_PART;
            let from = (to - many).max(part * LOG_PART);
            let values = (asset.as_str(), part, from, to);
            let mut rows: Vec<(i64, i64, Vec<u8>)> = self.cluster.rows(&self.cql.changes, values).await?;
            rows.sort_unstable_by_key(|(n, ..)| std::cmp::Reverse(*n));
            for (_, upto, packed) in rows {
                if upto <= i64::try_from(after.0).unwrap_or(i64::MAX) {
                    break 'back;
                }
                keys.append(&mut unpack_keys(&packed)?);
            }
            to = from;
            many = (many * 2).min(LOG_ROWS);
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// The digest of an asset's content, of one whole update.
    pub async fn digest(&self, asset: &AssetId) -> Result<u128> {
        let read = async |head: &Head, directory: &Directory| {
            let mut digest = ContentDigest::new(asset);
            let everything = Span { from: FIRST, to_start: i64::MAX, wanted: usize::MAX };
            let mut each = |key: FusedKey, body: Vec<u8>| {
                digest.annotation(key, &body);
                Ok(true)
            };
            scan::annotations(self, asset, (head, directory), everything, &mut each).await?;
            let mut each = |no: i64, body: Vec<u8>| {
                digest.bucket(BucketNo(no.cast_unsigned()), &body)?;
                Ok(true)
            };
            let all = (0, i64::MAX.unsigned_abs(), usize::MAX);
            self.bucket_rows(asset, (head, directory), all, &mut each).await?;
            digest.document(&self.encoded_document(asset, head).await?.unwrap_or_default());
            Ok(digest.finish())
        };
        let found = self.whole(asset, read).await?;
        Ok(found.unwrap_or_else(|| ContentDigest::new(asset).finish()))
    }
}
