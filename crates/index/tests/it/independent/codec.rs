//! The codec of docs/formats.md: attributes and asset documents.

use std::collections::BTreeMap;

use super::bytes::Bytes;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Flag(bool),
    Whole(i64),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

pub fn attributes(bytes: &mut Bytes<'_>) -> BTreeMap<String, Value> {
    bytes.list(|b| (b.text(), value(b))).into_iter().collect()
}

fn value(bytes: &mut Bytes<'_>) -> Value {
    match bytes.u8() {
        0 => Value::Null,
        1 => Value::Flag(bytes.flag()),
        2 => Value::Whole(bytes.zigzag()),
        3 => Value::Float(bytes.f64()),
        4 => Value::Text(bytes.text()),
        5 => Value::List(bytes.list(value)),
        6 => Value::Map(attributes(bytes)),
        tag => panic!("a value has the tag {tag}"),
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub id: String,
    pub movie: String,
    /// Collection, series, title, start timecode, reel, scene, take, camera, language, path.
    pub texts: Vec<Option<String>>,
    /// Season, episode, duration.
    pub numbers: Vec<Option<i64>>,
    pub frame_rate: (u64, u64),
    pub drop_frame: bool,
    pub circled: u8,
    pub attributes: BTreeMap<String, Value>,
    pub models: Vec<Model>,
    pub analysed: Vec<Analysed>,
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
    pub is_l2: bool,
    pub encoder: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Analysed {
    pub model: String,
    pub run: String,
    pub start: u64,
    pub length: u64,
    pub born: u64,
    pub died: u64,
}

pub fn document(bytes: &[u8]) -> Document {
    let mut b = Bytes(bytes);
    assert_eq!(b.u8(), 1, "the version");
    let document = Document {
        id: b.text(),
        movie: b.text(),
        texts: (0..10).map(|_| b.maybe(Bytes::text)).collect(),
        numbers: (0..3).map(|_| b.maybe(Bytes::zigzag)).collect(),
        frame_rate: (b.varint(), b.varint()),
        drop_frame: b.flag(),
        circled: b.u8(),
        attributes: attributes(&mut b),
        models: b.list(|b| Model {
            model: b.text(),
            types: b.list(Bytes::text),
            language: b.maybe(Bytes::text),
            space: b.maybe(|b| Space {
                id: b.text(),
                dimensions: b.varint(),
                is_l2: b.flag(),
                encoder: b.maybe(Bytes::text),
            }),
        }),
        analysed: b.list(|b| Analysed {
            model: b.text(),
            run: b.text(),
            start: b.varint(),
            length: b.varint(),
            born: b.u64(),
            died: b.u64(),
        }),
    };
    b.end();
    document
}
