//! What a bin is.

use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// Who besides its owner may see or change a bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Sharing {
    /// Nobody.
    #[default]
    Private,
    /// All may see it.
    Read,
    /// All may see and change it.
    Write,
}

/// A moment in a bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Item {
    /// Its number in the bin, which stays the same.
    pub item: u64,
    /// The asset.
    pub asset_id: String,
    /// First instant, in nanoseconds from the start of the media.
    pub start_ns: i64,
    /// End, exclusive, in nanoseconds.
    pub end_ns: i64,
    /// What a person says of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Its colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// From 0, the worst, to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// Was it circled?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub circled: bool,
    /// The question that found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Who added it.
    pub by: String,
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Record {
    /// The version that it made.
    pub version: u64,
    /// Who made it.
    pub by: String,
    /// When, in seconds since 1970.
    pub at_s: u64,
    /// What it did, in words.
    pub what: String,
}

/// A bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bin {
    /// What people call it.
    pub name: String,
    /// Who made it.
    pub owner: String,
    /// Who else may see or change it.
    #[serde(default)]
    pub sharing: Sharing,
    /// Is it in the trash?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trashed: bool,
    /// The moments, in order.
    #[serde(default)]
    pub items: Vec<Item>,
    /// The number of the next moment.
    next_item: u64,
    /// The last changes, the newest last.
    #[serde(default)]
    pub history: Vec<Record>,
}

impl Bin {
    /// An empty bin.
    #[must_use]
    pub fn new(name: &str, owner: &str) -> Self {
        Self {
            name: name.to_owned(),
            owner: owner.to_owned(),
            sharing: Sharing::default(),
            trashed: false,
            items: Vec::new(),
            next_item: 1,
            history: Vec::new(),
        }
    }

    /// Reads one as [`Bin::write`] wrote it.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where the bytes are none.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(|e| {
            Error::new(ErrorKind::Corrupt, format!("a bin cannot be read: {e}")).mend("run `rushes verify`")
        })
    }

    /// The bin as bytes.
    ///
    /// # Errors
    /// None in practice.
    pub fn write(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| Error::bug(format!("a bin cannot be written: {e}")))
    }

    /// May this person see it?
    #[must_use]
    pub fn seen_by(&self, name: &str) -> bool {
        self.owner == name || self.sharing != Sharing::Private
    }

    /// May this person change it?
    #[must_use]
    pub fn changed_by(&self, name: &str) -> bool {
        self.owner == name || self.sharing == Sharing::Write
    }

    /// The next number of a moment.
    pub(crate) fn number(&mut self) -> u64 {
        let number = self.next_item;
        self.next_item = number.saturating_add(1);
        number
    }

    /// Takes out the moments of assets that were erased; how many those were.
    pub fn forget(&mut self, is_erased: impl Fn(&str) -> bool) -> usize {
        let before = self.items.len();
        self.items.retain(|item| !is_erased(&item.asset_id));
        before - self.items.len()
    }
}
