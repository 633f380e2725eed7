//! Turns what other tools wrote into the lines that Rushes ingests.
//!
//! Annotations come as tables and JSON files in many layouts: times in seconds, milliseconds or frames, ends inclusive
//! or not, one column for each label, ids in file names. A separate program for each layout would have to be verified
//! each time; so a layout is described in a *mapping*, a TOML file (`docs/mapping.md`), and one importer reads them
//! all. It depends on no other part of Rushes: text goes in, annotation lines and asset lines come out, and they are
//! checked on ingest like any other line.
//!
//! Two promises: a time is exact to the nanosecond because it is never a binary fraction, and a row that cannot be
//! read is named with its place and the mend while all others go in.
//!
//! ```no_run
//! use std::{ops::ControlFlow, path::Path};
//! use rushes_import::{Item, Mapping};
//!
//! let mapping = Mapping::parse(&std::fs::read_to_string("mapping.toml")?)?;
//! let mut import = mapping.import();
//! let _ = import.folder(Path::new("annotations"), &mut |item| {
//!     match item {
//!         Item::Asset(line) | Item::Annotation(line) => drop(line),
//!         Item::Problem(problem) => drop(problem.to_string()),
//!         Item::Note(note) => drop(note.to_string()),
//!     }
//!     ControlFlow::Continue(())
//! });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod mapping;
mod parse;
mod parse_fields;
mod section;
mod template;

mod files;
mod glob;
mod import;
mod line;
mod object;
mod record;
mod rows;

mod bytes;
mod decimal;
mod scan;
mod time;
mod value;

pub mod formats;
mod limits;
mod problem;

pub use decimal::Decimal;
pub use files::SourceFiles;
pub use import::{Counts, Import, Item, Sink};
pub use limits::{
    COLUMNS_MAX, DIMENSIONS_MAX, FILE_BYTES_MAX, FILES_MAX, FOLDER_DEPTH_MAX, Limits, MAPPING_BYTES_MAX,
    ROW_BYTES_MAX,
};
pub use mapping::{Mapping, RunMode, SourceFile};
pub use problem::{MappingError, Note, Problem};
pub use time::clock_ns;
