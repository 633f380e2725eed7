//! What is known about the assets: their progress and documents, kept in memory and written with the segments.

use std::collections::BTreeMap;
use std::sync::Arc;

use rushes_types::{AssetDocument, AssetId, Commit};

use super::bytes::{Bytes, put_bytes, put_varint};
use rushes_wire::codec::{decode_document, encode_document};

/// An asset at a publish, as it is written into a segment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DocumentRecord {
    pub asset: AssetId,
    /// The commit it was brought to.
    pub progress: Commit,
    /// The publish that brought it.
    pub generation: u64,
    /// `None`: erased.
    pub document: Option<Arc<AssetDocument>>,
    /// Was the asset erased since the previous publish? Then earlier versions are dropped.
    pub fresh: bool,
}

impl DocumentRecord {
    pub fn write(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.asset.as_str().as_bytes());
        put_varint(out, self.progress.0);
        put_varint(out, self.generation);
        out.push(u8::from(self.fresh));
        let mut bytes = Vec::new();
        if let Some(document) = &self.document {
            encode_document(document, &mut bytes);
        }
        put_bytes(out, &bytes);
        let crc = crc32fast::hash(&bytes);
        out.extend(crc.to_le_bytes());
    }

    pub fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let asset = AssetId::new(bytes.text()?).ok()?;
        let progress = Commit(bytes.varint()?);
        let generation = bytes.varint()?;
        let fresh = bytes.u8()? != 0;
        let document = bytes.bytes()?;
        let crc = bytes.u32()?;
        if crc32fast::hash(document) != crc {
            return None;
        }
        let document =
            if document.is_empty() { None } else { Some(Arc::new(decode_document(document).ok()?)) };
        Some(Self { asset, progress, generation, document, fresh })
    }
}

/// One asset.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct AssetState {
    pub progress: Commit,
    /// Its records, ascending, for as long as some reader may need them; a record that erases the asset drops the
    /// earlier ones.
    versions: Vec<DocumentRecord>,
}

impl AssetState {
    /// The document that a reader of a generation saw.
    pub fn document(&self, generation: u64) -> Option<&Arc<AssetDocument>> {
        self.versions.iter().rev().find(|v| v.generation <= generation)?.document.as_ref()
    }

    /// Was the asset erased in this generation?
    pub fn is_fresh(&self, generation: u64) -> bool {
        self.versions.last().is_some_and(|v| v.generation == generation && v.fresh)
    }

    fn add(&mut self, record: DocumentRecord) {
        if record.fresh {
            self.versions.clear();
        }
        self.progress = self.progress.max(record.progress);
        self.versions.retain(|v| v.generation != record.generation);
        self.versions.push(record);
    }

    /// Forgets versions that no reader of `oldest` or a later generation needs.
    fn forget(&mut self, oldest: u64) {
        let wanted = self.versions.iter().rposition(|v| v.generation <= oldest).unwrap_or(0);
        self.versions.drain(..wanted);
    }

    fn holds(&self, record: &DocumentRecord) -> bool {
        self.versions.iter().any(|v| v.generation == record.generation && v.progress == record.progress)
    }
}

/// All assets by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct AssetTable(BTreeMap<AssetId, Arc<AssetState>>);

impl AssetTable {
    /// From the records of all segments.
    pub fn of(mut records: Vec<DocumentRecord>) -> Self {
        records.sort_by_key(|record| (record.generation, record.progress));
        let mut table = Self::default();
        records.into_iter().for_each(|record| table.add(record));
        table
    }

    pub fn add(&mut self, record: DocumentRecord) {
        Arc::make_mut(self.0.entry(record.asset.clone()).or_default()).add(record);
    }

    pub fn get(&self, asset: &AssetId) -> Option<&AssetState> {
        self.0.get(asset).map(Arc::as_ref)
    }

    pub fn values(&self) -> impl Iterator<Item = &AssetState> {
        self.0.values().map(Arc::as_ref)
    }

    /// Forgets versions that no reader of `oldest` or a later generation needs.
    pub fn forget(&mut self, oldest: u64) {
        for state in self.0.values_mut().filter(|state| state.versions.len() > 1) {
            Arc::make_mut(state).forget(oldest);
        }
    }

    /// May a reader still need the record?
    pub fn wants(&self, record: &DocumentRecord) -> bool {
        self.get(&record.asset).is_some_and(|state| state.holds(record))
    }
}
