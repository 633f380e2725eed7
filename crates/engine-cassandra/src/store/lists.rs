//! Rows that are written after a change of an asset: its row in the list of assets, and the removal of its stray notes.

use crate::client::Cluster;
use crate::columns::column;
use rushes_types::{AssetId, Result};

use crate::store::head::Head;
use crate::store::schema::slice;

/// Removes the notes of pieces that now belong to a commit, or were removed.
pub async fn forget_strays(cluster: &Cluster, asset: &AssetId, pieces: &[u64]) -> Result<()> {
    const FORGET: &str = "DELETE FROM strays WHERE asset = ? AND piece = ?";
    cluster.write_many(FORGET, pieces.iter().map(|piece| (asset.as_str(), column(*piece)))).await
}

/// Brings an asset's row in the list of assets up to its head. An older state never overwrites a newer one.
pub async fn list(cluster: &Cluster, asset: &AssetId, head: &Head) -> Result<()> {
    const LIST: &str = "INSERT INTO assets (slice, asset, registered, annotations, commits, bytes, last_commit) \
         VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";
    let name = asset.as_str();
    let last = column(head.last_commit);
    let counts = (column(head.annotations), column(head.commits), column(head.bytes));
    let registered = i32::from(head.doc.is_some());
    let values = (slice(name), name, registered, counts.0, counts.1, counts.2, last, last);
    cluster.write(LIST, values).await
}
