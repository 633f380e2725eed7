//! Test beds: the engines that an archive is measured on.

use std::path::Path;
use std::sync::Arc;

use rushes_archive::{EmbeddedEngines, OpenEngines, Part};
use rushes_types::Result;
use serde::Serialize;

/// An upper bound: how fast an engine's own client writes the same rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ceiling {
    /// How it was done.
    pub what: String,
    /// Rows, documents or events.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
}

/// Empty engines for this benchmark alone.
pub trait TestBed {
    /// Opens the engines.
    fn engines(&self) -> Arc<dyn OpenEngines>;

    /// Marks the start of what [`TestBed::ceiling`] repeats for a part.
    ///
    /// # Errors
    /// Those of the engine.
    fn begin(&self, part: Part) -> Result<()>;

    /// Repeats the writes to a part since [`TestBed::begin`] with only the engine's own client, and removes the copies.
    /// `None` if the part is only a folder.
    ///
    /// # Errors
    /// Those of the engine.
    fn ceiling(&self, part: Part) -> Result<Option<Ceiling>>;

    /// Sends events and receives them with only the log's own client: how fast each was.
    ///
    /// # Errors
    /// Those of the engine.
    fn event_ceilings(&self, events: u64) -> Result<Option<[Ceiling; 2]>>;

    /// Bytes on disk of the parts outside the archive's folder.
    ///
    /// # Errors
    /// Those of the engine.
    fn bytes(&self) -> Result<Vec<(Part, u64)>>;

    /// Removes everything that was written or created.
    ///
    /// # Errors
    /// Those of the engines; the message names what is left.
    fn remove(&self) -> Result<()>;
}

/// Creates test beds.
pub trait TestBeds {
    /// The name in reports: which part runs on what.
    fn name(&self) -> String;

    /// Creates a bed under a unique name. It may keep files in `scratch`, an existing folder.
    ///
    /// # Errors
    /// Where an engine cannot be reached.
    fn fresh(&self, scratch: &Path) -> Result<Box<dyn TestBed>>;
}

/// The embedded engines: everything lies in the archive's folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct Embedded;

impl TestBeds for Embedded {
    fn name(&self) -> String {
        "embedded".to_owned()
    }

    fn fresh(&self, _scratch: &Path) -> Result<Box<dyn TestBed>> {
        Ok(Box::new(Self))
    }
}

impl TestBed for Embedded {
    fn engines(&self) -> Arc<dyn OpenEngines> {
        Arc::new(EmbeddedEngines)
    }

    fn begin(&self, _part: Part) -> Result<()> {
        Ok(())
    }

    fn ceiling(&self, _part: Part) -> Result<Option<Ceiling>> {
        Ok(None)
    }

    fn event_ceilings(&self, _events: u64) -> Result<Option<[Ceiling; 2]>> {
        Ok(None)
    }

    fn bytes(&self) -> Result<Vec<(Part, u64)>> {
        Ok(Vec::new())
    }

    fn remove(&self) -> Result<()> {
        Ok(())
    }
}
