//! Sorted tables of bytes: all that the timeline needs from an engine.

use rushes_types::Result;

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Annotations by asset, start, key. Values may be large (vectors).
    Annotations,
    /// Buckets by asset and number.
    Buckets,
    /// Progress and document by asset.
    Documents,
    /// Which annotation changed, by asset, commit, start, key.
    Changes,
    /// Word counts by word.
    Words,
    /// Outbox rows by sequence.
    Outbox,
    /// Counters by name.
    Meta,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 7] = [
        Self::Annotations,
        Self::Buckets,
        Self::Documents,
        Self::Changes,
        Self::Words,
        Self::Outbox,
        Self::Meta,
    ];

    /// Its name on disk.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Annotations => "annotations",
            Self::Buckets => "buckets",
            Self::Documents => "documents",
            Self::Changes => "changes",
            Self::Words => "words",
            Self::Outbox => "outbox",
            Self::Meta => "meta",
        }
    }
}

/// A row to write; without a value it is removed.
pub type Write = (Table, Vec<u8>, Option<Vec<u8>>);

/// Called with key and value; `false` stops.
pub type RowCallback<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<bool>;

/// Tables as they were at one moment.
pub trait View {
    /// A row.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>>;
    /// Rows from `from` (inclusive) to `to` (exclusive; `None`: the end), ascending.
    fn scan(&self, table: Table, from: &[u8], to: Option<&[u8]>, each: RowCallback<'_>) -> Result<()>;
}

/// An engine. Writers are serialised by the caller.
pub trait Kv: Send + Sync {
    /// The tables as they are now.
    fn view(&self) -> Result<Box<dyn View + '_>>;
    /// Writes all rows or none; durable on return where `durable`.
    fn write(&self, rows: Vec<Write>, durable: bool) -> Result<()>;
    /// Rewrites all files, so that removed rows leave no bytes.
    fn rewrite(&self) -> Result<()>;
    /// Empties all tables and leaves no bytes.
    fn clear(&self) -> Result<()>;
    /// Bytes on disk.
    fn bytes(&self) -> Result<u64>;
    /// See [`crate::TimelineStore::examine`].
    fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        progress(0)?;
        Ok(Vec::new())
    }
    /// See [`crate::TimelineStore::examine_quickly`].
    fn examine_quickly(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}
