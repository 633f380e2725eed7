//! What a cluster in trouble answers to each request of this crate, put in its place by a proxy: also answers of 200 that
//! are not whole.

use rushes_engine_elastic::ElasticIndex;
use rushes_index::Budget;
use rushes_index::Index;
use rushes_plan::{Filter, Test};
use rushes_testkit::index_suite::{IndexFixture, asset_id, clause, current, labelled, put, update, vectored};
use rushes_testkit::proxy::bulk::BulkProxy;
use rushes_testkit::servers;
use rushes_types::{Change, Commit, ErrorKind, Result};
use serde_json::{Value, json};

use crate::fixtures::Elastic;

/// More requests than any call sends within the patience.
const MANY: usize = 1_000;

/// An index behind a proxy.
fn behind_proxy() -> Option<(Elastic, BulkProxy)> {
    let proxy = BulkProxy::before(&servers::elasticsearch()?).unwrap();
    let fixture = Elastic::with(|config| {
        config.urls = vec![proxy.url()];
        config.patience_ms = 600;
    })?;
    let joey = put(&current(labelled("a", "joey", 2, "Joey"), 1));
    fixture.index().apply(&[update("a", 0, 1, vec![joey])]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    Some((fixture, proxy))
}

fn error(status: u16, kind: &str) -> (u16, Value) {
    let cause = json!({"type": kind, "reason": "r"});
    (status, json!({"status": status, "error": {"type": kind, "reason": "r", "root_cause": [cause]}}))
}

/// A 200 of which one shard failed for this reason.
fn half(kind: &str) -> (u16, Value) {
    let failure =
        json!({"shard": 0, "index": "i", "status": "NOT_FOUND", "reason": {"type": kind, "reason": "r"}});
    let shards = json!({"total": 2, "successful": 1, "failed": 1, "failures": [failure]});
    (200, json!({"timed_out": false, "_shards": shards, "hits": {"hits": []}}))
}

fn apply(fixture: &Elastic, from: u64, to: u64) -> Result<()> {
    let ross = put(&current(labelled("a", &format!("ross-{to}"), 2, "Ross"), to));
    fixture.index().apply(&[update("a", from, to, vec![ross])])
}

/// The same index as another process sees it, that has read nothing yet.
fn another(fixture: &Elastic) -> ElasticIndex {
    ElasticIndex::open(fixture.config.clone(), fixture.options()).unwrap()
}

fn search(index: &ElasticIndex) -> Result<usize> {
    let reader = index.reader(None)?;
    Ok(reader.hits(&clause(Test::Any), &Filter::default(), Budget::of_maintenance())?.hits.len())
}

#[test]
fn a_search_waits_for_what_passes_and_says_what_does_not() {
    let Some((fixture, proxy)) = behind_proxy() else { return };
    for (part, (status, body), kind) in [
        ("-meta/_mget", error(503, "cluster_block_exception"), ErrorKind::Unavailable),
        ("-annotations/_pit", error(404, "illegal_index_shard_state_exception"), ErrorKind::Unavailable),
        ("-annotations/_pit", error(503, "no_shard_available_action_exception"), ErrorKind::Unavailable),
        ("-assets/_search", half("index_shard_closed_exception"), ErrorKind::Unavailable),
        ("-assets/_search", (200, json!({"timed_out": true})), ErrorKind::Busy),
        ("/_search", error(503, "search_phase_execution_exception"), ErrorKind::Unavailable),
        ("/_search", error(429, "es_rejected_execution_exception"), ErrorKind::Busy),
        ("/_search", error(500, "circuit_breaking_exception"), ErrorKind::Busy),
    ] {
        let (patient, other) = (another(&fixture), another(&fixture));
        proxy.answer(part, 2, status, &body);
        assert_eq!(search(&patient).unwrap(), 1, "{part} {body}");
        assert_eq!(proxy.answers_left(), 0, "{part} {body}");
        proxy.answer(part, MANY, status, &body);
        let told = search(&other).unwrap_err();
        assert_eq!(told.kind(), kind, "{part}: {told}");
        assert!(told.kind().is_retryable() && told.mend_text().is_some(), "{part}: {told}");
        proxy.answers_left();
    }
}

#[test]
fn a_search_that_is_answered_in_part_is_no_answer() {
    let Some((fixture, proxy)) = behind_proxy() else { return };
    let reader = fixture.index().reader(None).unwrap();
    for (body, kind) in [
        (json!({"timed_out": true, "hits": {"hits": []}}), ErrorKind::Busy),
        (half("script_exception").1, ErrorKind::Unavailable),
    ] {
        proxy.answer("/_search", MANY, 200, &body);
        let told = reader.hits(&clause(Test::Any), &Filter::default(), Budget::of_maintenance()).unwrap_err();
        assert_eq!(told.kind(), kind, "{told}");
        let told = reader.spaces(&Filter::default(), Budget::of_maintenance()).unwrap_err();
        assert_eq!(told.kind(), kind, "{told}");
        proxy.answers_left();
    }
    assert_eq!(
        reader.hits(&clause(Test::Any), &Filter::default(), Budget::of_maintenance()).unwrap().hits.len(),
        1
    );
}

#[test]
fn a_search_of_an_index_that_is_being_rebuilt_is_asked_again_later() {
    let Some((fixture, proxy)) = behind_proxy() else { return };
    for part in ["-meta/_mget", "-annotations/_pit", "-assets/_search"] {
        let index = another(&fixture);
        let (status, body) = match part {
            "-meta/_mget" => {
                let missing = json!({"type": "index_not_found_exception", "reason": "no such index"});
                (200, json!({"docs": [{"_id": "archive", "error": missing}]}))
            }
            _ => error(404, "index_not_found_exception"),
        };
        proxy.answer(part, MANY, status, &body);
        let told = search(&index).unwrap_err();
        assert_eq!(told.kind(), ErrorKind::Unavailable, "{part}: {told}");
        assert!(told.mend_text().unwrap().contains("rushes rebuild"), "{part}: {told}");
        proxy.answers_left();
    }
}

#[test]
fn a_publish_moves_the_read_point_only_after_every_shard_was_refreshed() {
    let Some((fixture, proxy)) = behind_proxy() else { return };
    apply(&fixture, 1, 2).unwrap();
    let (status, body) = half("illegal_index_shard_state_exception");
    proxy.answer("/_refresh", MANY, status, &body);
    let told = fixture.index().publish(Commit(2)).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Unavailable, "{told}");
    proxy.answers_left();
    assert_eq!(fixture.index().reader(None).unwrap().read_point().upto, Commit(1));
    assert_eq!(search(fixture.elastic()).unwrap(), 1);
    // A shard without a working copy is not even counted as failed: the health of the indices says it.
    proxy.answer("/_refresh", MANY, 200, &json!({"_shards": {"total": 2, "successful": 1, "failed": 0}}));
    proxy.answer("/_cluster/health", MANY, 200, &json!({"status": "red"}));
    let told = fixture.index().publish(Commit(2)).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Unavailable, "{told}");
    proxy.answers_left();
    // A replica that is away is no reason to wait.
    proxy.answer("/_refresh", 1, 200, &json!({"_shards": {"total": 2, "successful": 1, "failed": 0}}));
    proxy.answer("/_refresh", 2, status, &body);
    fixture.index().publish(Commit(2)).unwrap();
    fixture.index().publish(Commit(2)).unwrap();
    assert_eq!(proxy.answers_left(), 0);
    assert_eq!(search(fixture.elastic()).unwrap(), 2);
}

#[test]
fn a_write_waits_for_what_passes_and_says_what_does_not() {
    let Some((fixture, proxy)) = behind_proxy() else { return };
    let unsaid = (200, json!({"errors": false, "items": []}));
    let answers = [
        ("/_bulk", error(429, "circuit_breaking_exception"), true, ErrorKind::Busy),
        ("/_bulk", error(503, "unavailable_shards_exception"), true, ErrorKind::Unavailable),
        ("/_bulk", unsaid, true, ErrorKind::Unavailable),
        ("/_bulk", error(403, "cluster_block_exception"), false, ErrorKind::Misconfigured),
        ("/_bulk", error(401, "security_exception"), false, ErrorKind::Misconfigured),
        ("/_bulk", error(500, "null_pointer_exception"), false, ErrorKind::Unavailable),
        ("/_bulk", error(400, "parsing_exception"), false, ErrorKind::Bug),
        ("-assets/_mget", error(503, "master_not_discovered_exception"), true, ErrorKind::Unavailable),
    ];
    for (commit, (part, (status, body), again, kind)) in (1..).zip(answers) {
        proxy.answer(part, MANY, status, &body);
        let told = apply(&fixture, commit, commit + 1).unwrap_err();
        assert_eq!(told.kind(), kind, "{part} {body}: {told}");
        proxy.answers_left();
        assert_eq!(fixture.index().progress(&asset_id("a")).unwrap(), Commit(commit));
        proxy.answer(part, 2, status, &body);
        assert_eq!(apply(&fixture, commit, commit + 1).is_ok(), again, "{part} {body}");
        proxy.answers_left();
        if !again {
            apply(&fixture, commit, commit + 1).unwrap();
        }
    }
}

#[test]
fn a_change_that_not_all_nodes_have_heard_of_is_made_again() {
    let Some((fixture, proxy)) = behind_proxy() else { return };
    proxy.answer("/_mapping", 2, 200, &json!({"acknowledged": false}));
    let scene = vectored("a", "1", 0, &[1.0, 2.0]);
    fixture.index().apply(&[update("a", 1, 2, vec![put(&current(scene, 2))])]).unwrap();
    assert_eq!(proxy.answers_left(), 0);
}

#[test]
fn a_purge_is_done_only_if_every_shard_says_so() {
    let Some((fixture, proxy)) = behind_proxy() else { return };
    let erased = Change::Erased(current(labelled("a", "joey", 2, "Joey"), 1).fused_key());
    fixture.index().apply(&[update("a", 1, 2, vec![erased])]).unwrap();
    fixture.index().publish(Commit(2)).unwrap();
    for part in ["/_flush", "/_stats"] {
        let (status, body) = half("index_shard_closed_exception");
        proxy.answer(part, MANY, status, &body);
        let told = fixture.index().purge().unwrap_err();
        assert_eq!(told.kind(), ErrorKind::Unavailable, "{part}: {told}");
        proxy.answers_left();
        proxy.answer(part, MANY, 200, &json!({"_shards": {"total": 4, "successful": 3, "failed": 0}}));
        proxy.answer("/_cluster/health", MANY, 200, &json!({"status": "red"}));
        assert!(fixture.index().purge().is_err(), "{part}");
        proxy.answers_left();
    }
}
