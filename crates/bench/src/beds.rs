//! What an archive may be measured on, beside the embedded engines.

use std::path::Path;
use std::sync::Arc;

use rushes_archive::{EmbeddedEngines, OpenEngines, Part};
use rushes_types::Result;
use serde::Serialize;

/// What an engine's own client did at most with the same bytes in the same rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ceiling {
    /// How it was done.
    pub what: String,
    /// Rows, documents or events.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// For how long.
    pub seconds: f64,
}

/// Engines with nothing on them, of the benchmark's own.
pub trait TestBed {
    /// What opens them.
    fn engines(&self) -> Arc<dyn OpenEngines>;

    /// What is written to a part from now on is what [`TestBed::ceiling`] writes once more.
    ///
    /// # Errors
    /// Those of the engine.
    fn begin(&self, part: Part) -> Result<()>;

    /// Writes what was written to a part since [`TestBed::begin`] once more, by the engine's own client alone, and removes
    /// it. `None` where nothing stands below that part but a folder.
    ///
    /// # Errors
    /// Those of the engine.
    fn ceiling(&self, part: Part) -> Result<Option<Ceiling>>;

    /// Sends so many events and takes them back, by the log's own client alone: how fast each was.
    ///
    /// # Errors
    /// Those of the engine.
    fn event_ceilings(&self, events: u64) -> Result<Option<[Ceiling; 2]>>;

    /// Bytes on disk of the parts that do not lie in the archive's folder.
    ///
    /// # Errors
    /// Those of the engine.
    fn bytes(&self) -> Result<Vec<(Part, u64)>>;

    /// Removes all that was written, and all that was made for it.
    ///
    /// # Errors
    /// Those of the engines; the message names what is left.
    fn remove(&self) -> Result<()>;
}

/// Where beds come from.
pub trait TestBeds {
    /// What people read: which part runs on what.
    fn name(&self) -> String;

    /// A bed under a unique name. What must be kept beside lies in `scratch`, a folder that is there.
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
