//! The writing side: takes updates in, and makes them a segment, the overrides of older ones and a manifest.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use rushes_types::{AssetId, Change, Commit, Error, ErrorKind, FusedAnnotation, FusedKey, Result, SpaceId};

use super::assets::{AssetTable, DocumentRecord};
use super::builder::SegmentBuilder;
use super::bytes::corrupt;
use super::lives::{Life, Overrides};
use super::manifest::{Manifest, SegmentRow, segment_path, side_path, write_durably};
use super::reader::ReaderSettings;
use super::segment::Segment;
use super::snapshot::{Part, Snapshot};
use crate::read_points::ReadPoints;
use crate::seam::AssetUpdate;
use crate::update::{is_new, space_of};

/// A segment with what changed of it.
#[derive(Debug)]
pub(super) struct Held {
    pub segment: Arc<Segment>,
    /// As published.
    pub overrides: Arc<Overrides>,
    /// The file of the overrides; 0: none.
    pub side: u64,
    /// Not published yet.
    pub pending: HashMap<u32, Life>,
    /// Is it named by the manifest? A spilled one is not before the next publish.
    pub published: bool,
}

impl Held {
    pub fn new(segment: Arc<Segment>) -> Self {
        let overrides = Arc::default();
        Self { segment, overrides, side: 0, pending: HashMap::new(), published: false }
    }

    /// An entry's life, with what is not published yet.
    pub fn life(&self, entry: u32) -> Result<&Life> {
        if let Some(life) = self.pending.get(&entry).or_else(|| self.overrides.life(entry)) {
            return Ok(life);
        }
        let own = self.segment.entries()?.get(entry).map(|entry| entry.life() as usize);
        own.and_then(|life| self.segment.lives.get(life))
            .ok_or_else(|| self.segment.broken("an entry has no lifetimes"))
    }
}

/// What is applied and not yet a segment.
#[derive(Debug, Default)]
struct Buffer {
    annotations: BTreeMap<AssetId, BTreeMap<FusedKey, (FusedAnnotation, SpaceId)>>,
    count: usize,
    /// Bytes, roughly.
    bytes: usize,
    records: BTreeMap<AssetId, DocumentRecord>,
}

impl Buffer {
    fn put(&mut self, asset: &AssetId, fused: FusedAnnotation, space: SpaceId) {
        let annotation = &fused.annotation;
        self.bytes += 256
            + annotation.vector.as_ref().map_or(0, |vector| vector.len() * 4)
            + annotation.text.as_ref().map_or(0, String::len)
            + annotation.label.as_ref().map_or(0, String::len)
            + annotation.words.len() * 64
            + annotation.attributes.len() * 64;
        if !self.annotations.contains_key(asset) {
            self.annotations.insert(asset.clone(), BTreeMap::new());
        }
        if let Some(of_asset) = self.annotations.get_mut(asset) {
            self.count += usize::from(of_asset.insert(fused.fused_key(), (fused, space)).is_none());
        }
    }

    fn holds(&self, asset: &AssetId, key: FusedKey) -> bool {
        self.annotations.get(asset).is_some_and(|of_asset| of_asset.contains_key(&key))
    }

    fn remove(&mut self, asset: &AssetId, key: FusedKey) {
        if let Some(of_asset) = self.annotations.get_mut(asset) {
            self.count -= usize::from(of_asset.remove(&key).is_some());
        }
    }

    fn remove_asset(&mut self, asset: &AssetId) {
        self.count -= self.annotations.remove(asset).map_or(0, |of_asset| of_asset.len());
    }

    fn is_empty(&self) -> bool {
        self.count == 0 && self.records.is_empty()
    }
}

#[derive(Debug)]
pub(super) struct Writer {
    pub folder: PathBuf,
    pub settings: ReaderSettings,
    /// What made the index: format, rules of words.
    pub analyser: String,
    /// The buffer is written when it holds this many bytes.
    pub spill_bytes: usize,
    pub next_file: u64,
    pub segments: Vec<Held>,
    /// With what is not published yet.
    pub assets: AssetTable,
    pub read_points: ReadPoints,
    buffer: Buffer,
    /// After a failed write nothing is known of the folder: no more writes until it is opened anew.
    poisoned: bool,
}

impl Writer {
    /// Reads what the folder holds.
    pub fn open(
        folder: PathBuf,
        settings: ReaderSettings,
        analyser: String,
        spill_bytes: usize,
    ) -> Result<Self> {
        std::fs::create_dir_all(&folder)
            .map_err(|e| Error::io(&format!("creating `{}`", folder.display()), e))?;
        let manifest = Manifest::read(&folder, &analyser)?.unwrap_or_default();
        manifest.remove_strangers(&folder)?;
        let mut segments = Vec::new();
        let mut records = Vec::new();
        for row in &manifest.segments {
            let segment = Arc::new(Segment::open(&segment_path(&folder, row.segment), row.segment)?);
            records.extend(segment.documents()?);
            let overrides = if row.side == 0 { Overrides::default() } else { read_side(&folder, row.side)? };
            segments.push(Held {
                overrides: Arc::new(overrides),
                side: row.side,
                published: true,
                ..Held::new(segment)
            });
        }
        Ok(Self {
            folder,
            settings,
            analyser,
            spill_bytes,
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
            .mend("open the archive anew"));
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
        if self.buffer.bytes > self.spill_bytes {
            self.writing(Self::flush)?;
        }
        Ok(())
    }

    fn erase_asset(&mut self, asset: &AssetId) -> Result<()> {
        self.buffer.remove_asset(asset);
        for held in &mut self.segments {
            if let Some(row) = held.segment.asset_row(asset) {
                let all = held.segment.asset_entries(row);
                held.pending.extend(all.map(|entry| (entry, Life::erased())));
            }
        }
        Ok(())
    }

    fn erase(&mut self, asset: &AssetId, key: FusedKey) -> Result<()> {
        for held in &mut self.segments {
            for entry in held.segment.locate(asset, key)? {
                held.pending.insert(entry, Life::erased());
            }
        }
        Ok(())
    }

    /// An annotation that is new goes to the buffer; of a known one only its life is written, unless it says
    /// something else now.
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
        let life = Life { validities: fused.validities.clone(), kept: fused.kept, erased: false };
        let mut is_there = false;
        for held in &mut self.segments {
            for entry in held.segment.locate(asset, key)? {
                if held.life(entry)?.erased {
                    continue;
                }
                let bytes = held.segment.entries()?.get(entry);
                let bytes = bytes.ok_or_else(|| held.segment.broken("an entry is missing"))?;
                let same = held.segment.annotation(bytes)? == fused.annotation
                    && (fused.annotation.vector.is_none() || held.segment.space_of(bytes)? == Some(&space));
                if same && *held.life(entry)? != life {
                    held.pending.insert(entry, life.clone());
                } else if !same {
                    held.pending.insert(entry, Life::erased());
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

    /// Makes the buffer a segment, not yet published.
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
                let life = Life { validities: fused.validities, kept: fused.kept, erased: false };
                builder.push(&fused.annotation, &life, Some(&space))?;
            }
        }
        builder.finish(&buffer.records.into_values().collect::<Vec<_>>())?;
        self.segments.push(Held::new(Arc::new(Segment::open(&path, id)?)));
        Ok(())
    }

    /// Makes everything applied the published state, durably; answers it.
    pub fn publish(&mut self, upto: Commit, seconds: u64) -> Result<Snapshot> {
        self.flush()?;
        let mut stale = Vec::new();
        for at in 0..self.segments.len() {
            let pending = std::mem::take(&mut self.segments[at].pending);
            if !pending.is_empty() {
                let overrides = self.segments[at].overrides.with(&pending)?;
                stale.extend(self.write_side(at, overrides)?);
            }
            self.segments[at].published = true;
        }
        self.read_points.publish(upto, seconds);
        self.assets.forget(self.read_points.oldest_generation(seconds));
        self.write_manifest()?;
        self.remove_sides(&stale);
        Ok(self.snapshot(self.assets.clone()))
    }

    /// Replaces the overrides of a segment; answers the file that is no longer needed.
    pub fn write_side(&mut self, at: usize, overrides: Overrides) -> Result<Option<u64>> {
        let id = self.new_file();
        let mut bytes = overrides.to_bytes();
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        write_durably(&side_path(&self.folder, id), &bytes)?;
        let held = &mut self.segments[at];
        held.overrides = Arc::new(overrides);
        let stale = std::mem::replace(&mut held.side, id);
        Ok((stale != 0).then_some(stale))
    }

    /// Removes side files; what cannot be removed is removed when the index is opened the next time.
    pub fn remove_sides(&self, stale: &[u64]) {
        for id in stale {
            let _ = std::fs::remove_file(side_path(&self.folder, *id));
        }
    }

    pub fn write_manifest(&self) -> Result<()> {
        let published = self.segments.iter().filter(|held| held.published);
        let row = |held: &Held| SegmentRow { segment: held.segment.id, side: held.side };
        let manifest = Manifest {
            next_file: self.next_file,
            segments: published.map(row).collect(),
            read_points: self.read_points.clone(),
        };
        manifest.write(&self.folder, &self.analyser)
    }

    /// The published state, with the asset table that goes with it.
    pub fn snapshot(&self, assets: AssetTable) -> Snapshot {
        let published = self.segments.iter().filter(|held| held.published);
        let part = |held: &Held| Part { segment: held.segment.clone(), overrides: held.overrides.clone() };
        Snapshot::new(published.map(part).collect(), assets, self.read_points.clone(), self.settings.clone())
    }

    /// Empties the index.
    pub fn clear(&mut self) -> Result<Snapshot> {
        let old = std::mem::take(&mut self.segments);
        self.assets = AssetTable::default();
        self.read_points = ReadPoints::default();
        self.buffer = Buffer::default();
        self.write_manifest()?;
        self.remove_sides(&old.iter().map(|held| held.side).filter(|side| *side != 0).collect::<Vec<_>>());
        old.iter().for_each(|held| held.segment.doom());
        Ok(self.snapshot(AssetTable::default()))
    }
}

fn read_side(folder: &std::path::Path, id: u64) -> Result<Overrides> {
    let path = side_path(folder, id);
    let name = path.display().to_string();
    let bytes = std::fs::read(&path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => corrupt(&name, "it is missing"),
        _ => Error::io(&format!("reading `{name}`"), e),
    })?;
    match bytes.split_last_chunk::<4>() {
        Some((body, crc)) if crc32fast::hash(body) == u32::from_le_bytes(*crc) => {
            Overrides::read(&name, body)
        }
        _ => Err(corrupt(&name, "its checksum differs")),
    }
}
