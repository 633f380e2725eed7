//! Documents that people write and change, each as a whole: what the store keeps beside annotations.

use rushes_types::limits::DOCUMENT_BYTES_MAX;
use rushes_types::{Error, ErrorKind, Result, check_id};

/// A document, such as a bin: bytes that the store does not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDocument {
    /// What it is.
    pub kind: String,
    /// Its id, unique among those of its kind.
    pub id: String,
    /// How often it was written.
    pub version: u64,
    /// What it says; empty of one that was removed.
    pub bytes: Vec<u8>,
}

/// Documents, changed by compare and set. Laws, beside those of [`crate::AnnotationStore`]:
///
/// * **One winner.** Of writers who read the same version, one is acknowledged; the others get
///   [`ErrorKind::Conflict`], and nothing of theirs is kept.
/// * **Removed is a version, too.** A document without bytes is in no list, but its version stays: who read it before it
///   was removed cannot write over that.
pub trait Documents: Send + Sync {
    /// Hands out the documents of a kind that were not removed, in the order of their ids, one at a time.
    fn each_document(&self, kind: &str, each: &mut dyn FnMut(KeptDocument) -> Result<()>) -> Result<()>;
    /// A document, removed ones too; `None` where there never was one.
    fn document(&self, kind: &str, id: &str) -> Result<Option<KeptDocument>>;
    /// Writes a document whose version is one more than that of what is there, and 1 where nothing is.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where another version is there; [`ErrorKind::TooLarge`] above [`DOCUMENT_BYTES_MAX`];
    /// [`ErrorKind::Invalid`] where kind or id are no ids.
    fn put_document(&self, document: &KeptDocument) -> Result<()>;
    /// Writes a document as another store had it, whatever is here.
    fn import_document(&self, document: &KeptDocument) -> Result<()>;
}

/// May it be written at all? Every engine asks this first.
///
/// # Errors
/// As [`Documents::put_document`], but for the conflict.
pub fn check_document(document: &KeptDocument) -> Result<()> {
    check_id("kind", &document.kind).map_err(Error::from)?;
    check_id("id", &document.id).map_err(Error::from)?;
    if document.bytes.len() > DOCUMENT_BYTES_MAX {
        let what = format!("the {} `{}` has {} bytes", document.kind, document.id, document.bytes.len());
        return Err(Error::new(ErrorKind::TooLarge, what)
            .mend(format!("at most {DOCUMENT_BYTES_MAX} are kept: make two of it")));
    }
    Ok(())
}

/// May it be written over what is there?
///
/// # Errors
/// [`ErrorKind::Conflict`], with the version that is there.
pub fn check_version(document: &KeptDocument, there: u64) -> Result<()> {
    if document.version == there.saturating_add(1) {
        return Ok(());
    }
    let (kind, id) = (&document.kind, &document.id);
    let what = format!("the {kind} `{id}` was changed by somebody else: it is at version {there}");
    Err(Error::new(ErrorKind::Conflict, what).mend("read it again, and make your change to what it is now"))
}

/// The version and the bytes as one value, for engines that keep one.
#[must_use]
pub fn encode_document(document: &KeptDocument) -> Vec<u8> {
    let mut value = document.version.to_be_bytes().to_vec();
    value.extend_from_slice(&document.bytes);
    value
}

/// The document back.
///
/// # Errors
/// [`ErrorKind::Corrupt`] where the value is too short to be one.
pub fn decode_document(kind: &str, id: &str, value: &[u8]) -> Result<KeptDocument> {
    let Some((version, bytes)) = value.split_first_chunk() else {
        let what = format!("the {kind} `{id}` cannot be read");
        return Err(Error::new(ErrorKind::Corrupt, what).mend("run `rushes verify`"));
    };
    let (kind, id) = (kind.to_owned(), id.to_owned());
    Ok(KeptDocument { kind, id, version: u64::from_be_bytes(*version), bytes: bytes.to_vec() })
}
