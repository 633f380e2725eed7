//! A quick look at the store: for some assets, at any size in the same time, whether head and chain say the same and whether
//! what the head speaks of is there.
//!
//! The assets are those that each writer changed last, and some from a place that the caller picks. A table that was emptied or
//! put back to an earlier time shows in every asset; one row that was removed is found by examining all.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use rushes_store::Effect;
use rushes_types::{AssetId, Error, ErrorKind, Result};

use crate::client::Cluster;
use crate::columns::column;
use crate::store::chain;
use crate::store::head::{self, Head, Numbered, PieceRow, kind, segment_name};
use crate::store::history::{self, ErasureOverlay};
use crate::store::judge::{Verdict, judge, named, say};
use crate::store::schema::slice;

/// Looks at an asset before it counts as damaged: others may change it in between.
const LOOKS: usize = 4;
/// The pause between them.
const PAUSE: Duration = Duration::from_millis(100);
/// Assets that are looked at together.
const AT_ONCE: usize = 16;

/// What was found of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong, in words.
    pub said: String,
    /// Is something that was acknowledged missing? Otherwise only its chain is.
    pub is_damage: bool,
}

/// Shows a time in milliseconds since 1970 to people.
pub type ShowTime = fn(u64) -> String;

/// Looks at the assets that the writers changed last, and at `limit` others from the place `at` on.
pub async fn look(cluster: &Cluster, at: i64, limit: usize, show_time: ShowTime) -> Result<Vec<Finding>> {
    let mut assets: BTreeMap<String, u64> = BTreeMap::new();
    // At most one for each of the writers' numbers.
    for (asset, seq) in chain::ends(cluster).await? {
        let known = assets.entry(asset).or_default();
        *known = (*known).max(seq);
    }
    for (asset, _) in chain::some(cluster, at, limit).await? {
        assets.entry(asset).or_default();
    }
    let found: Vec<Option<Finding>> = stream::iter(assets)
        .map(|(asset, seq)| look_at(cluster, asset, seq, show_time))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// Looks at an asset until it is well, or was found wrong again and again.
async fn look_at(cluster: &Cluster, name: String, seq: u64, show_time: ShowTime) -> Result<Option<Finding>> {
    let Ok(asset) = AssetId::new(&name) else {
        let said = format!("the chain of changes has an asset `{name}`, which is no asset's id");
        return Ok(Some(Finding { said, is_damage: false }));
    };
    let mut last = None;
    for turn in 0..LOOKS {
        if turn > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        last = match look_once(cluster, &asset, seq, show_time).await {
            Ok(None) => return Ok(None),
            Ok(found) => found,
            Err(e) if e.kind() == ErrorKind::Corrupt => {
                Some(Finding { said: format!("asset `{name}`: {e}"), is_damage: true })
            }
            Err(e) => return Err(e),
        };
    }
    Ok(last)
}

/// What head and chain say of each other. The chain is read first: a head is never behind what was acknowledged before.
pub async fn verdict(cluster: &Cluster, asset: &AssetId, seq: u64) -> Result<(Head, Verdict)> {
    let name = asset.as_str();
    let end = chain::end(cluster, name, chain::chunk_of(seq)).await?;
    let head = head::read_serial(cluster, asset).await?;
    let is_ahead = head.stamp.as_ref().is_some_and(|s| s.seq > end.as_ref().map_or(0, |end| end.seq));
    let between = if is_ahead { chain::in_head(cluster, name).await? } else { Vec::new() };
    let verdict = judge(head.stamp.as_ref(), end.as_ref(), &between);
    Ok((head, verdict))
}

async fn look_once(
    cluster: &Cluster,
    asset: &AssetId,
    seq: u64,
    show_time: ShowTime,
) -> Result<Option<Finding>> {
    let (head, verdict) = verdict(cluster, asset, seq).await?;
    if let Some(said) = say(asset.as_str(), &verdict, show_time) {
        return Ok(Some(Finding { said, is_damage: verdict.is_damage() }));
    }
    let held = head.stamp.as_ref().map_or(0, |stamp| stamp.seq);
    if held < seq {
        let said = format!("asset `{asset}`: it ends with change {held}, and change {seq} was acknowledged");
        return Ok(Some(Finding { said, is_damage: true }));
    }
    let missing = what_is_missing(cluster, asset, &head, show_time).await?;
    Ok(missing.map(|said| Finding { said: format!("asset `{asset}`: {said}"), is_damage: true }))
}

/// Is what the head speaks of there: the asset's row in the list, its last commits, the content of the last one?
async fn what_is_missing(
    cluster: &Cluster,
    asset: &AssetId,
    head: &Head,
    show_time: ShowTime,
) -> Result<Option<String>> {
    if head.commits == 0 {
        return Ok(None);
    }
    if !is_listed(cluster, asset).await? {
        return Ok(Some("it is missing in the list of assets".to_owned()));
    }
    let carried = Some(head.trimmed).filter(|carried| *carried > 0 && *carried >= head.erased);
    let mut last = None;
    for commit in carried.into_iter().chain([head.last_commit]) {
        last = record(cluster, asset, head, commit).await?;
        if last.is_none() {
            return Ok(Some(format!("its commit {} is missing", named(commit, show_time))));
        }
    }
    match last {
        Some(record) => missing_content(cluster, asset, record).await,
        None => Ok(None),
    }
}

/// Is the asset in the list of all assets?
pub async fn is_listed(cluster: &Cluster, asset: &AssetId) -> Result<bool> {
    const READ: &str = "SELECT asset FROM assets WHERE slice = ? AND asset = ?";
    let name = asset.as_str();
    Ok(cluster.first::<(String,)>(READ, (slice(name), name)).await?.is_some())
}

async fn record(cluster: &Cluster, asset: &AssetId, head: &Head, commit: u64) -> Result<Option<Numbered>> {
    let mut found = None;
    history::raw(cluster, asset, head, commit.saturating_sub(1), commit, &mut |record| {
        found = Some(record);
        Ok(false)
    })
    .await?;
    Ok(found)
}

/// Is the beginning of what a commit brought there?
async fn missing_content(cluster: &Cluster, asset: &AssetId, record: Numbered) -> Result<Option<String>> {
    let piece = record.1.piece;
    let commit = record.0;
    let overlay = ErasureOverlay::read(cluster, asset).await?;
    let Some(Effect::Segment(segment)) = overlay.show(record).map(|shown| shown.effect) else {
        return Ok(None);
    };
    if segment.annotations == 0 || overlay.lost(segment.id) > 0 {
        return Ok(None);
    }
    let piece = if segment.run.is_loose() {
        piece
    } else {
        let rows = head::rows_of(cluster, asset, kind::PIECE, &segment_name(segment.id)).await?;
        match rows.first() {
            Some((_, bytes)) => PieceRow::decode(bytes)?,
            None => return Ok(Some(format!("the content of run `{}` is missing", segment.run))),
        }
    };
    Ok((!begins(cluster, asset, piece).await?).then(|| format!("the content of commit {commit} is missing")))
}

/// Are the first rows of a piece there?
async fn begins(cluster: &Cluster, asset: &AssetId, piece: PieceRow) -> Result<bool> {
    const BLOCK: &str = "SELECT block FROM blocks WHERE asset = ? AND piece = ? AND chunk = 0 LIMIT 1";
    const PART: &str = "SELECT part FROM ids WHERE asset = ? AND piece = ? AND chunk = 0 LIMIT 1";
    let key = (asset.as_str(), column(piece.piece));
    let (block, part) =
        futures_util::join!(cluster.first::<(i32,)>(BLOCK, key), cluster.first::<(i32,)>(PART, key));
    Ok((piece.rows == 0 || block?.is_some()) && (piece.parts == 0 || part?.is_some()))
}

/// The error of a store that lacks what was acknowledged.
pub fn damaged(keyspace: &str, said: &str) -> Error {
    let message = format!("the annotation store in keyspace `{keyspace}` is damaged: {said}");
    Error::new(ErrorKind::Corrupt, message).mend("`rushes doctor` shows the ways out")
}
