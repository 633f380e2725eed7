//! The relay's side of the outbox: which commits are still to be sent to the event log, and the watermark below which
//! none is missing.
//!
//! One process at a time relays, under a lease. A pass reads the floors of all writers, *then* the notes of assets that
//! may have something to carry, *then* the tails of those assets. A commit at or below the lowest floor was settled,
//! and noted, before the floors were read; so the pass finds it, or it was carried before. The lowest floor is the
//! watermark; it is handed out after all rows that the pass found.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::client::{Cluster, Lease, Outcome, Write};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use rushes_store::{OutboxPage, OutboxRow};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result};

use crate::columns::{column, number};
use crate::store::CassandraStore;
use crate::store::chain;
use crate::store::head::{self, Head, kind};
use crate::store::history;
use crate::store::registered;
use crate::store::schema::{slice, slices};
use crate::store::tx;

/// Most commits held in memory; more are read once these are carried.
const HELD_MAX: usize = 50_000;
/// Most commits of one asset that one pass reads.
const TAIL_MAX: i32 = 4_096;
/// Assets read, or trimmed, at once.
const ASSETS_AT_ONCE: usize = 32;
/// Commits that leave a tail in one conditional write.
const TRIM: usize = 200;
/// How often a watermark is repeated when idle: the relay may have failed to append it.
const AGAIN: Duration = Duration::from_secs(30);

struct OutboxEntry {
    asset: AssetId,
    commit: u64,
    value: Vec<u8>,
}

/// A note that an asset may have commits to carry.
#[derive(Debug, Clone)]
struct Note {
    asset: AssetId,
    writer: i64,
    num: u64,
}

/// The floors of all writers.
struct WriterFloors {
    registered: Vec<registered::Registered>,
    /// The last floor of each.
    said: HashMap<i64, u64>,
    /// The lowest floor of the writers that are open.
    lowest: Option<u64>,
}

/// The state of the relaying process.
pub struct Relay {
    lease: Lease,
    next: u64,
    rows: BTreeMap<u64, OutboxEntry>,
    held: HashSet<(AssetId, u64)>,
    /// Notes whose commits are settled; removed once no row of their asset is held any more.
    settled: Vec<Note>,
    /// A watermark, and the row that it follows.
    mark: Option<(u64, u64)>,
    said: Option<(u64, Instant)>,
    newest: u64,
    /// The last floor of each writer, and since when.
    floors: HashMap<i64, (u64, Instant)>,
}

impl Relay {
    /// Nothing held yet; `lasts` is the length of the lease.
    pub fn new(lasts: Duration) -> Self {
        Self {
            lease: Lease::new("store-outbox", lasts),
            next: 1,
            rows: BTreeMap::new(),
            held: HashSet::new(),
            settled: Vec::new(),
            mark: None,
            said: None,
            newest: 0,
            floors: HashMap::new(),
        }
    }

    /// Gives the lease back.
    pub async fn leave(&mut self, cluster: &Cluster) -> Result<()> {
        self.lease.leave(cluster).await
    }

    /// Another process relays: the rows held here may have been carried.
    fn let_go(&mut self) {
        self.rows.clear();
        self.held.clear();
        self.settled.clear();
        (self.mark, self.said) = (None, None);
        self.floors.clear();
    }

    fn hold(&mut self, asset: &AssetId, commit: u64, value: Vec<u8>) {
        self.newest = self.newest.max(commit);
        if self.held.insert((asset.clone(), commit)) {
            self.rows.insert(self.next, OutboxEntry { asset: asset.clone(), commit, value });
            self.next += 1;
        }
    }

    /// A page of the held rows, with the watermark if it may follow the page.
    fn page(&mut self, after: u64, limit: usize) -> OutboxPage {
        let row = |(sequence, held): (&u64, &OutboxEntry)| OutboxRow {
            sequence: *sequence,
            asset: held.asset.clone(),
            commit: Commit(held.commit),
        };
        let rows: Vec<OutboxRow> = self.rows.range(after.saturating_add(1)..).take(limit).map(row).collect();
        let last = rows.last().map_or(after, |row| row.sequence);
        let mark = self.mark.filter(|(_, behind)| {
            last >= *behind || self.rows.range(last.saturating_add(1)..=*behind).next().is_none()
        });
        let watermark = mark.map(|(upto, _)| upto).filter(|upto| match self.said {
            None => true,
            Some((said, when)) => {
                !rows.is_empty() || *upto > said && (self.newest > said || when.elapsed() > AGAIN)
            }
        });
        if let Some(upto) = watermark {
            self.said = Some((upto, Instant::now()));
        }
        OutboxPage { rows, watermark: watermark.map(Commit) }
    }
}

impl CassandraStore {
    fn relay(&self) -> MutexGuard<'_, Relay> {
        self.relay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn next_page(&self, after: u64, limit: usize) -> Result<OutboxPage> {
        self.refuse_where_damaged()?;
        let mut relay = self.relay();
        if !self.cluster.block_on(relay.lease.take(&self.cluster))? {
            relay.let_go();
            return Ok(OutboxPage::default());
        }
        let waiting = relay.rows.range(after.saturating_add(1)..).take(limit).count();
        if waiting < limit {
            self.cluster.block_on(self.pass(&mut relay))?;
        }
        Ok(relay.page(after, limit))
    }

    /// The floors of all writers.
    async fn writer_floors(&self) -> Result<WriterFloors> {
        let registered = registered::all(&self.cluster).await?;
        let floors = registered::floors(&self.cluster).await?;
        let said: HashMap<i64, u64> = floors.iter().map(|f| (f.id, f.floor)).collect();
        // A writer without a floor yet will start above the others, but its floor is unknown.
        let of_active: Option<Vec<u64>> = registered.iter().map(|w| said.get(&w.id).copied()).collect();
        let lowest = of_active.map(|of_active| {
            let of_those_that_left = || floors.iter().map(|f| f.floor).max();
            of_active.into_iter().min().or_else(of_those_that_left).unwrap_or(0)
        });
        Ok(WriterFloors { registered, said, lowest })
    }

    /// The commit at or below which every commit is settled.
    pub(crate) async fn settled_commit(&self) -> Result<Commit> {
        const LOOKS: usize = 50;
        if self.damage.is_none() {
            self.writers.publish_now().await?;
        }
        for _ in 0..LOOKS {
            if let Some(lowest) = self.writer_floors().await?.lowest {
                return Ok(Commit(lowest));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(Error::new(ErrorKind::Busy, "a process that begins to write does not say where")
            .mend("try again"))
    }

    /// Reads the commits to carry.
    async fn pass(&self, relay: &mut Relay) -> Result<()> {
        let WriterFloors { registered, said, lowest } = self.writer_floors().await?;
        for writer in &registered {
            self.look_after(relay, *writer, said.get(&writer.id).copied().unwrap_or(0)).await?;
        }
        let notes = notes(&self.cluster).await?;
        // Read after the notes and before the tails: all commits of a writer that is missing here are settled and will
        // be found; a writer that came since the floors were read is listed.
        let active: HashSet<i64> = registered::all(&self.cluster).await?.into_iter().map(|w| w.id).collect();
        let assets: HashSet<&AssetId> = notes.iter().map(|n| &n.asset).collect();
        let mut tails =
            stream::iter(assets.into_iter().map(|asset| self.tail(asset))).buffer_unordered(ASSETS_AT_ONCE);
        let mut whole = true;
        while let Some((asset, rows)) = tails.try_next().await? {
            if relay.rows.len() >= HELD_MAX || rows.len() >= TAIL_MAX as usize {
                whole = false;
            }
            if relay.rows.len() < HELD_MAX {
                rows.into_iter().for_each(|(commit, value)| relay.hold(asset, commit, value));
            }
        }
        drop(tails);
        if !whole {
            return Ok(());
        }
        if let Some(lowest) = lowest {
            relay.mark = Some((lowest.max(relay.mark.map_or(0, |(upto, _)| upto)), relay.next - 1));
        }
        let is_settled = |note: &Note| {
            !active.contains(&note.writer) || said.get(&note.writer).is_some_and(|f| *f >= note.num)
        };
        relay.settled = notes.into_iter().filter(is_settled).collect();
        self.forget_notes(relay).await
    }

    /// An asset's commits that are not carried yet.
    async fn tail<'a>(&self, asset: &'a AssetId) -> Result<(&'a AssetId, Vec<(u64, Vec<u8>)>)> {
        const TAIL: &str =
            "SELECT num, value FROM heads WHERE asset = ? AND kind = ? AND name = '' AND num > ? LIMIT ?";
        let head = head::read(&self.cluster, asset).await?;
        let values = (asset.as_str(), kind::TAIL, column(head.trimmed), TAIL_MAX);
        let rows = self.cluster.rows::<(i64, Option<Vec<u8>>)>(TAIL, values).await?;
        Ok((asset, rows.into_iter().map(|(num, v)| (num.cast_unsigned(), v.unwrap_or_default())).collect()))
    }

    /// Closes a writer that stopped raising its floor, and fences the assets on which it may have a commit in flight.
    async fn look_after(&self, relay: &mut Relay, writer: registered::Registered, floor: u64) -> Result<()> {
        let now = Instant::now();
        let (last, since) = relay.floors.entry(writer.id).or_insert((floor, now));
        if *last != floor {
            (*last, *since) = (floor, now);
        }
        let silent = since.elapsed() > self.options.silence && writer.id != self.writers.identity().id;
        if !silent && !writer.closed {
            return Ok(());
        }
        tracing::warn!(writer = writer.number, "a writer fell silent and is closed");
        if !writer.closed && !registered::close(&self.cluster, writer.number, writer.id).await? {
            return Ok(());
        }
        // Only after closing: a writer that notes an asset from now on sees that it is closed.
        for note in notes(&self.cluster).await?.into_iter().filter(|n| n.writer == writer.id) {
            let stamp = self.writers.stamp(note.num);
            head::fence(&self.cluster, &note.asset, stamp).await?;
        }
        registered::free(&self.cluster, writer.number, writer.id).await?;
        relay.floors.remove(&writer.id);
        Ok(())
    }

    /// Removes settled notes of assets without held rows. A newer note of the same writer has a higher number and
    /// stays.
    async fn forget_notes(&self, relay: &mut Relay) -> Result<()> {
        const FORGET: &str =
            "DELETE FROM pending USING TIMESTAMP ? WHERE slice = ? AND asset = ? AND writer = ?";
        let busy: HashSet<&AssetId> = relay.rows.values().map(|held| &held.asset).collect();
        let (kept, gone): (Vec<Note>, Vec<Note>) =
            relay.settled.drain(..).partition(|note| busy.contains(&note.asset));
        relay.settled = kept;
        let keys = gone.iter().map(|note| {
            let name = note.asset.as_str();
            (column(note.num), slice(name), name, note.writer)
        });
        self.cluster.write_many(FORGET, keys).await
    }

    pub(crate) fn trim(&self, upto: u64) -> Result<()> {
        self.refuse_where_damaged()?;
        let mut relay = self.relay();
        let mut by_asset: BTreeMap<AssetId, Vec<(u64, Vec<u8>)>> = BTreeMap::new();
        let kept = relay.rows.split_off(&upto.saturating_add(1));
        let carried = std::mem::replace(&mut relay.rows, kept);
        for held in carried.values() {
            by_asset.entry(held.asset.clone()).or_default().push((held.commit, held.value.clone()));
        }
        for held in carried.into_values() {
            relay.held.remove(&(held.asset, held.commit));
        }
        self.cluster.block_on(async {
            stream::iter(by_asset.iter().map(|(asset, rows)| self.trim_asset(asset, rows)))
                .buffer_unordered(ASSETS_AT_ONCE)
                .try_collect::<()>()
                .await?;
            self.forget_notes(&mut relay).await
        })
    }

    /// Moves commits that were carried from the tail to the body of the history.
    async fn trim_asset(&self, asset: &AssetId, rows: &[(u64, Vec<u8>)]) -> Result<()> {
        history::put(&self.cluster, asset, rows).await?;
        let links = chain::carry(&self.cluster, asset.as_str()).await?;
        for some in rows.chunks(TRIM) {
            let head = head::read(&self.cluster, asset).await?;
            let last = some.last().map_or(0, |(commit, _)| *commit);
            if head.trimmed < last && !self.shorten(asset, &head, some, (last, links)).await? {
                // Another process is trimming; rows that are left will be handed out again.
                return Ok(());
            }
        }
        let head = head::read(&self.cluster, asset).await?;
        tx::list(&self.cluster, asset, &head).await
    }

    async fn shorten(
        &self,
        asset: &AssetId,
        head: &Head,
        rows: &[(u64, Vec<u8>)],
        (last, links): (u64, u64),
    ) -> Result<bool> {
        const TRIMMED: &str = "UPDATE heads SET trimmed = ? WHERE asset = ? IF trimmed = ?";
        const REMOVE: &str = "DELETE FROM heads WHERE asset = ? AND kind = ? AND name = '' AND num = ?";
        let was = (head.trimmed > 0).then(|| column(head.trimmed));
        let mut writes = vec![Write::new(TRIMMED, (column(last), asset.as_str(), was))];
        let remove =
            |(commit, _): &(u64, Vec<u8>)| Write::new(REMOVE, (asset.as_str(), kind::TAIL, column(*commit)));
        writes.extend(rows.iter().map(remove));
        if links > 1 {
            let oldest = chain::link_num(links);
            writes.push(Write::new(chain::REMOVE_LINKS, (asset.as_str(), kind::LINK, oldest)));
        }
        match self.cluster.conditional(&writes).await {
            Ok(outcome) => Ok(outcome == Outcome::Applied),
            Err(e) if e.kind() == ErrorKind::OutcomeUnknown => Ok(false),
            Err(e) => Err(e),
        }
    }
}

/// All notes.
async fn notes(cluster: &Cluster) -> Result<Vec<Note>> {
    const READ: &str = "SELECT asset, writer, num FROM pending WHERE slice IN ?";
    // One request for all slices: it runs often and mostly finds nothing.
    let all: Vec<i32> = slices().collect();
    let rows = cluster.rows::<(String, i64, Option<i64>)>(READ, (all,)).await?;
    let note = |(asset, writer, num): (String, i64, Option<i64>)| {
        Some(Note { asset: AssetId::new(&asset).ok()?, writer, num: number(num) })
    };
    Ok(rows.into_iter().filter_map(note).collect())
}
