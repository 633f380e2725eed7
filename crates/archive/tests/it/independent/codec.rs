//! The codec of docs/formats.md: annotations, buckets, assets and their documents.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::bytes::{Bytes, fraction};

pub type Attributes = Map<String, Json>;

fn version(b: &mut Bytes<'_>) {
    let version = b.u8();
    assert_eq!(version, 1, "version {version} of the codec is not known");
}

fn value(b: &mut Bytes<'_>) -> Json {
    match b.u8() {
        0 => Json::Null,
        1 => Json::Bool(b.flag()),
        2 => Json::from(b.zigzag()),
        3 => fraction(b.f64_le()),
        4 => Json::String(b.text()),
        5 => Json::Array(b.list(value)),
        6 => Json::Object(b.attributes(value)),
        tag => panic!("a value has the tag {tag}"),
    }
}

fn range(b: &mut Bytes<'_>) -> (u64, u64) {
    let (start, length) = (b.varint(), b.varint());
    (start, start + length)
}

#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    pub text: String,
    pub range: (u64, u64),
    pub confidence: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    pub kept: bool,
    pub range: (u64, u64),
    /// Born and died, ascending.
    pub validities: Vec<(u64, u64)>,
    pub kind: String,
    pub label: Option<String>,
    pub model: String,
    pub run: String,
    pub id: String,
    pub text: Option<String>,
    pub language: Option<String>,
    pub confidence: Option<f64>,
    pub words: Vec<Word>,
    pub attributes: Attributes,
    pub vector: Option<Vec<f32>>,
}

pub fn annotation(b: &mut Bytes<'_>) -> Annotation {
    version(b);
    let flags = b.u8();
    assert!(flags < 2, "flags {flags:b} of an annotation");
    Annotation {
        kept: flags == 1,
        range: range(b),
        validities: validities(b),
        kind: b.text(),
        label: b.maybe(Bytes::text),
        model: b.text(),
        run: b.text(),
        id: b.text(),
        text: b.maybe(Bytes::text),
        language: b.maybe(Bytes::text),
        confidence: b.maybe(Bytes::f64_le),
        words: b.list(|b| Word { text: b.text(), range: range(b), confidence: b.maybe(Bytes::f64_le) }),
        attributes: b.attributes(value),
        vector: b.maybe(|b| b.list(Bytes::f32_le)),
    }
}

fn validities(b: &mut Bytes<'_>) -> Vec<(u64, u64)> {
    let mut all = b.list(|b| (b.varint(), b.varint().wrapping_sub(1)));
    assert!(!all.is_empty(), "an annotation has at least one validity");
    all.reverse();
    assert!(all.is_sorted_by(|a, b| a.1 <= b.0), "validities are apart: {all:?}");
    all
}

#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    pub truncated: bool,
    /// Start, end, key.
    pub annotations: Vec<(i64, i64, u128)>,
    /// Start, end, positions in the list above.
    pub intersections: Vec<(i64, i64, Vec<u64>)>,
}

pub fn bucket(b: &mut Bytes<'_>) -> Bucket {
    version(b);
    let flags = b.u8();
    assert!(flags < 2, "flags {flags:b} of a bucket");
    let mut before = 0;
    let annotations = b.list(|b| {
        before += b.zigzag();
        (before, before + b.zigzag(), b.u128_be())
    });
    assert!(annotations.is_sorted_by_key(|(start, _, key)| (*start, *key)));
    let mut before = 0;
    let intersections = b.list(|b| {
        before += b.zigzag();
        let end = before + b.zigzag();
        let mut position = 0;
        let members = b.list(|b| {
            position += b.varint();
            position
        });
        assert!(members.iter().all(|member| *member < annotations.len() as u64));
        (before, end, members)
    });
    Bucket { truncated: flags == 1, annotations, intersections }
}

/// What is known of an asset; what is not given is not in the maps.
#[derive(Debug, Clone, PartialEq)]
pub struct Asset {
    pub id: String,
    pub movie: String,
    pub texts: BTreeMap<&'static str, String>,
    pub numbers: BTreeMap<&'static str, i64>,
    pub frame_rate: Option<(u64, u64)>,
    pub drop_frame: bool,
    pub circled: Option<bool>,
    pub attributes: Attributes,
}

impl Asset {
    pub fn new(id: String, movie: String) -> Self {
        Self {
            id,
            movie,
            texts: BTreeMap::new(),
            numbers: BTreeMap::new(),
            frame_rate: None,
            drop_frame: false,
            circled: None,
            attributes: Map::new(),
        }
    }

    pub fn read_texts(&mut self, b: &mut Bytes<'_>, names: &[&'static str]) {
        for name in names {
            self.texts.extend(b.maybe(Bytes::text).map(|text| (*name, text)));
        }
    }

    pub fn read_numbers(&mut self, b: &mut Bytes<'_>, names: &[&'static str]) {
        for name in names {
            self.numbers.extend(b.maybe(Bytes::zigzag).map(|number| (*name, number)));
        }
    }
}

fn asset_fields(b: &mut Bytes<'_>) -> Asset {
    let mut asset = Asset::new(b.text(), b.text());
    let texts = [
        "collection",
        "series",
        "title",
        "start_timecode",
        "reel",
        "scene",
        "take",
        "camera",
        "language",
        "path",
    ];
    asset.read_texts(b, &texts);
    asset.read_numbers(b, &["season", "episode", "duration_ns"]);
    asset.frame_rate = Some((b.varint(), b.varint())).filter(|rate| *rate != (0, 0));
    asset.drop_frame = b.flag();
    asset.circled = match b.u8() {
        2 => None,
        circled => Some(Bytes(&[circled]).flag()),
    };
    asset.attributes = b.attributes(value);
    asset
}

#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub model: String,
    pub types: Vec<String>,
    pub language: Option<String>,
    pub space: Option<Space>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    pub id: String,
    pub dimensions: u64,
    pub metric: String,
    pub encoder: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Analysed {
    pub model: String,
    pub run: String,
    pub range: (u64, u64),
    pub born: u64,
    pub died: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub asset: Asset,
    pub models: Vec<Model>,
    pub analysed: Vec<Analysed>,
}

pub fn document(b: &mut Bytes<'_>) -> Document {
    version(b);
    let metric = |b: &mut Bytes<'_>| ["cosine", "l2"][usize::from(b.u8())].to_owned();
    Document {
        asset: asset_fields(b),
        models: b.list(|b| Model {
            model: b.text(),
            types: b.list(Bytes::text),
            language: b.maybe(Bytes::text),
            space: b.maybe(|b| Space {
                id: b.text(),
                dimensions: b.varint(),
                metric: metric(b),
                encoder: b.maybe(Bytes::text),
            }),
        }),
        analysed: b.list(|b| Analysed {
            model: b.text(),
            run: b.text(),
            range: range(b),
            born: b.u64_le(),
            died: b.u64_le(),
        }),
    }
}
