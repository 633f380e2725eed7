//! When the entries of a segment are current: their validities, and how a read point sees them.

use std::collections::HashMap;

use rushes_types::{Commit, ReadPoint, Result, Validity};

use super::bytes::{Bytes, put_varint, small};
use crate::visibility::{PinStatus, is_visible};

/// When an entry was current, and whether a pin can still name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct EntryValidity {
    /// In order of time.
    pub intervals: Vec<Validity>,
    pub kept: bool,
    /// Erased or replaced: visible to no reader, and its bytes are dropped by the next rewrite.
    pub erased: bool,
}

/// Seen while current.
pub(crate) const SEEN_CURRENT: u8 = 1;
/// Seen through a pin of its run.
pub(crate) const SEEN_PINNED: u8 = 2;

impl EntryValidity {
    pub fn erased() -> Self {
        Self { erased: true, ..Self::default() }
    }

    /// How it is seen at a read point.
    pub fn seen(&self, at: &ReadPoint) -> u8 {
        let seen = |pin| !self.erased && is_visible(&self.intervals, self.kept, pin, at);
        u8::from(seen(PinStatus::Current)) * SEEN_CURRENT + u8::from(seen(PinStatus::Pinned)) * SEEN_PINNED
    }

    /// Can no reader from `oldest` on see it?
    pub fn is_dead(&self, oldest: Commit) -> bool {
        self.erased || (!self.kept && self.intervals.last().is_none_or(|last| last.died <= oldest))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.kept) | u8::from(self.erased) << 1);
        put_varint(out, self.intervals.len() as u64);
        for validity in &self.intervals {
            put_varint(out, validity.born.0);
            // An open end is the frequent case: one byte.
            put_varint(out, validity.died.0.wrapping_add(1));
        }
    }

    fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let flags = bytes.u8()?;
        let count = bytes.length()?;
        let mut intervals = Vec::new();
        for _ in 0..count {
            let born = Commit(bytes.varint()?);
            let died = Commit(bytes.varint()?.wrapping_sub(1));
            intervals.push(Validity { born, died });
        }
        Some(Self { intervals, kept: flags & 1 != 0, erased: flags & 2 != 0 })
    }
}

/// Distinct validities, numbered: thousands of annotations share one.
#[derive(Debug, Default)]
pub(crate) struct ValidityTable {
    validities: Vec<EntryValidity>,
    numbers: HashMap<EntryValidity, u32>,
}

impl ValidityTable {
    pub fn number(&mut self, validity: &EntryValidity) -> Result<u32> {
        if let Some(number) = self.numbers.get(validity) {
            return Ok(*number);
        }
        let number = small(self.validities.len())?;
        self.validities.push(validity.clone());
        self.numbers.insert(validity.clone(), number);
        Ok(number)
    }

    pub fn into_validities(self) -> Vec<EntryValidity> {
        self.validities
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        validities_to_bytes(&self.validities)
    }
}

pub(crate) fn validities_to_bytes(validities: &[EntryValidity]) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, validities.len() as u64);
    validities.iter().for_each(|validity| validity.write(&mut out));
    out
}

pub(crate) fn read_validities(bytes: &mut Bytes<'_>) -> Option<Vec<EntryValidity>> {
    let count = bytes.length()?;
    let mut validities = Vec::new();
    for _ in 0..count {
        validities.push(EntryValidity::read(bytes)?);
    }
    Some(validities)
}
