//! Each answer of the table from the wire to the error, on the client library's own simulation of a cluster.

use std::time::{Duration, Instant};

use rdkafka::mocking::MockCluster;
use rdkafka::types::{RDKafkaApiKey as Api, RDKafkaRespErr};
use rushes_engine_kafka::{ANSWERS, Answer, Becomes, KafkaConfig, KafkaLog};
use rushes_events::{EventLog, Topic};

use crate::fixture::config_on;
use crate::groups::{events, positions};

const TOPIC: Topic = Topic::Committed;
const LONG: Duration = Duration::from_secs(60);
/// More errors than any call asks for.
const MANY: usize = 1_000;
/// Clusters at once.
const THREADS: usize = 4;

/// What brokers send for a row; `None` for what only the client says.
fn sent(row: &Answer) -> Option<RDKafkaRespErr> {
    let code = row.code as i32;
    (code > 0).then(|| RDKafkaRespErr::try_from(code).unwrap())
}

fn waits(row: &Answer) -> bool {
    matches!(row.becomes, Becomes::Waits | Becomes::Regroups | Becomes::Busy)
}

/// Each row on one cluster, one after the other.
fn try_writes(rows: &[&Answer]) {
    let brokers = MockCluster::new(1).unwrap();
    let config = KafkaConfig {
        request_timeout_ms: 500,
        delivery_timeout_ms: 150,
        ..config_on(&brokers.bootstrap_servers(), 1)
    };
    for topic in Topic::ALL {
        brokers.create_topic(&config.topic(topic), 1, 1).unwrap();
    }
    brokers.create_topic(&config.dead_topic(), 1, 1).unwrap();
    let log = KafkaLog::open(config).unwrap();
    for row in rows {
        brokers.request_errors(Api::Produce, &vec![sent(row).unwrap(); MANY]);
        let until = Instant::now() + LONG;
        let error = loop {
            let error = log.append(TOPIC, &events(1, 1)).unwrap_err();
            // The client asks again until its time is over, and then says that instead. After the last row it may not even
            // have a connection before its time is over.
            if error.kind() == row.becomes.kind() || (waits(row) && error.kind().is_retryable()) {
                break error;
            }
            assert!(error.kind().is_retryable() && Instant::now() < until, "{row}: {error}");
        };
        assert!(error.mend_text().is_some() || row.becomes == Becomes::Mistake, "{row}: {error}");
        brokers.clear_request_errors(Api::Produce);
        while let Err(error) = log.append(TOPIC, &events(1, 1)) {
            // An answer that was under way may still come.
            let is_late = error.kind() == row.becomes.kind() || error.kind().is_retryable();
            assert!(is_late && Instant::now() < until, "after {row}: {error}");
        }
    }
}

#[test]
fn what_a_broker_answers_to_a_write_becomes_what_the_table_says() {
    let rows: Vec<&Answer> = ANSWERS.iter().filter(|row| sent(row).is_some()).collect();
    std::thread::scope(|scope| {
        for some in rows.chunks(rows.len().div_ceil(THREADS)) {
            scope.spawn(|| try_writes(some));
        }
    });
}

#[test]
fn a_group_that_is_divided_anew_is_waited_for() {
    let brokers = MockCluster::new(1).unwrap();
    let config = config_on(&brokers.bootstrap_servers(), 1);
    for topic in Topic::ALL {
        brokers.create_topic(&config.topic(topic), 1, 1).unwrap();
    }
    brokers.create_topic(&config.dead_topic(), 1, 1).unwrap();
    let log = KafkaLog::open(config).unwrap();
    for row in ANSWERS.iter().filter(|row| row.becomes == Becomes::Regroups) {
        let Some(code) = sent(row) else { continue };
        log.append(TOPIC, &events(1, 1)).unwrap();
        let polled = log.poll(TOPIC, "fuse", 10).unwrap();
        brokers.request_errors(Api::OffsetCommit, &[code; 2]);
        log.acknowledge(TOPIC, "fuse", &positions(&polled)).unwrap_or_else(|error| panic!("{row}: {error}"));
        brokers.clear_request_errors(Api::OffsetCommit);
    }
}
