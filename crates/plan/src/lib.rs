//! The structured query: what is asked, checked and resolved; and what a match is. No engine, no store, no clock.
//!
//! # Three forms, three types
//!
//! * [`Plan`]: as it is written. Reading refuses what is unknown and names the field by its JSON pointer and the mend.
//! * [`ResolvedPlan`]: aliases, word weights, vectors and pinned runs are there ([`resolve`], which asks [`Knowledge`]).
//!   Equality between engines is promised for this form: at a read point it decides the answer alone. Written as JSON it
//!   is a plan again, and resolving that changes nothing.
//! * [`Query`]: clauses numbered and checked, ids read, tests ready for an index ([`Query::compile`]).
//!
//! The first two are one generic type, [`PlanOf`] its clauses and runs, and a clause is [`ClauseOf`] what it asks: what
//! resolution fills in is an `Option` before and there after, so a clause that was not resolved cannot be compiled, and a
//! label that is a phrase cannot be built. Objects are declared with `object!`: a field's declaration is also how it is
//! read, written and described. Which declaration takes a new field of a clause stands at the head of `plan_clause`.
//!
//! # What was rejected
//!
//! One flat struct of optional fields for all three forms: every reader had to know which fields go together, and to
//! refuse at run time what was not resolved. Two trees of structs, one a form: a new field was four edits. Reading by
//! serde: see `object`.
//!
//! # What a match is
//!
//! [`ClauseMatcher`] decides it for every engine; an index may find a superset by its own means and ask here.
//! [`Names`] are what an archive calls things, for questions in words.

pub mod clause;
mod display;
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
pub mod time;
mod vector_ask;
mod walk;
mod warning;

pub use clause::*;
pub use knowledge::{Knowledge, SpaceVectors, WordCounts};
pub use matching::{ClauseMatcher, PhraseHit};
pub use moments::*;
pub use names::{Episode, NAME_WORDS_MAX, Name, Names, Target};
pub use plan::*;
pub use plan_clause::*;
pub use predicate::*;
pub use query::{AssetLists, AssetScope, Criterion, MomentTest, Query, Step};
pub use reading::{Reading, ReadingKind, ReadingSpan};
pub use resolve::{Resolved, resolve, word_weight};
pub use scope::{Scope, Window};
pub use vector_ask::*;
pub use warning::Warning;
