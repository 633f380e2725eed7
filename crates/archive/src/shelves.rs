//! The shelves of the store's memos. Part of the format.

/// What people did with answers.
pub(crate) const FEEDBACK: &str = "feedback";
/// Versions of what was learned.
pub(crate) const RANKING: &str = "ranking";
/// Versions of profiles.
pub(crate) const PROFILES: &str = "profiles";
/// What is set by hand.
pub(crate) const SETTINGS: &str = "settings";
/// All of them.
pub(crate) const ALL: [&str; 4] = [FEEDBACK, RANKING, PROFILES, SETTINGS];
