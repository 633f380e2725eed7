//! Lines of assets, models and labels, and bucket documents, as `rushes_wire` reads and writes them.

use rushes_archive::BucketView;
use rushes_store::LabelAliases;
use rushes_types::{Asset, AssetId, Model, ModelRef, MovieId};
use serde_json::{Value, json};

pub(super) struct Refused {
    pub pointer: String,
    pub detail: String,
}
fn no(d: &str) -> Refused {
    Refused { pointer: String::new(), detail: d.to_owned() }
}
pub(super) fn parse_asset(b: &[u8]) -> Result<Asset, Refused> {
    let v: Value = serde_json::from_slice(b).map_err(|e| no(&e.to_string()))?;
    let id = v["asset_id"].as_str().ok_or_else(|| no("no asset_id"))?;
    Ok(Asset::new(
        AssetId::new(id).map_err(|e| no(&e.to_string()))?,
        MovieId::new(v["movie_id"].as_str().unwrap_or(id)).map_err(|e| no(&e.to_string()))?,
    ))
}
pub(super) fn parse_model(b: &[u8]) -> Result<Model, Refused> {
    let v: Value = serde_json::from_slice(b).map_err(|e| no(&e.to_string()))?;
    Ok(Model {
        model: ModelRef::parse(v["model"].as_str().unwrap_or("")).map_err(|e| no(&e.to_string()))?,
        types: vec![],
        language: None,
        space: None,
    })
}
pub(super) fn parse_label(_: &[u8]) -> Result<LabelAliases, Refused> {
    Err(no("stub"))
}
pub(super) fn asset(a: &Asset) -> Value {
    json!({"asset_id": a.id.as_str(), "movie_id": a.movie.as_str()})
}
pub(super) fn model(m: &Model) -> Value {
    json!({"model": m.model.as_str(), "types": []})
}
pub(super) fn label(l: &LabelAliases) -> Value {
    json!({"type": l.kind.as_str(), "label": l.label, "aliases": l.aliases})
}
pub(super) fn bucket(_: &Asset, _: i64, _: &BucketView) -> Vec<Value> {
    vec![]
}
