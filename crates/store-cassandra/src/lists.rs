//! Lists over all assets, kept in slices and read in the order of their names.

use rushes_cassandra::Cluster;
use rushes_cassandra::driver::OwnedRow;
use rushes_types::Result;

use crate::tables::slices;

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
