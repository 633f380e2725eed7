//! The right to write an asset: claimed, kept by heartbeats, used up by the write that completes the update.

use std::pin::pin;
use std::time::{Duration, Instant};

use crate::client::{Outcome, Write};
use futures_util::future::{Either, select};
use rushes_timeline::TimelineUpdate;
use rushes_types::{AssetId, Error, ErrorKind, Result};

use crate::columns::commit_column;
use crate::timeline::db::{Db, lock};
use crate::timeline::head::Head;

/// Heartbeats of a writing worker within the time that others wait for one.
const BEATS: u32 = 6;
/// How often another worker's heartbeat is checked.
const LOOK: Duration = Duration::from_millis(50);
/// Most aborted epochs; beyond that they are swept before the next claim.
const ABORTED_MAX: usize = 64;
/// Attempts to claim an asset before it is left to others.
const CLAIMS: u32 = 100;

/// An epoch that this worker may write.
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

/// Does an update advance an asset? A lower commit loses; a gap is a conflict.
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
    /// Claims the next epoch of an asset, after settling an earlier update. `None` if the asset is that far already.
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
            // Before the claim: another thread of this process must not take it for an abandoned one.
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

    /// May an existing claim be taken over? Not while its owner sends heartbeats.
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

    /// Does long work while sending heartbeats; fails as soon as another worker owns the asset. A heartbeat does not queue
    /// behind the requests of the work.
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

    /// Sends heartbeats until another worker owns the asset.
    async fn beat(&self, asset: &AssetId, claim: &Claim<'_>) -> Error {
        let mut beat = 0i32;
        loop {
            tokio::time::sleep(self.settings.patience / BEATS).await;
            beat = beat.wrapping_add(1);
            let write = Write::new(&self.cql.head_beat, (beat, asset.as_str(), claim.epoch));
            match self.cluster.conditional_at_once(&[write]).await {
                Ok(Outcome::Refused) => return lost(asset),
                Ok(Outcome::Applied) => {}
                Err(e) => tracing::debug!(%asset, error = %e, "a sign of life was not given"),
            }
        }
    }

    /// Completes the update: makes it visible. `false` if another worker has brought the asset as far.
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
