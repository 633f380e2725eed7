//! What a serving process is for: everything, or a part of the work that other processes share.

use clap::ValueEnum;
use rushes_archive::Stage;
use rushes_serve::Roles;

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Takes annotations in
    Ingest,
    /// Answers searches; serves media and the page
    Search,
    /// Carries events from the stores to the event log
    Relay,
    /// Annotations to buckets
    Fuse,
    /// Buckets to the index
    Index,
    /// Tidies the index; removes what was erased
    Maintain,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Ingest, Self::Search, Self::Relay, Self::Fuse, Self::Index, Self::Maintain];

    /// Its name, as it is typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Search => "search",
            Self::Relay => "relay",
            Self::Fuse => "fuse",
            Self::Index => "index",
            Self::Maintain => "maintain",
        }
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// The stages whose workers run in a process of these roles.
pub fn stages(roles: &[Role]) -> Vec<Stage> {
    let stage = |role: &Role| match role {
        Role::Ingest | Role::Search => None,
        Role::Relay => Some(Stage::Relay),
        Role::Fuse => Some(Stage::Fuse),
        Role::Index => Some(Stage::Index),
        Role::Maintain => Some(Stage::Maintain),
    };
    roles.iter().filter_map(stage).collect()
}

/// The requests that a process of these roles takes.
pub fn requests(roles: &[Role]) -> Roles {
    Roles { ingest: roles.contains(&Role::Ingest), search: roles.contains(&Role::Search) }
}
