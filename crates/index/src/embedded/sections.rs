//! The sections of a segment file, by number. What lies in each is described where it is written, in `builder.rs`.

pub(crate) const PAYLOADS: u32 = 1;
pub(crate) const ENTRIES: u32 = 2;
pub(crate) const ASSETS: u32 = 3;
pub(crate) const DOCUMENTS: u32 = 4;
pub(crate) const NAMES: u32 = 5;
pub(crate) const SOURCES: u32 = 6;
pub(crate) const VALIDITIES: u32 = 7;
pub(crate) const TYPES: u32 = 8;
pub(crate) const TYPE_POSTINGS_OFFSETS: u32 = 9;
pub(crate) const TYPE_POSTINGS: u32 = 10;
pub(crate) const LABELS: u32 = 11;
pub(crate) const LABEL_POSTINGS_OFFSETS: u32 = 12;
pub(crate) const LABEL_POSTINGS: u32 = 13;
pub(crate) const LABEL_STARTS: u32 = 14;
pub(crate) const WORDS: u32 = 15;
pub(crate) const WORD_POSTINGS_OFFSETS: u32 = 16;
pub(crate) const WORD_POSTINGS: u32 = 17;
pub(crate) const FORMS: u32 = 18;
pub(crate) const LANGUAGES: u32 = 19;
pub(crate) const DIALOGUE: u32 = 20;
pub(crate) const DIALOGUE_ENTRIES: u32 = 21;
pub(crate) const SPACES: u32 = 22;

/// Sections of the n-th space.
pub(crate) fn of_space(no: usize) -> SpaceSections {
    let base = 1000_u32.saturating_add(u32::try_from(no).unwrap_or(u32::MAX / 8).saturating_mul(4));
    let nth = |n: u32| base.saturating_add(n);
    SpaceSections { stats: base, codes: nth(1), rows: nth(2), signs: nth(3) }
}

/// See [`of_space`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpaceSections {
    pub stats: u32,
    pub codes: u32,
    pub rows: u32,
    /// The mean direction (f32 × dimensions), then the bits of each row.
    pub signs: u32,
}

/// Separates the fields of a dictionary key.
pub(crate) const SEPARATOR: u8 = 0;
/// Bytes of a label, from each of its words on, that are kept as a key; longer input is compared with the whole label.
pub(crate) const START_BYTES: usize = 32;
