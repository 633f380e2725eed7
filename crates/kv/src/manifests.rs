//! The manifests of tables: checked before the library reads them, since it checks them only by assertions, and where one
//! breaks off the opening of its database, a second one there ends the program.
//!
//! The file `current` of a table has the number of its manifest `vN` (`u64` LE), the XXH3-128 of that file (`u128` LE), and
//! a zero byte, as lsm-tree 3 writes it.

use std::path::Path;

use rushes_types::{Error, ErrorKind, Result};
use xxhash_rust::xxh3::xxh3_128;

use crate::there::if_there;

/// Folder of the tables.
const TABLES: &str = "keyspaces";
const CURRENT: &str = "current";

/// Looks whether each table's manifest is the one that was written. What is missing the library finds.
///
/// # Errors
/// [`ErrorKind::Corrupt`] where one is not; where the disk cannot be read.
pub(crate) fn check(folder: &Path, what: &str) -> Result<()> {
    let Some(entries) = there(std::fs::read_dir(folder.join(TABLES)), folder)? else { return Ok(()) };
    for entry in entries {
        let table = entry.map_err(|e| Error::io(&format!("reading `{}`", folder.display()), e))?.path();
        let current = table.join(CURRENT);
        let Some(current) = there(std::fs::read(&current), &current)? else { continue };
        let Some((number, sum)) = parse(&current) else { continue };
        let manifest = table.join(format!("v{number}"));
        let Some(bytes) = there(std::fs::read(&manifest), &manifest)? else { continue };
        if xxh3_128(&bytes) != sum {
            let message = format!("{what}: `{}` is damaged", manifest.display());
            return Err(Error::new(ErrorKind::Corrupt, message).mend("restore a backup"));
        }
    }
    Ok(())
}

fn parse(current: &[u8]) -> Option<(u64, u128)> {
    let (number, rest) = current.split_first_chunk::<8>()?;
    let (sum, rest) = rest.split_first_chunk::<16>()?;
    (rest == [0]).then(|| (u64::from_le_bytes(*number), u128::from_le_bytes(*sum)))
}

fn there<T>(read: std::io::Result<T>, path: &Path) -> Result<Option<T>> {
    match if_there(read) {
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => Ok(None),
        read => read.map_err(|e| Error::io(&format!("reading `{}`", path.display()), e)),
    }
}
