//! What a serving process is for: everything, or a part of the work that other processes share.

use clap::ValueEnum;
use rushes_archive::{Part, Stage};
use rushes_engines::{Choice, Engine, supported_engines};
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

/// Who works on each part.
const WORK_ON: [(Part, &[Role]); 4] = [
    (Part::Store, &[Role::Ingest, Role::Relay, Role::Fuse, Role::Search]),
    (Part::Events, &[Role::Relay, Role::Fuse, Role::Index]),
    (Part::Timeline, &[Role::Relay, Role::Fuse, Role::Index]),
    (Part::Index, &[Role::Index, Role::Search]),
];

/// Can a process of these roles do its part? Where processes share engines, a part that lies in one process's folder is
/// visible to no other, so that process must do all work on that part.
///
/// # Errors
/// Which roles are missing, and what to do.
pub fn check(roles: &[Role], choice: &Choice) -> Result<(), String> {
    if choice.is_embedded() {
        // There is one process, and it may well be for searching only.
        return Ok(());
    }
    for (part, work) in WORK_ON.into_iter().filter(|(part, _)| choice.of(*part) == Engine::Embedded) {
        let (has, lacks): (Vec<Role>, Vec<Role>) = work.iter().partition(|role| roles.contains(role));
        if has.is_empty() || lacks.is_empty() {
            continue;
        }
        let [has, lacks] =
            [has, lacks].map(|roles| roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", "));
        let [_, elsewhere] = supported_engines(part).map(Engine::as_str);
        return Err(format!(
            "the part `{part}` lies in this process's folder, where no other process sees it, so who has the roles {has} needs \
             {lacks} too; add them, or let `{part}` run on {elsewhere} in `[engines]`",
            part = part.as_str()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(parts: &[(Part, &str)]) -> Choice {
        let mut choice = Choice::default();
        parts.iter().for_each(|(part, engine)| choice.choose(*part, engine).unwrap());
        choice
    }

    #[test]
    fn what_lies_in_a_folder_is_worked_on_by_one_process() {
        let index_here =
            choice(&[(Part::Store, "cassandra"), (Part::Events, "kafka"), (Part::Timeline, "cassandra")]);
        assert_eq!(check(&[Role::Fuse], &index_here), Ok(()));
        assert_eq!(check(&[Role::Index, Role::Search], &index_here), Ok(()));
        let alone = check(&[Role::Ingest, Role::Search], &index_here).unwrap_err();
        assert!(alone.contains("`index` lies in") && alone.contains("needs index too"), "{alone}");
        let store_here = choice(&[(Part::Index, "elasticsearch")]);
        let alone = check(&[Role::Search], &store_here).unwrap_err();
        assert!(alone.contains("needs ingest, relay, fuse too") && alone.contains("on cassandra"), "{alone}");
        assert_eq!(check(&Role::ALL, &store_here), Ok(()));
        assert_eq!(check(&[Role::Search], &Choice::default()), Ok(()));
    }
}
