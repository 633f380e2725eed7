//! The writing side: accepts updates and turns them into a segment, tombstones for older segments, and a manifest.
//!
//! ```text
//! apply    annotations that are new ─▶ buffer            deaths of older ones ─▶ pending tombstones, by segment
//! flush    buffer ─▶ segment file, not named by the manifest yet  (also when the buffer is full)
//! publish  flush; a file of tombstones for each segment with pending ones; fsync; rename of the manifest; snapshot
//! ```
//!
//! Invariants. The manifest alone decides what exists: a file that it does not name is removed at the next opening, so
//! a crash at any moment leaves the previous publish. Files are durable before the manifest names them. Readers are
//! given snapshots and never see the writer's state: `pending`, the buffer and flushed segments are the writer's alone.
//! An asset's progress says what was applied; a repeated update does nothing, one that leaves a gap is a conflict.
//!
//! An annotation that is already in a segment is not written again when only its validity changed. It is looked up by
//! asset, start and key, compared, and gets a tombstone; only where its content differs is the old entry erased and a
//! new one buffered. Annotations born in this update skip the lookup.
//!
//! Rejected: a write-ahead log, to survive a crash between publishes. The event log already says what is missing, and
//! progress says from where. After a failed write the writer refuses all further ones until the index is reopened,
//! because the state of the disk is unknown.

use std::path::PathBuf;
use std::sync::Arc;

use rushes_types::{AssetId, Change, Commit, Error, ErrorKind, FusedAnnotation, FusedKey, Result, SpaceId};

use super::asset_table::{AssetTable, DocumentRecord};
use super::buffer::Buffer;
use super::builder::SegmentBuilder;
use super::manifest::{Manifest, segment_path, tombstones_path};
use super::reader::ReaderSettings;
use super::segment::Segment;
use super::snapshot::Snapshot;
use super::tombstones::Tombstones;
use super::validities::EntryValidity;
use super::writer_segment::WriterSegment;
use crate::read_points::ReadPoints;
use crate::seam::AssetUpdate;
use crate::update::{is_new, space_of};

#[derive(Debug)]
pub(super) struct Writer {
    pub folder: PathBuf,
    pub settings: ReaderSettings,
    /// The rules of words that the index was made with.
    pub analyser: String,
    /// The buffer is written when it holds this many bytes.
    pub flush_bytes: usize,
    pub next_file: u64,
    pub segments: Vec<WriterSegment>,
    /// Including what is not published yet.
    pub assets: AssetTable,
    pub read_points: ReadPoints,
    buffer: Buffer,
    /// Set after a failed write, when the state of the folder is unknown: no more writes until it is reopened.
    poisoned: bool,
}

impl Writer {
    /// Reads what the folder holds.
    pub fn open(
        folder: PathBuf,
        settings: ReaderSettings,
        analyser: String,
        flush_bytes: usize,
    ) -> Result<Self> {
        std::fs::create_dir_all(&folder)
            .map_err(|e| Error::io(&format!("creating `{}`", folder.display()), e))?;
        let manifest = Manifest::read(&folder, &analyser)?.unwrap_or_default();
        manifest.remove_unnamed(&folder)?;
        let mut segments = Vec::new();
        let mut records = Vec::new();
        for row in &manifest.segments {
            let member = WriterSegment::open(&folder, *row)?;
            records.extend(member.segment.documents()?);
            segments.push(member);
        }
        Ok(Self {
            folder,
            settings,
            analyser,
            flush_bytes,
            next_file: manifest.next_file.max(1),
            segments,
            assets: AssetTable::of(records),
            read_points: manifest.read_points,
            buffer: Buffer::default(),
            poisoned: false,
        })
    }

    /// # Errors
    /// [`ErrorKind::Storage`] after a failed write.
    pub fn check(&self) -> Result<()> {
        if self.poisoned {
            return Err(Error::new(
                ErrorKind::Storage,
                format!("an earlier write to `{}` failed", self.folder.display()),
            )
            .mend("reopen the archive"));
        }
        Ok(())
    }

    /// Runs a step that writes; a failure stops all later ones.
    pub fn writing<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.check()?;
        let done = step(self);
        self.poisoned |= done.is_err();
        done
    }

    pub fn progress(&self, asset: &AssetId) -> Commit {
        self.assets.get(asset).map_or(Commit::NONE, |state| state.progress)
    }

    pub fn apply(&mut self, update: &AssetUpdate) -> Result<()> {
        self.check()?;
        let progress = self.progress(&update.asset);
        if !is_new(update, progress)? {
            return Ok(());
        }
        match &update.document {
            None => self.erase_asset(&update.asset)?,
            Some(document) => {
                for change in &update.changes {
                    match change {
                        Change::Put(fused) => {
                            let space = space_of(Some(document), &fused.annotation.model)?;
                            self.put(&update.asset, fused, space, progress)?;
                        }
                        Change::Erased(key) => {
                            self.buffer.remove(&update.asset, *key);
                            self.erase(&update.asset, *key)?;
                        }
                    }
                }
            }
        }
        let generation = self.read_points.generation() + 1;
        let was_fresh = self.assets.get(&update.asset).is_some_and(|state| state.is_fresh(generation));
        let record = DocumentRecord {
            asset: update.asset.clone(),
            progress: update.upto,
            generation,
            document: update.document.clone().map(Arc::new),
            fresh: was_fresh || update.document.is_none(),
        };
        self.assets.add(record.clone());
        self.buffer.records.insert(update.asset.clone(), record);
        if self.buffer.bytes > self.flush_bytes {
            self.writing(Self::flush)?;
        }
        Ok(())
    }

    fn erase_asset(&mut self, asset: &AssetId) -> Result<()> {
        self.buffer.remove_asset(asset);
        for member in &mut self.segments {
            if let Some(row) = member.segment.asset_row(asset) {
                let all = member.segment.asset_entries(row);
                member.pending.extend(all.map(|entry| (entry, EntryValidity::erased())));
            }
        }
        Ok(())
    }

    fn erase(&mut self, asset: &AssetId, key: FusedKey) -> Result<()> {
        for member in &mut self.segments {
            for entry in member.segment.locate(asset, key)? {
                member.pending.insert(entry, EntryValidity::erased());
            }
        }
        Ok(())
    }

    /// A new annotation goes to the buffer; for a known one only its validity is written, unless its content changed.
    fn put(
        &mut self,
        asset: &AssetId,
        fused: &FusedAnnotation,
        space: SpaceId,
        progress: Commit,
    ) -> Result<()> {
        let key = fused.fused_key();
        let may_be_known = fused.validities.first().is_none_or(|first| first.born <= progress);
        if !may_be_known || self.buffer.holds(asset, key) {
            self.buffer.put(asset, fused.clone(), space);
            return Ok(());
        }
        let validity = EntryValidity { intervals: fused.validities.clone(), kept: fused.kept, erased: false };
        let mut is_there = false;
        for member in &mut self.segments {
            for entry in member.segment.locate(asset, key)? {
                if member.validity(entry)?.erased {
                    continue;
                }
                let bytes = member.segment.entries()?.get(entry);
                let bytes = bytes.ok_or_else(|| member.segment.broken("an entry is missing"))?;
                let same = member.segment.annotation(bytes)? == fused.annotation
                    && (fused.annotation.vector.is_none() || member.segment.space_of(bytes)? == Some(&space));
                if same && *member.validity(entry)? != validity {
                    member.pending.insert(entry, validity.clone());
                } else if !same {
                    member.pending.insert(entry, EntryValidity::erased());
                }
                is_there |= same;
            }
        }
        if !is_there {
            self.buffer.put(asset, fused.clone(), space);
        }
        Ok(())
    }

    pub fn new_file(&mut self) -> u64 {
        self.next_file += 1;
        self.next_file - 1
    }

    /// Writes the buffer as a segment, not published yet.
    fn flush(&mut self) -> Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let id = self.new_file();
        let path = segment_path(&self.folder, id);
        let mut builder = SegmentBuilder::create(&path, &self.settings.analyzer)?;
        let buffer = std::mem::take(&mut self.buffer);
        for of_asset in buffer.annotations.into_values() {
            let mut of_asset: Vec<_> = of_asset.into_iter().collect();
            of_asset.sort_by_key(|(key, (fused, _))| (fused.annotation.range, key.key));
            for (_, (fused, space)) in of_asset {
                let validity = EntryValidity { intervals: fused.validities, kept: fused.kept, erased: false };
                builder.push(&fused.annotation, &validity, Some(&space))?;
            }
        }
        builder.finish(&buffer.records.into_values().collect::<Vec<_>>())?;
        self.segments.push(WriterSegment::new(Arc::new(Segment::open(&path, id)?)));
        Ok(())
    }

    /// Publishes everything applied, durably; returns the published state.
    pub fn publish(&mut self, upto: Commit, seconds: u64) -> Result<Snapshot> {
        self.flush()?;
        let mut stale = Vec::new();
        for at in 0..self.segments.len() {
            let pending = std::mem::take(&mut self.segments[at].pending);
            if !pending.is_empty() {
                let tombstones = self.segments[at].tombstones.with(&pending)?;
                stale.extend(self.write_tombstones(at, tombstones)?);
            }
            self.segments[at].published = true;
        }
        self.read_points.publish(upto, seconds);
        self.assets.forget(self.read_points.oldest_generation(seconds));
        self.write_manifest()?;
        self.remove_tombstones(&stale);
        Ok(self.snapshot(self.assets.clone()))
    }

    /// Replaces the tombstones of a segment; returns the file that is no longer needed.
    pub fn write_tombstones(&mut self, at: usize, tombstones: Tombstones) -> Result<Option<u64>> {
        let file = self.new_file();
        tombstones.write(&self.folder, file)?;
        let member = &mut self.segments[at];
        member.tombstones = Arc::new(tombstones);
        let stale = std::mem::replace(&mut member.tombstones_file, file);
        Ok((stale != 0).then_some(stale))
    }

    /// Removes files of tombstones; what cannot be removed is removed when the index is opened the next time.
    pub fn remove_tombstones(&self, stale: &[u64]) {
        for id in stale {
            let _ = std::fs::remove_file(tombstones_path(&self.folder, *id));
        }
    }

    pub fn write_manifest(&self) -> Result<()> {
        let published = self.segments.iter().filter(|member| member.published);
        let manifest = Manifest {
            next_file: self.next_file,
            segments: published.map(WriterSegment::row).collect(),
            read_points: self.read_points.clone(),
        };
        manifest.write(&self.folder, &self.analyser)
    }

    /// The published state, with the asset table that goes with it.
    pub fn snapshot(&self, assets: AssetTable) -> Snapshot {
        let published = self.segments.iter().filter(|member| member.published);
        let segments = published.map(WriterSegment::published).collect();
        Snapshot::new(segments, assets, self.read_points.clone(), self.settings.clone())
    }

    /// Empties the index.
    pub fn clear(&mut self) -> Result<Snapshot> {
        let old = std::mem::take(&mut self.segments);
        self.assets = AssetTable::default();
        self.read_points = ReadPoints::default();
        self.buffer = Buffer::default();
        self.write_manifest()?;
        let files = old.iter().map(|member| member.tombstones_file).filter(|file| *file != 0);
        self.remove_tombstones(&files.collect::<Vec<_>>());
        old.iter().for_each(|member| member.segment.delete_on_drop());
        Ok(self.snapshot(AssetTable::default()))
    }
}
