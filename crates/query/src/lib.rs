//! From candidates to moments: presence, spans, scores, order, groups, pages.
//!
//! The index says which annotations match each clause; everything else in an answer is computed here, once, for every
//! engine. A search is a pure function of the plan, the [`View`] of a snapshot, and the [`rushes_plan::Knowledge`] that
//! resolution asks: no clock, no state, no engine's name. [`search`] is the only entry point, for the archive and for
//! the conformance suites.
//!
//! A search runs in this order of modules: `scope` (which assets, which times), `clause_hits` (what matches each
//! clause), `presence` (when the query is present), `spans` (moments, gaps, shots), `chain` (what follows what),
//! `snap`, `predicates`, `score`, `learned` (what people chose moves the order), `rank` (order, folds), `groups` (groups, top), and last the page with its evidence.
//!
//! # What holds
//!
//! Times are exact: presence is arithmetic on sets of stretches and points, never on buckets. Scores come from the plan
//! and the annotation alone, rounded to 2^-20, so that engines agree. All moments are found before any is scored,
//! because `total`, ranks and groups count all of them; only the page's evidence is fetched in full.
//!
//! # What was tried and dropped
//!
//! Running vector clauses first and narrowing by the others: the nearest of all annotations are seldom the nearest of
//! those that the other clauses leave. Looking up models and spaces on demand: it walked every asset for each
//! annotation; they are now kept in the [`Catalog`] of a snapshot.

mod answer;
mod bytes;
mod chain;
mod clause_hits;
mod cost;
mod cursor;
mod encoders;
mod execute;
mod explain;
mod fill;
mod groups;
mod learned;
mod marks;
mod page;
mod predicates;
mod presence;
mod rank;
mod remedies;
pub mod scope;
mod score;
mod search;
mod snap;
mod spans;
mod view;

pub use answer::{
    Answer, AppliedProfile, ClauseReport, Evidence, Explanation, FilledField, Group, Moment, Remedy,
    RemedyKind, Span, Term,
};
pub use cursor::Cursor;
pub use encoders::{Encoders, NoEncoders};
pub use execute::{Options, execute};
pub use learned::{AnswerRanking, Because, Learned, MomentRanking, Ranking};
pub use scope::{Access, Titles};
pub use search::{Explained, PlannedSearch, cursor_of, explain, search};
pub use view::{Catalog, View};
