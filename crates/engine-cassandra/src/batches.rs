//! Rows in batches of one partition.

/// Bytes of one batch: one partition's rows go together.
const BATCH_BYTES: usize = 64 << 10;
/// Rows of one batch.
const BATCH_ROWS: usize = 128;

/// Groups rows that follow each other in one partition, as many as one batch takes.
pub(crate) fn grouped<T, P: PartialEq>(
    rows: impl Iterator<Item = T>,
    partition: impl Fn(&T) -> P,
    bytes: impl Fn(&T) -> usize,
) -> impl Iterator<Item = Vec<T>> {
    let mut rows = rows.peekable();
    std::iter::from_fn(move || {
        let first = rows.next()?;
        let (place, mut size) = (partition(&first), bytes(&first));
        let mut group = vec![first];
        while group.len() < BATCH_ROWS
            && let Some(next) =
                rows.next_if(|row| partition(row) == place && size + bytes(row) <= BATCH_BYTES)
        {
            size += bytes(&next);
            group.push(next);
        }
        Some(group)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_of_one_partition_and_no_larger_than_a_batch() {
        let rows = (0..1000).map(|n| (n / 300, n));
        let groups: Vec<Vec<(i32, i32)>> = grouped(rows, |row| row.0, |_| 1).collect();
        assert!(groups.iter().all(|g| g.len() <= BATCH_ROWS && g.iter().all(|row| row.0 == g[0].0)));
        assert!(groups.iter().flatten().map(|row| row.1).eq(0..1000));
        let large: Vec<Vec<i32>> = grouped(0..4, |_| 0, |_| BATCH_BYTES / 2).collect();
        assert_eq!(large, [[0, 1], [2, 3]]);
        let huge: Vec<Vec<i32>> = grouped(0..2, |_| 0, |_| BATCH_BYTES * 9).collect();
        assert_eq!(huge, [[0], [1]]);
    }
}
