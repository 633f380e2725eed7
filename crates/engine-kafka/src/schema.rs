//! Topics: created if missing, checked before use, trimmed and removed.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication, TopicResult};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rushes_events::Topic;
use rushes_types::{Error, ErrorKind, Result};

use crate::client::{ClientLog, Cluster, PlainContext, TopicShape, list, make, native};
use crate::config::KafkaConfig;
use crate::errors::{coded, error};

/// Time between two checks whether new topics are available on all brokers.
const LOOK: Duration = Duration::from_millis(20);
/// One, because dead letters are few and are listed in order.
const DEAD_PARTITIONS: u32 = 1;
const HOUR_MS: u64 = 3_600_000;

/// The actual topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topics {
    /// Partitions of each topic of events.
    pub partitions: u32,
    /// Partitions of the topic of dead letters.
    pub dead_partitions: u32,
}

/// Administration of topics and groups.
pub struct Admin {
    client: AdminClient<PlainContext>,
    log: Arc<ClientLog>,
    timeout: Duration,
}

impl Admin {
    pub fn new(config: &KafkaConfig) -> Result<Self> {
        let log = ClientLog::new("the event log's administration");
        let client = make(&config.client(), PlainContext(Arc::clone(&log)))?;
        Ok(Self { client, log, timeout: config.request_timeout() })
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.timeout)).operation_timeout(Some(self.timeout))
    }

    /// Waits for the library's answer; the library enforces the time limit.
    fn answer<T>(&self, what: &str, asked: impl Future<Output = Result<T, KafkaError>>) -> Result<T> {
        block_on(asked).map_err(|e| self.log.explain(error(what, &e)))
    }

    fn make_topic(&self, config: &KafkaConfig, name: &str, partitions: u32) -> Result<()> {
        let what = format!("making the topic `{name}`");
        let retention = match config.retention_hours {
            Some(hours) => hours.saturating_mul(HOUR_MS).min(i64::MAX as u64).to_string(),
            None => "-1".to_owned(),
        };
        let min_insync = config.min_insync().to_string();
        let replication = TopicReplication::Fixed(i32::from(config.replication));
        let mut topic = NewTopic::new(name, native(partitions), replication)
            .set("cleanup.policy", "delete")
            .set("min.insync.replicas", &min_insync)
            .set("retention.ms", &retention);
        for (key, value) in &config.topic_settings {
            topic.config.retain(|(ours, _)| ours != key);
            topic = topic.set(key, value);
        }
        let results = self.answer(&what, self.client.create_topics([&topic], &self.options()))?;
        // Another process may have created it at the same time.
        done(&what, results, Code::TopicAlreadyExists)
    }

    /// Removes the events of partitions up to, not including, an offset.
    pub fn delete_records(&self, topic: &str, upto: &[(u32, i64)]) -> Result<()> {
        let what = format!("dropping old events of the topic `{topic}`");
        let offsets = list(topic, upto.iter().map(|(partition, next)| (*partition, Offset::Offset(*next))))?;
        let answer = self.answer(&what, self.client.delete_records(&offsets, &self.options()))?;
        for element in answer.elements() {
            element.error().map_err(|e| error(&what, &e))?;
        }
        Ok(())
    }

    /// Removes topics and groups; missing ones count as removed.
    pub fn remove(&self, topics: &[&str], groups: &[&str]) -> Result<()> {
        if !groups.is_empty() {
            // A group's offsets are removed with its topics in any case; a group that still has members is left alone.
            let asked = self.client.delete_groups(groups, &self.options());
            if let Err(e) = self.answer("removing groups", asked) {
                tracing::debug!("groups are left to expire: {e}");
            }
        }
        let what = format!("removing the topics `{}`", topics.join("`, `"));
        let results = self.answer(&what, self.client.delete_topics(topics, &self.options()))?;
        done(&what, results, Code::UnknownTopicOrPartition)
    }
}

fn done(what: &str, results: Vec<TopicResult>, harmless: Code) -> Result<()> {
    for result in results {
        match result {
            Ok(_) => {}
            Err((_, code)) if code == harmless => {}
            Err((_, code)) => return Err(coded(what, code)),
        }
    }
    Ok(())
}

/// Creates missing topics and checks that all of them can give the log's guarantees.
pub fn open_topics(config: &KafkaConfig, cluster: &Cluster) -> Result<Topics> {
    let names = Topic::ALL.map(|topic| (config.topic(topic), config.partitions));
    let all = [&names[..], &[(config.dead_topic(), DEAD_PARTITIONS)]].concat();
    let mut admin = None;
    for (name, partitions) in &all {
        if cluster.shape(name)?.is_none() {
            let admin = match &mut admin {
                Some(admin) => admin,
                none => none.insert(Admin::new(config)?),
            };
            tracing::info!(topic = %name, partitions, replication = config.replication, "making a topic");
            admin.make_topic(config, name, *partitions)?;
        }
    }
    let shapes = all.iter().map(|(name, _)| led(config, cluster, name)).collect::<Result<Vec<_>>>()?;
    for ((name, _), shape) in all.iter().zip(&shapes) {
        check_replicas(config, name, *shape)?;
    }
    let (committed, fused, dead) = (shapes[0].partitions, shapes[1].partitions, shapes[2].partitions);
    check_partitions(config, committed, fused)?;
    Ok(Topics { partitions: committed, dead_partitions: dead })
}

/// Waits until every partition of a new topic has a leader.
fn led(config: &KafkaConfig, cluster: &Cluster, name: &str) -> Result<TopicShape> {
    let until = Instant::now() + config.request_timeout();
    loop {
        match cluster.shape(name)? {
            Some(shape) if shape.led => return Ok(shape),
            _ if Instant::now() < until => std::thread::sleep(LOOK),
            _ => {
                let message = format!(
                    "the topic `{name}` has partitions without a leader after {} ms; start the brokers that are missing",
                    config.request_timeout_ms
                );
                return Err(Error::new(ErrorKind::Unavailable, message));
            }
        }
    }
}

fn check_replicas(config: &KafkaConfig, name: &str, shape: TopicShape) -> Result<()> {
    if shape.replicas >= usize::from(config.replication) {
        return Ok(());
    }
    let message = format!(
        "the topic `{name}` keeps {} replicas, but `replication` asks for {}",
        shape.replicas, config.replication
    );
    let mend =
        format!("set `replication` to {}, or add replicas with kafka-reassign-partitions", shape.replicas);
    Err(Error::new(ErrorKind::Conflict, message).mend(mend).at("/replication"))
}

fn check_partitions(config: &KafkaConfig, committed: u32, fused: u32) -> Result<()> {
    if committed != fused {
        // An asset would be in different partitions, and a watermark of one would not cover it in the other.
        let message = format!(
            "the topics `{}` and `{}` have {committed} and {fused} partitions; they must have as many: remove both, and \
             run `rushes rebuild`",
            config.topic(Topic::Committed),
            config.topic(Topic::Fused)
        );
        return Err(Error::new(ErrorKind::Conflict, message).at("/partitions"));
    }
    if committed != config.partitions {
        tracing::warn!(
            "the topics of `{}` have {committed} partitions, `partitions` says {}; what is there is used",
            config.prefix,
            config.partitions
        );
    }
    Ok(())
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future in this thread: the library answers from threads of its own.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
