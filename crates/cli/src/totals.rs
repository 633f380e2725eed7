//! What became of lines that were sent.

use serde_json::Value;

use crate::lines::PROBLEMS_SHOWN;

/// What became of everything sent.
#[derive(Debug, Default)]
pub struct Totals {
    /// Newly kept.
    pub accepted: u64,
    /// There already.
    pub duplicates: u64,
    /// Refused.
    pub rejected: u64,
    /// Assets registered by a line, or by the mapping.
    pub assets: u64,
    /// Runs committed.
    pub runs: u64,
    /// The last commit.
    pub commit: Option<u64>,
    /// The first refused lines.
    pub errors: Vec<Value>,
    /// The first things to know that importers told.
    pub notes: Vec<String>,
}

impl Totals {
    /// Adds what became of other lines.
    pub fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
        self.assets += other.assets;
        self.runs += other.runs;
        self.commit = self.commit.max(other.commit);
        let room = PROBLEMS_SHOWN.saturating_sub(self.errors.len());
        self.errors.extend(other.errors.into_iter().take(room));
    }
}
