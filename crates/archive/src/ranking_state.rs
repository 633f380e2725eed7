//! Versions of what was learned, and what searches need of them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use rushes_feedback::EVERYONE;
use rushes_learn::{KeptBefore, RankingModel};
use serde::{Deserialize, Serialize};

/// A version of what was learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankingVersion {
    /// Its number, from 1.
    pub version: u64,
    /// When it was fitted, in milliseconds since 1970: it saw the events that had come until then.
    pub made_ms: u64,
    /// How many these were.
    pub events: usize,
    /// A digest of their names: fitted again to the same events, it is the same.
    pub events_digest: String,
    /// What all teams together have shown.
    pub pooled: RankingModel,
    /// What each team has shown.
    pub teams: BTreeMap<String, RankingModel>,
}

impl RankingVersion {
    /// The model that searches for a team are ranked by: its own, else that of all together, whichever is used.
    #[must_use]
    pub fn for_team(&self, team: Option<&str>) -> Option<&RankingModel> {
        let own = self.teams.get(team.unwrap_or(EVERYONE));
        own.into_iter().chain([&self.pooled]).find(|model| model.is_used())
    }
}

/// The version in use, ready for searches.
#[derive(Debug)]
pub(crate) struct Ready {
    pub version: Option<RankingVersion>,
    /// The number of the newest version; 0: there is none.
    pub newest: u64,
    /// The version that is set by hand.
    pub wanted: Option<u64>,
    pub kept: Arc<KeptBefore>,
}

/// What searches need of rankings, read once a version, and when it was last known to be the newest.
#[derive(Debug, Default)]
pub(crate) struct Rankings(pub RwLock<Option<(Instant, Arc<Ready>)>>);

impl Rankings {
    /// Reads them again when they are asked for.
    pub fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
