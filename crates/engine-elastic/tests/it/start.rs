//! What start-up says where something is not as it should be.

use std::io::{Read, Write};
use std::net::TcpListener;

use rushes_engine_elastic::{ElasticConfig, ElasticIndex, ElasticOptions};
use rushes_testkit::index_suite::{IndexFixture, current, labelled, put, update};
use rushes_types::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::fixtures::Elastic;
use crate::rest::must;

fn refused(config: &ElasticConfig) -> Error {
    ElasticIndex::open(config.clone(), ElasticOptions::default()).map(|_| ()).unwrap_err()
}

/// A server that answers everything with this.
fn answering(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming().take(3) {
            let Ok(mut connection) = connection else { return };
            let _ = connection.read(&mut [0; 4096]);
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = connection.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[test]
fn a_wrong_host_is_said_within_bounds() {
    let config = ElasticConfig { patience_ms: 300, ..ElasticConfig::at("http://127.0.0.1:9") };
    let error = refused(&config);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("http://127.0.0.1:9"), "{error}");
}

#[test]
fn another_server_or_version_is_said() {
    let at = |body| refused(&ElasticConfig { patience_ms: 300, ..ElasticConfig::at(&answering(body)) });
    for (body, said) in [
        ("<html>", "is it Elasticsearch"),
        ("{}", "not Elasticsearch"),
        (r#"{"version":{"number":"9.1.0"}}"#, "needs version 8"),
        (r#"{"version":{"number":"3.5.0","distribution":"opensearch"}}"#, "opensearch"),
    ] {
        let error = at(body);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains(said), "{body}: {error}");
    }
}

#[test]
fn a_missing_index_is_said_and_not_made_in_silence() {
    let Some(fixture) = Elastic::new() else { return };
    let (url, prefix) = (&fixture.config.urls[0], &fixture.config.prefix);
    must("DELETE", &format!("{url}/{prefix}-assets-v1"), &Value::Null);
    let error = refused(&fixture.config);
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains(&format!("{prefix}-assets")), "{error}");
    // Who runs already is told too, and makes no index of some other shape.
    let joey = put(&current(labelled("a", "joey", 2, "Joey"), 1));
    let error = fixture.index().apply(&[update("a", 0, 1, vec![joey])]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[test]
fn a_changed_mapping_is_named_with_its_field() {
    let Some(fixture) = Elastic::new() else { return };
    let (url, prefix) = (&fixture.config.urls[0], &fixture.config.prefix);
    let genre = json!({"properties": {"genre": {"type": "keyword"}}});
    must("PUT", &format!("{url}/{prefix}-annotations/_mapping"), &genre);
    let error = refused(&fixture.config);
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("`properties.genre` was added"), "{error}");
}

#[test]
fn an_index_that_takes_no_writes_is_said_with_its_block() {
    let Some(fixture) = Elastic::new() else { return };
    let (url, prefix) = (&fixture.config.urls[0], &fixture.config.prefix);
    let joey = put(&current(labelled("a", "joey", 2, "Joey"), 1));
    for (block, kind) in [
        ("index.blocks.read_only_allow_delete", ErrorKind::StorageFull),
        ("index.blocks.write", ErrorKind::Misconfigured),
    ] {
        let settings = format!("{url}/{prefix}-annotations/_settings");
        must("PUT", &settings, &json!({block: true}));
        let error = refused(&fixture.config);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(block), "{error}");
        let begun = std::time::Instant::now();
        let error = fixture.index().apply(&[update("a", 0, 1, vec![joey.clone()])]).unwrap_err();
        assert!(begun.elapsed().as_secs() < 10, "waiting does not mend it");
        assert!([ErrorKind::StorageFull, ErrorKind::Misconfigured].contains(&error.kind()), "{error}");
        must("PUT", &settings, &json!({block: null}));
    }
    fixture.index().apply(&[update("a", 0, 1, vec![joey])]).unwrap();
}

#[test]
fn a_red_index_is_said() {
    let Some(fixture) = Elastic::new() else { return };
    let (url, prefix) = (&fixture.config.urls[0], &fixture.config.prefix);
    let index = format!("{prefix}-assets-v1");
    let state = must("GET", &format!("{url}/{index}"), &Value::Null);
    must("DELETE", &format!("{url}/{index}"), &Value::Null);
    // The same again, but no node may hold it.
    let nowhere = json!({
        "mappings": state[&index]["mappings"], "aliases": state[&index]["aliases"],
        "settings": {"index.routing.allocation.require._name": "nowhere", "index.number_of_replicas": 0},
    });
    must("PUT", &format!("{url}/{index}?wait_for_active_shards=0"), &nowhere);
    let error = refused(&fixture.config);
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("red"), "{error}");
}
