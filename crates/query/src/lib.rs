//! From candidates to moments: presence, spans, scores, order, groups, pages.
//!
//! The index says which annotations match each clause; everything else of an answer is made here, once, for every
//! engine. A search is a pure function of the compiled query, the reader and what the caller may see: no clock, no
//! state, no engine's name.
//!
//! The order of steps is that of the modules: [`scope`] (which assets, which times), `found` (what matches each
//! clause), `presence` (when the query is present), `spans` (moments, gaps, shots), `chain` (what follows what), `snap`,
//! `predicates`, `score`, `rank` (order, folds), `groups` (groups, top), and last the page with its evidence.

mod answer;
mod chain;
mod cursor;
mod execute;
mod explain;
pub mod export;
mod found;
mod groups;
mod marks;
mod page;
mod predicates;
mod presence;
mod rank;
mod resolver;
pub mod scope;
mod score;
mod snap;
mod spans;

pub use answer::{Answer, ClauseReport, Evidence, Explanation, Group, Moment, Span, Term};
pub use cursor::Cursor;
pub use execute::{Options, execute, search};
pub use marks::mark;
pub use resolver::{Encoders, Labels, NoEncoders, ReaderResolver, Runs, WordTable};
pub use scope::Access;
