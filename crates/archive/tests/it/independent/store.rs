//! `store/` of docs/formats.md: rows, ids, blocks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value as Json;

use super::bytes::{Bytes, fraction, whole};
use super::codec::{Asset, Model, Space};
use super::tables::Tables;

#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub run: String,
    pub asset: String,
    pub model: String,
    pub append: bool,
    pub coverage: Option<(i64, i64)>,
    /// 0 open, 1 committed, 2 aborted.
    pub state: u8,
    pub kept: bool,
    pub commit: u64,
    pub annotations: u64,
    pub segment: u64,
    pub blocks: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub number: u64,
    pub model: String,
    pub run: String,
    pub append: bool,
    pub coverage: Option<(i64, i64)>,
    pub annotations: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Registered,
    Committed(Segment),
    Restored(Segment),
    VisibilitySet { run: String, kept: bool },
    AssetErased,
    ModelErased(String),
    RunErased(String),
    AnnotationErased { model: String, run: String, id: String, start: i64 },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Counters {
    pub last_commit: u64,
    pub runs: u64,
    pub scopes: u64,
    pub assets: u64,
    pub annotations: u64,
}

/// Where an annotation lies, and what it says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub segment: u64,
    pub block: u32,
    pub position: u64,
    pub start: i64,
    pub digest: u128,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub is_arrow: bool,
    pub is_packed: bool,
    /// The positions that count.
    pub positions: Vec<u64>,
    /// As sent.
    pub bytes: Vec<u8>,
}

#[derive(Debug, PartialEq)]
pub struct Store {
    pub format: u32,
    pub counters: Counters,
    pub assets: BTreeMap<String, Asset>,
    pub models: BTreeMap<String, Model>,
    /// Aliases by type and label.
    pub labels: BTreeMap<(String, String), Vec<String>>,
    pub runs: BTreeMap<String, Run>,
    /// Asset and run.
    pub runs_of_assets: BTreeSet<(String, String)>,
    /// Model and asset.
    pub uses: BTreeSet<(String, String)>,
    pub history: BTreeMap<String, BTreeMap<u64, Effect>>,
    /// Asset and commit by segment.
    pub segments: BTreeMap<u64, (String, u64)>,
    /// Scopes of loose annotations by asset and model.
    pub scopes: BTreeMap<(String, String), u64>,
    /// Assets by commit.
    pub outbox: BTreeMap<u64, String>,
    /// Table and prefix.
    pub removals: BTreeSet<(char, u64)>,
    /// By scope and digest of the id.
    pub ids: BTreeMap<(u64, u128), Vec<Place>>,
    pub blocks: BTreeMap<(u64, u32), Block>,
}

pub const TABLES: [&str; 4] = ["blocks", "folder", "ids", "rows"];

pub fn read(folder: &Path) -> Store {
    let tables = Tables::open(folder, &TABLES);
    let format = tables.format();
    assert_eq!(format, 1, "format {format} is not known");
    let mut store = Store {
        format,
        counters: Counters { last_commit: 0, runs: 0, scopes: 0, assets: 0, annotations: 0 },
        assets: BTreeMap::new(),
        models: BTreeMap::new(),
        labels: BTreeMap::new(),
        runs: BTreeMap::new(),
        runs_of_assets: BTreeSet::new(),
        uses: BTreeSet::new(),
        history: BTreeMap::new(),
        segments: BTreeMap::new(),
        scopes: BTreeMap::new(),
        outbox: BTreeMap::new(),
        removals: BTreeSet::new(),
        ids: BTreeMap::new(),
        blocks: BTreeMap::new(),
    };
    for (key, value) in tables.rows("rows") {
        whole(&key, |key| read_row(&mut store, key, &value));
    }
    for (key, value) in tables.rows("ids") {
        let key = whole(&key, |b| (b.u64_be(), b.u128_be()));
        let places: Vec<Place> = Bytes(&value).rest(place);
        assert!(!places.is_empty());
        store.ids.insert(key, places);
    }
    for (key, value) in tables.rows("blocks") {
        let key = whole(&key, |b| (b.u64_be(), b.u32_be()));
        store.blocks.insert(key, whole(&value, block));
    }
    store
}

fn read_row(store: &mut Store, key: &mut Bytes<'_>, value: &[u8]) {
    match char::from(key.u8()) {
        'c' => store.counters = whole(value, counters),
        'a' => {
            let asset = whole(value, asset);
            assert_eq!(asset.id, key.last_text());
            store.assets.insert(asset.id.clone(), asset);
        }
        'm' => {
            let model = whole(value, model);
            assert_eq!(model.model, key.last_text());
            store.models.insert(model.model.clone(), model);
        }
        'l' => {
            let (kind, label, aliases) = whole(value, |b| (b.text(), b.text(), b.list(Bytes::text)));
            assert_eq!((&kind, &label), (&key.id(), &key.last_text()));
            store.labels.insert((kind, label), aliases);
        }
        'r' => {
            let run = whole(value, run);
            assert_eq!(run.run, key.last_text());
            store.runs.insert(run.run.clone(), run);
        }
        'h' => {
            let (asset, commit) = (key.id(), key.u64_be());
            store.history.entry(asset).or_default().insert(commit, whole(value, effect));
        }
        'g' => {
            let (asset, commit) = value.split_at(value.len() - 8);
            let place = (Bytes(asset).last_text(), Bytes(commit).u64_be());
            store.segments.insert(key.u64_be(), place);
        }
        's' => {
            store.scopes.insert((key.id(), key.last_text()), whole(value, Bytes::u64_be));
        }
        'o' => {
            store.outbox.insert(key.u64_be(), whole(value, Bytes::last_text));
        }
        kind => {
            assert!(value.is_empty(), "a row of the kind {kind} has a value");
            match kind {
                'R' => drop(store.runs_of_assets.insert((key.id(), key.last_text()))),
                'u' => drop(store.uses.insert((key.id(), key.last_text()))),
                'x' => drop(store.removals.insert((char::from(key.u8()), key.u64_be()))),
                kind => panic!("a row has the kind {kind}"),
            }
        }
    }
}

fn counters(b: &mut Bytes<'_>) -> Counters {
    let [last_commit, runs, scopes, assets, annotations] = [(); 5].map(|()| b.varint());
    Counters { last_commit, runs, scopes, assets, annotations }
}

/// The values of `store/` have other tags than those of the codec.
fn value(b: &mut Bytes<'_>) -> Json {
    match b.u8() {
        0 => Json::Null,
        1 => Json::Bool(false),
        2 => Json::Bool(true),
        3 => Json::from(b.zigzag()),
        4 => fraction(b.f64_be()),
        5 => Json::String(b.text()),
        6 => Json::Array(b.list(value)),
        7 => Json::Object(b.attributes(value)),
        tag => panic!("a value has the tag {tag}"),
    }
}

fn asset(b: &mut Bytes<'_>) -> Asset {
    let mut asset = Asset::new(b.text(), b.text());
    asset.read_texts(b, &["collection", "series"]);
    asset.read_numbers(b, &["season", "episode"]);
    asset.read_texts(b, &["title"]);
    asset.read_numbers(b, &["duration_ns"]);
    asset.frame_rate = b.maybe(|b| (b.varint(), b.varint()));
    asset.read_texts(b, &["start_timecode"]);
    asset.drop_frame = b.flag();
    asset.read_texts(b, &["reel", "scene", "take", "camera"]);
    asset.circled = b.maybe(Bytes::flag);
    asset.read_texts(b, &["language", "path"]);
    asset.attributes = b.attributes(value);
    asset
}

fn model(b: &mut Bytes<'_>) -> Model {
    Model {
        model: b.text(),
        types: b.list(Bytes::text),
        language: b.maybe(Bytes::text),
        space: b.maybe(|b| Space {
            id: b.text(),
            dimensions: b.varint(),
            metric: b.text(),
            encoder: b.maybe(Bytes::text),
        }),
    }
}

fn coverage(b: &mut Bytes<'_>) -> Option<(i64, i64)> {
    b.maybe(|b| (b.zigzag(), b.zigzag()))
}

fn run(b: &mut Bytes<'_>) -> Run {
    Run {
        run: b.text(),
        asset: b.text(),
        model: b.text(),
        append: b.flag(),
        coverage: coverage(b),
        state: b.u8(),
        kept: b.flag(),
        commit: b.varint(),
        annotations: b.varint(),
        segment: b.varint(),
        blocks: b.varint(),
    }
}

fn segment(b: &mut Bytes<'_>) -> Segment {
    Segment {
        number: b.varint(),
        model: b.text(),
        run: b.text(),
        append: b.flag(),
        coverage: coverage(b),
        annotations: b.varint(),
    }
}

fn effect(b: &mut Bytes<'_>) -> Effect {
    match b.u8() {
        0 => Effect::Registered,
        1 => Effect::Committed(segment(b)),
        2 => Effect::Restored(segment(b)),
        3 => Effect::VisibilitySet { run: b.text(), kept: b.flag() },
        4 => Effect::AssetErased,
        5 => Effect::ModelErased(b.text()),
        6 => Effect::RunErased(b.text()),
        7 => Effect::AnnotationErased { model: b.text(), run: b.text(), id: b.text(), start: b.zigzag() },
        tag => panic!("an effect has the tag {tag}"),
    }
}

fn place(b: &mut Bytes<'_>) -> Place {
    Place {
        segment: b.varint(),
        block: u32::try_from(b.varint()).unwrap(),
        position: b.varint(),
        start: b.zigzag(),
        digest: b.u128_be(),
    }
}

fn block(b: &mut Bytes<'_>) -> Block {
    let format = b.u8();
    assert!(format < 2, "a block has the format {format}");
    let (is_packed, length) = (b.flag(), b.length());
    assert!(length <= 1 << 30);
    let mut end = 0;
    let ranges = b.list(|b| {
        let start = end + b.varint();
        end = start + b.varint();
        start..end
    });
    let content = b.take(b.0.len());
    let bytes = match is_packed {
        true => lz4_flex::block::decompress(content, length).unwrap(),
        false => content.to_vec(),
    };
    assert_eq!(bytes.len(), length);
    assert!(!is_packed || content.len() < length);
    Block { is_arrow: format == 1, is_packed, positions: ranges.into_iter().flatten().collect(), bytes }
}
