//! Opening plain files: never what a link points at, nor a device.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rushes_types::{Error, ErrorKind, Result};
use rustix::fs::OFlags;

/// Opens a file for reading: a plain file, never what a link points at, nor a device.
pub(super) fn open_plain(path: &Path) -> Result<File> {
    // Without NONBLOCK, opening a pipe would wait for its writer.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|e| {
        match rustix::io::Errno::from_io_error(&e) {
            Some(rustix::io::Errno::LOOP) => no_plain_file(path),
            _ => gone_or_io(path, e),
        }
    })?;
    if file.metadata().map_err(|e| gone_or_io(path, e))?.is_file() {
        Ok(file)
    } else {
        Err(no_plain_file(path))
    }
}

fn no_plain_file(path: &Path) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("`{}` is no plain file but a link, folder or device", path.display()),
    )
    .mend("take it out: backups and stores hold plain files only")
}

/// A file that is not there has a kind of its own.
pub(super) fn gone_or_io(path: &Path, e: std::io::Error) -> Error {
    if e.kind() == std::io::ErrorKind::NotFound {
        return Error::new(ErrorKind::NotFound, format!("`{}` went away", path.display()));
    }
    Error::io(&format!("reading `{}`", path.display()), e)
}
