//! Builds a segment: entries arrive in order, and dictionaries and postings are collected along the way.
//!
//! The caller pushes annotations by asset, start, end and key; nothing is sorted here but dictionaries. Payloads and
//! vectors are written as they arrive, payloads into the segment's file, vectors into temporary files beside it
//! ([`super::space_builder`]), because a segment may hold more of them than fit into memory. Entries, dictionaries and
//! postings stay in memory until [`SegmentBuilder::finish`]: [`super::merge::ENTRIES_MAX`] bounds them.
//!
//! Words and labels are first numbered in order of appearance. A dictionary numbers its keys by rank, so `finish` sorts
//! the keys, writes postings in that order, and rewrites the label numbers in the entries, the only place that already
//! holds such a number.
//!
//! The same code builds a segment from the buffer and, in a merge, from other segments. Rejected: copying postings from
//! segment to segment with an offset added. A merge interleaves assets and drops dead entries, so every list would have
//! to be decoded anyway.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use rushes_plan::matching::language_of;
use rushes_text::{Analyzer, for_each_token};
use rushes_types::{Annotation, AssetId, Error, Result, SpaceId};

use super::asset_table::DocumentRecord;
use super::bytes::{put_bytes, put_varint, small};
use super::entry::{ENTRY_BYTES, Entries, EntryFields, NONE};
use super::file::SectionWriter;
use super::keys::{forms, label_key, label_starts, word_key};
use super::label_rows::LabelRow;
use super::payload::encode_annotation;
use super::postings::{FIELD_LABEL, FIELD_TEXT, PostingsBuilder, for_each_entry, write_postings};
use super::sections;
use super::space_builder::SpaceBuilder;
use super::validities::{EntryValidity, ValidityTable};

/// Takes annotations by asset, start, end and key.
#[derive(Debug)]
pub(crate) struct SegmentBuilder {
    out: SectionWriter,
    path: std::path::PathBuf,
    analyzer: Arc<Analyzer>,
    entries: Vec<u8>,
    count: u32,
    /// Assets with their first entries.
    assets: Vec<(AssetId, u32)>,
    names: Names,
    sources: HashMap<[u32; 5], u32>,
    source_rows: Vec<[u32; 5]>,
    validities: ValidityTable,
    kinds: BTreeMap<u32, PostingsBuilder>,
    labels: Dictionary,
    words: Dictionary,
    dialogue: BTreeMap<(u32, u32), Vec<u32>>,
    spaces: Vec<SpaceBuilder>,
    scratch: Scratch,
}

/// Buffers used for every entry.
#[derive(Debug, Default)]
struct Scratch {
    payload: Vec<u8>,
    key: Vec<u8>,
    /// (word, position) of one entry.
    positions: Vec<(u32, u32)>,
    of_token: Vec<u32>,
}

/// Texts, each once.
#[derive(Debug, Default)]
struct Names {
    rows: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Names {
    fn number(&mut self, name: &str) -> Result<u32> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        let number = small(self.rows.len())?;
        let name: Arc<str> = Arc::from(name);
        self.rows.push(name.clone());
        self.numbers.insert(name, number);
        Ok(number)
    }
}

/// Keys with the list of entries of each.
#[derive(Debug, Default)]
struct Dictionary {
    numbers: HashMap<Box<[u8]>, u32>,
    lists: Vec<PostingsBuilder>,
}

impl Dictionary {
    fn number(&mut self, key: &[u8]) -> Result<u32> {
        if let Some(number) = self.numbers.get(key) {
            return Ok(*number);
        }
        let number = small(self.lists.len())?;
        self.numbers.insert(key.into(), number);
        self.lists.push(PostingsBuilder::default());
        Ok(number)
    }

    /// Keys in their order, with the numbers they had.
    fn sorted(&self) -> Vec<(&[u8], u32)> {
        let mut keys: Vec<_> = self.numbers.iter().map(|(key, number)| (&**key, *number)).collect();
        keys.sort_unstable();
        keys
    }

    /// Writes keys and lists, numbered in the order of the keys; `bytes_of` gives the bytes of a list.
    fn write<'d>(
        &'d self,
        out: &mut SectionWriter,
        keys: u32,
        lists: (u32, u32),
        bytes_of: impl Fn(&'d PostingsBuilder) -> Cow<'d, [u8]>,
    ) -> Result<Vec<(&'d [u8], u32)>> {
        let sorted = self.sorted();
        let numbered = (0_u64..).zip(&sorted).map(|(number, (key, _))| (*key, number));
        out.section(keys, &fst_map(numbered)?)?;
        let in_order = sorted.iter().filter_map(|(_, number)| self.lists.get(*number as usize));
        write_postings(out, lists, in_order.map(bytes_of))?;
        Ok(sorted)
    }
}

fn fst_map<'k>(keys: impl Iterator<Item = (&'k [u8], u64)>) -> Result<Vec<u8>> {
    let bug = |e: fst::Error| Error::bug("building a dictionary").because(e);
    let mut builder = fst::MapBuilder::memory();
    for (key, number) in keys {
        builder.insert(key, number).map_err(bug)?;
    }
    builder.into_inner().map_err(bug)
}

fn fst_set(mut keys: Vec<Vec<u8>>) -> Result<Vec<u8>> {
    keys.sort_unstable();
    keys.dedup();
    fst_map(keys.iter().map(|key| (key.as_slice(), 0)))
}

impl SegmentBuilder {
    pub fn create(path: &Path, analyzer: &Arc<Analyzer>) -> Result<Self> {
        let mut out = SectionWriter::create(path)?;
        out.begin(sections::PAYLOADS)?;
        Ok(Self {
            out,
            path: path.to_owned(),
            analyzer: analyzer.clone(),
            entries: Vec::new(),
            count: 0,
            assets: Vec::new(),
            names: Names::default(),
            sources: HashMap::new(),
            source_rows: Vec::new(),
            validities: ValidityTable::default(),
            kinds: BTreeMap::new(),
            labels: Dictionary::default(),
            words: Dictionary::default(),
            dialogue: BTreeMap::new(),
            spaces: Vec::new(),
            scratch: Scratch::default(),
        })
    }

    /// Adds an annotation; returns its entry number.
    pub fn push(
        &mut self,
        annotation: &Annotation,
        validity: &EntryValidity,
        space: Option<&SpaceId>,
    ) -> Result<u32> {
        let entry = self.count;
        if self.assets.last().is_none_or(|(asset, _)| *asset != annotation.asset) {
            self.assets.push((annotation.asset.clone(), entry));
        }
        let asset = small(self.assets.len() - 1)?;
        let kind = self.names.number(annotation.kind.as_str())?;
        let model = self.names.number(annotation.model.as_str())?;
        self.kinds.entry(kind).or_default().push(entry);
        if annotation.kind.is_dialogue() {
            self.dialogue.entry((asset, model)).or_default().push(entry);
        }
        let payload = self.put_payload(entry, annotation, space)?;
        let label = match annotation.label.as_deref() {
            Some(label) => {
                label_key(label, &mut self.scratch.key);
                let number = self.labels.number(&self.scratch.key)?;
                self.labels.lists[number as usize].push(entry);
                number
            }
            None => NONE,
        };
        let fields = EntryFields {
            range: annotation.range,
            key: annotation.key(),
            confidence: annotation.confidence_or_one(),
            payload,
            source: self.source(annotation, (asset, kind, model))?,
            validity: self.validities.number(validity)?,
            label,
            text_length: self.put_words(entry, annotation)?,
        };
        self.entries.extend(fields.to_bytes());
        self.count = small(entry as usize + 1)?;
        Ok(entry)
    }

    fn source(&mut self, annotation: &Annotation, (asset, kind, model): (u32, u32, u32)) -> Result<u32> {
        let run = self.names.number(annotation.run.as_str())?;
        let language = annotation.language.as_deref();
        let language = language.map_or(Ok(NONE), |language| self.names.number(language))?;
        let row = [asset, kind, model, run, language];
        if let Some(number) = self.sources.get(&row) {
            return Ok(*number);
        }
        let number = small(self.source_rows.len())?;
        self.source_rows.push(row);
        self.sources.insert(row, number);
        Ok(number)
    }

    /// A payload: length u32, checksum u32, space u32 and row u32 of the vector, and the bytes.
    fn put_payload(&mut self, entry: u32, annotation: &Annotation, space: Option<&SpaceId>) -> Result<u64> {
        let position = match (&annotation.vector, space) {
            (Some(vector), Some(space)) => self.put_vector(entry, vector, space)?,
            _ => (NONE, NONE),
        };
        let payload = &mut self.scratch.payload;
        payload.clear();
        payload.extend(position.0.to_le_bytes());
        payload.extend(position.1.to_le_bytes());
        encode_annotation(annotation, payload);
        let at = self.out.length();
        self.out.put(&small(payload.len())?.to_le_bytes())?;
        self.out.put(&crc32fast::hash(payload).to_le_bytes())?;
        self.out.put(payload)?;
        Ok(at)
    }

    fn put_vector(&mut self, entry: u32, vector: &[f32], space: &SpaceId) -> Result<(u32, u32)> {
        let known = self.spaces.iter().position(|s| s.space == *space && s.dimensions == vector.len());
        let no = match known {
            Some(no) => no,
            None => {
                let no = self.spaces.len();
                self.spaces.push(SpaceBuilder::new(space, vector.len(), &self.path, no)?);
                no
            }
        };
        Ok((small(no)?, self.spaces[no].push(entry, vector)?))
    }

    /// Collects the words of label and text; returns the number of positions in the text.
    fn put_words(&mut self, entry: u32, annotation: &Annotation) -> Result<u32> {
        let language = language_of(annotation);
        let (label, text) = fields(annotation);
        let Scratch { key, positions, of_token, .. } = &mut self.scratch;
        positions.clear();
        let mut length = 0;
        let mut failed = None;
        for (field, text) in [(FIELD_LABEL, label), (FIELD_TEXT, text)] {
            for_each_token(text.unwrap_or_default(), |token| {
                word_key(token.folded, language, token.lower, key);
                match self.words.number(key) {
                    // Positions beyond 2^30 would need a text of gigabytes.
                    Ok(number) => positions.push((number, token.position << 1 | field)),
                    Err(error) => failed = Some(error),
                }
                if field == FIELD_TEXT {
                    length = token.position + 1;
                }
            });
        }
        if let Some(error) = failed {
            return Err(error);
        }
        positions.sort_unstable();
        for of_one in positions.chunk_by(|a, b| a.0 == b.0) {
            of_token.clear();
            of_token.extend(of_one.iter().map(|(_, position)| *position));
            self.words.lists[of_one[0].0 as usize].push_with_positions(entry, of_token);
        }
        Ok(length)
    }

    /// Writes everything; the file's content is durable, its name is not yet.
    pub fn finish(mut self, documents: &[DocumentRecord]) -> Result<()> {
        self.out.end()?;
        self.write_tables(documents)?;
        let entries = Entries(self.entries.as_chunks().0);
        let sorted = self.labels.write(
            &mut self.out,
            sections::LABELS,
            (sections::LABEL_POSTINGS_OFFSETS, sections::LABEL_POSTINGS),
            |list| label_list(list, entries).into(),
        )?;
        self.out.section(sections::LABEL_STARTS, &fst_set(label_starts(&sorted))?)?;
        let mut final_numbers = vec![NONE; self.labels.lists.len()];
        for (number, (_, old)) in (0_u32..).zip(&sorted) {
            final_numbers[*old as usize] = number;
        }
        let sorted = self.words.write(
            &mut self.out,
            sections::WORDS,
            (sections::WORD_POSTINGS_OFFSETS, sections::WORD_POSTINGS),
            |list| list.as_ref().into(),
        )?;
        let (forms, languages) = forms(&sorted, &self.analyzer);
        self.out.section(sections::FORMS, &fst_set(forms)?)?;
        self.out.section(sections::LANGUAGES, &languages)?;
        for entry in self.entries.chunks_exact_mut(ENTRY_BYTES) {
            let label = u32::from_le_bytes([entry[56], entry[57], entry[58], entry[59]]);
            if label != NONE {
                entry[56..60].copy_from_slice(&final_numbers[label as usize].to_le_bytes());
            }
        }
        self.out.section(sections::ENTRIES, &self.entries)?;
        let mut head = Vec::new();
        put_varint(&mut head, self.spaces.len() as u64);
        for (no, space) in std::mem::take(&mut self.spaces).into_iter().enumerate() {
            space.finish(no, &mut self.out, &mut head)?;
        }
        self.out.section(sections::SPACES, &head)?;
        self.out.finish()
    }

    fn write_tables(&mut self, documents: &[DocumentRecord]) -> Result<()> {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, self.assets.len() as u64);
        for (asset, first) in &self.assets {
            put_bytes(&mut bytes, asset.as_str().as_bytes());
            put_varint(&mut bytes, u64::from(*first));
        }
        self.out.section(sections::ASSETS, &bytes)?;
        bytes.clear();
        put_varint(&mut bytes, documents.len() as u64);
        documents.iter().for_each(|document| document.write(&mut bytes));
        self.out.section(sections::DOCUMENTS, &bytes)?;
        bytes.clear();
        put_varint(&mut bytes, self.names.rows.len() as u64);
        self.names.rows.iter().for_each(|name| put_bytes(&mut bytes, name.as_bytes()));
        self.out.section(sections::NAMES, &bytes)?;
        let numbers = self.source_rows.iter().flatten().flat_map(|number| number.to_le_bytes());
        self.out.section(sections::SOURCES, &numbers.collect::<Vec<_>>())?;
        self.out.section(sections::VALIDITIES, &self.validities.to_bytes())?;
        let kinds: Vec<u8> = self.kinds.keys().flat_map(|kind| kind.to_le_bytes()).collect();
        self.out.section(sections::TYPES, &kinds)?;
        write_postings(
            &mut self.out,
            (sections::TYPE_POSTINGS_OFFSETS, sections::TYPE_POSTINGS),
            self.kinds.values(),
        )?;
        // Groups of lines: asset, model, first position in the list of entries; a group ends where the next begins.
        bytes.clear();
        let mut entries = Vec::new();
        for ((asset, model), lines) in &self.dialogue {
            for number in [*asset, *model, small(entries.len() / 4)?] {
                bytes.extend(number.to_le_bytes());
            }
            entries.extend(lines.iter().flat_map(|entry| entry.to_le_bytes()));
        }
        self.out.section(sections::DIALOGUE, &bytes)?;
        self.out.section(sections::DIALOGUE_ENTRIES, &entries)
    }
}

/// The rows of the entries of a label.
fn label_list(list: &PostingsBuilder, entries: Entries<'_>) -> Vec<u8> {
    let mut rows = Vec::new();
    // The list is of this builder's making: it can be read, and names entries that there are.
    let _ = for_each_entry(list.as_ref(), |no| {
        rows.extend(entries.get(no).into_iter().flat_map(|entry| LabelRow::of(no, entry).to_bytes()));
    });
    rows
}

/// The label and the text of an annotation as two texts to search. In a line of dialogue without text, the label is
/// used as the text.
fn fields(annotation: &Annotation) -> (Option<&str>, Option<&str>) {
    let (label, text) = (annotation.label.as_deref(), annotation.text.as_deref());
    if text.is_none() && annotation.kind.is_dialogue() { (None, label) } else { (label, text) }
}
