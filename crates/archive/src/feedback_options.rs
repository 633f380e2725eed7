//! How feedback is kept, and when it was last looked through.

use std::sync::atomic::AtomicU64;

use serde::{Deserialize, Serialize};

/// How long events are kept where the configuration does not say, in days.
pub const KEEP_DAYS_DEFAULT: u64 = 400;

/// What is kept of who sent an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoIsKept {
    /// Nothing.
    #[default]
    Nobody,
    /// The name of the token, or of who logged in.
    Person,
}

/// How feedback is kept, and whether it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedbackOptions {
    /// Is it taken at all?
    pub on: bool,
    /// What is kept of who sent it.
    pub who: WhoIsKept,
    /// For how many days it is kept.
    pub keep_days: u64,
    /// Are searches ranked by what was learned, unless a request says otherwise?
    pub ranks: bool,
}

impl Default for FeedbackOptions {
    fn default() -> Self {
        Self { on: true, who: WhoIsKept::Nobody, keep_days: KEEP_DAYS_DEFAULT, ranks: true }
    }
}

/// When events were last looked through for old ones, in days since 1970.
#[derive(Debug, Default)]
pub(crate) struct Expiry(pub AtomicU64);
