//! The index on Elasticsearch: its parts, and the calls of the index traits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rushes_index::{AssetUpdate, Clock, Index, IndexCapabilities, IndexCounts, IndexReader};
use rushes_text::{Analyzer, Language};
use rushes_types::{AssetId, Commit, ReadPoint, Result};
use serde_json::{Value, json};

use crate::assets::Assets;
use crate::client::{ApiRequest, Client};
use crate::compile::is_annotation;
use crate::config::ElasticConfig;
use crate::errors::of_search;
use crate::mapped::MappedFields;
use crate::meta::{Meta, State, WatchedFilling};
use crate::names::Names;
use crate::point_in_time::{PointInTime, Renewal};
use crate::purging::Purging;
use crate::reader::ElasticReader;
use crate::startup;

/// What an index needs besides the cluster.
#[derive(Debug, Clone)]
pub struct ElasticOptions {
    /// The clock for the age of superseded read points.
    pub clock: Clock,
    /// Tokenises and compares words.
    pub analyzer: Analyzer,
}

impl Default for ElasticOptions {
    fn default() -> Self {
        Self { clock: Clock::system(), analyzer: Analyzer::new(Language::Und) }
    }
}

/// An index on a cluster.
#[derive(Debug)]
pub struct ElasticIndex {
    pub(crate) client: Arc<Client>,
    pub(crate) config: Arc<ElasticConfig>,
    pub(crate) names: Names,
    pub(crate) meta: Arc<Meta>,
    pub(crate) assets: Assets,
    pub(crate) analyzer: Arc<Analyzer>,
    pub(crate) clock: Clock,
    /// Has this process applied updates that it has not published yet?
    pub(crate) unpublished: AtomicBool,
    /// The filling of a new index that this process saw last, to notice when it is abandoned.
    pub(crate) watched: Mutex<WatchedFilling>,
    /// Fields that this process has created, not to create them with every write.
    pub(crate) mapped: Mutex<MappedFields>,
    /// A purge that this process has begun.
    pub(crate) purging: Mutex<Purging>,
    /// The reader of the newest read point, with the index's incarnation and the generation.
    newest: Mutex<Option<(String, u64, Arc<ElasticReader>)>>,
}

impl ElasticIndex {
    /// Connects, checks cluster and indices, and creates the indices of a new archive.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Unavailable`] where no server answers or the cluster is not ready,
    /// [`rushes_types::ErrorKind::Unsupported`] for another engine or version or a changed mapping,
    /// [`rushes_types::ErrorKind::NotFound`] for a missing index, [`rushes_types::ErrorKind::StorageFull`] and
    /// [`rushes_types::ErrorKind::Misconfigured`] for one that takes no writes; each message says how to fix it.
    pub fn open(config: ElasticConfig, options: ElasticOptions) -> Result<Self> {
        let client = Client::new(&config)?;
        Self::open_with(client, config, options)
    }

    /// The same with the caller's client.
    pub(crate) fn open_with(client: Client, config: ElasticConfig, options: ElasticOptions) -> Result<Self> {
        let index = Self::unchecked(client, config, options);
        startup::check_cluster(&index.client)?;
        index.check_or_make()?;
        Ok(index)
    }

    /// Connects, deletes the archive's indices in whatever state they are, and creates empty ones.
    ///
    /// # Errors
    /// As [`ElasticIndex::open`], but for indices that are missing or were changed.
    pub fn recreate(config: ElasticConfig, options: ElasticOptions) -> Result<Self> {
        let client = Client::new(&config)?;
        let index = Self::unchecked(client, config, options);
        startup::check_cluster(&index.client)?;
        index.drop_indices()?;
        index.check_or_make()?;
        Ok(index)
    }

    fn unchecked(client: Client, config: ElasticConfig, options: ElasticOptions) -> Self {
        let client = Arc::new(client);
        let names = Names::new(&config.prefix);
        Self {
            meta: Arc::new(Meta::new(client.clone(), &names)),
            assets: Assets::new(client.clone(), &names),
            client,
            config: Arc::new(config),
            names,
            analyzer: Arc::new(options.analyzer),
            clock: options.clock,
            unpublished: AtomicBool::new(false),
            watched: Mutex::default(),
            mapped: Mutex::default(),
            purging: Mutex::default(),
            newest: Mutex::default(),
        }
    }

    fn check_or_make(&self) -> Result<()> {
        startup::check_or_make(&self.client, &self.config, &self.names, &self.meta)
    }

    /// Removes the archive's indices from the cluster.
    ///
    /// # Errors
    /// Those of the cluster.
    pub fn drop_indices(&self) -> Result<()> {
        self.forget();
        startup::delete_all(&self.client, &self.names)
    }

    pub(crate) fn forget(&self) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn open_reader(&self, state: State, at: ReadPoint, generation: u64) -> Result<Arc<ElasticReader>> {
        let renewal = Renewal { meta: self.meta.clone(), at: at.clone(), clock: self.clock.clone() };
        Ok(Arc::new(ElasticReader {
            listing: self.assets.listing(&state.info.incarnation, generation)?,
            point: PointInTime::open(
                &self.client,
                &self.names.annotations,
                renewal,
                self.config.cache_bytes,
            )?,
            at,
            state,
            analyzer: self.analyzer.clone(),
            config: self.config.clone(),
        }))
    }

    /// The reader of a read point: the one that is kept, for the newest.
    fn reader_at(&self, at: Option<&ReadPoint>) -> Result<Arc<dyn IndexReader>> {
        let state = self.meta.read()?;
        let (at, generation) = state.read_points.resolve(at, self.clock.seconds())?;
        if generation < state.read_points.generation() || at != ReadPoint::at(state.read_points.newest()) {
            let reader = self.open_reader(state, at, generation)?;
            return Ok(reader);
        }
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = newest.as_ref().filter(|(of, no, _)| *of == state.info.incarnation && *no == generation);
        if let Some((_, _, reader)) = kept {
            return Ok(reader.clone());
        }
        let incarnation = state.info.incarnation.clone();
        let reader = self.open_reader(state, at, generation)?;
        *newest = Some((incarnation, generation, reader.clone()));
        Ok(reader)
    }

    fn count(&self, query: &Value) -> Result<u64> {
        self.count_in(&self.names.annotations, query)
    }

    /// How many documents of an index a query finds, as far as refreshed. By a search, because `_count` skips
    /// unavailable shards and reports them only in a side field.
    pub(crate) fn count_in(&self, index: &str, query: &Value) -> Result<u64> {
        let body = json!({"query": query, "size": 0, "track_total_hits": true}).to_string().into_bytes();
        let answer = self.client.json(&ApiRequest::search(index, "hits.total.value", "").with(&body))?;
        Ok(answer.pointer("/hits/total/value").and_then(Value::as_u64).unwrap_or_default())
    }

    /// Segments of the annotations, and bytes of all.
    pub(crate) fn stats(&self) -> Result<(u64, u64)> {
        let all = self.names.all().join(",");
        let path = format!(
            "/{all}/_stats/segments,store?filter_path=_shards,indices.*.total,indices.*.primaries.segments.count"
        );
        let answer = self.client.on_all_shards(&all, ApiRequest::get(path))?;
        let (mut segments, mut bytes) = (0, 0);
        for (name, index) in answer.get("indices").and_then(Value::as_object).into_iter().flatten() {
            let number = |at: &str| index.pointer(at).and_then(Value::as_u64).unwrap_or_default();
            bytes += number("/total/store/size_in_bytes");
            if name.starts_with(&self.names.annotations) {
                segments += number("/primaries/segments/count");
            }
        }
        Ok((segments, bytes))
    }
}

impl Index for ElasticIndex {
    fn capabilities(&self) -> IndexCapabilities {
        IndexCapabilities {
            keeps_buckets: self.config.buckets,
            reindexes_online: true,
            purges_at_once: false,
        }
    }

    fn apply(&self, updates: &[AssetUpdate]) -> Result<()> {
        self.unpublished.store(true, Ordering::SeqCst);
        self.write(updates)
    }

    fn publish(&self, upto: Commit) -> Result<()> {
        self.unpublished.store(false, Ordering::SeqCst);
        self.refresh()?;
        if self.finish_erasing()? {
            self.refresh()?;
        }
        self.meta.publish(upto, self.clock.seconds())
    }

    fn progress(&self, asset: &AssetId) -> Result<Commit> {
        Ok(self.assets.newest(&[asset])?.get(asset).map_or(Commit::NONE, |state| state.progress))
    }

    fn reader(&self, at: Option<&ReadPoint>) -> Result<Arc<dyn IndexReader>> {
        self.reader_at(at).map_err(of_search)
    }

    fn maintain(&self) -> Result<bool> {
        self.tidy_up()
    }

    fn purge(&self) -> Result<bool> {
        self.expunge()
    }

    fn reindex(&self, step: &mut dyn FnMut(u64, u64) -> Result<()>) -> Result<u64> {
        self.reindex_annotations(step)
    }

    fn clear(&self) -> Result<()> {
        self.drop_indices()?;
        self.check_or_make()
    }

    fn counts(&self) -> Result<IndexCounts> {
        let (segments, bytes) = self.stats()?;
        Ok(IndexCounts {
            entries: self.count(&is_annotation())?,
            vectors: self.count(&json!({"exists": {"field": "space"}}))?,
            segments,
            bytes,
        })
    }
}
