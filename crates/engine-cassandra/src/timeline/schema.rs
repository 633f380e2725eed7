//! The tables, by numbered migrations.

use crate::client::{Migration, Schema};

/// All tables, for [`rushes_timeline::TimelineStore::clear`].
pub(crate) const TABLES: [&str; 12] = [
    "fused_heads",
    "fused_pending",
    "fused_assets",
    "fused_chunks",
    "fused_annotations",
    "fused_buckets",
    "fused_documents",
    "fused_changes",
    "fused_notes",
    "fused_words",
    "fused_totals",
    "fused_watermarks",
];

/// Compacts a file once a twentieth of it is covered by deletions, even where newer files overlap it, so that erased
/// bytes go without `nodetool`.
macro_rules! content {
    ($rest:literal) => {
        concat!(
            $rest,
            " WITH compaction = {'class': 'SizeTieredCompactionStrategy', 'unchecked_tombstone_compaction': 'true',
              'tombstone_threshold': '0.05', 'tombstone_compaction_interval': '3600'}"
        )
    };
}

const MIGRATIONS: &[Migration] = &[
    // Only conditional writes touch it; it holds no content.
    Migration {
        number: 1,
        cql: "CREATE TABLE IF NOT EXISTS {ks}.fused_heads (asset text PRIMARY KEY, progress bigint, epoch bigint,
              claim bigint, owner bigint, beat int, log bigint, unsettled boolean, aborted frozen<list<bigint>>)",
    },
    // A queue: rows come and go. A row that reappears after its tombstone was dropped costs only one extra read.
    Migration {
        number: 2,
        cql: "CREATE TABLE IF NOT EXISTS {ks}.fused_pending (slice tinyint, asset text, epoch bigint,
              PRIMARY KEY (slice, asset, epoch)) WITH gc_grace_seconds = 600",
    },
    Migration {
        number: 3,
        cql: "CREATE TABLE IF NOT EXISTS {ks}.fused_assets (slice tinyint, asset text, PRIMARY KEY (slice, asset))",
    },
    Migration {
        number: 4,
        cql: "CREATE TABLE IF NOT EXISTS {ks}.fused_chunks (asset text, kind tinyint, chunk bigint, levels int,
              rows bigint, PRIMARY KEY (asset, kind, chunk))",
    },
    Migration {
        number: 5,
        cql: content!(
            "CREATE TABLE IF NOT EXISTS {ks}.fused_annotations (asset text, chunk bigint, part int, start_ns bigint,
             key blob, epoch bigint, body blob, PRIMARY KEY ((asset, chunk, part), start_ns, key, epoch))"
        ),
    },
    Migration {
        number: 6,
        cql: content!(
            "CREATE TABLE IF NOT EXISTS {ks}.fused_buckets (asset text, chunk bigint, no bigint, epoch bigint, piece int,
             body blob, PRIMARY KEY ((asset, chunk), no, epoch, piece))"
        ),
    },
    Migration {
        number: 7,
        cql: content!(
            "CREATE TABLE IF NOT EXISTS {ks}.fused_documents (asset text, epoch bigint, body blob,
             PRIMARY KEY (asset, epoch))"
        ),
    },
    Migration {
        number: 8,
        cql: "CREATE TABLE IF NOT EXISTS {ks}.fused_changes (asset text, part bigint, n bigint, upto bigint, keys blob,
              PRIMARY KEY ((asset, part), n))",
    },
    Migration {
        number: 9,
        cql: content!(
            "CREATE TABLE IF NOT EXISTS {ks}.fused_notes (asset text, epoch bigint, piece int, body blob,
             PRIMARY KEY (asset, epoch, piece))"
        ),
    },
    Migration {
        number: 10,
        cql: content!(
            "CREATE TABLE IF NOT EXISTS {ks}.fused_words (bucket int, slice tinyint, word text, asset text, n bigint,
             PRIMARY KEY ((bucket, slice), word, asset))"
        ),
    },
    Migration {
        number: 11,
        cql: "CREATE TABLE IF NOT EXISTS {ks}.fused_totals (slice tinyint, asset text, n bigint, changes bigint,
              epoch bigint, PRIMARY KEY (slice, asset))",
    },
    Migration {
        number: 12,
        cql: "CREATE TABLE IF NOT EXISTS {ks}.fused_watermarks (whole tinyint, partition int, upto bigint,
              stamp bigint, PRIMARY KEY (whole, partition))",
    },
];

/// The fused store's tables.
pub(crate) const SCHEMA: Schema =
    Schema { component: "fused", what: "the fused store", migrations: MIGRATIONS };
