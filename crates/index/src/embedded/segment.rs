//! An immutable segment: a mapped file with its small tables unpacked.
//!
//! # Layout
//!
//! The file is one of sections ([`super::file`], [`super::sections`]; byte by byte in docs/formats.md):
//!
//! ```text
//! entries      64 bytes each, by asset, start, end, key: the position is the entry's number
//! tables       assets → first entries; sources (asset, type, model, run, language); validities; types
//! words        fst: folded ␀ language ␀ lower → rank;  postings with positions, by rank
//! labels       fst: normalised ␀ written → rank;       rows, by rank;  starts of their words, for typing ahead
//! forms        fst: form ␀ language ␀ rank of the word
//! dialogue     lines by asset and model, for phrases that go on in the next line
//! payloads     what is only needed of annotations that are shown
//! spaces       per space: statistics, 8-bit codes, f32 rows, sign bits; rows ascend by entry
//! ```
//!
//! # Invariants
//!
//! It never changes once written; later deaths are recorded in [`super::tombstones`]. Entries of an asset are
//! contiguous, and rows of vectors, postings and lines of dialogue ascend by entry, so a filter by asset is a
//! contiguous range in each of them. Opening reads only the tables: dictionaries, entries and vectors stay in the
//! mapped file and are paged in on use. A section's checksum is verified on first use, those of payloads and vectors
//! per record; damaged bytes are an error that names the file, never a panic.
//!
//! # Rejected
//!
//! Columns, one array for each field of an entry: a query tests source, validity and confidence of the same entry, and
//! 64 contiguous bytes are one cache line instead of three. Payloads in the codec of fused annotations: half as large
//! again, because type, model, run and language repeat. Postings in blocks with skips: see [`super::postings`].

use rushes_types::{Annotation, AnnotationType, AssetId, Error, FusedKey, Result, SpaceId};
use std::path::Path;
use std::sync::OnceLock;

use super::asset_table::DocumentRecord;
use super::bytes::{Bytes, corrupt, index};
use super::dictionary::Dictionary;
use super::entry::{ENTRY_BYTES, Entries, Entry, NONE};
use super::file::SectionFile;
use super::keys::label_parts;
use super::label_tally::{LabelTally, tally_labels};
use super::payload::{EntryContext, decode_annotation, decode_annotation_id};
use super::postings::PostingLists;
use super::quantise::{STATS_BYTES, code_bytes};
use super::sections;
use super::tables::{
    DialogueGroup, Source, SpaceTable, read_assets, read_dialogue, read_kinds, read_languages, read_names,
    read_sources, read_spaces,
};
use super::validities::{EntryValidity, read_validities};
use super::vector_times::VectorTimes;
use super::vectors::Vectors;
use rushes_text::Language;

#[derive(Debug)]
pub(crate) struct Segment {
    /// The number of its file.
    pub id: u64,
    file: SectionFile,
    count: u32,
    /// Ascending.
    pub assets: Vec<AssetId>,
    /// First entry of each asset; one more at the end.
    firsts: Vec<u32>,
    pub sources: Vec<Source>,
    pub validities: Vec<EntryValidity>,
    pub kinds: Vec<AnnotationType>,
    pub languages: Vec<Language>,
    /// By asset and model.
    pub dialogue: Vec<DialogueGroup>,
    pub spaces: Vec<SpaceTable>,
    pub labels: Dictionary,
    pub label_starts: Dictionary,
    pub words: Dictionary,
    pub forms: Dictionary,
    /// How many entries carry each label; computed on first use.
    label_tallies: OnceLock<Vec<LabelTally>>,
    /// When the vectors of each space are; read on first use.
    vector_times: Vec<OnceLock<VectorTimes>>,
}

impl Segment {
    pub fn open(path: &Path, id: u64) -> Result<Self> {
        let file = SectionFile::open(path)?;
        let name = file.name().to_owned();
        let bad = |what: &'static str| move || corrupt(&name, what);
        let entries = file.section_unverified(sections::ENTRIES)?.len();
        let count =
            u32::try_from(entries / ENTRY_BYTES).map_err(|_| corrupt(file.name(), "too many entries"))?;
        let (assets, firsts) =
            read_assets(file.section(sections::ASSETS)?, count).ok_or_else(bad("its assets"))?;
        let names =
            read_names(file.section(sections::NAMES)?).ok_or_else(|| corrupt(file.name(), "its names"))?;
        let sources = read_sources(file.section(sections::SOURCES)?, &names)
            .ok_or_else(|| corrupt(file.name(), "its sources"))?;
        let validities = read_validities(&mut Bytes(file.section(sections::VALIDITIES)?))
            .ok_or_else(|| corrupt(file.name(), "its validities"))?;
        let kinds = read_kinds(file.section(sections::TYPES)?, &names)
            .ok_or_else(|| corrupt(file.name(), "its types"))?;
        let languages = read_languages(file.section(sections::LANGUAGES)?)
            .ok_or_else(|| corrupt(file.name(), "its languages"))?;
        let lines = file.section(sections::DIALOGUE_ENTRIES)?.len() / 4;
        let dialogue = read_dialogue(file.section(sections::DIALOGUE)?, &names, lines)
            .ok_or_else(|| corrupt(file.name(), "its dialogue"))?;
        let spaces =
            read_spaces(file.section(sections::SPACES)?).ok_or_else(|| corrupt(file.name(), "its spaces"))?;
        let dictionary = |id| Dictionary::open(file.name(), file.section_owned(id)?);
        Ok(Self {
            id,
            count,
            assets,
            firsts,
            sources,
            validities,
            kinds,
            languages,
            dialogue,
            vector_times: spaces.iter().map(|_| OnceLock::new()).collect(),
            spaces,
            labels: dictionary(sections::LABELS)?,
            label_starts: dictionary(sections::LABEL_STARTS)?,
            words: dictionary(sections::WORDS)?,
            forms: dictionary(sections::FORMS)?,
            label_tallies: OnceLock::new(),
            file,
        })
    }

    pub fn count(&self) -> u32 {
        self.count
    }

    pub fn size(&self) -> u64 {
        self.file.size()
    }

    /// What is wrong with the file, as far as its length tells.
    pub fn damage_of_file(&self) -> Option<Error> {
        match self.file.size_on_disk() {
            None => Some(corrupt(self.file.name(), "it is missing")),
            Some(size) if size != self.size() => Some(corrupt(self.file.name(), "its length has changed")),
            Some(_) => None,
        }
    }

    /// Removes the file when the last reader is dropped.
    pub fn delete_on_drop(&self) {
        self.file.delete_on_drop();
    }

    /// Verifies all checksums.
    pub fn verify(&self) -> Result<()> {
        self.file.verify()
    }

    /// The error for a damaged segment.
    pub fn broken(&self, what: &str) -> Error {
        corrupt(self.file.name(), what)
    }

    pub fn entries(&self) -> Result<Entries<'_>> {
        Ok(Entries(self.file.section(sections::ENTRIES)?.as_chunks().0))
    }

    /// How often each label is carried, by source and validity.
    pub fn label_tallies(&self) -> Result<&[LabelTally]> {
        if let Some(tallies) = self.label_tallies.get() {
            return Ok(tallies);
        }
        let tallies = tally_labels(self.entries()?);
        Ok(self.label_tallies.get_or_init(|| tallies))
    }

    pub fn label_postings(&self) -> Result<PostingLists<'_>> {
        self.lists(sections::LABEL_POSTINGS_OFFSETS, sections::LABEL_POSTINGS)
    }

    pub fn word_postings(&self) -> Result<PostingLists<'_>> {
        self.lists(sections::WORD_POSTINGS_OFFSETS, sections::WORD_POSTINGS)
    }

    pub fn type_postings(&self) -> Result<PostingLists<'_>> {
        self.lists(sections::TYPE_POSTINGS_OFFSETS, sections::TYPE_POSTINGS)
    }

    fn lists(&self, offsets: u32, lists: u32) -> Result<PostingLists<'_>> {
        Ok(PostingLists { offsets: self.file.section(offsets)?, lists: self.file.section(lists)? })
    }

    /// The entries of an asset.
    pub fn asset_entries(&self, asset: u32) -> std::ops::Range<u32> {
        let at = asset as usize;
        let from = self.firsts.get(at).copied().unwrap_or(self.count);
        from..self.firsts.get(at + 1).copied().unwrap_or(self.count).max(from)
    }

    /// The row of the asset of an entry, from this row on.
    pub fn row_of_entry(&self, entry: u32, from: u32) -> u32 {
        let firsts = self.firsts.get(from as usize..self.assets.len()).unwrap_or_default();
        let passed = firsts.partition_point(|first| *first <= entry);
        from.saturating_add(u32::try_from(passed.saturating_sub(1)).unwrap_or(0))
    }

    /// The entries of all lines of dialogue, by asset and model.
    pub fn lines(&self) -> Result<&[[u8; 4]]> {
        Ok(self.file.section(sections::DIALOGUE_ENTRIES)?.as_chunks().0)
    }

    /// The row of an asset.
    pub fn asset_row(&self, asset: &AssetId) -> Option<u32> {
        self.assets.binary_search(asset).ok().and_then(|row| u32::try_from(row).ok())
    }

    /// The entries of an asset with this start and key (normally one, if any).
    pub fn locate(&self, asset: &AssetId, key: FusedKey) -> Result<Vec<u32>> {
        self.asset_row(asset).map_or(Ok(Vec::new()), |row| self.locate_in(row, key))
    }

    /// The entries of the asset of a row with this start and key.
    pub fn locate_in(&self, row: u32, key: FusedKey) -> Result<Vec<u32>> {
        let entries = self.entries()?;
        let all = self.asset_entries(row);
        let of_asset = entries.slice(all.clone());
        let from = of_asset.partition_point(|entry| Entry(entry).start_ns() < key.start_ns);
        let mut found = Vec::new();
        for (entry, bytes) in (all.start..).zip(of_asset).skip(from) {
            if Entry(bytes).start_ns() != key.start_ns {
                break;
            }
            if Entry(bytes).key() == key.key {
                found.push(entry);
            }
        }
        Ok(found)
    }

    pub fn source(&self, entry: Entry<'_>) -> Result<&Source> {
        self.sources.get(entry.source() as usize).ok_or_else(|| self.broken("an entry has no source"))
    }

    /// The bytes of an entry's payload, and where its vector lies.
    fn payload(&self, entry: Entry<'_>) -> Result<(&[u8], u32, u32)> {
        let payloads = self.file.section_unverified(sections::PAYLOADS)?;
        let read = || {
            let mut bytes = Bytes(payloads.get(index(entry.payload())?..)?);
            let (length, crc) = (bytes.u32()?, bytes.u32()?);
            let payload = bytes.take(index(u64::from(length))?)?;
            if crc32fast::hash(payload) != crc {
                return None;
            }
            let mut payload = Bytes(payload);
            let (space, row) = (payload.u32()?, payload.u32()?);
            Some((payload.0, space, row))
        };
        read().ok_or_else(|| self.broken("an annotation has another checksum"))
    }

    /// The whole annotation of an entry.
    pub fn annotation(&self, entry: Entry<'_>) -> Result<Annotation> {
        let (bytes, space, row) = self.payload(entry)?;
        let source = self.source(entry)?;
        let vector = if space == NONE { None } else { Some(self.vector(space as usize, row as usize)?) };
        let known = EntryContext {
            asset: self.asset(source)?.clone(),
            kind: source.kind.clone(),
            model: source.model.clone(),
            run: source.run.clone(),
            language: source.language.as_deref().map(str::to_owned),
            range: entry.range().ok_or_else(|| self.broken("an entry has no range"))?,
            vector,
        };
        decode_annotation(bytes, known).ok_or_else(|| self.broken("an annotation cannot be read"))
    }

    /// The id of an entry's annotation.
    pub fn annotation_id(&self, entry: Entry<'_>) -> Result<rushes_types::AnnotationId> {
        decode_annotation_id(self.payload(entry)?.0)
            .ok_or_else(|| self.broken("an annotation cannot be read"))
    }

    /// The space of an entry's vector, if it has one.
    pub fn space_of(&self, entry: Entry<'_>) -> Result<Option<&SpaceId>> {
        let (_, space, _) = self.payload(entry)?;
        Ok(self.spaces.get(space as usize).map(|table| &table.space))
    }

    pub fn asset(&self, source: &Source) -> Result<&AssetId> {
        self.assets.get(source.asset as usize).ok_or_else(|| self.broken("an asset is missing"))
    }

    /// A vector, verified.
    pub fn vector(&self, space: usize, row: usize) -> Result<Vec<f32>> {
        let vectors = self.vectors(space)?;
        vectors.verified(row).ok_or_else(|| self.broken("a vector has another checksum"))
    }

    pub fn vectors(&self, space: usize) -> Result<Vectors<'_>> {
        let table = self.spaces.get(space).ok_or_else(|| self.broken("a space is missing"))?;
        let ids = sections::of_space(space);
        let vectors = Vectors {
            dimensions: table.dimensions,
            stats: self.file.section(ids.stats)?,
            codes: self.file.section_unverified(ids.codes)?,
            rows: self.file.section_unverified(ids.rows)?,
            signs: self.file.section(ids.signs)?,
        };
        let whole = vectors.stats.len() == table.rows * STATS_BYTES
            && Some(vectors.codes.len()) == table.rows.checked_mul(code_bytes(table.dimensions));
        if whole { Ok(vectors) } else { Err(self.broken("vectors are missing")) }
    }

    /// When the vectors of a space are.
    pub fn vector_times(&self, space: usize) -> Result<&VectorTimes> {
        let missing = || self.broken("a space is missing");
        let known = self.vector_times.get(space).ok_or_else(missing)?;
        if let Some(times) = known.get() {
            return Ok(times);
        }
        let ends = self.firsts.iter().skip(1).copied();
        let times = VectorTimes::of(self.vectors(space)?, self.entries()?, ends);
        let times = times.ok_or_else(|| self.broken("a vector has no annotation"))?;
        Ok(known.get_or_init(|| times))
    }

    /// The asset documents that were written with it.
    pub fn documents(&self) -> Result<Vec<DocumentRecord>> {
        let mut bytes = Bytes(self.file.section(sections::DOCUMENTS)?);
        let mut read = || {
            let count = bytes.length()?;
            let mut records = Vec::new();
            for _ in 0..count {
                records.push(DocumentRecord::read(&mut bytes)?);
            }
            Some(records)
        };
        read().ok_or_else(|| self.broken("an asset document cannot be read"))
    }

    /// A label by its number: normalised, and as written.
    pub fn label(&self, number: u32) -> Result<(String, String)> {
        let mut key = Vec::new();
        let views = self.labels.key_of(u64::from(number), &mut key)?.and_then(label_parts);
        let (normalised, written) = views.ok_or_else(|| self.broken("a label is missing"))?;
        Ok((normalised.to_owned(), written.to_owned()))
    }
}
