//! Assets, models and labels.

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

use crate::client::{Outcome, Write};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use rushes_store::engine::{
    check_label, check_model, decode_asset, decode_label, decode_model, encode_asset, encode_label,
    encode_model,
};
use rushes_store::{Effect, LabelAliases, StoreCounts};
use rushes_types::{Asset, AssetId, Commit, Error, ErrorKind, Model, ModelRef, Result};

use crate::columns::{column, number};
use crate::slices::merged;
use crate::store::CassandraStore;
use crate::store::head::{self, kind};
use crate::store::schema::{slice, slices};
use crate::store::tx::Tx;

/// Assets that are changed at once.
const ASSETS_AT_ONCE: usize = 32;
/// Attempts to change the list of models while others do.
const ATTEMPTS: usize = 100;

type AssetRow = (String, Option<i32>, Option<i64>);

impl CassandraStore {
    /// Changes assets many at once, each by a conditional write of its own.
    async fn change_each(
        &self,
        assets: &[AssetId],
        decide: impl AsyncFn(&mut Tx<'_>) -> Result<Option<Commit>>,
    ) -> Result<Option<Commit>> {
        let decide = &decide;
        stream::iter(assets)
            .map(|asset| async move {
                // The lock is held briefly and not across awaits: this process may lose a race to itself, and then
                // decides again.
                let slot = self.states.of(asset);
                let mut state = std::mem::take(&mut *slot.lock().unwrap_or_else(PoisonError::into_inner));
                let changed = self.change(asset, &mut state, async |tx| decide(tx).await).await;
                drop(std::mem::replace(&mut *slot.lock().unwrap_or_else(PoisonError::into_inner), state));
                changed
            })
            .buffer_unordered(ASSETS_AT_ONCE)
            .try_fold(None, |last: Option<Commit>, one| async move { Ok(last.max(one)) })
            .await
    }

    pub(crate) async fn register(&self, assets: &[Asset]) -> Result<Option<Commit>> {
        // Where a request names an asset twice, only the last document is written.
        let last_words: BTreeMap<&AssetId, &Asset> = assets.iter().map(|a| (&a.id, a)).collect();
        let mut documents = HashMap::new();
        for (id, asset) in &last_words {
            documents.insert((*id).clone(), encode_asset(asset)?);
        }
        let ids: Vec<AssetId> = last_words.into_keys().cloned().collect();
        self.change_each(&ids, async |tx| {
            let document = documents.get(tx.asset);
            if tx.head.doc.as_ref() == document {
                return Ok(None);
            }
            tx.head.doc = document.cloned();
            Ok(Some(tx.commit_plain(Effect::Registered)))
        })
        .await
    }

    pub(crate) async fn find_asset(&self, id: &AssetId) -> Result<Option<Asset>> {
        let head = head::read(&self.cluster, id).await?;
        head.doc.map(|bytes| decode_asset(&bytes)).transpose()
    }

    pub(crate) async fn page_of_assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<Asset>> {
        let mut assets: Vec<Asset> = Vec::new();
        let mut after = after.cloned();
        while assets.len() < limit {
            let wanted = (limit - assets.len()).min(1_000);
            let ids = self.names(after.as_ref(), wanted, |(_, registered, _)| *registered == Some(1)).await?;
            let found = stream::iter(ids.iter().map(|id| self.find_asset(id)))
                .buffered(ASSETS_AT_ONCE)
                .try_collect::<Vec<_>>()
                .await?;
            assets.extend(found.into_iter().flatten());
            let ended = ids.len() < wanted;
            after = ids.into_iter().last().or(after);
            if ended {
                break;
            }
        }
        Ok(assets)
    }

    /// Assets in the order of their ids, filtered by their row in the list.
    async fn names(
        &self,
        after: Option<&AssetId>,
        limit: usize,
        wanted: impl Fn(&AssetRow) -> bool,
    ) -> Result<Vec<AssetId>> {
        const READ: &str =
            "SELECT asset, registered, commits FROM assets WHERE slice = ? AND asset > ? LIMIT ?";
        let after = after.map_or("", AssetId::as_str);
        merged::<_, AssetRow, _>(
            &self.cluster,
            READ,
            slices(),
            after,
            limit,
            |row| &row.0,
            |row| {
                if wanted(&row) { AssetId::new(&row.0).ok() } else { None }
            },
        )
        .await
    }

    pub(crate) async fn names_with_history(
        &self,
        after: Option<&AssetId>,
        limit: usize,
    ) -> Result<Vec<AssetId>> {
        self.names(after, limit, |(_, _, commits)| number(*commits) > 0).await
    }

    /// Counts, and the last commit.
    pub(crate) async fn sums(&self) -> Result<(StoreCounts, Commit)> {
        const SUM: &str = "SELECT sum(registered), sum(annotations), sum(commits), sum(bytes), max(last_commit) \
             FROM assets WHERE slice = ?";
        type Sums = (Option<i32>, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
        let mut counts = StoreCounts::default();
        let mut last = 0;
        for (assets, annotations, commits, bytes, latest) in self
            .cluster
            .rows_of_each::<Sums, _>(SUM, slices().map(|slice| (slice,)))
            .await?
            .into_iter()
            .flatten()
        {
            counts.assets += u64::try_from(assets.unwrap_or(0)).unwrap_or(0);
            counts.annotations += number(annotations);
            counts.commits += number(commits);
            counts.bytes += number(bytes);
            last = last.max(number(latest));
        }
        Ok((counts, Commit(last)))
    }

    /// All models, each with whether its change was announced to the assets it wrote on, and the version of the list.
    async fn model_rows(&self) -> Result<(Option<i64>, Vec<(Model, bool)>)> {
        const READ: &str = "SELECT version, value, told FROM models WHERE one = 0";
        type ModelRow = (Option<i64>, Option<Vec<u8>>, Option<bool>);
        let mut version = None;
        let mut models = Vec::new();
        for (at, value, told) in self.cluster.rows::<ModelRow>(READ, ()).await? {
            version = at;
            if let Some(value) = value {
                models.push((decode_model(&value)?, told == Some(true)));
            }
        }
        Ok((version, models))
    }

    pub(crate) async fn all_models(&self) -> Result<Vec<Model>> {
        Ok(self.model_rows().await?.1.into_iter().map(|(model, _)| model).collect())
    }

    /// Writes a model; `false` if it is stored already and was announced. `told`: no event needs to be written.
    pub(crate) async fn put_model(&self, model: &Model, told: bool) -> Result<bool> {
        const VERSION: &str = "UPDATE models SET version = ? WHERE one = 0 IF version = ?";
        const PUT: &str = "INSERT INTO models (one, model, value, told) VALUES (0, ?, ?, ?)";
        for _ in 0..ATTEMPTS {
            let (version, models) = self.model_rows().await?;
            check_model(model, models.iter().map(|(model, _)| model))?;
            if let Some((_, told)) = models.iter().find(|(other, _)| other == model) {
                return Ok(!*told);
            }
            let new = column(self.writers.stamp(number(version)));
            let name = model.model.as_str();
            let writes =
                [Write::new(VERSION, (new, version)), Write::new(PUT, (name, encode_model(model), told))];
            match self.cluster.conditional(&writes).await {
                Ok(Outcome::Applied) => return Ok(true),
                Ok(Outcome::Refused) => {}
                // The next read shows whether it happened.
                Err(e) if e.kind() == ErrorKind::OutcomeUnknown => {}
                Err(e) => return Err(e),
            }
        }
        Err(Error::new(ErrorKind::Busy, "others register models all the time").mend("send it again"))
    }

    pub(crate) async fn register_model(&self, model: &Model) -> Result<()> {
        if !self.put_model(model, false).await? {
            return Ok(());
        }
        // If the process stops here, some assets lack the event; sending the model again writes it.
        let used = self.used_on(&model.model).await?;
        self.change_each(&used, async |tx| Ok(Some(tx.commit_plain(Effect::Registered)))).await?;
        self.note_announced(model).await
    }

    /// Marks a model as announced, if it has not changed since.
    async fn note_announced(&self, model: &Model) -> Result<()> {
        const TOLD: &str = "UPDATE models SET told = true WHERE one = 0 AND model = ? IF value = ?";
        let write = Write::new(TOLD, (model.model.as_str(), encode_model(model)));
        match self.cluster.conditional(&[write]).await {
            Err(e) if e.kind() != ErrorKind::OutcomeUnknown => Err(e),
            _ => Ok(()),
        }
    }

    /// Records that a model writes on an asset, before it does.
    pub(crate) async fn note_use(&self, model: &ModelRef, asset: &AssetId) -> Result<()> {
        const NOTE: &str = "INSERT INTO model_uses (model, slice, asset) VALUES (?, ?, ?)";
        let asset = asset.as_str();
        self.cluster.write(NOTE, (model.as_str(), slice(asset), asset)).await
    }

    /// The assets that the model has a run or loose lines on, in the order of their ids.
    pub(crate) async fn used_on(&self, model: &ModelRef) -> Result<Vec<AssetId>> {
        const READ: &str = "SELECT asset FROM model_uses WHERE model = ? AND slice = ?";
        let keys = slices().map(|slice| (model.as_str(), slice));
        let names = self.cluster.rows_of_each::<(String,), _>(READ, keys).await?;
        let mut noted: Vec<AssetId> =
            names.into_iter().flatten().filter_map(|(name,)| AssetId::new(&name).ok()).collect();
        noted.sort_unstable();
        // A use is recorded once and may outlive the run or lines it was recorded for.
        let wrote = stream::iter(noted.iter().map(|asset| self.wrote_on(model, asset)))
            .buffered(ASSETS_AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        Ok(noted.into_iter().zip(wrote).filter_map(|(asset, wrote)| wrote.then_some(asset)).collect())
    }

    /// Has the model a run, or loose lines, on the asset?
    pub(crate) async fn wrote_on(&self, model: &ModelRef, asset: &AssetId) -> Result<bool> {
        if head::value(&self.cluster, asset, kind::USE, model.as_str()).await?.is_some() {
            return Ok(true);
        }
        Ok(self.run_rows(asset).await?.iter().any(|row| row.run.model == *model))
    }

    pub(crate) async fn set_labels(&self, labels: &[LabelAliases]) -> Result<()> {
        const PUT: &str = "INSERT INTO labels (one, kind, label, value) VALUES (0, ?, ?, ?)";
        const REMOVE: &str = "DELETE FROM labels WHERE one = 0 AND kind = ? AND label = ?";
        labels.iter().try_for_each(check_label)?;
        // The last entry of a label wins, as if they were written one after the other.
        let last: BTreeMap<(&str, &str), &LabelAliases> =
            labels.iter().map(|l| ((l.kind.as_str(), l.label.as_str()), l)).collect();
        let (kept, gone): (Vec<_>, Vec<_>) =
            last.into_iter().partition(|(_, label)| !label.aliases.is_empty());
        let puts = kept.into_iter().map(|((kind, label), aliases)| (kind, label, encode_label(aliases)));
        self.cluster.write_many(PUT, puts).await?;
        self.cluster.write_many(REMOVE, gone.into_iter().map(|(key, _)| key)).await
    }

    pub(crate) async fn all_labels(&self) -> Result<Vec<LabelAliases>> {
        const READ: &str = "SELECT value FROM labels WHERE one = 0";
        let rows = self.cluster.rows::<(Option<Vec<u8>>,)>(READ, ()).await?;
        rows.into_iter().map(|(value,)| decode_label(&value.unwrap_or_default())).collect()
    }
}
