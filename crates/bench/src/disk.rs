//! An archive's size on disk, part by part.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rushes_types::{Error, Result};

use crate::report::Disk;

/// Bytes per block as `stat` counts them, whatever the file system's block size.
const BLOCK_BYTES: u64 = 512;

/// Bytes allocated to each folder and file directly in the archive's folder, by name.
///
/// # Errors
/// Where the folder cannot be read.
pub fn parts(folder: &Path) -> Result<Vec<Disk>> {
    let mut parts = Vec::new();
    for path in entries(folder)? {
        let part = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        parts.push(Disk { part, bytes: bytes(&path)? });
    }
    parts.sort_by(|a, b| a.part.cmp(&b.part));
    Ok(parts)
}

fn bytes(path: &Path) -> Result<u64> {
    let mut total = 0;
    let mut rest = vec![path.to_path_buf()];
    while let Some(path) = rest.pop() {
        // A file that a background worker removes during the walk counts nothing.
        let Ok(meta) = std::fs::symlink_metadata(&path) else { continue };
        total += meta.blocks() * BLOCK_BYTES;
        if meta.is_dir() {
            rest.extend(entries(&path)?);
        }
    }
    Ok(total)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let fail = |e| Error::io(&format!("reading the folder `{}`", folder.display()), e);
    std::fs::read_dir(folder).map_err(fail)?.map(|entry| Ok(entry.map_err(fail)?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_all_that_lies_below_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/c"), vec![1u8; 100_000]).unwrap();
        std::fs::write(folder.path().join("d"), b"x").unwrap();
        let parts = parts(folder.path()).unwrap();
        assert_eq!(parts.iter().map(|p| p.part.as_str()).collect::<Vec<_>>(), ["a", "d"]);
        assert!(parts[0].bytes >= 100_000, "{parts:?}");
    }
}
