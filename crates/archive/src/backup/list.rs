//! The list of a backup, `backup.json`: what it holds, and how it proves that it is whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

use rushes_store::AnnotationStore;
use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::plain::open_plain;
use crate::part::Part;

/// The list's name in a backup.
pub(crate) const LIST: &str = "backup.json";
/// The archive's manifest.
pub(crate) const MANIFEST: &str = "archive.json";
/// What tells that the store is whole: its chain of changes.
pub(crate) const CHAIN: &str = "store.chain";
/// The archive's tokens: in a backup, and restored, only where asked for.
pub(crate) const TOKENS: &str = "tokens.json";
/// The configuration in the archive's folder: in a backup, and restored, only where asked for.
pub(crate) const CONFIG: &str = "rushes.toml";
/// Files beside the store that a backup may hold.
const SMALL_FILES: [&str; 5] = [MANIFEST, crate::erasures::MARKER, CHAIN, TOKENS, CONFIG];

/// The version of the list. The first had no version, no checksum and no counts.
pub const LIST_VERSION: u32 = 2;
/// The longest list that is read, in bytes: some hundred thousand files.
const LIST_BYTES_MAX: u64 = 64 << 20;
/// The longest path in a list, in bytes.
const PATH_BYTES_MAX: usize = 512;

/// What the store held at one moment: a restored store must hold the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreContent {
    /// The last commit.
    pub commit: u64,
    /// Assets that are registered; not known of lists of the first version.
    pub assets: Option<u64>,
    /// Annotations, superseded ones too; not known of lists of the first version.
    pub annotations: Option<u64>,
}

impl StoreContent {
    /// What a store holds now.
    pub(crate) fn of(store: &dyn AnnotationStore) -> Result<Self> {
        let counts = store.counts()?;
        let commit = store.last_commit()?.0;
        Ok(Self { commit, assets: Some(counts.assets), annotations: Some(counts.annotations) })
    }

    /// How a store that was restored differs from what the list says, in words; `None` where it does not.
    pub(crate) fn difference(&self, restored: &Self) -> Option<String> {
        let differs = |listed: Option<u64>, found: Option<u64>| listed.is_some() && listed != found;
        let say = |what: &str, listed: Option<u64>, found: Option<u64>| {
            let number = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
            differs(listed, found).then(|| format!("{what} {} instead of {}", number(found), number(listed)))
        };
        let parts = [
            say("the last commit is", Some(self.commit), Some(restored.commit)),
            say("assets are", self.assets, restored.assets),
            say("annotations are", self.annotations, restored.annotations),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// What a backup holds, in its file `backup.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupList {
    /// Version of the list: [`LIST_VERSION`], or 1 where none stands in the file.
    #[serde(default = "first_version")]
    pub version: u32,
    /// The archive's id.
    pub archive: String,
    /// When it was made, in seconds since 1970; 0 in lists of the first version.
    #[serde(default)]
    pub made_s: u64,
    /// The last commit in it.
    pub commit: u64,
    /// Assets that were registered.
    #[serde(default)]
    pub assets: Option<u64>,
    /// Annotations, superseded ones too.
    #[serde(default)]
    pub annotations: Option<u64>,
    /// Its files, by path within the backup, ascending.
    pub files: Vec<BackupFile>,
    /// SHA-256 of all of the above in a fixed form; none in lists of the first version.
    #[serde(default)]
    pub list_sha256: Option<String>,
}

const fn first_version() -> u32 {
    1
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupFile {
    /// Path within the backup.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of the content.
    pub sha256: String,
}

impl BackupList {
    /// A list of the present version, with its checksum.
    pub(crate) fn new(archive: &str, made_s: u64, content: StoreContent, mut files: Vec<BackupFile>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut list = Self {
            version: LIST_VERSION,
            archive: archive.to_owned(),
            made_s,
            commit: content.commit,
            assets: content.assets,
            annotations: content.annotations,
            files,
            list_sha256: None,
        };
        list.list_sha256 = Some(list.checksum());
        list
    }

    /// Reads the list of the backup in a folder, and checks it: its version, its checksum, each path.
    ///
    /// # Errors
    /// NotFound where there is none; Unsupported where a newer version wrote it; Corrupt where it is not what was written.
    pub fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(LIST);
        let mut bytes = Vec::new();
        match open_plain(&path) {
            Ok(file) => file
                .take(LIST_BYTES_MAX + 1)
                .read_to_end(&mut bytes)
                .map_err(|e| Error::io(&format!("reading `{}`", path.display()), e))?,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    format!("`{}` holds no backup: it has no `{LIST}`", dir.display()),
                )
                .mend("name a folder made by `rushes backup`"));
            }
            Err(e) => return Err(e),
        };
        if bytes.len() as u64 > LIST_BYTES_MAX {
            return Err(damaged(&path, &format!("it is longer than {LIST_BYTES_MAX} bytes")));
        }
        let list = Self::parse(&bytes, &path)?;
        list.check().map_err(|why| damaged(&path, &why))?;
        Ok(list)
    }

    fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        // A newer list may have fields that are not known here: its version is looked at first.
        #[derive(Deserialize)]
        struct OfAnyVersion {
            version: Option<u32>,
        }
        let any: OfAnyVersion = serde_json::from_slice(bytes).map_err(|e| damaged(path, &e.to_string()))?;
        if let Some(version) = any.version.filter(|version| *version > LIST_VERSION) {
            let message = format!(
                "`{}` has version {version}, this program reads up to {LIST_VERSION}",
                path.display()
            );
            return Err(Error::new(ErrorKind::Unsupported, message).mend("install a newer rushes"));
        }
        serde_json::from_slice(bytes).map_err(|e| damaged(path, &e.to_string()))
    }

    /// Why the list is not one, if so.
    fn check(&self) -> Result<(), String> {
        match (self.version, &self.list_sha256) {
            (1, None) => {}
            (1, Some(_)) => return Err("it has a checksum and no version".to_owned()),
            (0, _) => return Err("its version is 0".to_owned()),
            (_, None) => return Err("it has no checksum".to_owned()),
            (_, Some(said)) if *said != self.checksum() => {
                return Err("its checksum is not that of its content: it was shortened or changed".to_owned());
            }
            (..) => {}
        }
        let mut seen = BTreeSet::new();
        for file in &self.files {
            check_path(&file.path)?;
            if !seen.insert(file.path.as_str()) {
                return Err(format!("it names `{}` twice", file.path));
            }
        }
        if !seen.contains(MANIFEST) {
            return Err(format!("it does not name `{MANIFEST}`"));
        }
        Ok(())
    }

    /// What the store held.
    #[must_use]
    pub const fn content(&self) -> StoreContent {
        StoreContent { commit: self.commit, assets: self.assets, annotations: self.annotations }
    }

    /// Was it written before lists had a checksum?
    #[must_use]
    pub const fn is_of_first_version(&self) -> bool {
        self.version < LIST_VERSION
    }

    /// Length of all its files, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// The SHA-256 of the list in its fixed form: a line for each field, then a line for each file.
    fn checksum(&self) -> String {
        let number = |n: Option<u64>| n.unwrap_or(0);
        let mut text = format!(
            "rushes backup {}\narchive {}\nmade_s {}\ncommit {}\nassets {}\nannotations {}\n",
            self.version,
            self.archive,
            self.made_s,
            self.commit,
            number(self.assets),
            number(self.annotations)
        );
        for file in &self.files {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} {} {}", file.sha256, file.bytes, file.path);
        }
        crate::hex::hex(&Sha256::digest(text.as_bytes()))
    }
}

/// Why a path cannot stand in a list, if so: only files of the store, by plain names, and the few beside it.
fn check_path(path: &str) -> Result<(), String> {
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    if path.len() > PATH_BYTES_MAX || !path.split('/').all(plain) {
        return Err(format!("it names `{}`, which lies outside or is no name of ours", path.escape_debug()));
    }
    let of_store = path.strip_prefix(Part::Store.as_str()).is_some_and(|rest| rest.starts_with('/'));
    if of_store || SMALL_FILES.contains(&path) {
        return Ok(());
    }
    Err(format!("it names `{path}`, which does not belong into a backup"))
}

/// An error about a list that is not what was written.
fn damaged(path: &Path, why: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the list `{}` is not what was written: {why}", path.display()))
        .mend("use another backup; `rushes backup --verify` says which are whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_an_archive_may_be_listed() {
        for path in ["store/0.jnl", "store/keyspaces/0/tables/3", "archive.json", "rushes.toml"] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
        for path in [
            "",
            "/etc/passwd",
            "store/../../x",
            "store//x",
            "store/",
            "store",
            "storefront/x",
            "rebuild.json",
            "serve.json",
            "audit.jsonl",
            "index/manifest",
            "store/a\nb",
            "store/a b",
            "store\\x",
            "store/\u{202e}x",
            "./archive.json",
        ] {
            assert!(check_path(path).is_err(), "{path}");
        }
    }

    #[test]
    fn what_a_restored_store_lacks_is_said() {
        let listed = StoreContent { commit: 7, assets: Some(2), annotations: Some(30) };
        assert_eq!(listed.difference(&listed), None);
        let found = StoreContent { commit: 0, assets: Some(0), annotations: Some(30) };
        let said = listed.difference(&found).unwrap();
        assert_eq!(said, "the last commit is 0 instead of 7, assets are 0 instead of 2");
        let first = StoreContent { assets: None, annotations: None, ..listed };
        assert_eq!(first.difference(&listed), None);
    }
}
