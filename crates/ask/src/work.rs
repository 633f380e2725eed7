//! How much work the reading of a question took: counted in steps, so that bounds can be held without a clock.

use std::cell::Cell;

/// The steps of a reading, by what they are. They grow with the length of a question, and no faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Looks for a frame phrase at a word.
    pub looks: u64,
    /// Names that were looked up, and words that names were compared with.
    pub names: u64,
    /// Partial readings that were weighed.
    pub partials: u64,
    /// Parts of the question and clauses that were looked at while plans were built.
    pub parts: u64,
}

impl Work {
    /// All steps together.
    #[must_use]
    pub fn steps(self) -> u64 {
        self.looks + self.names + self.partials + self.parts
    }
}

/// Counts the steps while a question is read.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    looks: Cell<u64>,
    names: Cell<u64>,
    partials: Cell<u64>,
    parts: Cell<u64>,
    scans: Cell<u32>,
}

/// Searches through the names that begin in some way, in one question: each may look at thousands of names.
const SCANS_MAX: u32 = 64;

fn add(to: &Cell<u64>, steps: usize) {
    to.set(to.get().saturating_add(u64::try_from(steps).unwrap_or(u64::MAX)));
}

impl Counter {
    pub fn look(&self) {
        add(&self.looks, 1);
    }

    pub fn names(&self, steps: usize) {
        add(&self.names, steps);
    }

    pub fn partials(&self, steps: usize) {
        add(&self.partials, steps);
    }

    pub fn parts(&self, steps: usize) {
        add(&self.parts, steps);
    }

    /// May the names that begin in some way be searched once more? Counts that they are.
    pub fn may_scan(&self) -> bool {
        let may = self.scans.get() < SCANS_MAX;
        self.scans.set(self.scans.get().saturating_add(1));
        may
    }

    pub fn so_far(&self) -> Work {
        Work {
            looks: self.looks.get(),
            names: self.names.get(),
            partials: self.partials.get(),
            parts: self.parts.get(),
        }
    }
}
