//! Readers of each format, written from its specification and sharing nothing with what writes it.

pub mod edl;
pub mod fcpxml;
pub mod otio;
pub mod xmeml;
pub mod xml;

/// A clip as a timeline has it: frames of its media as their timecode counts them, exclusive out, and where it begins
/// on the timeline, as a fraction of a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    pub source: (i64, i64),
    /// Seconds from the beginning of the timeline, as a fraction.
    pub record: (i128, i128),
}

/// A fraction in lowest terms.
pub fn fraction(num: i128, den: i128) -> (i128, i128) {
    let (mut a, mut b) = (num.abs(), den.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let by = a.max(1);
    (num / by, den / by)
}

/// Names of the files of a ZIP archive, from its local headers (APPNOTE 4.3.7), which are stored one after the other.
pub fn zip_files(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut at = 0;
    let number = |at: usize, len: usize| {
        bytes[at..at + len].iter().rev().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
    };
    while bytes[at..].starts_with(b"PK\x03\x04") {
        assert_eq!(number(at + 8, 2), 0, "stored");
        let (size, name, extra) = (number(at + 18, 4), number(at + 26, 2), number(at + 28, 2));
        let from = at + 30 + name + extra;
        let named = String::from_utf8(bytes[at + 30..at + 30 + name].to_vec()).unwrap();
        files.push((named, bytes[from..from + size].to_vec()));
        at = from + size;
    }
    assert!(bytes[at..].starts_with(b"PK\x01\x02"), "a directory follows");
    files
}

pub fn zip_names(bytes: &[u8]) -> Vec<String> {
    zip_files(bytes).into_iter().map(|(name, _)| name).collect()
}
