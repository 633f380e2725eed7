//! Copies an index of annotations to another, shard by shard in the order of operations, repeatedly until there is
//! nothing new. Copies keep the version of the source document, so that a newer document is never overwritten.

use rushes_index::space_of;
use rushes_types::{AssetId, Commit, Error, Result, SpaceId};
use serde_json::{Value, json};

use crate::backend::ElasticIndex;
use crate::bulk::{Sink, Target, send};
use crate::client::ApiRequest;
use crate::document::{self, Document};
use crate::meta::of_index;
use crate::writer::tombstone;

/// Documents copied at once.
const PAGE: usize = 2_000;
/// Operations that may still be under way while later ones are seen.
const UNDER_WAY_MAX: i64 = 2_000;

/// Copies operations from one index to another.
pub(crate) struct Copier<'i> {
    index: &'i ElasticIndex,
    /// The index that is copied.
    from: String,
    /// The alias of the target.
    to: &'i str,
    /// The last operation copied, by shard.
    seen: Vec<i64>,
    /// Documents copied so far.
    copied: u64,
    /// How many there were at the start.
    total: u64,
}

impl<'i> Copier<'i> {
    /// Nothing is copied yet.
    pub fn new(index: &'i ElasticIndex, from: String, to: &'i str) -> Result<Self> {
        let (shards, total) = (shards_of(index, &from)?, index.count_in(&from, &json!({"match_all": {}}))?);
        Ok(Self { index, from, to, seen: vec![-1; shards], copied: 0, total })
    }

    /// How many documents were copied.
    pub const fn copied(&self) -> u64 {
        self.copied
    }

    /// Copies what was added since the last call; returns how many documents were new. After each page `step` is called
    /// with the number copied so far and the total; its error stops the copying.
    pub fn copy(&mut self, step: &mut dyn FnMut(u64, u64) -> Result<()>) -> Result<u64> {
        let refresh = ApiRequest::post(format!("/{}/_refresh", self.from));
        let refreshed = self.index.client.on_all_shards(&self.from, refresh);
        refreshed.map_err(|failure| of_index(&self.from, failure))?;
        let before = self.copied;
        for shard in 0..self.seen.len() {
            self.copy_shard(shard, step)?;
        }
        Ok(self.copied - before)
    }

    fn copy_shard(&mut self, shard: usize, step: &mut dyn FnMut(u64, u64) -> Result<()>) -> Result<()> {
        let known = self.seen.get(shard).copied().unwrap_or(-1);
        let mut at = known.saturating_sub(UNDER_WAY_MAX).max(-1);
        loop {
            let hits = self.page(shard, at)?;
            self.put_page(&hits)?;
            let seq_nos = hits.iter().filter_map(|hit| hit.pointer("/sort/0").and_then(Value::as_i64));
            for seq_no in seq_nos {
                self.copied += u64::from(seq_no > known);
                at = at.max(seq_no);
            }
            step(self.copied, self.total.max(self.copied))?;
            if hits.len() < PAGE {
                break;
            }
        }
        if let Some(seen) = self.seen.get_mut(shard) {
            *seen = at.max(known);
        }
        Ok(())
    }

    fn page(&self, shard: usize, after: i64) -> Result<Vec<Value>> {
        let body = json!({
            "query": {"range": {"_seq_no": {"gt": after}}}, "sort": [{"_seq_no": "asc"}], "size": PAGE,
            "version": true, "track_total_hits": false,
            "docvalue_fields": ["asset", "commit", "body", "vector", "space"],
        });
        let body = body.to_string().into_bytes();
        let shown = "hits.hits._id,hits.hits._version,hits.hits.fields,hits.hits.sort";
        let of_shard = format!("&preference=_shards:{shard}");
        let ask = ApiRequest::search(&self.from, shown, &of_shard).with(&body);
        let mut answer = self.index.client.json(&ask)?;
        let hits = answer.pointer_mut("/hits/hits").map(Value::take);
        Ok(match hits {
            Some(Value::Array(hits)) => hits,
            _ => Vec::new(),
        })
    }

    /// Writes a page. If it is rejected, the field of a new space may be missing; adds the fields and tries again.
    fn put_page(&self, hits: &[Value]) -> Result<()> {
        let put = || {
            send(&self.index.client, &self.index.config, |sink| {
                hits.iter().try_for_each(|hit| self.put(sink, hit))
            })
        };
        put().or_else(|_| self.map_all_fields().and_then(|()| put()))
    }

    /// Makes the fields of all spaces.
    pub fn map_all_fields(&self) -> Result<()> {
        let fields: Vec<_> = self.index.meta.read()?.spaces.into_iter().collect();
        self.index.map_fields(self.to, &fields)
    }

    fn put(&self, sink: &mut Sink<'_>, hit: &Value) -> Result<()> {
        let broken = || Error::bug(format!("a document of index `{}` lacks what all have", self.from));
        let text = |field: &str| hit.pointer(&format!("/fields/{field}/0")).and_then(Value::as_str);
        let id = hit.get("_id").and_then(Value::as_str).ok_or_else(broken)?;
        let version = Commit(hit.get("_version").and_then(Value::as_u64).ok_or_else(broken)?);
        let commit = Commit(hit.pointer("/fields/commit/0").and_then(Value::as_u64).ok_or_else(broken)?);
        let asset = text("asset").and_then(|asset| AssetId::new(asset).ok()).ok_or_else(broken)?;
        let target = Target { index: self.to, id, version, again: false };
        let Some(body) = text("body") else { return sink.index(target, &tombstone(&asset, commit)) };
        let fused = document::read(&asset, body, text("vector"))?;
        let space = match text("space").and_then(|space| SpaceId::new(space).ok()) {
            Some(space) => space,
            None => space_of(None, &fused.annotation.model)?,
        };
        sink.index(target, &Document::new(&fused, space, commit, &self.index.analyzer))
    }
}

fn shards_of(index: &ElasticIndex, name: &str) -> Result<usize> {
    let path = format!("/{name}/_settings/index.number_of_shards?flat_settings=true");
    let answer = index.client.json(&ApiRequest::get(path))?;
    let shards = answer.pointer(&format!("/{name}/settings/index.number_of_shards"));
    let shards = shards.and_then(Value::as_str).and_then(|text| text.parse().ok());
    shards.ok_or_else(|| Error::bug(format!("index `{name}` does not say how many shards it has")))
}
