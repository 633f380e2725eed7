//! The tables of the chains of changes: what was acknowledged, kept apart from the rows that may be damaged.
//!
//! A change of an asset is one conditional write of its head, and the record of the change is one row of that write. Before
//! the change is acknowledged the same record is written to the table `chain`, at the same time as what follows a change
//! anyway. So a chain never has a change that its head does not have, and a crash leaves a head that is ahead of its chain
//! and goes on from it. The relay, and a process that changes an asset again and again, carry what a crash left out, and
//! only then remove old records from the head.

use rushes_types::{AssetId, Error, ErrorKind, Result};

use crate::client::{Cluster, Outcome, Write};
use crate::columns::column;
use crate::store::clock;
use crate::store::head::{self, kind};
use crate::store::link::{Link, seed};

/// Records of a partition.
const CHUNK_LINKS: u64 = 4_096;
/// Records of one batch.
const GROUP: usize = 100;
/// Attempts at a conditional write that loses races.
const ATTEMPTS: usize = 200;

/// Whose chains a keyspace holds.
#[derive(Debug, Clone)]
pub struct ChainOf {
    /// What all of them begin with.
    pub lineage: u128,
    /// Has every asset one? Those of earlier versions had none.
    pub adopted: bool,
    /// Damage that some process has found.
    pub damage: Option<String>,
}

const PUT: &str = "INSERT INTO chain (asset, chunk, seq, value) VALUES (?, ?, ?, ?)";
/// Removes records from a head that are older than one: their numbers are negative.
pub const REMOVE_LINKS: &str = "DELETE FROM heads WHERE asset = ? AND kind = ? AND name = '' AND num > ?";

/// The partition of a record.
pub const fn chunk_of(seq: u64) -> u64 {
    seq / CHUNK_LINKS
}

/// The number of a record in a head: the newest is the lowest.
pub const fn link_num(seq: u64) -> i64 {
    column(seq).saturating_neg()
}

/// The keyspace's lineage, made where there is none yet.
pub async fn read_or_make(cluster: &Cluster, new: u128) -> Result<ChainOf> {
    const MAKE: &str = "INSERT INTO chain_of (one, lineage) VALUES (0, ?) IF NOT EXISTS";
    for _ in 0..ATTEMPTS {
        if let Some(found) = read_of(cluster).await? {
            return Ok(found);
        }
        match cluster.conditional(&[Write::new(MAKE, (new.to_le_bytes().to_vec(),))]).await {
            Err(e) if e.kind() != ErrorKind::OutcomeUnknown => return Err(e),
            _ => {}
        }
    }
    Err(Error::new(ErrorKind::Busy, "the chain of changes cannot be begun").mend("try again"))
}

async fn read_of(cluster: &Cluster) -> Result<Option<ChainOf>> {
    const READ: &str = "SELECT lineage, adopted, damage FROM chain_of WHERE one = 0";
    type Row = (Option<Vec<u8>>, Option<bool>, Option<String>);
    let row = cluster.serial::<Row>(READ, ()).await?.into_iter().next();
    let Some((Some(lineage), adopted, damage)) = row else { return Ok(None) };
    let lineage = lineage.as_slice().try_into().map(u128::from_le_bytes);
    let lineage = lineage.map_err(|_| rushes_store::engine::corrupt("the lineage cannot be read"))?;
    Ok(Some(ChainOf { lineage, adopted: adopted == Some(true), damage: damage.filter(|d| !d.is_empty()) }))
}

/// Every asset has a chain now.
pub async fn note_adopted(cluster: &Cluster) -> Result<()> {
    cluster.write("INSERT INTO chain_of (one, adopted) VALUES (0, true)", ()).await
}

/// Tells all processes of damage, or that it is over (an empty text).
pub async fn note_damage(cluster: &Cluster, said: &str) -> Result<()> {
    cluster.write("INSERT INTO chain_of (one, damage) VALUES (0, ?)", (said,)).await
}

/// The damage that some process has found.
pub async fn damage(cluster: &Cluster) -> Result<Option<String>> {
    const READ: &str = "SELECT damage FROM chain_of WHERE one = 0";
    let row = cluster.first::<(Option<String>,)>(READ, ()).await?;
    Ok(row.and_then(|(damage,)| damage).filter(|damage| !damage.is_empty()))
}

/// Records changes of an asset as acknowledged.
pub async fn put(cluster: &Cluster, asset: &str, links: &[Link]) -> Result<()> {
    type Row<'a> = (&'a str, i64, i64, Vec<u8>);
    let mut groups: Vec<Vec<Row<'_>>> = Vec::new();
    let mut of = None;
    for link in links {
        let chunk = chunk_of(link.seq);
        let row = (asset, column(chunk), column(link.seq), link.encode());
        match groups.last_mut() {
            Some(group) if of == Some(chunk) && group.len() < GROUP => group.push(row),
            _ => groups.push(vec![row]),
        }
        of = Some(chunk);
    }
    cluster.write_groups(PUT, groups).await
}

/// The records in an asset's head, ascending.
pub async fn in_head(cluster: &Cluster, asset: &str) -> Result<Vec<Link>> {
    const READ: &str = "SELECT value FROM heads WHERE asset = ? AND kind = ? AND name = ''";
    let rows = cluster.rows::<(Option<Vec<u8>>,)>(READ, (asset, kind::LINK)).await?;
    rows.into_iter().rev().map(|(value,)| Link::decode(&value.unwrap_or_default())).collect()
}

/// Carries the records in an asset's head into its chain. Gives the number of the last one, or 0: older ones may go.
pub async fn carry(cluster: &Cluster, asset: &str) -> Result<u64> {
    let links = in_head(cluster, asset).await?;
    put(cluster, asset, &links).await?;
    Ok(links.last().map_or(0, |link| link.seq))
}

/// The records of one partition, ascending.
pub async fn chunk(cluster: &Cluster, asset: &str, chunk: u64) -> Result<Vec<Link>> {
    const READ: &str = "SELECT value FROM chain WHERE asset = ? AND chunk = ?";
    let rows = cluster.rows::<(Option<Vec<u8>>,)>(READ, (asset, column(chunk))).await?;
    rows.into_iter().map(|(value,)| Link::decode(&value.unwrap_or_default())).collect()
}

/// The last record of an asset. `hint` is a partition that is known to have some, or 0.
pub async fn end(cluster: &Cluster, asset: &str, hint: u64) -> Result<Option<Link>> {
    const LAST: &str = "SELECT value FROM chain WHERE asset = ? AND chunk = ? ORDER BY seq DESC LIMIT 1";
    let (mut chunk, mut last) = (hint, None);
    loop {
        match cluster.first::<(Option<Vec<u8>>,)>(LAST, (asset, column(chunk))).await? {
            Some((value,)) => last = Some(Link::decode(&value.unwrap_or_default())?),
            // A hint may be of a change whose record was never written.
            None if chunk == hint && hint > 0 => return Box::pin(end(cluster, asset, 0)).await,
            None => return Ok(last),
        }
        chunk += 1;
    }
}

/// Removes an asset's chain, for one that begins again.
pub async fn remove(cluster: &Cluster, asset: &str, upto: u64) -> Result<()> {
    const REMOVE: &str = "DELETE FROM chain WHERE asset = ? AND chunk = ?";
    cluster.write_many(REMOVE, (0..=chunk_of(upto)).map(|chunk| (asset, column(chunk)))).await
}

/// Begins an asset's chain with what its head holds, after the change `seq`. `stamp` makes a number above another.
pub async fn begin_at_head(
    cluster: &Cluster,
    asset: &AssetId,
    lineage: u128,
    after: Option<&Link>,
    stamp: impl Fn(u64) -> u64,
) -> Result<()> {
    const VERSION: &str = "UPDATE heads SET version = ? WHERE asset = ? IF version = ?";
    const LINK: &str = "INSERT INTO heads (asset, kind, name, num, value) VALUES (?, ?, '', ?, ?)";
    let name = asset.as_str();
    for _ in 0..ATTEMPTS {
        let head = head::read_serial(cluster, asset).await?;
        if after.is_none() && head.stamp.is_some() {
            return Ok(());
        }
        let before = head.stamp.as_ref().into_iter().chain(after).max_by_key(|link| link.seq);
        let link = Link {
            seq: before.map_or(0, |link| link.seq).saturating_add(1),
            is_base: true,
            commit: head.last_commit,
            from: head.commits,
            commits: head.commits,
            annotations: head.annotations,
            at_ms: clock::now_ms(),
            records: 0,
            content: 0,
            link: 0,
        };
        let link = link.linked(before.map_or_else(|| seed(lineage, name), |link| link.link));
        let version = stamp(head.version.unwrap_or(0).cast_unsigned().max(head.last_commit));
        let writes = [
            Write::new(VERSION, (column(version), name, head.version)),
            Write::new(LINK, (name, kind::LINK, link_num(link.seq), link.encode())),
        ];
        match cluster.conditional(&writes).await {
            Ok(Outcome::Applied) => return put(cluster, name, &[link]).await,
            Ok(Outcome::Refused) => {}
            // The next look shows whether it happened.
            Err(e) if e.kind() == ErrorKind::OutcomeUnknown => {}
            Err(e) => return Err(e),
        }
    }
    Err(Error::new(ErrorKind::Busy, format!("others change asset `{asset}` all the time")).mend("try again"))
}

/// The change that a writer made last.
pub async fn put_end(cluster: &Cluster, number: u16, asset: &str, seq: u64) -> Result<()> {
    const PUT_END: &str = "INSERT INTO chain_ends (one, number, asset, seq) VALUES (0, ?, ?, ?)";
    cluster.write(PUT_END, (i32::from(number), asset, column(seq))).await
}

/// For each writer's number, the asset that it changed last, and the number of the change.
pub async fn ends(cluster: &Cluster) -> Result<Vec<(String, u64)>> {
    const READ: &str = "SELECT asset, seq FROM chain_ends WHERE one = 0";
    let rows = cluster.rows::<(Option<String>, Option<i64>)>(READ, ()).await?;
    Ok(rows.into_iter().filter_map(|(asset, seq)| Some((asset?, seq?.cast_unsigned()))).collect())
}

/// Some partitions of chains, from a place that `at` picks: assets, and the number of a change in it.
pub async fn some(cluster: &Cluster, at: i64, limit: usize) -> Result<Vec<(String, u64)>> {
    const FROM: &str = "SELECT DISTINCT asset, chunk FROM chain WHERE token(asset, chunk) >= ? LIMIT ?";
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let mut rows = cluster.rows::<(String, i64)>(FROM, (at, limit)).await?;
    if rows.len() < usize::try_from(limit).unwrap_or(0) {
        rows.extend(cluster.rows::<(String, i64)>(FROM, (i64::MIN, limit)).await?);
    }
    let first = |(asset, chunk): (String, i64)| (asset, chunk.cast_unsigned().saturating_mul(CHUNK_LINKS));
    Ok(rows.into_iter().map(first).collect())
}
