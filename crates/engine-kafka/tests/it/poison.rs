//! Messages that are no events.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rushes_engine_kafka::{KafkaConfig, KafkaLog};
use rushes_events::{EventLog, Topic};

use crate::fixture::{Removed, config};
use crate::groups::{behind, drain, event, positions};

const TOPIC: Topic = Topic::Committed;

/// Another program writes into our topic.
fn write(config: &KafkaConfig, partition: i32, value: &[u8]) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", config.servers.join(",")).create().unwrap();
    let topic = config.topic(TOPIC);
    producer.send(BaseRecord::to(&topic).partition(partition).key("their key").payload(value)).unwrap();
    producer.flush(Duration::from_secs(10)).unwrap();
}

#[test]
fn a_message_that_is_no_event_is_set_aside_and_the_consumer_goes_on_behind_it() {
    let Some(config) = config(1) else { return };
    let _removed = Removed(config.clone());
    let log = KafkaLog::open(config.clone()).unwrap();
    log.append(TOPIC, &[event(1, 1)]).unwrap();
    write(&config, 0, b"\xff\xfe not ours");
    write(&config, 0, &[b'['; 100_000]);
    log.append(TOPIC, &[event(1, 2)]).unwrap();
    let polled = drain(&log, "fuse", 2);
    assert_eq!(polled.iter().map(|d| &d.event).collect::<Vec<_>>(), [&event(1, 1), &event(1, 2)]);
    let letters = log.dead_letters(10).unwrap();
    assert_eq!(letters.len(), 2);
    assert!(
        letters.iter().all(|l| l.topic == TOPIC && l.consumer == "fuse" && l.event.is_none()),
        "{letters:?}"
    );
    assert!(letters[0].reason.contains("it is no event"), "{}", letters[0].reason);
    assert_eq!(
        letters.iter().map(|l| (l.position.partition, l.position.offset)).collect::<Vec<_>>(),
        [(0, 1), (0, 2)]
    );
    assert_eq!(behind(&log, "fuse"), Some(0));
    assert_eq!(log.replay(10).unwrap(), 0, "no reader can read them");
    assert!(log.dead_letters(10).unwrap().is_empty());
}

#[test]
fn a_message_that_is_no_event_at_the_end_holds_nothing_up() {
    let Some(config) = config(4) else { return };
    let _removed = Removed(config.clone());
    let log = KafkaLog::open(config.clone()).unwrap();
    write(&config, 3, b"{}");
    let until = Instant::now() + Duration::from_secs(20);
    while behind(&log, "fuse") != Some(0) && Instant::now() < until {
        assert!(log.poll(TOPIC, "fuse", 10).unwrap().is_empty());
        log.wait(TOPIC, Duration::from_millis(50));
    }
    assert_eq!(behind(&log, "fuse"), Some(0));
    drop(log);
    let log = KafkaLog::open(config).unwrap();
    assert!(log.poll(TOPIC, "fuse", 10).unwrap().is_empty());
    assert_eq!(log.dead_letters(10).unwrap().len(), 1, "it is set aside once");
}

#[test]
fn events_set_aside_come_again_in_their_partition_when_replayed() {
    let Some(config) = config(4) else { return };
    let _removed = Removed(config.clone());
    let log = KafkaLog::open(config).unwrap();
    log.append(TOPIC, &[event(1, 1), event(2, 2), event(3, 3)]).unwrap();
    let polled = drain(&log, "fuse", 3);
    for bad in &polled {
        log.put_dead_letter(TOPIC, "fuse", bad, "its vector has 3 dimensions").unwrap();
    }
    assert_eq!(log.replay(2).unwrap(), 2);
    assert_eq!(log.replay(10).unwrap(), 1);
    let again = drain(&log, "fuse", 3);
    assert_eq!(again.len(), 3);
    let place = |d: &rushes_events::Delivered| (d.event.clone(), d.position.partition);
    assert!(polled.iter().all(|d| again.iter().any(|a| place(a) == place(d))));
    assert_ne!(positions(&polled), positions(&again));
}
