//! The work that is left once an update is complete, as small records that are written before that. No I/O.
//!
//! Any worker that finds a note does its work, and doing it twice does no harm; so nothing is left undone if a worker
//! dies.

use rushes_types::{AnnotationKey, Error, ErrorKind, FusedKey, Result};

/// Largest record, about, in bytes.
pub(crate) const NOTE_BYTES: usize = 64 << 10;
/// Bytes of a packed key.
const KEY_BYTES: usize = 24;
/// Keys in one record.
pub(crate) const KEYS: usize = NOTE_BYTES / KEY_BYTES;
/// Buckets in one record.
pub(crate) const BUCKETS: usize = NOTE_BYTES / 8;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// The change in the asset's number of current annotations.
    Count(i64),
    /// The change in each word's count. `fresh`: no word was counted before.
    Words { fresh: bool, words: Vec<(String, i64)> },
    /// Annotations that may have older versions.
    Superseded(Vec<FusedKey>),
    /// Annotations whose every version must be deleted.
    Erased(Vec<FusedKey>),
    /// Buckets that may have older versions.
    Buckets(Vec<u64>),
}

/// The error for a damaged record.
pub(crate) fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the fused store is damaged: {what}")).mend("rebuild it")
}

/// Packs keys: to 24 bytes each.
pub(crate) fn pack_keys(keys: &[FusedKey]) -> Vec<u8> {
    let mut out = Vec::with_capacity(keys.len() * KEY_BYTES);
    for key in keys {
        out.extend_from_slice(&key.start_ns.to_le_bytes());
        out.extend_from_slice(&key.key.to_bytes());
    }
    out
}

/// Unpacks keys.
pub(crate) fn unpack_keys(bytes: &[u8]) -> Result<Vec<FusedKey>> {
    let (keys, rest) = bytes.as_chunks::<KEY_BYTES>();
    if !rest.is_empty() {
        return Err(corrupt("a list of keys is cut"));
    }
    let (mut start, mut name) = ([0; 8], [0; 16]);
    Ok(keys
        .iter()
        .map(|key| {
            start.copy_from_slice(&key[..8]);
            name.copy_from_slice(&key[8..]);
            FusedKey { start_ns: i64::from_le_bytes(start), key: AnnotationKey::from_bytes(name) }
        })
        .collect())
}

impl Note {
    /// The bytes to store.
    pub fn pack(&self) -> Vec<u8> {
        let tagged = |tag: u8, rest: &[u8]| [&[tag], rest].concat();
        match self {
            Self::Count(by) => tagged(0, &by.to_le_bytes()),
            Self::Words { fresh, words } => {
                let mut out = vec![if *fresh { 2 } else { 1 }];
                for (word, by) in words {
                    out.extend_from_slice(&by.to_le_bytes());
                    out.extend_from_slice(&u32::try_from(word.len()).unwrap_or(u32::MAX).to_le_bytes());
                    out.extend_from_slice(word.as_bytes());
                }
                out
            }
            Self::Superseded(keys) => tagged(3, &pack_keys(keys)),
            Self::Erased(keys) => tagged(4, &pack_keys(keys)),
            Self::Buckets(numbers) => {
                tagged(5, &numbers.iter().flat_map(|no| no.to_le_bytes()).collect::<Vec<u8>>())
            }
        }
    }

    /// The record from its bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where they are damaged.
    pub fn unpack(bytes: &[u8]) -> Result<Self> {
        let (tag, rest) = bytes.split_first().ok_or_else(|| corrupt("a note is empty"))?;
        match tag {
            0 => {
                let by = rest.try_into().map_err(|_| corrupt("a count has not eight bytes"))?;
                Ok(Self::Count(i64::from_le_bytes(by)))
            }
            1 | 2 => Ok(Self::Words { fresh: *tag == 2, words: unpack_words(rest)? }),
            3 => unpack_keys(rest).map(Self::Superseded),
            4 => unpack_keys(rest).map(Self::Erased),
            5 => {
                let (numbers, rest) = rest.as_chunks::<8>();
                if !rest.is_empty() {
                    return Err(corrupt("a list of buckets is cut"));
                }
                Ok(Self::Buckets(numbers.iter().map(|no| u64::from_le_bytes(*no)).collect()))
            }
            _ => Err(corrupt("a note is of an unknown kind")),
        }
    }
}

fn unpack_words(mut rest: &[u8]) -> Result<Vec<(String, i64)>> {
    let cut = || corrupt("a list of words is cut");
    let mut words = Vec::new();
    while !rest.is_empty() {
        let (by, after) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
        let (long, after) = after.split_first_chunk::<4>().ok_or_else(cut)?;
        let long = u32::from_le_bytes(*long) as usize;
        let (word, after) = after.split_at_checked(long).ok_or_else(cut)?;
        let word = std::str::from_utf8(word).map_err(|e| cut().because(e))?;
        words.push((word.to_owned(), i64::from_le_bytes(*by)));
        rest = after;
    }
    Ok(words)
}

/// Splits word counts into records.
pub(crate) fn of_words(words: &[(String, i64)], fresh: bool) -> impl Iterator<Item = Note> {
    let mut left = words;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let many = left
            .iter()
            .take_while(|(word, _)| {
                let fits = bytes == 0 || bytes + word.len() + 12 <= NOTE_BYTES;
                bytes += word.len() + 12;
                fits
            })
            .count();
        let (now, rest) = left.split_at_checked(many)?;
        left = rest;
        let words: Vec<(String, i64)> = now.iter().filter(|(_, by)| *by != 0).cloned().collect();
        (many > 0).then_some(Note::Words { fresh, words })
    })
    .filter(|note| !matches!(note, Note::Words { words, .. } if words.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_back_as_they_were() {
        let key = |n: u128| FusedKey { start_ns: n as i64 * 7, key: AnnotationKey(n << 100 | 5) };
        let notes = [
            Note::Count(-3),
            Note::Words { fresh: true, words: vec![("joey".to_owned(), 4), ("=é".to_owned(), -2)] },
            Note::Words { fresh: false, words: vec![(String::new(), 1)] },
            Note::Superseded(vec![key(1), key(9)]),
            Note::Erased(vec![key(3)]),
            Note::Buckets(vec![0, u64::MAX]),
        ];
        for note in notes {
            let bytes = note.pack();
            assert_eq!(Note::unpack(&bytes).unwrap(), note);
            for end in 0..bytes.len() {
                let _ = Note::unpack(&bytes[..end]);
            }
        }
        assert!(Note::unpack(&[9]).is_err() && Note::unpack(&[]).is_err());
    }

    #[test]
    fn words_are_cut_into_records_of_bounded_size() {
        let words: Vec<(String, i64)> = (0..20).map(|n| ("w".repeat(10_000), n)).collect();
        let notes: Vec<Note> = of_words(&words, false).collect();
        assert_eq!(notes.len(), 4);
        assert!(notes.iter().all(|n| n.pack().len() <= NOTE_BYTES + 1));
        let all = notes.iter().map(|n| if let Note::Words { words, .. } = n { words.len() } else { 0 });
        assert_eq!(all.sum::<usize>(), 19, "what does not change is left out");
        assert_eq!(of_words(&[("w".repeat(NOTE_BYTES * 2), 1)], true).count(), 1);
        assert_eq!(of_words(&[], true).count(), 0);
    }
}
