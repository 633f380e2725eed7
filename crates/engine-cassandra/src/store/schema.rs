//! The tables, and the statements that several modules use.

use crate::client::{Migration, Schema};
use crate::slices::slice_of;

/// Slices of each list over all assets: a list of a million assets has partitions of 31,000 rows.
pub const SLICES: u8 = 32;

/// The store's tables.
pub const SCHEMA: Schema = Schema {
    component: "store",
    what: "the annotation store",
    migrations: &[
        migration(1, HEADS),
        migration(2, HISTORY),
        migration(3, BLOCKS),
        migration(4, IDS),
        migration(5, ASSETS),
        migration(6, RUN_NAMES),
        migration(7, RUN_LIST),
        migration(8, MODELS),
        migration(9, MODEL_USES),
        migration(10, LABELS),
        migration(11, PENDING),
        migration(12, WRITERS),
        migration(13, FLOORS),
        migration(14, STRAYS),
        migration(15, CHAIN),
        migration(16, CHAIN_ENDS),
        migration(17, CHAIN_OF),
        migration(18, DOCUMENTS),
    ],
};

const fn migration(number: i32, cql: &'static str) -> Migration {
    Migration { number, cql }
}

/// One partition per asset, the unit of a commit: only conditional writes touch it. See [`crate::store::head`].
const HEADS: &str = "CREATE TABLE IF NOT EXISTS {ks}.heads (asset text, kind int, name text, num bigint, value blob, \
     version bigint static, last_commit bigint static, commits bigint static, annotations bigint static, bytes bigint static, \
     trimmed bigint static, erased bigint static, doc blob static, \
     PRIMARY KEY (asset, kind, name, num)) WITH gc_grace_seconds = 86400";
/// The body of the history, `chunk` after `chunk` of 4,096 commits.
const HISTORY: &str = "CREATE TABLE IF NOT EXISTS {ks}.history (asset text, chunk bigint, num bigint, value blob, \
     PRIMARY KEY ((asset, chunk), num)) WITH gc_grace_seconds = 86400";
/// Content. Compressed already.
const BLOCKS: &str = "CREATE TABLE IF NOT EXISTS {ks}.blocks (asset text, piece bigint, chunk int, block int, slice int, \
     slices int, data blob, PRIMARY KEY ((asset, piece, chunk), block, slice)) \
     WITH gc_grace_seconds = 14400 AND compression = {'enabled': false}";
/// The ids of a piece, with a digest of each annotation.
const IDS: &str = "CREATE TABLE IF NOT EXISTS {ks}.ids (asset text, piece bigint, chunk int, part int, data blob, \
     PRIMARY KEY ((asset, piece, chunk), part)) WITH gc_grace_seconds = 14400";
/// All assets that ever had a commit, in slices, with the numbers that `counts` sums.
const ASSETS: &str = "CREATE TABLE IF NOT EXISTS {ks}.assets (slice int, asset text, registered int, \
     annotations bigint, commits bigint, bytes bigint, last_commit bigint, PRIMARY KEY (slice, asset))";
/// Which asset a run is of. Only conditional writes touch it: a run's id is unique.
const RUN_NAMES: &str =
    "CREATE TABLE IF NOT EXISTS {ks}.run_names (run text PRIMARY KEY, asset text, noted bigint)";
/// All runs, in slices, in the order of their ids.
const RUN_LIST: &str =
    "CREATE TABLE IF NOT EXISTS {ks}.run_list (slice int, run text, asset text, PRIMARY KEY (slice, run))";
const MODELS: &str = "CREATE TABLE IF NOT EXISTS {ks}.models (one int, model text, version bigint static, value blob, \
     told boolean, PRIMARY KEY (one, model))";
/// Assets that a model may have written on.
const MODEL_USES: &str = "CREATE TABLE IF NOT EXISTS {ks}.model_uses (model text, slice int, asset text, \
     PRIMARY KEY ((model, slice), asset))";
const LABELS: &str = "CREATE TABLE IF NOT EXISTS {ks}.labels (one int, kind text, label text, value blob, \
     PRIMARY KEY (one, kind, label))";
/// Documents that people write. Only conditional writes touch them, and those of an import.
const DOCUMENTS: &str = "CREATE TABLE IF NOT EXISTS {ks}.documents (kind text, id text, value blob, \
     PRIMARY KEY (kind, id))";
/// Assets that may have commits that were not carried yet. A lost deletion does no harm, so its tombstones are kept
/// only briefly.
const PENDING: &str = "CREATE TABLE IF NOT EXISTS {ks}.pending (slice int, asset text, writer bigint, num bigint, \
     PRIMARY KEY (slice, asset, writer)) WITH gc_grace_seconds = 600";
/// The processes that number commits. Only conditional writes touch it.
const WRITERS: &str = "CREATE TABLE IF NOT EXISTS {ks}.writers (one int, number int, id bigint, closed boolean, \
     PRIMARY KEY (one, number))";
/// The floor of each writer. Only unconditional writes touch it.
const FLOORS: &str = "CREATE TABLE IF NOT EXISTS {ks}.floors (one int, number int, id bigint, floor bigint, \
     PRIMARY KEY (one, number))";

/// Content that may belong to no commit: listed before it is written, removed when the outcome of its commit is known.
const STRAYS: &str = "CREATE TABLE IF NOT EXISTS {ks}.strays (asset text, piece bigint, writer bigint, \
     PRIMARY KEY (asset, piece)) WITH gc_grace_seconds = 600";

/// The chain of changes of each asset, `chunk` after `chunk` of 4,096 changes: what was acknowledged, apart from what it speaks of.
const CHAIN: &str = "CREATE TABLE IF NOT EXISTS {ks}.chain (asset text, chunk bigint, seq bigint, value blob, \
     PRIMARY KEY ((asset, chunk), seq))";
/// For each writer's number, the change that it made last: what is looked at on opening.
const CHAIN_ENDS: &str = "CREATE TABLE IF NOT EXISTS {ks}.chain_ends (one int, number int, asset text, seq bigint, \
     PRIMARY KEY (one, number))";
/// Whose chains these are, whether all assets have one, and the damage that was found. Only conditional writes touch the lineage,
/// and only unconditional ones the rest.
const CHAIN_OF: &str = "CREATE TABLE IF NOT EXISTS {ks}.chain_of (one int PRIMARY KEY, lineage blob, adopted boolean, damage text)";

/// Which slice a name is in.
pub fn slice(name: &str) -> i32 {
    i32::from(slice_of(name, SLICES))
}

/// All slices.
pub fn slices() -> impl Iterator<Item = i32> + Clone {
    (0..SLICES).map(i32::from)
}
