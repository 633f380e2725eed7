//! Dead letters: messages that are no valid events, and events that could not be handled. They are kept unchanged in a
//! topic of their own, with the reason in their headers. A separate consumer group records which were replayed.

use std::time::Instant;

use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rushes_events::{DeadLetter, Delivered, Position, Topic, short_reason};
use rushes_types::{Commit, Error, ErrorKind, Result};

use crate::client::{ClientLog, Cluster, CommittedOffset, PlainContext, commit_list, committed, list, make};
use crate::config::KafkaConfig;
use crate::errors::error;
use crate::format::{decode, encode, key};
use crate::producer::{Outgoing, Producer};
use crate::shared::Shared;

/// Most bytes kept of a message that is no event; the complete message stays in its own topic.
const VALUE_BYTES_MAX: usize = 64 << 10;
/// Most bytes kept of its key.
const KEY_BYTES_MAX: usize = 4 << 10;
/// The partition of dead letters: a single one, so that they are ordered.
const PARTITION: u32 = 0;
/// Longest single wait for the next letter.
const STEP: std::time::Duration = std::time::Duration::from_millis(100);

/// Names of headers. Part of the format.
const TOPIC: &str = "rushes-topic";
const FROM_PARTITION: &str = "rushes-partition";
const FROM_OFFSET: &str = "rushes-offset";
const CONSUMER: &str = "rushes-consumer";
const REASON: &str = "rushes-reason";

/// A message that is no event.
pub struct BadMessage {
    pub reason: String,
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
}

fn headers(topic: &str, position: Position, consumer: &str, reason: &str) -> OwnedHeaders {
    let (partition, offset) = (position.partition.to_string(), position.offset.to_string());
    let reason = short_reason(reason);
    let all = [(TOPIC, topic), (FROM_PARTITION, &*partition), (FROM_OFFSET, &*offset), (CONSUMER, consumer)];
    let mut headers = OwnedHeaders::new_with_capacity(all.len() + 1);
    for (key, value) in all.into_iter().chain([(REASON, reason)]) {
        headers = headers.insert(Header { key, value: Some(value) });
    }
    headers
}

fn send(
    producer: &Producer,
    dead_topic: &str,
    key: &[u8],
    value: Vec<u8>,
    headers: OwnedHeaders,
) -> Result<()> {
    let letter = Outgoing { partition: PARTITION, key, value, headers: Some(headers) };
    producer.send(dead_topic, std::iter::once(Ok(letter))).map(drop)
}

/// Keeps a message that is no event.
pub fn put_bad_message(
    producer: &Producer,
    dead_topic: &str,
    by: &Shared,
    (partition, offset): (u32, i64),
    bad: &BadMessage,
) -> Result<()> {
    let position = Position { partition, offset: u64::try_from(offset).unwrap_or_default() };
    let headers = headers(by.topic.as_str(), position, &by.name, &bad.reason);
    let key = bad.key.as_deref().unwrap_or_default();
    let value = bad.value[..bad.value.len().min(VALUE_BYTES_MAX)].to_vec();
    send(producer, dead_topic, &key[..key.len().min(KEY_BYTES_MAX)], value, headers)
}

/// Keeps an event that a consumer could not handle.
pub fn set_aside(
    producer: &Producer,
    dead_topic: &str,
    (topic, consumer): (Topic, &str),
    event: &Delivered,
    reason: &str,
) -> Result<()> {
    let mut value = Vec::new();
    encode(&event.event, &mut value)?;
    let headers = headers(topic.as_str(), event.position, consumer, reason);
    send(producer, dead_topic, key(&event.event), value, headers)
}

/// The letters that have not been replayed.
pub struct Letters {
    consumer: BaseConsumer<PlainContext>,
    topic: String,
    /// The letters, each with its partition and offset.
    pub letters: Vec<(u32, i64, DeadLetter)>,
}

impl Letters {
    /// The name of the group that records which letters were replayed.
    pub fn group(config: &KafkaConfig) -> String {
        format!("{}.replay", config.dead_topic())
    }

    /// Reads the oldest letters, at most `limit`.
    pub fn read(config: &KafkaConfig, cluster: &Cluster, partitions: u32, limit: usize) -> Result<Self> {
        let log = ClientLog::new("the dead letters");
        let consumer: BaseConsumer<PlainContext> =
            make(&config.consumer(&Self::group(config)), PlainContext(log))?;
        let mut read = Self { consumer, topic: config.dead_topic(), letters: Vec::new() };
        let all: Vec<u32> = (0..partitions).collect();
        let offsets = committed(&read.consumer, &read.topic, &all, config.request_timeout())?;
        let bounds = cluster.bounds(&read.topic, &all)?;
        let ranges = all.iter().zip(offsets.iter().zip(&bounds)).map(|(partition, (offset, bounds))| {
            (*partition, offset.map_or(bounds.begin, |s| s.next.max(bounds.begin)), bounds.end)
        });
        let mut open: Vec<(u32, i64, i64)> = ranges.filter(|(_, next, end)| next < end).collect();
        let begins =
            list(&read.topic, open.iter().map(|(partition, next, _)| (*partition, Offset::Offset(*next))))?;
        if limit == 0 || open.is_empty() {
            return Ok(read);
        }
        read.consumer.assign(&begins).map_err(|e| error("reading dead letters", &e))?;
        let mut until = Instant::now() + config.request_timeout();
        while read.letters.len() < limit && !open.is_empty() {
            let Some(message) = read.consumer.poll(STEP) else {
                if Instant::now() >= until {
                    let message = "the dead letters do not come in time; check that the brokers run";
                    return Err(Error::new(ErrorKind::Unavailable, message));
                }
                continue;
            };
            // Errors while the client connects are reported at the time limit.
            let Ok(message) = message else { continue };
            until = Instant::now() + config.request_timeout();
            let (partition, offset) =
                (u32::try_from(message.partition()).unwrap_or_default(), message.offset());
            read.letters.push((partition, offset, letter(&message)));
            open.retain(|(p, _, end)| *p != partition || offset + 1 < *end);
        }
        Ok(read)
    }

    /// Marks the letters that were read as replayed.
    pub fn done(&self) -> Result<()> {
        let mut marks: Vec<(u32, CommittedOffset)> = Vec::new();
        for (partition, offset, _) in &self.letters {
            marks.retain(|(known, _)| known != partition);
            marks.push((*partition, CommittedOffset { next: offset + 1, watermark: Commit::NONE }));
        }
        if marks.is_empty() {
            return Ok(());
        }
        let list = commit_list(&self.topic, &marks)?;
        self.consumer
            .commit(&list, CommitMode::Sync)
            .map_err(|e| error("taking dead letters off the list", &e))
    }
}

/// Reads a letter. A letter written by another program is shown as far as possible.
fn letter(message: &BorrowedMessage<'_>) -> DeadLetter {
    let text = |name: &str| {
        let found = message.headers()?.iter().find(|header| header.key == name)?;
        found.value.map(|value| String::from_utf8_lossy(value).into_owned())
    };
    let number = |name: &str| text(name).and_then(|digits| digits.parse::<u64>().ok());
    let topic = text(TOPIC).and_then(|name| Topic::ALL.into_iter().find(|topic| topic.as_str() == name));
    let partition = number(FROM_PARTITION).and_then(|p| u32::try_from(p).ok()).unwrap_or_default();
    let offset = number(FROM_OFFSET).unwrap_or_default();
    let reason = text(REASON).unwrap_or_else(|| "no reason was recorded".to_owned());
    let event = topic.and_then(|_| decode(partition, message.payload()).ok());
    DeadLetter {
        topic: topic.unwrap_or(Topic::Committed),
        position: Position { partition, offset },
        consumer: text(CONSUMER).unwrap_or_default(),
        event,
        reason,
    }
}
