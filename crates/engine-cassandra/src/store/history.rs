//! The history of an asset: its body in chunks, its tail in the head, and the erasures that hide parts of both.

use std::collections::HashMap;

use crate::client::Cluster;
use rushes_store::{CommitRecord, Effect};
use rushes_types::{AssetId, Commit, ModelRef, Result, RunId, RunMode};

use crate::columns::column;
use crate::store::head::{self, CHUNK_COMMITS, Head, Holes, Numbered, Record, Tombstone, kind};

/// Whether to go on reading.
pub type KeepReading = bool;

/// Gives the commits of an asset in `(after, upto]` as stored, ascending. `head` must have been read before.
pub async fn raw(
    cluster: &Cluster,
    asset: &AssetId,
    head: &Head,
    after: u64,
    upto: u64,
    each: &mut (dyn FnMut(Numbered) -> Result<KeepReading> + Send),
) -> Result<()> {
    const TAIL: &str =
        "SELECT num, value FROM heads WHERE asset = ? AND kind = ? AND name = '' AND num > ? AND num <= ?";
    const BODY: &str =
        "SELECT num, value FROM history WHERE asset = ? AND chunk = ? AND num > ? AND num <= ?";
    if after >= upto {
        return Ok(());
    }
    // The tail is read first: commits that the relay moves during the read are then found in the body, up to the value
    // of `trimmed` that is read afterwards.
    let from = after.max(head.trimmed);
    let tail = cluster
        .rows::<(i64, Option<Vec<u8>>)>(TAIL, (asset.as_str(), kind::TAIL, column(from), column(upto)))
        .await?;
    let moved = head::read(cluster, asset).await?.trimmed.min(upto);
    let mut go_on = true;
    if moved > after {
        let chunks = head::rows_of(cluster, asset, kind::CHUNK, "").await?;
        for (at, (chunk, first)) in chunks.iter().enumerate() {
            let next = chunks.get(at + 1).and_then(|(_, first)| first_of(first));
            if next.is_some_and(|next| next <= after) || first_of(first).is_some_and(|first| first > moved) {
                continue;
            }
            let values = (asset.as_str(), column(*chunk), column(after), column(moved));
            cluster
                .each::<(i64, Option<Vec<u8>>)>(BODY, values, |(num, value)| {
                    go_on = each(numbered(num, value)?)?;
                    Ok(go_on)
                })
                .await?;
            if !go_on {
                return Ok(());
            }
        }
    }
    for (num, value) in tail {
        if num.cast_unsigned() > moved.max(after) && !each(numbered(num, value)?)? {
            return Ok(());
        }
    }
    Ok(())
}

fn numbered(num: i64, value: Option<Vec<u8>>) -> Result<Numbered> {
    Ok((Commit(num.cast_unsigned()), Record::decode(&value.unwrap_or_default())?))
}

/// The commit that a chunk begins with, as its row says.
fn first_of(value: &[u8]) -> Option<u64> {
    value.try_into().ok().map(u64::from_be_bytes)
}

/// The row that says with which commit a chunk begins.
pub const fn chunk_value(first: u64) -> [u8; 8] {
    first.to_be_bytes()
}

/// The chunk of an ordinal.
pub const fn chunk_of(ordinal: u64) -> u64 {
    ordinal / CHUNK_COMMITS
}

/// What erasures hide.
#[derive(Debug, Default)]
pub struct ErasureOverlay {
    /// Models, with the commit up to which what they wrote is gone.
    models: HashMap<ModelRef, u64>,
    runs: HashMap<RunId, u64>,
    /// Annotations that a segment lost.
    lost: HashMap<String, u64>,
    /// Positions of erased annotations, by segment.
    pub holes: HashMap<String, Vec<head::Hole>>,
}

/// The target of a row of the kind "gone", from its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TombstoneSubject {
    /// The asset.
    Asset,
    /// A model.
    Model(ModelRef),
    /// A run.
    Run(RunId),
    /// The content of an aborted run.
    Aborted(RunId),
}

impl TombstoneSubject {
    /// The row's name.
    pub fn name(&self) -> String {
        match self {
            Self::Asset => "a".to_owned(),
            Self::Model(model) => format!("m{model}"),
            Self::Run(run) => format!("r{run}"),
            Self::Aborted(run) => format!("x{run}"),
        }
    }

    /// Parses a row's name.
    pub fn parse(name: &str) -> Option<Self> {
        let mut letters = name.chars();
        let first = letters.next()?;
        let rest = letters.as_str();
        match first {
            'a' => Some(Self::Asset),
            'm' => ModelRef::parse(rest).ok().map(Self::Model),
            'r' => RunId::new(rest).ok().map(Self::Run),
            'x' => RunId::new(rest).ok().map(Self::Aborted),
            _ => None,
        }
    }
}

impl ErasureOverlay {
    /// Reads all erasures that hide part of the asset.
    pub async fn read(cluster: &Cluster, asset: &AssetId) -> Result<Self> {
        const READ: &str = "SELECT kind, name, value FROM heads WHERE asset = ? AND kind >= ? AND kind <= ?";
        let mut overlay = Self::default();
        let rows = cluster
            .rows::<(i32, String, Option<Vec<u8>>)>(READ, (asset.as_str(), kind::GONE, kind::HOLE))
            .await?;
        for (kind, name, value) in rows {
            let value = value.unwrap_or_default();
            if kind == kind::HOLE {
                let holes = Holes::decode(&value)?.places;
                *overlay.lost.entry(name.clone()).or_default() += holes.len() as u64;
                overlay.holes.entry(name).or_default().extend(holes);
                continue;
            }
            let gone = Tombstone::decode(&value)?;
            match TombstoneSubject::parse(&name) {
                Some(TombstoneSubject::Model(model)) => {
                    overlay.models.insert(model, gone.upto);
                }
                Some(TombstoneSubject::Run(_)) => {}
                _ => continue,
            }
            for (run, _) in gone.runs {
                let upto = overlay.runs.entry(run).or_default();
                *upto = (*upto).max(gone.upto);
            }
        }
        Ok(overlay)
    }

    /// How many annotations of a segment were erased.
    pub fn lost(&self, segment: u64) -> u64 {
        self.lost.get(&head::segment_name(segment)).copied().unwrap_or(0)
    }

    /// A commit as readers see it. What a replace segment superseded stays superseded, so an erased one stays in the
    /// history as an empty record.
    pub fn show(&self, (commit, record): Numbered) -> Option<CommitRecord> {
        let mut effect = record.effect;
        match &mut effect {
            Effect::Segment(segment) | Effect::Restored(segment) => {
                let by_model = self.models.get(&segment.model).is_some_and(|upto| commit.0 <= *upto);
                let by_run = self.runs.get(&segment.run).is_some_and(|upto| commit.0 <= *upto);
                if by_model || by_run {
                    segment.annotations = 0;
                    if segment.mode == RunMode::Append {
                        return None;
                    }
                } else {
                    segment.annotations = segment.annotations.saturating_sub(self.lost(segment.id));
                }
            }
            Effect::Visibility(run, _) => {
                if self.runs.get(run).is_some_and(|upto| commit.0 <= *upto) {
                    return None;
                }
            }
            Effect::Registered | Effect::Erased(_) => {}
        }
        Some(CommitRecord { commit, effect })
    }
}

/// At most `limit` commits after `after`, as a reader sees them.
pub async fn page(
    cluster: &Cluster,
    asset: &AssetId,
    after: Commit,
    limit: usize,
) -> Result<Vec<CommitRecord>> {
    let head = head::read(cluster, asset).await?;
    // Of an erased asset only the tombstone and later commits are left.
    let after = after.0.max(head.erased.saturating_sub(1));
    if after >= head.last_commit || limit == 0 {
        return Ok(Vec::new());
    }
    let overlay = ErasureOverlay::read(cluster, asset).await?;
    let mut page = Vec::new();
    raw(cluster, asset, &head, after, head.last_commit, &mut |record| {
        page.extend(overlay.show(record));
        Ok(page.len() < limit)
    })
    .await?;
    Ok(page)
}

/// Moves commits from the tail into the body.
pub async fn put(cluster: &Cluster, asset: &AssetId, records: &[(u64, Vec<u8>)]) -> Result<()> {
    put_at(cluster, asset, records, column).await
}

/// Puts commits into the body; `stamp` gives the time-stamp of each.
pub async fn put_at(
    cluster: &Cluster,
    asset: &AssetId,
    records: &[(u64, Vec<u8>)],
    stamp: impl Fn(u64) -> i64,
) -> Result<()> {
    const PUT: &str = "INSERT INTO history (asset, chunk, num, value) VALUES (?, ?, ?, ?) USING TIMESTAMP ?";
    type Row<'a> = (&'a str, i64, i64, &'a [u8], i64);
    let mut groups: Vec<Vec<Row<'_>>> = Vec::new();
    let mut of = None;
    for (num, value) in records {
        let chunk = chunk_of(Record::decode(value)?.ordinal);
        let row = (asset.as_str(), column(chunk), column(*num), value.as_slice(), stamp(*num));
        match groups.last_mut() {
            Some(group) if of == Some(chunk) && group.len() < GROUP => group.push(row),
            _ => groups.push(vec![row]),
        }
        of = Some(chunk);
    }
    cluster.write_groups(PUT, groups).await
}

/// Rows of one batch.
const GROUP: usize = 100;

/// Removes the body of the history up to a commit.
pub async fn remove(cluster: &Cluster, asset: &AssetId, upto: u64) -> Result<()> {
    const REMOVE: &str = "DELETE FROM history USING TIMESTAMP ? WHERE asset = ? AND chunk = ?";
    let chunks = head::rows_of(cluster, asset, kind::CHUNK, "").await?;
    let old = chunks.iter().filter(|(_, first)| first_of(first).is_some_and(|first| first < upto));
    // Rows carry their commit as time-stamp, so the rows of later commits stay.
    let keys = old.map(|(chunk, _)| (column(upto.saturating_sub(1)), asset.as_str(), column(*chunk)));
    cluster.write_many(REMOVE, keys).await
}

/// Removes chunks of the body as a whole.
pub async fn clear(cluster: &Cluster, asset: &AssetId, chunks: &[(u64, Vec<u8>)], stamp: u64) -> Result<()> {
    const CLEAR: &str = "DELETE FROM history USING TIMESTAMP ? WHERE asset = ? AND chunk = ?";
    let keys = chunks.iter().map(|(chunk, _)| (column(stamp), asset.as_str(), column(*chunk)));
    cluster.write_many(CLEAR, keys).await
}
