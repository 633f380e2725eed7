//! Writes updates as bulk operations whose versions are commits.

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

use rushes_index::{AssetUpdate, is_new, space_of};
use rushes_types::{AssetDocument, AssetId, Change, Commit, ErrorKind, FusedAnnotation, Metric, Result};
use serde_json::{Value, json};

use crate::assets::AssetState;
use crate::backend::ElasticIndex;
use crate::bulk::{Sink, Target, send};
use crate::client::ApiRequest;
use crate::document::{Document, commit_number, is_even};
use crate::meta::{IndexInfo, State, VectorField, of_index};
use crate::names::{annotation_id, vector_field};
use crate::schema::{dense_vector, properties};
use crate::whole::Whole;

/// The document that replaces an erased annotation; it holds no content.
pub(crate) fn tombstone(asset: &AssetId, commit: Commit) -> Value {
    json!({"asset": asset.as_str(), "commit": commit_number(commit)})
}

/// The metric that a model's space is registered with.
fn metric_of(document: Option<&AssetDocument>, fused: &FusedAnnotation) -> Metric {
    let models = document.into_iter().flat_map(|d| &d.models);
    let registered = models.filter(|m| m.model == fused.annotation.model).find_map(|m| m.space.as_ref());
    registered.map_or(Metric::Cosine, |space| space.metric)
}

/// The fields of the updates' vectors.
fn fields_of(updates: &[&AssetUpdate]) -> Result<BTreeMap<String, VectorField>> {
    let mut fields = BTreeMap::new();
    for update in updates {
        for change in &update.changes {
            let Change::Put(fused) = change else { continue };
            let Some(vector) = fused.annotation.vector.as_ref().filter(|v| is_even(v)) else { continue };
            let space = space_of(update.document.as_ref(), &fused.annotation.model)?;
            let field = vector_field(&space, vector.len());
            let metric = metric_of(update.document.as_ref(), fused);
            fields.entry(field).or_insert(VectorField { space, dimensions: vector.len(), metric });
        }
    }
    Ok(fields)
}

impl ElasticIndex {
    /// Writes updates. Annotations go first and the assets last: if it fails in between, an asset's progress is still
    /// the old one and the update is sent again.
    pub(crate) fn write(&self, updates: &[AssetUpdate]) -> Result<()> {
        let mut ids: Vec<&AssetId> = updates.iter().map(|update| &update.asset).collect();
        ids.sort_unstable();
        ids.dedup();
        let state = self.meta.read()?;
        let mut assets: HashMap<AssetId, AssetState> = self.assets.newest(&ids)?;
        let (mut new, mut outcome) = (Vec::new(), Ok(()));
        for update in updates {
            let asset = assets.entry(update.asset.clone()).or_default();
            match is_new(update, asset.progress) {
                Ok(false) => {}
                Ok(true) => {
                    let now = self.clock.seconds();
                    asset.step(update.upto, update.document.as_ref(), &state.read_points, now);
                    new.push(update);
                }
                // The updates before the gap are indexed anyway.
                Err(gap) => {
                    outcome = Err(gap);
                    break;
                }
            }
        }
        if new.is_empty() {
            return outcome;
        }
        self.to_all(&state.info, &mut |filling| {
            self.make_fields(&state, &new, filling)?;
            send(&self.client, &self.config, |sink| {
                for update in &new {
                    self.put_annotations(sink, update, filling)?;
                    if let Some(asset) = assets.get_mut(&update.asset) {
                        asset.parts = self.put_buckets(sink, update, asset.parts)?;
                    }
                }
                Ok(())
            })
        })?;
        if new.iter().flat_map(|update| &update.changes).any(|change| matches!(change, Change::Erased(_))) {
            self.note_erasure()?;
        }
        send(&self.client, &self.config, |sink| {
            let changed = ids.iter().filter(|id| new.iter().any(|update| update.asset == ***id));
            let mut changed = changed.filter_map(|id| Some((*id, assets.get(*id)?)));
            changed.try_for_each(|(id, state)| self.put_asset(sink, id, state, false))
        })?;
        outcome
    }

    /// Writes annotations, also to the index that is being filled, if there is one. If a filling began or ended during
    /// the write, all of it is written again; so the filling process need not wait for writers that missed the
    /// announcement.
    pub(crate) fn to_all(
        &self,
        made: &IndexInfo,
        write: &mut dyn FnMut(Option<&str>) -> Result<()>,
    ) -> Result<()> {
        let mut made = made.clone();
        loop {
            let written = write(made.filling.map(|_| self.names.filling.as_str()));
            // A filling that has ended has no index; that does not matter here.
            if written.as_ref().is_err_and(|error| error.kind() != ErrorKind::NotFound) {
                return written;
            }
            let now = self.meta.info()?;
            if now.is_written_as(&made) {
                return written;
            }
            made = now;
        }
    }

    fn put_annotations(
        &self,
        sink: &mut Sink<'_>,
        update: &AssetUpdate,
        filling: Option<&str>,
    ) -> Result<()> {
        for change in &update.changes {
            let key = match change {
                Change::Put(fused) => fused.fused_key(),
                Change::Erased(key) => *key,
            };
            let id = annotation_id(&update.asset, key);
            for index in [self.names.annotations.as_str()].into_iter().chain(filling) {
                let target = Target { index, id: &id, version: update.upto, again: false };
                match change {
                    Change::Put(fused) => {
                        let space = space_of(update.document.as_ref(), &fused.annotation.model)?;
                        sink.index(target, &Document::new(fused, space, update.upto, &self.analyzer))?;
                    }
                    Change::Erased(_) => sink.index(target, &tombstone(&update.asset, update.upto))?,
                }
            }
        }
        Ok(())
    }

    /// Writes an asset; `again`: also over one of the same commit.
    pub(crate) fn put_asset(
        &self,
        sink: &mut Sink<'_>,
        id: &AssetId,
        state: &AssetState,
        again: bool,
    ) -> Result<()> {
        let target = Target { index: &self.names.assets, id: id.as_str(), version: state.progress, again };
        sink.index(target, &state.to_json())
    }

    /// Creates the fields that the updates' vectors need. A space is listed before its fields are created, perhaps by
    /// another process, which may be slower than this one or have ended in between; so each process creates each once.
    fn make_fields(&self, state: &State, updates: &[&AssetUpdate], filling: Option<&str>) -> Result<()> {
        let indices = [self.names.annotations.as_str()].into_iter().chain(filling);
        let mut fields = fields_of(updates)?;
        fields.retain(|field, _| !indices.clone().all(|index| self.has_field(state, index, field)));
        if fields.is_empty() {
            return Ok(());
        }
        let new: BTreeMap<String, VectorField> = fields
            .iter()
            .filter(|(f, _)| !state.spaces.contains_key(*f))
            .map(|(f, v)| (f.clone(), v.clone()))
            .collect();
        // Another process may have listed one first, with another metric.
        let all = if new.is_empty() { state.spaces.clone() } else { self.meta.add_spaces(&new)? };
        let made: Vec<(String, VectorField)> =
            fields.into_keys().filter_map(|field| Some((field.clone(), all.get(&field)?.clone()))).collect();
        for index in indices.clone() {
            self.map_fields(index, &made)?;
        }
        if self.config.buckets && self.config.bucket_vectors {
            self.map_bucket_fields(&made)?;
        }
        let mut mapped = self.mapped.lock().unwrap_or_else(PoisonError::into_inner);
        for index in indices {
            mapped.add(&state.info.incarnation, index, made.iter().map(|(field, _)| field.as_str()));
        }
        Ok(())
    }

    fn has_field(&self, state: &State, index: &str, field: &str) -> bool {
        let mapped = self.mapped.lock().unwrap_or_else(PoisonError::into_inner);
        mapped.has(&state.info.incarnation, index, field)
    }

    /// Puts vector fields into an index's mapping.
    pub(crate) fn map_fields(&self, index: &str, fields: &[(String, VectorField)]) -> Result<()> {
        if fields.is_empty() {
            return Ok(());
        }
        self.put_mapping(index, &self.field_properties(fields))
    }

    fn map_bucket_fields(&self, fields: &[(String, VectorField)]) -> Result<()> {
        let mut nested = self.field_properties(fields);
        nested["type"] = "nested".into();
        self.put_mapping(&self.names.buckets, &properties([("source_annotations".to_owned(), nested)]))
    }

    fn field_properties(&self, fields: &[(String, VectorField)]) -> Value {
        let field = |(name, field): &(String, VectorField)| {
            (name.clone(), dense_vector(field.dimensions, field.metric, self.config.approximate))
        };
        properties(fields.iter().map(field))
    }

    fn put_mapping(&self, index: &str, mapping: &Value) -> Result<()> {
        let body = mapping.to_string().into_bytes();
        let ask = ApiRequest::put(format!("/{index}/_mapping")).with(&body).must_be(Whole::Acknowledged);
        self.client.json(&ask).map(drop).map_err(|failure| of_index(index, failure))
    }

    /// Makes what was written visible to points in time that are opened from now on.
    pub(crate) fn refresh(&self) -> Result<()> {
        let names = [&self.names.annotations, &self.names.buckets, &self.names.assets];
        self.to_all(&self.meta.info()?, &mut |filling| {
            let all: Vec<&str> = names.into_iter().map(String::as_str).chain(filling).collect();
            let all = all.join(",");
            Ok(self.client.on_all_shards(&all, ApiRequest::post(format!("/{all}/_refresh"))).map(drop)?)
        })
    }
}
