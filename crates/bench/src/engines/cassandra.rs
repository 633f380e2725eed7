//! The driver's upper bound: reads back the rows that a part wrote and writes them to tables of the same schema, by
//! unlogged batches of one partition each, with the configured concurrency. Only the writing is timed.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rushes_archive::Part;
use rushes_engine_cassandra::client::Cluster;
use rushes_engine_cassandra::client::driver::{CqlValue, Row};
use rushes_types::{Error, Result};

use crate::test_beds::Ceiling;

/// Rows and bytes of a batch: what the server accepts without a warning.
const BATCH_ROWS: usize = 128;
const BATCH_BYTES: usize = 64 << 10;
/// Partitions that are read at once.
const PARTITIONS: usize = 16;
/// Bytes of rows that are read before they are written in one burst: pauses while writing would give the server time
/// for background work.
const BURST_BYTES: u64 = 256 << 20;
/// Bytes of a row besides its texts and blobs.
const CELL_BYTES: usize = 8;
/// How often, and how many times, it checks whether everything is on disk.
const LOOK: Duration = Duration::from_secs(2);
const LOOKS: usize = 20;

/// A table that holds content.
struct Table {
    name: &'static str,
    /// The partition key columns that identify earlier partitions; empty: all partitions are copied.
    identified_by: &'static [&'static str],
    with: &'static str,
}

const fn table(name: &'static str, identified_by: &'static [&'static str]) -> Table {
    Table { name, identified_by, with: "" }
}

const STORE: &[Table] = &[
    Table {
        name: "blocks",
        identified_by: &["asset", "piece"],
        with: " WITH compression = {'enabled': false}",
    },
    table("ids", &["asset", "piece"]),
];

const FUSED: &[Table] = &[
    table("fused_annotations", &["asset"]),
    table("fused_buckets", &["asset"]),
    table("fused_changes", &["asset"]),
    table("fused_chunks", &["asset"]),
    table("fused_documents", &["asset"]),
    table("fused_notes", &["asset"]),
    table("fused_words", &[]),
];

const fn tables(part: Part) -> &'static [Table] {
    match part {
        Part::Store => STORE,
        Part::Timeline => FUSED,
        Part::Events | Part::Index => &[],
    }
}

/// The identities of the partitions that were in the tables before.
pub(super) type Partitions = BTreeSet<String>;

struct Column {
    name: String,
    kind: String,
    position: i32,
    cql: String,
}

fn columns(cluster: &Cluster, table: &str) -> Result<Vec<Column>> {
    let cql = "SELECT column_name, kind, position, type FROM system_schema.columns WHERE keyspace_name = ? \
               AND table_name = ?";
    let key = (cluster.config().keyspace.as_str(), table);
    let rows = cluster.block_on(cluster.rows::<(String, String, i32, String)>(cql, key))?;
    let column = |(name, kind, position, cql)| Column { name, kind, position, cql };
    Ok(rows.into_iter().map(column).collect())
}

/// Names of the key's columns of a kind, in their order.
fn key<'c>(columns: &'c [Column], kind: &str) -> Vec<&'c str> {
    let mut of_kind: Vec<&Column> = columns.iter().filter(|column| column.kind == kind).collect();
    of_kind.sort_by_key(|column| column.position);
    of_kind.into_iter().map(|column| column.name.as_str()).collect()
}

fn partitions(cluster: &Cluster, table: &str, key: &[&str]) -> Result<Vec<Vec<CqlValue>>> {
    let cql = format!("SELECT DISTINCT {} FROM {}", key.join(", "), cluster.table(table));
    let rows = cluster.block_on(cluster.rows::<Row>(&cql, ()))?;
    Ok(rows.into_iter().map(|row| row.columns.into_iter().flatten().collect()).collect())
}

/// A partition's identity; empty if it is always copied.
fn identity(table: &Table, key: &[&str], values: &[CqlValue]) -> String {
    let parts = key.iter().zip(values).filter(|(name, _)| table.identified_by.contains(name));
    parts.map(|(_, value)| format!("{value:?} ")).collect()
}

/// The partitions in a part's tables now.
pub(super) fn partitions_of(cluster: &Cluster, part: Part) -> Result<Partitions> {
    let mut before = Partitions::new();
    for table in tables(part).iter().filter(|table| !table.identified_by.is_empty()) {
        let columns = columns(cluster, table.name)?;
        let key = key(&columns, "partition_key");
        for values in partitions(cluster, table.name, &key)? {
            before.insert(format!("{} {}", table.name, identity(table, &key, &values)));
        }
    }
    Ok(before)
}

/// Copies the partitions that were added since, then removes the copies.
pub(super) fn copy(cluster: &Cluster, part: Part, before: &Partitions) -> Result<Ceiling> {
    let mut ceiling = Ceiling {
        what: "unlogged batches of one partition, the same rows".to_owned(),
        rows: 0,
        bytes: 0,
        seconds: 0.0,
    };
    for table in tables(part) {
        let copied = copy_table(cluster, table, before, &mut ceiling);
        let dropped = format!("DROP TABLE IF EXISTS {}", cluster.table(&bare(table)));
        let dropped = cluster.block_on(cluster.define(&dropped));
        copied.and(dropped)?;
    }
    Ok(ceiling)
}

fn bare(table: &Table) -> String {
    format!("bare_{}", table.name)
}

fn copy_table(cluster: &Cluster, table: &Table, before: &Partitions, ceiling: &mut Ceiling) -> Result<()> {
    let columns = columns(cluster, table.name)?;
    let partition = key(&columns, "partition_key");
    let clustering = key(&columns, "clustering");
    if partition.is_empty() {
        return Err(Error::bug(format!("there is no table `{}`", table.name)));
    }
    let name = cluster.table(&bare(table));
    let fields: Vec<String> =
        columns.iter().map(|column| format!("{} {}", column.name, column.cql)).collect();
    let after = clustering.iter().map(|name| format!(", {name}")).collect::<String>();
    let (fields, first) = (fields.join(", "), partition.join(", "));
    let make = format!("CREATE TABLE {name} ({fields}, PRIMARY KEY (({first}){after})){}", table.with);
    cluster.block_on(cluster.define(&make))?;

    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let marks = vec!["?"; names.len()].join(", ");
    let names = names.join(", ");
    let put = format!("INSERT INTO {name} ({names}) VALUES ({marks})");
    let equal = partition.iter().map(|name| format!("{name} = ?")).collect::<Vec<_>>().join(" AND ");
    let get = format!("SELECT {names} FROM {} WHERE {equal}", cluster.table(table.name));
    let is_new = |values: &Vec<CqlValue>| {
        table.identified_by.is_empty()
            || !before.contains(&format!("{} {}", table.name, identity(table, &partition, values)))
    };
    let all: Vec<Vec<CqlValue>> =
        partitions(cluster, table.name, &partition)?.into_iter().filter(is_new).collect();
    let (mut groups, mut read) = (Vec::new(), 0);
    for some in all.chunks(PARTITIONS) {
        let found = cluster.block_on(cluster.rows_of_each::<Row, _>(&get, some))?;
        for rows in found {
            read += batches(rows.into_iter().map(|row| row.columns), &mut groups);
        }
        if read >= BURST_BYTES {
            write(cluster, &put, std::mem::take(&mut groups), std::mem::take(&mut read), ceiling)?;
        }
    }
    write(cluster, &put, groups, read, ceiling)
}

/// Writes batches, timed.
fn write(
    cluster: &Cluster,
    put: &str,
    groups: Vec<Vec<Values>>,
    bytes: u64,
    ceiling: &mut Ceiling,
) -> Result<()> {
    ceiling.bytes += bytes;
    ceiling.rows += groups.iter().map(|group| group.len() as u64).sum::<u64>();
    let begun = Instant::now();
    cluster.block_on(cluster.write_groups(put, groups))?;
    ceiling.seconds += begun.elapsed().as_secs_f64();
    Ok(())
}

type Values = Vec<Option<CqlValue>>;

/// Cuts the rows of a partition into batches; how many bytes they are.
fn batches(rows: impl Iterator<Item = Values>, groups: &mut Vec<Vec<Values>>) -> u64 {
    let mut total = 0;
    let (mut group, mut size) = (Vec::new(), 0);
    for row in rows {
        let bytes = row.iter().flatten().map(bytes_of).sum::<usize>();
        if !group.is_empty() && (size + bytes > BATCH_BYTES || group.len() == BATCH_ROWS) {
            groups.push(std::mem::take(&mut group));
            size = 0;
        }
        size += bytes;
        total += bytes as u64;
        group.push(row);
    }
    if !group.is_empty() {
        groups.push(group);
    }
    total
}

fn bytes_of(value: &CqlValue) -> usize {
    match value {
        CqlValue::Blob(bytes) => bytes.len(),
        CqlValue::Text(text) => text.len(),
        _ => CELL_BYTES,
    }
}

/// Bytes on the disk of the node that answers, in whole MiB per table, after a flush.
pub(super) fn bytes(cluster: &Cluster, part: Part) -> Result<u64> {
    for table in tables(part) {
        let name = cluster.table(table.name);
        let flush = format!("ALTER TABLE {name} WITH memtable_flush_period_in_ms = 1000");
        cluster.block_on(cluster.define(&flush))?;
    }
    let mut before = None;
    for _ in 0..LOOKS {
        std::thread::sleep(LOOK);
        let now = usage(cluster, part)?;
        if before == Some(now) {
            return Ok(now);
        }
        before = Some(now);
    }
    Ok(before.unwrap_or(0))
}

fn usage(cluster: &Cluster, part: Part) -> Result<u64> {
    let cql = "SELECT mebibytes FROM system_views.disk_usage WHERE keyspace_name = ? AND table_name = ?";
    let keyspace = cluster.config().keyspace.as_str();
    let keys = tables(part).iter().map(|table| (keyspace, table.name));
    let found = cluster.block_on(cluster.rows_of_each::<(Option<i64>,), _>(cql, keys))?;
    Ok(found.iter().flatten().filter_map(|(mib,)| *mib).map(|mib| mib.unsigned_abs() << 20).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_bounded_in_rows_and_bytes() {
        let row = |bytes: usize| vec![Some(CqlValue::Blob(vec![0; bytes])), None];
        let mut groups = Vec::new();
        assert_eq!(batches((0..300).map(|_| row(1)), &mut groups), 300);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [128, 128, 44]);
        groups.clear();
        batches([BATCH_BYTES, 1, 9 * BATCH_BYTES].map(row).into_iter(), &mut groups);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1]);
    }
}
