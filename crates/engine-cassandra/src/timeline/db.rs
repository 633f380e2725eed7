//! What all parts of the store share: connection, statements, heads and directories.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::client::Cluster;
use rushes_types::{AssetId, Backoff, Error, ErrorKind, Result};

use crate::timeline::config::TimelineOptions;
use crate::timeline::head::{Head, HeadRow};
use crate::timeline::partitions::{Chunk, Directory};
use crate::timeline::statements::Statements;
use crate::timeline::totals::Totals;

/// Most cached directories.
const DIRECTORIES: usize = 64;
/// Longest directory that is cached, in chunks: a year of footage in one asset.
const DIRECTORY_CHUNKS: usize = 65_536;
/// How long one is cached: another process may have emptied the store and filled it again.
const DIRECTORY_LASTS: Duration = Duration::from_secs(5);
/// How often a read starts again because the asset changed during it.
const TRIES: u32 = 24;
/// The first and the longest wait before that.
const WAITS: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(120));
/// Kinds of chunks in `fused_chunks`.
pub(crate) const KIND_ANNOTATIONS: i8 = 0;
/// See [`KIND_ANNOTATIONS`].
pub(crate) const KIND_BUCKETS: i8 = 1;

/// The directory of an asset as of an epoch, and when it was read.
type CachedDirectory = (i64, Instant, Arc<Directory>);

/// Connection and statements.
pub(crate) struct Db {
    pub cluster: Arc<Cluster>,
    pub cql: Statements,
    pub settings: TimelineOptions,
    /// This store's identity in the heads: a new number each time a store is opened.
    pub owner: i64,
    /// What this store is writing now.
    pub writing: Mutex<HashSet<(AssetId, i64)>>,
    pub totals: Mutex<Option<Totals>>,
    directories: Mutex<HashMap<AssetId, CachedDirectory>>,
    /// Where a test stops updates.
    #[cfg(feature = "testing")]
    pub halt: Mutex<Option<crate::timeline::halt::HaltPoint>>,
}

/// Locks, even after a panic of another thread: the guarded data is always consistent.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Db {
    pub fn new(cluster: Arc<Cluster>, settings: TimelineOptions) -> Self {
        Self {
            cql: Statements::new(&cluster),
            cluster,
            settings,
            owner: RandomState::new().build_hasher().finish().cast_signed(),
            writing: Mutex::default(),
            totals: Mutex::default(),
            directories: Mutex::default(),
            #[cfg(feature = "testing")]
            halt: Mutex::default(),
        }
    }

    /// An asset's head; an empty one if the asset is unknown.
    pub async fn head(&self, asset: &AssetId) -> Result<Head> {
        let row = self.cluster.first::<HeadRow>(&self.cql.head, (asset.as_str(),)).await?;
        Ok(row.map_or_else(Head::default, Head::from))
    }

    /// An asset's head by a serial read, after all conditional writes that were begun; `None` if there is none.
    pub async fn settled_head(&self, asset: &AssetId) -> Result<Option<Head>> {
        let rows = self.cluster.serial::<HeadRow>(&self.cql.head, (asset.as_str(),)).await?;
        Ok(rows.into_iter().next().map(Head::from))
    }

    /// The partitions of an asset, at least those of its completed updates.
    pub async fn directory(&self, asset: &AssetId, head: &Head) -> Result<Arc<Directory>> {
        if let Some((epoch, since, known)) = lock(&self.directories).get(asset)
            && *epoch == head.epoch
            && since.elapsed() < DIRECTORY_LASTS
        {
            return Ok(Arc::clone(known));
        }
        let directory = Arc::new(self.read_directory(asset).await?);
        if directory.annotations.len() + directory.buckets.len() <= DIRECTORY_CHUNKS {
            let mut known = lock(&self.directories);
            if known.len() >= DIRECTORIES {
                known.clear();
            }
            known.insert(asset.clone(), (head.epoch, Instant::now(), Arc::clone(&directory)));
        }
        Ok(directory)
    }

    /// As [`Db::directory`], as it is now.
    pub async fn read_directory(&self, asset: &AssetId) -> Result<Directory> {
        let mut directory = Directory::default();
        let each = |(kind, chunk, levels, rows): (i8, i64, Option<i32>, Option<i64>)| {
            if kind == KIND_BUCKETS {
                directory.buckets.insert(chunk);
            } else {
                let levels = levels.unwrap_or(0).cast_unsigned();
                let rows = rows.unwrap_or(0).max(0).unsigned_abs();
                directory.annotations.insert(chunk, Chunk { levels, rows });
            }
            Ok(true)
        };
        self.cluster.each(&self.cql.chunks, (asset.as_str(),), each).await?;
        Ok(directory)
    }

    /// Clears the caches.
    pub fn forget(&self) {
        lock(&self.directories).clear();
        *lock(&self.totals) = None;
    }

    /// Reads as of one completed update. Starts again if another was completed during the read, because that one may
    /// have deleted versions that this reader needs. `None` if the asset has no update.
    pub async fn whole<T>(
        &self,
        asset: &AssetId,
        mut read: impl AsyncFnMut(&Head, &Directory) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut head = self.head(asset).await?;
        let mut backoff = Backoff::new(WAITS.0, WAITS.1, self.cluster.seed());
        for _ in 0..TRIES {
            if head.is_fresh() {
                return Ok(None);
            }
            let directory = self.directory(asset, &head).await?;
            let found = read(&head, &directory).await?;
            let now = self.head(asset).await?;
            if now.epoch == head.epoch {
                return Ok(Some(found));
            }
            head = now;
            tokio::time::sleep(backoff.next_wait()).await;
        }
        let message = format!("asset `{asset}` changes faster than it can be read; try again");
        Err(Error::new(ErrorKind::Busy, message))
    }
}
