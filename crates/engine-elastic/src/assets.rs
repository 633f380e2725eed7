//! The assets: their documents for each readable generation, and the commit up to which each was applied.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rushes_index::ReadPoints;
use rushes_types::{AssetDocument, AssetId, Commit, Error, ErrorKind, Result};
use rushes_wire::codec::{decode_document, encode_document};
use serde_json::{Value, json};

use crate::client::{ApiRequest, Client};
use crate::names::Names;

/// What is known about an asset.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct AssetState {
    /// The commit it is applied up to.
    pub progress: Commit,
    /// Everything written up to this commit is erased, whether it is rewritten yet or not.
    pub erased_upto: Commit,
    /// Does the index still hold documents written up to `erased_upto`?
    pub erasing: bool,
    /// The most parts that a crowded bucket of it ever had.
    pub parts: u64,
    /// Its documents, each with the generation that added it, ascending; empty if it is erased.
    pub documents: Vec<(u64, Arc<AssetDocument>)>,
}

impl AssetState {
    /// The document that a reader of a generation saw.
    pub fn document(&self, generation: u64) -> Option<&Arc<AssetDocument>> {
        self.documents.iter().rev().find(|(of, _)| *of <= generation).map(|(_, document)| document)
    }

    /// Applies a step: a new document, or an erasure.
    pub fn step(&mut self, upto: Commit, document: Option<&AssetDocument>, points: &ReadPoints, now: u64) {
        self.progress = upto;
        let Some(document) = document else {
            *self = Self {
                progress: upto,
                erased_upto: upto,
                erasing: true,
                parts: self.parts,
                documents: Vec::new(),
            };
            return;
        };
        let generation = points.generation() + 1;
        let oldest = points.oldest_generation(now);
        self.documents.retain(|(of, _)| *of != generation);
        // Of the documents before the oldest read point, only the last is kept: it is what that read point sees.
        let unseen = self.documents.iter().filter(|(of, _)| *of <= oldest).count().saturating_sub(1);
        self.documents.drain(..unseen);
        self.documents.push((generation, Arc::new(document.clone())));
    }

    pub fn to_json(&self) -> Value {
        let document = |(generation, document): &(u64, Arc<AssetDocument>)| {
            let mut bytes = Vec::new();
            encode_document(document, &mut bytes);
            json!({"generation": generation, "body": BASE64_STANDARD.encode(bytes)})
        };
        json!({
            "progress": self.progress.0, "floor": self.erased_upto.0, "erasing": self.erasing, "parts": self.parts,
            "documents": self.documents.iter().map(document).collect::<Vec<_>>(),
        })
    }

    fn from_json(source: &Value) -> Result<Self> {
        let broken = || {
            Error::new(ErrorKind::Corrupt, "an asset of the index is damaged")
                .mend("`rushes rebuild` rebuilds the index")
        };
        let number = |name: &str| source.get(name).and_then(Value::as_u64).map(Commit).ok_or_else(broken);
        let document = |kept: &Value| {
            let generation = kept.get("generation").and_then(Value::as_u64).ok_or_else(broken)?;
            let body = kept.get("body").and_then(Value::as_str).ok_or_else(broken)?;
            let bytes = BASE64_STANDARD.decode(body).map_err(|_| broken())?;
            Ok((generation, Arc::new(decode_document(&bytes)?)))
        };
        let documents = source.get("documents").and_then(Value::as_array).ok_or_else(broken)?;
        Ok(Self {
            progress: number("progress")?,
            erased_upto: number("floor")?,
            erasing: source.get("erasing").and_then(Value::as_bool).unwrap_or_default(),
            parts: number("parts")?.0,
            documents: documents.iter().map(document).collect::<Result<_>>()?,
        })
    }
}

/// Operations on the assets index that may still be under way while later ones are seen.
const UNDER_WAY_MAX: i64 = 1_000;
/// Assets read at once.
const PAGE: usize = 1_000;

/// Reads assets, through a cache.
#[derive(Debug)]
pub(crate) struct Assets {
    client: Arc<Client>,
    alias: String,
    cache: Mutex<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    incarnation: String,
    /// The last operation seen.
    seen: i64,
    assets: BTreeMap<AssetId, AssetState>,
    /// The list of a generation.
    listed: Option<(u64, Listing)>,
}

/// The assets that a reader of a generation sees, ascending by id, and the commits up to which assets were erased.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub documents: Arc<[Arc<AssetDocument>]>,
    pub erased_upto: Arc<HashMap<AssetId, Commit>>,
}

impl Assets {
    pub fn new(client: Arc<Client>, names: &Names) -> Self {
        Self { client, alias: names.assets.clone(), cache: Mutex::default() }
    }

    /// The newest state of some assets, applied a moment ago or earlier; unknown ones are left out.
    pub fn newest(&self, ids: &[&AssetId]) -> Result<HashMap<AssetId, AssetState>> {
        let mut states = HashMap::new();
        for page in ids.chunks(PAGE) {
            let body = json!({"ids": page.iter().map(|id| id.as_str()).collect::<Vec<_>>()})
                .to_string()
                .into_bytes();
            let path = format!("/{}/_mget?filter_path=docs._id,docs._source,docs.error", self.alias);
            for doc in self.client.documents(&ApiRequest::post(path).with(&body))? {
                if let Some((id, source)) = doc.get("_id").and_then(Value::as_str).zip(doc.get("_source")) {
                    let id = AssetId::new(id).map_err(|e| Error::bug(e.to_string()))?;
                    states.insert(id, AssetState::from_json(source)?);
                }
            }
        }
        Ok(states)
    }

    /// What a reader of a generation sees. Reads only what changed since the last call.
    pub fn listing(&self, incarnation: &str, generation: u64) -> Result<Listing> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.incarnation != incarnation {
            *cache = Cache { incarnation: incarnation.to_owned(), seen: -1, ..Cache::default() };
        }
        if let Some((_, listing)) = cache.listed.as_ref().filter(|(of, _)| *of == generation) {
            return Ok(listing.clone());
        }
        self.refresh(&mut cache)?;
        let documents =
            cache.assets.values().filter_map(|state| state.document(generation).cloned()).collect();
        let erased_upto = cache.assets.iter().filter(|(_, state)| state.erased_upto > Commit::NONE);
        let erased_upto = erased_upto.map(|(id, state)| (id.clone(), state.erased_upto)).collect();
        let listing = Listing { documents, erased_upto: Arc::new(erased_upto) };
        // An erased asset must also vanish from the listings of earlier generations; so only the newest is cached.
        if cache.listed.as_ref().is_none_or(|(of, _)| *of < generation) {
            cache.listed = Some((generation, listing.clone()));
        }
        Ok(listing)
    }

    fn refresh(&self, cache: &mut Cache) -> Result<()> {
        let mut from = cache.seen.saturating_sub(UNDER_WAY_MAX).max(-1);
        loop {
            let body = json!({
                "query": {"range": {"_seq_no": {"gt": from}}}, "sort": [{"_seq_no": "asc"}], "size": PAGE,
                "track_total_hits": false,
            });
            let body = body.to_string().into_bytes();
            let shown = "hits.hits._id,hits.hits._source,hits.hits.sort";
            let ask = ApiRequest::search(&self.alias, shown, "").with(&body);
            let answer = self.client.json(&ask)?;
            let hits = answer.pointer("/hits/hits").and_then(Value::as_array).cloned().unwrap_or_default();
            for hit in &hits {
                let (Some(id), Some(source)) = (hit.get("_id").and_then(Value::as_str), hit.get("_source"))
                else {
                    continue;
                };
                let id = AssetId::new(id).map_err(|e| Error::bug(e.to_string()))?;
                cache.assets.insert(id, AssetState::from_json(source)?);
                from = hit.pointer("/sort/0").and_then(Value::as_i64).unwrap_or(from);
            }
            cache.seen = cache.seen.max(from);
            if hits.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// The assets of which something is still to be erased, as far as refreshed.
    pub fn erasing(&self) -> Result<Vec<(AssetId, AssetState)>> {
        let body = json!({"query": {"term": {"erasing": true}}, "size": PAGE}).to_string().into_bytes();
        // An erasure that is overlooked would leave its bytes after a purge that says that they are gone.
        let ask = ApiRequest::search(&self.alias, "hits.hits._id,hits.hits._source", "").with(&body);
        let answer = self.client.json(&ask)?;
        let hits = answer.pointer("/hits/hits").and_then(Value::as_array).cloned().unwrap_or_default();
        let state = |hit: &Value| {
            let id = hit.get("_id").and_then(Value::as_str).unwrap_or_default();
            let id = AssetId::new(id).map_err(|e| Error::bug(e.to_string()))?;
            Ok((id, AssetState::from_json(hit.get("_source").unwrap_or(&Value::Null))?))
        };
        hits.iter().map(state).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rushes_types::{Asset, MovieId};

    fn document(title: &str) -> AssetDocument {
        let mut asset = Asset::new(AssetId::new("a").unwrap(), MovieId::new("m").unwrap());
        asset.title = Some(title.to_owned());
        AssetDocument { asset, models: Vec::new(), analysed: Vec::new() }
    }

    #[test]
    fn documents_stay_while_a_read_point_sees_them() {
        let mut points = ReadPoints::default();
        let mut state = AssetState::default();
        for commit in 1..=3 {
            state.step(Commit(commit), Some(&document(&commit.to_string())), &points, 100);
            points.publish(Commit(commit), 100);
        }
        assert_eq!(state.documents.len(), 3);
        assert_eq!(AssetState::from_json(&state.to_json()).unwrap(), state);
        state.step(Commit(4), Some(&document("4")), &points, 1_000);
        assert_eq!(state.document(3).unwrap().asset.title.as_deref(), Some("3"));
        assert_eq!(state.documents.len(), 2);
        state.step(Commit(5), None, &points, 1_000);
        assert_eq!((state.erased_upto, state.erasing, state.documents.len()), (Commit(5), true, 0));
    }
}
