//! A dictionary of a segment.
//!
//! The library that reads it trusts its bytes. Checksums say that they are what was written; where somebody made them right for something
//! else, it breaks off with a panic. Here that is an error that names the file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fst::map::Stream;
use fst::{Automaton, IntoStreamer, Map, Streamer};
use rushes_types::Result;

use super::bytes::corrupt;
use super::file::MappedBytes;

/// Keys in order, each with a number.
#[derive(Debug)]
pub(crate) struct Dictionary {
    map: Map<MappedBytes>,
    /// The file that it lies in, for errors.
    file: String,
}

impl Dictionary {
    pub fn open(file: &str, bytes: MappedBytes) -> Result<Self> {
        let map = guarded(file, || Map::new(bytes))?;
        let map = map.map_err(|e| corrupt(file, "a dictionary").because(e))?;
        Ok(Self { map, file: file.to_owned() })
    }

    /// How many keys it says that it has.
    pub fn len(&self) -> u64 {
        self.map.len() as u64
    }

    /// Calls `each` with every key that has this prefix, until it fails.
    pub fn each_beginning(
        &self,
        prefix: &[u8],
        mut each: impl FnMut(&[u8], u64) -> Result<()>,
    ) -> Result<()> {
        self.each_from(prefix, |key, number| match key.starts_with(prefix) {
            true => each(key, number).map(|()| true),
            false => Ok(false),
        })
    }

    /// Calls `each` with every key that is not below this one, until it fails or says that it is enough.
    pub fn each_from(&self, key: &[u8], each: impl FnMut(&[u8], u64) -> Result<bool>) -> Result<()> {
        self.each_of(|| self.map.range().ge(key).into_stream(), each)
    }

    /// Calls `each` with the number of every key that an automaton matches, until it fails.
    pub fn each_match(
        &self,
        automaton: impl Automaton,
        mut each: impl FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        self.each_of(|| self.map.search(automaton).into_stream(), |_, number| each(number).map(|()| true))
    }

    /// The number of the first key that is not below this one; how many keys there are where there is none.
    pub fn number_from(&self, key: &[u8]) -> Result<u64> {
        let mut first = self.len();
        self.each_from(key, |_, number| {
            first = number;
            Ok(false)
        })?;
        Ok(first)
    }

    /// The key that has a number, where numbers ascend with keys: it takes the place of what is in `key`.
    pub fn key_of<'k>(&self, number: u64, key: &'k mut Vec<u8>) -> Result<Option<&'k [u8]>> {
        key.clear();
        let is_known = guarded(&self.file, || self.map.as_fst().get_key_into(number, key))?;
        Ok(is_known.then_some(key.as_slice()))
    }

    /// `each` says whether to go on. Only the library's own steps are guarded.
    fn each_of<'m, A: Automaton>(
        &'m self,
        begin: impl FnOnce() -> Stream<'m, A>,
        mut each: impl FnMut(&[u8], u64) -> Result<bool>,
    ) -> Result<()> {
        let mut keys = guarded(&self.file, begin)?;
        while let Some((key, number)) = guarded(&self.file, || keys.next())? {
            if !each(key, number)? {
                break;
            }
        }
        Ok(())
    }
}

/// A step of the library; a panic is an error. It holds nothing that a panic leaves half-changed: what it walked with is dropped.
fn guarded<T>(file: &str, step: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(step)).map_err(|_| corrupt(file, "a dictionary leads beyond its end"))
}

#[cfg(test)]
mod tests {
    use fst::automaton::AlwaysMatch;

    use super::*;

    fn ask(dictionary: &Dictionary) -> Result<usize> {
        let (mut keys, mut key) = (0, Vec::new());
        for number in 0..30 {
            dictionary.key_of(number, &mut key)?;
        }
        for from in ["", "b", "word 17", "zz"] {
            dictionary.number_from(from.as_bytes())?;
            dictionary.each_beginning(from.as_bytes(), |_, _| Ok(()))?;
        }
        dictionary.each_match(AlwaysMatch, |_| {
            keys += 1;
            Ok(())
        })?;
        Ok(keys)
    }

    #[test]
    fn bytes_that_were_never_a_dictionary_are_an_error_or_another_answer_and_no_panic() {
        let words: Vec<String> = (0..40).map(|n| format!("word {n:02}{}", "x".repeat(n % 7))).collect();
        let numbered = words.iter().zip(0..).map(|(word, number)| (word, number));
        let whole = Map::from_iter(numbered).unwrap().into_fst().into_inner();
        assert_eq!(ask(&Dictionary::open("s", MappedBytes::of(&whole)).unwrap()).unwrap(), 40);
        let (mut refused, mut answered) = (0, 0);
        for at in 0..whole.len() {
            for change in [1, 0x80, 0xff] {
                let mut forged = whole.clone();
                forged[at] ^= change;
                match Dictionary::open("s", MappedBytes::of(&forged)).and_then(|forged| ask(&forged)) {
                    Ok(_) => answered += 1,
                    Err(error) => {
                        assert!(error.message().contains("`s` is not what was written"), "{error}");
                        refused += 1;
                    }
                }
            }
        }
        assert!(refused > 50 && answered > 50, "{refused} refused, {answered} answered");
    }
}
