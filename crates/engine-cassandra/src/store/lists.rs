//! Lists over all assets, kept in slices and read in the order of their names.

use crate::client::Cluster;
use crate::client::driver::OwnedRow;
use rushes_types::{AssetId, Result};

use crate::store::head::Head;
use crate::store::tables::{column, slice, slices};

/// Most rows of one slice that are read at once.
const PAGE: usize = 500;

/// At most `limit` rows with names after `after`, in the order of the names, of those that `pick` takes. `cql` asks one
/// slice for its rows after a name, at most so many: `WHERE slice = ? AND … > ? LIMIT ?`.
pub async fn merged<R, T>(
    cluster: &Cluster,
    cql: &str,
    after: &str,
    limit: usize,
    name: impl Fn(&R) -> &str,
    mut pick: impl FnMut(R) -> Option<T>,
) -> Result<Vec<T>>
where
    R: OwnedRow,
{
    let mut found = Vec::new();
    let mut after = after.to_owned();
    while found.len() < limit {
        let page = (limit - found.len()).min(PAGE);
        let most = i32::try_from(page).unwrap_or(i32::MAX);
        let keys = slices().map(|(slice,)| (slice, after.clone(), most));
        let slices = cluster.rows_of_each::<R, _>(cql, keys).await?;
        // Of a slice that gave all that it was asked for more may follow, so only names up to its last are certain.
        let full = slices.iter().filter(|rows| rows.len() >= page);
        let certain = full.filter_map(|rows| rows.last()).map(|row| name(row).to_owned()).min();
        let mut rows: Vec<R> = slices.into_iter().flatten().collect();
        rows.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        for row in rows {
            if found.len() >= limit || certain.as_deref().is_some_and(|certain| name(&row) > certain) {
                break;
            }
            name(&row).clone_into(&mut after);
            found.extend(pick(row));
        }
        if certain.is_none() {
            break;
        }
    }
    Ok(found)
}

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
