//! Lines of assets, models and labels, and bucket documents, as `rushes_wire` reads and writes them.

use std::collections::HashMap;

use rushes_archive::BucketView;
use rushes_types::limits::Limits;
use rushes_types::{Annotation, AnnotationKey, Asset, Error, LabelAliases, Model, Result};
use rushes_wire::LineError;
use rushes_wire::records::{parse_asset_line, parse_label_line, parse_model_line};
use rushes_wire::render::{AssetLine, ModelLine, bucket_documents};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// Reads a line.
pub(super) type Parse<T> = fn(&[u8], &Limits) -> std::result::Result<T, LineError>;

pub(super) const ASSET: Parse<Asset> = parse_asset_line;
pub(super) const MODEL: Parse<Model> = parse_model_line;
pub(super) const LABEL: Parse<LabelAliases> = parse_label_line;

fn raw(document: &impl Serialize) -> Result<Box<RawValue>> {
    to_raw_value(document).map_err(|e| Error::bug(e.to_string()))
}

/// An asset as its line is written.
pub(super) fn asset(asset: &Asset) -> Result<Box<RawValue>> {
    raw(&AssetLine(asset))
}

/// A model as its line is written.
pub(super) fn model(model: &Model) -> Result<Box<RawValue>> {
    raw(&ModelLine(model))
}

/// Adds the documents of a bucket to a JSON array that is being written: `[` is there, `]` is not.
pub(super) fn write_bucket(
    asset: &Asset,
    bucket_ns: i64,
    with_vectors: bool,
    view: &BucketView,
    json: &mut Vec<u8>,
) -> Result<()> {
    let found: HashMap<AnnotationKey, &Annotation> =
        view.annotations.iter().map(|a| (a.annotation.key(), &a.annotation)).collect();
    let find = |key: AnnotationKey| found.get(&key).copied();
    let documents = bucket_documents(&asset.id, &asset.movie, &view.bucket, bucket_ns, with_vectors, &find);
    for document in documents {
        if json.len() > 1 {
            json.push(b',');
        }
        serde_json::to_writer(&mut *json, &document).map_err(|e| Error::bug(e.to_string()))?;
    }
    Ok(())
}
