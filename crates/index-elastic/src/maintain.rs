//! Removing: what was erased at once, what no read point needs later, and the bytes of both.

use std::time::Duration;

use rushes_types::{AssetId, Commit, Result};
use serde_json::{Value, json};

use crate::assets::AssetState;
use crate::backend::ElasticIndex;
use crate::bulk::{Target, send};
use crate::client::Ask;
use crate::compile::{all_of, is_annotation};
use crate::document::commit_number;
use crate::writer::tombstone;

/// Documents looked at in one go.
const PAGE: usize = 5_000;
/// Segments above which a small index is merged; a large one is left to the engine's own policy.
const SEGMENTS_MAX: u64 = 7;
const MERGE_BYTES_MAX: u64 = 256 << 20;
/// How long a merge may take.
const MERGE_TIME: Duration = Duration::from_secs(1_800);

/// A document of a page.
struct Named {
    id: String,
    version: u64,
}

impl ElasticIndex {
    /// Some documents of an alias that a query finds, as far as refreshed.
    fn some(&self, alias: &str, query: &Value) -> Result<Vec<Named>> {
        let body = json!({
            "query": query, "size": PAGE, "_source": false, "version": true, "track_total_hits": false,
            "sort": ["_doc"],
        });
        let body = body.to_string().into_bytes();
        let path = format!("/{alias}/_search?allow_partial_search_results=false");
        let path = format!("{path}&filter_path=hits.hits._id,hits.hits._version");
        let answer = self.client.json(&Ask::post(path).with(&body))?;
        let hits = answer.pointer("/hits/hits").and_then(Value::as_array);
        let named = |hit: &Value| {
            let id = hit.get("_id")?.as_str()?.to_owned();
            Some(Named { id, version: hit.get("_version")?.as_u64()? })
        };
        Ok(hits.into_iter().flatten().filter_map(named).collect())
    }

    fn refresh_one(&self, alias: &str) -> Result<()> {
        Ok(self.client.json(&Ask::post(format!("/{alias}/_refresh"))).map(drop)?)
    }

    /// Empties what is left of erased assets; says whether there was anything.
    pub(crate) fn finish_erasing(&self) -> Result<bool> {
        let erasing = self.assets.erasing()?;
        for (asset, state) in &erasing {
            self.erase_asset(asset, state)?;
        }
        Ok(!erasing.is_empty())
    }

    fn erase_asset(&self, asset: &AssetId, state: &AssetState) -> Result<()> {
        let before = json!({"range": {"commit": {"lte": commit_number(state.floor)}}});
        let annotations =
            all_of(vec![json!({"term": {"asset": asset.as_str()}}), before.clone(), is_annotation()]);
        let buckets = all_of(vec![json!({"term": {"associated_ids.ASSET_ID": asset.as_str()}}), before]);
        let filling = self.filling(&self.meta.read()?.made);
        loop {
            let found = self.some(&self.names.annotations, &annotations)?;
            send(&self.client, &self.config, |sink| {
                for named in &found {
                    let alias = Some((self.names.annotations.as_str(), true));
                    for (index, is_alias) in alias.into_iter().chain(filling.as_deref().map(|f| (f, false))) {
                        let target =
                            Target { index, is_alias, id: &named.id, version: state.floor, again: true };
                        sink.index(target, &tombstone(asset, state.floor))?;
                    }
                }
                Ok(())
            })?;
            self.refresh_one(&self.names.annotations)?;
            if found.len() < PAGE {
                break;
            }
        }
        while self.remove_some(&self.names.buckets, &buckets)? {}
        let done = AssetState { erasing: false, ..state.clone() };
        send(&self.client, &self.config, |sink| self.put_asset(sink, asset, &done, true))
    }

    /// Removes some documents that a query finds, in the version that was found; says whether there may be more.
    pub(crate) fn remove_some(&self, alias: &str, query: &Value) -> Result<bool> {
        let found = self.some(alias, query)?;
        send(&self.client, &self.config, |sink| {
            found.iter().try_for_each(|Named { id, version }| {
                let target =
                    Target { index: alias, is_alias: true, id, version: Commit(*version), again: true };
                sink.delete(target)
            })
        })?;
        if !found.is_empty() {
            self.refresh_one(alias)?;
        }
        Ok(found.len() == PAGE)
    }

    /// Removes what no read point can see any more, and joins the many small segments of a small index.
    pub(crate) fn tidy_up(&self) -> Result<bool> {
        let oldest = self.meta.read()?.read_points.oldest_readable(self.clock.seconds());
        let dead = json!({"bool": {
            "filter": [{"range": {"died": {"lte": commit_number(oldest)}}}],
            "must_not": [{"term": {"kept": true}}],
        }});
        if self.remove_some(&self.names.annotations, &dead)? {
            return Ok(true);
        }
        let (segments, bytes) = self.stats()?;
        if segments > SEGMENTS_MAX * u64::from(self.config.shards) && bytes < MERGE_BYTES_MAX {
            self.merge(&self.names.annotations, "max_num_segments=1")?;
        }
        Ok(false)
    }

    fn merge(&self, alias: &str, how: &str) -> Result<()> {
        let ask = Ask::post(format!("/{alias}/_forcemerge?{how}")).within(MERGE_TIME);
        Ok(self.client.json(&ask).map(drop)?)
    }

    /// Rewrites every segment that holds something erased or removed.
    pub(crate) fn expunge(&self) -> Result<()> {
        self.refresh()?;
        self.finish_erasing()?;
        let all = self.names.all().join(",");
        let flush = Ask::post(format!("/{all}/_flush?force=true&wait_if_ongoing=true")).within(MERGE_TIME);
        self.client.json(&flush)?;
        self.merge(&all, "only_expunge_deletes=true")?;
        Ok(self.client.json(&flush).map(drop)?)
    }
}
