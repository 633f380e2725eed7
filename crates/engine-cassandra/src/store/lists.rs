//! Rows that follow a change of an asset: its place in the list of assets, and notes of content that belongs to no commit.

use crate::client::Cluster;
use crate::columns::column;
use rushes_types::{AssetId, Result};

use crate::store::head::Head;
use crate::store::schema::slice;

/// Forgets notes of pieces that belong to a commit now, or are removed.
pub async fn forget_strays(cluster: &Cluster, asset: &AssetId, pieces: &[u64]) -> Result<()> {
    const FORGET: &str = "DELETE FROM strays WHERE asset = ? AND piece = ?";
    cluster.write_many(FORGET, pieces.iter().map(|piece| (asset.as_str(), column(*piece)))).await
}

/// Brings an asset's row in the list of assets to where its head is. A later state is never undone by an earlier one.
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
