//! Several brokers, and errors on order: the client library's own simulation of a cluster, which is always there.

use std::time::{Duration, Instant};

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey as Api, RDKafkaRespErr as Code};
use rushes_engine_kafka::{KafkaConfig, KafkaLog};
use rushes_events::{Event, EventLog, Topic};
use rushes_types::{Commit, ErrorKind};

use crate::fixture::config_on;
use crate::groups::{behind, events, positions};

const TOPIC: Topic = Topic::Committed;
const LONG: Duration = Duration::from_secs(30);
const PARTITIONS: i32 = 4;

type Brokers = MockCluster<'static, DefaultProducerContext>;

/// Three brokers that keep three replicas. They cannot make topics, so those are there.
fn cluster() -> (Brokers, KafkaConfig) {
    let brokers = MockCluster::new(3).unwrap();
    let config = KafkaConfig {
        replication: 3,
        min_insync: Some(2),
        request_timeout_ms: 2_000,
        delivery_timeout_ms: 2_500,
        ..config_on(brokers.bootstrap_servers().split(',').next().unwrap(), 4)
    };
    for topic in Topic::ALL {
        brokers.create_topic(&config.topic(topic), PARTITIONS, 3).unwrap();
    }
    brokers.create_topic(&config.dead_topic(), 1, 3).unwrap();
    (brokers, config)
}

#[test]
fn leaders_that_move_to_other_brokers_are_followed() {
    let (brokers, config) = cluster();
    let log = KafkaLog::open(config.clone()).unwrap();
    log.append(TOPIC, &events(40, 20)).unwrap();
    let first = log.poll(TOPIC, "fuse", 100).unwrap();
    assert_eq!(first.len(), 40);
    log.acknowledge(TOPIC, "fuse", &positions(&first)).unwrap();
    for round in 0..3 {
        for partition in 0..PARTITIONS {
            brokers
                .partition_leader(&config.topic(TOPIC), partition, Some(1 + (partition + round) % 3))
                .unwrap();
        }
        log.append(TOPIC, &events(20, 20)).unwrap();
        log.append(TOPIC, &[Event::Watermark { partition: None, upto: Commit(20) }]).unwrap();
        let until = Instant::now() + LONG;
        let mut heard = 0;
        while heard < 24 && Instant::now() < until {
            let polled = log.poll(TOPIC, "fuse", 100).unwrap();
            log.acknowledge(TOPIC, "fuse", &positions(&polled)).unwrap();
            heard += polled.len();
        }
        assert_eq!(heard, 24, "round {round}");
    }
    assert_eq!(behind(&log, "fuse"), Some(0));
    assert_eq!(log.watermarks(TOPIC, "fuse").unwrap(), [Commit(20); 4]);
}

#[test]
fn a_user_who_may_not_write_is_told_so() {
    let (brokers, config) = cluster();
    let log = KafkaLog::open(config).unwrap();
    log.append(TOPIC, &events(4, 4)).unwrap();
    brokers.request_errors(Api::Produce, &[Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 20]);
    let error = log.append(TOPIC, &events(4, 4)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    assert!(error.message().contains("the right to read, write"), "{error}");
}

#[test]
fn a_user_who_may_not_join_a_group_is_told_so() {
    let (brokers, config) = cluster();
    let log = KafkaLog::open(config).unwrap();
    let begin = Instant::now();
    brokers.request_errors(Api::JoinGroup, &[Code::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 1_000]);
    let error = log.poll(TOPIC, "fuse", 10).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
    assert!(begin.elapsed() < Duration::from_secs(30), "there is nothing to wait for");
}

#[test]
fn too_few_brokers_in_sync_are_an_error_that_may_be_tried_again() {
    let (brokers, config) = cluster();
    let log = KafkaLog::open(config).unwrap();
    brokers.request_errors(Api::Produce, &[Code::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS; 1_000]);
    let error = log.append(TOPIC, &events(4, 4)).unwrap_err();
    assert!(error.kind().is_retryable() && error.message().contains("min_insync"), "{error}");
    brokers.clear_request_errors(Api::Produce);
    log.append(TOPIC, &events(4, 4)).unwrap();
}

#[test]
fn fewer_replicas_than_asked_for_are_refused() {
    let (_brokers, config) = cluster();
    let more = KafkaConfig { replication: 4, ..config };
    let error = KafkaLog::open(more).err().unwrap();
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Conflict, Some("/replication")), "{error}");
}

#[test]
fn topics_of_different_partitions_are_refused() {
    let (brokers, config) = cluster();
    let other = KafkaConfig { prefix: "uneven".to_owned(), ..config };
    brokers.create_topic(&other.topic(Topic::Committed), 4, 3).unwrap();
    brokers.create_topic(&other.topic(Topic::Fused), 5, 3).unwrap();
    brokers.create_topic(&other.dead_topic(), 1, 3).unwrap();
    let error = KafkaLog::open(other).err().unwrap();
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Conflict, Some("/partitions")), "{error}");
}

#[test]
fn an_acknowledgement_during_a_rebalance_is_tried_again() {
    let (brokers, config) = cluster();
    let log = KafkaLog::open(config).unwrap();
    log.append(TOPIC, &events(4, 4)).unwrap();
    let polled = log.poll(TOPIC, "fuse", 10).unwrap();
    brokers.request_errors(Api::OffsetCommit, &[Code::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS; 2]);
    log.acknowledge(TOPIC, "fuse", &positions(&polled)).unwrap();
    assert_eq!(behind(&log, "fuse"), Some(0));
}
