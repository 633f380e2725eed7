//! Examining the whole store: every asset that heads or chains speak of.

use std::collections::BTreeSet;
use std::time::Duration;

use rushes_types::{AssetId, ErrorKind, Result};

use crate::store::CassandraStore;
use crate::store::guard::place;
use crate::store::head;
use crate::store::look::look;
use crate::store::walk;

/// Examinations of an asset in which something is wrong, while others change it.
const LOOKS: usize = 5;
/// The pause between them.
const PAUSE: Duration = Duration::from_millis(100);
/// Assets that a quick look picks, besides those that the writers changed last.
const LOOKED_AT: usize = 64;

impl CassandraStore {
    /// Goes through all that is kept. See [`rushes_store::AnnotationStore::examine`].
    pub(crate) fn examine_all(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        let mut wrong: Vec<String> = self.damage.clone().into_iter().collect();
        let (mut after, mut done) = (None, BTreeSet::new());
        loop {
            let (names, next) = self.cluster.block_on(walk::all_assets(&self.cluster, after))?;
            for name in names {
                let Ok(asset) = AssetId::new(&name) else {
                    wrong.push(format!("there are rows of `{name}`, which is no asset's id"));
                    continue;
                };
                // Assets that only chains speak of come behind all others.
                if matches!(after, Some(walk::Place::Chains(_))) && self.is_examined(&asset, &mut done)? {
                    continue;
                }
                let (bytes, found) = self.cluster.block_on(self.examine_calmly(&asset))?;
                wrong.extend(found.into_iter().map(|found| format!("asset `{asset}`: {found}")));
                progress(bytes)?;
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(wrong),
            }
        }
    }

    /// Was the asset examined already? It was if it has a head; `done` has those that have none.
    fn is_examined(&self, asset: &AssetId, done: &mut BTreeSet<AssetId>) -> Result<bool> {
        let head = self.cluster.block_on(head::read(&self.cluster, asset))?;
        Ok(head.version.is_some() || !done.insert(asset.clone()))
    }

    /// Examines an asset until it is well or nobody has changed it meanwhile: there is no snapshot over several partitions.
    async fn examine_calmly(&self, asset: &AssetId) -> Result<(u64, Vec<String>)> {
        let mut looks = 0;
        loop {
            let before = head::read_serial(&self.cluster, asset).await?.version;
            let (bytes, found) = match self.examine_asset(asset).await {
                Err(e) if e.kind() == ErrorKind::Corrupt => (0, vec![e.to_string()]),
                examined => examined?,
            };
            looks += 1;
            let is_calm = head::read_serial(&self.cluster, asset).await?.version == before;
            if found.is_empty() || looks >= LOOKS || (is_calm && looks > 1) {
                return Ok((bytes, found));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Looks at some assets. See [`rushes_store::AnnotationStore::examine_quickly`].
    pub(crate) fn look_quickly(&self) -> Result<Vec<String>> {
        let mut wrong: Vec<String> = self.damage.clone().into_iter().collect();
        let found =
            self.cluster.block_on(look(&self.cluster, place()?, LOOKED_AT, self.options.show_time))?;
        wrong.extend(found.into_iter().map(|finding| finding.said));
        Ok(wrong)
    }
}
