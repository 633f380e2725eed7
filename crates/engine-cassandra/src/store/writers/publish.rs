//! Publishes the floor of a writer and the last change that it made, and hears whether some process found damage.

use std::future::Future;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rushes_types::{AssetId, Error, ErrorKind, Result};

use crate::client::Cluster;
use crate::columns::column;
use crate::store::chain;
use crate::store::clock;
use crate::store::head;
use crate::store::writers::inner::{Identity, Inner, lock};

/// How long after something was settled the floor is published, at most.
const PUBLISH_DELAY: Duration = Duration::from_millis(50);
/// How often it is published where nothing happens.
const PUBLISH_INTERVAL: Duration = Duration::from_secs(1);
/// How long publishing may take before it is started again.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(5);
/// Waits no longer than `limit`.
pub async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    let late = || Error::new(ErrorKind::Unavailable, "Cassandra does not answer in time");
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(late()))
}

/// Raises the floor as far as possible.
pub fn rise(inner: &Mutex<Inner>) -> (Identity, u64) {
    let mut inner = lock(inner);
    let identity = inner.identity;
    let lowest =
        inner.in_flight.iter().find(|(_, flight)| flight.id == identity.id).map(|(number, _)| *number);
    let floor = match lowest {
        Some(number) => number.saturating_sub(1),
        None => inner.clock.next(identity.number, 0, clock::now()),
    };
    inner.floor = inner.floor.max(floor);
    (identity, inner.floor)
}

/// Publishes a floor.
pub async fn publish(cluster: &Cluster, identity: Identity, floor: u64) -> Result<()> {
    const PUBLISH: &str = "INSERT INTO floors (one, number, id, floor) VALUES (0, ?, ?, ?) USING TIMESTAMP ?";
    cluster.write(PUBLISH, (i32::from(identity.number), identity.id, column(floor), column(floor))).await
}

/// Publishes the last change of this writer, where there is a new one.
pub async fn publish_chained(cluster: &Cluster, inner: &Mutex<Inner>, identity: Identity) -> Result<()> {
    let chained = lock(inner).chained.take();
    match chained {
        Some((asset, seq)) => chain::put_end(cluster, identity.number, &asset, seq).await,
        None => Ok(()),
    }
}

/// Another process may have found damage: then this one stops writing too.
async fn look_for_damage(cluster: &Cluster, inner: &Mutex<Inner>) -> Result<()> {
    let damage = chain::damage(cluster).await?;
    let mut inner = lock(inner);
    if damage.is_some() && inner.damage.is_none() {
        tracing::error!(damage, "no more is written");
    }
    inner.damage = damage;
    Ok(())
}

/// Until the writer is to stop.
pub fn publish_loop(cluster: &Cluster, inner: &(Mutex<Inner>, Condvar)) {
    let (mut said, mut looked) = (Instant::now(), Instant::now());
    loop {
        {
            let mut state = lock(&inner.0);
            while !state.stop && !state.settled && said.elapsed() < PUBLISH_INTERVAL {
                let rest = PUBLISH_INTERVAL.saturating_sub(said.elapsed());
                state = inner.1.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0;
            }
            if state.stop {
                return;
            }
            state.settled = false;
        }
        said = Instant::now();
        let told = cluster.block_on(within(PUBLISH_TIMEOUT, async {
            fence_unresolved(cluster, &inner.0).await?;
            let (identity, floor) = rise(&inner.0);
            publish(cluster, identity, floor).await?;
            publish_chained(cluster, &inner.0, identity).await?;
            if looked.elapsed() >= PUBLISH_INTERVAL {
                looked = Instant::now();
                look_for_damage(cluster, &inner.0).await?;
            }
            Ok(())
        }));
        if let Err(error) = told {
            tracing::warn!(%error, "the floor of this writer could not be published");
        }
        std::thread::sleep(PUBLISH_DELAY);
    }
}

/// A conditional write of unknown outcome cannot take effect any more once its asset's version has changed.
async fn fence_unresolved(cluster: &Cluster, inner: &Mutex<Inner>) -> Result<()> {
    let unresolved: Vec<(u64, AssetId)> = {
        let inner = lock(inner);
        let in_flight = inner.in_flight.iter().filter(|(_, f)| f.unresolved);
        in_flight.map(|(number, f)| (*number, f.asset.clone())).collect()
    };
    for (number, asset) in unresolved {
        let stamp = {
            let mut inner = lock(inner);
            let writer = inner.identity.number;
            inner.clock.next(writer, number, clock::now())
        };
        head::fence(cluster, &asset, stamp).await?;
        lock(inner).in_flight.remove(&number);
    }
    Ok(())
}
