//! The store's counters.

use rushes_types::Result;

use crate::records::{Reader, Writer};

/// The last numbers assigned, and totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counters {
    /// The last commit.
    pub(super) commits: u64,
    /// Runs opened so far.
    pub(super) runs: u64,
    /// Loose scopes so far.
    pub(super) scopes: u64,
    /// Assets registered now.
    pub(super) assets: u64,
    /// Annotations in committed segments now.
    pub(super) annotations: u64,
}

impl Counters {
    pub(super) fn encode(self) -> Vec<u8> {
        let mut w = Writer::default();
        for n in [self.commits, self.runs, self.scopes, self.assets, self.annotations] {
            w.uint(n);
        }
        w.done()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes);
        let counters = Self {
            commits: r.uint()?,
            runs: r.uint()?,
            scopes: r.uint()?,
            assets: r.uint()?,
            annotations: r.uint()?,
        };
        r.end()?;
        Ok(counters)
    }
}
