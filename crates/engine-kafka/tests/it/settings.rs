//! What is wrong is said at once, in one sentence that names the setting.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use rushes_engine_kafka::KafkaLog;
use rushes_events::{EventLog, Topic};
use rushes_types::{Error, ErrorKind};

use crate::fixture::{Removed, config, config_on};
use crate::groups::events;

fn refusal(server: &str) -> Error {
    let mut config = config_on(server, 1);
    config.connect_timeout_ms = 1_500;
    let begin = Instant::now();
    let error = KafkaLog::open(config).err().unwrap();
    assert!(begin.elapsed() < Duration::from_secs(25), "{error}");
    println!("{error}");
    error
}

#[test]
fn a_port_where_nothing_listens_is_named() {
    let error = refusal("127.0.0.1:1");
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Unavailable, Some("/servers")));
    assert!(error.message().contains("`127.0.0.1:1`") && error.message().contains("refused"), "{error}");
}

#[test]
fn a_host_that_is_not_there_is_named() {
    let error = refusal("no-such-host.invalid:9092");
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Unavailable, Some("/servers")));
    assert!(
        error.message().contains("no-such-host.invalid") && error.message().contains("resolve"),
        "{error}"
    );
}

#[test]
fn something_else_than_kafka_is_recognised() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 1_024]);
            let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let error = refusal(&address);
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Unavailable, Some("/servers")));
    assert!(error.message().contains("does not speak as kafka does"), "{error}");
}

#[test]
fn a_client_setting_that_is_not_built_in_is_named() {
    let mut config = config_on("127.0.0.1:1", 1);
    config.client_settings.0.insert("security.protocol".into(), "ssl".into());
    let error = KafkaLog::open(config).err().unwrap();
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Invalid, Some("/client_settings")));
}

#[test]
fn more_replicas_than_brokers_are_refused() {
    let Some(mut config) = config(1) else { return };
    let _removed = Removed(config.clone());
    config.replication = 3;
    let error = KafkaLog::open(config.clone()).err().unwrap();
    assert!(error.message().contains("fewer brokers than `replication`"), "{error}");
    config.replication = 1;
    drop(KafkaLog::open(config.clone()).unwrap());
    config.replication = 3;
    let error = KafkaLog::open(config).err().unwrap();
    assert!(error.message().contains("keeps 1 replicas, but `replication` asks for 3"), "{error}");
}

#[test]
fn partitions_that_are_there_are_used() {
    let Some(mut config) = config(4) else { return };
    let _removed = Removed(config.clone());
    drop(KafkaLog::open(config.clone()).unwrap());
    config.partitions = 6;
    let log = KafkaLog::open(config).unwrap();
    assert_eq!(log.partitions(), 4);
    log.append(Topic::Fused, &events(50, 20)).unwrap();
    assert_eq!(log.poll(Topic::Fused, "index", 100).unwrap().len(), 50);
}

#[test]
fn nothing_is_dropped_that_a_configured_consumer_has_never_seen() {
    let Some(mut config) = config(1) else { return };
    let _removed = Removed(config.clone());
    config.consumers.committed = vec!["fuse".to_owned()];
    let log = KafkaLog::open(config).unwrap();
    log.append(Topic::Committed, &events(10, 3)).unwrap();
    let polled = log.poll(Topic::Committed, "curious", 100).unwrap();
    log.acknowledge(Topic::Committed, "curious", &crate::groups::positions(&polled)).unwrap();
    log.trim(Topic::Committed, 0).unwrap();
    assert_eq!(log.poll(Topic::Committed, "fuse", 100).unwrap().len(), 10);
}
