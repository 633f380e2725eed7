//! What the lines and rows of blocks say, and its digest by docs/formats.md.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use serde_json::{Map, Value as Json};
use xxhash_rust::xxh3::xxh3_128;

use super::bytes::fraction;
use super::codec::{Attributes, Word};
use super::store::Block;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    pub id: Option<String>,
    pub asset: String,
    pub model: String,
    pub kind: String,
    pub range: (u64, u64),
    pub label: Option<String>,
    pub text: Option<String>,
    pub language: Option<String>,
    pub words: Vec<Word>,
    pub confidence: Option<f64>,
    pub vector: Option<Vec<f32>>,
    pub attributes: Attributes,
    /// Fields that nothing else names.
    pub others: Attributes,
}

fn versioned(model: String) -> String {
    if model.contains('@') { model } else { format!("{model}@1") }
}

/// A whole number that is no `i64` counts as a fraction.
fn bounded(value: Json) -> Json {
    match value {
        Json::Number(n) if n.as_i64().is_none() => fraction(n.as_f64().unwrap()),
        Json::Array(list) => list.into_iter().map(bounded).collect(),
        Json::Object(map) => map.into_iter().map(|(name, value)| (name, bounded(value))).collect(),
        other => other,
    }
}

fn range(times: &Json) -> (u64, u64) {
    (times["start_time_ns"].as_u64().unwrap(), times["end_time_ns"].as_u64().unwrap())
}

fn word(word: &Json) -> Word {
    Word {
        text: word.get("text").or(word.get("word")).and_then(Json::as_str).unwrap().to_owned(),
        range: range(word),
        confidence: word.get("confidence").and_then(Json::as_f64),
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a vector is sent as decimals and kept in 32 bits")]
fn vector(numbers: &Json) -> Vec<f32> {
    numbers.as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect()
}

/// Reads a JSON line.
pub fn line(line: &str) -> Said {
    let mut fields: Map<String, Json> = serde_json::from_str(line).unwrap();
    let mut take = |name: &str| fields.remove(name).filter(|value| !value.is_null());
    let text = |value: Json| value.as_str().unwrap().to_owned();
    let filled = |value: Json| Some(text(value)).filter(|text| !text.is_empty());
    take("movie_id");
    Said {
        id: take("annotation_id").map(text),
        asset: take("asset_id").map(text).unwrap(),
        model: take("model").map(text).map(versioned).unwrap(),
        kind: take("type").map(text).unwrap(),
        range: range(&take("time_range").unwrap()),
        label: take("label").and_then(filled),
        text: take("text").and_then(filled),
        language: take("language").and_then(filled),
        words: take("words")
            .map(|words| words.as_array().unwrap().iter().map(word).collect())
            .unwrap_or_default(),
        confidence: take("confidence_score").and_then(|x| x.as_f64()),
        vector: take("embedding_vector").map(|numbers| vector(&numbers)),
        attributes: take("attributes")
            .map(|map| bounded(map).as_object().unwrap().clone())
            .unwrap_or_default(),
        others: fields,
    }
}

/// Reads a row of a batch of which nothing but these columns is known.
fn row(batch: &RecordBatch, no: usize) -> Said {
    let column = |name: &str| batch.column_by_name(name).filter(|column| column.is_valid(no));
    let text = |name: &str| column(name).map(|column| column.as_string::<i32>().value(no).to_owned());
    let time = |name: &str| {
        let time = column(name).unwrap().as_primitive::<Int64Type>().value(no);
        u64::try_from(time).unwrap()
    };
    let vector = column("embedding_vector").map(|column| {
        let numbers = column.as_fixed_size_list().value(no);
        numbers.as_primitive::<Float32Type>().values().to_vec()
    });
    Said {
        id: text("annotation_id"),
        asset: text("asset_id").unwrap(),
        model: text("model").map(versioned).unwrap(),
        kind: text("type").unwrap(),
        range: (time("start_time_ns"), time("end_time_ns")),
        label: text("label"),
        confidence: column("confidence_score").map(|c| f64::from(c.as_primitive::<Float32Type>().value(no))),
        attributes: text("attributes").map(|map| serde_json::from_str(&map).unwrap()).unwrap_or_default(),
        vector,
        ..Said::default()
    }
}

/// The annotations of a block that count, with their positions; of lines also the line.
pub fn of_block(block: &Block) -> Vec<(u64, Option<String>, Said)> {
    let positions = block.positions.iter();
    if block.is_arrow {
        let mut reader = arrow_ipc::reader::StreamReader::try_new(block.bytes.as_slice(), None).unwrap();
        let batch = reader.next().unwrap().unwrap();
        assert!(reader.next().is_none(), "one record batch a block");
        return positions.map(|no| (*no, None, row(&batch, usize::try_from(*no).unwrap()))).collect();
    }
    let text = std::str::from_utf8(&block.bytes).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "each line ends");
    let lines: Vec<&str> = text.lines().collect();
    for (line, no) in lines.iter().zip(0..) {
        assert!(block.positions.contains(&no) || line.is_empty(), "line {no} does not count: {line}");
    }
    let counted = positions.map(|no| (*no, lines[usize::try_from(*no).unwrap()]));
    counted.map(|(no, text)| (no, Some(text.to_owned()), line(text))).collect()
}

#[derive(Default)]
struct Digest(Vec<u8>);

impl Digest {
    fn text(&mut self, tag: u8, text: &str) {
        self.number(tag, (text.len() as u64).to_le_bytes());
        self.0.extend(text.bytes());
    }

    fn number(&mut self, tag: u8, bytes: [u8; 8]) {
        self.0.push(tag);
        self.0.extend(bytes);
    }

    fn whole(&mut self, tag: u8, number: u64) {
        self.number(tag, number.to_le_bytes());
    }

    fn value(&mut self, value: &Json) {
        match value {
            Json::Null => self.0.push(0),
            Json::Bool(flag) => self.0.extend([1, u8::from(*flag)]),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => self.number(2, whole.to_le_bytes()),
                None => self.number(3, number.as_f64().unwrap().to_bits().to_le_bytes()),
            },
            Json::String(text) => self.text(4, text),
            Json::Array(list) => {
                self.whole(5, list.len() as u64);
                list.iter().for_each(|value| self.value(value));
            }
            Json::Object(map) => {
                self.whole(6, map.len() as u64);
                for (name, value) in map {
                    self.text(7, name);
                    self.value(value);
                }
            }
        }
    }
}

impl Said {
    pub fn digest(&self) -> u128 {
        let mut digest = Digest::default();
        digest.text(b'a', &self.asset);
        digest.text(b'm', &self.model);
        digest.text(b'k', &self.kind);
        digest.whole(b's', self.range.0);
        digest.whole(b'e', self.range.1);
        for (tag, text) in [(b'l', &self.label), (b't', &self.text), (b'g', &self.language)] {
            text.iter().for_each(|text| digest.text(tag, text));
        }
        for word in &self.words {
            digest.text(b'w', &word.text);
            digest.whole(b's', word.range.0);
            digest.whole(b'e', word.range.1);
            word.confidence.iter().for_each(|x| digest.whole(b'c', x.to_bits()));
        }
        self.confidence.iter().for_each(|x| digest.whole(b'C', x.to_bits()));
        if let Some(vector) = &self.vector {
            digest.whole(b'v', vector.len() as u64);
            digest.0.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
        }
        if !self.attributes.is_empty() {
            digest.value(&Json::Object(self.attributes.clone()));
        }
        if !self.others.is_empty() {
            let sum = self.others.iter().map(|(name, value)| {
                let mut digest = Digest::default();
                digest.text(b'f', name);
                digest.value(value);
                xxh3_128(&digest.0).max(1)
            });
            digest.0.push(b'u');
            digest.0.extend(sum.fold(0, u128::wrapping_add).to_le_bytes());
        }
        xxh3_128(&digest.0)
    }
}
