//! The statements, as text: each is prepared once.

use crate::client::Cluster;

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident: $cql:literal,)*) => {
        /// All statements, with the keyspace filled in.
        pub(crate) struct Statements { $($(#[$doc])* pub $name: String,)* }

        impl Statements {
            pub fn new(cluster: &Cluster) -> Self {
                let ks = &cluster.config().keyspace;
                Self { $($name: $cql.replace("{ks}", ks),)* }
            }
        }
    };
}

statements! {
    // Heads: conditional writes, and reads.
    head: "SELECT progress, epoch, claim, owner, beat, log, unsettled, aborted FROM {ks}.fused_heads WHERE asset = ?",
    head_begin: "INSERT INTO {ks}.fused_heads (asset, progress, epoch, claim, owner, beat, log, unsettled, aborted)
        VALUES (?, 0, 0, ?, ?, 0, 0, false, []) IF NOT EXISTS",
    head_claim: "UPDATE {ks}.fused_heads SET claim = ?, owner = ?, beat = 0, aborted = ? WHERE asset = ?
        IF claim = ? AND epoch = ?",
    head_beat: "UPDATE {ks}.fused_heads SET beat = ? WHERE asset = ? IF claim = ?",
    head_complete: "UPDATE {ks}.fused_heads SET progress = ?, epoch = ?, claim = 0, log = ?, unsettled = ?
        WHERE asset = ? IF claim = ?",
    head_settled: "UPDATE {ks}.fused_heads SET unsettled = false WHERE asset = ? IF epoch = ?",
    head_swept: "UPDATE {ks}.fused_heads SET aborted = [] WHERE asset = ? IF aborted = ?",
    head_aborted_at: "SELECT writetime(aborted) FROM {ks}.fused_heads WHERE asset = ?",

    // Lists of assets.
    asset_add: "INSERT INTO {ks}.fused_assets (slice, asset) VALUES (?, ?)",
    assets: "SELECT asset FROM {ks}.fused_assets WHERE slice = ? AND asset > ? LIMIT ?",
    pending_add: "INSERT INTO {ks}.fused_pending (slice, asset, epoch) VALUES (?, ?, ?) USING TIMESTAMP ?",
    pending: "SELECT asset, epoch FROM {ks}.fused_pending WHERE slice IN ?",
    pending_drop: "DELETE FROM {ks}.fused_pending USING TIMESTAMP ? WHERE slice = ? AND asset = ? AND epoch <= ?",
    watermark_add: "INSERT INTO {ks}.fused_watermarks (whole, partition, upto) VALUES (0, ?, ?) USING TIMESTAMP ?",
    watermark_stamp: "UPDATE {ks}.fused_watermarks SET stamp = ? WHERE whole = 0 AND partition = ?",
    watermarks: "SELECT partition, upto, stamp FROM {ks}.fused_watermarks WHERE whole = 0",

    // Where an asset's rows lie.
    chunks: "SELECT kind, chunk, levels, rows FROM {ks}.fused_chunks WHERE asset = ?",
    chunk_add: "INSERT INTO {ks}.fused_chunks (asset, kind, chunk, levels, rows) VALUES (?, ?, ?, ?, ?)
        USING TIMESTAMP ?",

    // Annotations.
    annotation_add: "INSERT INTO {ks}.fused_annotations (asset, chunk, part, start_ns, key, epoch, body)
        VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?",
    annotations: "SELECT start_ns, key, epoch, body FROM {ks}.fused_annotations
        WHERE asset = ? AND chunk = ? AND part = ? AND (start_ns, key) >= (?, ?) AND (start_ns) <= (?) LIMIT ?",
    annotations_of: "SELECT start_ns, key, epoch, body FROM {ks}.fused_annotations
        WHERE asset = ? AND chunk = ? AND part = ? AND (start_ns, key) IN ?",
    annotations_there: "SELECT start_ns, key FROM {ks}.fused_annotations
        WHERE asset = ? AND chunk = ? AND part = ? AND (start_ns, key) IN ?",
    annotation_epochs: "SELECT start_ns, key, epoch FROM {ks}.fused_annotations
        WHERE asset = ? AND chunk = ? AND part = ?",
    annotation_supersede: "DELETE FROM {ks}.fused_annotations USING TIMESTAMP ?
        WHERE asset = ? AND chunk = ? AND part = ? AND start_ns = ? AND key = ? AND epoch < ?",
    annotation_erase: "DELETE FROM {ks}.fused_annotations USING TIMESTAMP ?
        WHERE asset = ? AND chunk = ? AND part = ? AND start_ns = ? AND key = ?",
    annotation_drop: "DELETE FROM {ks}.fused_annotations USING TIMESTAMP ?
        WHERE asset = ? AND chunk = ? AND part = ? AND start_ns = ? AND key = ? AND epoch = ?",

    // Buckets.
    bucket_add: "INSERT INTO {ks}.fused_buckets (asset, chunk, no, epoch, piece, body)
        VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?",
    buckets: "SELECT no, epoch, body FROM {ks}.fused_buckets
        WHERE asset = ? AND chunk = ? AND no >= ? AND no <= ? LIMIT ?",
    bucket_epochs: "SELECT no, epoch FROM {ks}.fused_buckets WHERE asset = ? AND chunk = ?",
    bucket_supersede: "DELETE FROM {ks}.fused_buckets USING TIMESTAMP ?
        WHERE asset = ? AND chunk = ? AND no = ? AND epoch < ?",
    bucket_drop: "DELETE FROM {ks}.fused_buckets USING TIMESTAMP ?
        WHERE asset = ? AND chunk = ? AND no = ? AND epoch = ?",

    // Documents.
    document_add: "INSERT INTO {ks}.fused_documents (asset, epoch, body) VALUES (?, ?, ?) USING TIMESTAMP ?",
    documents: "SELECT epoch, body FROM {ks}.fused_documents WHERE asset = ?",
    document_supersede: "DELETE FROM {ks}.fused_documents USING TIMESTAMP ? WHERE asset = ? AND epoch < ?",
    document_drop: "DELETE FROM {ks}.fused_documents USING TIMESTAMP ? WHERE asset = ? AND epoch = ?",

    // What changed, and what is left to do.
    change_add: "INSERT INTO {ks}.fused_changes (asset, part, n, upto, keys) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?",
    changes: "SELECT n, upto, keys FROM {ks}.fused_changes WHERE asset = ? AND part = ? AND n >= ? AND n < ?",
    note_add: "INSERT INTO {ks}.fused_notes (asset, epoch, piece, body) VALUES (?, ?, ?, ?) USING TIMESTAMP ?",
    notes: "SELECT piece, body FROM {ks}.fused_notes WHERE asset = ? AND epoch = ? AND piece >= ? LIMIT ?",
    notes_drop: "DELETE FROM {ks}.fused_notes USING TIMESTAMP ? WHERE asset = ? AND epoch <= ?",

    // Words.
    word_put: "INSERT INTO {ks}.fused_words (bucket, slice, word, asset, n) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?",
    word_drop: "DELETE FROM {ks}.fused_words USING TIMESTAMP ? WHERE bucket = ? AND slice = ? AND word = ?
        AND asset = ?",
    words_of: "SELECT word, n, writetime(n) FROM {ks}.fused_words
        WHERE bucket = ? AND slice = ? AND word IN ? AND asset = ?",
    word_sum: "SELECT SUM(n) FROM {ks}.fused_words WHERE bucket = ? AND slice = ? AND word = ?",
    total_put: "INSERT INTO {ks}.fused_totals (slice, asset, n, changes, epoch) VALUES (?, ?, ?, ?, ?)
        USING TIMESTAMP ?",
    total_of: "SELECT n, changes, epoch FROM {ks}.fused_totals WHERE slice = ? AND asset = ?",
    totals: "SELECT SUM(n), SUM(changes) FROM {ks}.fused_totals WHERE slice = ?",

    bytes: "SELECT table_name, mebibytes FROM system_views.disk_usage WHERE keyspace_name = '{ks}' ALLOW FILTERING",
}
