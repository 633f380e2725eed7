//! The right to write an asset: claimed, kept by signs of life, used up by what makes the update count.

use std::pin::pin;
use std::time::{Duration, Instant};

use crate::client::{Outcome, Write};
use futures_util::future::{Either, select};
use rushes_timeline::TimelineUpdate;
use rushes_types::{AssetId, Error, ErrorKind, Result};

use crate::columns::commit_column;
use crate::timeline::db::{Db, lock};
use crate::timeline::head::Head;

/// How often a worker gives a sign while it writes: as many times in the patience of others.
const BEATS: u32 = 6;
/// How often it is looked whether another worker gave one.
const LOOK: Duration = Duration::from_millis(50);
/// Epochs that were given up, beyond which they are swept away before the next claim.
const ABORTED_MAX: usize = 64;
/// How often an asset is claimed before it is left to others.
const CLAIMS: u32 = 100;

/// An epoch that is ours to write.
pub(crate) struct Claim<'d> {
    db: &'d Db,
    asset: &'d AssetId,
    pub epoch: i64,
    /// The head before.
    pub before: Head,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        lock(&self.db.writing).remove(&(self.asset.clone(), self.epoch));
    }
}

fn lost(asset: &AssetId) -> Error {
    let message = format!("another worker took asset `{asset}` over while this one wrote it; try again");
    Error::new(ErrorKind::Busy, message)
}

/// Does an update bring an asset forward? A lower commit loses; a gap is a conflict.
pub(crate) fn is_needed(head: &Head, update: &TimelineUpdate) -> Result<bool> {
    if update.step.upto <= head.progress {
        return Ok(false);
    }
    if update.step.after == head.progress {
        return Ok(true);
    }
    let message = format!(
        "an update of asset `{}` starts at commit {}, but it is fused up to {}",
        update.step.asset, update.step.after, head.progress
    );
    Err(Error::new(ErrorKind::Conflict, message))
}

impl Db {
    /// Claims the next epoch of an asset, after what an earlier update left undone is done. `None` where the asset is
    /// that far already.
    pub(crate) async fn claim<'a>(
        &'a self,
        update: &'a TimelineUpdate,
        mut head: Head,
    ) -> Result<Option<Claim<'a>>> {
        let asset = &update.step.asset;
        for _ in 0..CLAIMS {
            if !is_needed(&head, update)? {
                return Ok(None);
            }
            if head.unsettled {
                self.settle(asset, head.epoch).await?;
            }
            if head.aborted.len() >= ABORTED_MAX && self.sweep_old(asset, &head).await? {
                head.aborted.clear();
            }
            if head.claim != 0 && !self.may_take_over(asset, &head).await? {
                head = self.settled_head(asset).await?.unwrap_or_default();
                continue;
            }
            let (epoch, aborted) = head.claimed(update.step.upto);
            // Before it is ours: another thread of ours must not take it for one that was left.
            if !lock(&self.writing).insert((asset.clone(), epoch)) {
                tokio::time::sleep(LOOK).await;
                head = self.settled_head(asset).await?.unwrap_or_default();
                continue;
            }
            let claim = Claim { db: self, asset, epoch, before: head.clone() };
            let name = asset.as_str();
            let write = if head == Head::default() {
                Write::new(&self.cql.head_begin, (name, epoch, self.owner))
            } else {
                let values = (epoch, self.owner, &aborted, name, head.claim, head.epoch);
                Write::new(&self.cql.head_claim, values)
            };
            match self.cluster.conditional(&[write]).await {
                Ok(Outcome::Applied) => return Ok(Some(claim)),
                Err(e) if e.kind() != ErrorKind::OutcomeUnknown => return Err(e),
                Ok(Outcome::Refused) | Err(_) => {}
            }
            let now = self.settled_head(asset).await?.unwrap_or_default();
            if (now.claim, now.owner) == (epoch, self.owner) {
                return Ok(Some(claim));
            }
            head = now;
        }
        Err(lost(asset))
    }

    /// May a claim that stands be given up for its owner? Not while they give signs.
    async fn may_take_over(&self, asset: &AssetId, head: &Head) -> Result<bool> {
        if head.owner == self.owner && !lock(&self.writing).contains(&(asset.clone(), head.claim)) {
            return Ok(true); // a call of ours that failed
        }
        let since = Instant::now();
        while since.elapsed() < self.settings.patience {
            tokio::time::sleep(LOOK.min(self.settings.patience)).await;
            let now = self.head(asset).await?;
            if (now.claim, now.beat) != (head.claim, head.beat) {
                return Ok(false);
            }
        }
        tracing::warn!(%asset, epoch = head.claim, "taking over an asset from a worker that gives no sign");
        Ok(true)
    }

    /// Does something long while giving signs; fails as soon as the asset is another's. Both go on side by side: a sign
    /// waits for its turn among the requests of the work.
    pub(crate) async fn with_heartbeat<T>(
        &self,
        asset: &AssetId,
        claim: &Claim<'_>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        match select(pin!(work), pin!(self.beat(asset, claim))).await {
            Either::Left((done, _)) => done,
            Either::Right((lost, _)) => Err(lost),
        }
    }

    /// Gives signs until the asset is another's.
    async fn beat(&self, asset: &AssetId, claim: &Claim<'_>) -> Error {
        let mut beat = 0i32;
        loop {
            tokio::time::sleep(self.settings.patience / BEATS).await;
            beat = beat.wrapping_add(1);
            let write = Write::new(&self.cql.head_beat, (beat, asset.as_str(), claim.epoch));
            match self.cluster.conditional(&[write]).await {
                Ok(Outcome::Refused) => return lost(asset),
                Ok(Outcome::Applied) => {}
                Err(e) => tracing::debug!(%asset, error = %e, "a sign of life was not given"),
            }
        }
    }

    /// Makes the update count. `false` where another worker has brought the asset as far.
    pub(crate) async fn complete(
        &self,
        update: &TimelineUpdate,
        claim: &Claim<'_>,
        log: i64,
        unsettled: bool,
    ) -> Result<bool> {
        let asset = &update.step.asset;
        let upto = commit_column(update.step.upto)?;
        for _ in 0..CLAIMS {
            let values = (upto, claim.epoch, log, unsettled, asset.as_str(), claim.epoch);
            match self.cluster.conditional(&[Write::new(&self.cql.head_complete, values)]).await {
                Ok(Outcome::Applied) => return Ok(true),
                Err(e) if e.kind() != ErrorKind::OutcomeUnknown => return Err(e),
                Ok(Outcome::Refused) | Err(_) => {}
            }
            let now = self.settled_head(asset).await?.unwrap_or_default();
            if now.epoch == claim.epoch {
                return Ok(true);
            }
            if now.claim != claim.epoch {
                return if now.progress >= update.step.upto { Ok(false) } else { Err(lost(asset)) };
            }
        }
        Err(lost(asset))
    }
}
