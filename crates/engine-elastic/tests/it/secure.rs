//! A cluster that asks for a user and speaks TLS. The published jars have no security of their own, so a front of the tests
//! speaks TLS and asks; the cluster behind it is a real one where the environment names one.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rushes_engine_elastic::{ElasticConfig, ElasticIndex, ElasticOptions};
use rushes_index::Index;
use rushes_testkit::index_suite::{current, labelled, put, update};
use rushes_testkit::proxy::tls::{Demands, TlsFront};
use rushes_testkit::servers;
use rushes_types::{Error, ErrorKind};

use crate::fixtures::Elastic;

/// A front, and a configuration that it takes.
fn front(url: &str, demands: Demands) -> (tempfile::TempDir, TlsFront, ElasticConfig) {
    let dir = tempfile::tempdir().unwrap();
    let front = TlsFront::before(url, dir.path(), demands).unwrap();
    let config = ElasticConfig {
        ca_file: Some(front.file("ca.pem")),
        patience_ms: 300,
        ..ElasticConfig::at(&front.url())
    };
    (dir, front, config)
}

fn refused(config: ElasticConfig) -> Error {
    ElasticIndex::open(config, ElasticOptions::default()).map(|_| ()).unwrap_err()
}

/// Where the handshake fails, nothing is asked of what lies behind.
const NOWHERE: &str = "http://127.0.0.1:9";

#[test]
fn a_cluster_that_is_not_trusted_is_named_with_the_setting() {
    let (_dir, front, config) = front(NOWHERE, Demands::default());
    for ca_file in [None, Some(front.file("stranger.pem"))] {
        let error = refused(ElasticConfig { ca_file, ..config.clone() });
        assert_eq!((error.kind(), error.pointer()), (ErrorKind::Misconfigured, Some("/ca_file")), "{error}");
        assert!(error.message().contains("not trusted"), "{error}");
    }
    // Trusted, it is only what lies behind that does not answer.
    assert_eq!(refused(config).pointer(), None);
}

#[test]
fn a_cluster_that_wants_a_certificate_gets_one() {
    let demands = Demands { certificate: true, ..Demands::default() };
    let (_dir, front, config) = front(NOWHERE, demands);
    let error = refused(config.clone());
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    assert!(error.message().contains("`client_certificate_file`"), "{error}");
    let shown = ElasticConfig {
        client_certificate_file: Some(front.file("client.pem")),
        client_key_file: Some(front.file("client.key")),
        ..config
    };
    assert_ne!(refused(shown).kind(), ErrorKind::Misconfigured);
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let (dir, front, config) = front(NOWHERE, Demands::default());
    let empty = dir.path().join("empty.pem");
    std::fs::write(&empty, "nothing").unwrap();
    let pointer = |change: &dyn Fn(&mut ElasticConfig)| {
        let mut config = config.clone();
        change(&mut config);
        refused(config).pointer().map(str::to_owned)
    };
    let nowhere = || Some(dir.path().join("nowhere.pem"));
    assert_eq!(pointer(&|c| c.ca_file = nowhere()).as_deref(), Some("/ca_file"));
    assert_eq!(pointer(&|c| c.ca_file = Some(empty.clone())).as_deref(), Some("/ca_file"));
    let with = |key: &str| {
        pointer(&|c| {
            c.client_certificate_file = Some(front.file("client.pem"));
            c.client_key_file = Some(dir.path().join(key));
        })
    };
    assert_eq!(with("nowhere.key").as_deref(), Some("/client_key_file"));
    assert_eq!(with("empty.pem").as_deref(), Some("/client_key_file"));
    let alone = pointer(&|c| c.client_certificate_file = Some(front.file("client.pem")));
    assert_eq!(alone.as_deref(), Some("/client_key_file"));
    assert_eq!(pointer(&|c| c.urls = vec![NOWHERE.into()]).as_deref(), Some("/ca_file"));
}

#[test]
fn an_index_lives_behind_tls_and_a_user() {
    let Some(url) = servers::elasticsearch() else { return };
    let basic = format!("Basic {}", BASE64_STANDARD.encode("rushes:hush"));
    let demands = Demands { authorization: Some(basic), certificate: true };
    let (_dir, front, config) = front(&url, demands);
    let set = |c: &mut ElasticConfig| {
        c.ca_file.clone_from(&config.ca_file);
        c.client_certificate_file = Some(front.file("client.pem"));
        c.client_key_file = Some(front.file("client.key"));
    };
    let mut nobody = config.clone();
    set(&mut nobody);
    let error = refused(nobody.clone());
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    assert!(error.message().contains("`password`"), "{error}");
    let wrong = ElasticConfig { user: Some("rushes".into()), password: Some("wrong".into()), ..nobody };
    assert_eq!(refused(wrong).kind(), ErrorKind::Misconfigured);
    let fixture = Elastic::at(&front.url(), |c| {
        set(c);
        (c.user, c.password) = (Some("rushes".into()), Some("hush".into()));
    });
    let joey = put(&current(labelled("a", "joey", 2, "Joey"), 1));
    fixture.elastic().apply(&[update("a", 0, 1, vec![joey])]).unwrap();
}
