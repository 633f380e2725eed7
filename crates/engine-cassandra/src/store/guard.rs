//! Opening a store: whether it holds what was acknowledged, chains for assets of earlier versions, and taking over what is left.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use rushes_store::OnDamage;
use rushes_types::{AssetId, Error, ErrorKind, Result};

use crate::client::{Cluster, Lease};
use crate::columns::column;
use crate::store::CassandraStore;
use crate::store::chain::{self, ChainOf};
use crate::store::config::StoreOptions;
use crate::store::head;
use crate::store::judge::{Verdict, judge};
use crate::store::lists::list;
use crate::store::look::{damaged, look};
use crate::store::schema::slice;
use crate::store::walk;
use crate::store::writers::random;

/// Assets that are looked at on opening, besides those that the writers changed last.
const LOOKED_AT: usize = 16;
/// Findings that a message names.
const NAMED_MAX: usize = 20;
/// Assets that get a chain at once.
const AT_ONCE: usize = 32;
/// How long a process that died keeps others from giving chains to assets.
const LEASE: std::time::Duration = std::time::Duration::from_secs(30);

/// What the opening of a store found.
pub struct Opening {
    /// Whose chains these are.
    pub of: ChainOf,
    /// What is missing, where it is opened all the same.
    pub damage: Option<String>,
}

/// Looks whether the store holds what was acknowledged.
///
/// # Errors
/// Corrupt where it does not, unless the options say otherwise.
pub async fn open(cluster: &Cluster, options: &StoreOptions) -> Result<Opening> {
    let of = chain::read_or_make(cluster, lineage()?).await?;
    let found = look(cluster, place()?, LOOKED_AT, options.show_time).await?;
    let (lost, chains): (Vec<_>, Vec<_>) = found.into_iter().partition(|finding| finding.is_damage);
    for finding in chains {
        tracing::error!(
            "{}; `rushes verify` says what else, `rushes doctor --take-over` begins it again",
            finding.said
        );
    }
    let lost: Vec<String> = lost.into_iter().map(|finding| finding.said).collect();
    let keyspace = &cluster.config().keyspace;
    let damage = match (joined(&lost), of.damage.clone()) {
        (Some(said), known) => {
            if known.is_none() && options.on_damage == OnDamage::Refuse {
                // All others stop writing too: what they add would lie on top of what is missing.
                chain::note_damage(cluster, &said).await?;
            }
            Some(said)
        }
        (None, known) => known,
    };
    match damage {
        Some(said) if options.on_damage == OnDamage::Refuse => Err(damaged(keyspace, &said)),
        damage => {
            Ok(Opening { of, damage: damage.map(|said| damaged(keyspace, &said).message().to_owned()) })
        }
    }
}

/// Findings as one sentence; `None` for none.
fn joined(found: &[String]) -> Option<String> {
    if found.is_empty() {
        return None;
    }
    let more = match found.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let named: Vec<&str> = found.iter().take(NAMED_MAX).map(String::as_str).collect();
    Some(named.join("; ") + &more)
}

fn lineage() -> Result<u128> {
    Ok(u128::from(random()?) << 64 | u128::from(random()?))
}

/// Where on the ring some assets are picked.
pub fn place() -> Result<i64> {
    Ok(column(random()?).wrapping_mul(2))
}

impl CassandraStore {
    /// Refuses where the store lacks what was acknowledged.
    pub(crate) fn refuse_where_damaged(&self) -> Result<()> {
        match self.writers.damage() {
            None => Ok(()),
            Some(said) => Err(Error::new(
                ErrorKind::Storage,
                format!("nothing is written, for the annotation store is damaged: {said}"),
            )
            .mend("`rushes doctor` shows the ways out")),
        }
    }

    /// Gives a chain to every asset that has none: an earlier version made it.
    pub(crate) async fn adopt(&self) -> Result<()> {
        let lease = Lease::new("store-chain", LEASE);
        if !lease.take(&self.cluster).await? {
            return Ok(()); // Another process does it.
        }
        let mut after: Option<AssetId> = None;
        let mut count = 0;
        loop {
            let names = self.names_with_history(after.as_ref(), 1_000).await?;
            let Some(last) = names.last() else { break };
            after = Some(last.clone());
            count += names.len();
            stream::iter(&names)
                .map(|asset| self.begin_chain(asset, None))
                .buffer_unordered(AT_ONCE)
                .try_collect::<()>()
                .await?;
            if !lease.take(&self.cluster).await? {
                return Ok(());
            }
        }
        if count > 0 {
            tracing::info!(assets = count, "the chain of changes begins with what the store holds");
        }
        chain::note_adopted(&self.cluster).await?;
        lease.leave(&self.cluster).await
    }

    async fn begin_chain(&self, asset: &AssetId, after: Option<&crate::store::link::Link>) -> Result<()> {
        let stamp = |above| self.writers.stamp(above);
        chain::begin_at_head(&self.cluster, asset, self.lineage, after, stamp).await
    }

    /// Takes the store as it is: where an asset is not what was acknowledged, its chain begins again with what is there.
    pub(crate) async fn take_store_over(&self) -> Result<()> {
        let mut taken = 0_u64;
        let mut after = None;
        loop {
            let (names, next) = walk::all_assets(&self.cluster, after).await?;
            for name in names {
                let Ok(asset) = AssetId::new(&name) else { continue };
                taken += u64::from(self.take_asset_over(&asset).await?);
            }
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        tracing::error!(assets = taken, "the store is taken as it is");
        chain::note_damage(&self.cluster, "").await
    }

    async fn take_asset_over(&self, asset: &AssetId) -> Result<bool> {
        // At the time of the last row, which is a commit: a later one must be seen again.
        const UNLIST: &str = "DELETE FROM assets USING TIMESTAMP ? WHERE slice = ? AND asset = ?";
        let (cluster, name) = (&self.cluster, asset.as_str());
        let end = chain::end(cluster, name, 0).await?;
        let head = head::read_serial(cluster, asset).await?;
        let between = chain::in_head(cluster, name).await?;
        let is_well =
            matches!(judge(head.stamp.as_ref(), end.as_ref(), &between), Verdict::Same | Verdict::Ahead)
                && walk::broken_link(cluster, self.lineage, name, head.stamp.as_ref()).await?.is_none();
        let newest = head.stamp.iter().chain(&end).max_by_key(|link| link.seq);
        if !is_well {
            let upto = newest.map_or(0, |link| link.seq);
            chain::remove(cluster, name, upto).await?;
            self.begin_chain(asset, newest).await?;
        }
        match head.commits {
            0 if head.doc.is_none() => {
                let at = newest.map_or(0, |link| link.commit);
                cluster.write(UNLIST, (column(at), slice(name), name)).await?;
            }
            _ => list(cluster, asset, &head).await?,
        }
        Ok(!is_well)
    }
}
