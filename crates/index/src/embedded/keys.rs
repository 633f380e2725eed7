//! Keys of the dictionaries of a segment: how they are made, and read back.

use rushes_text::{Analyzer, Forms, Language, normalise_label};

use super::bytes::{index, put_bytes, put_varint};
use super::sections::{SEPARATOR, START_BYTES};
use crate::suggest::word_starts;

/// Key of a label: normalised, as written, and the length of the latter.
pub(crate) fn label_key(label: &str, key: &mut Vec<u8>) {
    key.clear();
    key.extend(normalise_label(label).bytes());
    key.push(SEPARATOR);
    key.extend(label.bytes());
    key.extend(u32::try_from(label.len()).unwrap_or(u32::MAX).to_be_bytes());
}

/// A label of a dictionary, from its key: normalised, and as written.
pub(crate) fn label_parts(key: &[u8]) -> Option<(&str, &str)> {
    let (rest, length) = key.split_last_chunk::<4>()?;
    let length = index(u64::from(u32::from_be_bytes(*length)))?;
    let (normalised, written) = rest.split_at_checked(rest.len().checked_sub(length)?)?;
    let normalised = normalised.strip_suffix(&[SEPARATOR])?;
    Some((std::str::from_utf8(normalised).ok()?, std::str::from_utf8(written).ok()?))
}

/// Key of a word: as compared, its language, and as stemmed.
pub(crate) fn word_key(folded: &str, language: Language, lower: &str, key: &mut Vec<u8>) {
    key.clear();
    key.extend(folded.bytes());
    key.push(SEPARATOR);
    key.extend(language.as_str().bytes());
    key.push(SEPARATOR);
    key.extend(lower.bytes());
}

/// A word of a dictionary, from its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WordParts<'a> {
    pub folded: &'a str,
    pub language: Language,
    pub lower: &'a str,
}

/// The parts of a word's key.
pub(crate) fn word_parts(key: &[u8]) -> Option<WordParts<'_>> {
    let mut parts = std::str::from_utf8(key).ok()?.splitn(3, char::from(SEPARATOR));
    let folded = parts.next()?;
    let language = Language::parse(parts.next()?);
    Some(WordParts { folded, language, lower: parts.next()? })
}

/// For each word of each label: the label from there on (its first bytes), and the label's number.
pub(crate) fn label_starts(sorted: &[(&[u8], u32)]) -> Vec<Vec<u8>> {
    let mut starts = Vec::new();
    for (number, (key, _)) in (0_u32..).zip(sorted) {
        let normalised = label_parts(key).map_or("", |(normalised, _)| normalised);
        for rest in word_starts(normalised) {
            let mut start = rest.as_bytes()[..rest.len().min(START_BYTES)].to_vec();
            start.push(SEPARATOR);
            start.extend(number.to_be_bytes());
            starts.push(start);
        }
    }
    starts
}

/// For each form of each word: the form, its language and the word's number; and the languages there are.
pub(crate) fn forms(sorted: &[(&[u8], u32)], analyzer: &Analyzer) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut keys = Vec::new();
    let mut languages = std::collections::BTreeSet::new();
    let mut forms = Forms::new();
    for (number, (key, _)) in (0_u32..).zip(sorted) {
        let Some(WordParts { folded, language, lower }) = word_parts(key) else { continue };
        languages.insert(language);
        analyzer.forms(lower, folded, language, &mut forms);
        for form in forms.iter() {
            let mut key = form_key(form, language);
            key.extend(number.to_be_bytes());
            keys.push(key);
        }
    }
    let mut list = Vec::new();
    put_varint(&mut list, languages.len() as u64);
    languages.iter().for_each(|language| put_bytes(&mut list, language.as_str().as_bytes()));
    (keys, list)
}

/// What the keys of a form in a language begin with.
pub(crate) fn form_key(form: &str, language: Language) -> Vec<u8> {
    let mut key = form.as_bytes().to_vec();
    key.push(SEPARATOR);
    key.extend(language.as_str().bytes());
    key.push(SEPARATOR);
    key
}
