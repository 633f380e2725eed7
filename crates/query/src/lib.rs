//! From candidates to moments: presence, spans, scores, order, groups, pages.
//!
//! The index says which annotations match each clause; everything else of an answer is made here, once, for every
//! engine. A search is a pure function of the plan, the [`View`] of a snapshot, and the [`rushes_plan::Knowledge`] that
//! resolution asks: no clock, no state, no engine's name. [`search`] is the one way in, for the archive and for the
//! suites alike.
//!
//! The order of steps is that of the modules: `scope` (which assets, which times), `clause_hits` (what matches each
//! clause), `presence` (when the query is present), `spans` (moments, gaps, shots), `chain` (what follows what), `snap`,
//! `predicates`, `score`, `rank` (order, folds), `groups` (groups, top), and last the page with its evidence.
//!
//! # What holds
//!
//! Times are exact: presence is arithmetic on sets of stretches and points, never on buckets. Scores come from the plan
//! and the annotation alone, rounded to 2^-20, so that engines agree. Everything is found before anything is scored,
//! for `total`, ranks and groups count all moments; only the page's evidence is fetched whole.
//!
//! # What was tried and dropped
//!
//! Vector clauses first, narrowed by the others afterwards: the nearest of everything are seldom the nearest of what the
//! other clauses leave. Gathering models and spaces when they are asked for: once an annotation, over every asset; they
//! are kept in the [`Catalog`] of a snapshot.

mod answer;
mod chain;
mod clause_hits;
mod cursor;
mod encoders;
mod execute;
mod explain;
pub mod export;
mod groups;
mod marks;
mod page;
mod predicates;
mod presence;
mod rank;
pub mod scope;
mod score;
mod search;
mod snap;
mod spans;
mod view;

pub use answer::{Answer, ClauseReport, Evidence, Explanation, Group, Moment, Span, Term};
pub use cursor::Cursor;
pub use encoders::{Encoders, NoEncoders};
pub use execute::{Options, execute};
pub use scope::Access;
pub use search::{Explained, PlannedSearch, cursor_of, explain, search};
pub use view::{Catalog, View};
