//! The timeline over sorted tables.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rushes_types::{
    AssetDocument, AssetId, Bucket, BucketNo, Change, Commit, Error, ErrorKind, FusedAnnotation, FusedKey,
    Result, TimeRange, Watermark,
};
use rushes_wire::codec::{
    AnnotationDecoder, decode_annotation, decode_bucket, decode_document, encode_annotation, encode_bucket,
    encode_document,
};

use crate::digest::ContentDigest;
use crate::kv::{Kv, Table, View, Write};
use crate::rows;
use crate::seam::{
    TimelineCapabilities, TimelineEvent, TimelineOutboxRow, TimelineStore, TimelineUpdate, WordCounts,
};

/// Counters in [`Table::Meta`].
mod meta {
    pub const WORDS_VERSION: &[u8] = b"words_version";
    pub const ANNOTATIONS: &[u8] = b"annotations";
    pub const OUTBOX_LAST: &[u8] = b"outbox_last";
    pub const ERASED: &[u8] = b"erased";
}

/// The timeline over an engine of sorted tables.
pub struct KvTimeline<K> {
    kv: K,
    /// Held while writing: an update reads progress and counts before it writes them.
    writer: Mutex<()>,
}

impl<K: Kv> KvTimeline<K> {
    /// The store over an engine.
    ///
    /// # Errors
    /// Where the engine cannot be read.
    pub fn over(kv: K) -> Result<Self> {
        kv.view()?.get(Table::Meta, meta::OUTBOX_LAST)?;
        Ok(Self { kv, writer: Mutex::new(()) })
    }

    fn writer(&self) -> MutexGuard<'_, ()> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counter(view: &dyn View, name: &[u8]) -> Result<u64> {
    view.get(Table::Meta, name)?.map_or(Ok(0), |value| rows::number(&value))
}

/// Progress and document of an asset's row.
pub(crate) fn read_document(value: &[u8]) -> Result<(Commit, Option<AssetDocument>)> {
    let (progress, document) = split_document(value)?;
    let document = (!document.is_empty()).then(|| decode_document(document)).transpose()?;
    Ok((progress, document))
}

fn split_document(value: &[u8]) -> Result<(Commit, &[u8])> {
    let (progress, document) =
        value.split_first_chunk::<8>().ok_or_else(|| rows::corrupt("a document is too short"))?;
    Ok((Commit(u64::from_le_bytes(*progress)), document))
}

fn progress_of(view: &dyn View, asset: &AssetId) -> Result<Commit> {
    let row = view.get(Table::Documents, &rows::asset_prefix(asset))?;
    row.map_or(Ok(Commit::NONE), |value| split_document(&value).map(|(progress, _)| progress))
}

/// The rows that updates write.
struct Batch<'v> {
    view: &'v dyn View,
    rows: Vec<Write>,
    words: BTreeMap<String, i64>,
    annotations: i64,
    events: Vec<TimelineEvent>,
    erased: bool,
}

impl Batch<'_> {
    fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.rows.push((table, key, Some(value)));
    }

    fn add(&mut self, update: &TimelineUpdate) {
        let step = &update.step;
        let prefix = rows::asset_prefix(&step.asset);
        for change in &step.changes {
            let key = match change {
                Change::Put(fused) => {
                    let key = fused.fused_key();
                    let mut value = Vec::with_capacity(256);
                    encode_annotation(fused, &mut value);
                    self.put(Table::Annotations, rows::annotation(&prefix, key), value);
                    key
                }
                Change::Erased(key) => {
                    self.erased = true;
                    self.rows.push((Table::Annotations, rows::annotation(&prefix, *key), None));
                    *key
                }
            };
            self.put(Table::Changes, rows::change(&prefix, step.upto, key), Vec::new());
        }
        for bucket in &step.buckets {
            let mut value = Vec::new();
            encode_bucket(bucket, &mut value);
            self.put(Table::Buckets, rows::bucket(&prefix, bucket.no), value);
        }
        let mut value = step.upto.0.to_le_bytes().to_vec();
        match &step.document {
            Some(document) => encode_document(document, &mut value),
            None => self.erased = true,
        }
        self.put(Table::Documents, prefix, value);
        for (word, by) in &update.word_counts {
            *self.words.entry(word.clone()).or_insert(0) += by;
        }
        self.annotations += update.annotation_count;
        self.events.push(TimelineEvent::Asset(step.asset.clone(), step.upto));
    }

    /// Adds what all updates share: counts and outbox rows.
    fn finish(mut self) -> Result<Vec<Write>> {
        let moved = |before: u64, by: i64| before.saturating_add_signed(by);
        let changed: Vec<(String, i64)> =
            std::mem::take(&mut self.words).into_iter().filter(|(_, by)| *by != 0).collect();
        if !changed.is_empty() || self.annotations != 0 {
            let version = counter(self.view, meta::WORDS_VERSION)?.saturating_add(1);
            self.put(Table::Meta, meta::WORDS_VERSION.to_vec(), version.to_le_bytes().to_vec());
            let count = moved(counter(self.view, meta::ANNOTATIONS)?, self.annotations);
            self.put(Table::Meta, meta::ANNOTATIONS.to_vec(), count.to_le_bytes().to_vec());
        }
        for (word, by) in changed {
            let before = self.view.get(Table::Words, word.as_bytes())?;
            let count = moved(before.map_or(Ok(0), |value| rows::number(&value))?, by);
            // A word without annotations has no row.
            let value = (count > 0).then(|| count.to_le_bytes().to_vec());
            self.rows.push((Table::Words, word.into_bytes(), value));
        }
        let mut last = counter(self.view, meta::OUTBOX_LAST)?;
        for event in std::mem::take(&mut self.events) {
            last = last.saturating_add(1);
            self.put(Table::Outbox, last.to_be_bytes().to_vec(), rows::event(&event));
        }
        self.put(Table::Meta, meta::OUTBOX_LAST.to_vec(), last.to_le_bytes().to_vec());
        if self.erased {
            self.put(Table::Meta, meta::ERASED.to_vec(), 1u64.to_le_bytes().to_vec());
        }
        Ok(self.rows)
    }
}

impl<K: Kv> TimelineStore for KvTimeline<K> {
    /// One writer's lock holds all updates of one folder.
    fn capabilities(&self) -> TimelineCapabilities {
        TimelineCapabilities { shared: false, applies_at_once: 1 }
    }

    fn apply(&self, updates: &[TimelineUpdate], watermarks: &[Watermark]) -> Result<()> {
        let _writer = self.writer();
        let view = self.kv.view()?;
        let mut batch = Batch {
            view: view.as_ref(),
            rows: Vec::new(),
            words: BTreeMap::new(),
            annotations: 0,
            events: Vec::new(),
            erased: false,
        };
        let mut seen = HashSet::new();
        for update in updates {
            if !seen.insert(&update.step.asset) {
                return Err(Error::bug(format!("one step updates asset `{}` twice", update.step.asset)));
            }
            let progress = progress_of(view.as_ref(), &update.step.asset)?;
            if update.step.upto <= progress {
                continue;
            }
            if update.step.after != progress {
                let message = format!(
                    "an update of asset `{}` starts at commit {}, but it is fused up to {progress}",
                    update.step.asset, update.step.after
                );
                return Err(Error::new(ErrorKind::Conflict, message));
            }
            batch.add(update);
        }
        batch.events.extend(watermarks.iter().copied().map(TimelineEvent::Watermark));
        if batch.events.is_empty() {
            return Ok(());
        }
        let rows = batch.finish()?;
        drop(view);
        self.kv.write(rows, true)
    }

    fn progress(&self, asset: &AssetId) -> Result<Commit> {
        progress_of(self.kv.view()?.as_ref(), asset)
    }

    fn document(&self, asset: &AssetId) -> Result<Option<AssetDocument>> {
        let row = self.kv.view()?.get(Table::Documents, &rows::asset_prefix(asset))?;
        row.map_or(Ok(None), |value| read_document(&value).map(|(_, document)| document))
    }

    fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<(AssetId, Commit)>> {
        let from = after.map_or_else(Vec::new, rows::asset_end);
        let mut out = Vec::new();
        if limit > 0 {
            self.kv.view()?.scan(Table::Documents, &from, None, &mut |key, value| {
                out.push((rows::asset_of(key)?, split_document(value)?.0));
                Ok(out.len() < limit)
            })?;
        }
        Ok(out)
    }

    fn annotations(
        &self,
        asset: &AssetId,
        range: TimeRange,
        after: Option<FusedKey>,
        limit: usize,
    ) -> Result<Vec<FusedAnnotation>> {
        let prefix = rows::asset_prefix(asset);
        let mut from = rows::with_start(prefix.clone(), range.start_ns());
        if let Some(after) = after {
            let mut next = rows::annotation(&prefix, after);
            next.push(0);
            from = from.max(next);
        }
        let to = rows::with_start(prefix, range.end_ns().saturating_add(1));
        let mut decoder = AnnotationDecoder::new(asset.clone());
        let mut out = Vec::new();
        if limit > 0 {
            self.kv.view()?.scan(Table::Annotations, &from, Some(&to), &mut |_, value| {
                out.push(decoder.decode(value)?);
                Ok(out.len() < limit)
            })?;
        }
        Ok(out)
    }

    fn get(&self, asset: &AssetId, keys: &[FusedKey]) -> Result<Vec<Option<FusedAnnotation>>> {
        let prefix = rows::asset_prefix(asset);
        let view = self.kv.view()?;
        let mut decoder = AnnotationDecoder::new(asset.clone());
        let mut out = Vec::with_capacity(keys.len());
        for key in keys {
            let row = view.get(Table::Annotations, &rows::annotation(&prefix, *key))?;
            out.push(row.map(|value| decoder.decode(&value)).transpose()?);
        }
        Ok(out)
    }

    fn buckets(&self, asset: &AssetId, from: BucketNo, to: BucketNo, limit: usize) -> Result<Vec<Bucket>> {
        let prefix = rows::asset_prefix(asset);
        let mut end = rows::bucket(&prefix, to);
        end.push(0);
        let mut out = Vec::new();
        if limit > 0 {
            let start = rows::bucket(&prefix, from);
            self.kv.view()?.scan(Table::Buckets, &start, Some(&end), &mut |key, value| {
                out.push(decode_bucket(rows::bucket_no(key)?, value)?);
                Ok(out.len() < limit)
            })?;
        }
        Ok(out)
    }

    fn changes(
        &self,
        asset: &AssetId,
        after: Commit,
        each: &mut dyn FnMut(Change) -> Result<()>,
    ) -> Result<()> {
        let prefix = rows::asset_prefix(asset);
        let end = rows::asset_end(asset);
        let view = self.kv.view()?;
        if after == Commit::NONE {
            // A reader that starts from nothing needs only what exists; it has nothing to remove.
            let mut decoder = AnnotationDecoder::new(asset.clone());
            return view.scan(Table::Annotations, &prefix, Some(&end), &mut |_, value| {
                each(Change::Put(Box::new(decoder.decode(value)?)))?;
                Ok(true)
            });
        }
        let mut changed = Vec::new();
        let from = rows::bucket(&prefix, BucketNo(after.0.saturating_add(1)));
        view.scan(Table::Changes, &from, Some(&end), &mut |key, _| {
            changed.push(rows::fused_key(key)?);
            Ok(true)
        })?;
        changed.sort_unstable();
        changed.dedup();
        for key in changed {
            let row = view.get(Table::Annotations, &rows::annotation(&prefix, key))?;
            each(match row {
                Some(value) => Change::Put(Box::new(decode_annotation(asset, &value)?)),
                None => Change::Erased(key),
            })?;
        }
        Ok(())
    }

    fn word_counts(&self, words: &[String]) -> Result<WordCounts> {
        let view = self.kv.view()?;
        let count = |word: &String| {
            view.get(Table::Words, word.as_bytes())?.map_or(Ok(0), |value| rows::number(&value))
        };
        Ok(WordCounts {
            version: counter(view.as_ref(), meta::WORDS_VERSION)?,
            annotations: counter(view.as_ref(), meta::ANNOTATIONS)?,
            counts: words.iter().map(count).collect::<Result<_>>()?,
        })
    }

    fn outbox(&self, after: u64, limit: usize) -> Result<Vec<TimelineOutboxRow>> {
        let mut out = Vec::new();
        let Some(from) = after.checked_add(1).filter(|_| limit > 0) else { return Ok(out) };
        self.kv.view()?.scan(Table::Outbox, &from.to_be_bytes(), None, &mut |key, value| {
            out.push(TimelineOutboxRow { sequence: rows::tail_u64(key)?, row: rows::read_event(value)? });
            Ok(out.len() < limit)
        })?;
        Ok(out)
    }

    fn trim_outbox(&self, upto: u64) -> Result<()> {
        let _writer = self.writer();
        let mut gone = Vec::new();
        let end = upto.saturating_add(1).to_be_bytes();
        self.kv.view()?.scan(Table::Outbox, &[], Some(&end), &mut |key, _| {
            gone.push((Table::Outbox, key.to_vec(), None));
            Ok(true)
        })?;
        self.kv.write(gone, false)
    }

    fn content_digest(&self, asset: &AssetId) -> Result<u128> {
        let prefix = rows::asset_prefix(asset);
        let end = rows::asset_end(asset);
        let view = self.kv.view()?;
        let mut digest = ContentDigest::new(asset);
        view.scan(Table::Annotations, &prefix, Some(&end), &mut |key, value| {
            digest.annotation(rows::fused_key(key)?, value);
            Ok(true)
        })?;
        view.scan(Table::Buckets, &prefix, Some(&end), &mut |key, value| {
            digest.bucket(rows::bucket_no(key)?, value)?;
            Ok(true)
        })?;
        if let Some(value) = view.get(Table::Documents, &prefix)? {
            digest.document(split_document(&value)?.1);
        }
        Ok(digest.finish())
    }

    fn bytes(&self) -> Result<u64> {
        self.kv.bytes()
    }

    fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        self.kv.examine(progress)
    }

    fn examine_quickly(&self) -> Result<Vec<String>> {
        self.kv.examine_quickly()
    }

    fn purge(&self) -> Result<()> {
        let _writer = self.writer();
        if counter(self.kv.view()?.as_ref(), meta::ERASED)? == 0 {
            return Ok(());
        }
        self.kv.rewrite()?;
        self.kv.write(vec![(Table::Meta, meta::ERASED.to_vec(), None)], true)
    }

    fn clear(&self) -> Result<()> {
        let _writer = self.writer();
        self.kv.clear()
    }
}
