//! The archive's manifest and lock: what the folder is, which versions wrote it, who has it open.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rushes_kv::if_there;
use rushes_types::limits::BUCKET_NS_DEFAULT;
use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// Format version of the folder. Raised when an older version could not read it.
pub const FORMAT_VERSION: u32 = 1;

/// The language of text whose language is not given, where nobody asked for another.
pub const LANGUAGE_DEFAULT: &str = "en";

/// Nanoseconds of a millisecond.
const NS_PER_MS: i64 = 1_000_000;
const MANIFEST: &str = "archive.json";
const LOCK: &str = "archive.lock";

/// The description of an archive, in the file `archive.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the folder's format.
    pub format: u32,
    /// A random name that identifies the archive, in backups too.
    pub id: String,
    /// Length of a bucket in nanoseconds; fixed when the archive is made.
    pub bucket_ns: i64,
    /// The language of text whose language is not given (BCP 47).
    pub default_language: String,
    /// Version of the text analysis that fused and indexed data were made with.
    pub analyser: String,
}

/// The manifest as it lies in its file.
#[derive(Serialize, Deserialize)]
struct SummedManifest {
    #[serde(flatten)]
    manifest: Manifest,
    /// The XXH3-128 of the other fields, in hexadecimal digits: a damaged value must not pass for another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sum: Option<String>,
}

impl Manifest {
    /// Reads the manifest of a folder; `None` where the folder holds no archive.
    ///
    /// # Errors
    /// Where the file cannot be read, or was written by a newer version.
    pub fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(MANIFEST);
        let Some(bytes) = read_whole(&path)? else { return Ok(None) };
        Self::parse(&bytes, &path.display().to_string()).map(Some)
    }

    fn parse(bytes: &[u8], place: &str) -> Result<Self> {
        let SummedManifest { manifest, sum } = serde_json::from_slice(bytes).map_err(|e| {
            Error::new(ErrorKind::Corrupt, format!("`{place}` is no archive manifest: {e}"))
                .mend("restore it from a backup")
        })?;
        if manifest.format > FORMAT_VERSION {
            return Err(Error::invalid(format!(
                "the archive of `{place}` has format {}, this version reads up to {FORMAT_VERSION}",
                manifest.format
            ))
            .mend("install a newer rushes"));
        }
        if sum.is_some_and(|sum| sum != manifest.checksum()) {
            return Err(Error::new(
                ErrorKind::Corrupt,
                format!("`{place}` is damaged: its fields are not those that were written"),
            )
            .mend("restore it from a backup"));
        }
        Ok(manifest)
    }

    fn checksum(&self) -> String {
        let Self { format, id, bucket_ns, default_language, analyser } = self;
        let text = format!("{format}\n{id}\n{bucket_ns}\n{default_language}\n{analyser}");
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
    }

    /// The manifest as text, for those who share the archive.
    ///
    /// # Errors
    /// Only through a bug.
    pub fn to_text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|e| Error::bug(e.to_string()))
    }

    /// Reads what [`Manifest::to_text`] wrote.
    ///
    /// # Errors
    /// Corrupt where it is something else, Invalid where a newer version wrote it.
    pub fn from_text(text: &str) -> Result<Self> {
        Self::parse(text.as_bytes(), "the shared engines")
    }

    /// A manifest for a new archive; what is not asked for has its default.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn new(bucket_ns: Option<i64>, default_language: Option<&str>) -> Result<Self> {
        Ok(Self {
            format: FORMAT_VERSION,
            id: crate::hex::random_hex(16)?,
            bucket_ns: bucket_ns.unwrap_or(BUCKET_NS_DEFAULT),
            default_language: default_language.unwrap_or(LANGUAGE_DEFAULT).to_owned(),
            analyser: rushes_text::ANALYSER_VERSION.to_owned(),
        })
    }

    /// Does the archive have what is asked for? Both are fixed when it is made.
    ///
    /// # Errors
    /// Conflict where it has something else.
    pub fn check(&self, bucket_ns: Option<i64>, default_language: Option<&str>) -> Result<()> {
        let ms = |ns: i64| (ns / NS_PER_MS).to_string();
        let bucket =
            bucket_ns.filter(|ns| *ns != self.bucket_ns).map(|ns| ("bucket_ms", ms(ns), ms(self.bucket_ns)));
        let language = default_language
            .filter(|language| *language != self.default_language)
            .map(|language| ("default_language", language.to_owned(), self.default_language.clone()));
        let Some((key, asked, has)) = bucket.or(language) else { return Ok(()) };
        Err(Error::new(
            ErrorKind::Conflict,
            format!("`{key}` is {asked}, but the archive was made with {has}, and keeps it"),
        )
        .mend(format!("set `{key}` to {has} or take it out; for another one make a new archive and fill it")))
    }

    /// Writes the manifest in one step.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn write(&self, dir: &Path) -> Result<()> {
        let summed = SummedManifest { manifest: self.clone(), sum: Some(self.checksum()) };
        let bytes = serde_json::to_vec_pretty(&summed).map_err(|e| Error::bug(e.to_string()))?;
        write_whole(&dir.join(MANIFEST), &bytes)
    }
}

/// Writes a file so that a reader, or a crash, finds the old one or the new one: temporary file (0600),
/// fsync, rename, fsync of the folder.
///
/// # Errors
/// Where the disk refuses.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let what = |e| Error::io(&format!("writing `{}`", path.display()), e);
    let temporary = path.with_extension("tmp");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(what)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(what)?;
    fs::rename(&temporary, path).map_err(what)?;
    if let Some(dir) = path.parent() {
        File::open(dir).and_then(|d| d.sync_all()).map_err(what)?;
    }
    Ok(())
}

/// Reads a file; `None` where there is none.
pub(crate) fn read_whole(path: &Path) -> Result<Option<Vec<u8>>> {
    if_there(fs::read(path)).map_err(|e| Error::io(&format!("reading `{}`", path.display()), e))
}

/// Removes a file that may be there.
pub(crate) fn remove_whole(path: &Path) -> Result<()> {
    let removed = if_there(fs::remove_file(path)).map(drop);
    removed.map_err(|e| Error::io(&format!("removing `{}`", path.display()), e))
}

/// Makes a folder that only its owner can enter (0700).
///
/// # Errors
/// Where the disk refuses.
pub fn make_private_dir(dir: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|e| Error::io(&format!("making the folder `{}`", dir.display()), e))
}

/// Locks a file for this process, making it where it is not there; `busy` is the error where another process has it.
pub(crate) fn lock_file(path: &Path, busy: impl FnOnce() -> Error) -> Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path).map_err(|e| Error::io(&format!("opening `{}`", path.display()), e))?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(busy()),
        Err(e) => Err(Error::io(&format!("locking `{}`", path.display()), e.into())),
    }
}

/// Held while a process has the archive open.
#[derive(Debug)]
pub struct ArchiveLock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

impl ArchiveLock {
    /// Locks an archive's folder for this process.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] where another process has it open.
    pub fn acquire(dir: &Path) -> Result<Self> {
        let busy = || {
            let message = format!("the archive `{}` is open in another process", dir.display());
            Error::new(ErrorKind::Busy, message).mend("stop it, or talk to its server")
        };
        lock_file(&dir.join(LOCK), busy).map(Self)
    }
}
