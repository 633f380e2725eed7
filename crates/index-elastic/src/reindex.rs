//! A new index of annotations behind the same alias, filled while searches and writes go on.
//!
//! From the moment that the new index is announced, writers write to both. What was written before, or by a writer that had
//! not heard yet, is copied shard by shard in the order of operations, as often as there is more. Copies carry the version
//! that they were found in, so that a newer document is never overwritten. Then the alias moves in one step.

use rushes_index::space_of;
use rushes_types::{AssetId, Commit, Error, Result, SpaceId};
use serde_json::{Value, json};

use crate::backend::ElasticIndex;
use crate::bulk::{Sink, Target, send};
use crate::client::Ask;
use crate::document::{self, Document};
use crate::mapping;
use crate::meta::{VectorField, of_index};
use crate::names::{version_of, versioned};
use crate::startup::{look_up, make_version};
use crate::writer::tombstone;

/// Documents copied at once.
const PAGE: usize = 2_000;
/// Operations that may still be under way while later ones are seen.
const UNDER_WAY_MAX: i64 = 2_000;
/// Times of looking for more before the alias moves all the same: what comes later is written to both.
const ROUNDS_MAX: usize = 20;

/// Copies operations from one index to the other.
struct Copier<'i> {
    index: &'i ElasticIndex,
    from: String,
    to: String,
    /// By shard, the last operation copied.
    seen: Vec<i64>,
}

impl ElasticIndex {
    /// Makes the index of annotations anew, with the mapping of this version and the shards of the configuration. Searches and
    /// writes go on meanwhile; one process at a time may do this. Gives how many documents were copied.
    ///
    /// # Errors
    /// Those of the cluster. Called again, it begins anew.
    pub fn reindex(&self) -> Result<u64> {
        let alias = &self.names.annotations;
        let (from, _) = look_up(&self.client, alias)?
            .ok_or_else(|| Error::bug("the alias of the annotations is gone"))?;
        let version = version_of(alias, &from).unwrap_or(0) + 1;
        let to = versioned(alias, version);
        self.client.find(&Ask::delete(format!("/{to}?ignore_unavailable=true")))?;
        let settings = mapping::settings(&self.config);
        make_version(&self.client, alias, version, &mapping::annotations(), &settings, false)?;
        let state = self.meta.read()?;
        let fields: Vec<(String, VectorField)> = state.spaces.into_iter().collect();
        self.map_fields(&to, &fields)?;
        self.meta.change_made(&|made| made.filling = Some(version))?;
        // A space that came between the two.
        let late: Vec<_> = self.meta.read()?.spaces.into_iter().collect();
        self.map_fields(&to, &late)?;

        let mut copier = Copier { index: self, seen: vec![-1; self.shards_of(&from)?], from, to };
        let mut copied = copier.copy()?;
        for _ in 0..ROUNDS_MAX {
            let more = copier.copy()?;
            copied += more;
            if more == 0 {
                break;
            }
        }
        self.refresh()?;
        let body = json!({"actions": [
            {"remove": {"index": copier.from, "alias": alias}}, {"add": {"index": copier.to, "alias": alias}},
        ]});
        let body = body.to_string().into_bytes();
        self.client.json(&Ask::post("/_aliases").with(&body))?;
        // Of whoever was writing at that moment.
        copied += copier.copy()?;
        self.meta.change_made(&|made| made.filling = None)?;
        self.refresh()?;
        self.client.find(&Ask::delete(format!("/{}?ignore_unavailable=true", copier.from)))?;
        Ok(copied)
    }

    fn shards_of(&self, index: &str) -> Result<usize> {
        let path = format!("/{index}/_settings/index.number_of_shards?flat_settings=true");
        let answer = self.client.json(&Ask::get(path))?;
        let shards = answer.pointer(&format!("/{index}/settings/index.number_of_shards"));
        let shards = shards.and_then(Value::as_str).and_then(|text| text.parse().ok());
        shards.ok_or_else(|| Error::bug(format!("index `{index}` does not say how many shards it has")))
    }
}

impl Copier<'_> {
    /// Copies what came since the last time; how many documents were new.
    fn copy(&mut self) -> Result<u64> {
        let refresh = Ask::post(format!("/{}/_refresh", self.from));
        self.index.client.json(&refresh).map_err(|failure| of_index(&self.from, failure))?;
        let mut copied = 0;
        for shard in 0..self.seen.len() {
            copied += self.copy_shard(shard)?;
        }
        Ok(copied)
    }

    fn copy_shard(&mut self, shard: usize) -> Result<u64> {
        let known = self.seen.get(shard).copied().unwrap_or(-1);
        let mut at = known.saturating_sub(UNDER_WAY_MAX).max(-1);
        let mut copied = 0;
        loop {
            let hits = self.page(shard, at)?;
            send(&self.index.client, &self.index.config, |sink| {
                hits.iter().try_for_each(|hit| self.put(sink, hit))
            })?;
            let seq_nos = hits.iter().filter_map(|hit| hit.pointer("/sort/0").and_then(Value::as_i64));
            for seq_no in seq_nos {
                copied += u64::from(seq_no > known);
                at = at.max(seq_no);
            }
            if hits.len() < PAGE {
                break;
            }
        }
        if let Some(seen) = self.seen.get_mut(shard) {
            *seen = at.max(known);
        }
        Ok(copied)
    }

    fn page(&self, shard: usize, after: i64) -> Result<Vec<Value>> {
        let body = json!({
            "query": {"range": {"_seq_no": {"gt": after}}}, "sort": [{"_seq_no": "asc"}], "size": PAGE,
            "version": true, "track_total_hits": false,
            "docvalue_fields": ["asset", "commit", "body", "vector", "space"],
        });
        let body = body.to_string().into_bytes();
        let path =
            format!("/{}/_search?allow_partial_search_results=false&preference=_shards:{shard}", self.from);
        let path =
            format!("{path}&filter_path=hits.hits._id,hits.hits._version,hits.hits.fields,hits.hits.sort");
        let mut answer = self.index.client.json(&Ask::post(path).with(&body))?;
        let hits = answer.pointer_mut("/hits/hits").map(Value::take);
        Ok(match hits {
            Some(Value::Array(hits)) => hits,
            _ => Vec::new(),
        })
    }

    fn put(&self, sink: &mut Sink<'_>, hit: &Value) -> Result<()> {
        let broken = || Error::bug(format!("a document of index `{}` lacks what all have", self.from));
        let text = |field: &str| hit.pointer(&format!("/fields/{field}/0")).and_then(Value::as_str);
        let id = hit.get("_id").and_then(Value::as_str).ok_or_else(broken)?;
        let version = Commit(hit.get("_version").and_then(Value::as_u64).ok_or_else(broken)?);
        let commit = Commit(hit.pointer("/fields/commit/0").and_then(Value::as_u64).ok_or_else(broken)?);
        let asset = text("asset").and_then(|asset| AssetId::new(asset).ok()).ok_or_else(broken)?;
        let target = Target { index: &self.to, is_alias: false, id, version, again: false };
        let Some(body) = text("body") else { return sink.index(target, &tombstone(&asset, commit)) };
        let fused = document::read(&asset, body, text("vector"))?;
        let space = match text("space").and_then(|space| SpaceId::new(space).ok()) {
            Some(space) => space,
            None => space_of(None, &fused.annotation.model)?,
        };
        sink.index(target, &Document::new(&fused, space, commit, &self.index.analyzer))
    }
}
