//! Profiles as requests need them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use rushes_profile::Profile;
use serde::{Deserialize, Serialize};

/// A version of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileVersion {
    /// Its number, from 1; 0 for one that is built in.
    pub version: u64,
    /// When it was written, in milliseconds since 1970.
    pub made_ms: u64,
    /// Who wrote it.
    pub by: String,
    /// What it says; `None`: with this version the profile was removed.
    pub profile: Option<Profile>,
}

/// Which profiles count where a request names none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedProfiles {
    /// For everybody else.
    #[serde(default)]
    pub default: Option<String>,
    /// By the names of tokens.
    #[serde(default)]
    pub tokens: BTreeMap<String, String>,
}

/// What requests need of profiles.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Every version of each, the oldest first.
    pub versions: BTreeMap<String, Vec<ProfileVersion>>,
    /// Whose they are.
    pub assigned: AssignedProfiles,
}

impl Known {
    /// The newest version, where that did not remove it.
    pub fn newest(&self, name: &str) -> Option<&ProfileVersion> {
        self.versions.get(name)?.last().filter(|version| version.profile.is_some())
    }
}

/// The profiles, once they were read.
#[derive(Debug, Default)]
pub(crate) struct Profiles(pub RwLock<Option<(Instant, Arc<Known>)>>);

impl Profiles {
    /// Reads them again when they are asked for.
    pub fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
