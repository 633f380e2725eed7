//! Several files as one: a ZIP archive, uncompressed, with the same bytes each time.

use std::io::{Cursor, Write};

use rushes_types::{Error, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Packs files under these names.
///
/// # Errors
/// Where a name is taken or the archive would be too large for the format.
pub(crate) fn zip(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let wrong = |error: zip::result::ZipError| Error::bug(format!("the files could not be packed: {error}"));
    for (name, bytes) in files {
        writer.start_file(name.as_str(), options).map_err(wrong)?;
        writer.write_all(bytes).map_err(|error| Error::io("packing the files", error))?;
    }
    Ok(writer.finish().map_err(wrong)?.into_inner())
}
