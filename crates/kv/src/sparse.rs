//! Files with holes: the store below makes its journals long (64 MB) and fills them later, so most of one is a hole. What
//! is copied of them is what was written, and the holes stay holes.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

/// Bytes read at once.
const BUFFER_BYTES: usize = 1 << 18;
/// Stretches of zeros of this length, in bytes, become holes.
const HOLE_BYTES: usize = 64 << 10;

/// The next stretch of a file between two places that is no hole; `None` where there is none. Where the file system cannot tell,
/// it is all of it.
fn next_data(file: &File, begin: u64, end: u64) -> Option<(u64, u64)> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{SeekFrom, seek};
        match seek(file, SeekFrom::Data(begin)) {
            Ok(data) if data < end => {
                return Some((data, seek(file, SeekFrom::Hole(data)).map_or(end, |hole| hole.min(end))));
            }
            Ok(_) | Err(rustix::io::Errno::NXIO) => return None,
            Err(_) => {}
        }
    }
    let _ = file;
    (begin < end).then_some((begin, end))
}

/// Calls `each` with the pieces of a file between two places that are not holes, each with its place. A piece may be of
/// zeros all the same.
fn each_piece(
    file: &File,
    begin: u64,
    end: u64,
    mut each: impl FnMut(u64, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut at = begin;
    while let Some((data, data_end)) = next_data(file, at, end) {
        at = data;
        while at < data_end {
            let n = file.read_at(piece_of(&mut buffer, data_end - at), at)?;
            if n == 0 {
                return Ok(());
            }
            each(at, buffer.get(..n).unwrap_or_default())?;
            at = at.saturating_add(n as u64);
        }
    }
    Ok(())
}

fn piece_of(buffer: &mut [u8], left: u64) -> &mut [u8] {
    let length = usize::try_from(left).unwrap_or(buffer.len()).min(buffer.len());
    buffer.get_mut(..length).unwrap_or_default()
}

/// Where the zeros begin that a file ends with.
///
/// # Errors
/// What the disk says.
pub fn end_of_data(file: &File) -> io::Result<u64> {
    end_of_data_from(file, 0)
}

/// The same of what follows a place: that place, where nothing but zeros follows.
pub(crate) fn end_of_data_from(file: &File, begin: u64) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let (mut stretches, mut at) = (Vec::new(), begin);
    while let Some((data, end)) = next_data(file, at, length) {
        stretches.push((data, end));
        at = end;
    }
    // From the end, so that a long file costs no more than a short one.
    let mut buffer = vec![0; BUFFER_BYTES];
    for (data, mut end) in stretches.into_iter().rev() {
        while end > data {
            let piece = piece_of(&mut buffer, end - data);
            let from = end - piece.len() as u64;
            file.read_exact_at(piece, from)?;
            if let Some(last) = piece.iter().rposition(|byte| *byte != 0) {
                return Ok(from + last as u64 + 1);
            }
            end = from;
        }
    }
    Ok(begin)
}

/// Copies what stands between two places of a file to the same places of another, which ends there afterwards.
///
/// # Errors
/// What the disk says.
pub fn copy_range(source: &File, target: &mut File, begin: u64, end: u64) -> io::Result<()> {
    // What stood there before must not show through the holes.
    target.set_len(begin)?;
    each_piece(source, begin, end, |at, piece| {
        target.seek(SeekFrom::Start(at))?;
        write_with_holes(target, piece)
    })?;
    target.set_len(end)
}

/// Writes a piece at the place where a file stands; long stretches of zeros are skipped. The caller sets the length.
///
/// # Errors
/// What the disk says.
pub fn write_with_holes(target: &mut File, piece: &[u8]) -> io::Result<()> {
    for stretch in piece.chunks(HOLE_BYTES) {
        if stretch.iter().all(|byte| *byte == 0) {
            target.seek_relative(stretch.len() as i64)?;
        } else {
            target.write_all(stretch)?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs::{self, OpenOptions};

    #[test]
    fn the_end_of_what_was_written_is_found_in_a_file_that_is_made_long() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0.jnl");
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path).unwrap();
        for (length, text) in [(0_u64, ""), (8 << 20, ""), (8 << 20, "lines"), (3, "abc")] {
            file.set_len(0).unwrap();
            file.write_all_at(text.as_bytes(), 0).unwrap();
            file.set_len(length).unwrap();
            assert_eq!(end_of_data(&file).unwrap(), text.len() as u64, "{length} `{text}`");
        }
        file.set_len(8 << 20).unwrap();
        file.write_all_at(b"late", 5 << 20).unwrap();
        assert_eq!(end_of_data(&file).unwrap(), (5 << 20) + 4);
        assert_eq!(end_of_data_from(&file, 6 << 20).unwrap(), 6 << 20);
    }

    #[test]
    fn a_range_is_copied_with_its_holes_and_replaces_what_stood_there() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let source = OpenOptions::new().read(true).write(true).create_new(true).open(&from).unwrap();
        source.set_len(4 << 20).unwrap();
        source.write_all_at(&[7; 5_000], 10).unwrap();
        source.write_all_at(&[8; 5_000], (3 << 20) - 100).unwrap();
        fs::write(&to, vec![9; 1 << 20]).unwrap();
        let mut target = OpenOptions::new().write(true).open(&to).unwrap();
        copy_range(&source, &mut target, 0, 4 << 20).unwrap();
        assert!(fs::read(&from).unwrap() == fs::read(&to).unwrap());
        copy_range(&source, &mut target, 3 << 20, (3 << 20) + 50).unwrap();
        let copied = fs::read(&to).unwrap();
        assert!(copied[..] == fs::read(&from).unwrap()[..(3 << 20) + 50]);
    }
}
