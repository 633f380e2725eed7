//! A reader of an index's folder, written from docs/formats.md and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::bytes::{Bytes, checked};
use super::codec::{self, Document, Value};

pub const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, PartialEq)]
pub struct Validity {
    pub kept: bool,
    pub erased: bool,
    /// Born, died; the greatest number: not yet.
    pub intervals: Vec<(u64, u64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    pub text: String,
    pub start: i64,
    pub end: i64,
    pub confidence: Option<f64>,
}

/// An annotation with all that its segment says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    pub asset: String,
    pub kind: String,
    pub model: String,
    pub run: String,
    pub language: Option<String>,
    pub key: u128,
    pub start: i64,
    pub end: i64,
    pub id: String,
    pub label: Option<String>,
    pub text: Option<String>,
    pub confidence: Option<f64>,
    pub words: Vec<Word>,
    pub attributes: BTreeMap<String, Value>,
    /// Space and components.
    pub vector: Option<(String, Vec<f32>)>,
    pub validity: Validity,
}

/// What an entry says beside its annotation, for the dictionaries that lead to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub annotation: Annotation,
    /// 1 where the model gave none.
    pub confidence: f64,
    pub source: u32,
    pub text_length: u32,
}

/// A word of the term dictionary with the entries that hold it, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub folded: String,
    pub language: String,
    pub lower: String,
    /// For each entry its (field, position), ascending by position.
    pub postings: BTreeMap<u32, Vec<(u32, u32)>>,
    /// The forms by which the word is found.
    pub forms: BTreeSet<String>,
}

/// Of an entry with a label: start, end, confidence, number, source.
pub type LabelRow = (i64, i64, f64, u32, u32);

#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub normalised: String,
    pub written: String,
    pub rows: Vec<LabelRow>,
    /// Where it begins for someone typing.
    pub starts: BTreeSet<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub entry: u32,
    pub norm: f64,
    pub scale: f32,
    pub residual: f32,
    pub codes: Vec<i8>,
    pub vector: Vec<f32>,
    pub signs: Vec<bool>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    pub id: String,
    pub dimensions: usize,
    pub mean: Vec<f32>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DocumentRecord {
    pub asset: String,
    pub progress: u64,
    pub publish: u64,
    pub was_erased: bool,
    pub document: Option<Document>,
}

#[derive(Debug)]
pub struct Segment {
    pub entries: Vec<Entry>,
    pub documents: Vec<DocumentRecord>,
    pub types: BTreeMap<String, Vec<u32>>,
    pub labels: Vec<Label>,
    pub terms: Vec<Term>,
    /// Lines of dialogue by asset and model.
    pub dialogue: BTreeMap<(String, String), Vec<u32>>,
    pub spaces: Vec<Space>,
    pub has_tombstones: bool,
}

#[derive(Debug)]
pub struct Index {
    pub format: u32,
    pub analyser: String,
    /// Commit, seconds, publish.
    pub read_points: Vec<(u64, u64, u64)>,
    pub segments: Vec<Segment>,
}

pub fn read(folder: &Path) -> Index {
    let manifest = std::fs::read(folder.join("manifest")).unwrap();
    let mut b = Bytes(checked(&manifest));
    assert_eq!(b.take(8), b"RUSHIDX1");
    let (format, analyser, next_file) = (b.u32(), b.text(), b.varint());
    let files = b.list(|b| (b.varint(), b.varint()));
    let read_points = b.list(|b| (b.varint(), b.varint(), b.varint()));
    b.end();
    let segments = files.iter().map(|(segment, tombstones)| {
        assert!(*segment < next_file && *tombstones < next_file);
        let bytes = std::fs::read(folder.join(format!("segment-{segment:012}"))).unwrap();
        let tombstones = match tombstones {
            0 => BTreeMap::new(),
            number => read_tombstones(&std::fs::read(folder.join(format!("lives-{number:012}"))).unwrap()),
        };
        read_segment(&bytes, &tombstones)
    });
    let segments = segments.collect();
    Index { format, analyser, read_points, segments }
}

fn validity(b: &mut Bytes<'_>) -> Validity {
    let flags = b.u8();
    let intervals = b.list(|b| (b.varint(), b.varint().wrapping_sub(1)));
    Validity { kept: flags & 1 != 0, erased: flags & 2 != 0, intervals }
}

fn read_tombstones(bytes: &[u8]) -> BTreeMap<u32, Validity> {
    let mut b = Bytes(checked(bytes));
    let validities = b.list(validity);
    let mut entry = 0;
    let tombstones = b.list(|b| {
        entry += u32::try_from(b.varint()).unwrap();
        (entry, validities[b.length()].clone())
    });
    b.end();
    tombstones.into_iter().collect()
}

struct Sections<'a>(BTreeMap<u32, &'a [u8]>);

impl<'a> Sections<'a> {
    fn of(file: &'a [u8]) -> Self {
        let (body, tail) = file.split_at(file.len() - 16);
        let mut tail = Bytes(tail);
        let (length, checksum) = (tail.u32() as usize, tail.u32());
        assert_eq!(tail.0, b"RUSHSEG1");
        assert_eq!(&file[..8], b"RUSHSEG1");
        let table = &body[body.len() - length..];
        assert_eq!(crc32fast::hash(table), checksum);
        let sections = Bytes(table).rest(|b| {
            let (number, offset, length, checksum) = (b.u32(), b.u64(), b.u64(), b.u32());
            assert_eq!(offset % 64, 0, "section {number}");
            let from = usize::try_from(offset).unwrap();
            let bytes = &file[from..from + usize::try_from(length).unwrap()];
            assert_eq!(crc32fast::hash(bytes), checksum, "section {number}");
            (number, bytes)
        });
        Self(sections.into_iter().collect())
    }

    fn section(&self, number: u32) -> Bytes<'a> {
        Bytes(self.0.get(&number).unwrap_or_else(|| panic!("section {number} is missing")))
    }

    /// The lists of two sections, of offsets and of bytes.
    fn lists(&self, offsets: u32, lists: u32) -> Vec<&'a [u8]> {
        let offsets = self.section(offsets).rest(|b| usize::try_from(b.u64()).unwrap());
        let lists = self.section(lists).0;
        assert_eq!(offsets.first().copied(), Some(0));
        assert_eq!(offsets.last().copied(), Some(lists.len()));
        offsets.windows(2).map(|pair| &lists[pair[0]..pair[1]]).collect()
    }

    fn dictionary(&self, number: u32) -> Vec<(Vec<u8>, u64)> {
        let map = fst::Map::new(self.section(number).0).unwrap();
        map.as_fst().verify().unwrap();
        map.stream().into_byte_vec()
    }
}

fn postings(list: &[u8]) -> Vec<u32> {
    let mut entry = 0;
    Bytes(list).rest(|b| {
        entry += u32::try_from(b.varint()).unwrap();
        entry
    })
}

fn postings_with_positions(list: &[u8]) -> BTreeMap<u32, Vec<(u32, u32)>> {
    let mut entry = 0;
    let all = Bytes(list).rest(|b| {
        entry += u32::try_from(b.varint()).unwrap();
        let mut p = 0;
        let positions = b.list(|b| {
            p += u32::try_from(b.varint()).unwrap();
            (p % 2, p / 2)
        });
        (entry, positions)
    });
    all.into_iter().collect()
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The parts of a key, the first and second ended by a zero byte.
fn fields(key: &[u8]) -> (String, String, &[u8]) {
    let mut parts = key.splitn(3, |byte| *byte == 0);
    (text_of(parts.next().unwrap()), text_of(parts.next().unwrap()), parts.next().unwrap())
}

fn number_at_end(key: &[u8]) -> (&[u8], usize) {
    let (key, number) = key.split_at(key.len() - 4);
    (key, u32::from_be_bytes(number.try_into().unwrap()) as usize)
}

fn read_segment(file: &[u8], tombstones: &BTreeMap<u32, Validity>) -> Segment {
    let sections = Sections::of(file);
    let names = sections.section(5).list(Bytes::text);
    let assets = sections.section(3).list(|b| (b.text(), b.varint()));
    assert!(assets.is_sorted());
    let mut spaces = read_spaces(&sections);
    let entries = read_entries(&sections, &names, &assets, &mut spaces, tombstones);
    let types = sections.section(8).rest(|b| names[b.u32() as usize].clone());
    let types = types.into_iter().zip(sections.lists(9, 10)).map(|(name, list)| (name, postings(list)));
    let lines = sections.section(21).rest(Bytes::u32);
    let groups = sections.section(20).rest(|b| (b.u32() as usize, b.u32() as usize, b.u32() as usize));
    let ends = groups.iter().skip(1).map(|(.., from)| *from).chain([lines.len()]);
    let dialogue = groups.iter().zip(ends).map(|((asset, model, from), to)| {
        ((assets[*asset].0.clone(), names[*model].clone()), lines[*from..to].to_vec())
    });
    Segment {
        documents: sections.section(4).list(read_document),
        types: types.collect(),
        labels: read_labels(&sections),
        terms: read_terms(&sections),
        dialogue: dialogue.collect(),
        entries,
        spaces,
        has_tombstones: !tombstones.is_empty(),
    }
}

fn read_document(b: &mut Bytes<'_>) -> DocumentRecord {
    let (asset, progress, publish, was_erased) = (b.text(), b.varint(), b.varint(), b.flag());
    let document = b.bytes();
    assert_eq!(crc32fast::hash(document), b.u32(), "the document of {asset}");
    let document = (!document.is_empty()).then(|| codec::document(document));
    DocumentRecord { asset, progress, publish, was_erased, document }
}

fn read_entries(
    sections: &Sections<'_>,
    names: &[String],
    assets: &[(String, u64)],
    spaces: &mut [Space],
    tombstones: &BTreeMap<u32, Validity>,
) -> Vec<Entry> {
    let sources = sections.section(6).rest(|b| [(); 5].map(|()| b.u32()));
    let mut validities = sections.section(7);
    let own = validities.list(validity);
    validities.end();
    let labels: Vec<String> = read_labels(sections).into_iter().map(|label| label.written).collect();
    let mut no = 0;
    sections.section(2).rest(|b| {
        let (start, end, key, confidence, payload) = (b.i64(), b.i64(), b.u128(), b.f64(), b.u64());
        let [source, validity, label, text_length] = [(); 4].map(|()| b.u32());
        let [asset, kind, model, run, language] = sources[source as usize];
        let asset_row = assets.partition_point(|(_, first)| *first <= no) - 1;
        assert_eq!(asset as usize, asset_row, "the asset of entry {no}");
        let name = |row: u32| names[row as usize].clone();
        let read = read_payload(sections, payload);
        let label = (label != NONE).then(|| labels[label as usize].clone());
        assert_eq!(label, read.label);
        let vector = (read.space != NONE).then(|| {
            let space = &spaces[read.space as usize];
            let row = &space.rows[read.row as usize];
            assert_eq!(u64::from(row.entry), no);
            (space.id.clone(), row.vector.clone())
        });
        let entry = u32::try_from(no).unwrap();
        let validity = tombstones.get(&entry).unwrap_or(&own[validity as usize]).clone();
        no += 1;
        let annotation = Annotation {
            asset: assets[asset as usize].0.clone(),
            kind: name(kind),
            model: name(model),
            run: name(run),
            language: (language != NONE).then(|| name(language)),
            key,
            start,
            end,
            id: read.id,
            label,
            text: read.text,
            confidence: read.confidence,
            words: read.words,
            attributes: read.attributes,
            vector,
            validity,
        };
        Entry { annotation, confidence, source, text_length }
    })
}

struct Payload {
    space: u32,
    row: u32,
    id: String,
    label: Option<String>,
    text: Option<String>,
    confidence: Option<f64>,
    words: Vec<Word>,
    attributes: BTreeMap<String, Value>,
}

fn read_payload(sections: &Sections<'_>, offset: u64) -> Payload {
    let mut b = Bytes(&sections.section(1).0[usize::try_from(offset).unwrap()..]);
    let (length, checksum) = (b.u32() as usize, b.u32());
    let mut b = Bytes(b.take(length));
    assert_eq!(crc32fast::hash(b.0), checksum);
    let payload = Payload {
        space: b.u32(),
        row: b.u32(),
        id: b.text(),
        label: b.maybe(Bytes::text),
        text: b.maybe(Bytes::text),
        confidence: b.maybe(Bytes::f64),
        words: b.list(|b| Word {
            text: b.text(),
            start: b.i64(),
            end: b.i64(),
            confidence: b.maybe(Bytes::f64),
        }),
        attributes: if b.0.is_empty() { BTreeMap::new() } else { codec::attributes(&mut b) },
    };
    b.end();
    payload
}

fn read_labels(sections: &Sections<'_>) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    let dictionary = sections.dictionary(11);
    let lists = sections.lists(12, 13);
    assert_eq!(dictionary.len(), lists.len());
    for ((key, number), list) in dictionary.iter().zip(lists) {
        assert_eq!(*number, labels.len() as u64, "a number is the rank of its key");
        let (key, length) = number_at_end(key);
        let (normalised, written) = key.split_at(key.len() - length);
        let normalised = text_of(normalised.strip_suffix(&[0]).unwrap());
        let (written, starts) = (text_of(written), BTreeSet::new());
        let rows = Bytes(list).rest(|b| (b.i64(), b.i64(), b.f64(), b.u32(), b.u32()));
        labels.push(Label { normalised, written, rows, starts });
    }
    for (key, value) in sections.dictionary(14) {
        assert_eq!(value, 0);
        let (start, label) = number_at_end(&key);
        labels[label].starts.insert(start.strip_suffix(&[0]).unwrap().to_vec());
    }
    labels
}

fn read_terms(sections: &Sections<'_>) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    let dictionary = sections.dictionary(15);
    let lists = sections.lists(16, 17);
    assert_eq!(dictionary.len(), lists.len());
    for ((key, number), list) in dictionary.iter().zip(lists) {
        assert_eq!(*number, terms.len() as u64, "a number is the rank of its key");
        let (folded, language, lower) = fields(key);
        let (postings, forms) = (postings_with_positions(list), BTreeSet::new());
        terms.push(Term { folded, language, lower: text_of(lower), postings, forms });
    }
    for (key, value) in sections.dictionary(18) {
        assert_eq!(value, 0);
        let (key, word) = number_at_end(&key);
        let (form, language, rest) = fields(key);
        assert!(rest.is_empty() && language == terms[word].language);
        terms[word].forms.insert(form);
    }
    let languages: BTreeSet<String> = sections.section(19).list(Bytes::text).into_iter().collect();
    assert_eq!(languages, terms.iter().map(|term| term.language.clone()).collect());
    terms
}

fn read_spaces(sections: &Sections<'_>) -> Vec<Space> {
    let heads = sections.section(22).list(|b| (b.text(), b.length(), b.length()));
    let spaces = heads.into_iter().zip(0..).map(|((id, dimensions, count), n)| {
        let mut stats = sections.section(1000 + 4 * n);
        let mut codes = sections.section(1001 + 4 * n);
        let mut vectors = sections.section(1002 + 4 * n);
        let mut signs = sections.section(1003 + 4 * n);
        let mean = (0..dimensions).map(|_| signs.f32()).collect();
        let rows = (0..count).map(|_| {
            let (norm, scale, residual) = (stats.f64(), stats.f32(), stats.f32());
            let (entry, checksum) = (stats.u32(), stats.u32());
            let vector = vectors.take(dimensions * 4);
            assert_eq!(crc32fast::hash(vector), checksum);
            let (used, padding) = codes.take(dimensions.next_multiple_of(32)).split_at(dimensions);
            assert!(padding.iter().all(|byte| *byte == 0));
            let bits = signs.take(dimensions.div_ceil(64) * 8);
            Row {
                entry,
                norm,
                scale,
                residual,
                codes: used.iter().map(|code| code.cast_signed()).collect(),
                vector: Bytes(vector).rest(Bytes::f32),
                signs: (0..dimensions).map(|d| bits[d / 8] >> (d % 8) & 1 == 1).collect(),
            }
        });
        let rows: Vec<Row> = rows.collect();
        for left in [stats, codes, vectors, signs] {
            left.end();
        }
        assert!(rows.is_sorted_by_key(|row| row.entry));
        Space { id, dimensions, mean, rows }
    });
    spaces.collect()
}
