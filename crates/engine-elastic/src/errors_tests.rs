use super::*;
use serde_json::json;

/// A refusal with this status, exception and reason.
fn refusal(status: u16, kind: &str, reason: &str) -> Refusal {
    Refusal::of(status, &json!({"type": kind, "reason": reason}))
}

/// What the engine answers while it starts, moves shards, has no master, is short of memory or disk, or is asked wrongly:
/// status, exception, reason; whether it is tried again, and what it is in the end.
const ANSWERS: &[(u16, &str, &str, bool, ErrorKind)] = &[
    // Shards that are starting or moving.
    (404, "illegal_index_shard_state_exception", "CurrentState[RECOVERING]", true, ErrorKind::Unavailable),
    (500, "illegal_index_shard_state_exception", "CurrentState[POST_RECOVERY]", true, ErrorKind::Unavailable),
    (404, "index_shard_closed_exception", "CurrentState[CLOSED] Closed", true, ErrorKind::Unavailable),
    (404, "index_shard_not_started_exception", "CurrentState[CREATED]", true, ErrorKind::Unavailable),
    (404, "shard_not_found_exception", "no such shard", true, ErrorKind::Unavailable),
    (404, "no_shard_available_action_exception", "No shard available", true, ErrorKind::Unavailable),
    (503, "no_shard_available_action_exception", "", true, ErrorKind::Unavailable),
    (503, "unavailable_shards_exception", "primary shard is not active", true, ErrorKind::Unavailable),
    (409, "index_primary_shard_not_allocated_exception", "", true, ErrorKind::Unavailable),
    (500, "shard_not_in_primary_mode_exception", "not in primary mode", true, ErrorKind::Unavailable),
    (500, "already_closed_exception", "engine is closed", true, ErrorKind::Unavailable),
    (503, "search_phase_execution_exception", "all shards failed", true, ErrorKind::Unavailable),
    (503, "search_phase_execution_exception", "missing shards", true, ErrorKind::Unavailable),
    // Nodes that go.
    (500, "node_disconnected_exception", "disconnected", true, ErrorKind::Unavailable),
    (500, "node_closed_exception", "node closed", true, ErrorKind::Unavailable),
    (500, "receive_timeout_transport_exception", "timed out", true, ErrorKind::Unavailable),
    // A cluster without a state or a master.
    (503, "cluster_block_exception", "blocked by: [.../1/state not recovered]", true, ErrorKind::Unavailable),
    (503, "cluster_block_exception", "blocked by: [.../2/no master];", true, ErrorKind::Unavailable),
    (503, "master_not_discovered_exception", "", true, ErrorKind::Unavailable),
    (503, "process_cluster_event_timeout_exception", "failed to process", true, ErrorKind::Unavailable),
    (400, "snapshot_in_progress_exception", "cannot delete indices", true, ErrorKind::Unavailable),
    // A proxy before the cluster.
    (502, "", "", true, ErrorKind::Unavailable),
    (504, "", "", true, ErrorKind::Unavailable),
    // Too much to do, too little memory.
    (429, "es_rejected_execution_exception", "rejected", true, ErrorKind::Busy),
    (429, "circuit_breaking_exception", "Data too large", true, ErrorKind::Busy),
    (503, "circuit_breaking_exception", "Data too large", true, ErrorKind::Busy),
    (429, "", "", true, ErrorKind::Busy),
    // Blocks that do not go by themselves.
    (429, "cluster_block_exception", "disk usage exceeded flood-stage", false, ErrorKind::StorageFull),
    (403, "cluster_block_exception", "index read-only (api)", false, ErrorKind::Storage),
    // It failed, and would again.
    (500, "null_pointer_exception", "", false, ErrorKind::Unavailable),
    (500, "out_of_memory_error", "Java heap space", false, ErrorKind::Unavailable),
    // The caller must mend it.
    (404, "index_not_found_exception", "no such index [a]", false, ErrorKind::NotFound),
    (503, "index_not_found_exception", "no such index [a]", false, ErrorKind::NotFound),
    (401, "security_exception", "missing authentication", false, ErrorKind::Forbidden),
    (403, "security_exception", "is unauthorized", false, ErrorKind::Forbidden),
    (413, "", "", false, ErrorKind::TooLarge),
    (400, "parsing_exception", "unknown query [x]", false, ErrorKind::Bug),
    (400, "document_parsing_exception", "failed to parse", false, ErrorKind::Bug),
    (404, "search_context_missing_exception", "No search context found", false, ErrorKind::Unavailable),
];

#[test]
fn each_answer_is_sorted_by_what_may_be_done_about_it() {
    for (status, kind, reason, again, expected) in ANSWERS {
        let refusal = refusal(*status, kind, reason);
        assert_eq!(refusal.may_pass(), *again, "{refusal}");
        assert_eq!(Error::from(refusal.clone()).kind(), *expected, "{refusal}");
    }
}

#[test]
fn only_a_version_is_a_conflict_and_only_an_absent_thing_is_missing() {
    assert!(refusal(409, "version_conflict_engine_exception", "").is_conflict());
    assert!(!refusal(409, "index_primary_shard_not_allocated_exception", "").is_conflict());
    assert!(refusal(404, "", "").is_missing() && refusal(404, "index_not_found_exception", "").is_missing());
    assert!(!refusal(404, "illegal_index_shard_state_exception", "").is_missing());
}

#[test]
fn a_full_disk_is_told_from_a_busy_node() {
    let full = json!({"type": "cluster_block_exception", "reason":
        "index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];"});
    let full = Refusal::of(429, &full);
    assert!(!full.may_pass());
    assert_eq!(Error::from(full).kind(), ErrorKind::StorageFull);
    let busy = refusal(429, "es_rejected_execution_exception", "rejected");
    assert!(busy.may_pass());
    assert_eq!(Error::from(busy).kind(), ErrorKind::Busy);
}

#[test]
fn the_innermost_reason_is_told() {
    let body = json!({"error": {"type": "search_phase_execution_exception", "reason": "all shards failed",
        "root_cause": [{"type": "script_exception", "reason": "runtime error"}]}});
    let refusal = Refusal::read(400, body.to_string().as_bytes());
    assert_eq!((refusal.kind.as_str(), refusal.reason.as_str()), ("script_exception", "runtime error"));
}
