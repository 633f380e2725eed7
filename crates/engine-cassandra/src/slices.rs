//! Lists over all assets. Each is spread over a fixed number of partitions, its slices, by the hash of a name, and is
//! read in the order of the names.

use crate::client::Cluster;
use crate::client::driver::OwnedRow;
use rushes_types::Result;
use scylla::serialize::value::SerializeValue;

/// The slice, of `slices`, that a name belongs to. Part of the format: it must never change.
pub fn slice_of(name: &str, slices: u8) -> u8 {
    // Below 256, so it fits.
    (xxhash_rust::xxh3::xxh3_64(name.as_bytes()) % u64::from(slices)) as u8
}

/// Most rows of one slice that are read at once.
const PAGE: usize = 500;

/// At most `limit` rows with names after `after`, in the order of the names, that `pick` accepts. `cql` reads one
/// slice's rows after a name, up to a limit: `WHERE slice = ? AND … > ? LIMIT ?`.
pub async fn merged<S, R, T>(
    cluster: &Cluster,
    cql: &str,
    slices: impl Iterator<Item = S> + Clone,
    after: &str,
    limit: usize,
    name: impl Fn(&R) -> &str,
    mut pick: impl FnMut(R) -> Option<T>,
) -> Result<Vec<T>>
where
    S: SerializeValue,
    R: OwnedRow,
{
    let mut found = Vec::new();
    let mut after = after.to_owned();
    while found.len() < limit {
        let page = (limit - found.len()).min(PAGE);
        let most = i32::try_from(page).unwrap_or(i32::MAX);
        let keys = slices.clone().map(|slice| (slice, after.clone(), most));
        let pages = cluster.rows_of_each::<R, _>(cql, keys).await?;
        // A slice that filled its page may have more rows, so the merge is complete only up to that slice's last name.
        let full = pages.iter().filter(|rows| rows.len() >= page);
        let certain = full.filter_map(|rows| rows.last()).map(|row| name(row).to_owned()).min();
        let mut rows: Vec<R> = pages.into_iter().flatten().collect();
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
