//! What all clients of the cluster share: logging of the library's messages, and queries that need no group.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use rushes_types::{Commit, Error, ErrorKind, Result};

use crate::config::KafkaConfig;
use crate::errors::{coded, error, with_more};
use crate::format::decode_metadata;

/// How often the same complaint is logged.
const COMPLAINT_EVERY: Duration = Duration::from_secs(30);
/// Most events of the library (log lines and complaints) that one call handles.
const SERVED_MAX: usize = 64;
/// One attempt at a first answer; the library's complaints are read between attempts.
const TRY: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Complaints {
    last: Option<String>,
    logged: Option<Instant>,
}

/// Records the client library's messages: it works in the background, so only they explain why something does not
/// arrive.
pub struct ClientLog {
    who: String,
    heard: Mutex<Complaints>,
}

impl ClientLog {
    pub fn new(who: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { who: who.into(), heard: Mutex::default() })
    }

    fn heard(&self) -> MutexGuard<'_, Complaints> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last complaint.
    pub fn last(&self) -> Option<String> {
        self.heard().last.clone()
    }

    /// Adds the last complaint to a bare timeout error.
    pub fn explain(&self, error: Error) -> Error {
        match (error.kind(), self.last()) {
            (ErrorKind::Unavailable | ErrorKind::OutcomeUnknown, Some(last)) => {
                with_more(&error, &format!("last heard: {last}"))
            }
            _ => error,
        }
    }

    fn complain(&self, complaint: &str) {
        let mut heard = self.heard();
        let known = heard.last.as_deref() == Some(complaint);
        if !known || heard.logged.is_none_or(|at| at.elapsed() >= COMPLAINT_EVERY) {
            tracing::warn!(who = %self.who, "kafka: {complaint}; it is tried again");
            heard.logged = Some(Instant::now());
        }
        heard.last = Some(complaint.to_owned());
    }
}

/// The context of clients that are in no group.
pub struct PlainContext(pub Arc<ClientLog>);

impl ClientContext for PlainContext {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        self.0.log(level, fac, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(&error, reason);
    }
}

impl ConsumerContext for PlainContext {}

impl ClientLog {
    pub fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        tracing::debug!(who = %self.who, ?level, "librdkafka: {fac} {message}");
    }

    pub fn error(&self, error: &KafkaError, reason: &str) {
        // "All brokers down" follows from the earlier complaints about each broker, which say more.
        if error.rdkafka_error_code() != Some(Code::AllBrokersDown) || self.last().is_none() {
            self.complain(reason);
        }
    }
}

/// What is known about a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicShape {
    /// Its partitions.
    pub partitions: u32,
    /// The fewest replicas of any of them.
    pub replicas: usize,
    /// Does every partition have a leader?
    pub led: bool,
}

/// A group's committed offset in a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next offset that is not acknowledged.
    pub next: i64,
    /// The highest watermark that is acknowledged.
    pub watermark: Commit,
}

/// The first offset of a partition and the one after its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub begin: i64,
    pub end: i64,
}

/// Queries to the cluster that need no group.
pub struct Cluster {
    consumer: BaseConsumer<PlainContext>,
    log: Arc<ClientLog>,
    servers: String,
    timeout: Duration,
}

impl Cluster {
    /// Connects, and waits for a first answer.
    pub fn connect(config: &KafkaConfig) -> Result<Self> {
        let log = ClientLog::new("the event log");
        let mut client = config.client();
        client.set("allow.auto.create.topics", "false");
        let consumer = make(&client, PlainContext(Arc::clone(&log)))?;
        let (servers, timeout) = (config.servers.join(","), config.request_timeout());
        let cluster = Self { consumer, log, servers, timeout };
        cluster.first_answer(&config.dead_topic(), config.connect_timeout())?;
        Ok(cluster)
    }

    fn first_answer(&self, topic: &str, limit: Duration) -> Result<()> {
        let until = Instant::now() + limit;
        loop {
            let answer = self.consumer.fetch_metadata(Some(topic), TRY.min(limit));
            serve(&self.consumer);
            match answer {
                Ok(_) => return Ok(()),
                Err(e) if Instant::now() >= until => return Err(self.unreachable(&e, limit)),
                Err(e) => match error("asking kafka", &e) {
                    refused if refused.kind() == ErrorKind::Misconfigured => {
                        return Err(refused.at("/client_settings"));
                    }
                    _ => std::thread::sleep(TRY / 10),
                },
            }
        }
    }

    fn unreachable(&self, cause: &KafkaError, limit: Duration) -> Error {
        let last = self.log.last().unwrap_or_else(|| cause.to_string());
        let servers = &self.servers;
        if last.contains("SASL authentication error") {
            let message = format!("kafka at `{servers}` refuses the user or the `password` ({last})");
            return Error::new(ErrorKind::Misconfigured, message)
                .mend("check `username` and `password`")
                .at("/password");
        }
        let foreign = ["Invalid response size", "ApiVersion", "Receive failed", "parse", "CorrId"];
        let message = if foreign.iter().any(|sign| last.contains(sign)) {
            format!(
                "what answers at `{servers}` does not speak as kafka does ({last}); check host and port of `servers`, \
                 and `security.protocol` in `client_settings` if the brokers ask for TLS"
            )
        } else {
            format!(
                "kafka does not answer at `{servers}` within {} ms ({last}); check `servers`, and that the brokers run",
                limit.as_millis()
            )
        };
        Error::new(ErrorKind::Unavailable, message).at("/servers")
    }

    /// What a topic is like; `None` where it is not there.
    pub fn shape(&self, topic: &str) -> Result<Option<TopicShape>> {
        let what = format!("looking at the topic `{topic}`");
        let answer = self.consumer.fetch_metadata(Some(topic), self.timeout);
        serve(&self.consumer);
        let metadata = answer.map_err(|e| self.log.explain(error(&what, &e)))?;
        let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
            return Ok(None);
        };
        if let Some(code) = found.error() {
            // An empty list of partitions is not a valid request.
            return match Code::from(code) {
                Code::UnknownTopicOrPartition | Code::UnknownTopic => Ok(None),
                Code::LeaderNotAvailable => Ok(Some(TopicShape { partitions: 0, replicas: 0, led: false })),
                code => Err(coded(&what, code)),
            };
        }
        let partitions = found.partitions();
        Ok(Some(TopicShape {
            partitions: u32::try_from(partitions.len()).unwrap_or(u32::MAX),
            replicas: partitions.iter().map(|p| p.replicas().len()).min().unwrap_or_default(),
            led: !partitions.is_empty() && partitions.iter().all(|p| p.leader() >= 0),
        }))
    }

    /// Does the cluster answer for this topic right now?
    pub fn answers(&self, topic: &str) -> bool {
        let answer = self.consumer.fetch_metadata(Some(topic), TRY);
        serve(&self.consumer);
        answer.is_ok_and(|m| m.topics().iter().any(|t| t.name() == topic && t.error().is_none()))
    }

    /// First offset and end of partitions, in their order.
    pub fn bounds(&self, topic: &str, partitions: &[u32]) -> Result<Vec<Bounds>> {
        let begins = self.offsets(topic, partitions, Offset::Beginning)?;
        let ends = self.offsets(topic, partitions, Offset::End)?;
        Ok(begins.into_iter().zip(ends).map(|(begin, end)| Bounds { begin, end }).collect())
    }

    fn offsets(&self, topic: &str, partitions: &[u32], which: Offset) -> Result<Vec<i64>> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let what = format!("asking for the ends of the topic `{topic}`");
        // Given these constants instead of a time, the library returns the first or last offset.
        let asked = list(topic, partitions.iter().map(|p| (*p, which)))?;
        let answer = self.consumer.offsets_for_times(asked, self.timeout);
        serve(&self.consumer);
        let answer = answer.map_err(|e| self.log.explain(error(&what, &e)))?;
        partitions.iter().map(|partition| offset_in(&answer, &what, topic, *partition)).collect()
    }
}

fn offset_in(answer: &TopicPartitionList, what: &str, topic: &str, partition: u32) -> Result<i64> {
    let missing =
        || Error::new(ErrorKind::Unavailable, format!("{what}: the answer lacks partition `{partition}`"));
    let element = answer.find_partition(topic, native(partition)).ok_or_else(missing)?;
    element.error().map_err(|e| error(what, &e))?;
    match element.offset() {
        Offset::Offset(offset) => Ok(offset),
        _ => Err(missing()),
    }
}

/// A client of the library.
pub fn make<C: ClientContext, T: FromClientConfigAndContext<C>>(
    config: &ClientConfig,
    context: C,
) -> Result<T> {
    T::from_config_and_context(config, context).map_err(|e| error("setting up the kafka client", &e))
}

/// Handles the library's pending messages, without waiting.
pub fn serve<C: ConsumerContext>(consumer: &BaseConsumer<C>) {
    for _ in 0..SERVED_MAX {
        if consumer.poll(Duration::ZERO).is_none() {
            return;
        }
    }
}

/// A partition's number as the library's type.
pub fn native(partition: u32) -> i32 {
    i32::try_from(partition).unwrap_or(i32::MAX)
}

/// Partitions of a topic, each with an offset.
pub fn list(topic: &str, offsets: impl IntoIterator<Item = (u32, Offset)>) -> Result<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in offsets {
        list.add_partition_offset(topic, native(partition), offset).map_err(|e| {
            Error::bug(format!("an offset of partition `{partition}` cannot be asked for: {e}"))
        })?;
    }
    Ok(list)
}

/// Partitions of a topic, each with the offset to commit.
pub fn commit_list(topic: &str, marks: &[(u32, CommittedOffset)]) -> Result<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (partition, mark) in marks {
        let mut element = list.add_partition(topic, native(*partition));
        element
            .set_offset(Offset::Offset(mark.next))
            .map_err(|e| Error::bug(format!("offset `{}` cannot be committed: {e}", mark.next)))?;
        element.set_metadata(crate::format::encode_metadata(mark.watermark));
    }
    Ok(list)
}

/// The wait before a retry while a group moves from one broker to another.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Is the group moving between brokers, as after one was started?
fn is_moving(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::NotCoordinator
                | Code::CoordinatorNotAvailable
                | Code::CoordinatorLoadInProgress
                | Code::WaitingForCoordinator
        )
    )
}

fn is_moved(element: &TopicPartitionListElem<'_>) -> bool {
    element.error().is_err_and(|e| is_moving(&e))
}

/// The committed offsets of the consumer's group in partitions, in their order; `None` for those without one.
pub fn committed<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    partitions: &[u32],
    timeout: Duration,
) -> Result<Vec<Option<CommittedOffset>>> {
    if partitions.is_empty() {
        return Ok(Vec::new());
    }
    let what = format!("asking what is acknowledged of the topic `{topic}`");
    let until = Instant::now() + timeout;
    let answer = loop {
        let asked = list(topic, partitions.iter().map(|p| (*p, Offset::Invalid)))?;
        match consumer.committed_offsets(asked, timeout) {
            Err(e) if is_moving(&e) && Instant::now() < until => std::thread::sleep(LOOK_AGAIN),
            Ok(some) if some.elements().iter().any(is_moved) && Instant::now() < until => {
                std::thread::sleep(LOOK_AGAIN);
            }
            answered => break answered.map_err(|e| error(&what, &e))?,
        }
    };
    let of = |partition: &u32| {
        let Some(element) = answer.find_partition(topic, native(*partition)) else { return Ok(None) };
        element.error().map_err(|e| error(&what, &e))?;
        Ok(match element.offset() {
            Offset::Offset(next) => {
                Some(CommittedOffset { next, watermark: decode_metadata(element.metadata()) })
            }
            _ => None,
        })
    };
    partitions.iter().map(of).collect()
}
