//! The files of an archive that a backup takes, as they are at one moment.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rushes_types::{Error, ErrorKind, Result};

use super::list::{CHAIN, CONFIG, MANIFEST, TOKENS};
use super::plain::gone_or_io;
use crate::part::Part;

/// The folders of the store whose files are written once, under a name that is never used again.
const TABLES: &str = "tables";
/// The ending of journals; their names are numbers, and only the one with the highest is written to.
const JOURNAL: &str = "jnl";
/// Folders below the store's that are looked into.
const DEPTH_MAX: usize = 8;

/// What comes along beside the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    /// The tokens.
    pub tokens: bool,
    /// The configuration in the archive's folder.
    pub config: bool,
}

/// How a file of an archive changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Never.
    Unchanging,
    /// It is appended to, in place, and made longer than what stands in it.
    Journal,
    /// It is appended to, in place.
    Appended,
    /// It is replaced as a whole, and small.
    Other,
}

/// A file of an archive, with what is needed to notice that it was changed or replaced.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ListedFile {
    pub path: String,
    pub bytes: u64,
    pub inode: u64,
    modified: Option<std::time::SystemTime>,
    pub kind: Kind,
}

/// All files of an archive that a backup takes, by path.
pub(super) fn list(dir: &Path, extras: Extras) -> Result<Vec<ListedFile>> {
    let mut files = Vec::new();
    for (name, wanted) in [
        (MANIFEST, true),
        (crate::erasures::MARKER, true),
        (CHAIN, true),
        (TOKENS, extras.tokens),
        (CONFIG, extras.config),
    ] {
        if wanted && fs::symlink_metadata(dir.join(name)).is_ok() {
            let file = describe(dir, Path::new(name))?;
            let kind = if name == CHAIN { Kind::Appended } else { file.kind };
            files.push(ListedFile { kind, ..file });
        }
    }
    list_into(dir, Path::new(Part::Store.as_str()), DEPTH_MAX, &mut files)?;
    name_journals(&mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn list_into(dir: &Path, folder: &Path, depth: usize, files: &mut Vec<ListedFile>) -> Result<()> {
    let what = |e| gone_or_io(&dir.join(folder), e);
    for entry in fs::read_dir(dir.join(folder)).map_err(what)? {
        let entry = entry.map_err(what)?;
        let path = folder.join(entry.file_name());
        if entry.file_type().map_err(what)?.is_dir() && depth > 0 {
            list_into(dir, &path, depth - 1, files)?;
        } else {
            files.push(describe(dir, &path)?);
        }
    }
    Ok(())
}

fn describe(dir: &Path, path: &Path) -> Result<ListedFile> {
    let full = dir.join(path);
    let meta = fs::symlink_metadata(&full).map_err(|e| gone_or_io(&full, e))?;
    let foreign = |what: &str| {
        Error::new(ErrorKind::Conflict, format!("`{}` {what}", full.display()))
            .mend("take it out of the archive's folder: a backup holds plain files of the store only")
    };
    if !meta.is_file() {
        return Err(foreign("is no plain file but a link or a device"));
    }
    let name = path.to_str().ok_or_else(|| foreign("has a name that is no text"))?;
    let of_tables = path.parent().and_then(Path::file_name).is_some_and(|folder| folder == TABLES);
    Ok(ListedFile {
        path: name.to_owned(),
        bytes: meta.len(),
        inode: meta.ino(),
        modified: meta.modified().ok(),
        kind: if of_tables { Kind::Unchanging } else { Kind::Other },
    })
}

/// Do two lists, one from before files were staged and one from after, show one state of the store? What names the
/// tables and journals that count is then the same, and all that it names was staged. Tables that are being written, or
/// were dropped, do not count.
pub(super) fn is_same_state(before: &[ListedFile], after: &[ListedFile]) -> bool {
    let deciding = |files| <[ListedFile]>::iter(files).filter(|file| file.kind != Kind::Unchanging);
    deciding(before).eq(deciding(after))
}

/// Tells the journal of each folder that is written to from those that are full.
fn name_journals(files: &mut [ListedFile]) {
    let number = |file: &ListedFile| {
        let path = Path::new(&file.path);
        let is_journal = path.extension().is_some_and(|ending| ending == JOURNAL);
        let number: u64 = path.file_stem()?.to_str()?.parse().ok()?;
        is_journal.then(|| (path.parent().map(Path::to_owned), number))
    };
    let mut newest: BTreeMap<Option<PathBuf>, u64> = BTreeMap::new();
    for (folder, n) in files.iter().filter_map(number) {
        let highest = newest.entry(folder).or_insert(n);
        *highest = n.max(*highest);
    }
    for file in files {
        if let Some((folder, n)) = number(file) {
            let is_newest = newest.get(&folder) == Some(&n);
            file.kind = if is_newest { Kind::Journal } else { Kind::Unchanging };
        }
    }
}
