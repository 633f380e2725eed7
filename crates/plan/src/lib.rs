//! The structured query: reading, checking and resolving it, and the definition of a match. No engine, no store, no
//! clock.
//!
//! # Three forms, three types
//!
//! * [`Plan`]: as written. Reading refuses unknown fields; errors name the field by its JSON pointer, and the mend.
//! * [`ResolvedPlan`]: aliases, word weights, vectors and pinned runs are filled in ([`resolve`], which uses
//!   [`Knowledge`]). At a read point this form alone decides the answer, so equality between engines is promised for
//!   it. Written as JSON it is a plan again, and resolving that changes nothing.
//! * [`Query`]: clauses numbered and checked, ids parsed, tests ready for an index ([`Query::compile`]).
//!
//! The first two are one generic type: [`PlanOf`] is generic over clauses and runs, [`ClauseOf`] over what a clause
//! asks. What resolution fills in is an `Option` before and a plain value after, so an unresolved clause cannot be
//! compiled, and a clause cannot be both a label and a phrase. Objects are declared with `object!`: from a field's
//! declaration follow reading, writing and schema. The head of `plan_clause` says where a new field of a clause is
//! declared.
//!
//! # What was rejected
//!
//! One flat struct of optional fields for all three forms: every reader had to know which fields go together, and to
//! refuse unresolved plans at run time. A tree of structs for each form: a new field took four edits. Reading with
//! serde: see `object`.
//!
//! # What a match is
//!
//! [`ClauseMatcher`] decides it for every engine; an index may find a superset in its own way and let this decide.
//! [`Names`] are the names used in an archive, for parsing questions in words.

pub mod clause;
mod cost;
mod display;
#[cfg(feature = "openapi")]
pub mod form;
mod knowledge;
mod leaf;
mod marks;
pub mod matching;
mod moments;
mod names;
mod node;
mod object;
mod plan;
mod plan_clause;
mod predicate;
mod query;
mod read_clause;
mod reading;
mod resolve;
#[cfg(feature = "openapi")]
mod schema;
mod scope;
pub mod similarity;
mod sound;
pub mod time;
mod vector_ask;
mod walk;
mod warning;
mod word_weight;

pub use clause::*;
pub use cost::{ClauseCost, ClauseCounts, Cost, estimate};
pub use knowledge::{Knowledge, SpaceVectors, WordCounts};
pub use matching::{ClauseMatcher, PhraseHit};
pub use moments::*;
pub use names::{Episode, NAME_WORDS_MAX, Name, Names, Target};
pub use plan::*;
pub use plan_clause::*;
pub use predicate::*;
pub use query::{AssetLists, AssetScope, Criterion, MomentTest, Query, Step};
pub use reading::{
    Alternative, FilterStep, Preparation, Reading, ReadingKind, ReadingSpan, RoutePath, RouteStep, VectorStep,
};
pub use resolve::{Resolved, resolve};
pub use scope::{Scope, Window};
pub use sound::sound_key;
pub use vector_ask::*;
pub use warning::Warning;
pub use word_weight::word_weight;
