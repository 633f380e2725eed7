//! Profiles: how a team asks, where a request does not say.
//!
//! A profile is a part of a plan without clauses (mode, weights by type, thresholds, scope, groups, order …), the team whose
//! ranking model counts, and whether vectors are searched exactly. It may inherit from another one. What a request says
//! itself always counts before its profile; every field that a profile fills in is told.
//!
//! Pure: profiles come in by name and go out as JSON or TOML. Who may change one, and where they are kept, is decided
//! elsewhere.

mod apply;
mod built_in;
mod document;
mod inherit;

pub use apply::{Filled, apply};
pub use built_in::built_in;
pub use document::{NAME_BYTES_MAX, NOT_IN_PROFILES, Profile, SAYS_BYTES_MAX};
pub use inherit::{INHERITED_MAX, Inherited, inherited};
