//! The structured query: what is asked, checked and resolved; and what a match is.
//!
//! Three forms, each printable: [`Plan`] as a person writes it (JSON), the same plan *resolved* (aliases,
//! vectors and word weights filled in: what equality between engines is promised for), and the compiled
//! [`Query`] that engines execute. This crate knows no engine, no store and no clock.

pub mod clause;
mod display;
mod marks;
pub mod matching;
mod node;
pub mod plan;
mod plan_clause;
mod query;
mod read;
mod read_plan;
mod reading;
mod resolve;
#[cfg(feature = "openapi")]
mod schema;
pub mod similarity;
pub mod time;
mod warning;

pub use clause::*;
pub use matching::{ClauseMatcher, PhraseHit};
pub use plan::*;
pub use plan_clause::*;
pub use query::{AssetLists, AssetScope, Criterion, MomentTest, Query, Step};
pub use reading::{Reading, ReadingKind, ReadingSpan};

pub use resolve::{Counted, Resolved, Resolver, SpaceVectors, resolve, word_weight};
pub use warning::Warning;
