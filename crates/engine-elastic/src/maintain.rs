//! Removal: erased documents at once, and later those that no read point needs.

use std::sync::atomic::Ordering;

use rushes_types::{AssetId, Commit, Result};
use serde_json::{Value, json};

use crate::assets::AssetState;
use crate::backend::ElasticIndex;
use crate::bulk::{Target, send};
use crate::client::ApiRequest;
use crate::compile::{all_of, is_annotation};
use crate::document::commit_number;
use crate::expunge::MERGE_TIME;
use crate::writer::tombstone;

/// Documents per page.
const PAGE: usize = 5_000;
/// Segments above which a small index is merged; a large one is left to the engine's own policy.
const SEGMENTS_MAX: u64 = 7;
const MERGE_BYTES_MAX: u64 = 256 << 20;

/// Pages of dead documents that are removed in one call.
const PAGES_MAX: usize = 20;

/// A document of a page.
struct DocumentVersion {
    id: String,
    version: u64,
    /// The operation that wrote it, counted by shard.
    seq_no: i64,
}

impl ElasticIndex {
    /// A page of documents of an alias that a query finds, as far as refreshed, written by operations after `after`.
    fn some(&self, alias: &str, query: &Value, after: i64) -> Result<Vec<DocumentVersion>> {
        let body = json!({
            "query": query, "size": PAGE, "_source": false, "version": true, "track_total_hits": false,
            "sort": [{"_seq_no": "asc"}], "search_after": [after],
        });
        let body = body.to_string().into_bytes();
        let shown = "hits.hits._id,hits.hits._version,hits.hits.sort";
        let answer = self.client.json(&ApiRequest::search(alias, shown, "").with(&body))?;
        let hits = answer.pointer("/hits/hits").and_then(Value::as_array);
        let named = |hit: &Value| {
            let id = hit.get("_id")?.as_str()?.to_owned();
            let seq_no = hit.pointer("/sort/0")?.as_i64()?;
            Some(DocumentVersion { id, version: hit.get("_version")?.as_u64()?, seq_no })
        };
        Ok(hits.into_iter().flatten().filter_map(named).collect())
    }

    fn refresh_one(&self, alias: &str) -> Result<()> {
        Ok(self.client.on_all_shards(alias, ApiRequest::post(format!("/{alias}/_refresh"))).map(drop)?)
    }

    /// Removes what is left of erased assets; returns whether there was anything.
    pub(crate) fn finish_erasing(&self) -> Result<bool> {
        let erasing = self.assets.erasing()?;
        for (asset, state) in &erasing {
            self.erase_asset(asset, state)?;
        }
        Ok(!erasing.is_empty())
    }

    fn erase_asset(&self, asset: &AssetId, state: &AssetState) -> Result<()> {
        let before = json!({"range": {"commit": {"lte": commit_number(state.erased_upto)}}});
        let annotations =
            all_of(vec![json!({"term": {"asset": asset.as_str()}}), before.clone(), is_annotation()]);
        let buckets = all_of(vec![json!({"term": {"associated_ids.ASSET_ID": asset.as_str()}}), before]);
        self.to_all(&self.meta.info()?, &mut |filling| {
            loop {
                let found = self.some(&self.names.annotations, &annotations, -1)?;
                send(&self.client, &self.config, |sink| {
                    for named in &found {
                        for index in [self.names.annotations.as_str()].into_iter().chain(filling) {
                            let target =
                                Target { index, id: &named.id, version: state.erased_upto, again: true };
                            sink.index(target, &tombstone(asset, state.erased_upto))?;
                        }
                    }
                    Ok(())
                })?;
                self.refresh_one(&self.names.annotations)?;
                if found.len() < PAGE {
                    return Ok(());
                }
            }
        })?;
        loop {
            let found = self.some(&self.names.buckets, &buckets, -1)?;
            self.remove(&self.names.buckets, &found)?;
            self.refresh_one(&self.names.buckets)?;
            if found.len() < PAGE {
                break;
            }
        }
        self.note_erasure()?;
        let done = AssetState { erasing: false, ..state.clone() };
        send(&self.client, &self.config, |sink| self.put_asset(sink, asset, &done, true))
    }

    /// Removes documents, if they still have the version that was found.
    fn remove(&self, alias: &str, found: &[DocumentVersion]) -> Result<()> {
        send(&self.client, &self.config, |sink| {
            found.iter().try_for_each(|DocumentVersion { id, version, .. }| {
                let target = Target { index: alias, id, version: Commit(*version), again: true };
                sink.delete(target)
            })
        })
    }

    /// Removes what no read point can see any more, and merges the small segments of a small index.
    pub(crate) fn tidy_up(&self) -> Result<bool> {
        let state = self.meta.read()?;
        self.give_up_abandoned(&state.info)?;
        if state.info.copied_erased && self.expunge()? {
            self.meta.update_info(&|made| {
                made.copied_erased = false;
                Ok(())
            })?;
        }
        let oldest = state.read_points.oldest_readable(self.clock.seconds());
        let dead = json!({"bool": {
            "filter": [{"range": {"died": {"lte": commit_number(oldest)}}}],
            "must_not": [{"term": {"kept": true}}],
        }});
        // No refresh here, that is left to a publish: until then they are found again, and removing them again has no
        // effect.
        let mut after = -1;
        for _ in 0..PAGES_MAX {
            let found = self.some(&self.names.annotations, &dead, after)?;
            self.remove(&self.names.annotations, &found)?;
            match found.last() {
                Some(last) if found.len() == PAGE => after = last.seq_no,
                _ => break,
            }
        }
        let (segments, bytes) = self.stats()?;
        // Not between an `apply` and its `publish`: a merge makes written documents visible, and an erasure would be
        // seen too early.
        let published = !self.unpublished.load(Ordering::SeqCst);
        if published && segments > SEGMENTS_MAX * u64::from(self.config.shards) && bytes < MERGE_BYTES_MAX {
            self.merge(&self.names.annotations, "max_num_segments=1")?;
        }
        Ok(false)
    }

    /// Merges segments, which may take long.
    pub(crate) fn merge(&self, names: &str, how: &str) -> Result<()> {
        let ask = ApiRequest::post(format!("/{names}/_forcemerge?{how}")).within(MERGE_TIME);
        Ok(self.client.on_all_shards(names, ask).map(drop)?)
    }
}
