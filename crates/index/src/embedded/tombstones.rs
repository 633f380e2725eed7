//! Tombstones: changes to the validities of a segment's entries since it was written.
//!
//! Most are deaths, but a restored run makes entries current again, so a tombstone holds the complete validity that
//! replaces the entry's own. They are in a separate file beside each segment, rewritten by every publish that changes
//! them: a segment has few, because it is merged when a quarter of it is dead.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rushes_types::{Error, Result};

use super::bytes::{Bytes, corrupt, put_varint};
use super::manifest::{tombstones_path, write_durably};
use super::validities::{EntryValidity, ValidityTable, read_validities, validities_to_bytes};

/// The tombstones of one segment. Immutable: a publish makes new ones.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Tombstones {
    /// One bit an entry: has it a tombstone? Empty where none has.
    mask: Vec<u64>,
    /// The entries with tombstones, ascending.
    entries: Vec<u32>,
    /// For each the number of its validity.
    numbers: Vec<u32>,
    validities: Vec<EntryValidity>,
}

impl Tombstones {
    /// The number of the validity that replaces an entry's own.
    #[inline]
    pub fn number(&self, entry: u32) -> Option<u32> {
        let word = self.mask.get((entry >> 6) as usize)?;
        if word >> (entry & 63) & 1 == 0 {
            return None;
        }
        let at = self.entries.binary_search(&entry).ok()?;
        self.numbers.get(at).copied()
    }

    pub fn validity(&self, entry: u32) -> Option<&EntryValidity> {
        self.validities.get(self.number(entry)? as usize)
    }

    /// The distinct validities, by number.
    pub fn validities(&self) -> &[EntryValidity] {
        &self.validities
    }

    /// The entries with the numbers of their validities, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = (u32, u32)> {
        self.entries.iter().copied().zip(self.numbers.iter().copied())
    }

    /// The entries with their validities, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &EntryValidity)> {
        let validity = |number: u32| self.validities.get(number as usize);
        self.numbers().filter_map(move |(entry, number)| Some((entry, validity(number)?)))
    }

    /// These, overridden by others.
    pub fn with(&self, changes: &HashMap<u32, EntryValidity>) -> Result<Self> {
        let mut all: BTreeMap<u32, &EntryValidity> = self.iter().collect();
        all.extend(changes.iter().map(|(entry, validity)| (*entry, validity)));
        let mut table = ValidityTable::default();
        let mut numbers = Vec::with_capacity(all.len());
        for validity in all.values() {
            numbers.push(table.number(validity)?);
        }
        Ok(Self::of(all.keys().copied().collect(), numbers, table.into_validities()))
    }

    fn of(entries: Vec<u32>, numbers: Vec<u32>, validities: Vec<EntryValidity>) -> Self {
        let mut mask = vec![0_u64; entries.last().map_or(0, |last| (last >> 6) as usize + 1)];
        for entry in &entries {
            mask[(entry >> 6) as usize] |= 1 << (entry & 63);
        }
        Self { mask, entries, numbers, validities }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = validities_to_bytes(&self.validities);
        put_varint(&mut out, self.entries.len() as u64);
        let mut last = 0;
        for (entry, number) in self.numbers() {
            put_varint(&mut out, u64::from(entry - last));
            put_varint(&mut out, u64::from(number));
            last = entry;
        }
        out
    }

    /// `None` where they are not tombstones of a segment with so many entries.
    fn of_bytes(bytes: &[u8], segment_entries: u32) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let validities = read_validities(&mut bytes)?;
        let count = bytes.length()?;
        let (mut entries, mut numbers, mut last) = (Vec::new(), Vec::new(), 0_u32);
        for _ in 0..count {
            // Ascending, and within the segment: that bounds the mask.
            last = last.checked_add(bytes.varint_u32()?).filter(|last| *last < segment_entries)?;
            entries.push(last);
            numbers.push(bytes.varint_u32().filter(|number| (*number as usize) < validities.len())?);
        }
        Some(Self::of(entries, numbers, validities))
    }

    /// Writes them as a file; its bytes are durable on return.
    pub fn write(&self, folder: &Path, file: u64) -> Result<()> {
        let mut bytes = self.to_bytes();
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        write_durably(&tombstones_path(folder, file), &bytes)
    }

    /// Reads a file of them, of a segment with so many entries.
    pub fn read(folder: &Path, file: u64, segment_entries: u32) -> Result<Self> {
        let path = tombstones_path(folder, file);
        let name = path.display().to_string();
        let bytes = std::fs::read(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => corrupt(&name, "it is missing"),
            _ => Error::io(&format!("reading `{name}`"), e),
        })?;
        match bytes.split_last_chunk::<4>() {
            Some((body, crc)) if crc32fast::hash(body) == u32::from_le_bytes(*crc) => {
                let read = Self::of_bytes(body, segment_entries);
                read.ok_or_else(|| corrupt(&name, "its list is not one of its segment"))
            }
            _ => Err(corrupt(&name, "its checksum differs")),
        }
    }
}
