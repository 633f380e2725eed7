//! A broker that asks for a user, and speaks TLS at another port.

use std::time::{Duration, Instant};

use rushes_engine_kafka::{KafkaConfig, KafkaLog, Secret};
use rushes_events::{EventLog, Topic};
use rushes_testkit::engines;
use rushes_types::{Error, ErrorKind};

use crate::fixture::config_on;
use crate::groups::events;

fn with(config: &KafkaConfig, password: &str) -> KafkaConfig {
    let (user, password) = (Some("rushes".to_owned()), Some(Secret(password.to_owned())));
    KafkaConfig { user, password, ..config.clone() }
}

fn refused(config: KafkaConfig) -> Error {
    KafkaLog::open(KafkaConfig { connect_timeout_ms: 3_000, ..config }).err().unwrap()
}

/// Events go there and come back.
fn works(config: KafkaConfig) {
    let log = KafkaLog::open(config).unwrap();
    log.append(Topic::Committed, &events(4, 2)).unwrap();
    let begun = Instant::now();
    while log.poll(Topic::Committed, "fuse", 10).unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(50));
    }
    log.remove().unwrap();
}

#[test]
fn a_user_is_asked_for_and_tls_is_spoken() {
    let Some(own) = engines::secure_kafka() else { return };
    let base = config_on(&own.address(), 1);
    assert_ne!(refused(base.clone()).kind(), ErrorKind::Bug);
    let wrong = refused(with(&base, "wrong"));
    assert_eq!(wrong.kind(), ErrorKind::Misconfigured, "{wrong}");
    assert!(wrong.message().contains("`password`"), "{wrong}");
    works(with(&base, "rushes-secret"));
    over_tls(&own);
}

#[cfg(not(feature = "ssl"))]
fn over_tls(own: &engines::TestServer) {
    let config = with(&config_on(&own.tls_address(), 1), "rushes-secret");
    let error = refused(KafkaConfig { tls: true, ca_file: Some(own.config("ca.pem")), ..config });
    assert_eq!(error.pointer(), Some("/tls"), "{error}");
}

#[cfg(feature = "ssl")]
fn over_tls(own: &engines::TestServer) {
    let config = with(&config_on(&own.tls_address(), 1), "rushes-secret");
    let config = KafkaConfig { tls: true, ..config };
    assert_ne!(refused(config.clone()).kind(), ErrorKind::Bug, "the authority is a stranger");
    works(KafkaConfig { ca_file: Some(own.config("ca.pem")), ..config });
}
