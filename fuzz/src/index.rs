//! Files of the embedded index: its manifest, segments, tombstones. An index with one of them changed is opened and searched; every
//! answer may be an error, none may be a panic. Checksums are made right first: they keep damage out, and here nothing is to be kept out.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rushes_index::{Budget, BudgetLimits, EmbeddedIndex, EmbeddedOptions, Index};
use rushes_plan::{Filter, Fuzziness, Knowledge, Plan};
use rushes_query::{PlannedSearch, View};
use rushes_testkit::index_history::{ASSETS, History};
use rushes_testkit::index_suite::{label, words};
use rushes_types::{AssetId, Commit, ReadPoint, Result, Space};

use crate::Target;
use crate::files::folder;

/// What is before a segment's table from its end: its length, its checksum, the magic.
const TAIL: usize = 16;
/// A row of a segment's table: number, place, length, checksum.
const ROW: usize = 24;
/// The section of payloads, and those that are dictionaries: of labels, of their beginnings, of words, of forms.
const PAYLOADS: usize = 1;
const DICTIONARIES: [usize; 4] = [11, 14, 15, 18];

pub fn targets() -> Vec<Target> {
    let of = |prefix: &str| files(prefix).into_iter().map(|(_, bytes)| bytes).collect();
    vec![
        Target::new("index-manifest", |data| changed("manifest", with_sum(data)), of("manifest")),
        Target::new("index-tombstones", |data| changed("lives-", with_sum(data)), of("lives-")),
        Target::new("index-segment", |data| changed("segment-", segment(data)), of("segment-")),
        Target::new("index-dictionary", dictionary, dictionary_seeds()),
    ]
}

fn options() -> EmbeddedOptions {
    EmbeddedOptions { scan_threads: 1, ..EmbeddedOptions::default() }
}

/// The folder of an index with two segments, one of which has tombstones.
fn original() -> &'static Path {
    static ORIGINAL: OnceLock<PathBuf> = OnceLock::new();
    ORIGINAL.get_or_init(|| {
        let path = folder().join("index");
        let index = EmbeddedIndex::open(&path, options()).expect("an index");
        let mut history = History::new(3);
        let mut done = [Commit::NONE; ASSETS.len()];
        for _ in 0..2 {
            (0..14).for_each(|_| history.step());
            for (asset, after) in ASSETS.into_iter().zip(&mut done) {
                while let Some(update) = history.update(asset, *after) {
                    *after = update.upto;
                    index.apply(&[update]).expect("an update");
                }
            }
            index.publish(Commit(history.commit)).expect("a publish");
        }
        path
    })
}

/// The files whose names begin so.
fn files(prefix: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let names = std::fs::read_dir(original()).expect("the index").flatten().map(|entry| entry.path());
    let mut named: Vec<PathBuf> = names
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .collect();
    named.sort();
    named.into_iter().map(|path| (path.clone(), std::fs::read(path).expect("a file of the index"))).collect()
}

/// The last four bytes are the checksum of those before.
fn with_sum(data: &[u8]) -> Vec<u8> {
    let body = data.len().saturating_sub(4);
    let mut bytes = data.to_vec();
    if let Some(sum) = bytes.get_mut(body..).filter(|sum| sum.len() == 4) {
        sum.copy_from_slice(&crc32fast::hash(&data[..body]).to_le_bytes());
    }
    bytes
}

fn u32_in(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize)
}

fn put(bytes: &mut [u8], at: usize, number: u32) -> Option<()> {
    bytes.get_mut(at..)?.first_chunk_mut::<4>().map(|place| *place = number.to_le_bytes())
}

/// A segment whose sections have the checksums that they should have, as its table places them, and so have its payloads.
fn segment(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    let _ = sum_segment(&mut bytes);
    bytes
}

/// Number and place of each section, with the place of its row in the table, and where the table begins.
fn sections(bytes: &[u8]) -> Option<(usize, Vec<(usize, usize, Range<usize>)>)> {
    let tail = bytes.len().checked_sub(TAIL)?;
    let table = tail.checked_sub(u32_in(bytes, tail)?)?;
    let place = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize);
    let mut found = Vec::new();
    for row in (table..tail).step_by(ROW) {
        let (id, from, length) = (u32_in(bytes, row)?, place(row + 4)?, place(row + 12)?);
        let range = from..from.checked_add(length)?;
        bytes.get(range.clone())?;
        found.push((id, row, range));
    }
    Some((table, found))
}

fn sum_segment(bytes: &mut [u8]) -> Option<()> {
    let (table, sections_here) = sections(bytes)?;
    for (id, row, range) in sections_here {
        if id == PAYLOADS {
            sum_payloads(bytes.get_mut(range.clone())?);
        }
        let sum = crc32fast::hash(bytes.get(range)?);
        put(bytes, row + 20, sum)?;
    }
    let tail = bytes.len().checked_sub(TAIL)?;
    let sum = crc32fast::hash(bytes.get(table..tail)?);
    put(bytes, tail + 4, sum)
}

/// The first byte chooses a dictionary, the others take its place.
fn dictionary(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let id = DICTIONARIES[usize::from(*choice) % DICTIONARIES.len()];
    let with = original_of("segment-").and_then(|(_, original)| with_section(original, id, data));
    changed("segment-", with.expect("a segment"));
}

/// A segment with other bytes for a section: they lie behind all others, and the table says so.
fn with_section(original: &[u8], id: usize, bytes: &[u8]) -> Option<Vec<u8>> {
    let (table, sections) = sections(original)?;
    let row = sections.into_iter().find(|(of, ..)| *of == id)?.1;
    let mut with = [&original[..table], bytes, &original[table..]].concat();
    let row = row + bytes.len();
    for (at, number) in [(4, table), (12, bytes.len())] {
        with.get_mut(row + at..)?
            .first_chunk_mut::<8>()
            .map(|place| *place = (number as u64).to_le_bytes())?;
    }
    sum_segment(&mut with)?;
    Some(with)
}

fn dictionary_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (_, segment) in files("segment-") {
        for (id, _, range) in sections(&segment).expect("a segment").1 {
            if let Some(choice) = DICTIONARIES.iter().position(|of| *of == id) {
                seeds.push([&[choice as u8], &segment[range]].concat());
            }
        }
    }
    seeds
}

/// Payloads lie one after the other, each with its length and its checksum in front.
fn sum_payloads(mut bytes: &mut [u8]) {
    while let Some(length) = u32_in(bytes, 0) {
        let Some(payload) = bytes.get(8..).and_then(|rest| rest.get(..length)) else { return };
        let sum = crc32fast::hash(payload);
        if put(bytes, 4, sum).is_none() {
            return;
        }
        bytes = &mut bytes[8 + length..];
    }
}

/// Knows the spaces that the index has vectors in.
struct Spaces<'a>(&'a View<'a>);

impl Knowledge for Spaces<'_> {
    fn spaces(&self) -> Result<Vec<Space>> {
        self.0.spaces()
    }

    fn spaces_named(&self, name: &str) -> Result<Vec<Space>> {
        Ok(self.0.spaces_named(name))
    }
}

/// The index with one file instead of the last one of that kind.
fn changed(prefix: &str, bytes: Vec<u8>) {
    let Some((path, _)) = original_of(prefix) else { return };
    // What an opening may remove is put back before the next.
    for (name, content) in copies() {
        let place = original().join(name);
        if place != *path && !place.exists() {
            std::fs::write(place, content).expect("a small file");
        }
    }
    // A new file: the one before may still be mapped by somebody who reads the one before.
    let _ = std::fs::remove_file(path);
    std::fs::write(path, bytes).expect("a small file");
    if let Ok(index) = EmbeddedIndex::open(original(), options()) {
        search(&index);
    }
    let whole = copies().iter().find(|(name, _)| Some(name.as_os_str()) == path.file_name());
    if let Some((_, content)) = whole {
        let _ = std::fs::remove_file(path);
        std::fs::write(path, content).expect("a small file");
    }
}

type Copy = (PathBuf, Vec<u8>);

/// All files of the index as they were made, by name.
fn copies() -> &'static [Copy] {
    static COPIES: OnceLock<Vec<Copy>> = OnceLock::new();
    COPIES.get_or_init(|| {
        let named = |(path, bytes): Copy| Some((PathBuf::from(path.file_name()?), bytes));
        files("").into_iter().filter_map(named).collect()
    })
}

fn original_of(prefix: &str) -> Option<&'static Copy> {
    static CHOSEN: OnceLock<Option<Copy>> = OnceLock::new();
    CHOSEN
        .get_or_init(|| {
            copies();
            files(prefix).pop()
        })
        .as_ref()
}

/// Since the first search.
fn clock() -> Duration {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    BEGUN.get_or_init(Instant::now).elapsed()
}

/// What all searches of an input may cost: far less than an input may take.
fn budget() -> Budget {
    let second = Duration::from_secs(1);
    let limits = BudgetLimits { cpu: second, memory_bytes: 64 << 20, answer_bytes: 1 << 20, long: second };
    Budget::new(limits, clock)
}

/// Asks in every way that reads another part of a segment.
fn search(index: &EmbeddedIndex) {
    let _ = (index.verify(), index.counts(), index.progress(&AssetId::new("a").expect("an id")));
    let budget = &budget();
    for at in [None, Some(ReadPoint { upto: Commit(7), in_flight: vec![Commit(3)] })] {
        let Ok(reader) = index.reader(at.as_ref()) else { continue };
        let filter = Filter::default();
        let clauses = [label(&["Joey"]), words(&["run", "jo"], true, Fuzziness::Auto)];
        for clause in &clauses {
            if let Ok(found) = reader.hits(clause, &filter, budget) {
                let refs: Vec<_> = found
                    .hits
                    .iter()
                    .map(|hit| rushes_index::AnnotationRef { asset: hit.asset, key: hit.first })
                    .collect();
                let _ = reader.fetch(&refs, budget);
            }
            let _ = reader.counts(clause, &filter, budget);
        }
        let _ = reader.suggest("jo", &filter, 9, budget);
        let _ = (reader.labels(&filter, budget), reader.words_beginning("ru", 9, budget));
        let _ = (
            reader.spaces(&filter, budget),
            reader.find(&AssetId::new("a").expect("an id"), "1", budget),
            reader.annotations(&filter, budget),
        );
        for plan in PLANS {
            let asked = PlannedSearch::from(Plan::parse(plan).expect("a plan"));
            let view = View::of(&*reader, budget);
            let _ = rushes_query::search(asked, &view, &Spaces(&view));
        }
    }
}

const PLANS: [&str; 3] = [
    r#"{"all":[{"phrase":"how you doin"}],"group_by":["season"]}"#,
    r#"{"all":[{"vector":{"values":[0.5,1],"space":"clip-space","k":5}}]}"#,
    r#"{"all":[{"label":"kitchen"}],"none":[{"text":"hungry"}],"snap":"shot","limit":3}"#,
];
