//! Validities of a segment's entries, and what changed of them since it was written.

use std::collections::{BTreeMap, HashMap};

use rushes_types::{Commit, ReadPoint, Result, Validity};

use super::bytes::{Bytes, corrupt, put_varint, small};
use crate::visibility::{Standing, is_visible};

/// When an entry was current, and whether a pin can still name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Life {
    pub validities: Vec<Validity>,
    pub kept: bool,
    /// Erased or replaced: in no reader, and its bytes go with the next rewrite.
    pub erased: bool,
}

/// Seen while current.
pub(crate) const SEEN_CURRENT: u8 = 1;
/// Seen through a pin of its run.
pub(crate) const SEEN_PINNED: u8 = 2;

impl Life {
    pub fn erased() -> Self {
        Self { erased: true, ..Self::default() }
    }

    /// How it is seen at a read point.
    pub fn seen(&self, at: &ReadPoint) -> u8 {
        let seen = |standing| !self.erased && is_visible(&self.validities, self.kept, standing, at);
        u8::from(seen(Standing::Current)) * SEEN_CURRENT + u8::from(seen(Standing::Pinned)) * SEEN_PINNED
    }

    /// Can no reader from `oldest` on see it?
    pub fn is_over(&self, oldest: Commit) -> bool {
        self.erased || (!self.kept && self.validities.last().is_none_or(|last| last.died <= oldest))
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.kept) | u8::from(self.erased) << 1);
        put_varint(out, self.validities.len() as u64);
        for validity in &self.validities {
            put_varint(out, validity.born.0);
            // Endless is the frequent case: one byte.
            put_varint(out, validity.died.0.wrapping_add(1));
        }
    }

    pub fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let flags = bytes.u8()?;
        let count = bytes.length()?;
        let mut validities = Vec::new();
        for _ in 0..count {
            let born = Commit(bytes.varint()?);
            let died = Commit(bytes.varint()?.wrapping_sub(1));
            validities.push(Validity { born, died });
        }
        Some(Self { validities, kept: flags & 1 != 0, erased: flags & 2 != 0 })
    }
}

/// Distinct lives, numbered: thousands of annotations share one.
#[derive(Debug, Default)]
pub(crate) struct LifeTable {
    lives: Vec<Life>,
    numbers: HashMap<Life, u32>,
}

impl LifeTable {
    pub fn number(&mut self, life: &Life) -> Result<u32> {
        if let Some(number) = self.numbers.get(life) {
            return Ok(*number);
        }
        let number = small(self.lives.len())?;
        self.lives.push(life.clone());
        self.numbers.insert(life.clone(), number);
        Ok(number)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        lives_to_bytes(&self.lives)
    }
}

pub(crate) fn lives_to_bytes(lives: &[Life]) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, lives.len() as u64);
    lives.iter().for_each(|life| life.write(&mut out));
    out
}

pub(crate) fn read_lives(bytes: &mut Bytes<'_>) -> Option<Vec<Life>> {
    let count = bytes.length()?;
    let mut lives = Vec::new();
    for _ in 0..count {
        lives.push(Life::read(bytes)?);
    }
    Some(lives)
}

/// What changed of a segment's entries since it was written. Immutable: a publish makes a new one.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Overrides {
    /// One bit an entry: is it overridden? Empty where none is.
    mask: Vec<u64>,
    /// The overridden entries, ascending.
    entries: Vec<u32>,
    /// For each the number of its life.
    numbers: Vec<u32>,
    lives: Vec<Life>,
}

impl Overrides {
    /// The row of the life that overrides an entry's own.
    #[inline]
    pub fn number(&self, entry: u32) -> Option<u32> {
        let word = self.mask.get((entry >> 6) as usize)?;
        if word >> (entry & 63) & 1 == 0 {
            return None;
        }
        let at = self.entries.binary_search(&entry).ok()?;
        self.numbers.get(at).copied()
    }

    pub fn life(&self, entry: u32) -> Option<&Life> {
        self.lives.get(self.number(entry)? as usize)
    }

    pub fn lives(&self) -> &[Life] {
        &self.lives
    }

    /// The overridden entries with the numbers of their lives, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = (u32, u32)> {
        self.entries.iter().copied().zip(self.numbers.iter().copied())
    }

    /// The overridden entries with their lives, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Life)> {
        self.entries.iter().zip(&self.numbers).filter_map(|(e, n)| Some((*e, self.lives.get(*n as usize)?)))
    }

    /// These with others on top.
    pub fn with(&self, changes: &HashMap<u32, Life>) -> Result<Self> {
        let mut all: BTreeMap<u32, &Life> = self.iter().collect();
        all.extend(changes.iter().map(|(entry, life)| (*entry, life)));
        let mut table = LifeTable::default();
        let mut numbers = Vec::with_capacity(all.len());
        for life in all.values() {
            numbers.push(table.number(life)?);
        }
        Ok(Self::of(all.keys().copied().collect(), numbers, table.lives))
    }

    fn of(entries: Vec<u32>, numbers: Vec<u32>, lives: Vec<Life>) -> Self {
        let mut mask = vec![0_u64; entries.last().map_or(0, |last| (last >> 6) as usize + 1)];
        for entry in &entries {
            mask[(entry >> 6) as usize] |= 1 << (entry & 63);
        }
        Self { mask, entries, numbers, lives }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = lives_to_bytes(&self.lives);
        put_varint(&mut out, self.entries.len() as u64);
        let mut last = 0;
        for (entry, number) in self.entries.iter().zip(&self.numbers) {
            put_varint(&mut out, u64::from(entry - last));
            put_varint(&mut out, u64::from(*number));
            last = *entry;
        }
        out
    }

    pub fn read(file: &str, bytes: &[u8]) -> Result<Self> {
        let read = || {
            let mut bytes = Bytes(bytes);
            let lives = read_lives(&mut bytes)?;
            let count = bytes.length()?;
            let (mut entries, mut numbers, mut last) = (Vec::new(), Vec::new(), 0_u32);
            for _ in 0..count {
                last = last.checked_add(bytes.varint_u32()?)?;
                entries.push(last);
                numbers.push(bytes.varint_u32()?);
            }
            Some((entries, numbers, lives))
        };
        let (entries, numbers, lives) = read().ok_or_else(|| corrupt(file, "its list ends early"))?;
        Ok(Self::of(entries, numbers, lives))
    }
}
