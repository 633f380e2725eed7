//! Assets, models and labels.

use std::collections::HashMap;

use rushes_types::{Asset, AssetId, Commit, Error, ErrorKind, LabelAliases, Model, ModelRef, Result};

use rushes_kv::Folder;

use super::keys::{self, kind};
use super::tables;
use super::tx::Tx;
use crate::Effect;
use crate::records::{decode_asset, decode_model, encode_asset, encode_label, encode_model};
use crate::rules::{check_label, check_model};

impl Tx<'_> {
    pub(super) fn put_assets(&mut self, assets: &[Asset]) -> Result<Option<Commit>> {
        // Of an asset named twice in a request, only the last document is written.
        let last_words: HashMap<&AssetId, usize> =
            assets.iter().enumerate().map(|(i, a)| (&a.id, i)).collect();
        let mut last = None;
        for (i, asset) in assets.iter().enumerate() {
            if last_words.get(&asset.id) != Some(&i) {
                continue;
            }
            let key = keys::asset(&asset.id);
            match self.get(&key)? {
                Some(bytes) if decode_asset(&bytes)? == *asset => continue,
                Some(_) => {}
                None => self.counters.assets += 1,
            }
            self.put(key, encode_asset(asset)?);
            last = Some(self.commit(&asset.id, &Effect::Registered));
        }
        Ok(last)
    }

    /// Writes a model; `false` where it is there already.
    pub(super) fn put_model(&mut self, model: &Model) -> Result<bool> {
        let registered = models(self.folder)?;
        check_model(model, registered.iter())?;
        if registered.contains(model) {
            return Ok(false);
        }
        self.put(keys::model(&model.model), encode_model(model));
        Ok(true)
    }

    pub(super) fn register_model(&mut self, model: &Model) -> Result<()> {
        if !self.put_model(model)? {
            return Ok(());
        }
        for asset in self.used_on(&model.model)? {
            self.commit(&asset, &Effect::Registered);
        }
        Ok(())
    }

    /// The assets that the model has a run or loose lines on.
    pub(super) fn used_on(&self, model: &ModelRef) -> Result<Vec<AssetId>> {
        let prefix = keys::model_uses(model);
        let mut assets = Vec::new();
        tables::each_row(self.folder, &prefix, |key, _| {
            let id = keys::text_after(key, &prefix).and_then(|id| AssetId::new(id).ok());
            assets.push(id.ok_or_else(|| Error::bug("an asset's key is no id"))?);
            Ok(())
        })?;
        let mut used = Vec::new();
        for asset in assets {
            // A use is noted once and may outlive its runs.
            let loose = self.loose_scope(&asset, model)?.is_some();
            if loose || self.runs_of(&asset)?.iter().any(|row| row.run.model == *model) {
                used.push(asset);
            }
        }
        Ok(used)
    }

    pub(super) fn put_labels(&mut self, labels: &[LabelAliases]) -> Result<()> {
        labels.iter().try_for_each(check_label)?;
        for label in labels {
            let key = keys::label(label.kind.as_str(), &label.label);
            if label.aliases.is_empty() {
                self.remove(key);
            } else {
                self.put(key, encode_label(label));
            }
        }
        Ok(())
    }
}

/// All models, by name and version.
pub(super) fn models(folder: &Folder) -> Result<Vec<Model>> {
    let mut models = Vec::new();
    tables::each_row(folder, &[kind::MODEL], |_, value| {
        models.push(decode_model(value)?);
        Ok(())
    })?;
    Ok(models)
}

/// Ids of all assets that ever had a commit: one seek an asset, however long its history is.
pub(super) fn assets_with_history(
    folder: &Folder,
    after: Option<&AssetId>,
    limit: usize,
) -> Result<Vec<AssetId>> {
    let mut from = after.map_or(vec![kind::HISTORY], keys::after_history_of);
    let mut found = Vec::new();
    while found.len() < limit {
        let first = tables::page(folder, from, vec![kind::HISTORY + 1], 1, |key, _| {
            keys::asset_of_history(key).ok_or_else(|| {
                Error::new(ErrorKind::Corrupt, "a history row's key names no asset")
                    .mend("run `rushes verify`")
            })
        })?;
        let Some(asset) = first.into_iter().next() else { break };
        from = keys::after_history_of(&asset);
        found.push(asset);
    }
    Ok(found)
}
