use super::*;
use crate::answers::{ANSWERS, When};
use crate::client::ApiRequest;
use crate::client::tests::client_of;
use serde_json::json;

/// A refusal with this status, exception and reason.
fn refusal(status: u16, kind: &str, reason: &str) -> Refusal {
    Refusal::of(status, &json!({"type": kind, "reason": reason}))
}

/// An answer for a row: its status, and its body in the form that the engine gives it.
fn answer_of(row: &Answer, always: u16) -> (u16, Value) {
    let (status, reason) = match row.when {
        When::Always => (always, "r"),
        When::Status(status) => (status, "r"),
        When::Says(what) => (always, what),
    };
    if row.name.is_empty() {
        return (status, json!("<html>"));
    }
    let error = json!({"type": row.name, "reason": reason});
    let wrapped = json!({"root_cause": [error], "type": row.name, "reason": reason});
    (status, json!({"status": status, "error": wrapped}))
}

#[test]
fn each_answer_of_the_table_becomes_what_it_says_from_the_wire_to_the_error() {
    let done = (200, json!({"ok": true}));
    for (no, row) in ANSWERS.iter().enumerate() {
        // The exception counts before the status, where no other row is for this status.
        let any = [400, 404, 409, 500, 503].iter().cycle().skip(no).take(5);
        let status = any.copied().find(|status| is_found(row, *status)).unwrap();
        let answer = answer_of(row, status);
        let again = row.becomes.is_asked_again();
        let (client, given) = client_of(vec![answer.clone(), done.clone()], 60_000);
        assert_eq!(client.json(&ApiRequest::get("/a")).is_ok(), again, "{row}");
        assert_eq!(*given.lock().unwrap(), 1 + usize::from(again), "{row}");
        let (client, _) = client_of(vec![answer], 1);
        let error = Error::from(client.json(&ApiRequest::get("/a")).unwrap_err());
        assert_eq!(error.kind(), row.becomes.kind(), "{row}: {error}");
        assert_eq!(error.mend_text(), Some(row.mend), "{error}");
        let promised = row.becomes.to_string().contains("Retry-After");
        assert!(error.kind().is_retryable() || !promised, "{row}");
    }
}

/// Is it this row that counts where its answer comes with this status?
fn is_found(row: &Answer, always: u16) -> bool {
    let (status, _) = answer_of(row, always);
    let reason = if let When::Says(what) = row.when { what } else { "" };
    Answer::known(row.name, status, reason) == Some(row)
}

#[test]
fn no_row_hides_another() {
    for row in ANSWERS {
        assert!(is_found(row, 500), "the first of two rows counts: {row}");
    }
}

#[test]
fn the_page_shows_the_table() {
    let page = include_str!("../../../docs/elasticsearch.md");
    let table: Vec<String> = ANSWERS.iter().map(ToString::to_string).collect();
    let shown = page.lines().skip_while(|line| **line != table[0]).take_while(|line| line.starts_with('|'));
    assert!(shown.eq(&table), "docs/elasticsearch.md must show\n{}", table.join("\n"));
}

#[test]
fn what_is_in_no_row_is_the_engine_s_trouble_by_its_status_or_a_mistake_of_ours() {
    for (status, again, kind) in [
        (500, false, ErrorKind::Unavailable),
        (507, false, ErrorKind::Unavailable),
        (502, true, ErrorKind::Unavailable),
        (503, true, ErrorKind::Unavailable),
        (504, true, ErrorKind::Unavailable),
        (429, true, ErrorKind::Busy),
        (401, false, ErrorKind::Misconfigured),
        (403, false, ErrorKind::Misconfigured),
        (400, false, ErrorKind::Bug),
        (404, false, ErrorKind::Bug),
        (409, false, ErrorKind::Bug),
    ] {
        let refusal = refusal(status, "some_new_exception", &"long ".repeat(200));
        assert_eq!(refusal.may_pass(), again, "{status}");
        let error = Error::from(refusal);
        assert_eq!(error.kind(), kind, "{status}");
        // A mistake of ours is told with all that the engine says, other errors briefly.
        assert_eq!(error.message().len() > 900, kind == ErrorKind::Bug, "{error}");
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
fn blocks_are_told_apart_by_what_they_say() {
    let of = |status, reason| {
        let refusal = refusal(status, "cluster_block_exception", reason);
        (refusal.may_pass(), Error::from(refusal).kind())
    };
    let full = "index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has \
                read-only-allow-delete block];";
    assert_eq!(of(429, full), (false, ErrorKind::StorageFull));
    let by_hand = "index [a] blocked by: [FORBIDDEN/5/index read-only (api)];";
    assert_eq!(of(403, by_hand), (false, ErrorKind::Misconfigured));
    let starting = "blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];";
    assert_eq!(of(503, starting), (true, ErrorKind::Unavailable));
    let headless = "blocked by: [SERVICE_UNAVAILABLE/2/no master];";
    assert_eq!(of(503, headless), (true, ErrorKind::Unavailable));
}

#[test]
fn the_innermost_reason_is_told() {
    let body = json!({"error": {"type": "search_phase_execution_exception", "reason": "all shards failed",
        "root_cause": [{"type": "script_exception", "reason": "runtime error"}]}});
    let refusal = Refusal::read(400, body.to_string().as_bytes());
    assert_eq!((refusal.kind.as_str(), refusal.reason.as_str()), ("script_exception", "runtime error"));
}

#[test]
fn a_cause_that_may_pass_counts_wherever_it_stands() {
    let moving = json!({"type": "index_shard_closed_exception", "reason": "closed"});
    let other = json!({"type": "script_exception", "reason": "runtime error"});
    let search = |shards: Value, roots: Value, cause: Value| {
        Refusal::of(
            500,
            &json!({
                "type": "search_phase_execution_exception", "reason": "all shards failed", "root_cause": roots,
                "failed_shards": shards, "caused_by": cause,
            }),
        )
    };
    let of_shard = |reason: &Value| json!({"shard": 0, "reason": reason});
    let none = || json!([]);
    for (refusal, again) in [
        (search(json!([of_shard(&other), of_shard(&moving)]), none(), Value::Null), true),
        (search(none(), json!([other, moving]), Value::Null), true),
        (search(none(), none(), moving.clone()), true),
        (search(none(), none(), json!({"type": "exception", "caused_by": moving})), true),
        (search(json!([of_shard(&other)]), json!([other]), Value::Null), false),
        (search(none(), none(), Value::Null), false),
    ] {
        assert_eq!(refusal.may_pass(), again, "{refusal}");
    }
}

#[test]
fn a_search_without_its_index_is_asked_again_later() {
    let error = of_search(refusal(404, "index_not_found_exception", "no such index [a]").into());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.mend_text().unwrap().contains("rushes rebuild"), "{error}");
    assert_eq!(of_search(Error::bug("x")).kind(), ErrorKind::Bug);
}
