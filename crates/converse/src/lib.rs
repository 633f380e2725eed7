//! Turns of a conversation: what somebody says next changes the plan before it, or begins anew.
//!
//! A turn is read in four steps, all visible in what comes back:
//!
//! 1. *What it does*: patterns of the files in `lang` tell commands ("the same with Mara", "forget the kitchen", "more like
//!    the third"); of several that fit, the one that names the most words is meant (`sentence`, `pattern`, `words`, `cue`).
//! 2. *What it names*: the words that come in or go are read by `ask`, as any question is (`delta`).
//! 3. *Refines, or begins anew?* Where no command says it, the words decide: what names nothing by itself, goes on with a
//!    connective or speaks of somebody as "her" refines (`choose`). Why is told, and the other reading comes along.
//! 4. *The next plan*: what comes in stands beside what is there, or in its place where a moment has only one of the kind
//!    (`apply`, `edit`, `scope`). It is told as a JSON Patch (`patch`), and checked for what cannot be (`check`).
//!
//! The conversation itself is kept by whoever leads it ([`History`]): a server needs the turns, and remembers none.
//!
//! Pure: no archive, no clock, no files.

mod apply;
mod check;
mod choose;
mod cue;
mod delta;
mod edit;
mod facet;
mod give_up;
mod history;
mod limits;
mod patch;
mod pattern;
mod people;
mod pointers;
mod scope;
mod sentence;
mod shown;
mod sizes;
mod steps;
pub mod talks;
mod turn;
mod words;

pub use check::{contradictions, unknown_names};
pub use history::{History, Turn};
pub use limits::{OPERATIONS_MAX, SHOWN_MAX, TURNS_MAX};
pub use patch::{Operation, diff, patched};
pub use turn::{Conversation, OtherWay, Step, Turned, converse};
