//! One pass over a line's bytes. The pointer of the field that is being read travels along, so that an
//! error names it without a second parse.

use std::fmt;

use rushes_types::limits::Limits;
use rushes_types::{Attributes, TimeRange};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{LineError, ParsedLine, ParsedWord, check_fields};
use crate::values::{AttributesSeed, Str, ValueSeed};

/// The path of the field that is being read: `/field`, `/field/index` or `/field/index/sub`.
#[derive(Debug, Clone, Copy, Default)]
struct FieldPath {
    field: &'static str,
    index: Option<usize>,
    sub: &'static str,
}

impl FieldPath {
    fn field(field: &'static str) -> Self {
        Self { field, index: None, sub: "" }
    }

    fn pointer(self) -> String {
        let mut out = String::new();
        if !self.field.is_empty() {
            out = format!("/{}", self.field);
        }
        if let Some(index) = self.index {
            out = format!("{out}/{index}");
        }
        if !self.sub.is_empty() {
            out = format!("{out}/{}", self.sub);
        }
        out
    }

    /// What the field must be.
    fn mend(self) -> &'static str {
        match (self.field, self.sub) {
            (_, "start_time_ns" | "end_time_ns") => "send whole nanoseconds as a number without a fraction",
            ("time_range", _) => r#"send {"start_time_ns":0,"end_time_ns":1000000000}"#,
            (_, "confidence") | ("confidence_score", _) => "send a number between 0 and 1",
            ("embedding_vector", _) => "send a list of finite numbers; NaN and Infinity are no JSON",
            ("words", "") => "send a list of {text, start_time_ns, end_time_ns, confidence}",
            ("attributes", _) => "send an object",
            ("", _) => "send one JSON object a line",
            _ => "send a text",
        }
    }
}

#[derive(Default)]
struct Raw<'a> {
    asset: Option<Str<'a>>,
    movie: Option<Str<'a>>,
    model: Option<Str<'a>>,
    kind: Option<Str<'a>>,
    id: Option<Str<'a>>,
    range: Option<(Option<i64>, Option<i64>)>,
    label: Option<Str<'a>>,
    text: Option<Str<'a>>,
    language: Option<Str<'a>>,
    words: Vec<RawWord<'a>>,
    vector: Option<Vec<f32>>,
    confidence: Option<f64>,
    attributes: Attributes,
    unknown: u128,
}

#[derive(Default)]
struct RawWord<'a> {
    text: Option<Str<'a>>,
    start_ns: Option<i64>,
    end_ns: Option<i64>,
    confidence: Option<f64>,
}

/// Reads a line and checks everything but its names.
pub(crate) fn read_line<'a>(line: &'a [u8], limits: &Limits) -> Result<ParsedLine<'a>, LineError> {
    if line.len() > limits.line_bytes_max {
        let detail =
            format!("the line has {} bytes; at most {} are accepted", line.len(), limits.line_bytes_max);
        return Err(LineError::new("", detail));
    }
    let mut at = FieldPath::default();
    let mut reader = serde_json::Deserializer::from_slice(line);
    let raw = LineSeed(&mut at).deserialize(&mut reader).and_then(|raw| reader.end().map(|()| raw));
    let raw = raw.map_err(|e| explain(&e, at))?;
    let parsed = raw.checked(limits)?;
    check_fields(&parsed, limits)?;
    Ok(parsed)
}

fn explain(error: &serde_json::Error, at: FieldPath) -> LineError {
    let text = error.to_string();
    let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
    let detail = if error.is_data() {
        format!("{why}; {}", at.mend())
    } else {
        format!("the line is no JSON: {why} at byte {}; {}", error.column(), at.mend())
    };
    LineError::new(at.pointer(), detail)
}

fn required<T>(value: Option<T>, pointer: &str) -> Result<T, LineError> {
    value.ok_or_else(|| {
        let name = pointer.trim_start_matches('/');
        LineError::new(pointer, format!("`{name}` is missing; every annotation needs it"))
    })
}

impl<'a> Raw<'a> {
    fn checked(self, limits: &Limits) -> Result<ParsedLine<'a>, LineError> {
        let (start, end) = required(self.range, "/time_range")?;
        let start = required(start, "/time_range/start_time_ns")?;
        let end = required(end, "/time_range/end_time_ns")?;
        let range = TimeRange::bounded(start, end, limits.span_ns_max)
            .map_err(|e| LineError::new("/time_range", e.to_string()))?;
        let mut words = Vec::with_capacity(self.words.len());
        for (n, word) in self.words.into_iter().enumerate() {
            words.push(word.checked(n, limits)?);
        }
        let filled = |text: Option<Str<'a>>| text.map(|t| t.0).filter(|t| !t.is_empty());
        Ok(ParsedLine {
            asset: required(self.asset, "/asset_id")?.0,
            movie: filled(self.movie),
            model: required(self.model, "/model")?.0,
            kind: required(self.kind, "/type")?.0,
            range,
            id: self.id.map(|id| id.0),
            label: filled(self.label),
            text: filled(self.text),
            words,
            language: filled(self.language),
            vector: self.vector,
            confidence: self.confidence,
            attributes: self.attributes,
            unknown: self.unknown,
        })
    }
}

impl<'a> RawWord<'a> {
    fn checked(self, n: usize, limits: &Limits) -> Result<ParsedWord<'a>, LineError> {
        let missing = |name: &str| {
            let detail = format!("`{name}` is missing; a word without its time is left out of `words`");
            LineError::new(format!("/words/{n}/{name}"), detail)
        };
        let start = self.start_ns.ok_or_else(|| missing("start_time_ns"))?;
        let end = self.end_ns.ok_or_else(|| missing("end_time_ns"))?;
        let range = TimeRange::bounded(start, end, limits.span_ns_max)
            .map_err(|e| LineError::new(format!("/words/{n}"), e.to_string()))?;
        let text = self.text.ok_or_else(|| missing("text"))?.0;
        Ok(ParsedWord { text, range, confidence: self.confidence })
    }
}

struct LineSeed<'p>(&'p mut FieldPath);

impl<'de> DeserializeSeed<'de> for LineSeed<'_> {
    type Value = Raw<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for LineSeed<'_> {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an annotation object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw<'de>, A::Error> {
        let mut raw = Raw::default();
        let mut seen = 0u16;
        while let Some(Str(name)) = map.next_key::<Str<'de>>()? {
            let (bit, field) = match name.as_ref() {
                "asset_id" => (0, "asset_id"),
                "movie_id" => (1, "movie_id"),
                "model" => (2, "model"),
                "type" => (3, "type"),
                "time_range" => (4, "time_range"),
                "label" => (5, "label"),
                "text" => (6, "text"),
                "words" => (7, "words"),
                "language" => (8, "language"),
                "embedding_vector" => (9, "embedding_vector"),
                "confidence_score" => (10, "confidence_score"),
                "annotation_id" => (11, "annotation_id"),
                "attributes" => (12, "attributes"),
                _ => {
                    let value = map.next_value_seed(ValueSeed::TOP)?;
                    // Added up: the order of the fields does not matter.
                    raw.unknown = raw.unknown.wrapping_add(crate::digest::of_field(&name, &value));
                    continue;
                }
            };
            *self.0 = FieldPath::field(field);
            if seen & (1 << bit) != 0 {
                return Err(A::Error::custom(format_args!("`{field}` comes twice")));
            }
            seen |= 1 << bit;
            match bit {
                0 => raw.asset = map.next_value()?,
                1 => raw.movie = map.next_value()?,
                2 => raw.model = map.next_value()?,
                3 => raw.kind = map.next_value()?,
                4 => raw.range = Some(map.next_value_seed(RangeSeed(self.0))?),
                5 => raw.label = map.next_value()?,
                6 => raw.text = map.next_value()?,
                7 => raw.words = map.next_value_seed(WordsSeed(self.0))?,
                8 => raw.language = map.next_value()?,
                9 => raw.vector = map.next_value_seed(VectorSeed(self.0))?,
                10 => raw.confidence = map.next_value()?,
                11 => raw.id = map.next_value()?,
                _ => raw.attributes = map.next_value_seed(AttributesSeed)?,
            }
            *self.0 = FieldPath::default();
        }
        Ok(raw)
    }
}

struct RangeSeed<'p>(&'p mut FieldPath);

impl<'de> DeserializeSeed<'de> for RangeSeed<'_> {
    type Value = (Option<i64>, Option<i64>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RangeSeed<'_> {
    type Value = (Option<i64>, Option<i64>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut start, mut end) = (None, None);
        while let Some(Str(name)) = map.next_key::<Str<'de>>()? {
            let (slot, field) = match name.as_ref() {
                "start_time_ns" => (&mut start, "start_time_ns"),
                "end_time_ns" => (&mut end, "end_time_ns"),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            self.0.sub = field;
            set(slot, map.next_value()?)?;
            self.0.sub = "";
        }
        Ok((start, end))
    }
}

fn set<T, E: serde::de::Error>(slot: &mut Option<T>, value: T) -> Result<(), E> {
    if slot.replace(value).is_some() {
        return Err(E::custom("the field comes twice"));
    }
    Ok(())
}

struct VectorSeed<'p>(&'p mut FieldPath);

impl<'de> DeserializeSeed<'de> for VectorSeed<'_> {
    type Value = Option<Vec<f32>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for VectorSeed<'_> {
    type Value = Option<Vec<f32>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut out = Vec::with_capacity(512);
        self.0.index = Some(0);
        while let Some(x) = seq.next_element::<f32>()? {
            out.push(x);
            self.0.index = Some(out.len());
        }
        self.0.index = None;
        Ok(Some(out))
    }
}

struct WordsSeed<'p>(&'p mut FieldPath);

impl<'de> DeserializeSeed<'de> for WordsSeed<'_> {
    type Value = Vec<RawWord<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for WordsSeed<'_> {
    type Value = Vec<RawWord<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of words")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut out = Vec::new();
        self.0.index = Some(0);
        while let Some(word) = seq.next_element_seed(WordSeed(self.0))? {
            out.push(word);
            self.0.index = Some(out.len());
        }
        self.0.index = None;
        Ok(out)
    }
}

struct WordSeed<'p>(&'p mut FieldPath);

impl<'de> DeserializeSeed<'de> for WordSeed<'_> {
    type Value = RawWord<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for WordSeed<'_> {
    type Value = RawWord<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut word = RawWord::default();
        while let Some(Str(name)) = map.next_key::<Str<'de>>()? {
            let field = match name.as_ref() {
                "text" => "text",
                "word" => "word",
                "start_time_ns" => "start_time_ns",
                "end_time_ns" => "end_time_ns",
                "confidence" => "confidence",
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            self.0.sub = field;
            match field {
                "text" | "word" => set(&mut word.text, map.next_value()?)?,
                "start_time_ns" => set(&mut word.start_ns, map.next_value()?)?,
                "end_time_ns" => set(&mut word.end_ns, map.next_value()?)?,
                _ => word.confidence = map.next_value()?,
            }
            self.0.sub = "";
        }
        Ok(word)
    }
}
