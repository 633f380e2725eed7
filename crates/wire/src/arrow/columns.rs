//! The columns of a record batch, and a row of them as a line.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use rushes_types::limits::Limits;
use rushes_types::{Attributes, Error, Result, TimeRange};

use crate::line::{LineError, ParsedLine};
use crate::values::attributes_from_json;

/// Names of the columns with a meaning.
pub(super) const KNOWN: [&str; 13] = [
    "asset_id",
    "movie_id",
    "model",
    "type",
    "start_time_ns",
    "end_time_ns",
    "label",
    "text",
    "language",
    "annotation_id",
    "confidence_score",
    "attributes",
    "embedding_vector",
];

pub(super) struct Columns<'a> {
    asset: Texts<'a>,
    model: Texts<'a>,
    kind: Texts<'a>,
    start: &'a ArrayRef,
    end: &'a ArrayRef,
    movie: Option<Texts<'a>>,
    label: Option<Texts<'a>>,
    text: Option<Texts<'a>>,
    language: Option<Texts<'a>>,
    id: Option<Texts<'a>>,
    attributes: Option<Texts<'a>>,
    confidence: Option<&'a ArrayRef>,
    vector: Option<&'a ArrayRef>,
}

/// A text column, plain or by dictionary.
struct Texts<'a> {
    array: &'a dyn Array,
    values: &'a dyn Array,
    keys: Option<Vec<usize>>,
}

fn wrong(name: &str, found: &DataType, wanted: &str) -> Error {
    Error::invalid(format!("column `{name}` is of type `{found}`"))
        .mend(format!("send {wanted}"))
        .at(format!("/{name}"))
}

impl<'a> Texts<'a> {
    fn of(name: &str, array: &'a ArrayRef) -> Result<Self> {
        let is_text = |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        if is_text(array.data_type()) {
            return Ok(Self { array, values: array, keys: None });
        }
        let dictionary = array.as_any_dictionary_opt().filter(|d| is_text(d.values().data_type()));
        let dictionary = dictionary.ok_or_else(|| wrong(name, array.data_type(), "utf8"))?;
        let values: &dyn Array = dictionary.values();
        // Keys of an empty dictionary can only be null.
        let keys = if values.is_empty() { Vec::new() } else { dictionary.normalized_keys() };
        Ok(Self { array, values, keys: Some(keys) })
    }

    fn get(&self, row: usize) -> Option<&'a str> {
        if self.array.is_null(row) {
            return None;
        }
        let at = match &self.keys {
            Some(keys) => *keys.get(row)?,
            None => row,
        };
        if at >= self.values.len() || self.values.is_null(at) {
            return None;
        }
        match self.values.data_type() {
            DataType::Utf8 => self.values.as_string_opt::<i32>().map(|a| a.value(at)),
            DataType::LargeUtf8 => self.values.as_string_opt::<i64>().map(|a| a.value(at)),
            _ => self.values.as_string_view_opt().map(|a| a.value(at)),
        }
    }
}

impl<'a> Columns<'a> {
    /// Finds the columns and checks their types.
    pub(super) fn of(batch: &'a RecordBatch) -> Result<Self> {
        let missing = |name: &str| {
            Error::invalid(format!("column `{name}` is missing"))
                .mend("every annotation needs it")
                .at(format!("/{name}"))
        };
        let required = |name: &str| batch.column_by_name(name).ok_or_else(|| missing(name));
        let text = |name: &str| required(name).and_then(|a| Texts::of(name, a));
        let maybe = |name: &str| batch.column_by_name(name).map(|a| Texts::of(name, a)).transpose();
        let time = |name: &str| {
            let array = required(name)?;
            match array.data_type() {
                DataType::Int64 => Ok(array),
                other => Err(wrong(name, other, "int64 nanoseconds")),
            }
        };
        let confidence = batch.column_by_name("confidence_score");
        if let Some(array) = confidence
            && !matches!(array.data_type(), DataType::Float32 | DataType::Float64)
        {
            return Err(wrong("confidence_score", array.data_type(), "float32 or float64"));
        }
        let vector = batch.column_by_name("embedding_vector");
        if let Some(array) = vector {
            let item = match array.data_type() {
                DataType::FixedSizeList(f, _) | DataType::List(f) | DataType::LargeList(f) => f.data_type(),
                other => other,
            };
            if !matches!(item, DataType::Float32 | DataType::Float16) || item == array.data_type() {
                let wanted = "a list of float32 or float16";
                return Err(wrong("embedding_vector", array.data_type(), wanted));
            }
        }
        Ok(Self {
            asset: text("asset_id")?,
            model: text("model")?,
            kind: text("type")?,
            start: time("start_time_ns")?,
            end: time("end_time_ns")?,
            movie: maybe("movie_id")?,
            label: maybe("label")?,
            text: maybe("text")?,
            language: maybe("language")?,
            id: maybe("annotation_id")?,
            attributes: maybe("attributes")?,
            confidence,
            vector,
        })
    }

    /// Does any row name another asset or model than the first?
    pub(super) fn mixes_names(&self, rows: usize) -> bool {
        let names = |row| (self.asset.get(row), self.model.get(row));
        (1..rows).any(|row| names(row) != names(0))
    }

    /// Asset and model of a row, where it names both; and its movie.
    pub(super) fn names(&self, row: usize) -> (Option<(&'a str, &'a str)>, Option<&'a str>) {
        let movie = self.movie.as_ref().and_then(|t| t.get(row)).filter(|t| !t.is_empty());
        (self.asset.get(row).zip(self.model.get(row)), movie)
    }

    /// A row as a line. Only its time is checked.
    pub(super) fn row(&self, row: usize, limits: &Limits) -> Result<ParsedLine<'a>, LineError> {
        let missing = |name: &str| {
            LineError::new(format!("/{name}"), format!("`{name}` is null; every annotation needs it"))
        };
        let text = |texts: &Texts<'a>, name: &str| texts.get(row).ok_or_else(|| missing(name));
        let maybe = |texts: &Option<Texts<'a>>| {
            texts.as_ref().and_then(|t| t.get(row)).filter(|t| !t.is_empty()).map(Cow::Borrowed)
        };
        let time = |array: &'a ArrayRef, name: &str| {
            let array = array.as_primitive_opt::<Int64Type>().filter(|a| a.is_valid(row));
            array.map(|a| a.value(row)).ok_or_else(|| missing(name))
        };
        let start = time(self.start, "start_time_ns")?;
        let end = time(self.end, "end_time_ns")?;
        let range = TimeRange::bounded(start, end, limits.span_ns_max)
            .map_err(|e| LineError::new("/start_time_ns", e.to_string()))?;
        let attributes = match maybe(&self.attributes) {
            Some(json) => attributes_from_json(&json).map_err(|why| LineError::new("/attributes", why))?,
            None => Attributes::new(),
        };
        Ok(ParsedLine {
            asset: Cow::Borrowed(text(&self.asset, "asset_id")?),
            movie: maybe(&self.movie),
            model: Cow::Borrowed(text(&self.model, "model")?),
            kind: Cow::Borrowed(text(&self.kind, "type")?),
            range,
            id: maybe(&self.id),
            label: maybe(&self.label),
            text: maybe(&self.text),
            words: Vec::new(),
            language: maybe(&self.language),
            vector: self.vector.map_or(Ok(None), |array| vector(array, row))?,
            confidence: self.confidence.and_then(|array| confidence(array, row)),
            attributes,
            unknown: 0,
        })
    }
}

fn confidence(array: &ArrayRef, row: usize) -> Option<f64> {
    if array.is_null(row) {
        return None;
    }
    let single = array.as_primitive_opt::<Float32Type>().map(|a| f64::from(a.value(row)));
    single.or_else(|| array.as_primitive_opt::<Float64Type>().map(|a| a.value(row)))
}

fn vector(array: &ArrayRef, row: usize) -> Result<Option<Vec<f32>>, LineError> {
    if array.is_null(row) {
        return Ok(None);
    }
    let items = array
        .as_fixed_size_list_opt()
        .map(|a| a.value(row))
        .or_else(|| array.as_list_opt::<i32>().map(|a| a.value(row)))
        .or_else(|| array.as_list_opt::<i64>().map(|a| a.value(row)));
    let Some(items) = items else { return Ok(None) };
    if items.null_count() > 0 {
        return Err(LineError::new("/embedding_vector", "the vector holds a null; send finite numbers"));
    }
    let single = items.as_primitive_opt::<Float32Type>().map(|a| a.values().to_vec());
    Ok(single.or_else(|| {
        items.as_primitive_opt::<Float16Type>().map(|a| a.values().iter().map(|x| x.to_f32()).collect())
    }))
}
